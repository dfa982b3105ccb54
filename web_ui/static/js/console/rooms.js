/** The remote rooms: invited, let in, put aside, given the floor; how their links go, in words; the moderator's channel. */

import { $, byId, el, say, set, unbroken } from "../common/dom.js";
import { HttpError, getJson, send } from "../common/http.js";
import { openSheet } from "../common/sheet.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {{kbps: number, pertes: number, perte_permille: number, image_ms: number | null, son_ms: number | null, palier: string | null}} RoomLink */
/** @typedef {{id: string, nom: string, phase: string, page: boolean, parole: boolean, muette: boolean, main: number | null, rang: number | null,
 *   essais_valides: boolean, mesuree: boolean, confirmee: boolean, encodeur: boolean, coupee_ms: number | null, ecartee_pour: string, document: boolean, passifs: string[],
 *   liaison: RoomLink | null}} Room */
/** @typedef {{salle: string, de_la_regie: boolean, texte: string, a_ms: number}} Spoken */

const EVERY_MS = 1000;

export class Rooms {
  /** @type {Room[]} */
  #rooms = [];
  /** @type {Spoken[]} */
  #words = [];
  #asking = false;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    $("invitation-fermer").addEventListener("click", () => byId("invitation", HTMLDialogElement).close());
    $("invitation-copier").addEventListener("click", () => void this.#copy());
    $("encodeur-fermer").addEventListener("click", () => byId("encodeur", HTMLDialogElement).close());
    $("personne-fermer").addEventListener("click", () => byId("personne", HTMLDialogElement).close());
    setInterval(() => void this.#ask(), EVERY_MS);
    void this.#ask();
  }

  async #ask() {
    if (this.#asking || document.hidden) return;
    this.#asking = true;
    try {
      const told = /** @type {{salles: Room[], messages: Spoken[]}} */ (await getJson("/api/v1/salles"));
      this.#rooms = told.salles;
      this.#words = told.messages;
      this.render();
    } catch (error) {
      // No remote room is configured: the tab stays away, and nothing is asked any more.
      if (error instanceof HttpError && error.status === 404) return;
    }
    this.#asking = false;
  }

  render() {
    $("onglet-salles").hidden = this.#rooms.length === 0;
    const waiting = this.#rooms.filter((room) => room.phase === "attente").length;
    const lost = this.#rooms.filter((room) => room.coupee_ms !== null).length;
    say($("onglet-salles-etat"), lost ? `${lost} coupée${lost > 1 ? "s" : ""}` : waiting ? `${waiting} en attente` : "");
    for (const room of this.#rooms) this.#row(room);
  }

  /** @param {Room} room */
  #row(room) {
    let row = this.#rows.get(room.id);
    if (!row) {
      row = this.#build(room);
      this.#rows.set(room.id, row);
      $("salles").append(row);
    }
    const level = room.coupee_ms !== null ? "coupee" : room.phase === "admise" ? "bon" : room.phase === "attente" ? "attente" : "";
    set(row, "data-level", level || null);
    say(part(row, ".where"), unbroken(words(room)));
    say(part(row, ".link"), unbroken(linkWords(room)));
    const here = room.phase === "admise";
    for (const [act, possible] of /** @type {[string, boolean][]} */ ([
      ["admettre", room.page && !here],
      ["donner_parole", here && !room.parole],
      ["retirer_parole", here && room.parole],
      ["ecarter", here],
      ["cesser_partage", room.document],
      ["renvoyer", room.phase !== "absente"],
    ]))
      part(row, `[data-act="${act}"]`).hidden = !possible;
    const followers = part(row, ".followers");
    if (followers.dataset.names !== JSON.stringify(room.passifs)) {
      followers.dataset.names = JSON.stringify(room.passifs);
      followers.replaceChildren(...room.passifs.map((name) => this.#follower(room, name)));
    }
    const last = this.#words.filter((word) => word.salle === room.id).at(-1);
    say(part(row, ".last"), last ? `${last.de_la_regie ? "Vous" : room.nom} : ${last.texte}` : "");
  }

  /** @param {Room} room */
  #build(room) {
    const key = (/** @type {string} */ act, /** @type {string} */ text, /** @type {string} */ title) =>
      el("button", { class: "btn", type: "button", "data-act": act, title, onclick: () => void this.#act(room.id, act), text });
    const field = el("input", { class: "input", maxlength: 500, "aria-label": `Message à ${room.nom}`, placeholder: "Message à la salle", autocomplete: "off" });
    const talk = el("form", { class: "talk" }, el("span", { class: "last", role: "status" }), field, el("button", { class: "btn", type: "submit", text: "Envoyer" }));
    talk.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text) void this.#act(room.id, "message", text).then((done) => done && (field.value = ""));
    });
    return el(
      "li",
      {},
      el("strong", { text: room.nom }),
      el("p", {}, el("span", { class: "where" }), " ", el("span", { class: "link" })),
      el(
        "div",
        { class: "acts" },
        el("button", { class: "btn", type: "button", text: "Inviter", onclick: () => void this.#invite(room) }),
        el("button", { class: "btn", type: "button", text: "Encodeur", title: "Adresses et clé pour un encodeur ou un SFU (WHIP, WHEP)", onclick: () => void this.#encoder(room) }),
        key("admettre", "Faire entrer", "La salle voit et entend la séance"),
        key("donner_parole", "Ouvrir son micro", "La salle est entendue"),
        key("retirer_parole", "Fermer son micro", "La salle n’est plus entendue"),
        key("ecarter", "Mettre à l’écart", "Pour un point : ni image ni son, dans aucun sens"),
        key("cesser_partage", "Retirer son document", "Le partage s’arrête"),
        key("renvoyer", "Renvoyer", "Il lui faudra une nouvelle invitation"),
      ),
      talk,
      el("details", { class: "passive" }, el("summary", { text: "Participants passifs" }), el("ul", { class: "followers" }), this.#inviting(room)),
    );
  }

  /** Who sees and hears what the room does, on a link of his own, and takes no part. @param {Room} room */
  #inviting(room) {
    const field = el("input", { class: "input", maxlength: 80, required: true, "aria-label": `Nom d’un participant passif de ${room.nom}`, placeholder: "Nom", autocomplete: "off" });
    const form = el("form", { class: "talk" }, field, el("button", { class: "btn", type: "submit", text: "Inviter à suivre" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const nom = field.value.trim();
      if (nom) void this.#invitePerson(room, nom).then((done) => done && (field.value = ""));
    });
    return form;
  }

  /** @param {Room} room @param {string} nom */
  #follower(room, nom) {
    const path = `/api/v1/salles/${room.id}/participants/retrait`;
    const remove = () => void this.#try(() => send(path, { nom }, { csrf: this.link.session?.csrf })).then(() => this.#ask());
    return el("li", {}, el("span", { text: nom }), " ", el("button", { class: "btn", type: "button", text: "Retirer", "aria-label": `Retirer ${nom}`, onclick: remove }));
  }

  /** @param {Room} room @param {string} nom */
  async #invitePerson(room, nom) {
    const told = await this.#try(() => send(`/api/v1/salles/${room.id}/participants`, { nom }, { csrf: this.link.session?.csrf }));
    if (!told) return false;
    byId("personne-lien", HTMLInputElement).value = new URL(told.lien, location.href).href;
    say($("personne-titre"), `Inviter ${nom}`);
    openSheet(byId("personne", HTMLDialogElement));
    void this.#ask();
    return true;
  }

  /** @param {Room} room */
  async #invite(room) {
    const told = await this.#try(() => send(`/api/v1/salles/${room.id}/invitation`, undefined, { csrf: this.link.session?.csrf }));
    if (!told) return;
    byId("invitation-lien", HTMLInputElement).value = new URL(told.lien, location.href).href;
    say($("invitation-code"), told.code.replace(/(...)(...)/, "$1\u202f$2"));
    say($("invitation-titre"), `Inviter ${room.nom}`);
    openSheet(byId("invitation", HTMLDialogElement));
  }

  /** @param {Room} room */
  async #encoder(room) {
    const told = await this.#try(() => send(`/api/v1/salles/${room.id}/encodeur`, undefined, { csrf: this.link.session?.csrf }));
    if (!told) return;
    byId("encodeur-whip", HTMLInputElement).value = new URL(told.whip, location.href).href;
    byId("encodeur-whep", HTMLInputElement).value = new URL(told.whep, location.href).href;
    byId("encodeur-cle", HTMLInputElement).value = told.cle;
    say($("encodeur-titre"), `Encodeur de ${room.nom}`);
    openSheet(byId("encodeur", HTMLDialogElement));
  }

  async #copy() {
    const field = byId("invitation-lien", HTMLInputElement);
    await navigator.clipboard?.writeText(field.value).catch(() => field.select());
  }

  /** @param {string} room @param {string} acte @param {string} [texte] */
  async #act(room, acte, texte = "") {
    const done = await this.#try(() => send(`/api/v1/salles/${room}/acte`, { acte, texte }, { csrf: this.link.session?.csrf }));
    void this.#ask();
    return done;
  }

  /** @param {() => Promise<any>} act */
  async #try(act) {
    $("salles-refus").hidden = true;
    try {
      return (await act()) ?? true;
    } catch (error) {
      $("salles-refus").hidden = false;
      say($("salles-refus"), error instanceof HttpError ? error.message : "La demande n’a pas abouti.");
      return null;
    }
  }
}

/** @param {HTMLElement} row @param {string} selector */
function part(row, selector) {
  return /** @type {HTMLElement} */ (row.querySelector(selector));
}

/** @param {Room} room */
function words(room) {
  if (room.phase === "absente") return "absente : l’inviter";
  if (room.phase === "attente") return room.essais_valides ? "attend, essais réussis" : "attend, essais à faire";
  if (room.phase === "ecartee") return `à l’écart${room.ecartee_pour ? ` (${room.ecartee_pour})` : ""}`;
  if (room.coupee_ms !== null) return `liaison coupée depuis ${Math.round((Date.now() - room.coupee_ms) / 1000)} s`;
  const ready = room.confirmee
    ? room.encodeur ? "prête, par un encodeur" : "prête"
    : room.encodeur ? "encodeur : l’agent confirme la salle sur la page auxiliaire" : room.mesuree ? "mesurée, l’agent doit confirmer" : "mesure des deux sens";
  const voice = room.parole ? (room.muette ? " · micro ouvert ici, coupé par la salle" : " · micro ouvert") : "";
  return `${ready}${voice}${room.rang ? ` · demande la parole (${room.rang})` : ""}`;
}

/** @param {Room} room */
function linkWords(room) {
  const link = room.liaison;
  if (!link || room.phase !== "admise") return "";
  const tier = link.palier === null ? "reçoit le son seul" : link.palier ? `reçoit en ${link.palier}` : "reçoit tout";
  return `· envoie ${link.kbps} kbit/s · ${tier} · perte ${(link.perte_permille / 10).toFixed(1).replace(".", ",")} %`;
}

/** Closed doors, and the rooms of a séance held in several places: asked, decided, confirmed room by room. */

import { el } from "../common/dom.js";
import { nameOf } from "../council/people.js";
import { block, count, key, number, row } from "./panel.js";
import { balance } from "./vote.js";

/** @typedef {import("../council/types.js").Register} Register */
/** @typedef {import("../council/types.js").Room} Room */

/** @type {Record<string, string>} */
const LINKS = { etablie: "liaison établie", son_seul: "son seul", perdue: "liaison perdue", revenue: "liaison revenue, appel à faire", ecartee: "séance reprise sans elle" };
/** @type {Record<string, string>} */
export const STEPS = {
  geler_la_parole: "geler la parole",
  proposer_la_suspension: "proposer la suspension au président",
  reporter_ou_reprendre_sans_la_salle: "reporter la suite, ou reprendre sans la salle (motif exigé)",
  diffusion_interrompue: "la diffusion en direct est interrompue",
  proposer_la_suspension_diffusion: "proposer la suspension : diffusion interrompue",
  faire_l_appel_de_la_salle: "faire l’appel de la salle revenue",
  proposer_une_pause: "quarante minutes sans pause : en proposer une",
};

export class Doors {
  #reason = "";
  /** @type {Record<string, string>} */
  #counts = {};
  /** Reasons typed about a lost room. @type {Record<string, string>} */
  #reasons = {};
  #open = false;

  /** @param {import("../council/link.js").RegisterLink} link @param {import("./modes.js").Modes} modes */
  constructor(link, modes) {
    this.link = link;
    this.modes = modes;
  }

  /** @param {Register} register @returns {HTMLElement | null} */
  show(register) {
    const doors = register.huis_clos;
    if (register.phase !== "ouverte") return null;
    if (doors.tenu) return this.#held(register);
    const details = el("details", { class: "block", open: this.#open || doors.recevable || doors.demandeurs.length > 0 }, el("summary", { text: "Huis clos" }));
    details.addEventListener("toggle", () => (this.#open = details.open));
    details.append(doors.recevable ? this.#decide(register) : this.#ask(register));
    return details;
  }

  /** @param {Register} register */
  #ask(register) {
    const { demandeurs, requis } = register.huis_clos;
    const reason = el("input", { class: "input", id: "motif-huis-clos", type: "text", placeholder: "motif, sans donnée personnelle", value: this.#reason, maxlength: "200" });
    reason.addEventListener("input", () => (this.#reason = reason.value));
    const members = el("button", { class: "btn", type: "button", "aria-pressed": String(this.modes.is("huis-clos")), text: `Demandé par des membres : ${demandeurs.length} sur ${requis}` });
    members.addEventListener("click", () =>
      this.modes.enter(
        this.modes.is("huis-clos")
          ? null
          : {
              name: "huis-clos",
              words: "Demandeurs du huis clos : taper les noms, Échap pour finir",
              mark: (seat) => (this.link.register?.huis_clos.demandeurs.includes(seat) ? "demande" : ""),
              takes: (seat) => seat.etat === "present",
              tap: (seat) => void this.link.enter({ type: "ask_closed_doors", requesters: [seat.id], reason: this.#reason }, `Huis clos demandé par ${seat.nom}`),
            },
      ),
    );
    return block(
      "",
      reason,
      row(key(this.link, "Demandé par le président", () => ({ type: "ask_closed_doors", by_head: true, reason: this.#reason }), { label: "Huis clos demandé" }), members),
    );
  }

  /** More than half of all voices, abstentions included, without debate (HC2). @param {Register} register */
  #decide(register) {
    const total = register.quorum.presents + register.quorum.pouvoirs;
    const names = /** @type {const} */ (["pour", "contre", "abstentions"]);
    const sum = el("p", { class: "sum", role: "status" });
    const decide = key(
      this.link,
      "Enregistrer la décision",
      () => ({ type: "decide_closed_doors", tally: { for_: number(this.#counts, "pour"), against: number(this.#counts, "contre"), abstentions: number(this.#counts, "abstentions") } }),
      { primary: true, label: "Décision sur le huis clos" },
    );
    const check = () => balance(sum, decide, names.reduce((all, name) => all + number(this.#counts, name), 0), total);
    const entry = block(
      `Sans débat : ${Math.floor(total / 2) + 1} voix pour, sur ${total}`,
      el("div", { class: "counts" }, ...names.map((name) => count(this.#counts, name, name, check))),
      sum,
      decide,
    );
    check();
    return entry;
  }

  /** @param {Register} register */
  #held(register) {
    const rooms = register.salles.filter((room) => room.ouverte);
    return block(
      "Huis clos",
      ...rooms.map((room) =>
        room.public_sorti
          ? el("p", { class: "note", text: `${room.nom} : le public est sorti.` })
          : key(this.link, `${room.nom} : le public est sorti`, { type: "confirm_public_out", room: room.id }, { label: `Public sorti : ${room.nom}` }),
      ),
      key(this.link, "Fin du huis clos", { type: "reopen_doors" }, { label: "Fin du huis clos" }),
    );
  }

  /** The rooms of a séance in several places, and the steps that a lost link asks for. @param {Register} register */
  rooms(register) {
    if (!register.plusieurs_lieux || register.phase === "levee") return null;
    const own = register.salles.filter((room) => !this.link.who.salle || room.id === this.link.who.salle);
    const advice = register.conseils.map((one) =>
      el("p", { class: "note warning", role: "alert", text: `${one.salle || one.etape.includes("diffusion") ? `${nameOfRoom(register, one.salle)} : ` : ""}${STEPS[one.etape] ?? one.etape}.` }),
    );
    return block("Salles", ...advice, ...own.map((room) => this.#room(room)));
  }

  /** A room that does not come back: sound only where the law accepts it, or the séance without it; a reason either way. @param {Room} room */
  #lost(room) {
    const { link } = this;
    const reason = el("input", { class: "input", id: `motif-salle-${room.id}`, type: "text", placeholder: "motif", value: this.#reasons[room.id] ?? "", maxlength: "200", "aria-label": `Motif, ${room.nom}` });
    reason.addEventListener("input", () => (this.#reasons[room.id] = reason.value));
    const why = { missing: "Dites le motif : il reste au registre." };
    const command = (/** @type {string} */ type) => () => (reason.value.trim() ? { type, room: room.id, reason: reason.value } : null);
    return el(
      "span",
      { class: "pair" },
      reason,
      key(link, "Reprendre sans la salle", command("resume_without_room"), { ...why, label: `Reprise sans ${room.nom}` }),
      key(link, "Continuer en son seul", command("use_audio"), { ...why, label: `Son seul : ${room.nom}` }),
    );
  }

  /** A vote by name is closed: the room's agent has its members read what was noted of their voices. @param {Room} room */
  #receipt(room) {
    const item = this.link.register?.points.find((one) => one.etat === "vote_clos" && one.vote?.mode === "public");
    if (!item?.vote) return [];
    const said = item.vote.lectures[room.id];
    const word = (/** @type {string} */ text, /** @type {boolean} */ agrees) =>
      key(this.link, said === agrees ? `${text} ✓` : text, { type: "check_vote", room: room.id, agrees }, { label: `${text} : ${room.nom}` });
    return [word("Voix relues, conformes", true), word("Voix contestées", false)];
  }

  /** @param {Room} room */
  #room(room) {
    const about = (/** @type {string} */ text) => ({ label: `${text} : ${room.nom}` });
    const { link } = this;
    if (!room.ouverte) return row(el("strong", { text: room.nom }), key(link, "Ouvrir la salle", { type: "open_room", room: room.id }, about("Salle ouverte")));
    const here = (link.register?.conseil ?? []).filter((seat) => seat.salle === room.id && seat.etat === "present").map((seat) => seat.id);
    return el(
      "div",
      { class: "room" },
      el("p", {}, el("strong", { text: room.nom }), ` · ${room.presents} présents · ${LINKS[room.liaison] ?? room.liaison}`),
      row(
        key(link, room.testee ? "Essai réussi ✓" : "Essai image et son réussi", { type: "attest_room", room: room.id, passed: true }, about("Essai réussi")),
        key(link, room.public ? "Public admis ✓" : "Public admis", { type: "admit_public", room: room.id, admitted: !room.public }, about("Public admis")),
        key(link, room.agent ? "Agent présent ✓" : "Agent de retour", { type: "set_agent", room: room.id, there: !room.agent }, about("Agent")),
        room.liaison === "etablie"
          ? key(link, "Liaison perdue", () => ({ type: "report_link_lost", room: room.id, since_ms: Math.floor(link.now()) }), about("Liaison perdue"))
          : key(link, "Liaison revenue", { type: "report_link_back", room: room.id }, about("Liaison revenue")),
        ...this.#receipt(room),
        room.liaison === "perdue" ? this.#lost(room) : null,
        room.liaison === "revenue" ? key(link, "Appel fait, tous présents", { type: "call_room_roll", room: room.id, present: here }, about("Appel")) : null,
      ),
    );
  }
}

/** @param {Register} register @param {string} id */
const nameOfRoom = (register, id) => register.salles.find((room) => room.id === id)?.nom ?? "Diffusion";

/** The queue once somebody goes before the one ahead. @param {{personne: string}[]} queue @param {number} rank */
function ahead(queue, rank) {
  const order = queue.map((wish) => wish.personne);
  [order[rank - 1], order[rank]] = [order[rank], order[rank - 1]];
  return order;
}

/** The floor as the auxiliary sees it. @param {import("../council/link.js").RegisterLink} link @param {Register} register */
export function floor(link, register) {
  const { orateur, file } = register.parole;
  if (register.phase !== "ouverte" || (!orateur && file.length === 0)) return null;
  return block(
    "Parole",
    orateur ? row(el("strong", { text: nameOf(register, orateur) }), key(link, "A terminé", { type: "take_floor" }, { label: "Fin de parole" })) : null,
    ...file.map((wish, rank) =>
      row(
        el("span", { text: `${rank + 1}. ${nameOf(register, wish.personne)}${wish.rappel ? " (rappel au règlement)" : ""}` }),
        key(link, "Donner la parole", { type: "give_floor", person: wish.personne }, { label: `Parole à ${nameOf(register, wish.personne)}` }),
        rank > 0 && !wish.rappel ? key(link, "Avant", { type: "reorder_queue", order: ahead(file, rank) }, { label: `Ordre des orateurs : ${nameOf(register, wish.personne)} avant` }) : null,
        key(link, "Retirer", { type: "waive_floor", person: wish.personne }, { label: "Demande retirée" }),
      ),
    ),
  );
}

/** The sheet of one councillor: everything rarer than a tap. Arrival in a room, causes of a departure, proxy, déport, floor, correction. */

import { byId, el } from "../common/dom.js";
import { openSheet } from "../common/sheet.js";
import { clockTime } from "../common/time.js";
import { ask, refuse } from "../console/ask.js";
import { STATES, currentItem, nameOf, seatOf } from "../council/people.js";
import { fill } from "./dialogs.js";
import { heldKey } from "./panel.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Seat} Seat */
/** @typedef {import("../council/types.js").Command} Command */

/** @type {[string, string][]} */
const CAUSES = [
  ["libre", "Départ"],
  ["deport", "Sortie pour déport"],
  ["vote_du_compte", "Sortie au vote du compte"],
  ["incident_technique", "Incident technique"],
  ["expulsion", "Expulsion"],
];

export class Sheet {
  #id = "";
  #shown = "";

  /** @param {RegisterLink} link */
  constructor(link) {
    this.link = link;
    this.dialog = byId("fiche", HTMLDialogElement);
    this.dialog.addEventListener("close", () => (this.#id = ""));
  }

  render() {
    // Drawn again only when something about this person changed: what is half typed, and a refusal, stay until then.
    if (this.#id && this.#about() !== this.#shown) this.#fill();
  }

  #about() {
    const { register } = this.link;
    const item = currentItem(register);
    const proxies = register?.pouvoirs.filter((one) => one.mandant === this.#id || one.mandataire === this.#id);
    const seat = seatOf(register, this.#id);
    return JSON.stringify([seat && { ...seat, annulable_ms: 0 }, proxies, item?.id, item?.deports, register?.phase, register?.president, register?.secretaires]);
  }

  /** @param {string} id */
  open(id) {
    this.#id = id;
    this.#fill();
    openSheet(this.dialog);
  }

  /** Send and close; a refusal stays in the sheet. @param {HTMLElement} button @param {() => Command | null} command @param {string} label */
  #act(button, command, label) {
    button.addEventListener("click", async () => {
      const wanted = command();
      if (!wanted) return refuse(button, "Il manque quelque chose : complétez la ligne.");
      const outcome = await ask(button, () => this.link.enter(wanted, label));
      if (!outcome.code) this.dialog.close();
    });
    return button;
  }

  /** @param {string} text @param {Command} command @param {string} label */
  #button(text, command, label) {
    return this.#act(el("button", { class: "btn", type: "button", text }), () => command, label);
  }

  #fill() {
    const { register } = this.link;
    const seat = seatOf(register, this.#id);
    if (!register || !seat) return this.dialog.close();
    this.#shown = this.#about();
    const where = seat.etat === "pouvoir" ? `pouvoir à ${nameOf(register, seat.pouvoir_a)}` : STATES[seat.etat];
    const since = seat.depuis_ms ? ` depuis ${clockTime(seat.depuis_ms)}` : "";
    fill(
      this.dialog,
      "fiche-nom",
      seat.nom,
      el("p", { class: "sheet-state", text: `${[seat.groupe, where + since].filter(Boolean).join(" · ")}` }),
      this.#presence(seat),
      seat.suppleant_de ? null : this.#proxy(seat),
      this.#onItem(seat),
      this.#frozen(seat),
      this.#correction(seat),
      this.#mandate(seat),
    );
  }

  /** @param {string} title @param {...(Node | null)} content */
  #section(title, ...content) {
    const body = el("div", { class: "actions", "data-refusals": true });
    for (const part of content) if (part) body.append(part);
    return el("section", { class: "sheet-part" }, el("h3", { text: title }), body);
  }

  /** @param {Seat} seat */
  #presence(seat) {
    const { link } = this;
    const rooms = (link.register?.salles ?? []).filter((room) => room.ouverte && (!link.who.salle || room.id === link.who.salle));
    if (seat.etat !== "present")
      return this.#section(
        "Arrivée",
        ...rooms.map((room) =>
          this.#button(rooms.length > 1 ? `Présent, ${room.nom}` : "Présent", { type: "arrive", person: seat.id, room: room.id }, `Arrivée : ${seat.nom}`),
        ),
        this.#at("Arrivé à", (when_ms) => ({ type: "arrive", person: seat.id, room: rooms[0]?.id ?? "", when_ms }), `Arrivée : ${seat.nom}`),
      );
    return this.#section(
      "Départ",
      ...CAUSES.map(([cause, text]) => this.#button(text, { type: "leave", person: seat.id, cause }, `${text} : ${seat.nom}`)),
      this.#at("Parti à", (when_ms) => ({ type: "leave", person: seat.id, when_ms }), `Départ : ${seat.nom}`),
    );
  }

  /** Something that happened before it is entered, today. @param {string} text @param {(ms: number) => Command} command @param {string} label */
  #at(text, command, label) {
    const time = el("input", { class: "input time", type: "time", step: "1", "aria-label": text });
    const button = this.#act(el("button", { class: "btn", type: "button", text }), () => {
      const at = instant(time.value, this.link.now());
      return at === null ? null : command(at);
    }, label);
    return el("span", { class: "pair" }, button, time);
  }

  /** @param {Seat} seat */
  #proxy(seat) {
    const { register } = this.link;
    const given = register?.pouvoirs.find((one) => one.mandant === seat.id && one.etat !== "caduc");
    const held = register?.pouvoirs.filter((one) => one.mandataire === seat.id && one.etat !== "caduc") ?? [];
    const carried = held.length ? el("p", { class: "note", text: `Porte le pouvoir de ${held.map((one) => nameOf(register, one.mandant)).join(", ")}.` }) : null;
    if (given) {
      const about = `${nameOf(register, given.mandant)} à ${nameOf(register, given.mandataire)}`;
      return this.#section(
        `Pouvoir à ${nameOf(register, given.mandataire)}, reçu à ${clockTime(given.recu_ms)}`,
        carried,
        this.#button("Révoquer", { type: "revoke_proxy", proxy: given.id }, `Pouvoir révoqué : ${about}`),
        this.#button("Saisi par erreur", { type: "revoke_proxy", proxy: given.id, mistaken: true }, `Pouvoir ôté, saisi par erreur : ${about}`),
        given.etat === "a_authentifier" ? this.#button("Auteur certain", { type: "authenticate_proxy", proxy: given.id }, `Pouvoir authentifié : ${about}`) : null,
        this.#button(given.conteste ? "N’est plus contesté" : "Contesté", { type: "contest_proxy", proxy: given.id, contested: !given.conteste }, `Pouvoir contesté : ${about}`),
      );
    }
    return this.#section("Donner pouvoir", carried, this.#lodge(seat));
  }

  /** @param {Seat} seat */
  #lodge(seat) {
    const people = (this.link.register?.conseil ?? []).filter((one) => one.id !== seat.id && !one.suppleant_de);
    const holder = el(
      "select",
      { class: "input", "aria-label": "Mandataire" },
      el("option", { value: "", text: "à qui ?" }),
      ...people.map((one) => el("option", { value: one.id, text: `${one.nom}${one.etat === "present" ? "" : ` (${STATES[one.etat]})`}${one.porte.length ? ", porte déjà" : ""}` })),
    );
    const dated = el("input", { class: "input", type: "date", "aria-label": "Date du pouvoir", value: new Date(this.link.now()).toISOString().slice(0, 10) });
    const paper = el("input", { type: "checkbox", id: "pouvoir-papier", checked: true });
    const mail = el("input", { type: "checkbox", id: "pouvoir-courriel" });
    const illness = el("input", { class: "input", type: "text", maxlength: "80", placeholder: "maladie : référence de la pièce", title: "Sauf maladie constatée, un pouvoir ne vaut pas plus de trois séances de suite", "aria-label": "Maladie : référence de la pièce, jamais son contenu" });
    const second = el("input", { type: "checkbox", id: "pouvoir-seconde" });
    const secondCall = this.link.register?.quorum.dispense === true;
    const button = this.#act(el("button", { class: "btn primary", type: "button", text: "Recevoir le pouvoir" }), () => {
      if (!holder.value || !dated.value) return null;
      const writing = {
        giver: seat.id,
        holder: holder.value,
        dated: dated.value,
        signed: paper.checked,
        channel: mail.checked ? "electronique" : "remis_en_main_propre",
        authenticated: !mail.checked,
        illness: illness.value.trim(),
        names_second_session: secondCall && second.checked,
      };
      return { type: "lodge_proxy", proxy: `${seat.id}-${Math.round(this.link.now())}`, writing };
    }, `Pouvoir de ${seat.nom}`);
    return el(
      "div",
      { class: "lodge" },
      holder,
      dated,
      el("label", { class: "tick" }, paper, el("span", { text: "écrit et signé, vu" })),
      el("label", { class: "tick" }, mail, el("span", { text: "reçu par courriel, auteur à authentifier" })),
      secondCall ? el("label", { class: "tick" }, second, el("span", { text: "vise cette seconde séance : sans cela il ne compte pas" })) : null,
      illness,
      button,
    );
  }

  /** Déport, both kinds; the floor; a substitute's notice; the presidency. @param {Seat} seat */
  #onItem(seat) {
    const { register } = this.link;
    if (!register) return null;
    const item = currentItem(register) ?? register.points.find((one) => one.etat === "inscrit");
    const titular = seat.suppleant_de || seat.id;
    const recused = item?.deports.find((one) => one.siege === titular);
    const parts = [];
    if (item && !recused?.enregistre) {
      if (recused) parts.push(el("p", { class: "note warning", text: "Un intérêt a été déclaré sur ce point." }));
      parts.push(
        this.#button("Déport : élu intéressé", { type: "recuse", item: item.id, seat: titular, kind: "interesse" }, `Déport : ${seat.nom}`),
        this.#button("Déport : représentant (L.1111-6 II)", { type: "recuse", item: item.id, seat: titular, kind: "representant_1111_6_ii" }, `Déport : ${seat.nom}`),
      );
    } else if (item && recused) parts.push(el("p", { class: "note", text: "Déporté : hors du quorum et du vote de ce point." }), this.#lift(item, seat, titular));
    if (seat.etat === "present" && register.phase === "ouverte")
      parts.push(
        this.#button("Demande la parole", { type: "ask_floor", person: seat.id }, `Demande de parole : ${seat.nom}`),
        this.#button("Rappel au règlement", { type: "ask_floor", person: seat.id, point_of_order: true }, `Rappel au règlement : ${seat.nom}`),
        register.president === seat.id ? null : this.#button("Préside désormais", { type: "pass_presidency", president: seat.id }, `Présidence : ${seat.nom}`),
        ...this.#secretary(register, seat),
      );
    // One whom nobody entered before the close: the minutes need the name.
    if (seat.etat === "present" && register.phase === "levee") parts.push(...this.#secretary(register, seat));
    if (seat.etat === "present" && register.phase === "ouverte" && currentItem(register))
      parts.push(this.#button("Se fait assister pour voter", { type: "note_assistance", item: currentItem(register)?.id ?? "", person: seat.id }, `Assistance au vote : ${seat.nom}`));
    if (register.conseil.some((one) => one.suppleant_de === seat.id))
      parts.push(this.#button("A prévenu : le suppléant siège", { type: "notice_substitute", titular: seat.id }, `Suppléance de ${seat.nom}`));
    return parts.length ? this.#section(item ? `Point ${item.rang} : ${item.titre}` : "En séance", ...parts) : null;
  }

  /** One secretary, or several (PV1). @param {import("../council/types.js").Register} register @param {Seat} seat */
  #secretary(register, seat) {
    const named = register.secretaires;
    if (named.includes(seat.id)) return [];
    const alone = this.#button("Secrétaire de séance", { type: "appoint_secretaries", secretaries: [seat.id] }, `Secrétaire : ${seat.nom}`);
    const more = this.#button("Secrétaire, avec les autres", { type: "appoint_secretaries", secretaries: [...named, seat.id] }, `Secrétaire : ${seat.nom}`);
    return named.length ? [alone, more] : [alone];
  }

  /** A final resignation or a death: the seat is vacant at once, N falls (QU2). Held, for nothing takes it back. @param {Seat} seat */
  #mandate(seat) {
    const { register } = this.link;
    if (!register || seat.suppleant_de || this.link.who.salle || register.phase === "levee") return null;
    return this.#section(
      "Mandat",
      el("p", { class: "note", text: "Démission définitive ou décès : le siège est vacant, les membres en exercice et le quorum sont recomptés, les pouvoirs de ce siège prennent fin." }),
      heldKey(this.link, "Fin du mandat", { type: "end_mandate", councillor: seat.id }),
    );
  }

  /** A déport taken back, before the vote opens. @param {import("../council/types.js").AgendaItem} item @param {Seat} seat @param {string} titular */
  #lift(item, seat, titular) {
    const reason = el("input", { class: "input", type: "text", placeholder: "motif", "aria-label": "Motif de la levée du déport", maxlength: "200" });
    const button = this.#act(el("button", { class: "btn", type: "button", text: "Lever le déport" }), () => (reason.value.trim() ? { type: "lift_recusal", item: item.id, seat: titular, reason: reason.value } : null), `Déport levé : ${seat.nom}`);
    return el("span", { class: "pair" }, reason, button);
  }

  /** In several places: a picture that froze is an exit, declared by the agent, past the time of the house rules (TL8). @param {Seat} seat */
  #frozen(seat) {
    const { register } = this.link;
    if (!register?.plusieurs_lieux || register.phase !== "ouverte" || seat.etat !== "present") return null;
    const seconds = el("input", { class: "input count", type: "number", min: "1", max: "3600", inputmode: "numeric", value: "61", "aria-label": "Durée du gel, en secondes" });
    const button = this.#act(el("button", { class: "btn", type: "button", text: "Image figée : noter la sortie" }), () => {
      const lasted = Math.trunc(Number(seconds.value));
      return lasted > 0 ? { type: "report_frozen", person: seat.id, lasted_ms: lasted * 1000 } : null;
    }, `Image figée : ${seat.nom}`);
    return this.#section("Liaison", el("span", { class: "pair" }, el("label", { class: "pair" }, el("span", { text: "figée depuis" }), seconds, el("span", { text: "s" })), button));
  }

  /** The last stay's hours, with a reason; what was frozen into acts does not change. @param {Seat} seat */
  #correction(seat) {
    if (seat.sejour === null || !seat.depuis_ms) return null;
    const gone = seat.etat !== "present";
    const hour = (/** @type {number | null} */ ms, /** @type {string} */ words) =>
      el("input", { class: "input time", type: "time", step: "1", value: ms ? clockTime(ms) : "", "aria-label": words });
    const came = hour(seat.arrive_ms, "Heure de l’arrivée");
    const left = gone ? hour(seat.depuis_ms, "Heure du départ") : null;
    const reason = el("input", { class: "input", type: "text", placeholder: "motif de la correction", "aria-label": "Motif", maxlength: "200" });
    const button = el("button", { class: "btn", type: "button", text: gone ? "Corriger les heures" : "Corriger l’heure d’arrivée" });
    // An hour that was not touched keeps its milliseconds.
    const said = (/** @type {HTMLInputElement} */ input, /** @type {number | null} */ kept) =>
      kept && input.value === clockTime(kept) ? kept : instant(input.value, this.link.now());
    this.#act(button, () => {
      const since_ms = said(came, seat.arrive_ms);
      const until_ms = left ? said(left, seat.depuis_ms) : null;
      if (since_ms === null || (left && until_ms === null) || !reason.value.trim()) return null;
      return { type: "correct_stay", rank: seat.sejour, since_ms, until_ms, reason: reason.value };
    }, `Correction : ${seat.nom}`);
    return this.#section("Correction (l’entrée d’origine reste)", el("span", { class: "pair" }, el("label", { class: "pair" }, el("span", { text: "arrivée" }), came), left ? el("label", { class: "pair" }, el("span", { text: "départ" }), left) : null, reason, button));
  }
}

/** A typed hour of today, or of last night when it would be later than now; null when nothing is typed. @param {string} typed @param {number} now */
export function instant(typed, now) {
  const parts = typed.split(":").map(Number);
  if (!typed || parts.some(Number.isNaN)) return null;
  const at = new Date(now);
  at.setHours(parts[0], parts[1], parts[2] ?? 0, 0);
  if (at.getTime() > now + 60_000) at.setDate(at.getDate() - 1);
  return Math.min(at.getTime(), Math.floor(now));
}

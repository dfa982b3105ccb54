/** The right side: the séance and its current item, step by step, with the rule that applies beside what is grey. */

import { $, el, redraw, unbroken } from "../common/dom.js";
import { currentItem, lastItem, nameOf, nextItem } from "../council/people.js";
import { Again } from "./again.js";
import { Agenda } from "./agenda.js";
import { Doors, floor } from "./doors.js";
import { ElectionEntry } from "./election.js";
import { block, heldKey, key, press, row } from "./panel.js";
import { VoteEntry } from "./vote.js";

/** @typedef {import("../council/types.js").AgendaItem} AgendaItem */
/** @typedef {import("../council/types.js").Register} Register */
/** @typedef {import("../council/types.js").Vote} Vote */

/** @type {Record<string, string>} */
export const ITEM_STATES = {
  inscrit: "à venir",
  appele: "appelé",
  debat: "débat",
  vote_ouvert: "vote ouvert",
  vote_clos: "vote clos",
  adopte: "adopté",
  rejete: "rejeté",
  reporte: "reporté",
  retire: "retiré",
  dont_acte: "dont acte",
};
const STEPS = ["appele", "debat", "vote_ouvert", "vote_clos"];
/** @type {Record<string, string>} */
const TYPES = {
  urgence: "urgence",
  arret_du_proces_verbal: "procès-verbal",
  information: "information, sans vote",
  budget_primitif: "budget",
  autre_acte_budgetaire: "acte budgétaire",
  compte: "compte : l’ordonnateur se retire au vote (L.2121-14)",
  election_du_president: "élection, scrutin secret",
  election_du_bureau: "élection, scrutin secret",
  delegues_aux_epci: "élection, scrutin secret",
  designation_2121_33: "désignation (L.2121-33)",
  nomination: "nomination (L.2121-21)",
  contrat_garantie_ou_aide: "contrat, garantie ou aide (L.1111-6 II)",
};

export class ItemPanel {
  #signature = "";
  #annul = "";

  /** @param {import("../council/link.js").RegisterLink} link @param {import("./modes.js").Modes} modes @param {import("./sheet.js").Sheet} sheet */
  constructor(link, modes, sheet) {
    this.link = link;
    this.modes = modes;
    this.sheet = sheet;
    this.vote = new VoteEntry(link, modes, () => this.#draw());
    this.election = new ElectionEntry(link, () => this.#draw());
    this.doors = new Doors(link, modes);
    this.again = new Again(link, () => this.#draw());
    this.agenda = new Agenda(link, ITEM_STATES);
  }

  render() {
    const { register } = this.link;
    if (!register) return;
    this.agenda.render();
    const signature = JSON.stringify([
      register.phase, register.points, register.courants, register.gestes, register.parole, register.salles, register.conseils, register.huis_clos,
      register.secretaires, register.president, register.quorum, this.modes.current?.name, [...this.vote.exceptions], this.link.waiting.unseen.length, this.link.up,
    ]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#draw();
  }

  /** Drawn anew; what is typed is kept by its owner, and the focus stays where it was. */
  #draw() {
    const { register } = this.link;
    if (!register) return;
    const panel = $("point");
    const refusals = [...panel.querySelectorAll(":scope > .refusal")];
    const parts = register.phase === "convoquee" ? this.#before(register) : register.phase === "levee" ? this.#after(register) : this.#sitting(register);
    redraw(panel, () => panel.replaceChildren(...parts.filter((part) => part !== null), ...refusals));
    const called = document.getElementById("appele");
    if (called) panel.querySelector('.voice[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Register} register */
  #before(register) {
    return [
      block(
        "Avant l’ouverture",
        el("p", { class: "note", text: "Faire l’appel : taper un nom, ou deux lettres et Entrée. Recevoir les pouvoirs : « ⋯ » à côté du mandant." }),
        key(this.link, "Ouvrir la séance", { type: "open_sitting", president: register.president }, { why: register.gestes.ouvrir, primary: true, key: "F2", id: "pas-suivant" }),
        register.gestes.ouvrir ? el("p", { class: "why", text: register.gestes.ouvrir }) : null,
        el("p", { class: "note", text: `Présidence : ${nameOf(register, register.president)}. Quelqu’un d’autre ouvre ? Sa fiche, puis « Préside désormais », une fois la séance ouverte.` }),
        register.gestes.constater_quorum ? null : heldKey(this.link, "Constater l’absence de quorum", { type: "declare_no_quorum" }),
      ),
      this.doors.rooms(register),
      this.#agenda(register),
      this.#toSecretariat("/secretariat", "Préparation : listes, convocation, preuves d’envoi"),
    ];
  }

  /** @param {Register} register */
  #after(register) {
    return [
      block("Séance levée", el("p", { class: "note", text: "Le registre est clos. Le journal reste lisible ; les documents en sont tirés." }), this.#toSecretariat("/secretariat/documents", "Documents de la séance")),
      this.#agenda(register),
    ];
  }

  /** The secretariat's pages are for who keeps the whole register. @param {string} path @param {string} text */
  #toSecretariat(path, text) {
    return this.link.who.salle || !this.link.has("auxiliaire") ? null : el("p", {}, el("a", { class: "btn", href: path, text }));
  }

  /** @param {Register} register */
  #sitting(register) {
    const item = currentItem(register);
    const done = lastItem(register);
    const suspended = register.phase === "suspendue";
    const life = row(
      suspended
        ? key(this.link, "Reprendre la séance", { type: "resume_sitting" }, { why: register.gestes.reprendre, primary: true, key: "F2", id: "pas-suivant" })
        : key(this.link, "Suspendre", { type: "suspend_sitting" }, { why: register.gestes.suspendre, label: "Suspension" }),
      heldKey(this.link, "Lever la séance", { type: "close_sitting" }, register.gestes.lever),
      register.gestes.constater_quorum ? null : heldKey(this.link, "Constater l’absence de quorum", { type: "declare_no_quorum" }),
    );
    return [
      register.secretaires.length === 0 && !suspended
        ? el("p", { class: "note warning", text: "Le conseil nomme d’abord son secrétaire de séance (L.2121-15) : fiche d’un membre présent, « Secrétaire de séance »." })
        : null,
      suspended ? null : item ? this.#item(register, item) : this.#between(register, done),
      suspended ? null : floor(this.link, register),
      this.doors.rooms(register),
      this.doors.show(register),
      block(suspended ? "Séance suspendue" : "Séance", life, suspended && register.gestes.reprendre ? el("p", { class: "why", text: register.gestes.reprendre }) : null),
      this.#agenda(register),
    ];
  }

  /** Between two items: what was just decided, and the next. @param {Register} register @param {AgendaItem | undefined} done */
  #between(register, done) {
    const next = nextItem(register);
    return block(
      "",
      done ? this.#outcome(done) : null,
      next
        ? key(this.link, `Appeler le point ${next.rang}`, { type: "call_item", items: [next.id] }, { why: register.gestes.appeler, primary: true, key: "F2", id: "pas-suivant", label: `Appel du point ${next.rang}` })
        : el("p", { class: "note", text: "L’ordre du jour est épuisé : la séance peut être levée." }),
      next ? el("p", { class: "item-title", text: unbroken(next.titre) }) : null,
      next && register.gestes.appeler ? el("p", { class: "why", text: register.gestes.appeler }) : null,
      done ? this.again.newVote(done) : null,
    );
  }

  /** @param {AgendaItem} item */
  #outcome(item) {
    const vote = item.vote;
    const words = vote?.decompte && vote.proclame ? `${counts(vote.decompte)}${vote.preponderante ? ", voix prépondérante du président" : ""}` : "";
    return el("p", { class: "outcome", "data-adopted": item.etat === "adopte", text: `Point ${item.rang} : ${ITEM_STATES[item.etat]}${words ? ` (${words})` : ""}.` });
  }

  /** @param {Register} register @param {AgendaItem} item */
  #item(register, item) {
    const at = STEPS.indexOf(item.etat);
    const chips = [...STEPS, "proclame"].map((step, rank) =>
      el("li", { "data-past": rank < at, "aria-current": rank === at ? "step" : undefined, text: step === "proclame" ? "proclamé" : ITEM_STATES[step] }),
    );
    const quorum = item.quorum;
    const others = register.points.filter((one) => one.id !== item.id && register.courants.includes(one.id) && one.etat === item.etat);
    const rapporteur = item.rapporteur ? ` · rapporteur : ${nameOf(register, item.rapporteur)}` : "";
    return el(
      "div",
      { class: "current" },
      el(
        "div",
        { class: "item-head" },
        el("p", { class: "item-rank", text: `Point ${item.rang} sur ${register.points.length}${item.type in TYPES ? ` · ${TYPES[item.type]}` : ""}${item.signale ? " · signalé" : ""}` }),
        el("h2", { class: "item-title", text: unbroken(item.titre) }),
        others.length ? el("p", { class: "note warning", text: `Avec ${others.map((one) => `le point ${one.rang} (${unbroken(one.titre)})`).join(", ")} : un seul vote, une délibération chacun.` }) : null,
        el("p", { class: "note", text: quorum ? `${quorum.compare} présents pour ${quorum.requis} requis, ${quorum.pouvoirs} pouvoirs utilisables${rapporteur}` : rapporteur }),
        el("ol", { class: "steps" }, ...chips),
      ),
      // While one votes, the keys of the vote come first: nothing is scrolled for.
      ...(["vote_ouvert", "vote_clos"].includes(item.etat) ? [...this.#step(register, item), this.#recusals(register, item)] : [this.#recusals(register, item), ...this.#step(register, item)]),
    );
  }

  /** @param {Register} register @param {AgendaItem} item */
  #recusals(register, item) {
    const expected = item.deports.filter((one) => !one.enregistre);
    const kept = item.deports.filter((one) => one.enregistre);
    if (expected.length + kept.length === 0) return null;
    return block(
      "Déports",
      ...kept.map((one) => el("p", { class: "note", text: `${nameOf(register, one.siege)} : ${one.genre === "interesse" ? "élu intéressé" : "représentant (L.1111-6 II)"}, hors quorum et vote.` })),
      ...expected.map((one) =>
        row(
          el("span", { class: "warning", text: `${nameOf(register, one.siege)} a déclaré un intérêt.` }),
          key(this.link, "Inscrire le déport", { type: "recuse", item: item.id, seat: one.siege, kind: one.genre }, { label: `Déport : ${nameOf(register, one.siege)}` }),
        ),
      ),
    );
  }

  /** @param {Register} register @param {AgendaItem} item @returns {(Node | null)[]} */
  #step(register, item) {
    const { vote } = item;
    if (item.etat === "vote_ouvert" && vote) return [this.vote.open(item, vote), this.#annulBlock(register)];
    if (item.etat === "vote_clos" && vote) return [this.#closed(register, item, vote), this.#annulBlock(register)];
    return [this.#debate(register, item), item.election ? this.election.show(item, item.election) : null, this.#proclaimAppointment(register, item)];
  }

  /** @param {Register} register @param {AgendaItem} item */
  #debate(register, item) {
    const byRounds = item.election && !item.election.secret_leve;
    const accounts = item.type === "compte" && register.president === register.chef;
    return block(
      "",
      accounts ? el("p", { class: "note warning", text: "Le conseil élit qui préside ce point : fiche d’un membre présent, « Préside désormais ». L’ordonnateur sort avant le vote : sa fiche, « Sortie au vote du compte »." }) : null,
      row(
        item.etat === "appele" ? key(this.link, "Débat", { type: "open_debate" }, { why: register.gestes.debattre, label: "Débat ouvert" }) : null,
        byRounds || !item.votable ? null : key(this.link, "Ouvrir le vote", { type: "open_vote" }, { why: register.gestes.ouvrir_vote, primary: true, key: "F2", id: "pas-suivant", label: "Vote ouvert" }),
        item.type === "urgence" ? null : key(this.link, "Donner acte", { type: "note_item", item: item.id }, { key: "F3", id: "donner-acte", label: "Donné acte" }),
      ),
      byRounds || !item.votable || !register.gestes.ouvrir_vote ? null : el("p", { class: "why", text: register.gestes.ouvrir_vote }),
      item.votable && !byRounds ? this.#requests(register, item) : null,
      row(
        key(this.link, "Laisser en attente", { type: "set_aside", item: item.id }, { label: "Laissé en attente" }),
        key(this.link, "Reporter", { type: "postpone_item", item: item.id }, { label: "Reporté" }),
        key(this.link, "Retirer", { type: "withdraw_item", item: item.id }, { label: "Retiré" }),
      ),
    );
  }

  /** Requests are counted one by one; what they obtain is the law's business. @param {Register} register @param {AgendaItem} item */
  #requests(register, item) {
    const keys = /** @type {const} */ ([
      ["public", item.scrutin_public, "quart des présents"],
      ["secret", item.scrutin_secret, "tiers des présents"],
    ]).map(([mode, asked, share]) => {
      const text = `Scrutin ${mode} : ${asked.demandeurs.length} sur ${asked.requis}${asked.accorde ? " ✓" : ""}`;
      const button = el("button", { class: "btn", type: "button", "aria-pressed": String(this.modes.is(mode)), title: `À la demande du ${share} (L.2121-21)`, text });
      button.addEventListener("click", () => this.#ask(item, mode));
      return button;
    });
    const remote = register.plusieurs_lieux && item.scrutin_secret.demandeurs.length > 0;
    return el("div", {}, row(...keys), remote ? el("p", { class: "note warning", text: "En plusieurs lieux, une demande de scrutin secret obtenue reporte le point (L.5211-11-1)." }) : "");
  }

  /** @param {AgendaItem} item @param {"public" | "secret"} mode */
  #ask(item, mode) {
    if (this.modes.is(mode)) return this.modes.enter(null);
    const asked = () => {
      const now = this.link.register?.points.find((one) => one.id === item.id);
      return (mode === "secret" ? now?.scrutin_secret : now?.scrutin_public)?.demandeurs ?? [];
    };
    this.modes.enter({
      name: mode,
      words: `Qui demande le scrutin ${mode} : taper les noms (une seconde fois : ne demande plus), Échap pour finir`,
      mark: (seat) => (asked().includes(seat) ? "demande" : ""),
      takes: (seat) => seat.etat === "present",
      tap: (seat) =>
        void (asked().includes(seat.id)
          ? this.link.enter({ type: "withdraw_request", item: item.id, mode, person: seat.id }, `Scrutin ${mode}, demande retirée : ${seat.nom}`)
          : this.link.enter({ type: "request_ballot", item: item.id, mode, requesters: [seat.id] }, `Scrutin ${mode} demandé par ${seat.nom}`)),
    });
  }

  /** @param {Register} register @param {AgendaItem} item @param {Vote} vote */
  #closed(register, item, vote) {
    const president = this.link.has("president");
    const decided = vote.adopte ? "adopté" : "non adopté";
    const tie = vote.preponderante ? " par la voix prépondérante du président" : "";
    const absent = vote.absents.length ? el("p", { class: "note", text: `Absents au vote, réputés s’abstenir : ${vote.absents.map((id) => nameOf(register, id)).join(", ")}.` }) : null;
    return block(
      "Vote clos, non proclamé",
      el("p", { class: "outcome", "data-adopted": vote.adopte === true, text: `${vote.decompte ? counts(vote.decompte) : ""} : ${decided}${tie}.` }),
      el("p", { class: "note", text: `${vote.decompte?.exprimes ?? 0} suffrages exprimés, ${vote.requis ?? 0} requis.` }),
      absent,
      president
        ? key(this.link, "Proclamer", { type: "proclaim" }, { why: register.gestes.proclamer, primary: true, key: "F2", id: "pas-suivant", label: "Proclamation" })
        : el("p", { class: "note", text: "Au président de proclamer : rien n’est montré au public avant." }),
      this.again.correction(item, vote),
    );
  }

  /** @param {Register} register @param {AgendaItem} item */
  #proclaimAppointment(register, item) {
    if (!item.election || item.election.secret_leve || !this.link.has("president") || item.election.appel_ms === null) return null;
    return block("", key(this.link, "Proclamer la nomination", { type: "proclaim_appointment", item: item.id }, { why: register.gestes.proclamer, primary: true, key: "F2", id: "pas-suivant" }));
  }

  /** @param {Register} register */
  #annulBlock(register) {
    const reason = el("input", { class: "input", id: "motif-annulation", type: "text", placeholder: "motif", value: this.#annul, maxlength: "200", "aria-label": "Motif de l’annulation" });
    reason.addEventListener("input", () => (this.#annul = reason.value));
    return block(
      "",
      row(reason, key(this.link, "Annuler le vote", () => (this.#annul.trim() ? { type: "annul_vote", reason: this.#annul } : null), { why: register.gestes.annuler_vote, label: "Vote annulé", missing: "Dites le motif : il reste au registre." })),
    );
  }

  /** @param {Register} register */
  #agenda(register) {
    const callable = register.phase === "ouverte" && !currentItem(register);
    const change = el("button", { class: "btn", type: "button", id: "changer-ordre" }, "Ordre, vote groupé, question…", el("kbd", { text: "F6" }));
    change.addEventListener("click", () => this.agenda.open());
    return block(
      "Ordre du jour",
      row(change),
      el(
        "ol",
        { class: "agenda-list" },
        ...register.points.map((item) =>
          el(
            "li",
            { "data-state": item.etat, "aria-current": register.courants.includes(item.id) ? "true" : undefined },
            el("span", { class: "agenda-rank", text: item.rang }),
            el("span", { class: "agenda-title", text: unbroken(item.titre) }),
            el("span", { class: "agenda-state", text: ITEM_STATES[item.etat] ?? item.etat }),
            callable && item.etat === "inscrit"
              ? key(this.link, "Appeler", { type: "call_item", items: [item.id] }, { label: `Appel du point ${item.rang}` })
              : "",
          ),
        ),
      ),
    );
  }

  /** F2: whatever comes next. */
  next() {
    press(document.getElementById("pas-suivant"));
  }

  /** F3. */
  note() {
    press(document.getElementById("donner-acte"));
  }

  /** F6. */
  order() {
    if (this.link.register) this.agenda.open();
  }

  /** F4. */
  closeVote() {
    press(document.getElementById("clore"));
    this.modes.enter(null);
  }

  /** F7 to F9. @param {import("../council/types.js").Choice} choice */
  except(choice) {
    const item = currentItem(this.link.register);
    if (item?.vote && item.etat === "vote_ouvert" && item.vote.mode === "ordinaire") this.vote.except(choice, item.vote);
  }

  /** P, C, A, N and Backspace during a roll call. @param {string} pressed */
  rollCallKey(pressed) {
    const item = currentItem(this.link.register);
    return item?.etat === "vote_ouvert" && item.vote ? this.vote.pressed(pressed, item.vote) : false;
  }
}

/** @param {import("../council/types.js").Tally} tally */
export function counts(tally) {
  const parts = /** @type {[number, string][]} */ ([
    [tally.pour, "pour"],
    [tally.contre, "contre"],
    [tally.abstentions, tally.abstentions > 1 ? "abstentions" : "abstention"],
    [tally.ne_prend_pas_part, tally.ne_prend_pas_part > 1 ? "ne prennent pas part" : "ne prend pas part"],
    [tally.blancs, tally.blancs > 1 ? "blancs" : "blanc"],
    [tally.nuls, tally.nuls > 1 ? "nuls" : "nul"],
  ]);
  return parts.filter(([n], i) => n > 0 || i === 0).map(([n, word]) => `${n} ${word}`).join(", ");
}

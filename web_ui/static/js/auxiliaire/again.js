/**
 * Votes that are not right: a count corrected before its proclamation, a new vote after it. Both need a reason, both leave what was
 * first written where it is (VO17).
 */

import { el } from "../common/dom.js";
import { nameOf } from "../council/people.js";
import { block, count, key, number, row } from "./panel.js";
import { CHOICES, balance } from "./vote.js";

/** @typedef {import("../council/types.js").AgendaItem} AgendaItem */
/** @typedef {import("../council/types.js").Vote} Vote */
/** @typedef {import("../council/types.js").Choice} Choice */

/** @type {Record<string, keyof import("../council/types.js").Tally>} */
const COUNTED = { pour: "pour", contre: "contre", abstentions: "abstentions", "ne prend pas part": "ne_prend_pas_part", blancs: "blancs", nuls: "nuls" };
/** @type {Record<string, string>} */
const FIELDS = { pour: "for_", contre: "against", abstentions: "abstentions", "ne prend pas part": "refusals", blancs: "blanks", nuls: "nulls" };

export class Again {
  #reason = "";
  #again = "";
  #open = false;
  #about = "";
  #president = "";
  /** @type {Record<string, string>} */
  #counts = {};
  /** Senses that change, by seat. @type {Map<string, Choice>} */
  #senses = new Map();

  /** @param {import("../council/link.js").RegisterLink} link @param {() => void} redraw */
  constructor(link, redraw) {
    this.link = link;
    this.redraw = redraw;
  }

  /** What corrects a count that is not proclaimed. @param {AgendaItem} item @param {Vote} vote */
  correction(item, vote) {
    const about = `${item.id}#${vote.numero}#${JSON.stringify(vote.decompte)}`;
    if (about !== this.#about) {
      this.#about = about;
      this.#reason = "";
      this.#president = "";
      this.#senses.clear();
      this.#counts = Object.fromEntries(Object.entries(COUNTED).map(([name, field]) => [name, String(vote.decompte?.[field] ?? 0)]));
    }
    const details = el("details", { class: "block", open: this.#open, "data-refusals": true }, el("summary", { id: "corriger-decompte", text: "Corriger le décompte avant la proclamation" }));
    details.addEventListener("toggle", () => (this.#open = details.open));
    const named = vote.voix.length > 0 && vote.voix.every((voice) => voice.siege in vote.bulletins);
    details.append(named ? this.#byNames(vote) : this.#byCounts(vote));
    return details;
  }

  /** @param {() => import("../council/types.js").Command | null} command @param {string} missing */
  #send(command, missing) {
    return key(this.link, "Enregistrer la correction", () => (this.#reason.trim() ? command() : null), { id: "correction-garder", label: "Décompte corrigé", missing });
  }

  #reasonInput() {
    const reason = el("input", { class: "input", id: "motif-correction", type: "text", maxlength: "200", placeholder: "motif de la correction", value: this.#reason, "aria-label": "Motif de la correction" });
    reason.addEventListener("input", () => (this.#reason = reason.value));
    return reason;
  }

  /** Every name is known: whose sense was misheard, and what it was. @param {Vote} vote */
  #byNames(vote) {
    const voice = el(
      "select",
      { class: "input", id: "correction-voix", "aria-label": "Voix à corriger" },
      el("option", { value: "", text: "la voix de qui ?" }),
      ...vote.voix.map((one) => el("option", { value: one.siege, text: `${nameOf(this.link.register, one.siege)} : ${CHOICES[vote.bulletins[one.siege]].toLowerCase()}` })),
    );
    const senses = Object.entries(CHOICES).map(([choice, text]) => {
      const button = el("button", { class: "btn", type: "button", "data-choice": choice, text });
      button.addEventListener("click", () => {
        if (!voice.value) return;
        this.#senses.set(voice.value, /** @type {Choice} */ (choice));
        this.redraw();
      });
      return button;
    });
    const chips = [...this.#senses].map(([seat, choice]) => {
      const chip = el("button", { class: "chip", type: "button", "data-choice": choice, text: `${nameOf(this.link.register, seat)} : ${CHOICES[choice]} ✕`, "aria-label": `Ôter ${nameOf(this.link.register, seat)}` });
      chip.addEventListener("click", () => {
        this.#senses.delete(seat);
        this.redraw();
      });
      return el("li", {}, chip);
    });
    const send = this.#send(
      () => (this.#senses.size ? { type: "correct_vote", reason: this.#reason, ballots: [...this.#senses].map(([seat, choice]) => ({ seat, choice })) } : null),
      "Choisissez une voix, son sens, et dites le motif.",
    );
    return el("div", { class: "correction" }, row(voice, ...senses), el("ul", { class: "chips" }, ...chips), row(this.#reasonInput(), send));
  }

  /** @param {Vote} vote */
  #byCounts(vote) {
    const secret = vote.mode === "secret";
    const names = Object.keys(COUNTED).filter((name) => secret || (name !== "blancs" && name !== "nuls"));
    const sum = el("p", { class: "sum", role: "status" });
    const president = el(
      "select",
      { class: "input", "aria-label": "Vote du président de séance" },
      el("option", { value: "", text: "vote du président non précisé" }),
      ...Object.entries(CHOICES).map(([value, text]) => el("option", { value, text: `président : ${text.toLowerCase()}`, selected: value === this.#president })),
    );
    president.addEventListener("change", () => (this.#president = president.value));
    const send = this.#send(
      () => ({
        type: "correct_vote",
        reason: this.#reason,
        tally: Object.fromEntries(names.map((name) => [FIELDS[name], number(this.#counts, name)])),
        ...(this.#president && !secret ? { president: this.#president } : {}),
      }),
      "Dites le motif : il reste au registre.",
    );
    const check = () => balance(sum, send, names.reduce((all, name) => all + number(this.#counts, name), 0), vote.voix.length);
    const entry = el("div", { class: "correction" }, el("div", { class: "counts" }, ...names.map((name) => count(this.#counts, name, name, check))), sum, secret ? null : president, row(this.#reasonInput(), send));
    check();
    return entry;
  }

  /** A new vote on what was just proclaimed. @param {AgendaItem} item */
  newVote(item) {
    const why = this.link.register?.gestes.revoter ?? null;
    if (!["adopte", "rejete"].includes(item.etat) || item.election?.nomme) return null;
    const reason = el("input", { class: "input", id: "motif-revote", type: "text", maxlength: "200", placeholder: "motif du nouveau vote", value: this.#again, "aria-label": "Motif du nouveau vote" });
    reason.addEventListener("input", () => (this.#again = reason.value));
    const vote = key(
      this.link,
      `Voter à nouveau le point ${item.rang}`,
      () => {
        const said = this.#again.trim();
        if (!said) return null;
        this.#again = "";
        return { type: "open_vote", reason: said };
      },
      { id: "revoter", why, label: `Nouveau vote, point ${item.rang}`, missing: "Ce qui est proclamé reste acquis : un nouveau vote demande un motif." },
    );
    const details = el("details", { class: "block", "data-refusals": true, open: this.#again !== "" }, el("summary", { id: "nouveau-vote", text: "Une erreur après la proclamation ?" }));
    const note = el("p", { class: "note", text: "Le résultat proclamé reste au registre ; le nouveau vote s’y ajoute." });
    details.append(block("", note, row(reason, vote), why ? el("p", { class: "why", text: why }) : null));
    return details;
  }
}

/** At most five acts, those that make sense now; what is impossible is grey and says why. The proclamation is the largest when due. */

import { $, el, redraw } from "../common/dom.js";
import { heldKey, key } from "../auxiliaire/panel.js";
import { currentItem, nextItem } from "../council/people.js";

/** @typedef {import("../council/types.js").Register} Register */
/** @typedef {{name: string, text: string, command: import("../council/types.js").Command, due?: boolean, hold?: boolean}} Act */

export class Acts {
  #signature = "";

  /** @param {import("../council/link.js").RegisterLink} link */
  constructor(link) {
    this.link = link;
  }

  render() {
    const register = /** @type {Register} */ (this.link.register);
    const acts = choose(register).slice(0, 5);
    const lost = this.link.up ? null : "Liaison perdue.";
    const signature = JSON.stringify([acts, acts.map((act) => register.gestes[act.name]), lost]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const refusals = [...$("gestes").querySelectorAll(":scope > .refusal")];
    redraw($("gestes"), () => $("gestes").replaceChildren(...acts.map((act) => this.#act(act, lost ?? register.gestes[act.name] ?? null)), ...refusals));
  }

  /** @param {Act} act @param {string | null} why */
  #act(act, why) {
    // What ends the séance, or opens it to nobody, is held for a moment.
    const button = act.hold
      ? heldKey(this.link, act.text, act.command, why)
      : key(this.link, act.text, act.command, { why, primary: act.due, label: act.text });
    button.id = `geste-${act.name}`;
    button.classList.add("act");
    if (act.due) button.classList.add("due");
    return el("div", { class: `act-cell${act.due ? " due" : ""}` }, button, el("p", { class: "act-why", text: why ?? "" }));
  }
}

/** @param {Register} register @returns {Act[]} */
function choose(register) {
  const item = currentItem(register);
  const next = nextItem(register);
  /** @type {Act} */
  const suspend = { name: "suspendre", text: "Suspendre", command: { type: "suspend_sitting" }, hold: true };
  /** @type {Act} */
  const end = { name: "lever", text: "Lever la séance", command: { type: "close_sitting" }, hold: true };
  switch (register.phase) {
    case "convoquee":
      return [
        { name: "ouvrir", text: "Ouvrir la séance", command: { type: "open_sitting", president: register.president }, due: true },
        { name: "constater_quorum", text: "Constater l’absence de quorum", command: { type: "declare_no_quorum" }, hold: true },
      ];
    case "suspendue":
      return [{ name: "reprendre", text: "Reprendre la séance", command: { type: "resume_sitting" }, due: true }, end];
    case "levee":
      return [];
    default:
      break;
  }
  if (!item)
    return [
      { name: "appeler", text: next ? `Appeler le point ${next.rang}` : "Point suivant", command: { type: "call_item", items: [next?.id ?? ""] }, due: next !== undefined },
      ...doors(register, true),
      suspend,
      end,
    ];
  /** @type {Act} */
  const proclaim = { name: "proclamer", text: "Proclamer", command: item.election && !item.vote ? { type: "proclaim_appointment", item: item.id } : { type: "proclaim" }, due: true };
  const byRounds = item.election !== null && !item.election.secret_leve;
  if (item.etat === "vote_clos") return [proclaim, { name: "annuler_vote", text: "Annuler le vote", command: { type: "annul_vote", reason: "annulé par le président" }, hold: true }];
  if (item.etat === "vote_ouvert")
    return [
      ...(item.vote?.mode === "ordinaire" ? [/** @type {Act} */ ({ name: "clore_vote", text: "Clore : unanimité", command: { type: "close_vote" } })] : []),
      { name: "annuler_vote", text: "Annuler le vote", command: { type: "annul_vote", reason: "annulé par le président" }, hold: true },
    ];
  if (byRounds && item.election?.appel_ms) return [proclaim, suspend];
  return [
    ...(item.etat === "appele" ? [/** @type {Act} */ ({ name: "debattre", text: "Ouvrir le débat", command: { type: "open_debate" } })] : []),
    ...(byRounds || !item.votable ? [] : [/** @type {Act} */ ({ name: "ouvrir_vote", text: "Ouvrir le vote", command: { type: "open_vote" }, due: true })]),
    { name: "acte", text: "Donner acte", command: { type: "note_item", item: item.id } },
    ...doors(register, false),
    suspend,
  ];
}

/** Asked for when nothing is on the table, or when they hold already. @param {Register} register @param {boolean} between @returns {Act[]} */
function doors(register, between) {
  if (register.huis_clos.tenu) return [{ name: "rouvrir", text: "Fin du huis clos", command: { type: "reopen_doors" } }];
  if (register.huis_clos.recevable) return [];
  return between || register.points.some((item) => item.signale && register.courants.includes(item.id))
    ? [{ name: "demander_huis_clos", text: "Demander le huis clos", command: { type: "ask_closed_doors", by_head: true, reason: "demande du président" }, hold: true }]
    : [];
}

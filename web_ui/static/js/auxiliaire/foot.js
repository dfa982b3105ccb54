/** The foot: the last five entries, with « annuler » for ten seconds where something takes them back. */

import { $, el, set } from "../common/dom.js";
import { getJson } from "../common/http.js";
import { clockTime } from "../common/time.js";
import { ask } from "../console/ask.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Line} Line */

const SHOWN = 5;
const UNDO_MS = 10_000;
/** Lines that repeat another one, or that nobody typed. */
const QUIET = new Set(["seance_started", "seance_paused", "seance_resumed", "seance_ended", "seance_prepared"]);

export class Foot {
  /** The newest lines. @type {Line[]} */
  lines = [];
  #cursor = 0;
  #asking = false;
  #signature = "";

  /** @param {RegisterLink} link */
  constructor(link) {
    this.link = link;
  }

  render() {
    const { register, up } = this.link;
    if (register && up && register.n !== this.#cursor) void this.#fetch(register.n);
    this.#show();
  }

  tick() {
    this.#show();
  }

  /** @param {number} n */
  async #fetch(n) {
    if (this.#asking) return;
    this.#asking = true;
    try {
      // Another register began: its lines count from one again.
      const from = n < this.#cursor ? 0 : Math.max(this.#cursor, n - 40);
      if (n < this.#cursor) this.lines = [];
      const told = /** @type {{n: number, lignes: Line[]}} */ (await getJson(`/api/v1/registre/journal?apres=${from}`));
      this.#cursor = Math.max(told.n, n);
      this.lines = [...this.lines, ...told.lignes].filter((line) => !QUIET.has(line.genre)).slice(-40);
    } catch {
      // The next change of the register asks again.
    }
    this.#asking = false;
    this.#show();
  }

  #show() {
    const { link } = this;
    const now = link.now();
    const waiting = link.waiting.unsent.slice(-SHOWN);
    const told = waiting.length < SHOWN ? this.lines.slice(waiting.length - SHOWN) : [];
    const undone = (/** @type {Line} */ line) => line.retour !== null && now - line.ecrit_ms < UNDO_MS && link.up;
    const signature = JSON.stringify([link.up, waiting.map((entry) => entry.key), told.map((line) => [line.n, undone(line)])]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const kept = waiting.map((entry) => {
      const row = el("li", { class: "pending" }, el("time", { text: clockTime(entry.at_ms) }), el("span", { text: entry.label }), el("em", { text: "en attente" }));
      if (entry === waiting.at(-1) && !link.up && !entry.sent) row.append(this.#drop(entry));
      return row;
    });
    const lines = told.map((line) => {
      const row = el("li", {}, el("time", { text: clockTime(line.acte_ms) }), el("span", { text: line.phrase }));
      if (undone(line)) row.append(this.#undo(line, row));
      return row;
    });
    $("dernieres").replaceChildren(...kept.reverse(), ...lines.reverse());
    set($("dernieres"), "data-empty", kept.length + lines.length === 0);
  }

  /** Without network the last entry, if it was never sent and nobody else has seen it, can simply be dropped. @param {import("../council/types.js").Entry} entry */
  #drop(entry) {
    const button = el("button", { class: "btn undo", type: "button", text: "Retirer", "aria-label": `Retirer : ${entry.label}` });
    button.addEventListener("click", () => this.link.settle(entry.key));
    return button;
  }

  /** @param {Line} line @param {HTMLElement} row */
  #undo(line, row) {
    const button = el("button", { class: "btn undo", type: "button", text: "Annuler", "aria-label": `Annuler : ${line.phrase}` });
    button.addEventListener("click", () => {
      const { retour } = line;
      if (retour) void ask(row, () => this.link.enter(retour, `Annulation : ${line.phrase}`));
    });
    return button;
  }
}

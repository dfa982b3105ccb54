/** The foot: the last five entries, with « annuler » for ten seconds where something takes them back. */

import { $, el, set } from "../common/dom.js";
import { getJson } from "../common/http.js";
import { clockTime } from "../common/time.js";
import { ask } from "../console/ask.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Line} Line */
/** @typedef {import("../council/types.js").Entry} Entry */

const SHOWN = 5;
const UNDO_MS = 10_000;
/** Lines that repeat another one, or that nobody typed. */
const QUIET = new Set(["seance_started", "seance_paused", "seance_resumed", "seance_ended", "seance_prepared"]);

/** Entries of a tap: pressed at once, they are taken back as soon as they are written. */
const TAPS = new Set(["arrive", "leave"]);
/** Lines after which an earlier one about the same person is no longer what a press would take back. */
const MOVES = new Set(["councillor_arrived", "councillor_left", "arrival_undone", "departure_undone", "stay_corrected"]);
/** After a press ends the click still comes; only then the list may move. */
const SETTLE_MS = 100;

export class Foot {
  /** The newest lines. @type {Line[]} */
  lines = [];
  #cursor = 0;
  #asking = false;
  #pressed = false;
  /** What is entered here, shown until its line is: no instant at which the first line is another one's. @type {Map<string, Entry>} */
  #own = new Map();
  /** What is shown, by name: a row that stays is never drawn again under a finger. @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /** @param {RegisterLink} link */
  constructor(link) {
    this.link = link;
    this.list = $("dernieres");
    this.list.addEventListener("pointerdown", () => (this.#pressed = true));
    for (const name of ["pointerup", "pointercancel"])
      addEventListener(name, () => {
        if (this.#pressed) setTimeout(() => this.#release(), SETTLE_MS);
      });
  }

  render() {
    this.#follow();
    this.#show();
  }

  tick() {
    this.#show();
  }

  #release() {
    this.#pressed = false;
    this.#show();
  }

  #follow() {
    const { register, up } = this.link;
    if (register && up && register.n !== this.#cursor) void this.#fetch(register.n);
  }

  /** @param {number} n */
  async #fetch(n) {
    if (this.#asking) return;
    this.#asking = true;
    // Another register began: its lines count from one again.
    const from = n < this.#cursor ? 0 : Math.max(this.#cursor, n - 40);
    if (n < this.#cursor) this.lines = [];
    // A failure: the next change of the register asks again.
    const told = /** @type {{n: number, lignes: Line[]} | null} */ (await getJson(`/api/v1/registre/journal?apres=${from}`).catch(() => null));
    this.#asking = false;
    if (told === null) return;
    this.#cursor = Math.max(told.n, n);
    this.lines = [...this.lines, ...told.lignes].filter((line) => !QUIET.has(line.genre)).slice(-40);
    this.#follow();
    this.#show();
  }

  /** What was entered here and has no line yet. */
  #unlined() {
    const { waiting } = this.link;
    for (const entry of waiting.unseen) this.#own.set(entry.key, entry);
    const kept = new Set(waiting.unseen.map((entry) => entry.key));
    for (const [key, { written }] of this.#own) if (written === undefined ? !kept.has(key) : written <= this.#cursor) this.#own.delete(key);
    return [...this.#own.values()];
  }

  #show() {
    const mine = this.#unlined();
    if (this.#pressed) return;
    const waiting = mine.slice(-SHOWN);
    const told = waiting.length < SHOWN ? this.lines.slice(waiting.length - SHOWN) : [];
    /** @type {Map<string, HTMLElement>} */
    const rows = new Map();
    for (const line of told.reverse()) this.#keep(rows, `ligne ${line.n}`, () => this.#lineRow(line), this.#undone(line, mine));
    const pending = waiting.map((entry) => /** @type {const} */ ([entry, this.#droppable(entry, mine)]));
    const first = new Map();
    for (const [entry, how] of pending.reverse()) this.#keep(first, `${how} ${entry.key}`, () => this.#entryRow(entry, how), true);
    this.#place([...first, ...rows]);
    set(this.list, "data-empty", this.#rows.size === 0);
  }

  /** @param {Map<string, HTMLElement>} rows @param {string} name @param {() => HTMLElement} draw @param {boolean} undo may it still be taken back? */
  #keep(rows, name, draw, undo) {
    const row = this.#rows.get(name) ?? draw();
    if (!undo) row.querySelector(".undo")?.remove();
    rows.set(name, row);
  }

  /** Only what comes or goes is touched. @param {[string, HTMLElement][]} wanted */
  #place(wanted) {
    const rows = new Map(wanted);
    for (const [name, row] of this.#rows) if (!rows.has(name)) row.remove();
    let at = this.list.firstChild;
    for (const row of rows.values())
      if (row === at) at = at.nextSibling;
      else this.list.insertBefore(row, at);
    this.#rows = rows;
  }

  /** Does a press take this line back, and nothing else? @param {Line} line @param {Entry[]} mine */
  #undone(line, mine) {
    const { link } = this;
    if (line.retour === null || link.now() - line.ecrit_ms >= UNDO_MS || !link.up) return false;
    if (line.retour.type !== "undo_presence") return true;
    const since = this.lines.some((other) => other.n > line.n && other.sujet === line.sujet && MOVES.has(other.genre));
    return !since && !mine.some((entry) => entry.command.person === line.sujet);
  }

  /**
   * How an entry that has no line yet can be taken back. Without network the last one, if it was never sent and nobody else has seen
   * it, can simply be dropped. @param {Entry} entry @param {Entry[]} mine
   */
  #droppable(entry, mine) {
    const last = mine.filter((other) => other.command.person === entry.command.person).at(-1) === entry;
    if (this.link.up) return TAPS.has(entry.command.type) && !entry.late && last ? "annuler" : "attendre";
    return entry === mine.at(-1) && !entry.sent ? "retirer" : "attendre";
  }

  /** @param {Line} line */
  #lineRow(line) {
    const row = el("li", {}, el("time", { text: clockTime(line.acte_ms) }), el("span", { text: line.phrase }));
    const { retour } = line;
    if (retour) row.append(undoButton("Annuler", line.phrase, () => void ask(row, () => this.link.enter(retour, `Annulation : ${line.phrase}`))));
    return row;
  }

  /** @param {Entry} entry @param {string} how */
  #entryRow(entry, how) {
    const row = el("li", { class: "pending" }, el("time", { text: clockTime(entry.at_ms) }), el("span", { text: entry.label }), el("em", { text: "en attente" }));
    if (how === "retirer") row.append(undoButton("Retirer", entry.label, () => this.link.settle(entry.key)));
    if (how === "annuler") row.append(undoButton("Annuler", entry.label, () => void ask(row, () => this.#takeBack(entry))));
    return row;
  }

  /** Once it is written, and only then: refused, there would be another movement to take back. @param {Entry} entry */
  async #takeBack(entry) {
    const written = await this.link.outcome(entry);
    if (written.waiting) return { code: "liaison", message: "La liaison vient d’être perdue : cette entrée attend, et n’est pas annulée." };
    if (written.code) return { code: "", message: "" };
    return this.link.enter({ type: "undo_presence", person: entry.command.person }, `Annulation : ${entry.label}`);
  }
}

/** @param {string} text @param {string} about @param {() => void} press */
function undoButton(text, about, press) {
  return el("button", { class: "btn undo", type: "button", text, "aria-label": `${text} : ${about}`, onclick: press });
}

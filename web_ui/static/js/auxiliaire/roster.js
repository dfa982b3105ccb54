/** The people: a list in the order of the table or a plan of the seats, one tap each; and the search box, always ready for letters. */

import { $, byId, el, say, set } from "../common/dom.js";
import { clockTime } from "../common/time.js";
import { refuse } from "../console/ask.js";
import { STATES, currentItem, find, nameOf } from "../council/people.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Seat} Seat */

const SHAPES = { present: "●", absent: "○", parti: "◇", pouvoir: "◐" };
/** On the plan the nearest arc has this radius, as a part of the farthest. */
const NEAREST = 0.34;
/** Seats that are less far apart in depth, in percent of the plan, must not touch. */
const SAME_ROW = 10;

export class Roster {
  #view = "liste";
  #found = 0;
  /** Taps whose entry is on its way. @type {Set<string>} */
  #sent = new Set();
  /** @type {Map<string, {button: HTMLButtonElement, name: HTMLElement, full: string, row: HTMLElement, at: [number, number] | null}>} */
  #rows = new Map();

  /**
   * @param {RegisterLink} link @param {import("./modes.js").Modes} modes @param {import("./sheet.js").Sheet} sheet
   * @param {import("./item.js").ItemPanel} item
   */
  constructor(link, modes, sheet, item) {
    this.link = link;
    this.modes = modes;
    this.sheet = sheet;
    this.item = item;
    this.box = byId("chercher", HTMLInputElement);
    this.list = $("conseil");
    this.box.addEventListener("input", () => {
      this.#found = 0;
      this.render();
    });
    this.box.addEventListener("keydown", (event) => this.#key(event));
    for (const view of ["liste", "plan"])
      $(`vue-${view}`).addEventListener("click", () => {
        this.#view = view;
        for (const other of ["liste", "plan"]) set($(`vue-${other}`), "aria-pressed", String(other === view));
        this.#place();
      });
  }

  /** Letters typed anywhere go to the box. */
  focus() {
    this.box.focus();
  }

  /** Those found by what is typed, first those for whom Enter is most likely meant. @returns {Seat[]} */
  #matches() {
    const { register } = this.link;
    if (!register || !this.box.value.trim()) return [];
    const mode = this.modes.current;
    const found = find(register.conseil, this.box.value).filter((seat) => !mode || mode.takes(seat));
    const calling = !mode && register.phase === "convoquee";
    return calling ? [...found.filter((seat) => seat.etat !== "present"), ...found.filter((seat) => seat.etat === "present")] : found;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const matches = this.#matches();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#found = Math.max(0, Math.min(matches.length - 1, this.#found + step));
      this.render();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const seat = matches[this.#found];
      if (!seat) return;
      this.#clear();
      if (event.ctrlKey) this.sheet.open(seat.id);
      else this.tap(seat);
    } else if (event.key === "Escape") {
      if (this.box.value) {
        event.stopPropagation();
        this.#clear();
      }
    }
  }

  #clear() {
    this.box.value = "";
    this.#found = 0;
    this.render();
  }

  /** @param {Seat} seat */
  tap(seat) {
    const { current } = this.modes;
    if (current) {
      if (current.takes(seat)) current.tap(seat);
      return;
    }
    void this.#present(seat);
  }

  /** Present, or gone: it is the present state that says which. @param {Seat} seat */
  async #present(seat) {
    const { link } = this;
    const room = link.who.salle || seat.salle || link.register?.salles.find((one) => one.ouverte)?.id || link.register?.salles[0]?.id || "";
    const waiting = this.#pending(seat.id);
    const here = waiting ? waiting === "present" : seat.etat === "present";
    const command = here ? { type: "leave", person: seat.id } : { type: "arrive", person: seat.id, room };
    if (!here && !link.who.salle && (link.register?.salles.filter((one) => one.ouverte).length ?? 0) > 1) return this.sheet.open(seat.id);
    this.#sent.add(seat.id);
    this.render();
    const answer = await link.enter(command, `${here ? "Départ" : "Arrivée"} : ${seat.nom}`);
    this.#sent.delete(seat.id);
    this.render();
    const row = this.#rows.get(seat.id)?.row;
    if (answer.code) refuse(row ?? this.list, `${seat.nom} : ${answer.message}`);
  }

  /** Where somebody will stand once what waits is written. @param {string} id */
  #pending(id) {
    const own = this.link.waiting.unseen.filter((entry) => entry.command.person === id && ["arrive", "leave"].includes(entry.command.type));
    const last = own.at(-1);
    return last ? (last.command.type === "arrive" ? "present" : "parti") : "";
  }

  render() {
    const { register } = this.link;
    if (!register) return;
    const mode = this.modes.current;
    const matches = this.#matches();
    const chosen = matches[this.#found]?.id;
    say($("mode"), mode ? mode.words : this.#hint(matches));
    set($("mode"), "data-mode", mode ? mode.name : null);
    const order = register.conseil.map((seat) => seat.id).join();
    if (this.list.dataset.order !== order) this.#build(register.conseil, order);
    const item = currentItem(register);
    const recused = new Map((item?.deports ?? []).filter((one) => one.enregistre).map((one) => [one.siege, one.genre]));
    for (const seat of register.conseil) this.#show(seat, { mode, matches, chosen, recused: recused.has(seat.suppleant_de || seat.id) });
  }

  /** @param {Seat[]} matches */
  #hint(matches) {
    if (!this.box.value.trim()) return "";
    if (matches.length === 0) return "Personne de ce nom.";
    const first = matches[this.#found] ?? matches[0];
    return `Entrée : ${first.nom}, ${first.etat === "present" ? "parti" : "présent"}`;
  }

  /** @param {Seat[]} council @param {string} order */
  #build(council, order) {
    this.list.dataset.order = order;
    this.#rows.clear();
    this.list.replaceChildren(
      ...council.map((seat) => {
        const name = el("span", { class: "seat-name", text: seat.nom });
        const button = el(
          "button",
          { class: "seat", type: "button", title: seat.nom },
          el("span", { class: "shape", "aria-hidden": "true" }),
          name,
          el("span", { class: "seat-state" }),
          el("span", { class: "seat-mark" }),
        );
        button.addEventListener("click", () => {
          const now = this.link.register?.conseil.find((one) => one.id === seat.id);
          if (now) this.tap(now);
        });
        const more = el("button", { class: "btn bare seat-more", type: "button", text: "⋯", "aria-label": `Fiche de ${seat.nom}` });
        more.addEventListener("click", () => this.sheet.open(seat.id));
        const row = el("li", { class: "seat-row", "data-refusals": true }, button, more);
        this.#rows.set(seat.id, { button, name, full: seat.nom, row, at: seat.x === null || seat.y === null ? null : [seat.x, seat.y] });
        return row;
      }),
    );
    this.#place();
  }

  /** On the plan each seat is where the configuration puts it, or else on an arc in the order of the table; in the list it flows. */
  #place() {
    const plan = this.#view === "plan";
    set(this.list, "data-view", this.#view);
    const rows = [...this.#rows.values()];
    const arcs = rows.length <= 36 ? 3 : rows.length <= 55 ? 4 : 5;
    const known = rows.filter((row) => row.at !== null);
    set(this.list, "data-crowded", plan && arcs > 3);
    set(this.list, "data-known", plan && known.length > 0);
    for (const { row, name, full } of rows) {
      say(name, plan ? (full.split(" ").at(-1) ?? full) : full);
      for (const side of ["left", "top"]) row.style.removeProperty(side);
    }
    if (!plan) return;
    if (known.length > 0) return this.#placeKnown(known, rows.filter((row) => row.at === null));
    const radii = Array.from({ length: arcs }, (_, arc) => NEAREST + ((1 - NEAREST) * arc) / (arcs - 1));
    const around = radii.reduce((all, radius) => all + radius, 0);
    let from = 0;
    radii.forEach((radius, arc) => {
      const count = arc === arcs - 1 ? rows.length - from : Math.round((rows.length * radius) / around);
      rows.slice(from, from + count).forEach(({ row }, i) => {
        const angle = Math.PI * (count > 1 ? i / (count - 1) : 0.5);
        row.style.left = `${50 - 43 * radius * Math.cos(angle)}%`;
        row.style.top = `${2 + 84 * radius * Math.sin(angle)}%`;
      });
      from += count;
    });
  }

  /**
   * The chamber as it is, the president's table above; those without a known place (substitutes) in a row below.
   * @param {{row: HTMLElement, at: [number, number] | null}[]} known @param {{row: HTMLElement}[]} others
   */
  #placeKnown(known, others) {
    const points = known.map(({ at }) => /** @type {[number, number]} */ (at));
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const part = (/** @type {number} */ value, /** @type {number[]} */ all) => (value - Math.min(...all)) / (Math.max(...all) - Math.min(...all) || 1);
    const depth = others.length ? 74 : 86;
    const where = points.map((_, i) => /** @type {[number, number]} */ ([6 + 88 * part(xs[i], xs), 1 + depth * part(ys[i], ys)]));
    known.forEach(({ row }, i) => {
      [row.style.left, row.style.top] = where[i].map((at) => `${at}%`);
    });
    const gaps = where.flatMap((one, i) => where.slice(i + 1).filter((other) => Math.abs(other[1] - one[1]) < SAME_ROW).map((other) => Math.abs(other[0] - one[0])));
    this.list.style.setProperty("--seat-part", `${0.94 * Math.min(20, ...gaps.filter((gap) => gap > 1))}%`);
    others.forEach(({ row }, i) => {
      row.style.left = `${6 + (88 * (i + 0.5)) / others.length}%`;
      row.style.top = "88%";
    });
  }

  /**
   * @param {Seat} seat
   * @param {{mode: import("./modes.js").Mode | null, matches: Seat[], chosen: string | undefined, recused: boolean}} how
   */
  #show(seat, { mode, matches, chosen, recused }) {
    const parts = this.#rows.get(seat.id);
    if (!parts) return;
    const { button, row } = parts;
    const pending = this.#pending(seat.id);
    const state = /** @type {import("../council/types.js").SeatState} */ (pending || seat.etat);
    set(row, "data-state", state);
    set(row, "data-waiting", pending !== "" && !this.link.up);
    set(button, "data-asked", this.#sent.has(seat.id));
    set(row, "data-recused", recused);
    set(row, "data-found", matches.some((one) => one.id === seat.id));
    set(row, "data-chosen", seat.id === chosen);
    set(row, "data-idle", mode !== null && !mode.takes(seat));
    const mark = mode ? mode.mark(seat.id) : "";
    const [shape, words, marks] = /** @type {HTMLElement[]} */ ([button.children[0], button.children[2], button.children[3]]);
    say(shape, SHAPES[state]);
    say(words, this.#words(seat, state, pending !== ""));
    say(marks, mark || (recused ? "déport" : this.#carried(seat)));
    set(marks, "data-strong", mark !== "");
    set(button, "aria-pressed", mode ? String(mark !== "") : String(state === "present"));
  }

  /** @param {Seat} seat @param {import("../council/types.js").SeatState} state @param {boolean} pending */
  #words(seat, state, pending) {
    if (pending) return `${STATES[state]}, en attente`;
    if (state === "pouvoir") return `pouvoir à ${nameOf(this.link.register, seat.pouvoir_a)}${seat.pouvoir_etat === "valide" ? "" : seat.pouvoir_etat === "suspendu" ? " (suspendu)" : " (à authentifier)"}`;
    const since = seat.depuis_ms && state !== "absent" ? ` ${clockTime(seat.depuis_ms).slice(0, 5)}` : "";
    const idle = state === "present" && !seat.vote ? " sans voix" : "";
    const several = this.link.register?.plusieurs_lieux && seat.salle ? ` · ${this.link.register.salles.find((one) => one.id === seat.salle)?.nom ?? ""}` : "";
    return `${STATES[state]}${since}${idle}${several}`;
  }

  /** @param {Seat} seat */
  #carried(seat) {
    return seat.porte.length ? `porte ${seat.porte.map((id) => nameOf(this.link.register, id)).join(", ")}` : "";
  }
}

/**
 * What a tap on a name means now: presence by default; an exception to the unanimity, or a request for a ballot, while one enters it.
 *
 * A mode has a sentence, a mark for each seat that it has chosen, and what it does with a tap.
 */

/**
 * @typedef {object} Mode
 * @property {string} name
 * @property {string} words what a tap does, said beside the search box
 * @property {(seat: string) => string} mark words on a chosen seat, empty else
 * @property {(seat: import("../council/types.js").Seat) => boolean} takes does a tap on this seat mean something?
 * @property {(seat: import("../council/types.js").Seat) => void} tap
 */

export class Modes extends EventTarget {
  /** @type {Mode | null} */
  current = null;

  /** @param {Mode | null} mode */
  enter(mode) {
    this.current = mode;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} name */
  is(name) {
    return this.current?.name === name;
  }
}

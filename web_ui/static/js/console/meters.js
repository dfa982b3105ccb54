/** Meters: level now, and the peak held for a second and a half. */

import { el, set } from "../common/dom.js";

const FLOOR_DB = -60;
const HOLD_MS = 1500;
const FALL_DB_PER_S = 20;
const SPOKEN_EVERY_MS = 1000;

/** Deflection of a programme meter (IEC 60268-18): half of the scale for the upper twenty decibels. */
const SCALE = [
  [-60, 0.025],
  [-50, 0.075],
  [-40, 0.15],
  [-30, 0.3],
  [-20, 0.5],
  [0, 1],
];

/** Where a level stands on the scale, 0 to 1. @param {number} db */
function place(db) {
  if (db <= FLOOR_DB) return 0;
  for (let n = 1; n < SCALE.length; n++) {
    const [low, from] = SCALE[n - 1];
    const [high, to] = SCALE[n];
    if (db <= high) return from + ((to - from) * (db - low)) / (high - low);
  }
  return 1;
}

export class Meter {
  #peak = FLOOR_DB;
  #peakAt = 0;
  #spokenAt = 0;
  #drawnAt = 0;
  #rests = false;
  #bar = el("span", { class: "meter-bar" });
  #mark = el("span", { class: "meter-peak" });

  /** @param {string} label */
  constructor(label) {
    this.node = el(
      "span",
      { class: "meter", role: "meter", "aria-label": label, "aria-valuemin": FLOOR_DB, "aria-valuemax": 0, "aria-valuenow": FLOOR_DB },
      this.#bar,
      this.#mark,
    );
  }

  /** Nothing is measured while a remote room's microphone is closed. @param {boolean} rests */
  rest(rests) {
    this.#rests = rests;
    set(this.node, "data-rests", rests);
  }

  /** @param {number} peak dBFS @param {number} [rms] dBFS, drawn as the bar when it is known */
  show(peak, rms = peak) {
    const now = performance.now();
    if (peak >= this.#peak || now - this.#peakAt > HOLD_MS) {
      const fallen = this.#peak - (FALL_DB_PER_S * (now - this.#drawnAt)) / 1000;
      if (peak >= this.#peak) this.#peakAt = now;
      this.#peak = Math.max(peak, Math.min(this.#peak, fallen), FLOOR_DB);
    }
    this.#drawnAt = now;
    this.node.style.setProperty("--level", String(place(rms)));
    this.node.style.setProperty("--peak", String(place(this.#peak)));
    set(this.node, "data-over", this.#peak >= -1);
    if (now - this.#spokenAt > SPOKEN_EVERY_MS) {
      this.#spokenAt = now;
      set(this.node, "aria-valuenow", String(Math.round(Math.max(FLOOR_DB, peak))));
      set(this.node, "aria-valuetext", this.#rests ? "micro fermé" : peak <= FLOOR_DB ? "silence" : `${Math.round(peak)} décibels`);
    }
  }
}

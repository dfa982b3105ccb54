/** Meters of the mixes that leave beside the programme: the hall's loudspeakers, the separate tracks, one N-1 for each room. */

import { $, el, set } from "../common/dom.js";
import { Meter } from "./meters.js";

/** @typedef {import("../types.js").EngineStatus} EngineStatus */

const MINUS = "n-1.";
const SILENCE = [-120, -120];

export class Mixes {
  /** @type {Map<string, Meter>} */
  #meters = new Map();
  #order = "";
  /** Those that are being made now. */
  #made = "";
  /** @type {EngineStatus | null} */
  #engine = null;
  /** @type {Map<string, string>} */
  #names = new Map();

  /** @param {EngineStatus} engine @param {Map<string, string>} names Names of the sources. */
  render(engine, names) {
    this.#engine = engine;
    this.#names = names;
    const listed = this.#listed();
    const order = JSON.stringify(listed);
    if (order === this.#order) return;
    this.#order = order;
    this.#meters = new Map(listed.map(([mix, name]) => [mix, new Meter(`Niveau de ${name}`)]));
    $("melanges").replaceChildren(
      ...listed.map(([mix, name, note]) =>
        el("li", { class: "mix", title: note, "data-off": !!note }, el("span", { class: "mix-name", text: name }), this.#meters.get(mix)?.node ?? ""),
      ),
    );
    set($("melanges"), "hidden", listed.length === 0);
  }

  /** @param {Record<string, [number, number]>} levels */
  show(levels) {
    const made = Object.keys(levels).sort().join();
    if (made !== this.#made) {
      this.#made = made;
      if (this.#engine) this.render(this.#engine, this.#names);
    }
    for (const [mix, meter] of this.#meters) meter.show(Math.max(...(levels[mix] ?? SILENCE)));
  }

  /** Each mix, its name, and what is wrong with it. @returns {[string, string, string][]} */
  #listed() {
    /** @type {[string, string, string][]} */
    const listed = [];
    for (const output of this.#engine?.sound_outputs ?? [])
      if (output.mix !== "programme") listed.push([output.mix, `Salle · ${output.name}`, output.playing ? "" : "La carte son ne joue pas"]);
    for (const mix of this.#made.split(",")) {
      if (mix.startsWith(MINUS)) {
        const source = mix.slice(MINUS.length);
        listed.push([mix, `N-1 · ${this.#names.get(source) ?? source}`, ""]);
      } else if (mix && !listed.some(([known]) => known === mix)) listed.push([mix, WORDS[mix] ?? mix, ""]);
    }
    return listed;
  }
}

/** @type {Record<string, string>} */
const WORDS = { salle: "Salle", enregistrement: "Pistes" };

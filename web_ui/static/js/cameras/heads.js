/** The cameras that are turned, and the book of presets: what the server last said of them. Event: `change`. */

import { getJson } from "../common/http.js";
import { text } from "../common/texts.js";

/** @typedef {import("../console/link.js").Link} Link */
/** @typedef {import("../types.js").Head} Head */
/** @typedef {import("../types.js").PresetView} PresetView */

const AGAIN_MS = 2000;
/** What a camera that is switched off says of itself, whatever it speaks. */
const STAND_BY = "stand-by";

export class Heads extends EventTarget {
  /** @type {import("../types.js").PresetBook} */
  book = { version: -1, presets: [], zones: {}, seats: {}, fields: {} };
  #wanted = -1;
  #reading = false;

  /** @param {Link} link */
  constructor(link) {
    super();
    this.link = link;
    link.addEventListener("cameras", () => {
      void this.#read();
      this.dispatchEvent(new Event("change"));
    });
  }

  get all() {
    return this.link.cameras.cameras;
  }

  /** @param {string | null} source */
  head(source) {
    return this.all.find((one) => one.source === source) ?? null;
  }

  /** @param {string | null} id */
  preset(id) {
    return this.book.presets.find((one) => one.preset.id === id) ?? null;
  }

  /** The presets of a camera, in the technician's order; all of them without one. @param {string | null} source */
  presetsOf(source) {
    return this.book.presets.filter((one) => source === null || one.preset.camera === source);
  }

  /** The camera that hands drive unless another one is chosen: the first of the preview that turns. */
  get prepared() {
    const sources = this.link.state.moteur?.preview.sources ?? [];
    return sources.find((source) => this.head(source)) ?? null;
  }

  /** The book again, when its version changed. */
  async #read() {
    this.#wanted = this.link.cameras.book;
    if (this.#reading || this.book.version === this.#wanted) return;
    this.#reading = true;
    try {
      this.book = await getJson("/api/v1/cameras/livre");
      this.dispatchEvent(new Event("change"));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    this.#reading = false;
    if (this.book.version < this.#wanted) void this.#read();
  }
}

/** Where a camera is, in words: « arrivée · Place 12 ». @param {Head} head @param {Heads} heads */
export function headWords(head, heads) {
  const where = heads.preset(head.preset)?.preset.name;
  const eta = head.state === "moving" && head.eta_s ? ` ${Math.ceil(head.eta_s)} s` : "";
  // A camera that tells no position may have been turned by somebody else since: where it was sent is not where it is.
  const untold = head.can.absolute === false && head.state !== "lost" && head.state !== "moving" ? " · position non vérifiable" : "";
  // In stand-by it answers, and shows nothing: not the same trouble as a place that is not known.
  const state = head.state === "unknown" && head.detail === STAND_BY ? "veille" : head.state;
  return text(`tete.${state}`) + eta + (where ? ` · ${where}` : "") + untold;
}

/**
 * How a stop ended, in words. Who never tells where it is confirms no stop either (NDI).
 * @param {{can: Pick<Head["can"], "absolute">} | null} head @param {string} code why it failed; empty when it was taken
 */
export function stopWords(head, code) {
  if (code) return "Arrêt non confirmé.";
  return head?.can.absolute === false ? "Arrêt envoyé ; cette caméra ne le confirme pas : regarder son image." : "Arrêtée, confirmé par la caméra.";
}

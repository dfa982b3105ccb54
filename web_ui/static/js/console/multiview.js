/** The multiview: every source with its picture, name, tally, state, sound and latency. */

import { el, say, set } from "../common/dom.js";
import { headWords } from "../cameras/heads.js";
import { text } from "../common/texts.js";
import { KEYED } from "./buses.js";
import { Meter } from "./meters.js";
import { hasPicture, isCamera, isSlate, sourcesOf } from "./shots.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").SourceStatus} SourceStatus */

/**
 * @typedef {object} Tile
 * @property {HTMLElement} node
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} name
 * @property {HTMLElement} tally
 * @property {HTMLElement} badge
 * @property {HTMLElement} head
 * @property {HTMLElement} latency
 * @property {Meter} meter
 */

export class Multiview {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  #order = "";

  /**
   * @param {Link} link
   * @param {import("./pictures.js").Pictures} pictures
   * @param {HTMLElement} place
   * @param {import("../cameras/heads.js").Heads} heads
   * @param {{prepare: (source: string, control: Element) => void, take: (source: string, control: Element) => void}} buses
   */
  constructor(link, pictures, place, heads, buses) {
    this.link = link;
    this.pictures = pictures;
    this.place = place;
    this.heads = heads;
    this.buses = buses;
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") shrink();
    });
  }

  render() {
    const engine = this.link.state.moteur;
    if (!engine) return;
    const sources = sourcesOf(engine).filter(hasPicture);
    this.#arrange(sources);
    for (const source of sources) {
      const tile = this.#tiles.get(source.id);
      if (!tile) continue;
      const standsIn = engine.stand_in === source.id;
      const programme = standsIn || engine.programme.sources.includes(source.id);
      const preview = engine.preview.sources.includes(source.id);
      const tally = programme && preview ? "both" : programme ? "programme" : preview ? "preview" : null;
      set(tile.node, "data-tally", tally);
      set(tile.node, "data-state", source.state);
      const words = [programme && (standsIn ? "Secours à l’antenne" : "Programme"), preview && (programme ? "préparation" : "Préparation")];
      say(tile.tally, words.filter(Boolean).join(" et "));
      const slate = isSlate(source);
      const state = text(`source.${source.state}`);
      say(tile.badge, slate ? "" : source.decoding === "catching_up" ? "arrive" : state);
      say(tile.latency, (source.latency_ms ?? 0) > 0 && !slate ? `${source.latency_ms} ms` : "");
      const head = this.heads.head(source.id);
      set(tile.head, "data-head", head?.state ?? null);
      say(tile.head, head ? headWords(head, this.heads) : "");
      set(tile.meter.node, "data-silent", !source.has_sound);
      const where = tally ? `, ${tile.tally.textContent?.toLowerCase()}` : "";
      set(tile.node, "aria-label", `Préparer ${source.name}, ${slate ? "panneau" : state}${head ? `, ${tile.head.textContent}` : ""}${where}`);
      set(tile.node, "aria-pressed", String(preview));
    }
  }

  showLevels() {
    for (const [id, [peak, rms]] of Object.entries(this.link.levels.inputs ?? {})) this.#tiles.get(id)?.meter.show(peak, rms);
  }

  /** @param {SourceStatus[]} sources */
  #arrange(sources) {
    const order = JSON.stringify(sources.map((source) => [source.id, source.name]));
    if (order === this.#order) return;
    this.#order = order;
    for (const [id, tile] of this.#tiles) this.pictures.hide(id, tile.canvas);
    this.#tiles.clear();
    let digit = 0;
    this.place.replaceChildren(
      ...sources.map((source) => {
        const tile = this.#make(source, isCamera(source) && digit < KEYED ? ++digit : null);
        this.#tiles.set(source.id, tile);
        this.pictures.show(source.id, tile.canvas);
        return tile.node;
      }),
    );
  }

  /** @param {SourceStatus} source @param {number | null} digit @returns {Tile} */
  #make(source, digit) {
    const canvas = el("canvas", { width: 320, height: 180, "aria-hidden": "true" });
    const name = el("span", { class: "tile-name", text: isSlate(source) ? "Panneau" : source.name });
    const tally = el("span", { class: "tile-tally" });
    const badge = el("span", { class: "tile-badge" });
    const head = el("span", { class: "tile-head" });
    const latency = el("span", { class: "tile-latency" });
    const meter = new Meter(`Niveau de ${source.name}`);
    const node = el(
      "button",
      { type: "button", class: "tile", "data-source": source.id, title: "Clic : préparer. Ctrl + clic : au programme. Double clic : plein écran." },
      el("span", { class: "tile-picture" }, isSlate(source) ? el("span", { class: "tile-slate", text: source.name }) : null, canvas, digit ? el("span", { class: "digit", text: digit }) : null, tally, el("span", { class: "tile-states" }, badge, head)),
      el("span", { class: "tile-foot" }, name, latency),
      meter.node,
    );
    node.addEventListener("click", (event) => {
      if (event.ctrlKey) this.buses.take(source.id, node);
      else this.buses.prepare(source.id, node);
    });
    node.addEventListener("dblclick", () => enlarge(node));
    node.addEventListener("keydown", (event) => {
      if (event.key === "f") enlarge(node);
    });
    return { node, canvas, name, tally, badge, head, latency, meter };
  }
}

/** All of the screen but the keys that hide; again, or Escape: as it was. @param {HTMLElement} node */
function enlarge(node) {
  const large = node.hasAttribute("data-large");
  shrink();
  set(node, "data-large", !large);
}

function shrink() {
  for (const one of document.querySelectorAll(".tile[data-large]")) set(one, "data-large", false);
}

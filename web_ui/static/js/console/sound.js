/** The sound desk: a cell an input with its meter, lamps and mute, and the settings of the one that is chosen. */

import { $, el, say, set } from "../common/dom.js";
import { onPress } from "./ask.js";
import { Headphones } from "./headphones.js";
import { Loudness } from "./loudness.js";
import { Meter } from "./meters.js";
import { Mixes } from "./mixes.js";
import { Strip } from "./soundstrip.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").InputStatus} InputStatus */

/**
 * @typedef {object} Cell
 * @property {HTMLElement} node
 * @property {HTMLButtonElement} choose
 * @property {HTMLElement} gain
 * @property {Meter} meter
 * @property {HTMLButtonElement} mute
 */

/** Probability of speech from which a microphone is said to speak. */
const SPEAKS = 0.5;
/** A share under this (dB) gives the voice to another microphone. */
const SHARED_DB = -15;
const WIDE = "regie.son.large";

export class SoundDesk {
  /** @type {Map<string, Cell>} */
  #cells = new Map();
  #order = "";
  #chosen = "";
  /** Sources that have, or had, sound: a camera that never had any has no cell. @type {Set<string>} */
  #heard = new Set();

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    this.strip = new Strip(link, $("voie"));
    this.loudness = new Loudness();
    this.mixes = new Mixes();
    new Headphones(link, $("casque"));
    $("son-large").addEventListener("click", () => this.#widen(!$("bas").hasAttribute("data-wide")));
    this.#widen(localStorage.getItem(WIDE) === "1");
  }

  render() {
    const engine = this.link.state.moteur;
    if (!engine) return;
    for (const source of engine.sources ?? []) if (source.has_sound) this.#heard.add(source.id);
    const inputs = (engine.inputs ?? []).filter(
      (input) => input.kind === "micro" || input.muted || this.#heard.has(input.source),
    );
    const names = new Map(engine.sources?.map((source) => [source.id, source.name]));
    this.mixes.render(engine, names);
    const named = inputs.map((input) => /** @type {const} */ ([input.source, input.name || (names.get(input.source) ?? input.source)]));
    const order = JSON.stringify(named);
    if (order !== this.#order) {
      this.#order = order;
      this.#cells = new Map(named.map(([source, name]) => [source, this.#make(source, name)]));
      $("entrees").replaceChildren(...Array.from(this.#cells.values(), (cell) => cell.node));
      set($("entrees-vide"), "hidden", inputs.length > 0);
      set($("table-son"), "hidden", inputs.length === 0);
      if (!this.#cells.has(this.#chosen)) this.#choose(named[0]?.[0] ?? "");
    }
    for (const input of inputs) this.#show(input);
    const chosen = inputs.find((input) => input.source === this.#chosen);
    if (chosen) this.strip.show(chosen, new Map(named).get(chosen.source) ?? chosen.source);
  }

  showLevels() {
    const levels = this.link.levels;
    for (const [source, cell] of this.#cells) {
      const [peak, rms] = levels.inputs?.[source] ?? [-120, -120];
      cell.meter.show(peak, rms);
      set(cell.node, "data-voice", (levels.voices?.[source] ?? 0) > SPEAKS);
      set(cell.node, "data-shared", (levels.automatic?.[source]?.[0] ?? 0) > SHARED_DB);
    }
    this.strip.showLevels(levels);
    this.loudness.show(levels.loudness);
    this.mixes.show(levels.mixes ?? {});
  }

  /** @param {InputStatus} input */
  #show(input) {
    const cell = this.#cells.get(input.source);
    if (!cell) return;
    const muted = !!input.muted;
    const rests = input.kind === "salle" && muted && !input.solo;
    cell.meter.rest(rests);
    set(cell.mute, "aria-pressed", String(muted));
    say(cell.mute, input.closed ? "Déport" : rests ? "Micro fermé" : muted ? "Coupé" : "Ouvert");
    set(cell.mute, "title", input.closed ? "Fermé le temps du point : un déport est noté au registre" : null);
    set(cell.node, "data-automix", !!input.automix);
    set(cell.node, "data-solo", !!input.solo);
    set(cell.node, "data-remote", !!input.remote);
    set(cell.choose, "aria-pressed", String(input.source === this.#chosen));
    const gain = input.gain_db ?? 0;
    say(cell.gain, gain === 0 ? "" : `${gain > 0 ? "+" : "−"}${Math.abs(gain).toFixed(0)}`);
  }

  /** @param {string} source */
  #choose(source) {
    this.#chosen = source;
    this.render();
  }

  /** @param {boolean} wide */
  #widen(wide) {
    set($("bas"), "data-wide", wide);
    set($("son-large"), "aria-pressed", String(wide));
    localStorage.setItem(WIDE, wide ? "1" : "0");
  }

  /** @param {string} source @param {string} name @returns {Cell} */
  #make(source, name) {
    const meter = new Meter(`Niveau de ${name}`);
    const gain = el("span", { class: "cell-gain" });
    const choose = el(
      "button",
      { type: "button", class: "cell-choose", "aria-label": `Régler ${name}`, title: name },
      el("span", { class: "cell-name" }, el("span", { text: name }), gain),
      el("span", { class: "cell-lamps", "aria-hidden": "true" },
        el("span", { class: "lamp-voice" }), el("span", { class: "lamp-mix", text: "A", title: "Automix" }),
        el("span", { class: "lamp-solo", text: "PFL" }), el("span", { class: "lamp-remote", text: "N-1" })),
    );
    choose.addEventListener("click", () => this.#choose(source));
    const mute = el("button", { type: "button", class: "btn mute", "data-needs-engine": true, "aria-label": `Couper ${name}` });
    onPress(mute, () => this.link.command({ type: "input", source, muted: mute.getAttribute("aria-pressed") !== "true" }));
    const node = el("li", { class: "desk-cell", "data-refusals": true }, choose, mute, meter.node);
    return { node, choose, gain, meter, mute };
  }
}

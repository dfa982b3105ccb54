/** The sound desk: one line an input, with its meter, fader, mute and delay. */

import { $, el, say, set } from "../common/dom.js";
import { ask, onPress } from "./ask.js";
import { Meter } from "./meters.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").InputStatus} InputStatus */

/**
 * @typedef {object} Line
 * @property {HTMLElement} node
 * @property {Meter} meter
 * @property {HTMLInputElement} fader
 * @property {HTMLElement} gain
 * @property {HTMLButtonElement} mute
 * @property {HTMLInputElement} delay
 * @property {HTMLButtonElement} sync
 */

const MIN_DB = -60;
const MAX_DB = 20;

export class SoundDesk {
  /** @type {Map<string, Line>} */
  #lines = new Map();
  #order = "";
  /** Inputs whose fader is being moved here: what the server says of them waits. @type {Map<string, number>} */
  #moving = new Map();
  /** @type {Set<string>} */
  #sending = new Set();
  /** Inputs that have, or had, sound: a camera that never had any has no line. @type {Set<string>} */
  #heard = new Set();
  /** The measure that was applied: its offset is no longer true. @type {unknown} */
  #applied = null;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
  }

  render() {
    const engine = this.link.state.moteur;
    if (!engine) return;
    for (const source of engine.sources ?? []) if (source.has_sound) this.#heard.add(source.id);
    const inputs = (engine.inputs ?? []).filter((input) => this.#heard.has(input.source) || input.muted);
    const names = new Map(engine.sources?.map((source) => [source.id, source.name]));
    const order = JSON.stringify(inputs.map((input) => [input.source, names.get(input.source)]));
    if (order !== this.#order) {
      this.#order = order;
      this.#lines = new Map(inputs.map((input) => [input.source, this.#make(input.source, names.get(input.source) ?? input.source)]));
      $("entrees").replaceChildren(...Array.from(this.#lines.values(), (line) => line.node));
      set($("entrees-vide"), "hidden", inputs.length > 0);
    }
    for (const input of inputs) this.#show(input);
  }

  showLevels() {
    for (const [id, [peak, rms]] of Object.entries(this.link.levels.inputs ?? {})) this.#lines.get(id)?.meter.show(peak, rms);
  }

  /** @param {InputStatus} input */
  #show(input) {
    const line = this.#lines.get(input.source);
    if (!line) return;
    const gain = this.#moving.get(input.source) ?? input.gain_db ?? 0;
    if (document.activeElement !== line.fader || !this.#moving.has(input.source)) line.fader.value = String(gain);
    say(line.gain, decibels(gain));
    set(line.fader, "aria-valuetext", decibels(gain));
    set(line.mute, "aria-pressed", String(!!input.muted));
    say(line.mute, input.muted ? "Coupé" : "Ouvert");
    if (document.activeElement !== line.delay) line.delay.value = String(input.delay_ms ?? 0);
    const measure = this.#measure(input.source);
    set(line.sync, "aria-busy", measure?.running ? "true" : null);
    say(line.sync, syncWords(measure));
  }

  /** The measure of an input, unless it was applied since. @param {string} source */
  #measure(source) {
    const measure = this.link.state.moteur?.sync;
    return measure && measure.source === source && JSON.stringify(measure) !== this.#applied ? measure : null;
  }

  /** Measure, or correct by what was measured. @param {string} source */
  #synchronize(source) {
    const measure = this.#measure(source);
    const offset = measure?.offset_ms;
    if (measure?.running || offset === null || offset === undefined) return this.link.command({ type: "measure_sync", source });
    this.#applied = JSON.stringify(measure);
    const input = this.link.state.moteur?.inputs?.find((one) => one.source === source);
    return this.link.command({ type: "input", source, delay_ms: Math.round((input?.delay_ms ?? 0) - offset) });
  }

  /** @param {string} source @param {string} name @returns {Line} */
  #make(source, name) {
    const meter = new Meter(`Niveau de ${name}`);
    const fader = el("input", {
      type: "range", class: "fader", min: MIN_DB, max: MAX_DB, step: 0.5, "aria-label": `Gain de ${name}`, "data-needs-engine": true,
    });
    const gain = el("output", { class: "gain" });
    const mute = el("button", { type: "button", class: "btn mute", "data-needs-engine": true, "aria-label": `Couper ${name}` });
    const delay = el("input", {
      type: "number", class: "input delay", min: -1000, max: 2000, step: 10, "aria-label": `Retard du son de ${name}, en millisecondes`,
      "data-needs-engine": true,
    });
    fader.addEventListener("input", () => {
      this.#moving.set(source, Number(fader.value));
      say(gain, decibels(Number(fader.value)));
      void this.#sendGain(source, fader);
    });
    fader.addEventListener("dblclick", () => {
      fader.value = "0";
      fader.dispatchEvent(new Event("input"));
    });
    onPress(mute, () => this.link.command({ type: "input", source, muted: mute.getAttribute("aria-pressed") !== "true" }));
    const sync = el("button", {
      type: "button", class: "btn sync", "data-needs-engine": true,
      "aria-description": `Synchronisation de ${name}`,
      title: "Mesurer le décalage du son, avec la page /synchro ouverte sur un téléphone devant la caméra",
    });
    onPress(sync, () => this.#synchronize(source));
    delay.addEventListener("change", () =>
      void ask(delay, () => this.link.command({ type: "input", source, delay_ms: Math.round(Number(delay.value) || 0) })),
    );
    const node = el(
      "li",
      { class: "sound-line", "data-refusals": true },
      el("span", { class: "sound-name" }, el("span", { text: name }), meter.node),
      fader,
      gain,
      mute,
      el("span", { class: "sound-delay" }, delay, el("span", { text: "ms", "aria-hidden": "true" })),
      sync,
    );
    return { node, meter, fader, gain, mute, delay, sync };
  }

  /** One position at a time; the newest replaces those that did not leave. @param {string} source @param {HTMLInputElement} fader */
  async #sendGain(source, fader) {
    if (this.#sending.has(source)) return;
    this.#sending.add(source);
    let sent;
    do {
      sent = this.#moving.get(source) ?? 0;
      const gain_db = sent;
      await ask(fader, () => this.link.command({ type: "input", source, gain_db }));
    } while (this.#moving.get(source) !== sent);
    this.#sending.delete(source);
    this.#moving.delete(source);
  }
}

/** @param {{ running?: boolean, offset_ms?: number | null } | null} measure */
function syncWords(measure) {
  if (!measure) return "Synchro";
  if (measure.running) return "Mesure…";
  if (measure.offset_ms === null || measure.offset_ms === undefined) return "Rien entendu, refaire";
  return `Corriger ${measure.offset_ms > 0 ? "+" : "−"}${Math.abs(Math.round(measure.offset_ms))} ms`;
}

/** @param {number} db */
const decibels = (db) => `${db > 0 ? "+" : db < 0 ? "−" : ""}${Math.abs(db).toFixed(1).replace(".", ",")} dB`;

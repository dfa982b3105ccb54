/** The settings of one sound input: fader, side, delay, high-pass, gate, what is automatic, where it goes. */

import { el, say, set } from "../common/dom.js";
import { ask, onPress } from "./ask.js";
import { Meter } from "./meters.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").InputStatus} InputStatus */
/** @typedef {import("../types.js").Levels} Levels */

const MIN_DB = -60;
const MAX_DB = 20;
const NO_GATE = -100;
const ALL = ["programme", "enregistrement", "salle"];

export class Strip {
  #source = "";
  /** @type {InputStatus | null} */
  #input = null;
  #name = el("strong", { class: "strip-name" });
  #gain = el("output", { class: "gain" });
  #meter = new Meter("Niveau de l’entrée choisie");
  #fader = slider("Gain", { class: "fader", min: MIN_DB, max: MAX_DB, step: 0.5 });
  #pan = slider("Gauche ou droite", { min: -1, max: 1, step: 0.1 });
  #delay = number("Retard du son, en millisecondes", -1000, 2000, 10);
  #highPass = select("Coupe-bas", [
    [0, "non"], [60, "60 Hz"], [80, "80 Hz"], [100, "100 Hz"], [120, "120 Hz"], [160, "160 Hz"], [240, "240 Hz"],
  ]);
  #gate = select("Porte", [
    [NO_GATE, "non"], [-60, "−60 dB"], [-55, "−55 dB"], [-50, "−50 dB"], [-45, "−45 dB"], [-40, "−40 dB"], [-35, "−35 dB"], [-30, "−30 dB"],
  ]);
  #automix = key("Automix", "Partage le gain avec les autres micros ouverts");
  #levelled = key("Niveau", "Ramenée peu à peu au niveau du programme");
  #solo = key("Écouter", "Seule dans le casque (PFL), avant sa tirette et même coupée");
  #sync = key("Synchro", "Mesurer le décalage du son, avec la page /synchro ouverte sur un téléphone devant la caméra");
  #automatic = el("p", { class: "strip-note" });
  #remote = el("p", { class: "strip-note", text: "Au loin : reçoit tout sauf lui-même (N-1)." });
  /** @type {Map<string, HTMLButtonElement>} */
  #sends = new Map(ALL.map((bus) => [bus, key(words(bus), `Envoyée vers : ${words(bus).toLowerCase()}`)]));
  /** The position that the hand gives, until the server has taken it. @type {number | null} */
  #moving = null;
  #sending = false;
  /** The measure that was applied: its offset is no longer true. @type {unknown} */
  #applied = null;

  /** @param {Link} link @param {HTMLElement} place */
  constructor(link, place) {
    this.link = link;
    place.append(
      el("p", { class: "strip-head" }, this.#name, this.#gain),
      this.#meter.node,
      this.#fader,
      el("p", { class: "strip-keys" }, this.#solo, this.#automix, this.#levelled),
      this.#automatic,
      el("p", { class: "strip-row" }, field("Côté", this.#pan), field("Retard (ms)", this.#delay)),
      el("p", { class: "strip-row" }, field("Coupe-bas", this.#highPass), field("Porte", this.#gate)),
      el("p", { class: "strip-keys", role: "group", "aria-label": "Envoyée vers" }, ...this.#sends.values()),
      el("p", { class: "strip-keys" }, this.#sync),
      this.#remote,
    );
    this.#listen();
  }

  /** @param {InputStatus} input @param {string} name */
  show(input, name) {
    if (input.source !== this.#source) this.#moving = null;
    this.#source = input.source;
    this.#input = input;
    say(this.#name, name);
    const gain = this.#moving ?? input.gain_db ?? 0;
    if (this.#moving === null) this.#fader.value = String(gain);
    say(this.#gain, decibels(gain));
    set(this.#fader, "aria-label", `Gain de ${name}`);
    set(this.#fader, "aria-valuetext", decibels(gain));
    unlessFocused(this.#pan, input.pan ?? 0);
    set(this.#pan, "aria-valuetext", side(input.pan ?? 0));
    unlessFocused(this.#delay, input.delay_ms ?? 0);
    choose(this.#highPass, input.high_pass_hz ?? 0, (hertz) => `${hertz} Hz`);
    choose(this.#gate, input.gate_db ?? NO_GATE, decibels);
    press(this.#automix, !!input.automix);
    press(this.#levelled, !!input.levelled);
    press(this.#solo, !!input.solo);
    for (const [bus, button] of this.#sends) press(button, (input.sends ?? ALL).includes(bus));
    set(this.#remote, "hidden", !input.remote);
    set(this.#sync, "hidden", input.kind === "micro");
    const measure = this.#measure();
    set(this.#sync, "aria-busy", measure?.running ? "true" : null);
    say(this.#sync, syncWords(measure));
  }

  /** @param {Levels} levels */
  showLevels(levels) {
    const [peak, rms] = levels.inputs?.[this.#source] ?? [-120, -120];
    this.#meter.show(peak, rms);
    const [shared, level] = levels.automatic?.[this.#source] ?? [0, 0];
    const parts = [];
    if (this.#input?.automix) parts.push(`partage ${shared < -60 ? "fermé" : decibels(shared)}`);
    if (this.#input?.levelled) parts.push(`niveau ${decibels(level)}`);
    say(this.#automatic, parts.join(" · "));
  }

  #listen() {
    this.#fader.addEventListener("input", () => {
      this.#moving = Number(this.#fader.value);
      say(this.#gain, decibels(this.#moving));
      void this.#sendGain();
    });
    this.#fader.addEventListener("dblclick", () => {
      this.#fader.value = "0";
      this.#fader.dispatchEvent(new Event("input"));
    });
    this.#pan.addEventListener("change", () => this.#change(this.#pan, { pan: Number(this.#pan.value) }));
    this.#delay.addEventListener("change", () => this.#change(this.#delay, { delay_ms: Math.round(Number(this.#delay.value) || 0) }));
    this.#highPass.addEventListener("change", () => this.#change(this.#highPass, { high_pass_hz: Number(this.#highPass.value) }));
    this.#gate.addEventListener("change", () => this.#change(this.#gate, { gate_db: Number(this.#gate.value) }));
    onPress(this.#automix, () => this.#command({ automix: !this.#input?.automix }));
    onPress(this.#levelled, () => this.#command({ levelled: !this.#input?.levelled }));
    onPress(this.#solo, () => this.#command({ solo: !this.#input?.solo }));
    for (const [bus, button] of this.#sends) {
      onPress(button, () => {
        const sends = this.#input?.sends ?? ALL;
        return this.#command({ sends: ALL.filter((one) => (one === bus ? !sends.includes(one) : sends.includes(one))) });
      });
    }
    onPress(this.#sync, () => this.#synchronize());
  }

  /** @param {Record<string, unknown>} changes */
  #command(changes) {
    return this.link.command({ type: "input", source: this.#source, ...changes });
  }

  /** @param {HTMLElement} control @param {Record<string, unknown>} changes */
  #change(control, changes) {
    void ask(control, () => this.#command(changes));
  }

  /** One position at a time; the newest replaces those that did not leave. */
  async #sendGain() {
    if (this.#sending) return;
    this.#sending = true;
    const source = this.#source;
    let sent;
    do {
      sent = this.#moving;
      const gain_db = sent ?? 0;
      await ask(this.#fader, () => this.link.command({ type: "input", source, gain_db }));
    } while (this.#moving !== null && this.#moving !== sent && this.#source === source);
    this.#sending = false;
    if (this.#source === source) this.#moving = null;
  }

  /** The measure of this input, unless it was applied since. */
  #measure() {
    const measure = this.link.state.moteur?.sync;
    return measure && measure.source === this.#source && JSON.stringify(measure) !== this.#applied ? measure : null;
  }

  /** Measure, or correct by what was measured. */
  #synchronize() {
    const measure = this.#measure();
    const offset = measure?.offset_ms;
    if (measure?.running || offset === null || offset === undefined)
      return this.link.command({ type: "measure_sync", source: this.#source });
    this.#applied = JSON.stringify(measure);
    return this.#command({ delay_ms: Math.round((this.#input?.delay_ms ?? 0) - offset) });
  }
}

/** @param {string} label @param {Record<string, unknown>} attributes */
const slider = (label, attributes) => el("input", { type: "range", "aria-label": label, "data-needs-engine": true, ...attributes });

/** @param {string} label @param {number} min @param {number} max @param {number} step */
const number = (label, min, max, step) =>
  el("input", { type: "number", class: "input delay", min, max, step, "aria-label": label, "data-needs-engine": true });

/** @param {string} label @param {[number, string][]} choices */
const select = (label, choices) =>
  el("select", { class: "input", "aria-label": label, "data-needs-engine": true },
    ...choices.map(([value, text]) => el("option", { value, text })));

/** @param {string} text @param {string} title */
const key = (text, title) => el("button", { type: "button", class: "btn toggle", "aria-pressed": "false", "data-needs-engine": true, title, text });

/** @param {string} text @param {HTMLElement} control */
const field = (text, control) => el("label", { class: "strip-field" }, el("span", { text, "aria-hidden": "true" }), control);

/** @param {HTMLButtonElement} button @param {boolean} on */
const press = (button, on) => set(button, "aria-pressed", String(on));

/** @param {HTMLInputElement} input @param {number} value */
function unlessFocused(input, value) {
  if (document.activeElement !== input) input.value = String(value);
}

/** Show a value in a list, even one that the list does not offer. @param {HTMLSelectElement} list @param {number} value @param {(value: number) => string} say_ */
function choose(list, value, say_) {
  if (document.activeElement === list) return;
  const offered = Array.from(list.options).some((option) => Number(option.value) === value);
  if (!offered) list.append(el("option", { value, text: say_(value) }));
  list.value = String(value);
}

/** @param {string} bus */
const words = (bus) => ({ programme: "Antenne", enregistrement: "Pistes", salle: "Salle" })[bus] ?? bus;

/** @param {number} pan */
const side = (pan) => (Math.abs(pan) < 0.05 ? "au milieu" : `${Math.round(Math.abs(pan) * 100)} % à ${pan < 0 ? "gauche" : "droite"}`);

/** @param {{ running?: boolean, offset_ms?: number | null } | null} measure */
function syncWords(measure) {
  if (!measure) return "Synchro";
  if (measure.running) return "Mesure…";
  if (measure.offset_ms === null || measure.offset_ms === undefined) return "Rien entendu, refaire";
  return `Corriger ${measure.offset_ms > 0 ? "+" : "−"}${Math.abs(Math.round(measure.offset_ms))} ms`;
}

/** @param {number} db */
const decibels = (db) => `${db > 0 ? "+" : db < 0 ? "−" : ""}${Math.abs(db).toFixed(1).replace(".", ",")} dB`;

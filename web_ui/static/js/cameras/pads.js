/** The pads: one a preset. Tap = recall, held two seconds = store, with the yellow ring that fills meanwhile. */

import { el, say, set } from "../common/dom.js";
import { ask, forbid, refuse } from "../console/ask.js";

/** @typedef {import("../types.js").PresetView} PresetView */
/** @typedef {import("../types.js").Outcome} Outcome */

export const HOLD_MS = 2000;
/** A press longer than a tap and shorter than the hold does nothing: it was a store that somebody gave up. */
const TAP_MS = 500;

/**
 * Tap or hold, by pointer or by key.
 * @param {HTMLElement} control @param {() => Promise<Outcome>} tapped @param {() => Promise<Outcome>} held
 */
export function onTapOrHold(control, tapped, held) {
  let timer = 0;
  let began = -Infinity;
  const begin = () => {
    if (timer) return;
    began = performance.now();
    set(control, "data-holding", true);
    timer = setTimeout(() => {
      stop();
      void ask(control, held).then((outcome) => {
        if (outcome.code) return;
        set(control, "data-stored", true);
        setTimeout(() => set(control, "data-stored", null), 1500);
      });
    }, HOLD_MS);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    set(control, "data-holding", null);
  };
  const end = () => {
    if (!timer) return;
    stop();
    if (performance.now() - began > TAP_MS) return;
    if (control.getAttribute("aria-disabled") === "true") refuse(control, control.title);
    else void ask(control, tapped);
  };
  control.addEventListener("pointerdown", (event) => {
    if (event.button === 0) begin();
  });
  control.addEventListener("pointerup", end);
  for (const name of ["pointerleave", "pointercancel", "blur"]) control.addEventListener(name, stop);
  control.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) begin();
  });
  control.addEventListener("keyup", (event) => {
    if (event.key === "Enter" || event.key === " ") end();
  });
  // What a screen reader presses has neither a beginning nor an end.
  control.addEventListener("click", (event) => {
    if (event.detail !== 0 || performance.now() - began < HOLD_MS + TAP_MS) return;
    if (control.getAttribute("aria-disabled") === "true") refuse(control, control.title);
    else void ask(control, tapped);
  });
  control.addEventListener("contextmenu", (event) => event.preventDefault());
}

export class Pads {
  /** @type {Map<string, {node: HTMLButtonElement, picture: HTMLImageElement, name: HTMLElement, note: HTMLElement}>} */
  #pads = new Map();
  #order = "";
  /** The pad that the gamepad points at. */
  #pointed = -1;

  /** @param {HTMLElement} place @param {(preset: PresetView) => Promise<Outcome>} recall @param {(preset: PresetView) => Promise<Outcome>} store */
  constructor(place, recall, store) {
    this.place = place;
    this.recall = recall;
    this.store = store;
    /** @type {PresetView[]} */
    this.shown = [];
  }

  /**
   * @param {PresetView[]} presets @param {string | null} here the preset where the camera is @param {string | null} target the one that
   * it goes to @param {string | null} reason why none may be recalled now
   */
  render(presets, here, target, reason) {
    this.shown = presets;
    const order = presets.map((one) => one.preset.id).join();
    if (order !== this.#order) {
      this.#order = order;
      this.#pointed = -1;
      this.#pads = new Map(presets.map((one) => [one.preset.id, this.#make(one.preset.id)]));
      this.place.replaceChildren(...Array.from(this.#pads.values(), (pad) => pad.node));
    }
    presets.forEach((one, n) => {
      const pad = this.#pads.get(one.preset.id);
      if (!pad) return;
      const address = one.thumbnail === null ? "" : `/api/v1/cameras/prereglages/${one.preset.id}/vignette?v=${one.thumbnail}`;
      if (pad.picture.getAttribute("src") !== address) address ? pad.picture.setAttribute("src", address) : pad.picture.removeAttribute("src");
      set(pad.picture, "hidden", !address);
      say(pad.name, one.preset.name);
      const where = one.preset.id === here ? "ici" : one.preset.id === target ? "y va" : "";
      const zones = one.zones.length ? `montre : ${one.zones.join(", ")}` : one.usable ? "" : "hors antenne";
      say(pad.note, where || zones);
      set(pad.node, "data-here", where === "ici");
      set(pad.node, "data-target", where === "y va");
      set(pad.node, "data-unusable", !one.usable);
      set(pad.node, "data-pointed", n === this.#pointed);
      set(pad.node, "aria-current", where === "ici" ? "true" : null);
      set(pad.node, "aria-label", [one.preset.name, where && (where === "ici" ? "la caméra y est" : "la caméra y va"), zones].filter(Boolean).join(", "));
      forbid(pad.node, reason);
    });
  }

  /** Point at another pad (the gamepad's cross). @param {number} by */
  step(by) {
    if (!this.shown.length) return;
    const before = this.#pads.get(this.shown[this.#pointed]?.preset.id);
    if (before) set(before.node, "data-pointed", null);
    this.#pointed = this.#pointed < 0 ? 0 : Math.max(0, Math.min(this.shown.length - 1, this.#pointed + by));
    const pad = this.#pads.get(this.shown[this.#pointed].preset.id);
    if (!pad) return;
    set(pad.node, "data-pointed", true);
    pad.node.scrollIntoView({ block: "nearest" });
  }

  /** Recall the pad that is pointed at. */
  press() {
    const one = this.shown[this.#pointed];
    const pad = one && this.#pads.get(one.preset.id);
    if (!pad) return;
    if (pad.node.getAttribute("aria-disabled") === "true") refuse(pad.node, pad.node.title);
    else void ask(pad.node, () => this.recall(one));
  }

  /** @param {string} id */
  #make(id) {
    const picture = el("img", { alt: "", width: 160, height: 90, loading: "lazy" });
    const name = el("span", { class: "pad-name" });
    const note = el("span", { class: "pad-note" });
    const node = el(
      "button",
      { type: "button", class: "pad", "data-preset": id, title: "Toucher : rappeler. Tenir 2 s : enregistrer ici le cadrage de la caméra." },
      el("span", { class: "pad-picture" }, picture, note),
      name,
      el("span", { class: "pad-ring", "aria-hidden": "true" }),
    );
    const current = () => this.shown.find((one) => one.preset.id === id);
    const gone = Promise.resolve({ code: "prereglage_inconnu", message: "Ce préréglage n’existe plus." });
    onTapOrHold(
      node,
      () => ((one) => (one ? this.recall(one) : gone))(current()),
      () => ((one) => (one ? this.store(one) : gone))(current()),
    );
    return { node, picture, name, note };
  }
}

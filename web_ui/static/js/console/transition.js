/** CUT, AUTO and the T-bar. */

import { $, byId, set } from "../common/dom.js";
import { ask, onPress } from "./ask.js";
import { engineReason } from "./gate.js";
import { same } from "./shots.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").Shot} Shot */

const FULL = 1000;
/** Until the house says its own. */
const USUAL_FADE_MS = 500;

export class TransitionDesk {
  #bar = byId("t-bar", HTMLInputElement);
  #duration = byId("duree-fondu", HTMLInputElement);
  #dragging = false;
  /** The T-bar sends one position at a time: the newest replaces those that did not leave. @type {number | null} */
  #wanted = null;
  #sending = false;
  /** What the bar is fading to since it left 0. @type {Shot | null} */
  #goingTo = null;
  /** What must be on programme for a bar at its end to start again. @type {Shot | null} */
  #target = null;
  #durationKnown = false;

  /** @param {Link} link @param {import("./buses.js").Buses} buses */
  constructor(link, buses) {
    this.link = link;
    this.buses = buses;
    onPress($("cut"), () => this.#cut());
    onPress($("auto"), () => this.#auto());
    this.#bar.addEventListener("input", () => {
      this.#dragging = true;
      this.#wanted = Number(this.#bar.value);
      if (this.#wanted === FULL) this.#target ??= this.#goingTo ?? this.buses.preview ?? null;
      else {
        this.#target = null;
        this.#goingTo ??= this.buses.preview ?? null;
      }
      void this.#send();
    });
    for (const name of ["change", "pointerup", "blur"]) this.#bar.addEventListener(name, () => this.#letGo());
  }

  cut() {
    $("cut").click();
  }

  auto() {
    $("auto").click();
  }

  /** TAKE: by the transition chosen beside it, cut or fade. */
  take() {
    if (byId("prendre-fondu", HTMLInputElement).checked) this.auto();
    else this.cut();
  }

  #cut() {
    return this.link.command({ type: "cut", expected: this.buses.preview ?? null });
  }

  #auto() {
    const duration_ms = Math.min(5000, Math.max(0, Math.round(Number(this.#duration.value) || 0)));
    return this.link.command({ type: "auto", duration_ms, expected: this.buses.preview ?? null });
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#wanted !== null) {
      const permille = this.#wanted;
      this.#wanted = null;
      const outcome = await ask(this.#bar, () => this.link.command({ type: "transition", permille }));
      if (outcome.code) this.#target = null;
    }
    this.#sending = false;
    if (!this.#dragging) this.render();
  }

  #letGo() {
    this.#dragging = false;
    this.render();
  }

  /**
   * The bar at its end, the shot on programme: it starts again from 0. The engine is told, because it ignores positions near the
   * end until it has seen the bar back; told earlier, the last step of the fade would be undone.
   * @param {import("../types.js").EngineStatus} engine
   */
  #startAgain(engine) {
    if (this.#dragging || !same(engine.programme, this.#target)) return;
    this.#target = null;
    this.#wanted = 0;
    void this.#send();
  }

  render() {
    const { moteur, fondu_ms } = this.link.state;
    if (!this.#durationKnown && fondu_ms !== undefined) {
      this.#durationKnown = true;
      this.#duration.value = String(fondu_ms);
    } else if (!this.#duration.value) this.#duration.value = String(USUAL_FADE_MS);
    if (!moteur) return;
    const permille = moteur.transition_permille ?? 0;
    if (permille === 0 && !this.#dragging && !this.#target) this.#goingTo = null;
    if (this.#target) this.#startAgain(moteur);
    const held = this.#dragging || this.#sending || this.#target !== null;
    if (!held) this.#bar.value = String(permille >= FULL ? 0 : permille);
    set(this.#bar, "aria-valuetext", `${Math.round(Number(this.#bar.value) / 10)} %`);
    this.#bar.style.setProperty("--done", `${Number(this.#bar.value) / 10}%`);
    $("auto").style.setProperty("--progress", String(permille / FULL));
    set($("auto"), "data-running", permille > 0 && engineReason(this.link) === null);
  }
}

/** The technician's headphones: what is listened to alone, or the programme before its delay. Connected only while it is asked for. */

import { set, swapIcon } from "../common/dom.js";
import { RtcMonitor } from "./webrtc.js";

/** @typedef {import("./link.js").Link} Link */

export class Headphones {
  #audio = new Audio();
  /** @type {RtcMonitor | null} */
  #monitor = null;

  /** @param {Link} link @param {HTMLElement} button */
  constructor(link, button) {
    button.addEventListener("click", () => {
      const on = this.#monitor === null;
      set(button, "aria-pressed", String(on));
      swapIcon(button, on ? "sound" : "muted");
      if (on) {
        this.#monitor = new RtcMonitor(link, "casque", this.#audio, (live) => set(button, "aria-busy", live ? null : "true"));
        set(button, "aria-busy", "true");
      } else {
        this.#monitor?.close();
        this.#monitor = null;
        set(button, "aria-busy", null);
      }
    });
  }
}

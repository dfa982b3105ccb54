/** Time that runs, and what is left of what is allowed: a word and a sound three minutes before the end, another at the end. */

import { say, set } from "../common/dom.js";
import { duration } from "../common/time.js";

const ALERT_MS = 180_000;

export class Timer {
  #alerted = "";

  /** @param {HTMLElement} node */
  constructor(node) {
    this.node = node;
  }

  /**
   * @param {number | null} since when it began, UTC ms; null: nothing runs
   * @param {number} allowed ms, 0: no limit @param {number} now UTC ms
   */
  show(since, allowed, now) {
    set(this.node, "hidden", since === null);
    if (since === null) return;
    const spent = Math.max(0, now - since);
    const left = allowed - spent;
    const level = allowed === 0 ? "" : left <= 0 ? "fini" : left <= Math.min(ALERT_MS, allowed / 2) ? "bientot" : "";
    say(this.node, allowed === 0 ? duration(spent / 1000) : left > 0 ? `${duration(spent / 1000)} sur ${duration(allowed / 1000)}` : `dépassé de ${duration(-left / 1000)}`);
    set(this.node, "data-level", level || null);
    const about = `${since}:${level}`;
    if (level && about !== this.#alerted) chime(level === "fini" ? 2 : 1);
    this.#alerted = about;
    return allowed ? Math.min(1, spent / allowed) : 0;
  }
}

/** A discreet sound, on this tablet only; a browser that wants a tap first stays silent. @param {number} times */
function chime(times) {
  try {
    const sound = new AudioContext();
    for (let i = 0; i < times; i++) {
      const tone = sound.createOscillator();
      const gain = sound.createGain();
      tone.frequency.value = 660;
      gain.gain.setValueAtTime(0.06, sound.currentTime + i * 0.35);
      gain.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + i * 0.35 + 0.3);
      tone.connect(gain).connect(sound.destination);
      tone.start(sound.currentTime + i * 0.35);
      tone.stop(sound.currentTime + i * 0.35 + 0.3);
    }
    setTimeout(() => void sound.close(), 1500);
  } catch {
    // The word and the colour have said it.
  }
}

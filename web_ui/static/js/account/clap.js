/** A flash and a beep at the same instant, every three seconds: what the régie measures lip sync on. */

import { $, byId, set } from "../common/dom.js";

const EVERY_S = 3;
const BEEP_S = 0.04;

const button = byId("commencer", HTMLButtonElement);
/** @type {AudioContext | null} */
let audio = null;
let next = 0;

button.addEventListener("click", () => {
  if (audio) {
    void audio.close();
    audio = null;
    button.textContent = "Commencer";
    return;
  }
  audio = new AudioContext();
  next = audio.currentTime + 1;
  button.textContent = "Arrêter";
  requestAnimationFrame(frame);
});

/** The beep is given to the sound card ahead of time; the flash is drawn when its instant is heard. */
function frame() {
  if (!audio) return set($("clap"), "data-lit", null);
  if (audio.currentTime > next - 0.5 && audio.currentTime < next) beep(audio, next);
  const heard = audio.currentTime - (audio.outputLatency || audio.baseLatency || 0);
  const since = heard - next;
  set($("clap"), "data-lit", since >= 0 && since < BEEP_S * 2 ? "" : null);
  if (since > 1) next += EVERY_S;
  requestAnimationFrame(frame);
}

let beeped = 0;

/** @param {AudioContext} context @param {number} at */
function beep(context, at) {
  if (beeped === at) return;
  beeped = at;
  const tone = new OscillatorNode(context, { frequency: 1000 });
  tone.connect(context.destination);
  tone.start(at);
  tone.stop(at + BEEP_S);
}

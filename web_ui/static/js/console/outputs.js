/** Outputs one by one: recording, WebTV, each RTMP server. */

import { $, el, icon, say, set } from "../common/dom.js";
import { known, text } from "../common/texts.js";
import { counter } from "../common/time.js";
import { forbid, onHold, onPress } from "./ask.js";
import { engineReason } from "./gate.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").OutputStatus} OutputStatus */

/**
 * @typedef {object} Row
 * @property {HTMLElement} node
 * @property {HTMLElement} state
 * @property {HTMLElement} details
 * @property {HTMLButtonElement} start
 * @property {HTMLButtonElement | null} stop
 */

/** @param {number} kbps */
export const rate = (kbps) => (kbps >= 1000 ? `${(kbps / 1000).toFixed(1).replace(".", ",")} Mb/s` : `${kbps} kb/s`);

/** @param {number} bytes */
const size = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2).replace(".", ",")} Go` : `${Math.round(bytes / 1e6)} Mo`);

/** A reason in words when there is one for it, else its code. @param {string | undefined} code */
const because = (code) => (code ? ` : ${known(code) ? text(code) : code.replaceAll("_", " ")}` : "");

/** @param {number} n @param {string} word */
const several = (n, word) => `${n} ${word}${n > 1 ? "s" : ""}`;

export class Outputs {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #recording;
  #webtv;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    this.#recording = row("Enregistrement", "record", "Enregistrer", "Arrêter (tenir)");
    onPress(this.#recording.start, () => link.command({ type: "recording", on: true }));
    if (this.#recording.stop) onHold(this.#recording.stop, () => link.command({ type: "recording", on: false }));
    this.#webtv = row("WebTV", "screen", null, null);
    $("sorties").append(this.#recording.node, this.#webtv.node);
  }

  render() {
    const engine = this.link.state.moteur;
    if (!engine) return;
    const reason = engineReason(this.link);
    this.#showRecording(engine.recording ?? {}, reason);
    const webtv = engine.webtv ?? {};
    const lit = !!webtv.seance && !webtv.reason;
    set(this.#webtv.node, "data-state", lit ? "live" : webtv.reason ? "retrying" : "stopped");
    say(this.#webtv.state, lit ? "en direct" : webtv.reason ? `en défaut${because(webtv.reason)}` : "en attente de la séance");
    const behind = ((webtv.behind_ms ?? 0) / 1000).toFixed(1).replace(".", ",");
    say(this.#webtv.details, lit ? `${several(webtv.segments ?? 0, "segment")} · ${counter(webtv.seconds ?? 0)} · à ${behind} s` : "");
    const outputs = engine.outputs ?? [];
    for (const output of outputs) this.#showOutput(output, reason);
    const live = outputs.filter((output) => output.state === "live").length;
    const wanted = outputs.filter((output) => output.state !== "stopped").length;
    say($("onglet-sorties-etat"), wanted ? `${live}/${wanted}` : "");
    set($("onglet-sorties-etat"), "data-ok", live === wanted);
  }

  /** @param {import("../types.js").Recording} recording @param {string | null} reason */
  #showRecording(recording, reason) {
    const { node, state, details, start, stop } = this.#recording;
    set(node, "data-state", recording.on ? "live" : recording.reason ? "retrying" : "stopped");
    const checked = recording.verified === true ? ", relu sans défaut" : recording.verified === false ? ", défaut à la relecture" : "";
    say(state, recording.on ? "enregistre" : `arrêté${because(recording.reason)}${checked}`);
    const lost = recording.dropped ? ` · ${several(recording.dropped, "image")} perdue${recording.dropped > 1 ? "s" : ""}` : "";
    say(details, recording.file || recording.on ? `${counter(recording.seconds ?? 0)} · ${size(recording.bytes ?? 0)}${lost}` : "");
    start.hidden = !!recording.on;
    if (stop) stop.hidden = !recording.on;
    forbid(start, reason);
    if (stop) forbid(stop, reason);
  }

  /** @param {OutputStatus} output @param {string | null} reason */
  #showOutput(output, reason) {
    let shown = this.#rows.get(output.id);
    if (!shown) {
      shown = row(output.name, "antenna", "Démarrer", "Arrêter");
      onPress(shown.start, () => this.link.command({ type: "output", output: output.id, on: true }));
      if (shown.stop) onPress(shown.stop, () => this.link.command({ type: "output", output: output.id, on: false }));
      this.#rows.set(output.id, shown);
      $("sorties").append(shown.node);
    }
    const on = output.state !== "stopped";
    set(shown.node, "data-state", output.state);
    say(shown.state, text(`sortie.${output.state}`) + (output.state === "live" ? "" : because(output.reason)));
    const reconnects = output.reconnects ? ` · ${several(output.reconnects, "reconnexion")}` : "";
    const dropped = output.dropped ? ` · ${several(output.dropped, "image")} sautée${output.dropped > 1 ? "s" : ""}` : "";
    const since = on ? ` · depuis ${counter((output.since_ms ?? 0) / 1000)}` : "";
    say(shown.details, `${output.host}${on ? ` · ${rate(output.kbps ?? 0)}` : ""}${since}${reconnects}${dropped}`);
    shown.start.hidden = on;
    if (shown.stop) shown.stop.hidden = !on;
    forbid(shown.start, reason);
    if (shown.stop) forbid(shown.stop, reason);
  }
}

/**
 * @param {string} name @param {import("../common/dom.js").IconName} symbol @param {string | null} starts @param {string | null} stops
 * @returns {Row}
 */
function row(name, symbol, starts, stops) {
  const state = el("span", { class: "out-state" });
  const details = el("span", { class: "out-details" });
  const start = el("button", { type: "button", class: "btn", "aria-label": `${starts ?? ""} ${name}`, text: starts ?? "" });
  const stop = stops ? el("button", { type: "button", class: "btn", "aria-label": `${stops} ${name}`, text: stops }) : null;
  if (stop && stops?.includes("tenir")) stop.classList.add("hold");
  const node = el(
    "li",
    { class: "out", "data-refusals": true },
    icon(symbol),
    el("span", { class: "out-words" }, el("strong", { text: name }), state, details),
    starts ? start : null,
    stop,
  );
  return { node, state, details, start, stop };
}

/** Loudness of the programme: a bar on the EBU +9 scale, and the figures. */

import { $, say, set } from "../common/dom.js";

/** @typedef {NonNullable<import("../types.js").Levels["loudness"]>} LoudnessLevels */

/** The scale, in LU from the target. */
const LOW = -18;
const HIGH = 9;
const CEILING_DBTP = -1;
/** As far from the target as this, the integrated loudness is right. */
const RIGHT_LU = 2;
const SILENT = -70;
const EVERY_MS = 300;

export class Loudness {
  #saidAt = 0;

  /** @param {LoudnessLevels | undefined} loudness */
  show(loudness) {
    if (!loudness) return;
    const target = loudness.target ?? -16;
    const place = (/** @type {number} */ lufs) => String(Math.min(1, Math.max(0, (lufs - target - LOW) / (HIGH - LOW))));
    const bar = $("sonie");
    bar.style.setProperty("--momentary", place(loudness.momentary ?? -120));
    bar.style.setProperty("--short", place(loudness.short_term ?? -120));
    const now = performance.now();
    if (now - this.#saidAt < EVERY_MS) return;
    this.#saidAt = now;
    say($("sonie-courte"), lufs(loudness.short_term));
    say($("sonie-integree"), lufs(loudness.integrated));
    say($("sonie-crete"), lufs(loudness.true_peak));
    say($("sonie-cible"), `cible ${lufs(target)}`);
    const known = (loudness.integrated ?? -120) > SILENT;
    set($("sonie-integree"), "data-off", known && Math.abs((loudness.integrated ?? 0) - target) > RIGHT_LU);
    set($("sonie-crete"), "data-off", (loudness.true_peak ?? -120) > CEILING_DBTP);
    set(bar, "aria-valuenow", String(Math.round(Math.max(SILENT, loudness.short_term ?? -120))));
    set(bar, "aria-valuetext", `${lufs(loudness.short_term)} LUFS`);
  }
}

/** @param {number | undefined} value */
function lufs(value) {
  if (value === undefined || value < SILENT) return "−∞";
  return `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(1).replace(".", ",")}`;
}

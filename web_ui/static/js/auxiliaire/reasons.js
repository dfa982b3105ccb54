/**
 * Why something was masked, asked once it is: a tap on one of the usual reasons, for the minutes and for who validates the replay.
 * Nothing waits for it: the mask holds whatever is answered here, and what was said is never written.
 */

import { $, el, set, unbroken } from "../common/dom.js";
import { clockTime } from "../common/time.js";
import { ask } from "../console/ask.js";

/** @typedef {import("../types.js").MaskLine} MaskLine */

const REASONS = ["données personnelles", "vie privée", "santé d’une personne", "personne mineure", "propos injurieux ou diffamatoires", "secret protégé par la loi", "geste involontaire"];
const KINDS = { son: "Son masqué", image: "Image masquée", son_et_image: "Passage masqué" };

export class Reasons {
  /** Masks that somebody would rather explain later, from the console or in the second pass. @type {Set<string>} */
  #later = new Set();
  #signature = "";

  /** @param {import("../council/link.js").RegisterLink} link */
  constructor(link) {
    this.link = link;
  }

  render() {
    const { state, up } = this.link;
    const may = (state.confidentialite?.masquent ?? []).some((role) => this.link.has(role));
    const masks = up && may ? (state.secret?.masques ?? []).filter((mask) => !mask.motif && !this.#later.has(mask.id)) : [];
    const signature = JSON.stringify(masks);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const newest = masks.at(-1);
    set($("motifs"), "hidden", !newest);
    $("motifs").replaceChildren(...(newest ? this.#question(newest, masks.length - 1) : []));
  }

  /** One question at a time, about the newest. @param {MaskLine} mask @param {number} others */
  #question(mask, others) {
    const when = mask.debut_ms === null ? "" : ` de ${clockTime(mask.debut_ms)}`;
    const more = others > 0 ? ` ; ${others} autre${others > 1 ? "s" : ""} ensuite` : "";
    const point = this.link.register?.points.find((one) => one.id === mask.point)?.rang ?? mask.point;
    const about = `${KINDS[mask.genre]}${when}${point ? `, point ${point}` : ""} : pourquoi ? Jamais le propos lui-même${more}.`;
    const title = el("p", { id: "motifs-titre", text: unbroken(about) });
    const keys = REASONS.map((reason) => {
      const key = el("button", { class: "btn", type: "button", text: reason });
      key.addEventListener("click", () => void ask(key, () => this.link.post(`/api/v1/confidentialite/masques/${encodeURIComponent(mask.id)}/motif`, { motif: reason, point: mask.point })));
      return key;
    });
    const later = el("button", { class: "btn bare", type: "button", text: "Plus tard" });
    later.addEventListener("click", () => {
      this.#later.add(mask.id);
      this.render();
    });
    return [el("div", { class: "reason-head" }, title, later), el("div", { class: "reason-keys", role: "group", "aria-labelledby": "motifs-titre" }, ...keys)];
  }
}

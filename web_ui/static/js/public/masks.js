/** The masked passages, told to citizens: hatched on the seek bar, listed with their instants; nothing of what they were. */

import { $, el, set } from "../common/dom.js";
import { poll } from "../common/http.js";
import { duration } from "../common/time.js";

/** @typedef {import("./player.js").Player} Player */
/** @typedef {{genre: string, debut_ms: number, fin_ms: number | null, debut_s: number | null, fin_s: number | null}} PublicMask */

const POLL_MS = 5000;
const PAST_POLL_MS = 60000;
/** @type {Record<string, string>} */
const WHAT = { son: "son", image: "image", son_et_image: "son et image" };

/** @param {Player} player @param {string} [seance] a past one; the current one without it */
export function masks(player, seance) {
  /** @type {PublicMask[]} */
  let told = [];
  let listed = "";
  poll(
    seance ? `/api/v1/seances/${encodeURIComponent(seance)}/masques` : "/api/v1/public/masques",
    seance ? PAST_POLL_MS : POLL_MS,
    (/** @type {PublicMask[]} */ news) => {
      told = news.filter((mask) => mask.debut_s !== null);
      list();
      draw();
    },
    () => {},
  );
  player.addEventListener("changed", draw);

  function list() {
    const signature = JSON.stringify(told);
    if (signature === listed) return;
    listed = signature;
    set($("passages-masques"), "hidden", told.length === 0);
    $("masques-liste").replaceChildren(...told.map((mask) => el("li", {}, `${duration(mask.debut_s ?? 0)} (${words(mask)})`)));
  }

  /** @param {PublicMask} mask */
  function words(mask) {
    const lasts = mask.fin_ms === null ? "en cours" : `${Math.max(1, Math.round((mask.fin_ms - mask.debut_ms) / 1000))} s`;
    return `${WHAT[mask.genre] ?? mask.genre}, ${lasts}`;
  }

  function draw() {
    const length = player.edge - player.start;
    const bar = $("masques-barre");
    const shown = length > 0 ? told : [];
    while (bar.childElementCount > shown.length) bar.lastElementChild?.remove();
    while (bar.childElementCount < shown.length) bar.append(el("span"));
    shown.forEach((mask, i) => {
      const from = mask.debut_s ?? 0;
      const mark = /** @type {HTMLElement} */ (bar.children[i]);
      mark.style.left = `${Math.min(100, (100 * from) / length)}%`;
      mark.style.width = `${Math.max(0.4, (100 * ((mask.fin_s ?? length) - from)) / length)}%`;
    });
  }
}

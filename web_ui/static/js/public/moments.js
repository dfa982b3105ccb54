/** The finer chapters: who spoke, votes, suspensions, in a list that one unfolds. */

import { $, el, set, unbroken } from "../common/dom.js";
import { poll } from "../common/http.js";
import { duration, spoken } from "../common/time.js";

/** @typedef {{genre: "parole" | "vote" | "suspension" | "huis_clos", titre: string, point: number, debut_s: number, fin_s: number | null}} Moment */
/** @typedef {import("./player.js").Player} Player */

const POLL_MS = 10_000;
/** A list that was opened at a place stays lit a little before the word that opens it. */
const LEAD_S = 2;

/** @param {Player} player @param {(at: number) => void} go goes to an instant @param {() => string | undefined} seance */
export function moments(player, go, seance) {
  const unfolded = /** @type {HTMLDetailsElement} */ ($("moments"));
  /** @type {(() => void) | null} */
  let ask = null;
  let asked = "";
  let signature = "";
  /** @type {Moment[]} */
  let told = [];

  unfolded.addEventListener("toggle", look);
  player.addEventListener("changed", light);

  function look() {
    const id = seance();
    if (!unfolded.open || !id) return;
    if (ask && asked === id) return ask();
    asked = id;
    ask = poll(
      `/api/v1/seances/${encodeURIComponent(id)}/moments`,
      POLL_MS,
      (/** @type {Moment[]} */ news) => {
        told = news;
        list();
      },
      () => {},
    );
  }

  function list() {
    const now = JSON.stringify(told.map((one) => [one.debut_s, one.titre, one.point]));
    if (now !== signature) {
      signature = now;
      $("moments-liste").replaceChildren(...told.map(line));
      set($("moments-rien"), "hidden", told.length > 0);
    }
    light();
  }

  /** @param {Moment} one */
  function line(one) {
    const where = one.point ? `point ${one.point}` : "";
    const key = el(
      "button",
      { class: "chapter", type: "button", "aria-label": [one.titre, where, `à ${spoken(one.debut_s)}`].filter(Boolean).join(", ") },
      el("span", { class: "number", text: one.point || "" }),
      el("span", { class: "item-name", text: unbroken(one.titre) }),
      el("span", { class: "item-time", text: duration(one.debut_s) }),
    );
    key.addEventListener("click", () => go(one.debut_s));
    return el("li", { "data-kind": one.genre }, key);
  }

  function light() {
    const at = player.position - player.start + LEAD_S;
    const lines = [...$("moments-liste").children];
    told.forEach((one, rank) => {
      const on = player.opened && one.debut_s <= at && (one.fin_s === null || at < one.fin_s);
      const line = lines[rank];
      if (line) set(line, "aria-current", on ? "true" : null);
    });
  }
}

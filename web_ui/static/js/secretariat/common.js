/** What both pages of the secretariat share: who is logged in, refusals shown beside what was asked. */

import { $, say, set } from "../common/dom.js";
import { HttpError, getJson } from "../common/http.js";

/** @typedef {import("../types.js").Session} Session */

/** The session, or back to the log-in page. @returns {Promise<Session>} */
export async function session() {
  const found = /** @type {Session} */ (await getJson("/api/v1/session"));
  say($("compte"), found.nom);
  return found;
}

/** Show why something was refused, or nothing any more. @param {string} place @param {unknown} [error] */
export function complain(place, error) {
  const node = $(place);
  const words = error instanceof HttpError ? error.message : error ? "La page a rencontré une erreur : rechargez-la." : "";
  if (error instanceof HttpError && error.status === 401) location.assign(`/connexion?suite=${encodeURIComponent(location.pathname)}`);
  say(node, words);
  set(node, "hidden", !words);
}

/** "2026-06-19" → "19/06/2026". @param {string} iso */
export const frenchDay = (iso) => iso.split("-").reverse().join("/");

/** A number and its noun. @param {number} n @param {string} one @param {string} [many] */
export const counted = (n, one, many = `${one}s`) => `${n} ${n < 2 ? one : many}`;

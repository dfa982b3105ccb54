/** Outside the building nothing live is shown: the server sends none, and the page says why. */

import { say, set } from "../common/dom.js";
import { text } from "../common/texts.js";

/**
 * Write the reason in the places meant for it.
 * @param {import("./link.js").Link} link
 * @returns {boolean} is this page outside?
 */
export function sayOutside(link) {
  if (!link.session?.dehors) return false;
  for (const note of document.querySelectorAll("[data-outside-note]")) {
    if (!(note instanceof HTMLElement)) continue;
    say(note, text("moniteur_dehors"));
    set(note, "hidden", null);
  }
  return true;
}

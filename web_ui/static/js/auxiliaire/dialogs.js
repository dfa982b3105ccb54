/** What a side sheet is made of. */

import { el } from "../common/dom.js";

/** @param {HTMLDialogElement} dialog @param {string} id @param {string} title @param {...(Node | null)} content */
export function fill(dialog, id, title, ...content) {
  const close = el("button", { class: "btn", type: "button", id: `${id}-fermer`, "data-close": true, text: "Fermer" });
  dialog.replaceChildren(el("header", { class: "sheet-head" }, el("h2", { id, text: title }), close));
  for (const part of content) if (part) dialog.append(part);
}

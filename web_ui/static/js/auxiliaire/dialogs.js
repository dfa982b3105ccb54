/** Side sheets: opened over the work, closed by Escape, by their own button or by a click beside them. */

import { el } from "../common/dom.js";

export function dialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("close", takeUpTyping);
    dialog.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target);
      if (target === dialog || target.closest("[data-close]")) dialog.close();
    });
  }
}

/** The focus is given back to the search box, but the caret may still be in the sheet, and letters go to the caret. */
function takeUpTyping() {
  const box = document.activeElement;
  if (!(box instanceof HTMLInputElement)) return;
  box.blur();
  box.focus({ preventScroll: true });
}

/** @param {HTMLDialogElement} dialog @param {string} id @param {string} title @param {...(Node | null)} content */
export function fill(dialog, id, title, ...content) {
  const close = el("button", { class: "btn", type: "button", id: `${id}-fermer`, "data-close": true, text: "Fermer" });
  dialog.replaceChildren(el("header", { class: "sheet-head" }, el("h2", { id, text: title }), close));
  for (const part of content) if (part) dialog.append(part);
}

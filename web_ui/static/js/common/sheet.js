/**
 * Sheets: opened over the work, closed by Escape, by their own button or by a click beside them. What hides stays in sight and at
 * work: everything else of the page is out of reach while a sheet is open, the safety keys (`data-safety`) never are.
 */

/** The sheet that is open, what it put out of reach, and where the focus was. @type {{dialog: HTMLDialogElement, out: HTMLElement[], back: Element | null} | null} */
let shown = null;

/** Once a page: how sheets are closed. */
export function sheets() {
  // Before anything else of the page hears of it: a click that opens a sheet must not close it.
  document.addEventListener("click", beside, { capture: true });
  document.addEventListener("keydown", escape, { capture: true });
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", () => shown?.dialog === dialog && free());
}

/** @param {HTMLDialogElement} dialog */
export function openSheet(dialog) {
  if (shown?.dialog === dialog && dialog.open) return;
  close();
  const back = document.activeElement;
  shown = { dialog, out: shutOut(document.body, dialog), back };
  dialog.show();
}

function close() {
  shown?.dialog.close();
  free();
}

/** The page is within reach again, the focus where it was, unless somebody took it elsewhere. */
function free() {
  if (!shown) return;
  const { dialog, out, back } = shown;
  shown = null;
  for (const one of out) one.inert = false;
  const at = document.activeElement;
  if (at && at !== document.body && !dialog.contains(at)) return;
  if (back instanceof HTMLElement) back.focus({ preventScroll: true });
}

/** All but the sheet and the safety keys. @param {Element} root @param {HTMLElement} dialog @returns {HTMLElement[]} */
function shutOut(root, dialog) {
  const out = [];
  for (const child of root.children) {
    if (!(child instanceof HTMLElement) || child === dialog || child.inert || child.hasAttribute("data-safety")) continue;
    if (child.contains(dialog) || child.querySelector("[data-safety]")) out.push(...shutOut(child, dialog));
    else {
      child.inert = true;
      out.push(child);
    }
  }
  return out;
}

/** @param {MouseEvent} event */
function beside(event) {
  const target = /** @type {Element} */ (event.target);
  if (!shown || target.closest("[data-safety]")) return;
  if (!shown.dialog.contains(target) || target.closest("[data-close]")) close();
}

/** @param {KeyboardEvent} event */
function escape(event) {
  if (event.key !== "Escape" || !shown) return;
  event.preventDefault();
  event.stopPropagation();
  close();
}

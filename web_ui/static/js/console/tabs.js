/** Tabs, as the ARIA pattern says: arrows move between them, one tab stop. */

import { set } from "../common/dom.js";

/** @param {HTMLElement} list element with role="tablist" */
export function tabs(list) {
  const all = /** @type {HTMLElement[]} */ (Array.from(list.querySelectorAll('[role="tab"]')));
  const choose = (/** @type {HTMLElement} */ chosen) => {
    for (const tab of all) {
      const selected = tab === chosen;
      set(tab, "aria-selected", String(selected));
      set(tab, "tabindex", selected ? "0" : "-1");
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) set(panel, "hidden", !selected);
    }
  };
  for (const tab of all) tab.addEventListener("click", () => choose(tab));
  list.addEventListener("keydown", (event) => {
    const shown = all.filter((tab) => tab.offsetParent !== null);
    const at = shown.findIndex((tab) => tab === document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = shown[(at + step + shown.length) % shown.length];
    choose(next);
    next.focus();
  });
  choose(all.find((tab) => tab.getAttribute("aria-selected") === "true") ?? all[0]);
  return choose;
}

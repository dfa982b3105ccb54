/** What the parts of the item's panel share: a key that asks the register something, grey with its reason when it cannot. */

import { el, set } from "../common/dom.js";
import { ask, forbid, onHold, onPress } from "../console/ask.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Command} Command */

/**
 * @param {RegisterLink} link
 * @param {string} text
 * @param {Command | (() => Command | null)} command
 * @param {{label?: string, why?: string | null, primary?: boolean, key?: string, id?: string, missing?: string}} [how]
 */
export function key(link, text, command, how = {}) {
  const button = el("button", { class: `btn${how.primary ? " primary" : ""}`, type: "button", id: how.id });
  button.append(text);
  if (how.key) button.append(el("kbd", { text: how.key }));
  forbid(button, how.why ?? null);
  const label = how.label ?? text;
  // Drawn again while the answer is awaited, it still shows that it was asked; a second press asks nothing more.
  const asked = () => link.awaits(label);
  set(button, "data-asked", asked());
  onPress(button, async () => {
    if (asked()) return { code: "", message: "" };
    const wanted = typeof command === "function" ? command() : command;
    if (!wanted) return { code: "incomplet", message: how.missing ?? "Il manque quelque chose." };
    return link.enter(wanted, label);
  });
  return button;
}

/**
 * What ends the séance is held for a moment: nothing irreversible in one click.
 * @param {RegisterLink} link @param {string} text @param {Command} command @param {string | null} [why]
 */
export function heldKey(link, text, command, why = null) {
  const button = el("button", { class: "btn hold", type: "button", text: `${text} (tenir)` });
  forbid(button, why);
  onHold(button, () => link.enter(command, text));
  return button;
}

/** @param {string} title @param {...(Node | null)} content */
export function block(title, ...content) {
  const section = el("section", { class: "block", "data-refusals": true }, title ? el("h3", { text: title }) : null);
  for (const part of content) if (part) section.append(part);
  return section;
}

/** @param {...(Node | null)} content */
export function row(...content) {
  const line = el("p", { class: "actions" });
  for (const part of content) if (part) line.append(part);
  return line;
}

/**
 * A small count to type; what is typed is kept in `kept` under its name, so that news from the register erases nothing.
 * @param {Record<string, string>} kept @param {string} name @param {string} text @param {() => void} changed
 */
export function count(kept, name, text, changed) {
  const input = el("input", { class: "input count", id: `nombre-${name}`, type: "number", min: "0", max: "999", inputmode: "numeric", value: kept[name] ?? "" });
  input.addEventListener("input", () => {
    kept[name] = input.value;
    changed();
  });
  return el("label", { class: "count-field" }, el("span", { text }), input);
}

/** @param {Record<string, string>} kept @param {string} name */
export const number = (kept, name) => Math.max(0, Math.trunc(Number(kept[name] ?? 0)) || 0);

/** Press a key as the keyboard would: with its refusals and its « demandé ». @param {HTMLElement | null | undefined} button */
export function press(button) {
  button?.click();
}

export { ask };

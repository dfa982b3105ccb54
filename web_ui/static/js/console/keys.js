/**
 * Hotkeys: a table of actions, remappable, kept in this browser only. Inert while one types; a focused control keeps its own keys.
 */

import { $, byId, el, say } from "../common/dom.js";

/** @typedef {object} Action @property {string} id @property {string} label @property {string[]} keys @property {() => void} run
 * @property {() => void} [end] when the key is let go, for an action that lasts as long as it is down
 * @property {boolean} [anywhere] its function key is heard even while one types */

const STORE = "regie.touches";
const DOUBLE_MS = 600;

/** A combination as one reads it. @type {Record<string, string>} */
const NAMES = { Space: "Espace", Enter: "Entrée", NumpadEnter: "Entrée du pavé", Escape: "Échap", Slash: "?", Backspace: "Retour", Tab: "Tab" };

/** "Ctrl+Digit1" → "Ctrl + 1". @param {string} combination */
export function readable(combination) {
  return combination
    .split("+")
    .map((part) => NAMES[part] ?? part.replace(/^(Digit|Key)/, "").replace(/^Numpad/, "pavé "))
    .join(" + ");
}

/** The combination of a key press, independent of the keyboard's language for digits and letters. @param {KeyboardEvent} event */
export function combination(event) {
  const code = event.code.replace(/^Numpad(\d)$/, "Digit$1");
  const letter = /^Key/.test(code) && /^[a-z]$/i.test(event.key) ? `Key${event.key.toUpperCase()}` : code;
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift"].filter(Boolean);
  return [...held, letter].join("+");
}

/** Does this element want the keys for itself: all of them when one types in it, those that press it when it is a control? */
function keepsKey(/** @type {EventTarget | null} */ target, /** @type {string} */ code) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement) {
    if (target.type === "range") return /^(Arrow|Page|Home|End)/.test(code);
    if (target.type === "radio" || target.type === "checkbox") return /^(Arrow|Space)/.test(code);
    return true;
  }
  // A summary unfolds, and a picture is pointed at, by the same keys as a button.
  return target.matches("button, a, summary, canvas") && /^(Space|Enter|NumpadEnter)$/.test(code);
}

/** Actions by the keyboard, under the keys chosen on the console. */
export class Hotkeys {
  /** @type {Record<string, string[]>} */
  chosen = read();
  #escapeAt = -Infinity;
  /** Actions whose key is down, by the key's code. @type {Map<string, Action>} */
  #down = new Map();

  /** @param {Action[]} actions @param {() => void} panic */
  constructor(actions, panic) {
    this.actions = actions;
    this.panic = panic;
    addEventListener("keydown", (event) => this.pressed(event), { capture: true });
    addEventListener("keyup", (event) => this.#released(event.code), { capture: true });
  }

  /** @param {Action} action */
  keysOf(action) {
    return this.chosen[action.id] ?? action.keys;
  }

  /** True when a key was that of an action, or is the controls' own. @param {KeyboardEvent} event @returns {boolean} */
  pressed(event) {
    if (event.key === "Escape") this.#escape(event);
    if (event.repeat) return true;
    const pressed = combination(event);
    const action = this.actions.find((one) => this.keysOf(one).includes(pressed));
    const anywhere = action?.anywhere && /^F\d+$/.test(event.code);
    if (!anywhere && keepsKey(event.target, event.code)) return true;
    if (!action) return false;
    event.preventDefault();
    action.run();
    if (action.end) this.#down.set(event.code, action);
    return true;
  }

  /** @param {string} code */
  #released(code) {
    this.#down.get(code)?.end?.();
    this.#down.delete(code);
  }

  /** Twice within the delay is panic, even in a text field: safety first. @param {KeyboardEvent} event */
  #escape(event) {
    if (event.repeat) return;
    const twice = performance.now() - this.#escapeAt < DOUBLE_MS;
    this.#escapeAt = twice ? -Infinity : performance.now();
    if (twice) this.panic();
    else this.escaped();
  }

  /** Escape, once. */
  escaped() {}
}

/** The same, with their list, where they are changed. */
export class Keys extends Hotkeys {
  /** The action whose new key is awaited. @type {Action | null} */
  #learning = null;
  #dialog = byId("touches", HTMLDialogElement);

  /** @param {Action[]} actions @param {() => void} panic */
  constructor(actions, panic) {
    super(actions, panic);
    // A control clicked with the mouse must not keep the focus: Space is CUT for who works with mouse and keyboard together.
    addEventListener("click", (event) => {
      const control = event.target instanceof Element ? event.target.closest("button") : null;
      if (event.detail > 0 && control && !this.#dialog.contains(control)) control.blur();
    });
    $("ouvrir-touches").addEventListener("click", () => this.toggle());
    $("touches-fermer").addEventListener("click", () => this.toggle());
    $("touches-imprimer").addEventListener("click", () => print());
    $("touches-retablir").addEventListener("click", () => {
      this.chosen = {};
      this.#keep();
    });
    this.#list();
  }

  toggle() {
    if (this.#dialog.open) this.#dialog.close();
    else this.#dialog.show();
  }

  /** @override @param {KeyboardEvent} event */
  pressed(event) {
    if (this.#learning) return this.#learn(event);
    if (super.pressed(event)) return true;
    if (event.key !== "?") return false;
    event.preventDefault();
    this.toggle();
    return true;
  }

  /** @override */
  escaped() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** @param {KeyboardEvent} event */
  #learn(event) {
    event.preventDefault();
    event.stopPropagation();
    if (/^(Control|Alt|Shift|Meta)/.test(event.key)) return true;
    const action = /** @type {Action} */ (this.#learning);
    this.#learning = null;
    if (event.key !== "Escape") {
      const pressed = combination(event);
      const taken = this.actions.find((one) => one !== action && this.keysOf(one).includes(pressed));
      if (taken) this.chosen[taken.id] = this.keysOf(taken).filter((key) => key !== pressed);
      this.chosen[action.id] = [pressed];
      say($("touches-mot"), taken ? `${readable(pressed)} était « ${taken.label} » : cette action n’a plus cette touche.` : "");
    }
    this.#keep();
    return true;
  }

  #keep() {
    try {
      localStorage.setItem(STORE, JSON.stringify(this.chosen));
    } catch {
      say($("touches-mot"), "Ce navigateur ne garde rien : les touches valent jusqu’au rechargement.");
    }
    this.#list();
  }

  #list() {
    $("touches-liste").replaceChildren(
      ...this.actions.map((action) => {
        const keys = this.keysOf(action);
        const learn = el("button", { type: "button", class: "btn bare no-print", text: "Changer", "aria-label": `Changer la touche de ${action.label}` });
        learn.addEventListener("click", () => {
          this.#learning = action;
          learn.textContent = "Appuyez…";
        });
        const words = el("span", { class: "key-words" }, ...keys.flatMap((key, i) => [i ? " ou " : "", el("kbd", { text: readable(key) })]));
        if (keys.length === 0) words.append("aucune touche");
        return el("li", { "data-action": action.id }, el("span", { text: action.label }), words, learn);
      }),
      el("li", {}, el("span", { text: "Panique : antenne coupée" }), el("span", { class: "key-words" }, el("kbd", { text: "Échap" }), " deux fois")),
      el("li", {}, el("span", { text: "Cette liste" }), el("span", { class: "key-words" }, el("kbd", { text: "?" }))),
    );
  }
}

/** @returns {Record<string, string[]>} */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE) ?? "{}");
    return Object.fromEntries(Object.entries(kept).filter(([, keys]) => Array.isArray(keys)));
  } catch {
    return {};
  }
}

/**
 * A control that asks something of the server: « demandé » at once, then the truth; a refusal stays beside it until it is read.
 */

import { el, icon, set } from "../common/dom.js";

/** @typedef {import("../types.js").Outcome} Outcome */

const HOLD_MS = 800;

/**
 * The places where refusals of this control are written, the nearest first: its ancestors that say so.
 * @param {Element} control @returns {HTMLElement[]}
 */
function placesOf(control) {
  const found = [];
  for (let at = control.closest("[data-refusals]"); at; at = at.parentElement?.closest("[data-refusals]") ?? null) found.push(/** @type {HTMLElement} */ (at));
  return [...found, control.parentElement ?? document.body];
}

/** @param {Element} control @param {string} message @param {HTMLElement} [place] */
export function refuse(control, message, place = placesOf(control)[0]) {
  place.querySelector(":scope > .refusal")?.remove();
  const note = el("p", { class: "refusal", role: "alert" }, icon("alarm"), el("span", { text: message }));
  note.append(el("button", { type: "button", class: "btn bare", "aria-label": "Refus lu", onclick: () => note.remove() }, icon("close")));
  place.append(note);
}

/**
 * Ask, show that it is asked, show how it ended.
 * @param {Element} control @param {() => Promise<Outcome>} action
 */
export async function ask(control, action) {
  // The panel may be drawn again before the answer comes: what is left of it then says the refusal.
  const places = placesOf(control);
  set(control, "data-asked", true);
  set(control, "aria-busy", "true");
  const outcome = await action();
  set(control, "data-asked", null);
  set(control, "aria-busy", null);
  const place = places.find((one) => one.isConnected) ?? document.body;
  if (outcome.code) refuse(control, outcome.message || outcome.code, place);
  else place.querySelector(":scope > .refusal")?.remove();
  return outcome;
}

/**
 * A control that may be pressed: a press on a forbidden one says why.
 * @param {HTMLElement} control @param {() => Promise<Outcome>} action
 */
export function onPress(control, action) {
  control.addEventListener("click", () => {
    if (control.getAttribute("aria-disabled") === "true") refuse(control, control.title);
    else void ask(control, action);
  });
}

/** Grey, with its reason; null when it is allowed. @param {HTMLElement} control @param {string | null} reason */
export function forbid(control, reason) {
  set(control, "aria-disabled", reason ? "true" : null);
  set(control, "aria-description", reason);
  const usual = control.dataset.title ?? (control.dataset.title = control.title);
  const title = reason ?? usual;
  if (control.title !== title) control.title = title;
}

/**
 * Held for 0.8 s before it acts, by pointer or by key.
 * @param {HTMLElement} control @param {() => Promise<Outcome>} action
 */
export function onHold(control, action) {
  let timer = 0;
  const begin = () => {
    if (timer) return;
    if (control.getAttribute("aria-disabled") === "true") return refuse(control, control.title);
    control.classList.add("holding");
    timer = setTimeout(() => {
      end();
      // Redrawn under the finger: it is no longer what one reads there.
      if (control.isConnected) void ask(control, action);
    }, HOLD_MS);
  };
  const end = () => {
    clearTimeout(timer);
    timer = 0;
    control.classList.remove("holding");
  };
  control.addEventListener("pointerdown", (event) => {
    if (event.button === 0) begin();
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) control.addEventListener(name, end);
  control.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    begin();
  });
  control.addEventListener("contextmenu", (event) => event.preventDefault());
}

/** Small tools to build and find elements. No framework: an element, its attributes, its children. */

/**
 * Make an element. Attributes: `class`, `text`, `on<event>` listeners, booleans, anything else as an attribute.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = String(value);
    else if (name.startsWith("on") && typeof value === "function")
      node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/**
 * The element with this id; its absence is a mistake of ours, said at once.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const node = document.getElementById(id);
  if (!(node instanceof kind)) throw new Error(`#${id} is not a ${kind.name}`);
  return node;
}

/** @param {string} id */
export const $ = (id) => byId(id, HTMLElement);

/**
 * Draw something anew, the focus staying on the control of the same id, its caret where it was. Was it given back?
 * @param {HTMLElement} root @param {() => void} draw
 */
export function redraw(root, draw) {
  const had = document.activeElement;
  if (!(had instanceof HTMLElement) || !had.id || !root.contains(had)) {
    draw();
    return true;
  }
  const caret = had instanceof HTMLInputElement && had.type === "text" ? had.selectionStart : null;
  draw();
  const now = document.getElementById(had.id);
  now?.focus({ preventScroll: true });
  if (caret !== null && now instanceof HTMLInputElement) now.setSelectionRange(caret, caret);
  return document.activeElement === now;
}

/** Write a text only when it changed, so that live regions and layout stay quiet. @param {Element} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A French text whose double signs stay with the word before them. @param {string} text */
export const unbroken = (text) => text.replace(/ ([:;?!»])/g, "\u00a0$1").replace(/« /g, "«\u00a0");

/** @param {Element} node @param {string} name @param {string | boolean | null} value null or false takes it off */
export function set(node, name, value) {
  if (value === null || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else {
    const text = value === true ? "" : value;
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Drawn for this project on a 24-unit grid. */
const ICONS = {
  play: '<path class="plain" d="M7 4.5v15l13-7.5z"/>',
  pause: '<path class="plain" d="M6 4h4.5v16H6zM13.5 4H18v16h-4.5z"/>',
  replay: '<path d="M4 12a8 8 0 1 0 2.6-5.9"/><path d="M4 3.5v4.6h4.6"/>',
  back: '<path d="M11 6 5 12l6 6"/><path d="M19 6l-6 6 6 6"/>',
  forward: '<path d="m13 6 6 6-6 6"/><path d="m5 6 6 6-6 6"/>',
  sound: '<path class="plain" d="M3 9v6h4l6 5V4L7 9z"/><path d="M16.5 8.5a5 5 0 0 1 0 7"/><path d="M19 6a9 9 0 0 1 0 12"/>',
  muted: '<path class="plain" d="M3 9v6h4l6 5V4L7 9z"/><path d="m17 9 5 6"/><path d="m22 9-5 6"/>',
  full: '<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>',
  reduce: '<path d="M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5"/>',
  gear: '<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1"/>',
  share: '<circle cx="6" cy="12" r="2.5"/><circle cx="17" cy="5.5" r="2.5"/><circle cx="17" cy="18.5" r="2.5"/><path d="m8.2 10.7 6.6-3.9M8.2 13.3l6.6 3.9"/>',
  captions: '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="M10.5 10.5a2.2 2.2 0 1 0 0 3M17.5 10.5a2.2 2.2 0 1 0 0 3"/>',
  alarm: '<path d="M12 3.5 22 20.5H2z"/><path d="M12 10v5M12 17.6v.1"/>',
  check: '<path d="m4 12.5 5.5 5.5L20 7"/>',
  close: '<path d="m5 5 14 14M19 5 5 19"/>',
  record: '<circle class="plain" cx="12" cy="12" r="7"/>',
  antenna: '<path d="M12 11v10M8.5 21h7"/><circle class="plain" cx="12" cy="9" r="1.8"/><path d="M8 13a5.6 5.6 0 0 1 0-8M16 13a5.6 5.6 0 0 0 0-8M5 16a10 10 0 0 1 0-14M19 16a10 10 0 0 0 0-14"/>',
  cut: '<path d="M12 3v18"/><path class="plain" d="M3 7h6v10H3z"/><path d="M15 7h6v10h-6z"/>',
  stop: '<path class="plain" d="M6 6h12v12H6z"/>',
  keys: '<rect x="2.5" y="6" width="19" height="12" rx="2"/><path d="M6 10h.1M10 10h.1M14 10h.1M18 10h.1M7.5 14h9"/>',
  screen: '<rect x="3" y="4" width="18" height="13" rx="1.5"/><path d="M8.5 21h7M12 17v4"/>',
  user: '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c1.2-4 4-6 7.5-6s6.3 2 7.5 6"/>',
  search: '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5.5 5.5"/>',
  disk: '<rect x="3" y="13" width="18" height="7" rx="1.5"/><path d="m5 13 2.5-8h9L19 13M16.5 16.5h.1"/>',
  up: '<path d="M12 20V5M6 10.5 12 4.5l6 6"/>',
  clock: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2.5"/>',
  link: '<path d="M9.5 14.5a4 4 0 0 0 5.7 0l3.600-3.600a4 4 0 0 0-5.7-5.7L11.800 6.5"/><path d="M14.5 9.5a4 4 0 0 0-5.7 0l-3.600 3.600a4 4 0 0 0 5.7 5.7l1.300-1.300"/>',
};

/** @typedef {keyof typeof ICONS} IconName */

/** An icon that says nothing to a screen reader: its button has the words. @param {IconName} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML = ICONS[name];
  return svg;
}

/** Put icons where the page's HTML asks for them: `<i data-icon="play">`. @param {ParentNode} [root] */
export function placeIcons(root = document) {
  for (const slot of root.querySelectorAll("i[data-icon]")) {
    const name = /** @type {IconName} */ (slot.getAttribute("data-icon"));
    slot.replaceWith(icon(name));
  }
}

/**
 * Change the icon of a button.
 * @param {Element} button
 * @param {IconName} name
 */
export function swapIcon(button, name) {
  if (button.getAttribute("data-shown") === name) return;
  button.setAttribute("data-shown", name);
  button.querySelector(".icon")?.replaceWith(icon(name));
}

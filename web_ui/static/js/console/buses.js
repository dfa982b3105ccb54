/** The two buses: a row of keys each, and the layout of what is prepared. */

import { $, el, say, set } from "../common/dom.js";
import { ask, refuse } from "./ask.js";
import { engineReason } from "./gate.js";
import { LAYOUTS, full, isCamera, layoutOf, same, seats, sourcesOf, withLayout, withSource } from "./shots.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").LayoutName} LayoutName */
/** @typedef {import("../types.js").Shot} Shot */
/** @typedef {import("../types.js").EngineStatus} EngineStatus */

/** Sources that a number key reaches. */
export const KEYED = 8;

/** What was asked of the preview stands for it this long, until the state says it: two sources can be chosen within a blink. */
const ASKED_MS = 1000;

/** What fills each layout's little drawing: x, y, width, height in a 32 × 18 box. @type {Record<LayoutName, number[][]>} */
const DRAWINGS = {
  plein: [[1, 1, 30, 16]],
  pip: [
    [1, 1, 30, 16],
    [19, 9, 10, 6],
  ],
  deux: [
    [1, 4.5, 14.5, 9],
    [16.5, 4.5, 14.5, 9],
  ],
  quatre: [
    [1, 1, 14.5, 7.5],
    [16.5, 1, 14.5, 7.5],
    [1, 9.5, 14.5, 7.5],
    [16.5, 9.5, 14.5, 7.5],
  ],
  document: [
    [1, 3, 21, 12],
    [23, 6.5, 8, 4.5],
  ],
};

export class Buses {
  /** The seat that the next chosen source takes. */
  #seat = 0;
  #rows = { programme: $("rang-programme"), preview: $("rang-preparation") };
  #signature = "";
  /** @type {Shot | null} */
  #asked = null;
  #askedAt = 0;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    for (const [name, title] of /** @type {[LayoutName, string][]} */ (Object.entries(LAYOUTS))) {
      const button = el("button", { type: "button", class: "btn layout", "data-layout": name, title, "aria-label": title });
      button.append(drawing(DRAWINGS[name]));
      button.setAttribute("data-needs-engine", "");
      button.addEventListener("click", () => this.setLayout(name, button));
      $("plans").append(button);
    }
  }

  get #engine() {
    return this.link.state.moteur;
  }

  /** The sources of the number keys, in order. */
  get cameras() {
    return (this.#engine?.sources ?? []).filter(isCamera).slice(0, KEYED);
  }

  /** The preview as it will be when what was asked is done. */
  get preview() {
    const preview = this.#engine?.preview;
    if (same(preview, this.#asked) || performance.now() - this.#askedAt > ASKED_MS) this.#asked = null;
    return this.#asked ?? preview;
  }

  /** Put a source in the preview, in the seat that is waiting. @param {string} source @param {Element} control */
  prepare(source, control) {
    const reason = engineReason(this.link);
    const preview = this.preview;
    if (reason || !preview) return refuse(control, reason ?? "");
    const shot = seats(preview) === 1 ? full(source) : withSource(preview, this.#seat, source);
    if (seats(shot) > 1) this.#seat = (this.#seat + 1) % seats(shot);
    void this.#askPreview(shot, control);
  }

  /** @param {Shot} shot @param {Element} control */
  async #askPreview(shot, control) {
    this.#asked = shot;
    this.#askedAt = performance.now();
    const outcome = await ask(control, () => this.link.command({ type: "preview", shot }));
    if (outcome.code) this.#asked = null;
  }

  /** Straight to the programme. @param {string} source @param {Element} control */
  take(source, control) {
    const reason = engineReason(this.link);
    if (reason) return refuse(control, reason);
    void ask(control, () => this.link.command({ type: "take", shot: full(source) }));
  }

  /** @param {LayoutName} layout @param {Element} control */
  setLayout(layout, control) {
    const reason = engineReason(this.link);
    const preview = this.preview;
    if (reason || !preview) return refuse(control, reason ?? "");
    this.#seat = 0;
    void this.#askPreview(withLayout(preview, layout, this.#engine?.sources ?? []), control);
  }

  /** @param {number} index 0 to 7 */
  prepareKey(index) {
    const source = this.cameras[index];
    if (source) this.prepare(source.id, this.#key("preview", source.id));
  }

  /** @param {number} index 0 to 7 */
  takeKey(index) {
    const source = this.cameras[index];
    if (source) this.take(source.id, this.#key("programme", source.id));
  }

  /** @param {"programme" | "preview"} bus @param {string} source */
  #key(bus, source) {
    return this.#rows[bus].querySelector(`[data-source="${CSS.escape(source)}"]`) ?? this.#rows[bus];
  }

  render() {
    const engine = this.#engine;
    if (!engine) return;
    this.#build(engine);
    const pending = engine.pending ?? null;
    for (const [bus, shot] of /** @type {["programme" | "preview", Shot][]} */ ([
      ["programme", engine.programme],
      ["preview", engine.preview],
    ])) {
      for (const key of /** @type {NodeListOf<HTMLElement>} */ (this.#rows[bus].querySelectorAll("[data-source]"))) {
        const id = key.dataset.source ?? "";
        set(key, "aria-pressed", String(shot.sources.includes(id)));
        set(key, "data-pending", bus === "programme" && !!pending?.sources.includes(id) && !same(pending, shot));
        set(key, "data-state", engine.sources?.find((source) => source.id === id)?.state ?? "down");
      }
    }
    for (const button of $("plans").querySelectorAll("[data-layout]"))
      set(button, "aria-pressed", String(button.getAttribute("data-layout") === layoutOf(engine.preview)));
    this.#renderSeats(engine);
  }

  /** @param {EngineStatus} engine */
  #build(engine) {
    const cameras = this.cameras;
    const signature = JSON.stringify(cameras.map((source) => [source.id, source.name]));
    if (signature === this.#signature) return;
    this.#signature = signature;
    for (const bus of /** @type {const} */ (["programme", "preview"])) {
      this.#rows[bus].style.setProperty("--keys", String(Math.max(5, cameras.length)));
      const verb = bus === "programme" ? "Mettre au programme" : "Préparer";
      this.#rows[bus].replaceChildren(
        ...cameras.map((source, i) => {
          const key = el(
            "button",
            { type: "button", class: "btn source", "data-source": source.id, "data-needs-engine": true, "aria-label": `${verb} ${source.name}` },
            el("span", { class: "digit", text: i + 1 }),
            el("span", { class: "label", text: source.name }),
          );
          key.addEventListener("click", (event) => {
            if (bus === "programme" || event.ctrlKey) this.take(source.id, key);
            else this.prepare(source.id, key);
          });
          return key;
        }),
      );
    }
  }

  /** @param {EngineStatus} engine */
  #renderSeats(engine) {
    const count = seats(engine.preview);
    const place = $("places");
    set(place, "hidden", count === 1);
    if (count === 1) return;
    if (this.#seat >= count) this.#seat = 0;
    if (place.childElementCount !== count) {
      place.replaceChildren(
        ...Array.from({ length: count }, (_, i) => {
          const button = el("button", { type: "button", class: "btn seat", title: "La prochaine source choisie prend cette place" });
          button.append(el("span", { class: "digit", text: i + 1 }), el("span", { class: "label" }));
          button.addEventListener("click", () => {
            this.#seat = i;
            this.render();
          });
          return button;
        }),
      );
    }
    Array.from(place.children).forEach((button, i) => {
      const id = engine.preview.sources[i];
      const name = sourcesOf(engine).find((source) => source.id === id)?.name ?? id ?? "vide";
      say(/** @type {Element} */ (button.querySelector(".label")), name);
      set(button, "aria-pressed", String(i === this.#seat));
      set(button, "aria-label", `Place ${i + 1} du plan préparé : ${name}`);
    });
  }
}

/** @param {number[][]} boxes */
function drawing(boxes) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 18");
  svg.setAttribute("aria-hidden", "true");
  for (const [x, y, width, height] of boxes) {
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x, y, width, height, rx: 1 })) box.setAttribute(name, String(value));
    svg.append(box);
  }
  return svg;
}

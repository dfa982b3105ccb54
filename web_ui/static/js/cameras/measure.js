/** The field of a camera measured on the spot: one fixed thing, pointed at the left of its picture, then at the right. */

import { $, el, say, set } from "../common/dom.js";
import { forbid, onPress, refuse } from "../console/ask.js";

/** @typedef {import("../types.js").Head} Head */
/** @typedef {{pan: number, tilt: number, zoom: number, x: number, y: number}} Sight */

const SIDE = 0.3;
const FINE = 0.01,
  COARSE = 0.1;

export class Measure {
  /** @type {Head | null} */
  #head = null;
  /** The first sight, and of which camera. @type {{source: string, sight: Sight} | null} */
  #first = null;
  #shown = "";
  #canvas = el("canvas", {
    width: 320,
    height: 180,
    tabindex: "0",
    role: "application",
    "aria-label": "Image de la caméra : flèches pour viser, Entrée pour toucher l’objet visé",
  });
  #cross = el("span", { class: "cross", "aria-hidden": "true" });
  /** Where the arrows aim. */
  #aim = { x: 0, y: 0 };

  /** @param {import("../console/link.js").Link} link @param {import("../console/pictures.js").Pictures} pictures */
  constructor(link, pictures) {
    this.link = link;
    this.pictures = pictures;
    $("champ-image").append(this.#canvas, this.#cross);
    this.#canvas.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void this.#point(this.#aim.x, this.#aim.y);
      else if (!this.#aimBy(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#canvas.addEventListener("click", (event) => {
      const box = this.#canvas.getBoundingClientRect();
      void this.#point(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
    });
    onPress($("champ-recommencer"), async () => {
      this.#first = null;
      this.#tell();
      return { code: "", message: "" };
    });
    onPress($("champ-oublier"), () => link.camera({ type: "set_lens", camera: this.#head?.source ?? "", field: null }));
  }

  /** @param {Head} head */
  render(head) {
    this.#head = head;
    set($("champ"), "hidden", !head.framing);
    if (this.#shown !== head.source) {
      this.pictures.hide(this.#shown, this.#canvas);
      this.pictures.show(head.source, this.#canvas);
      this.#shown = head.source;
    }
    if (this.#first && this.#first.source !== head.source) this.#first = null;
    const field = head.field ? `${head.field.toFixed(1).replace(".", ",")}° à ce zoom, ` : "";
    say($("champ-dit"), `${field}${head.field_measured ? "mesuré." : "d’après le modèle."}`);
    forbid($("champ-oublier"), head.field_measured ? null : "Il n’a pas été mesuré.");
    this.#tell();
  }

  /** Arrows aim, by larger steps with Shift. @param {KeyboardEvent} event */
  #aimBy({ key, shiftKey }) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (!way) return false;
    const by = shiftKey ? COARSE : FINE;
    const bounded = (/** @type {number} */ value) => Math.max(-1, Math.min(1, value));
    this.#aim = { x: bounded(this.#aim.x + way[0] * by), y: bounded(this.#aim.y + way[1] * by) };
    this.#cross.style.setProperty("--x", String(this.#aim.x));
    this.#cross.style.setProperty("--y", String(this.#aim.y));
    return true;
  }

  #tell() {
    const words = this.#first
      ? "Tournez maintenant la caméra, sans zoomer, jusqu’à ce qu’il soit à l’autre bord, puis touchez-le."
      : "Choisissez un objet fixe, amenez-le près du bord gauche ou droit de l’image, puis touchez-le.";
    say($("champ-mot"), words);
    set($("champ-recommencer"), "hidden", !this.#first);
  }

  /** @param {number} x @param {number} y from the centre of the picture, right and up */
  async #point(x, y) {
    const head = this.#head;
    if (!head?.framing) return;
    if (head.state === "moving") return refuse(this.#canvas, "La caméra bouge encore : attendez qu’elle soit arrivée.");
    if (Math.abs(x) < SIDE) return refuse(this.#canvas, "Trop près du centre : amenez l’objet vers un bord.");
    const sight = { ...head.framing, x, y };
    const first = this.#first;
    if (!first) {
      this.#first = { source: head.source, sight };
      return this.#tell();
    }
    const outcome = await this.link.camera({ type: "calibrate", camera: head.source, first: first.sight, second: sight });
    if (outcome.code) refuse(this.#canvas, outcome.message || outcome.code);
    this.#first = null;
    this.#tell();
  }
}

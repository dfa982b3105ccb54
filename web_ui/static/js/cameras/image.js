/** Focus, exposure and white balance of a camera that lets them be set: held, given back, copied to another one. */

import { $, byId, el, set } from "../common/dom.js";
import { forbid, onPress } from "../console/ask.js";

/** @typedef {import("../types.js").Head} Head */

/** @type {[string, string][]} */
const FOCUS = [
  ["point-tenir", "held"],
  ["point-une-fois", "once"],
  ["point-auto", "auto"],
];

export class ImageKeys {
  #others = byId("image-vers", HTMLSelectElement);
  /** @type {Head | null} */
  #head = null;
  #listed = "";

  /** @param {import("../console/link.js").Link} link @param {import("./heads.js").Heads} heads */
  constructor(link, heads) {
    this.heads = heads;
    const hold = (/** @type {boolean} */ on) => link.camera({ type: "hold_image", camera: this.#head?.source ?? "", on });
    onPress($("image-tenir"), () => hold(true));
    onPress($("image-auto"), () => hold(false));
    for (const [id, mode] of FOCUS) onPress($(id), () => link.camera({ type: "focus", camera: this.#head?.source ?? "", mode }));
    onPress($("image-copier"), () => link.camera({ type: "copy_image", source: this.#head?.source ?? "", target: this.#others.value }));
  }

  /** @param {Head} head */
  render(head) {
    this.#head = head;
    for (const id of ["camera-image", "camera-point"]) set($(id), "hidden", !head.can.image);
    const others = this.heads.all.filter((one) => one.source !== head.source && one.can.image);
    const listed = JSON.stringify(others.map((one) => [one.source, one.name]));
    if (listed !== this.#listed) {
      this.#listed = listed;
      this.#others.replaceChildren(...others.map((one) => el("option", { value: one.source, text: one.name })));
    }
    const lost = head.state === "lost" ? "Cette caméra ne répond pas." : null;
    for (const id of ["image-tenir", "image-auto", ...FOCUS.map(([id]) => id)]) forbid($(id), lost);
    forbid($("image-copier"), lost ?? (others.length ? null : "Aucune autre caméra ne le permet."));
  }
}

/** The camera's own memories: recalled by a tap, stored by a hold of two seconds; the picture still meanwhile, where it can be. */

import { $, el, set } from "../common/dom.js";
import { forbid, onPress } from "../console/ask.js";
import { onTapOrHold } from "./pads.js";

/** @typedef {import("../types.js").Head} Head */

const SHOWN = 16;

export class Memories {
  /** @type {Head | null} */
  #head = null;
  #listed = "";

  /** @param {import("../console/link.js").Link} link @param {() => number} speed that is chosen, a share of the camera's */
  constructor(link, speed) {
    this.link = link;
    this.speed = speed;
    const freeze = (/** @type {boolean} */ on) => link.camera({ type: "freeze_recalls", camera: this.#head?.source ?? "", on });
    onPress($("memoires-figer"), () => freeze(true));
    onPress($("memoires-defiger"), () => freeze(false));
  }

  /** @param {Head} head @param {string | null} reason why it may not be moved now */
  render(head, reason) {
    this.#head = head;
    const section = /** @type {HTMLDetailsElement} */ ($("memoires"));
    set(section, "hidden", head.can.memories === 0);
    const listed = JSON.stringify([head.source, head.can.memories, head.can.absolute]);
    if (listed !== this.#listed) {
      this.#listed = listed;
      // A camera that goes to no angle has nothing else.
      section.open = head.can.absolute === false;
      $("memoires-touches").replaceChildren(...Array.from({ length: Math.min(SHOWN, head.can.memories) }, (_, n) => this.#make(n + 1)));
    }
    for (const key of $("memoires-touches").children) forbid(/** @type {HTMLElement} */ (key), reason);
    set($("memoires-fige"), "hidden", !head.can.freeze);
  }

  /** @param {number} memory */
  #make(memory) {
    const node = el(
      "button",
      { type: "button", class: "btn memory-key", "aria-label": `Mémoire ${memory}`, title: "Toucher : rappeler. Tenir 2 s : y enregistrer le cadrage." },
      String(memory),
      el("span", { class: "pad-ring", "aria-hidden": "true" }),
    );
    const asked = (/** @type {string} */ type) => ({ type, camera: this.#head?.source ?? "", memory });
    onTapOrHold(
      node,
      () => this.link.camera({ ...asked("recall_memory"), speed: this.speed() }),
      () => this.link.camera(asked("store_memory")),
    );
    return node;
  }
}

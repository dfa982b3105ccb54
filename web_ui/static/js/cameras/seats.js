/** A seat by whichever camera is free: a press turns it there and prepares it. The seats where a camera is are lit. */

import { $, el, say, set } from "../common/dom.js";
import { forbid, onPress } from "../console/ask.js";
import { engineReason } from "../console/gate.js";

const NO_SHOT = "Aucun préréglage permis à l’antenne ne montre cette place.";

export class Seats {
  /** @type {Map<string, {node: HTMLButtonElement, note: HTMLElement}>} */
  #keys = new Map();
  #listed = "";

  /** @param {import("../console/link.js").Link} link @param {import("./heads.js").Heads} heads @param {() => number} speed */
  constructor(link, heads, speed) {
    this.link = link;
    this.heads = heads;
    this.speed = speed;
  }

  render() {
    const { places = [], elus = [] } = this.link.state;
    set($("places-libres"), "hidden", !places.length);
    const listed = JSON.stringify([places, elus.length]);
    if (listed !== this.#listed) {
      this.#listed = listed;
      this.#keys = new Map(places.map((place) => [place.id, this.#make(place.id, elus.find((one) => one.id === place.elu)?.nom ?? place.nom)]));
      $("places-touches").replaceChildren(...Array.from(this.#keys.values(), (key) => key.node));
    }
    const reason = !this.link.up || !this.link.operator ? engineReason(this.link) : null;
    for (const [place, { node, note }] of this.#keys) {
      const shots = this.heads.book.presets.filter((one) => one.usable && one.preset.places?.includes(place));
      const there = this.heads.all.find((one) => one.preset && shots.some(({ preset }) => preset.id === one.preset));
      say(note, there ? there.name : shots.length ? "" : "aucun cadrage");
      set(node, "data-here", !!there);
      forbid(node, reason ?? (shots.length ? null : NO_SHOT));
    }
  }

  /** @param {string} place @param {string} words */
  #make(place, words) {
    const note = el("span", {});
    const node = el("button", { type: "button", class: "btn seat-key", "data-place": place }, el("b", { text: words }), note);
    onPress(node, () => this.link.camera({ type: "recall_place", place, speed: this.speed() }));
    return { node, note };
  }
}

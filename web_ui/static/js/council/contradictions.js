/** What was typed without the register and that it contradicts: asked, never guessed. */

import { el, set } from "../common/dom.js";
import { clockTime } from "../common/time.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Command} Command */

export class Contradictions {
  #signature = "";

  /** @param {import("./link.js").RegisterLink} link @param {HTMLElement} place */
  constructor(link, place) {
    this.link = link;
    this.place = place;
  }

  render() {
    const { waiting } = this.link;
    const found = waiting.contradictions;
    set(this.place, "hidden", found.length === 0);
    const held = waiting.unsent.length - waiting.toSend.length;
    const signature = JSON.stringify([found, held]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.place.replaceChildren(
      ...found.map((entry) => this.#asked(entry)),
      ...(held ? [el("p", { text: held > 1 ? `${held} entrées saisies ensuite attendent votre réponse.` : "Une entrée saisie ensuite attend votre réponse." })] : []),
    );
  }

  /** @param {Entry} entry */
  #asked(entry) {
    const again = el("button", { class: "btn", type: "button", text: "Inscrire quand même, maintenant", onclick: () => void this.#again(entry) });
    const leave = el("button", { class: "btn", type: "button", text: "S’en tenir au registre", onclick: () => this.link.settle(entry.key) });
    return el(
      "section",
      { class: "contradiction", role: "alert" },
      el("p", {}, el("strong", { text: `Saisi hors ligne à ${clockTime(entry.at_ms)} : ${entry.label}.` }), ` Le registre répond : ${entry.refused?.message ?? ""}`),
      el("p", { class: "actions" }, leave, again),
    );
  }

  /** What it held back goes after it. @param {Entry} entry */
  async #again(entry) {
    const { when_ms, ...command } = entry.command;
    const answer = await this.link.enter(/** @type {Command} */ (command), entry.label);
    this.link.settle(entry.key);
    if (answer.code) this.link.dispatchEvent(new CustomEvent("warned", { detail: [{ regle: "", article: answer.code, phrase: answer.message }] }));
  }
}

/** Several cameras to a preset each, arriving together, as soon as they can or in so many seconds. */

import { $, byId, el } from "../common/dom.js";
import { forbid, onPress } from "../console/ask.js";
import { engineReason } from "../console/gate.js";

export class Together {
  #listed = "";
  /** @type {HTMLSelectElement[]} */
  #choices = [];

  /** @param {import("../console/link.js").Link} link @param {import("./heads.js").Heads} heads */
  constructor(link, heads) {
    this.link = link;
    this.heads = heads;
    const within = byId("ensemble-duree", HTMLSelectElement);
    onPress($("ensemble-aller"), () =>
      link.camera({ type: "recall_together", presets: this.#chosen, ...(within.value ? { seconds: Number(within.value) } : {}) }),
    );
    $("ensemble-choix").addEventListener("change", () => this.render());
  }

  get #chosen() {
    return this.#choices.map((choice) => choice.value).filter(Boolean);
  }

  render() {
    const cameras = this.heads.all.filter((one) => this.heads.presetsOf(one.source).length);
    $("ensemble").toggleAttribute("hidden", cameras.length < 2);
    const lists = cameras.map((one) => ({ one, presets: this.heads.presetsOf(one.source).map(({ preset }) => [preset.id, preset.name]) }));
    const listed = JSON.stringify(lists.map(({ one, presets }) => [one.source, one.name, presets]));
    if (listed !== this.#listed) {
      this.#listed = listed;
      const kept = this.#chosen;
      this.#choices = lists.map(({ presets }) => {
        const choice = el("select", { class: "input" }, el("option", { value: "", text: "reste" }), ...presets.map(([value, text]) => el("option", { value, text })));
        choice.value = presets.find(([id]) => kept.includes(id))?.[0] ?? "";
        return choice;
      });
      $("ensemble-choix").replaceChildren(...this.#choices.map((choice, n) => el("label", { class: "field" }, el("span", { text: cameras[n].name }), choice)));
    }
    const unable = !this.link.up || !this.link.operator ? engineReason(this.link) : null;
    forbid($("ensemble-aller"), unable ?? (this.#chosen.length ? null : "Choisir d’abord où vont les caméras."));
  }
}

/** Lower thirds: find a councillor, check the words, show them, take them off. */

import { $, byId, el, say, set } from "../common/dom.js";
import { ask, forbid, onPress } from "./ask.js";
import { engineReason } from "./gate.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Title} Title */

/** Without accents or case, as one types in a hurry. @param {string} words */
const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** People of whom every typed word begins some word. @param {Person[]} people @param {string} typed */
export function find(people, typed) {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  return people.filter((person) => {
    const words = plain(`${person.nom} ${person.fonction ?? ""} ${person.groupe ?? ""}`).split(/[\s'’-]+/);
    return wanted.every((start) => words.some((word) => word.startsWith(start)));
  });
}

export class Titles {
  #search = byId("chercher-elu", HTMLInputElement);
  #fields = {
    name: byId("titre-nom", HTMLInputElement),
    function: byId("titre-fonction", HTMLInputElement),
    group: byId("titre-groupe", HTMLInputElement),
  };
  #list = $("elus");
  #shown = "";

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    this.#search.addEventListener("input", () => this.#filter());
    this.#search.addEventListener("keydown", (event) => {
      const first = this.#list.querySelector("button");
      if (event.key === "Enter" && first) {
        event.preventDefault();
        first.click();
        this.#showButton.focus();
      }
    });
    onPress(this.#showButton, () => this.link.command({ type: "title", title: this.#composed() }));
    onPress($("titre-retirer"), () => this.link.command({ type: "title", title: null }));
    onPress($("logo"), () => this.link.command({ type: "logo", visible: !this.link.state.moteur?.logo }));
    for (const field of Object.values(this.#fields)) field.addEventListener("input", () => this.render());
  }

  get #showButton() {
    return $("titre-afficher");
  }

  /** The key of the titles: show the composed one, or take off the one that is shown. */
  toggle() {
    (this.link.state.moteur?.title ? $("titre-retirer") : this.#showButton).click();
  }

  /** @returns {Title} */
  #composed() {
    const { name, function: role, group } = this.#fields;
    return { name: name.value.trim(), function: role.value.trim(), group: group.value.trim() };
  }

  /** @param {Person} person */
  #choose(person) {
    this.#fields.name.value = person.nom;
    this.#fields.function.value = person.fonction ?? "";
    this.#fields.group.value = person.groupe ?? "";
    this.render();
  }

  #filter() {
    const people = this.link.state.elus ?? [];
    const found = find(people, this.#search.value);
    this.#list.replaceChildren(
      ...found.map((person) => {
        const details = [person.fonction, person.groupe].filter(Boolean).join(" · ");
        const button = el("button", { type: "button", class: "person", title: "Double clic : afficher tout de suite" });
        button.append(el("strong", { text: person.nom }), el("span", { text: details }));
        button.addEventListener("click", () => this.#choose(person));
        button.addEventListener("dblclick", () => void ask(this.#showButton, () => this.link.command({ type: "title", title: this.#composed() })));
        return el("li", {}, button);
      }),
    );
    say($("elus-compte"), people.length ? `${found.length} sur ${people.length}` : "Aucun élu dans la configuration");
  }

  render() {
    const people = JSON.stringify(this.link.state.elus ?? []);
    if (people !== this.#shown) {
      this.#shown = people;
      this.#filter();
    }
    const composed = this.#composed();
    const engine = this.link.state.moteur;
    const air = engine?.title ?? null;
    const reason = engineReason(this.link);
    forbid(this.#showButton, reason ?? (composed.name ? null : "Choisissez un élu ou tapez un nom."));
    forbid($("titre-retirer"), reason ?? (air ? null : "Aucun synthé n’est affiché."));
    forbid($("logo"), reason);
    set($("logo"), "aria-pressed", String(!!engine?.logo));
    say($("titre-antenne-nom"), air ? air.name : "Aucun synthé au programme");
    say($("titre-antenne-details"), air ? [air.function, air.group].filter(Boolean).join(" · ") : "");
    set($("titre-antenne"), "data-on", air !== null);
    for (const button of this.#list.querySelectorAll("button"))
      set(button, "aria-pressed", String(button.querySelector("strong")?.textContent === composed.name));
  }
}

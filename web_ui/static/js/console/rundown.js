/** The rundown: where the council is in its agenda, since when, and the next item, called in two presses of its key. */

import { $, el, say, set, unbroken } from "../common/dom.js";
import { duration, showClock } from "../common/time.js";
import { forbid, onPress } from "./ask.js";

/** @typedef {import("./link.js").Link} Link */

/** A stray press of a function key must not call an item: the second one does, if it comes soon. */
const AGAIN_MS = 5000;
const TICK_MS = 1000;
const STATES = { a_venir: "", en_cours: "en cours", traite: "traité", reporte: "reporté" };

export class Rundown {
  #drawn = "";
  #askedAt = -Infinity;
  #timer = 0;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    this.key = $("point-suivant");
    onPress(this.key, () => this.#call());
    setInterval(() => this.#tick(), TICK_MS);
  }

  get #rundown() {
    return this.link.state.conducteur ?? { points: [], suivant: "", empeche: null };
  }

  get #next() {
    const { points, suivant } = this.#rundown;
    return points.find((item) => item.id === suivant);
  }

  #call() {
    this.#settle();
    return this.link.enter({ type: "call_item", items: [this.#rundown.suivant] });
  }

  /** The key of the keyboard: the first press says what the second will do. */
  press() {
    const next = this.#next;
    if (this.key.getAttribute("aria-disabled") === "true" || !next) return this.#tell(this.key.title);
    if (performance.now() - this.#askedAt < AGAIN_MS) return void this.#call().then(({ message }) => message && this.#tell(message));
    this.#tell(`Encore une fois pour appeler le point ${next.numero} : ${unbroken(next.titre)}`);
    this.#askedAt = performance.now();
  }

  /** In the band, for a few seconds. @param {string} words */
  #tell(words) {
    this.#settle();
    say($("bande-point-mot"), words);
    set($("bande-point"), "hidden", false);
    this.#timer = setTimeout(() => this.#settle(), AGAIN_MS);
  }

  #settle() {
    clearTimeout(this.#timer);
    this.#askedAt = -Infinity;
    set($("bande-point"), "hidden", true);
  }

  render() {
    const { points, empeche } = this.#rundown;
    const next = this.#next;
    say(this.key, next ? `Appeler le point ${next.numero}` : "Point suivant");
    const kept = this.link.operator ? null : "Un compte de la régie est nécessaire.";
    forbid(this.key, this.link.up ? (kept ?? empeche ?? (next ? null : "Pas d’ordre du jour.")) : "Liaison perdue.");
    set(this.key, "hidden", points.length === 0);
    const current = points.filter((item) => item.etat === "en_cours");
    set($("tete-point"), "hidden", current.length === 0);
    if (current.length) {
      const numbers = current.map((item) => item.numero);
      say($("tete-point-rang"), `${numbers.length > 1 ? `${numbers[0]}–${numbers[numbers.length - 1]}` : numbers[0]}/${points.length}`);
      set($("tete-point"), "title", current.map((item) => `${item.numero}. ${item.titre}`).join("\n"));
    }
    this.#tick();
    this.#draw();
  }

  #tick() {
    const since = this.#rundown.points.find((item) => item.etat === "en_cours")?.appele_utc;
    if (since) showClock($("tete-point-temps"), duration(Date.now() / 1000 - since));
  }

  /** The agenda of the register; without one, the titles that the séance was prepared with. */
  #draw() {
    const { points, suivant } = this.#rundown;
    const plain = points.length ? [] : (this.link.state.points ?? []);
    const signature = JSON.stringify([points, suivant, plain]);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    const marked = points.map((item) => {
      const state = item.id === suivant ? "suivant" : item.etat;
      const word = item.id === suivant ? "suivant" : STATES[item.etat];
      return el(
        "li",
        { "data-state": state, "aria-current": item.etat === "en_cours" ? "step" : null },
        el("b", { class: "agenda-rank", text: String(item.numero) }),
        el("span", { text: unbroken(item.titre) }),
        word ? el("b", { class: "agenda-word", text: word }) : null,
      );
    });
    $("ordre").replaceChildren(...marked, ...plain.map((item) => el("li", {}, el("b", { class: "agenda-rank", text: String(item.numero) }), el("span", { text: unbroken(item.titre) }))));
    $("ordre").querySelector('[aria-current="step"]')?.scrollIntoView({ block: "nearest" });
  }
}

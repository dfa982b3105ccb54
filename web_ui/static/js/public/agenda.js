/** The agenda is the seek list: an item that has begun goes to its instant, the one that is playing is lit, results come proclaimed. */

import { $, el, set, unbroken } from "../common/dom.js";
import { duration, spoken } from "../common/time.js";

/** @typedef {import("../types.js").Item} Item */
/** @typedef {import("./player.js").Player} Player */

/** A chapter begins a little before the word that opens it. */
const LEAD_S = 2;

export class Agenda {
  /** @type {Item[]} */
  #items = [];
  #signature = "";

  /** @param {Player} player @param {(seconds: number) => void} open opens the player at an instant when it is not open yet */
  constructor(player, open) {
    this.player = player;
    this.open = open;
    player.addEventListener("changed", () => {
      this.#light();
      this.#mark();
    });
  }

  /** @param {Item[]} items */
  show(items) {
    this.#items = items;
    const signature = JSON.stringify(items);
    set($("ordre-du-jour"), "hidden", items.length === 0);
    if (signature !== this.#signature) {
      this.#signature = signature;
      $("points").replaceChildren(...items.map((item) => this.#item(item)));
    }
    this.#light();
  }

  /** @param {Item} item */
  #item(item) {
    const words = el("span", { class: "item-words" }, el("span", { class: "item-name", text: unbroken(item.titre) }));
    if (item.resultat) words.append(el("span", { class: "item-result", "data-adopted": item.resultat.adopte, text: unbroken(item.resultat.phrase) }));
    else if (item.etat === "en_cours") words.append(el("span", { class: "item-result now", text: "en cours" }));
    else if (item.etat === "reporte") words.append(el("span", { class: "item-result", text: "reporté" }));
    const number = el("span", { class: "number", text: item.numero });
    const at = item.debut_s ?? null;
    const line = el("li", { "data-number": item.numero, "data-state": item.etat });
    if (at === null) line.append(number, words);
    else {
      const go = el("button", { class: "chapter", type: "button", "aria-label": `Point ${item.numero}, ${item.titre}, à ${spoken(at)}` }, number, words, el("span", { class: "item-time", text: duration(at) }));
      go.addEventListener("click", () => this.go(at));
      line.append(go);
    }
    if (item.pieces?.length) line.append(papers(item.pieces));
    return line;
  }

  /** To an instant, opening the player when it is not. @param {number} at seconds from the beginning */
  go(at) {
    const to = Math.max(0, at - LEAD_S);
    if (!this.player.opened) return this.open(to);
    this.player.seek(this.player.start + to);
    this.player.play();
  }

  /** The item at the instant that is being watched; before one watches, the one that is on. */
  #light() {
    const begun = this.#items.filter((item) => (item.debut_s ?? null) !== null);
    const at = this.player.position - this.player.start + LEAD_S;
    const watched = begun.filter((item) => Number(item.debut_s) <= at).sort((a, b) => Number(a.debut_s) - Number(b.debut_s)).at(-1);
    const lit = this.player.opened && !(this.player.atLive && this.player.live) ? watched : this.#items.find((item) => item.etat === "en_cours");
    for (const line of $("points").children) set(line, "aria-current", lit && line.getAttribute("data-number") === String(lit.numero) ? "true" : null);
  }

  /** Where each item begins on the seek bar. */
  #mark() {
    const length = this.player.edge - this.player.start;
    const begun = length > 0 ? this.#items.filter((item) => (item.debut_s ?? null) !== null) : [];
    const bar = $("points-barre");
    while (bar.childElementCount > begun.length) bar.lastElementChild?.remove();
    while (bar.childElementCount < begun.length) bar.append(el("span"));
    begun.forEach((item, rank) => {
      const mark = /** @type {HTMLElement} */ (bar.children[rank]);
      mark.style.left = `${Math.min(100, (100 * Number(item.debut_s)) / length)}%`;
    });
  }
}

/** What there is to read about an item. @param {NonNullable<Item["pieces"]>} pieces */
function papers(pieces) {
  const links = pieces.map((one) => {
    const about = ` (${one.genre.toUpperCase()}, ${weight(one.octets)})`;
    return el("li", {}, el("a", { href: one.adresse, download: true }, el("span", { text: unbroken(one.titre) }), el("span", { class: "paper-size", text: about })));
  });
  return el("ul", { class: "papers" }, ...links);
}

/** « 340 ko », « 1,2 Mo ». @param {number} bytes */
export function weight(bytes) {
  const ko = Math.max(1, Math.round(bytes / 1000));
  return ko < 1000 ? `${ko} ko` : `${(ko / 1000).toLocaleString("fr-FR", { maximumFractionDigits: 1 })} Mo`;
}

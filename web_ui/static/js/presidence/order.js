/**
 * What the president takes note of in two taps: a point of order, which has the floor at once; somebody who withdraws from the item.
 * A sheet of names, nothing to type.
 */

import { byId, el, set } from "../common/dom.js";
import { openSheet } from "../common/sheet.js";
import { ask, forbid, refuse } from "../console/ask.js";
import { fill } from "../auxiliaire/dialogs.js";
import { currentItem } from "../council/people.js";

/** @typedef {import("../council/types.js").Seat} Seat */
/** @typedef {import("../council/types.js").Answer} Answer */

export class Order {
  /** @param {import("../council/link.js").RegisterLink} link @param {HTMLElement} place */
  constructor(link, place) {
    this.link = link;
    this.order = el("button", { class: "btn", type: "button", id: "rappel", text: "Rappel au règlement…", "aria-haspopup": "dialog", onclick: () => this.#pointOfOrder() });
    this.recusal = el("button", { class: "btn", type: "button", id: "deport", text: "Déport…", "aria-haspopup": "dialog", onclick: () => this.#recusal() });
    place.append(this.order, this.recusal);
  }

  render() {
    const { register, up } = this.link;
    const lost = up ? null : "Liaison perdue.";
    const item = currentItem(register);
    set(this.order.parentElement ?? this.order, "hidden", register?.phase !== "ouverte");
    forbid(this.order, lost);
    forbid(this.recusal, lost ?? (item ? null : "Aucun point n’est appelé."));
  }

  #pointOfOrder() {
    if (this.order.hasAttribute("aria-disabled")) return refuse(this.order, this.order.title);
    const { register } = this.link;
    const waiting = new Set(register?.parole.file.filter((wish) => wish.rappel).map((wish) => wish.personne));
    this.#names("Rappel au règlement : qui a la parole ?", "La parole lui est donnée aussitôt ; le rappel est noté au registre.", this.#there(), async (seat) => {
      if (!waiting.has(seat.id)) {
        const asked = await this.link.enter({ type: "ask_floor", person: seat.id, point_of_order: true }, `Rappel au règlement : ${seat.nom}`);
        if (asked.code) return asked;
      }
      return this.link.enter({ type: "give_floor", person: seat.id }, `Parole à ${seat.nom}`);
    });
  }

  #recusal() {
    if (this.recusal.hasAttribute("aria-disabled")) return refuse(this.recusal, this.recusal.title);
    const item = currentItem(this.link.register);
    if (!item) return;
    const out = new Set(item.deports.filter((one) => one.enregistre).map((one) => one.siege));
    const people = this.#there().filter((seat) => !out.has(seat.suppleant_de || seat.id));
    this.#names(
      `Déport, point ${item.rang} : qui ne prend pas part ?`,
      "Hors du quorum et du vote de ce point, micro fermé, sans image, jusqu’à la fin du point. Le secrétariat peut le lever, ou dire qu’il représente un organisme (L.1111-6 II).",
      people,
      (seat) => this.link.enter({ type: "recuse", item: item.id, seat: seat.suppleant_de || seat.id }, `Déport : ${seat.nom}`),
    );
  }

  #there() {
    return (this.link.register?.conseil ?? []).filter((seat) => seat.etat === "present");
  }

  /** @param {string} title @param {string} note @param {Seat[]} people @param {(seat: Seat) => Promise<Answer>} act */
  #names(title, note, people, act) {
    const dialog = byId("reglages", HTMLDialogElement);
    const keys = people.map((seat) => {
      const key = el("button", { class: "btn", type: "button", text: seat.nom });
      key.addEventListener("click", async () => {
        const answer = await ask(key, () => act(seat));
        if (!answer.code) dialog.close();
      });
      return key;
    });
    fill(dialog, "reglages-titre", title, el("p", { class: "note", text: note }), el("div", { class: "name-keys" }, ...keys));
    openSheet(dialog);
  }
}

/**
 * The agenda at work: its order changed, several items voted together when nobody objects, a question that comes late, an item that was
 * ended by mistake brought back. A side sheet over the work, by keyboard as by hand.
 */

import { byId, el, redraw, unbroken } from "../common/dom.js";
import { openSheet } from "../common/sheet.js";
import { fill } from "./dialogs.js";
import { key, row } from "./panel.js";

/** @typedef {import("../council/types.js").AgendaItem} AgendaItem */
/** @typedef {import("../council/types.js").Register} Register */

/** What may be voted together (VO14). */
const TOGETHER = new Set(["ordinaire", "autre_acte_budgetaire", "contrat_garantie_ou_aide"]);
/** What a hand may have ended by mistake; what a rule postponed stays so. */
const ENDED_BY_HAND = new Set(["dont_acte", "retire", "reporte"]);

export class Agenda {
  /** The order as it is being changed; empty: that of the register. @type {string[]} */
  #order = [];
  /** @type {Set<string>} */
  #chosen = new Set();
  #agreed = false;
  #title = "";
  /** @type {Record<string, string>} */
  #reasons = {};
  #signature = "";

  /** @param {import("../council/link.js").RegisterLink} link @param {Record<string, string>} states words of the states of an item */
  constructor(link, states) {
    this.link = link;
    this.states = states;
    this.dialog = byId("ordre", HTMLDialogElement);
  }

  open() {
    this.#order = [];
    this.#chosen.clear();
    this.#agreed = false;
    this.#draw();
    openSheet(this.dialog);
    this.dialog.querySelector("button")?.focus();
  }

  render() {
    const { register } = this.link;
    if (!this.dialog.open || !register) return;
    const signature = JSON.stringify([register.points, register.phase, register.courants, this.link.up]);
    if (signature !== this.#signature) this.#draw();
  }

  /** The items in the order being made; another one that appeared meanwhile comes last. @param {Register} register */
  #items(register) {
    const rank = new Map(this.#order.map((id, at) => [id, at]));
    return [...register.points].sort((a, b) => (rank.get(a.id) ?? 1000 + a.rang) - (rank.get(b.id) ?? 1000 + b.rang));
  }

  #draw() {
    const { register } = this.link;
    if (!register) return this.dialog.close();
    this.#signature = JSON.stringify([register.points, register.phase, register.courants, this.link.up]);
    const had = document.activeElement?.id ?? "";
    const items = this.#items(register);
    for (const id of [...this.#chosen]) if (!this.#groupable(register, items.find((item) => item.id === id))) this.#chosen.delete(id);
    const changed = items.some((item, at) => item.id !== register.points[at].id);
    const kept = redraw(this.dialog, () =>
      fill(
        this.dialog,
        "ordre-titre",
        "Ordre du jour",
        el("p", { class: "note", text: "Flèches : changer l’ordre (au clavier, Alt + ↑ ou ↓ sur un point). Cocher plusieurs points : les mettre aux voix ensemble." }),
        el("ol", { class: "order" }, ...items.map((item, at) => this.#item(register, items, item, at))),
        changed ? this.#keep(items) : null,
        this.#together(register),
        this.#late(),
      ),
    );
    // An item that came first can go no further up: its other arrow, or else the sheet itself.
    if (kept) return;
    const other = document.getElementById(had)?.closest(".order-moves")?.querySelector("button:enabled");
    const next = other ?? this.dialog.querySelector("[data-close]");
    if (next instanceof HTMLElement) next.focus();
  }

  /** @param {Register} register @param {AgendaItem | undefined} item */
  #groupable(register, item) {
    return register.phase === "ouverte" && item !== undefined && item.etat === "inscrit" && item.votable && TOGETHER.has(item.type) && item.deports.length === 0;
  }

  /** @param {Register} register @param {AgendaItem[]} items @param {AgendaItem} item @param {number} at */
  #item(register, items, item, at) {
    const listed = item.etat === "inscrit" && register.phase !== "levee";
    const line = el("li", { class: "order-item", "data-state": item.etat, "data-refusals": true });
    const tick = el("input", { type: "checkbox", id: `ensemble-${item.id}`, checked: this.#chosen.has(item.id), disabled: !this.#groupable(register, item), "aria-label": `Point ${item.rang}, à voter avec d’autres` });
    tick.addEventListener("change", () => {
      if (tick.checked) this.#chosen.add(item.id);
      else this.#chosen.delete(item.id);
      this.#draw();
    });
    line.append(
      tick,
      el("span", { class: "order-title" }, el("strong", { text: `${item.rang}. ` }), unbroken(item.titre)),
      el("span", { class: "agenda-state", text: this.states[item.etat] ?? item.etat }),
      el("span", { class: "order-moves" }, this.#move(items, item, at, -1, listed), this.#move(items, item, at, 1, listed)),
    );
    line.addEventListener("keydown", (event) => {
      if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
      event.preventDefault();
      if (listed) this.#shift(items, at, event.key === "ArrowUp" ? -1 : 1);
    });
    if (ENDED_BY_HAND.has(item.etat) && !item.cause && register.phase === "ouverte") line.append(this.#restore(item));
    return line;
  }

  /** @param {AgendaItem[]} items @param {AgendaItem} item @param {number} at @param {number} step @param {boolean} listed */
  #move(items, item, at, step, listed) {
    const free = listed && items[at + step]?.etat === "inscrit";
    const button = el("button", { class: "btn bare", type: "button", id: `ordre-${step < 0 ? "haut" : "bas"}-${item.id}`, disabled: !free, text: step < 0 ? "↑" : "↓", "aria-label": `Point ${item.rang} : ${step < 0 ? "plus tôt" : "plus tard"}` });
    button.addEventListener("click", () => this.#shift(items, at, step));
    return button;
  }

  /** @param {AgendaItem[]} items @param {number} at @param {number} step */
  #shift(items, at, step) {
    if (items[at + step]?.etat !== "inscrit") return;
    const order = items.map((item) => item.id);
    [order[at], order[at + step]] = [order[at + step], order[at]];
    this.#order = order;
    this.#draw();
  }

  /** @param {AgendaItem[]} items */
  #keep(items) {
    const back = el("button", { class: "btn", type: "button", id: "ordre-revenir", text: "Revenir à l’ordre du registre" });
    back.addEventListener("click", () => {
      this.#order = [];
      this.#draw();
    });
    const keep = key(this.link, "Enregistrer cet ordre", () => ({ type: "reorder_agenda", order: items.map((item) => item.id) }), { primary: true, id: "ordre-garder", label: "Ordre du jour modifié" });
    return el("section", { class: "sheet-part", "data-refusals": true }, row(keep, back));
  }

  /** @param {Register} register */
  #together(register) {
    if (this.#chosen.size < 2) return null;
    const ranks = register.points.filter((item) => this.#chosen.has(item.id));
    const words = ranks.map((item) => item.rang).join(", ");
    const agreed = el("input", { type: "checkbox", id: "personne-ne-s-oppose", checked: this.#agreed });
    agreed.addEventListener("change", () => (this.#agreed = agreed.checked));
    const call = key(
      this.link,
      `Appeler ensemble les points ${words}`,
      () => (this.#agreed ? { type: "call_item", items: ranks.map((item) => item.id), nobody_objects: true } : null),
      { primary: true, id: "appeler-ensemble", label: `Appel des points ${words}, ensemble`, why: register.gestes.appeler, missing: "Le conseil se prononce sur chaque projet : il faut que personne ne s’oppose au vote groupé." },
    );
    call.addEventListener("click", () => {
      if (this.#agreed && !register.gestes.appeler) this.dialog.close();
    });
    return el(
      "section",
      { class: "sheet-part", "data-refusals": true },
      el("h3", { text: "Un seul vote, une délibération chacun" }),
      el("label", { class: "tick" }, agreed, el("span", { text: "la question a été posée, personne ne s’oppose au vote groupé" })),
      row(call),
    );
  }

  #late() {
    const title = el("input", { class: "input", id: "question-titre", type: "text", maxlength: "200", placeholder: "objet de la question", value: this.#title, "aria-label": "Objet de la question" });
    title.addEventListener("input", () => (this.#title = title.value));
    const add = key(
      this.link,
      "Ajouter la question",
      () => {
        const words = this.#title.trim();
        if (!words) return null;
        this.#title = title.value = "";
        return { type: "add_item", item: { id: `q${Math.round(this.link.now())}`, title: words } };
      },
      { id: "question-ajouter", label: "Question ajoutée", missing: "Dites l’objet de la question." },
    );
    return el(
      "section",
      { class: "sheet-part", "data-refusals": true },
      el("h3", { text: "Une question qui n’était pas à l’ordre du jour" }),
      el("p", { class: "note", text: "Après le délai de convocation, on peut en parler et en donner acte, pas la voter (L.2121-10, L.2121-12). Une urgence se convoque : nouvelle convocation, un jour franc au moins, et le conseil se prononce d’abord sur l’urgence." }),
      row(title, add),
    );
  }

  /** @param {AgendaItem} item */
  #restore(item) {
    const reason = el("input", { class: "input", id: `remettre-${item.id}`, type: "text", maxlength: "200", placeholder: "motif", value: this.#reasons[item.id] ?? "", "aria-label": `Motif, point ${item.rang}` });
    reason.addEventListener("input", () => (this.#reasons[item.id] = reason.value));
    return el(
      "span",
      { class: "pair order-restore" },
      reason,
      key(this.link, "Remettre à l’ordre du jour", () => (reason.value.trim() ? { type: "restore_item", item: item.id, reason: reason.value } : null), { id: `remettre-garder-${item.id}`, label: `Point ${item.rang} remis`, missing: "Dites le motif : il reste au registre." }),
    );
  }
}

/** Who speaks and since when, who waits: the floor is given and taken in one tap, to anybody in the room. */

import { $, byId, el, say, set } from "../common/dom.js";
import { openSheet } from "../common/sheet.js";
import { fill } from "../auxiliaire/dialogs.js";
import { key } from "../auxiliaire/panel.js";
import { nameOf, seatOf } from "../council/people.js";
import { Timer } from "./timer.js";

const SHOWN = 6;
const MINUTE = 60_000;

export class Floor {
  #signature = "";

  /** @param {import("../council/link.js").RegisterLink} link */
  constructor(link) {
    this.link = link;
    this.timer = new Timer($("orateur-temps"));
    this.ring = /** @type {Element} */ (document.querySelector("#anneau"));
  }

  render() {
    const { register } = this.link;
    if (!register) return;
    const { orateur, file, tour_ms, point_ms } = register.parole;
    const open = register.phase === "ouverte" && this.link.up;
    const signature = JSON.stringify([register.parole, open, this.link.up, register.gestes.retirer_parole, register.gestes.prolonger, register.conseil.map((seat) => seat.etat)]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const seat = seatOf(register, orateur);
    // A floor that nobody was seen to give is given by word of mouth; the secretary notes it.
    const lost = this.link.up ? null : "Liaison perdue.";
    say($("orateur"), orateur ? nameOf(register, orateur) : "Personne");
    set($("orateur"), "data-nobody", orateur === "");
    $("orateur-gestes").replaceChildren(
      key(this.link, "Reprendre la parole", { type: "take_floor" }, { why: lost ?? register.gestes.retirer_parole, label: "Fin de parole" }),
      key(this.link, "+ 2 min", { type: "extend_time", by_ms: 2 * MINUTE }, { why: lost ?? register.gestes.prolonger, label: "Temps prolongé" }),
      el("button", { class: "btn", type: "button", text: tour_ms || point_ms ? `Temps : ${minutes(tour_ms)} par orateur, ${minutes(point_ms)} par point` : "Fixer les temps", onclick: () => this.#times() }),
      seat?.groupe ? el("span", { class: "note", text: seat.groupe }) : "",
    );
    $("file").replaceChildren(
      ...file.slice(0, SHOWN).map((wish, rank) =>
        el(
          "li",
          {},
          key(this.link, `${rank + 1}. ${nameOf(register, wish.personne)}${wish.rappel ? " · rappel au règlement" : ""}`, { type: "give_floor", person: wish.personne }, {
            primary: rank === 0,
            why: lost,
            label: `Parole à ${nameOf(register, wish.personne)}`,
          }),
        ),
      ),
    );
    say($("file-titre"), file.length ? `Demandes de parole : ${file.length}` : "Personne ne demande la parole");
    $("donner").replaceChildren(this.#choice(open));
  }

  tick() {
    const { register } = this.link;
    const spent = this.timer.show(register?.parole.depuis_ms ?? null, register?.parole.accorde_ms ?? 0, this.link.now());
    set(this.ring, "stroke-dasharray", `${Math.round((spent ?? 0) * 100)} 100`);
    set(this.ring, "data-level", $("orateur-temps").dataset.level ?? null);
  }

  /** Anybody who is there, whether or not he asked: the president interrupts, answers, gives the floor back. @param {boolean} open */
  #choice(open) {
    const { register } = this.link;
    const there = (register?.conseil ?? []).filter((seat) => seat.etat === "present" && seat.id !== register?.parole.orateur);
    const choice = el("select", { class: "input", "aria-label": "Donner la parole à", disabled: !open }, el("option", { value: "", text: "Donner la parole à…" }), ...there.map((seat) => el("option", { value: seat.id, text: seat.nom })));
    choice.addEventListener("change", () => {
      if (choice.value) void this.link.enter({ type: "give_floor", person: choice.value }, `Parole à ${nameOf(register, choice.value)}`).then((answer) => {
        if (answer.code) say($("file-titre"), answer.message);
      });
      choice.value = "";
    });
    return choice;
  }

  #times() {
    const dialog = byId("reglages", HTMLDialogElement);
    const parole = this.link.register?.parole;
    const field = (/** @type {string} */ label, /** @type {number} */ ms) => {
      const input = el("input", { class: "input", type: "number", min: "0", max: "240", value: String(Math.round(ms / MINUTE)) });
      return { input, line: el("label", { class: "field" }, el("span", { text: label }), input) };
    };
    const turn = field("Minutes par orateur (0 : sans limite)", parole?.tour_ms ?? 0);
    const item = field("Minutes par point (0 : sans limite)", parole?.point_ms ?? 0);
    const keep = key(this.link, "Fixer", () => ({ type: "allow_time", turn_ms: Number(turn.input.value) * MINUTE, item_ms: Number(item.input.value) * MINUTE }), { primary: true, label: "Temps de parole" });
    keep.addEventListener("click", () => setTimeout(() => dialog.close(), 300));
    fill(dialog, "reglages-titre", "Temps de parole", turn.line, item.line, el("p", { class: "note", text: "Un mot et un son préviennent trois minutes avant la fin, puis à la fin." }), keep);
    openSheet(dialog);
  }
}

/** @param {number} ms */
const minutes = (ms) => (ms ? `${Math.round(ms / MINUTE)} min` : "sans limite");

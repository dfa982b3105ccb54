/** The head: quorum with the names behind the number, phase, link, what waits, what contradicts. */

import { $, byId, el, say, set } from "../common/dom.js";
import { openSheet } from "../common/sheet.js";
import { Contradictions } from "../council/contradictions.js";
import { currentItem, nameOf } from "../council/people.js";
import { fill } from "./dialogs.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Quorum} Quorum */

/** @type {Record<string, string>} */
const PHASES = { convoquee: "Avant l’ouverture", ouverte: "Séance ouverte", suspendue: "Séance suspendue", levee: "Séance levée" };

export class Head {
  /** @param {RegisterLink} link */
  constructor(link) {
    this.link = link;
    this.contradictions = new Contradictions(link, $("contradictions"));
    $("quorum").addEventListener("click", () => this.#names());
  }

  render() {
    const { register } = this.link;
    set(document.body, "data-phase", register?.phase ?? "rien");
    this.tick();
    this.contradictions.render();
    if (!register) return;
    const item = currentItem(register);
    const quorum = item?.quorum ?? register.quorum;
    const word = quorum.atteint ? "" : quorum.dispense ? " · quorum non exigé" : " · quorum non atteint";
    say($("quorum-compte"), `${quorum.compare} présents / ${quorum.requis} requis${word}`);
    say(
      $("quorum-suite"),
      `${quorum.en_exercice} en exercice · ${quorum.pouvoirs} pouvoirs (non comptés)${item?.quorum && item.quorum.ecartes.length ? ` · ${item.quorum.ecartes.length} hors du point` : ""}`,
    );
    const margin = quorum.compare - quorum.requis;
    set($("quorum"), "data-level", quorum.atteint ? (margin === 0 ? "juste" : margin === 1 ? "proche" : "bon") : "perdu");
    say($("phase"), PHASES[register.phase]);
    const room = register.salles.find((one) => one.id === this.link.who.salle);
    say($("salle-nom"), room ? room.nom : register.plusieurs_lieux ? "Toutes les salles" : (register.salles[0]?.nom ?? ""));
  }

  tick() {
    const { link } = this;
    const waiting = link.waiting.unsent.length;
    set($("coupure"), "hidden", link.up);
    const kept = waiting === 0 ? "Ce que vous saisissez attend ici et sera inscrit à son heure." : `${waiting} ${waiting > 1 ? "entrées attendent" : "entrée attend"} ici, à leur heure.`;
    if (!link.up) say($("coupure-mot"), `Liaison perdue depuis ${Math.round((performance.now() - link.lostAt) / 1000)} s, nouvelle tentative. ${kept}`);
  }

  #names() {
    const { register } = this.link;
    if (!register) return;
    const item = currentItem(register);
    const dialog = byId("noms", HTMLDialogElement);
    fill(
      dialog,
      "noms-titre",
      "Qui fait le quorum",
      el("h3", { text: "Séance" }),
      this.#list(register.quorum),
      item?.quorum ? el("h3", { text: `Point ${item.rang} : ${item.titre}` }) : null,
      item?.quorum ? this.#list(item.quorum) : null,
    );
    openSheet(dialog);
  }

  /** @param {Quorum} quorum */
  #list(quorum) {
    const names = (/** @type {string[]} */ ids) => ids.map((id) => nameOf(this.link.register, id)).join(", ") || "personne";
    return el(
      "dl",
      { class: "names" },
      el("dt", { text: `Présents : ${quorum.presents}, pour ${quorum.requis} requis sur ${quorum.en_exercice} en exercice` }),
      el("dd", { text: names(quorum.noms) }),
      el("dt", { text: `Représentés, non comptés : ${quorum.pouvoirs}` }),
      el("dd", { text: names(quorum.representes) }),
      quorum.ecartes.length ? el("dt", { text: "Hors de ce point" }) : null,
      quorum.ecartes.length ? el("dd", { text: names(quorum.ecartes) }) : null,
    );
  }
}

/** The head: quorum with the names behind the number, phase, link, what waits, what contradicts. */

import { $, byId, el, say, set } from "../common/dom.js";
import { clockTime } from "../common/time.js";
import { currentItem, nameOf } from "../council/people.js";
import { fill } from "./dialogs.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Quorum} Quorum */

/** @type {Record<string, string>} */
const PHASES = { convoquee: "Avant l’ouverture", ouverte: "Séance ouverte", suspendue: "Séance suspendue", levee: "Séance levée" };

export class Head {
  #contradictions = "";

  /** @param {RegisterLink} link */
  constructor(link) {
    this.link = link;
    $("quorum").addEventListener("click", () => this.#names());
  }

  render() {
    const { register } = this.link;
    set(document.body, "data-phase", register?.phase ?? "rien");
    this.tick();
    this.#showContradictions();
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

  /** What was typed without the register and that it contradicts: asked, never guessed. */
  #showContradictions() {
    const { link } = this;
    const found = link.waiting.contradictions;
    const place = $("contradictions");
    set(place, "hidden", found.length === 0);
    const held = link.waiting.unsent.length - link.waiting.toSend.length;
    const signature = JSON.stringify([found, held]);
    if (signature === this.#contradictions) return;
    this.#contradictions = signature;
    place.replaceChildren(
      ...found.map((entry) => {
        const again = el("button", { class: "btn", type: "button", text: "Inscrire quand même, maintenant" });
        again.addEventListener("click", () => {
          const { when_ms, ...command } = entry.command;
          // What it held back goes after it.
          void link.enter(/** @type {import("../council/types.js").Command} */ (command), entry.label).then((answer) => {
            link.settle(entry.key);
            if (answer.code) link.dispatchEvent(new CustomEvent("warned", { detail: [{ regle: "", article: answer.code, phrase: answer.message }] }));
          });
        });
        const leave = el("button", { class: "btn", type: "button", text: "S’en tenir au registre" });
        leave.addEventListener("click", () => link.settle(entry.key));
        return el(
          "section",
          { class: "contradiction", role: "alert" },
          el("p", {}, el("strong", { text: `Saisi hors ligne à ${clockTime(entry.at_ms)} : ${entry.label}.` }), ` Le registre répond : ${entry.refused?.message ?? ""}`),
          el("p", { class: "actions" }, leave, again),
        );
      }),
      ...(held ? [el("p", { text: held > 1 ? `${held} entrées saisies ensuite attendent votre réponse.` : "Une entrée saisie ensuite attend votre réponse." })] : []),
    );
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
    dialog.showModal();
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

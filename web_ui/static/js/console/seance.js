/** The séance: open, suspend, resume, end, and prepare the next one. */

import { $, byId, say, set } from "../common/dom.js";
import { text } from "../common/texts.js";
import { dateAndHour, hour } from "../common/time.js";
import { ask, forbid, onHold, onPress } from "./ask.js";

/** @typedef {import("./link.js").Link} Link */

/** What each key needs, and why it is grey otherwise. @type {Record<string, {states: string[], reason: string}>} */
const KEYS = {
  "seance-ouvrir": { states: ["a_venir"], reason: "La séance est déjà ouverte, ou aucune n’est préparée." },
  "seance-suspendre": { states: ["en_direct"], reason: "La séance n’est pas en cours." },
  "seance-reprendre": { states: ["suspendue"], reason: "La séance n’est pas suspendue." },
  "seance-terminer": { states: ["en_direct", "suspendue"], reason: "La séance n’est pas ouverte." },
};

export class SeancePanel {

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    onPress($("seance-ouvrir"), () => link.seance({ type: "start" }));
    onPress($("seance-suspendre"), () => link.seance({ type: "pause" }));
    onPress($("seance-reprendre"), () => link.seance({ type: "resume" }));
    onHold($("seance-terminer"), () => link.seance({ type: "end" }));
    const form = byId("preparer", HTMLFormElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const title = byId("preparer-titre", HTMLInputElement).value.trim();
      const due = new Date(byId("preparer-date", HTMLInputElement).value);
      if (!title || Number.isNaN(due.getTime())) return;
      const button = /** @type {HTMLElement} */ (form.querySelector("button"));
      void ask(button, () => link.seance({ type: "prepare", title, due_utc: Math.floor(due.getTime() / 1000) }));
    });
  }

  render() {
    const { seance } = this.link.state;
    say($("seance-titre"), seance?.titre ?? "Aucune séance préparée");
    say($("seance-etat"), seance ? text(`seance.${seance.etat}`) : "");
    const when = seance?.ouverte_utc
      ? `ouverte à ${hour(seance.ouverte_utc)}${seance.terminee_utc ? `, terminée à ${hour(seance.terminee_utc)}` : ""}`
      : seance?.prevue_utc
        ? dateAndHour(seance.prevue_utc)
        : "";
    say($("seance-quand"), when);
    set($("seance"), "data-state", seance?.etat ?? "rien");
    const lost = this.link.up ? null : "Liaison perdue.";
    for (const [id, { states, reason }] of Object.entries(KEYS))
      forbid($(id), lost ?? (seance && states.includes(seance.etat) ? null : reason));
    const open = seance?.etat === "en_direct" || seance?.etat === "suspendue";
    set($("preparer"), "hidden", open);
  }
}

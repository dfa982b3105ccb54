/** What a lost room, an interrupted broadcast or a long sitting asks of the president, with its rule, and his choice beside it. */

import { $, el, redraw, set, unbroken } from "../common/dom.js";
import { heldKey, key } from "../auxiliaire/panel.js";

/** @typedef {import("../council/types.js").Register} Register */
/** @typedef {{etape: string, regle: string, salle: string}} Advice */

/** What each step is to the president. @type {Record<string, string>} */
const WORDS = {
  geler_la_parole: "liaison perdue, la parole est gelée",
  proposer_la_suspension: "liaison perdue, suspendez",
  reporter_ou_reprendre_sans_la_salle: "le délai est passé : levez, la suite est reportée ; ou reprenez sans la salle, motif exigé",
  diffusion_interrompue: "la diffusion en direct est interrompue",
  proposer_la_suspension_diffusion: "la diffusion en direct est interrompue, suspendez",
  faire_l_appel_de_la_salle: "de retour, l’appel de ses élus est à faire",
  proposer_une_pause: "Quarante minutes sans suspension : une pause est conseillée",
};
const SUSPEND = ["proposer_la_suspension", "proposer_la_suspension_diffusion", "proposer_une_pause"];

export class Incidents {
  #signature = "";
  /** Reasons typed about a lost room. @type {Record<string, string>} */
  #reasons = {};

  /** @param {import("../council/link.js").RegisterLink} link */
  constructor(link) {
    this.link = link;
  }

  render() {
    const register = /** @type {Register} */ (this.link.register);
    const signature = JSON.stringify([register.conseils, register.phase, register.gestes.suspendre, register.salles.map((room) => room.liaison)]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const refusals = [...$("incidents").querySelectorAll(":scope > .refusal")];
    redraw($("incidents"), () => $("incidents").replaceChildren(...register.conseils.map((one) => this.#advice(register, one)), ...refusals));
    set($("incidents"), "hidden", register.conseils.length === 0);
  }

  /** @param {Register} register @param {Advice} advice */
  #advice(register, advice) {
    const room = register.salles.find((one) => one.id === advice.salle);
    const about = room ? `${room.nom} : ` : "";
    const rule = advice.regle ? ` (${advice.regle})` : "";
    const waits = advice.etape === "proposer_la_suspension" && register.phase === "suspendue";
    const words = waits ? "liaison perdue, la séance attend son retour" : (WORDS[advice.etape] ?? advice.etape);
    const line = el("div", { class: "incident" }, el("p", { role: "alert", text: unbroken(`${about}${words}${rule}`) }));
    if (SUSPEND.includes(advice.etape) && register.phase === "ouverte") line.append(heldKey(this.link, "Suspendre la séance", { type: "suspend_sitting" }, register.gestes.suspendre ?? null));
    if (room?.liaison === "perdue" && register.phase === "suspendue") line.append(this.#without(room.id, room.nom));
    return line;
  }

  /** The séance goes on without the room: only with a reason, which stays in the register. @param {string} id @param {string} name */
  #without(id, name) {
    const reason = el("input", { class: "input", id: `motif-salle-${id}`, type: "text", placeholder: "motif", value: this.#reasons[id] ?? "", maxlength: "200", "aria-label": `Motif, ${name}` });
    reason.addEventListener("input", () => (this.#reasons[id] = reason.value));
    const command = (/** @type {string} */ type) => () => (reason.value.trim() ? { type, room: id, reason: reason.value } : null);
    const missing = "Dites le motif : il reste au registre.";
    return el(
      "span",
      { class: "incident-choice" },
      reason,
      key(this.link, "Reprendre sans la salle", command("resume_without_room"), { missing, label: `Reprise sans ${name}` }),
      key(this.link, "Continuer en son seul", command("use_audio"), { missing, label: `Son seul : ${name}` }),
    );
  }
}

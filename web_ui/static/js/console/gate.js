/** Why a control cannot be used now: what all controls have in common. */

import { forbid } from "./ask.js";

/** @typedef {import("./link.js").Link} Link */

/** Reason why the engine cannot be driven; null when it can. @param {Link} link */
export function engineReason(link) {
  if (!link.up) return "Liaison perdue : la commande partira quand elle sera revenue.";
  if (!link.operator) return "Réservé au technicien.";
  if (link.state.moteur) return null;
  return link.known ? "Le moteur d’image redémarre." : "Connexion en cours.";
}

/** Grey every control that needs the engine, with the reason. @param {Link} link */
export function gate(link) {
  const reason = engineReason(link);
  for (const control of document.querySelectorAll("[data-needs-engine]")) {
    if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement) {
      control.disabled = reason !== null;
      control.title = reason ?? "";
    } else if (control instanceof HTMLElement) forbid(control, reason);
  }
}

/** The keys that hide at the foot of the console's other pages: the same bar, the same keyboard. */

import { $ } from "../common/dom.js";
import { SafetyBar } from "../common/safety_bar.js";
import { Hotkeys } from "./keys.js";

/** @param {SafetyBar} bar @returns {import("./keys.js").Action[]} */
export function hidingActions(bar) {
  return [
    { id: "bip", label: "BIP : masquer tant que la touche est tenue", keys: ["KeyB", "F1"], anywhere: true, run: () => bar.press(), end: () => bar.release() },
    { id: "proposition", label: "Masquer ce que le registre propose", keys: ["KeyN"], run: () => bar.confirm() },
    { id: "bip-5", label: "Masquer les 5 dernières secondes", keys: ["Shift+KeyB"], run: () => bar.last(5) },
  ];
}

/** Draw the bar in the page's foot and keep it true; the link is the page's to start. @param {import("./link.js").Link} link */
export function safetyFoot(link) {
  const bar = new SafetyBar({ command: (command) => link.command(command), state: () => link.state, roles: () => link.session?.roles ?? [] }, $("masquer"), $("fins"));
  new Hotkeys(hidingActions(bar), () => bar.panic());
  for (const news of ["state", "link"]) link.addEventListener(news, () => bar.render());
}

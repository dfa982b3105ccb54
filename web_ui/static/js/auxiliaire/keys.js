/** The keyboard of the auxiliary's page: letters go to the search box, function keys to the steps of an item. */

import { $, byId, el } from "../common/dom.js";
import { openSheet } from "../common/sheet.js";
import { Hotkeys } from "../console/keys.js";

/** @typedef {import("./item.js").ItemPanel} ItemPanel */
/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {import("./modes.js").Modes} Modes */
/** @typedef {import("./consequences.js").Consequences} Consequences */

/** @type {[string, string][]} */
const LIST = [
  ["F1", "BIP : masquer tant que la touche est tenue, même pendant une saisie"],
  ["Maj + F1", "Panique : l’antenne est coupée"],
  ["F2", "Étape suivante : ouvrir la séance, appeler le point, ouvrir le vote, clore, proclamer (si ce compte préside)"],
  ["F3", "Donner acte du point, sans vote"],
  ["F4", "Unanimité : clore le vote, les exceptions saisies étant comptées"],
  ["F6", "Ordre du jour : changer l’ordre, voter plusieurs points ensemble, ajouter une question"],
  ["F7", "Taper ensuite les noms de ceux qui sont contre"],
  ["F8", "Taper ensuite les noms de ceux qui s’abstiennent"],
  ["F9", "Taper ensuite les noms de ceux qui ne prennent pas part au vote"],
  ["F10", "Noté : ce qui suit d’une arrivée ou d’un départ (pouvoir, quorum) est lu"],
  ["Échap", "Revenir à la saisie des présences"],
  ["P C A N", "Pendant l’appel nominal : pour, contre, abstention, ne prend pas part ; Retour : revenir en arrière"],
  ["↑ ↓", "Choisir parmi les noms trouvés"],
  ["Ctrl + Entrée", "Fiche du nom trouvé : pouvoir, déport, parole, correction"],
  ["/", "Note sur le point : Entrée la garde, Échap revient aux noms"],
  ["?", "Cette liste"],
];

/** Letters go to the search box and Escape leaves what one is at: here what hides has function keys. @param {import("../common/safety_bar.js").SafetyBar} bar */
export function hidingKeys(bar) {
  const actions = [
    { id: "bip", label: "BIP", keys: ["F1"], anywhere: true, run: () => bar.press(), end: () => bar.release() },
    { id: "panique", label: "Panique", keys: ["Shift+F1"], anywhere: true, run: () => bar.panic() },
  ];
  new Hotkeys(actions, () => {});
}

/** @param {{roster: Roster, item: ItemPanel, modes: Modes, consequences: Consequences, notes: import("./notes.js").Notes}} parts */
export function shortcuts({ roster, item, modes, consequences, notes }) {
  $("touches-liste").replaceChildren(
    ...LIST.map(([keys, words]) => el("li", {}, el("kbd", { text: keys }), el("span", { text: words }))),
  );
  $("ouvrir-touches").addEventListener("click", () => openSheet(byId("touches", HTMLDialogElement)));

  /** @type {Record<string, () => void>} */
  const actions = {
    F2: () => item.next(),
    F3: () => item.note(),
    F4: () => item.closeVote(),
    F6: () => item.order(),
    F7: () => item.except("contre"),
    F8: () => item.except("abstention"),
    F9: () => item.except("ne_prend_pas_part"),
    F10: () => consequences.read(),
  };
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      if (!event.repeat) action();
      return;
    }
    if (event.key === "Escape" && modes.current) return modes.enter(null);
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // No name has one: it is meant for the notes from the search box too.
    if (event.key === "/" && (event.target === $("chercher") || !typing(event.target))) {
      event.preventDefault();
      return notes.focus();
    }
    if (typing(event.target)) return;
    if (item.rollCallKey(event.key)) return event.preventDefault();
    if (event.key === "?") {
      event.preventDefault();
      openSheet(byId("touches", HTMLDialogElement));
    } else if (event.key.length === 1 && /[\p{L}]/u.test(event.key)) roster.focus();
  });
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

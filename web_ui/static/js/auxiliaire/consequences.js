/**
 * What an arrival or a departure did to proxies and to the quorum, whoever entered it: the giver who comes ends his proxy (PR6), the
 * bearer who leaves puts his to sleep (PR7). The entry itself is made at once; what follows from it is said here, with what can be done.
 */

import { $, el, set } from "../common/dom.js";
import { ask } from "../console/ask.js";
import { currentItem, nameOf } from "../council/people.js";

/** @typedef {import("../council/types.js").Register} Register */
/** @typedef {import("../council/types.js").Command} Command */
/** @typedef {{key: string, words: string, mover: string, giver: string}} Consequence */

const UNDO_MS = 10_000;

export class Consequences {
  /** The register as it was last looked at. @type {Register | null} */
  #before = null;
  /** @type {(Consequence & {at: number})[]} */
  #told = [];
  #signature = "";

  /** @param {import("../council/link.js").RegisterLink} link @param {import("./sheet.js").Sheet} sheet */
  constructor(link, sheet) {
    this.link = link;
    this.sheet = sheet;
  }

  render() {
    const { register, up } = this.link;
    // Without network the register is a forecast: what really follows is known once it is written.
    if (!register || !up || register.phase === "levee") return this.#show();
    const before = this.#before;
    this.#before = register;
    if (before && before.seance === register.seance && before.n <= register.n) {
      const still = this.#told.filter((one) => holds(register, one));
      this.#told = [...still, ...follows(before, register).map((one) => ({ ...one, at: this.link.now() }))];
    } else this.#told = [];
    this.#show();
  }

  tick() {
    this.#show();
  }

  /** Everything is read. */
  read() {
    this.#told = [];
    this.#show();
  }

  #show() {
    const { register } = this.link;
    const told = register ? this.#told : [];
    const young = told.map((one) => this.link.now() - one.at < UNDO_MS);
    const signature = JSON.stringify([told, young]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const place = $("suites");
    set(place, "hidden", told.length === 0);
    place.replaceChildren(...told.map((one, rank) => this.#line(one, young[rank])));
    if (told.length) place.append(el("button", { class: "btn primary", type: "button", onclick: () => this.read() }, el("span", { text: "Noté " }), el("kbd", { text: "F10" })));
  }

  /** @param {Consequence} one @param {boolean} young can the entry still be taken back? */
  #line(one, young) {
    const line = el("div", { class: "consequence", "data-refusals": true }, el("p", { text: one.words }));
    if (one.giver)
      line.append(el("button", { class: "btn", type: "button", text: `Pouvoir de ${nameOf(this.link.register, one.giver)}…`, onclick: () => this.sheet.open(one.giver) }));
    if (young && one.mover) {
      const undo = el("button", { class: "btn", type: "button", text: "Annuler le mouvement" });
      const command = { type: "undo_presence", person: one.mover };
      undo.addEventListener("click", () => void ask(undo, () => this.link.enter(command, `Annulation : ${nameOf(this.link.register, one.mover)}`)));
      line.append(undo);
    }
    return line;
  }
}

/** Is it still so? A proxy that slept and woke is no news. @param {Register} register @param {Consequence} one */
function holds(register, one) {
  const [kind, id] = one.key.split(":");
  if (kind === "quorum") return !register.quorum.atteint;
  return register.pouvoirs.some((proxy) => proxy.id === id && proxy.etat === kind);
}

/** What changed from one register to the next. @param {Register} before @param {Register} after @returns {Consequence[]} */
export function follows(before, after) {
  const known = new Map(before.pouvoirs.map((proxy) => [proxy.id, proxy.etat]));
  const there = (/** @type {Register} */ register, /** @type {string} */ id) => register.conseil.some((seat) => seat.id === id && seat.etat === "present");
  const count = `${after.quorum.compare} présents, ${after.quorum.requis} requis`;
  /** @type {Consequence[]} */
  const found = [];
  for (const proxy of after.pouvoirs) {
    const was = known.get(proxy.id);
    if (was === undefined || was === proxy.etat) continue;
    const giver = nameOf(after, proxy.mandant);
    const holder = nameOf(after, proxy.mandataire);
    if (proxy.etat === "suspendu" && !there(after, proxy.mandataire))
      found.push({
        key: `suspendu:${proxy.id}`,
        words: `Sortie de ${holder} : le pouvoir de ${giver} est suspendu jusqu’à son retour, cette voix ne compte plus (PR7). ${count}.`,
        mover: proxy.mandataire,
        giver: proxy.mandant,
      });
    else if (proxy.etat === "caduc" && !there(before, proxy.mandant) && there(after, proxy.mandant))
      found.push({
        key: `caduc:${proxy.id}`,
        words: `${giver} est là : son pouvoir à ${holder} a pris fin, chacun vote pour soi ; les votes passés restent (PR6). ${count}.`,
        mover: proxy.mandant,
        giver: "",
      });
  }
  const open = before.phase === "ouverte" && after.phase === "ouverte";
  if (open && before.quorum.atteint && !after.quorum.atteint && !after.quorum.dispense) {
    const item = currentItem(after);
    found.push({
      key: "quorum:",
      words: `Le quorum tombe : ${count}. ${item ? `Le point ${item.rang}, déjà appelé, peut s’achever ; le` : "Le"} suivant ne pourra pas être appelé.`,
      mover: "",
      giver: "",
    });
  }
  return found;
}

/** The keys that never move: hide, cut the antenna to a slate, panic, and give the antenna back. */

import { $, say, set } from "../common/dom.js";
import { SafetyBar } from "../common/safety_bar.js";
import { text } from "../common/texts.js";
import { duration } from "../common/time.js";
import { forbid, onPress } from "./ask.js";
import { engineReason } from "./gate.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").SlateName} SlateName */

const TICK_MS = 500;

export class Safety {
  #keys = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".cuts [data-slate]"));
  #since = 0;

  /** @param {Link} link @param {{awaited: boolean, give: () => Promise<import("../types.js").Outcome>}} first how the antenna is first given */
  constructor(link, first) {
    this.link = link;
    for (const key of this.#keys) onPress(key, () => this.#cut(/** @type {SlateName} */ (key.dataset.slate)));
    onPress($("donner"), () => (first.awaited ? first.give() : link.command({ type: "antenna", on: true })));
    this.bar = new SafetyBar({ command: (command) => link.command(command), state: () => link.state, roles: () => link.session?.roles ?? [] }, $("masquer"), $("fins"));
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** The public is on the slate at once, whatever the rest of the page is doing. */
  panic() {
    this.bar.panic();
  }

  /** @param {SlateName} slate */
  #cut(slate) {
    return this.bar.hurry({ type: "antenna", on: false, slate });
  }

  render() {
    const { moteur } = this.link.state;
    const antenna = moteur?.antenna ?? {};
    const on = !!antenna.on;
    this.#since = performance.now() - (antenna.since_ms ?? 0);
    set($("antenne"), "data-on", on);
    set($("antenne"), "data-recovering", !!antenna.recovering);
    say($("antenne-mot"), !moteur ? "Moteur absent" : on ? "À l’antenne" : "Antenne coupée");
    const slate = `panneau « ${text(`panneau.${antenna.slate ?? "avant"}`)} »`;
    say($("antenne-detail"), !moteur ? "le public voit un panneau" : antenna.recovering ? `${slate}, reprise après incident` : on ? "" : slate);
    for (const key of this.#keys) {
      set(key, "aria-pressed", String(!on && key.dataset.slate === antenna.slate));
      // A safety key stays usable without the link: it then leaves by a plain request. Only a missing right makes it grey.
      forbid(key, this.bar.reason);
    }
    this.bar.render();
    const closed = this.link.state.secret?.huis_clos ? "Huis clos : le président doit d’abord dire la séance publique." : null;
    forbid($("donner"), engineReason(this.link) ?? (on ? "L’antenne est déjà donnée." : closed));
    this.#tick();
  }

  #tick() {
    const { moteur } = this.link.state;
    if (moteur?.antenna?.on) say($("antenne-detail"), `depuis ${duration((performance.now() - this.#since) / 1000)}`);
  }
}

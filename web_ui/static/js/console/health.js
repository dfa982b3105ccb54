/** Counters of the engine and of each source, for who looks for the cause of something. */

import { $, el, say } from "../common/dom.js";
import { text } from "../common/texts.js";
import { rate } from "./outputs.js";
import { isSlate } from "./shots.js";

/** @typedef {import("./link.js").Link} Link */

/** @param {number | undefined} n @param {number} [digits] */
const number = (n, digits = 0) => (n ?? 0).toLocaleString("fr-FR", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** @type {[string, (link: Link) => string][]} */
const FACTS = [
  ["Images composées", ({ state }) => number(state.moteur?.counters?.frames)],
  ["Images sautées", ({ state }) => number(state.moteur?.counters?.skipped)],
  ["Mélange d’une image", ({ state }) => `${number(state.moteur?.counters?.mixer_ms, 1)} ms`],
  ["Encodage d’une image", ({ state }) => `${number(state.moteur?.counters?.encoder_ms, 1)} ms`],
  ["File de l’encodeur", ({ state }) => number(state.moteur?.counters?.encoder_queue)],
  ["Images non encodées", ({ state }) => number(state.moteur?.counters?.encoder_dropped)],
  ["Processeur du moteur", ({ state }) => `${number((state.moteur?.counters?.cpu ?? 0) * 100)} % d’un cœur`],
  ["Mémoire du moteur", ({ state }) => `${number(state.moteur?.counters?.rss_mb)} Mo`],
  ["Débit montant", ({ state }) => rate(state.moteur?.counters?.uplink_kbps ?? 0)],
  ["Place sur le disque", ({ state }) => `${number(state.moteur?.counters?.disk_free_gb)} Go`],
  ["Attente de la boucle", ({ state }) => `${number(state.moteur?.counters?.loop_lag_ms, 1)} ms`],
  ["Aller-retour console", ({ roundTripMs }) => `${number(roundTripMs)} ms`],
];

export class Health {
  /** @type {HTMLElement[]} */
  #values = [];
  #rows = "";

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    for (const [name] of FACTS) {
      const value = el("dd");
      this.#values.push(value);
      $("compteurs").append(el("div", {}, el("dt", { text: name }), value));
    }
  }

  render() {
    if ($("panneau-sante").hidden) return;
    FACTS.forEach(([, read], i) => say(this.#values[i], read(this.link)));
    const sources = (this.link.state.moteur?.sources ?? []).filter((source) => !isSlate(source));
    const rows = JSON.stringify(sources);
    if (rows === this.#rows) return;
    this.#rows = rows;
    $("sante-sources").replaceChildren(
      ...sources.map((source) => {
        const size = source.width ? `${source.width} × ${source.height}, ${number(source.fps)} i/s` : "";
        const cells = [source.name, text(`source.${source.state}`), size, `${source.latency_ms ?? 0} ms`, source.drops, source.repeats, source.reconnects];
        return el("tr", {}, ...cells.map((cell, i) => el(i ? "td" : "th", { text: cell ?? 0, ...(i ? {} : { scope: "row" }) })));
      }),
    );
  }
}

/** Who spoke how long in this séance, by group, counted at the real microphones; on this item besides. */

import { $, el, set } from "../common/dom.js";
import { getJson } from "../common/http.js";
import { currentItem } from "../council/people.js";

const EVERY_MS = 5000;

/** @typedef {{ elu: string, groupe: string, point: string, secondes: number }} Row */

export class SpokenTimes {
  /** @param {import("../council/link.js").RegisterLink} link */
  constructor(link) {
    this.link = link;
    setInterval(() => void this.#tick(), EVERY_MS);
    void this.#tick();
  }

  async #tick() {
    if (!this.link.up || document.hidden) return;
    const found = await getJson("/api/v1/realisation/temps-de-parole").catch(() => null);
    if (!found) return;
    const rows = /** @type {Row[]} */ (found.lignes).filter((row) => row.elu);
    const whole = total(rows) || 1;
    const item = currentItem(this.link.register)?.id;
    const groups = Array.from(new Set(rows.map(nameOf)), (name) => ({ name, rows: rows.filter((row) => nameOf(row) === name) }));
    groups.sort((a, b) => total(b.rows) - total(a.rows));
    $("temps-groupes").replaceChildren(
      ...groups.flatMap(({ name, rows: own }) => {
        const here = total(own.filter((row) => row.point === item));
        return [
          el("dt", { text: name }),
          el("dd", { text: `${minutes(total(own))} · ${Math.round((100 * total(own)) / whole)} %${here ? `, dont ${minutes(here)} sur ce point` : ""}` }),
        ];
      }),
    );
    set($("temps-parole"), "hidden", groups.length === 0);
  }
}

/** @param {Row} row */
const nameOf = (row) => row.groupe || row.elu;

/** @param {Row[]} rows */
const total = (rows) => rows.reduce((sum, row) => sum + row.secondes, 0);

/** @param {number} seconds */
const minutes = (seconds) => `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

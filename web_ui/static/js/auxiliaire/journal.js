/** The journal of the séance, one tap away: every line with its three times, newest first. */

import { $, byId, el } from "../common/dom.js";
import { HttpError, getJson } from "../common/http.js";
import { openSheet } from "../common/sheet.js";
import { clockTime, counter } from "../common/time.js";
import { fill } from "./dialogs.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {import("../council/types.js").Line} Line */

const PAGE = 1000;

export class Journal {
  /** @type {Line[]} */
  #lines = [];

  /** @param {RegisterLink} link */
  constructor(link) {
    this.link = link;
    this.dialog = byId("journal", HTMLDialogElement);
    $("ouvrir-journal").addEventListener("click", () => void this.#open());
  }

  render() {
    const { register } = this.link;
    const newest = this.#lines.at(-1)?.n ?? 0;
    if (this.dialog.open && register && this.link.up && register.n > newest) void this.#read();
  }

  async #open() {
    fill(this.dialog, "journal-titre", "Journal de la séance", el("p", { text: "Lecture…" }));
    openSheet(this.dialog);
    this.#lines = [];
    await this.#read();
  }

  async #read() {
    try {
      for (;;) {
        const from = this.#lines.at(-1)?.n ?? 0;
        const told = /** @type {{lignes: Line[]}} */ (await getJson(`/api/v1/registre/journal?apres=${from}`));
        this.#lines.push(...told.lignes);
        if (told.lignes.length < PAGE) break;
      }
      this.#show();
    } catch (error) {
      const words = error instanceof HttpError ? error.message : "Le journal n’a pas pu être lu.";
      fill(this.dialog, "journal-titre", "Journal de la séance", el("p", { class: "error", text: words }));
    }
  }

  #show() {
    const rows = [...this.#lines].reverse().map((line) =>
      el(
        "tr",
        {},
        el("td", { text: line.n }),
        el("td", { class: "when", text: clockTime(line.acte_ms), title: line.ecrit_ms - line.acte_ms > 1500 ? `inscrit à ${clockTime(line.ecrit_ms)}` : undefined }),
        el("td", { class: "when", text: line.seance_ms === null ? "" : counter(line.seance_ms / 1000) }),
        el("td", { class: "when", text: line.image_ms === null ? "" : counter(line.image_ms / 1000) }),
        el("td", { class: "when", text: line.public_ms === null ? "" : counter(Math.max(0, line.public_ms) / 1000) }),
        el("td", { text: line.phrase }),
        el("td", { text: line.auteur }),
      ),
    );
    const heads = ["N°", "Heure", "Séance", "Image", "Public", "Entrée", "Par"];
    const table = el(
      "table",
      { class: "journal-table" },
      el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, ...rows),
    );
    const note = el("p", {
      class: "note",
      text: "Heure de l’acte ; temps depuis l’ouverture de la séance ; instant de l’image fabriquée ; instant de l’image que recevaient les citoyens. Une correction est une nouvelle ligne.",
    });
    fill(this.dialog, "journal-titre", "Journal de la séance", note, el("div", { class: "scroll", tabindex: "0" }, table));
  }
}

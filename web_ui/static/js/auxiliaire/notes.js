/**
 * Notes about the item on the table, jotted during the séance: they begin the substance of the debates in the minutes. Kept here until
 * the server has them on disk: without network, over a reload, whatever is typed stays.
 */

import { $, byId, el, say, set } from "../common/dom.js";
import { getJson } from "../common/http.js";
import { refuse } from "../console/ask.js";
import { currentItem } from "../council/people.js";

/** @typedef {import("../council/link.js").RegisterLink} RegisterLink */
/** @typedef {{texte: string, saisi_ms: number, seance: string, point: string}} Note */

const STORE = "regie.notes";
const URL = "/api/v1/registre/notes";
const SHOWN = 2;
const AGAIN_MS = 5000;
/** Answers after which sending it again is of no use: it is said, with its words. */
const REFUSED = new Set(["registre_absent", "autre_seance", "point_inconnu", "notes_trop_longues"]);

export class Notes {
  #item = "";
  /** What is written of the item, of which the last lines are shown. @type {string[]} */
  #lines = [];
  /** @type {Note[]} */
  #waiting = [];
  #sending = false;
  #known = false;
  #signature = "";

  /** @param {RegisterLink} link */
  constructor(link) {
    this.link = link;
    this.box = byId("note", HTMLTextAreaElement);
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("input", () => this.#keep());
    $("noter").addEventListener("click", () => this.#jot());
    setInterval(() => void this.#send(), AGAIN_MS);
  }

  focus() {
    if (!$("notes").hidden) this.box.focus();
  }

  render() {
    const { register, who, known } = this.link;
    const item = currentItem(register) ?? register?.points.find((one) => one.id === register.courants.at(-1));
    set($("notes"), "hidden", !item || who.salle !== "" || !this.link.has("auxiliaire"));
    if (known && !this.#known) this.#recall();
    if (!item) return;
    if (item.id !== this.#item) {
      this.#item = item.id;
      this.#lines = [];
      this.box.setAttribute("aria-label", `Note sur le point ${item.rang}`);
      void this.#read();
    }
    this.box.placeholder = `Note, point ${item.rang} ( / )`;
    this.#show();
    void this.#send();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#jot();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.box.blur();
    }
  }

  #jot() {
    const texte = this.box.value.trim();
    if (!texte || !this.#item) return;
    this.#waiting.push({ texte, saisi_ms: Math.round(this.link.now()), seance: this.link.register?.seance ?? "", point: this.#item });
    this.box.value = "";
    this.#keep();
    this.#show();
    void this.#send();
  }

  async #send() {
    if (this.#sending || !this.link.up) return;
    this.#sending = true;
    for (let note = this.#waiting[0]; note; note = this.#waiting[0]) {
      const { point, ...body } = note;
      const { code, message } = await this.link.post(`${URL}/${encodeURIComponent(point)}`, body);
      // The server is away, or asks who this is again: it stays here.
      if (code && !REFUSED.has(code)) break;
      this.#waiting.shift();
      this.#keep();
      if (code) refuse($("notes"), `« ${note.texte} » : ${message}`);
      else if (point === this.#item) await this.#read();
    }
    this.#sending = false;
    this.#show();
  }

  async #read() {
    const item = this.#item;
    const told = /** @type {{texte: string} | null} */ (await getJson(`${URL}/${encodeURIComponent(item)}`).catch(() => null));
    if (told === null || item !== this.#item) return;
    this.#lines = told.texte.split("\n").filter((line) => line.trim());
    this.#show();
  }

  #show() {
    const lines = [
      ...this.#lines.map((text) => ({ text: text.replace(/^- /, ""), waits: false })),
      ...this.#waiting.filter((note) => note.point === this.#item).map((note) => ({ text: note.texte, waits: true })),
    ].slice(-SHOWN);
    const signature = JSON.stringify(lines);
    if (signature === this.#signature) return;
    this.#signature = signature;
    $("notes-dernieres").replaceChildren(
      ...lines.map(({ text, waits }) => el("li", { title: text }, el("span", { text }), waits ? el("em", { text: "en attente" }) : null)),
    );
    const apart = this.#waiting.length;
    say($("notes-attente"), apart > SHOWN ? `${apart} notes en attente` : "");
  }

  #store() {
    return `${STORE}/${this.link.who.nom}`;
  }

  /** What is typed and not on the server's disk yet, half a note included. */
  #keep() {
    try {
      localStorage.setItem(this.#store(), JSON.stringify({ notes: this.#waiting, brouillon: this.box.value }));
    } catch {
      // A browser that keeps nothing still has them as long as the page stays open.
    }
  }

  #recall() {
    this.#known = true;
    try {
      const kept = JSON.parse(localStorage.getItem(this.#store()) ?? "null");
      if (kept === null) return;
      this.#waiting = [...kept.notes, ...this.#waiting];
      this.box.value ||= kept.brouillon;
    } catch {
      // Nothing was kept.
    }
  }
}

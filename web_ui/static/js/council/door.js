/** Remote rooms that wait at the door, or were put aside: who presides, or keeps the register, lets them in. */

import { el } from "../common/dom.js";
import { HttpError, getJson } from "../common/http.js";

const EVERY_MS = 2000;

/** @typedef {{id: string, nom: string, phase: string, page: boolean, essais_valides: boolean, ecartee_pour: string}} Waiting */

export class Door {
  #shown = "";
  #trouble = "";

  /** @param {import("./link.js").RegisterLink} link @param {HTMLElement} place */
  constructor(link, place) {
    this.link = link;
    this.place = place;
    void this.#look();
  }

  async #look() {
    if (!document.hidden && this.link.up && this.link.register?.plusieurs_lieux !== false) {
      try {
        const { salles } = /** @type {{salles: Waiting[]}} */ (await getJson("/api/v1/salles"));
        this.#show(salles.filter((room) => room.page && ["attente", "ecartee"].includes(room.phase)));
      } catch (error) {
        // No remote room is configured here: nobody will ever knock.
        if (error instanceof HttpError && error.status === 404) return;
      }
    }
    setTimeout(() => void this.#look(), EVERY_MS);
  }

  /** @param {Waiting[]} rooms */
  #show(rooms) {
    const now = JSON.stringify([rooms.map(({ id, phase, essais_valides }) => [id, phase, essais_valides]), this.#trouble]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.place.hidden = rooms.length === 0;
    this.place.replaceChildren(...rooms.map((room) => this.#row(room)), el("span", { class: "error", text: this.#trouble }));
  }

  /** @param {Waiting} room */
  #row(room) {
    const aside = room.phase === "ecartee";
    const why = aside ? `à l’écart${room.ecartee_pour ? ` (${room.ecartee_pour})` : ""}` : `attend, essais ${room.essais_valides ? "réussis" : "à faire"}`;
    return el(
      "p",
      {},
      el("span", { text: `${room.nom} : ${why}` }),
      el("button", { class: "btn", type: "button", text: aside ? "Faire revenir" : "Faire entrer", "aria-label": `Faire entrer ${room.nom}`, onclick: () => void this.#admit(room.id) }),
    );
  }

  /** @param {string} room */
  async #admit(room) {
    const { message } = await this.link.post(`/api/v1/salles/${encodeURIComponent(room)}/acte`, { acte: "admettre", texte: "" });
    this.#trouble = message;
  }
}

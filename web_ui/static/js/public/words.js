/** What is going on, in words: from the public state to what the page says and offers. Pure. */

import { dateAndHour, hour, left } from "../common/time.js";

/** @typedef {import("../types.js").PublicState} PublicState */

/**
 * @typedef {object} Situation
 * @property {"rien" | "a_venir" | "en_direct" | "panneau" | "suspendue" | "terminee"} state
 * @property {string} label two or three words, beside the lamp
 * @property {string} sentence
 * @property {string | null} url what can be played now
 * @property {boolean} live
 * @property {string} action words of the main button; empty when there is nothing to play
 * @property {number | null} countdown UTC seconds that one waits for
 */

/**
 * The server's sentence says the state; dates are added here, where the reader's clock is.
 * @param {PublicState} seen @param {number} nowUtc seconds @returns {Situation}
 */
export function describe(seen, nowUtc) {
  const { seance, antenne, direct, phrase } = seen;
  const playable = { sentence: phrase, url: direct, live: true, action: direct ? "Regarder" : "", countdown: null };
  switch (seance?.etat) {
    case undefined:
      return { ...playable, state: "rien", label: "Pas de séance", url: null, action: "" };
    case "a_venir": {
      const due = seance?.prevue_utc ?? null;
      const soon = due !== null && due > nowUtc;
      const sentence = due === null ? phrase : `Séance ${dateAndHour(due)}.${soon ? "" : " Elle va commencer."}`;
      return { ...playable, state: "a_venir", label: "À venir", sentence, countdown: soon ? due : null };
    }
    case "suspendue":
      return { ...playable, state: "suspendue", label: "Suspendue" };
    case "terminee": {
      const url = seen.rejeu;
      const ended = seance?.terminee_utc;
      const sentence = ended && url ? `Séance du ${dateAndHour(seance?.ouverte_utc ?? ended)}, terminée à ${hour(ended)}.` : phrase;
      return { ...playable, state: "terminee", label: "Terminée", sentence, url, live: false, action: url ? "Revoir la séance" : "" };
    }
    default:
      if (!antenne.en_direct) return { ...playable, state: "panneau", label: "En direct, image interrompue" };
      return {
        ...playable,
        state: "en_direct",
        label: "En direct",
        sentence: seance?.ouverte_utc ? `Séance ouverte à ${hour(seance.ouverte_utc)}.` : phrase,
        action: direct ? "Regarder le direct" : "",
      };
  }
}

/** @param {number} until UTC seconds @param {number} nowUtc */
export const countdown = (until, nowUtc) => `Début dans ${left(until - nowUtc)}`;

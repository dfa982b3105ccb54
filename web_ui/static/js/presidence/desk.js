/** The president's own microphone, as the public may hear it: nobody is trapped by one that was left open. Pure. */

/** @typedef {import("../types.js").ConsoleState} ConsoleState */
/** @typedef {{level: "bon" | "garde" | "mal", word: string, more: string}} Light */

/**
 * Without a microphone known to be his, those of the whole chamber; null where none is told apart.
 * @param {ConsoleState} state @param {string} president @returns {Light | null}
 */
export function deskLight(state, president) {
  const { moteur } = state;
  if (!moteur) return null;
  const own = new Set((state.places ?? []).filter((place) => place.elu === president).flatMap((place) => place.micros));
  const micros = (moteur.inputs ?? []).filter((input) => input.kind === "micro");
  const his = micros.filter((input) => own.has(input.source));
  const watched = his.length ? his : micros;
  if (watched.length === 0) return null;
  const open = watched.filter((input) => !input.muted && !input.closed).length;
  const cut = (moteur.masks ?? []).some((mask) => mask.end == null && mask.hides !== "image");
  if (open === 0) return { level: "bon", word: his.length ? "Votre micro est fermé" : "Micros fermés", more: "" };
  const word = his.length ? "Votre micro est ouvert" : `${open} micro${open > 1 ? "s" : ""} ouvert${open > 1 ? "s" : ""}`;
  if (cut) return { level: "garde", word, more: "son coupé pour le public" };
  return moteur.antenna?.on ? { level: "mal", word, more: "à l’antenne" } : { level: "garde", word, more: "hors antenne, entendu dans la salle" };
}

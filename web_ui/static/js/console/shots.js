/** Shots: what is shown, and how a choice changes it. Pure. */

import { text } from "../common/texts.js";

/** @typedef {import("../types.js").Shot} Shot */
/** @typedef {import("../types.js").LayoutName} LayoutName */
/** @typedef {import("../types.js").SourceStatus} SourceStatus */

/** @type {Record<LayoutName, number>} */
const SEATS = { plein: 1, pip: 2, deux: 2, quatre: 4, document: 2 };

/** @type {Record<LayoutName, string>} */
export const LAYOUTS = {
  plein: "Plein écran",
  pip: "Incrustation",
  deux: "Deux images",
  quatre: "Quatre images",
  document: "Document et orateur",
};

/** @param {Shot} shot @returns {LayoutName} */
export const layoutOf = (shot) => shot.layout ?? "plein";

/** @param {Shot} shot */
export const seats = (shot) => SEATS[layoutOf(shot)];

/** @param {Shot | null | undefined} a @param {Shot | null | undefined} b */
export const same = (a, b) => !!a && !!b && layoutOf(a) === layoutOf(b) && a.sources.join("\n") === b.sources.join("\n");

/** @param {string} source @returns {Shot} */
export const full = (source) => ({ sources: [source], layout: "plein" });

/**
 * The same sources in another layout; free seats take the next sources that give a picture and are not shown yet.
 * @param {Shot} shot @param {LayoutName} layout @param {SourceStatus[]} all @returns {Shot}
 */
export function withLayout(shot, layout, all) {
  const sources = shot.sources.slice(0, SEATS[layout]);
  for (const source of all) {
    if (sources.length >= SEATS[layout]) break;
    if (isCamera(source) && source.state === "live" && !sources.includes(source.id)) sources.push(source.id);
  }
  return { sources, layout };
}

/**
 * A source put in a seat; when it is already in another seat, the two swap places.
 * @param {Shot} shot @param {number} seat @param {string} source @returns {Shot}
 */
export function withSource(shot, seat, source) {
  const sources = [...shot.sources];
  const at = Math.min(seat, sources.length);
  const elsewhere = sources.indexOf(source);
  if (elsewhere >= 0 && at < sources.length) sources[elsewhere] = sources[at];
  else if (elsewhere >= 0) return shot;
  sources[at] = source;
  return { sources, layout: layoutOf(shot) };
}

const SLATES = ["avant", "suspension", "quorum", "huis_clos", "scrutin", "panne", "fin"];

/**
 * Every source that a shot may show: those the engine tells of, then the slates, which it always has.
 * @param {import("../types.js").EngineStatus | null} engine @returns {SourceStatus[]}
 */
export function sourcesOf(engine) {
  const told = engine?.sources ?? [];
  const slates = SLATES.map((name) => /** @type {SourceStatus} */ ({ id: `slate.${name}`, name: text(`panneau.${name}`), kind: "panneau", state: "live" }));
  return [...told, ...slates.filter((slate) => !told.some((source) => source.id === slate.id))];
}

/** @param {SourceStatus} source */
export const isSlate = (source) => source.id.startsWith("slate.");

/** A source that one prepares with a number key: neither a slate nor sound alone. @param {SourceStatus} source */
export const isCamera = (source) => !isSlate(source) && source.kind !== "son";

/** A source that yields pictures. @param {SourceStatus} source */
export const hasPicture = (source) => source.kind !== "son";

/**
 * "Caméra 1 + Caméra 2 (incrustation)".
 * @param {Shot} shot @param {SourceStatus[]} all
 */
export function words(shot, all) {
  const names = shot.sources.map((id) => all.find((source) => source.id === id)?.name ?? id);
  const layout = layoutOf(shot);
  return layout === "plein" ? (names[0] ?? "rien") : `${names.join(" + ")} (${LAYOUTS[layout].toLowerCase()})`;
}

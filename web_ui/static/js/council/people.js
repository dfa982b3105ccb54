/** People of the council: names, what is typed to find one, words for where they stand. All pure. */

/** @typedef {import("./types.js").Seat} Seat */
/** @typedef {import("./types.js").Register} Register */

/** @type {Record<string, string>} */
export const STATES = { present: "présent", absent: "absent", parti: "parti", pouvoir: "pouvoir" };

/** Without accents, case or apostrophes. @param {string} text */
export function plain(text) {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/œ/gi, "oe")
    .toLowerCase()
    .replace(/[’'\-.]/g, " ");
}

/**
 * Those whose name has a word that begins so, family name first; the words typed may be several.
 * @template {{nom: string}} T
 * @param {T[]} people @param {string} typed @returns {T[]}
 */
export function find(people, typed) {
  const wanted = plain(typed).split(" ").filter(Boolean);
  if (wanted.length === 0) return [];
  const rank = (/** @type {T} */ one) => {
    const words = plain(one.nom).split(" ").filter(Boolean);
    if (!wanted.every((want) => words.some((word) => word.startsWith(want)))) return -1;
    return words[words.length - 1].startsWith(wanted[0]) ? 0 : 1;
  };
  return people
    .map((one) => /** @type {const} */ ([rank(one), one]))
    .filter(([at]) => at >= 0)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

/** @param {Register | null} register @param {string} id */
export const seatOf = (register, id) => register?.conseil.find((seat) => seat.id === id);

/** @param {Register | null} register @param {string} id */
export const nameOf = (register, id) => seatOf(register, id)?.nom ?? id;

/** The item on the table; the first, when several are dealt with together. @param {Register | null} register */
export function currentItem(register) {
  const open = new Set(["appele", "debat", "vote_ouvert", "vote_clos"]);
  return register?.points.find((item) => register.courants.includes(item.id) && open.has(item.etat));
}

/** The item just dealt with, when nothing else was called since. @param {Register | null} register */
export const lastItem = (register) => register?.points.find((item) => register.courants.includes(item.id));

/** The item that would be called next. @param {Register | null} register */
export const nextItem = (register) => register?.points.find((item) => item.etat === "inscrit");

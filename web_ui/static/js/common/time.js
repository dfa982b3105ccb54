/** Times as people read them, in French. All pure. */

const two = (/** @type {number} */ n) => String(n).padStart(2, "0");

/** 4350 → "1:12:30", 65 → "1:05". @param {number} seconds */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** 4350 → "01:12:30", always the same width. @param {number} seconds */
export function counter(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  return `${two(Math.floor(s / 3600))}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
}

/** 4350 → "1 heure 12 minutes 30 secondes", for screen readers. @param {number} seconds */
export function spoken(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(s / 3600), "heure"],
    [Math.floor((s % 3600) / 60), "minute"],
    [s % 60, "seconde"],
  ];
  const words = parts.filter(([n]) => Number(n) > 0).map(([n, word]) => `${n} ${word}${Number(n) > 1 ? "s" : ""}`);
  return words.length ? words.join(" ") : "0 seconde";
}

/** What is left before an instant, in the two largest units: "2 jours 3 heures". @param {number} seconds */
export function left(seconds) {
  const s = Math.max(0, Math.ceil(seconds));
  const units = [
    [Math.floor(s / 86400), "jour"],
    [Math.floor((s % 86400) / 3600), "heure"],
    [Math.floor((s % 3600) / 60), "minute"],
    [s % 60, "seconde"],
  ];
  const first = units.findIndex(([n]) => Number(n) > 0);
  if (first < 0) return "un instant";
  return units
    .slice(first, first + 2)
    .filter(([n]) => Number(n) > 0)
    .map(([n, word]) => `${n} ${word}${Number(n) > 1 ? "s" : ""}`)
    .join(" ");
}

const DAY = new Intl.DateTimeFormat("fr-FR", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const HOUR = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit" });

/** "mardi 3 mars 2026 à 18 h 30". @param {number} utcSeconds */
export function dateAndHour(utcSeconds) {
  const date = new Date(utcSeconds * 1000);
  return `${DAY.format(date)} à ${hour(utcSeconds)}`;
}

/** "mardi 3 mars 2026". @param {number} utcSeconds */
export const day = (utcSeconds) => DAY.format(new Date(utcSeconds * 1000));

/** "18 h 30". @param {number} utcSeconds */
export function hour(utcSeconds) {
  const parts = HOUR.formatToParts(new Date(utcSeconds * 1000));
  const get = (/** @type {string} */ type) => parts.find((p) => p.type === type)?.value ?? "";
  return `${get("hour")} h ${get("minute")}`;
}

/** "19 h 02 min 11 s" is too long for a list: 19:02:11, in this place's hour. @param {number} ms UTC */
export function clockTime(ms) {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

/** Seconds of the `#t=` of a shared address: "754", "12m34s", "1h2m3s"; null when there is none. @param {string} hash */
export function sharedTime(hash) {
  const value = new URLSearchParams(hash.replace(/^#/, "")).get("t");
  if (!value) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value);
  if (!match) return null;
  return Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
}

/** Show a running clock without trembling. @param {Element} node @param {string} text such as "01:12:44" */
export function showClock(node, text) {
  if (node.getAttribute("data-shown") === text) return;
  node.setAttribute("data-shown", text);
  if (node.childElementCount !== text.length) {
    node.replaceChildren(
      ...Array.from(text, () => {
        const cell = document.createElement("span");
        cell.setAttribute("aria-hidden", "true");
        return cell;
      }),
    );
    node.setAttribute("role", "timer");
    node.setAttribute("aria-live", "off");
  }
  node.setAttribute("aria-label", text);
  Array.from(text).forEach((character, i) => {
    const cell = node.children[i];
    if (cell.textContent !== character) cell.textContent = character;
    cell.className = character === ":" ? "sep" : "";
  });
}

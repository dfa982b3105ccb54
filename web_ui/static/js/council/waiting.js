/**
 * Entries that are not in the register yet, kept in this browser so that neither a reload nor a closed lid loses one.
 * Erased one by one as they are written; a séance that is over leaves nothing.
 */

/** @typedef {import("./types.js").Entry} Entry */

const STORE = "regie.registre.attente";

/** What says its own hour; the rest goes with the hour of its typing beside it. */
const TIMED = new Set(["arrive", "leave", "lodge_proxy"]);

export class Waiting {
  /** In the order they were typed. @type {Entry[]} */
  entries;

  /** @param {string} account only the entries of who is logged in are shown, and sent */
  constructor(account) {
    this.store = `${STORE}.${account}`;
    this.entries = read(this.store);
  }

  /** Those that are not written yet, oldest first. */
  get unsent() {
    return this.entries.filter((entry) => !entry.refused && entry.written === undefined);
  }

  /**
   * Those to be sent now. Once the register refused one, what was typed after it without network stands on something that did not
   * happen: it waits until somebody has settled that. People who come and go stand on nothing.
   */
  get toSend() {
    const refused = this.entries.findIndex((entry) => entry.refused && !TIMED.has(entry.command.type));
    const held = (/** @type {Entry} */ entry) => refused >= 0 && entry.late && !TIMED.has(entry.command.type) && this.entries.indexOf(entry) > refused;
    return this.unsent.filter((entry) => !held(entry));
  }

  /** Those that the register as it was last heard does not show yet: still to be sent, or written a moment ago. */
  get unseen() {
    return this.entries.filter((entry) => !entry.refused);
  }

  /** Those that contradict the register: a person decides. */
  get contradictions() {
    return this.entries.filter((entry) => entry.refused);
  }

  /** @param {Entry} entry */
  add(entry) {
    this.entries.push(entry);
    this.#keep();
  }

  /** @param {string} key */
  done(key) {
    this.entries = this.entries.filter((entry) => entry.key !== key);
    this.#keep();
  }

  /** It is on disk, as that entry of the register; it is forgotten once the register that holds it was heard. @param {string} key @param {number} n */
  wrote(key, n) {
    for (const entry of this.entries) if (entry.key === key) entry.written = n;
    this.#keep();
  }

  /** A register was heard, up to that entry; none: nothing is awaited from it. @param {number} n */
  heard(n) {
    const left = this.entries.filter((entry) => entry.written === undefined || entry.written > n);
    if (left.length === this.entries.length) return;
    this.entries = left;
    this.#keep();
  }

  /** The register refused what had been typed without it. @param {string} key @param {{code: string, message: string}} why */
  contradict(key, why) {
    for (const entry of this.entries) if (entry.key === key) entry.refused = why;
    this.#keep();
  }

  /** The network is away: what was typed now goes with the hour of typing. */
  lose() {
    for (const entry of this.entries) entry.late = true;
    this.#keep();
  }

  #keep() {
    try {
      if (this.entries.length) localStorage.setItem(this.store, JSON.stringify(this.entries));
      else localStorage.removeItem(this.store);
    } catch {
      // A browser that keeps nothing still has them in memory, as long as the page stays open.
    }
  }
}

/** The command as it is sent: with the hour at which it was typed when it comes late. @param {Entry} entry */
export function timed(entry) {
  if (!entry.late || !TIMED.has(entry.command.type) || entry.command.when_ms) return entry.command;
  return { ...entry.command, when_ms: entry.at_ms };
}

/** @param {string} store @returns {Entry[]} */
function read(store) {
  try {
    const kept = JSON.parse(localStorage.getItem(store) ?? "[]");
    return Array.isArray(kept) ? kept.map((entry) => ({ ...entry, late: true })) : [];
  } catch {
    return [];
  }
}

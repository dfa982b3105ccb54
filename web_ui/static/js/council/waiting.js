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
    this.store = `${STORE}/${encodeURIComponent(account)}/`;
    this.entries = read(this.store);
    // Another page of the same account settled, or sent, one that this page has read too.
    addEventListener("storage", (event) => {
      if (event.newValue === null && event.key?.startsWith(this.store)) this.entries = this.entries.filter((entry) => this.store + entry.key !== event.key);
    });
  }

  /** An instant after every entry so far: that is their order. @param {number} at_ms */
  after(at_ms) {
    return Math.max(at_ms, (this.entries.at(-1)?.at_ms ?? 0) + 1);
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
    this.#keep(entry);
  }

  /** @param {string} key */
  done(key) {
    this.#forget((entry) => entry.key === key);
  }

  /** It goes to the server: from now on it may be written, whatever is heard of it. @param {string} key */
  sending(key) {
    this.#change(key, { sent: true });
  }

  /** It is on disk, as that entry of the register; it is forgotten once the register that holds it was heard. @param {string} key @param {number} n */
  wrote(key, n) {
    this.#change(key, { written: n });
  }

  /** A register was heard, up to that entry; none: nothing is awaited from it. @param {number} n */
  heard(n) {
    this.#forget((entry) => entry.written !== undefined && entry.written <= n);
  }

  /** The register refused what had been typed without it. @param {string} key @param {{code: string, message: string}} why */
  contradict(key, why) {
    this.#change(key, { refused: why });
  }

  /** The network is away: what was typed now goes with the hour of typing. */
  lose() {
    for (const entry of this.entries) this.#change(entry.key, { late: true });
  }

  /** @param {string} key @param {Partial<Entry>} what */
  #change(key, what) {
    for (const entry of this.entries) if (entry.key === key) this.#keep(Object.assign(entry, what));
  }

  /** @param {(entry: Entry) => boolean} which */
  #forget(which) {
    const gone = this.entries.filter(which);
    if (gone.length === 0) return;
    this.entries = this.entries.filter((entry) => !which(entry));
    try {
      for (const entry of gone) localStorage.removeItem(this.store + entry.key);
    } catch {
      // It was never kept.
    }
  }

  /** Each under its own name: two pages of one account do not write over each other's. @param {Entry} entry */
  #keep(entry) {
    try {
      localStorage.setItem(this.store + entry.key, JSON.stringify(entry));
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

/** @param {string} store @returns {Entry[]} in the order they were typed */
function read(store) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(store));
    const kept = names.map((name) => /** @type {Entry} */ (JSON.parse(localStorage.getItem(name) ?? "null")));
    return kept.map((entry) => ({ ...entry, late: true })).sort((one, other) => one.at_ms - other.at_ms);
  } catch {
    return [];
  }
}

/**
 * The link of the pages of the séance with the register: what it says by WebSocket, what is entered, what waits.
 *
 * Events: `register` (the view changed), `link` (lost or back), `waiting` (entries wait, or contradict), `warned` (CustomEvent: rules).
 * While the link is down entries wait and the last known register stays; they are sent again under the same key, so that one which
 * had arrived after all is not written twice.
 */

import { HttpError, getJson, send } from "../common/http.js";
import { newId } from "../common/ids.js";
import { OPEN, forecast } from "./forecast.js";
import { Waiting, timed } from "./waiting.js";

/** @typedef {import("./types.js").Register} Register */
/** @typedef {import("./types.js").Command} Command */
/** @typedef {import("./types.js").Answer} Answer */

const RETRY_MS = [200, 500, 1000, 2000];
const PING_MS = 2000;
const SILENCE_MS = 6000;
const ANSWER_MS = 5000;
const NOT_LOGGED_IN = 4401;
const NOT_ALLOWED = 4403;
const KNOWN = "regie.registre.connu";
const WHO = "regie.registre.qui";
const OFFSET = "regie.registre.decalage";
/** What is done to the item that is called, without naming it. */
const ON_THE_TABLE = new Set(["open_debate", "open_vote", "cast_ballots", "close_vote", "correct_vote", "annul_vote", "proclaim"]);

export class RegisterLink extends EventTarget {
  /** The register as it was last heard. @type {Register | null} */
  #heardRegister = null;
  /** What it becomes with what waits, for as long as the network is down. @type {{of: Register, keys: string, register: Register} | null} */
  #foreseen = null;
  /** @type {import("../types.js").ConsoleState} */
  state = { moteur: null, seance: null };
  /** @type {{nom: string, roles: string[], salle: string}} */
  who = { nom: "", roles: [], salle: "" };
  /** `performance.now()` when the link was lost; 0 while it holds. */
  lostAt = performance.now();
  /** Milliseconds to add to this machine's clock to get the server's. */
  offset = 0;
  /** Was the register heard at least once, even from what this browser kept? */
  known = false;
  /** @type {Waiting} */
  waiting = new Waiting("");
  /** @type {WebSocket | null} */
  #socket = null;
  #retries = 0;
  #heardAt = 0;
  #csrf = "";
  #nextId = 1;
  #sending = false;
  /** The newest entry of this page that is on disk. */
  #written = 0;
  /** @type {Map<number, (answer: Answer) => void>} */
  #asked = new Map();
  /** Entries whose page waits for an answer. @type {Map<string, (answer: Answer) => void>} */
  #expected = new Map();

  /** The register; without network, as it will stand once what waits here is written. @returns {Register | null} */
  get register() {
    const known = this.#heardRegister;
    const waiting = this.waiting.unseen;
    if (known === null || this.up || waiting.length === 0) return known;
    const keys = waiting.map((entry) => entry.key).join();
    if (this.#foreseen?.of !== known || this.#foreseen.keys !== keys) this.#foreseen = { of: known, keys, register: forecast(known, waiting) };
    return this.#foreseen.register;
  }

  get up() {
    return this.lostAt === 0;
  }

  /** The server's clock, UTC milliseconds. */
  now() {
    return Date.now() + this.offset;
  }

  /** @param {string} role */
  has(role) {
    return this.who.roles.includes(role);
  }

  async start() {
    await this.#identify();
    this.waiting = new Waiting(this.who.nom);
    this.#connect();
    setInterval(() => this.#beat(), PING_MS);
    addEventListener("online", () => this.#reconnect());
  }

  /**
   * Enter something. Answered when it is on disk, or refused, or — the network being away — when it is kept here to be sent later.
   * @param {Command} command @param {string} label what it is, in French, for the list of what waits @returns {Promise<Answer>}
   */
  enter(command, label) {
    const key = newId();
    const entry = { key, command: this.#about(command), label, at_ms: this.waiting.after(Math.round(this.now())), late: !this.up, seance: this.register?.seance ?? "" };
    this.waiting.add(entry);
    /** @type {Promise<Answer>} */
    const answer = this.up ? new Promise((resolve) => this.#expected.set(key, resolve)) : Promise.resolve({ code: "", message: "", waiting: true });
    this.dispatchEvent(new Event("waiting"));
    if (this.up) void this.#send();
    return answer;
  }

  /** Is the answer to an entry of that name awaited, the link being up? @param {string} label */
  awaits(label) {
    return this.waiting.unsent.some((entry) => entry.label === label && this.#expected.has(entry.key));
  }

  /** How an entry of this page ended, or will. @param {import("./types.js").Entry} entry @returns {Promise<Answer>} */
  outcome(entry) {
    if (entry.written !== undefined) return Promise.resolve({ code: "", message: "", n: entry.written });
    const expected = this.#expected.get(entry.key);
    if (expected === undefined) return Promise.resolve({ code: "", message: "", waiting: true });
    return new Promise((resolve) =>
      this.#expected.set(entry.key, (answer) => {
        expected(answer);
        resolve(answer);
      }),
    );
  }

  /** What is done to what is on the table says which item that is. @param {Command} command @returns {Command} */
  #about(command) {
    const { register } = this;
    if (!register || command.items || !ON_THE_TABLE.has(command.type)) return command;
    const open = register.points.filter((item) => register.courants.includes(item.id) && OPEN.has(item.etat)).map((item) => item.id);
    const items = open.length ? open : register.courants;
    return items.length ? { ...command, items } : command;
  }

  /** A contradiction is settled: forget the entry, or enter something else in its place; what it held back goes. @param {string} key */
  settle(key) {
    this.waiting.done(key);
    this.dispatchEvent(new Event("waiting"));
    void this.#send();
  }

  logOut() {
    location.assign(`/connexion?suite=${encodeURIComponent(location.pathname)}`);
  }

  /**
   * A command to the engine: the keys that hide. Over the stream when it is up; else by a plain request, so that a safety key works as
   * long as anything does. @param {import("../types.js").EngineCommand} command @returns {Promise<Answer>}
   */
  async command(command) {
    if (this.up) {
      const answer = await this.#ask({ type: "commande", commande: command });
      if (answer.code !== "liaison") return answer;
    }
    return this.post("/api/v1/commandes", command);
  }

  /** A request that changes something. @param {string} url @param {unknown} body @returns {Promise<Answer>} */
  async post(url, body) {
    const known = this.#csrf !== "";
    // Reloaded without network, the page did not hear its token yet.
    if (!known) this.#csrf = await getJson("/api/v1/session").then((session) => /** @type {import("../types.js").Session} */ (session).csrf).catch(() => "");
    const answer = await send(url, body, { csrf: this.#csrf }).then(
      () => ({ code: "", message: "" }),
      (error) => ({ code: error.code ?? "erreur", message: error.message }),
    );
    if (answer.code !== "csrf" || !known) return answer;
    // Somebody logged in again beside: the token is another one.
    this.#csrf = "";
    return this.post(url, body);
  }

  /** What does not change during a session: who may hide, and how far back. */
  async #loadHouse() {
    const whole = /** @type {import("../types.js").ConsoleState | null} */ (await getJson("/api/v1/etat").catch(() => null));
    if (whole === null) {
      setTimeout(() => void this.#loadHouse(), 2000);
      return;
    }
    this.state = { ...whole, ...this.state, moteur: this.state.moteur ?? whole.moteur, seance: this.state.seance ?? whole.seance };
    this.dispatchEvent(new Event("state"));
  }

  /** Who is here; without network, who was here last on this machine. */
  async #identify() {
    // Until the server says what time it is: this machine's clock may be wrong, by as much as the last time.
    this.offset = Number(recall(OFFSET)) || 0;
    for (;;) {
      try {
        const session = /** @type {import("../types.js").Session} */ (await getJson("/api/v1/session"));
        if (session.doit_changer) return this.logOut();
        this.who = { nom: session.nom, roles: session.roles, salle: session.salle ?? "" };
        this.#csrf = session.csrf;
        keep(WHO, this.who);
        void this.#loadHouse();
        return;
      } catch (error) {
        if (error instanceof HttpError && (error.status === 401 || error.status === 403)) return this.logOut();
        const kept = recall(WHO);
        if (kept) {
          this.who = kept;
          this.#know(recall(KNOWN), false);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  #connect() {
    const url = new URL("/api/v1/ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener("open", () => {
      this.#retries = 0;
      this.lostAt = 0;
      this.#say({ type: "suivre", registre: true, niveaux: false });
      this.dispatchEvent(new Event("link"));
      void this.#send();
    });
    socket.addEventListener("message", (event) => this.#heard(event.data));
    socket.addEventListener("close", (event) => void this.#closed(socket, event.code));
  }

  #reconnect() {
    if (!this.up && this.#socket === null) this.#connect();
  }

  /** @param {WebSocket} socket @param {number} code */
  async #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    const wasUp = this.up;
    if (wasUp) this.lostAt = performance.now();
    this.waiting.lose();
    for (const answer of this.#asked.values()) answer({ code: "liaison", message: "" });
    this.#asked.clear();
    for (const answer of this.#expected.values()) answer({ code: "", message: "", waiting: true });
    this.#expected.clear();
    if (wasUp) this.dispatchEvent(new Event("link"));
    this.dispatchEvent(new Event("waiting"));
    if (code === NOT_LOGGED_IN || code === NOT_ALLOWED) return this.logOut();
    const wait = RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (this.#socket === null) this.#connect();
  }

  /** @param {unknown} data */
  #heard(data) {
    this.#heardAt = performance.now();
    if (typeof data !== "string") return;
    const { type, ...news } = JSON.parse(data);
    if (type === "registre") this.#know(news.registre, true);
    else if (type === "etat") {
      this.state = { ...this.state, ...news };
      this.dispatchEvent(new Event("state"));
    } else if (type === "reponse") {
      const { ecrit } = news;
      this.#asked.get(news.id)?.({ code: news.code, message: news.message, n: ecrit?.n, warnings: ecrit?.avertissements });
      this.#asked.delete(news.id);
    }
  }

  /** @param {Register | null} register @param {boolean} fresh */
  #know(register, fresh) {
    this.#heardRegister = register;
    this.known = true;
    if (fresh) this.waiting.heard(register?.n ?? Infinity);
    if (fresh && register) {
      this.offset = register.maintenant_ms - Date.now();
      keep(OFFSET, this.offset);
    }
    if (fresh) keep(KNOWN, register?.phase === "levee" ? null : register);
    this.dispatchEvent(new Event("register"));
  }

  /** Send what waits, oldest first, one at a time: a merge goes by time. */
  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (;;) {
        const entry = this.waiting.toSend[0];
        if (!entry || !this.up) return;
        this.waiting.sending(entry.key);
        // One that was on its way when the link went may have been heard long after it was typed: the next ones stand on it.
        const typed = entry.late ? { saisi_ms: entry.at_ms, apres: this.#written } : {};
        const answer = await this.#ask({ type: "registre", cle: entry.key, seance: entry.seance ?? "", commande: timed(entry), ...typed });
        if (answer.code === "liaison" || answer.code === "registre_occupe") return this.#later();
        this.#answered(entry, answer);
      }
    } finally {
      this.#sending = false;
    }
  }

  #later() {
    if (this.up) setTimeout(() => void this.#send(), RETRY_MS[2]);
  }

  /** @param {import("./types.js").Entry} entry @param {Answer} answer */
  #answered(entry, answer) {
    const expected = this.#expected.get(entry.key);
    this.#expected.delete(entry.key);
    this.#written = Math.max(this.#written, answer.n ?? 0);
    // What was typed without the register and is refused by it is never dropped in silence, nor forced: somebody is asked.
    if (answer.code && !expected) this.waiting.contradict(entry.key, { code: answer.code, message: answer.message });
    // A refusal is its page's business; what is written is still awaited from the register, which comes a moment after its answer.
    else {
      if (!answer.code && answer.n !== undefined) this.waiting.wrote(entry.key, answer.n);
      if (answer.code || answer.n === undefined || answer.n <= (this.#heardRegister?.n ?? 0)) this.waiting.done(entry.key);
    }
    if (answer.warnings?.length) this.dispatchEvent(new CustomEvent("warned", { detail: answer.warnings }));
    expected?.(answer);
    this.dispatchEvent(new Event("waiting"));
  }

  /** @param {Record<string, unknown>} message @returns {Promise<Answer>} */
  #ask(message) {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer({ code: "liaison", message: "Pas de réponse du serveur." }), ANSWER_MS);
      const answer = (/** @type {Answer} */ given) => {
        clearTimeout(timer);
        this.#asked.delete(id);
        resolve(given);
      };
      this.#asked.set(id, answer);
      if (!this.#say({ ...message, id })) answer({ code: "liaison", message: "" });
    });
  }

  /** @param {object} message */
  #say(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #beat() {
    if (!this.#socket || this.#socket.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.#heardAt > SILENCE_MS) {
      const dead = this.#socket;
      dead.close();
      void this.#closed(dead, 0);
      return;
    }
    this.#say({ type: "ping", t: performance.now() });
  }
}

/** @param {string} name @param {unknown} value */
function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Nothing to do: the page then needs the network to be reloaded.
  }
}

/** @param {string} name */
function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

/**
 * A connection for the keys that hide and nothing else, which the server hands to a process of its own: a press waits there for
 * nothing of what else the machine does. The same command also goes by the page's usual way; the first that is answered counts.
 */

/** @typedef {import("../types.js").EngineCommand} EngineCommand */
/** @typedef {import("../types.js").Outcome} Outcome */

const RETRY_MS = [500, 1000, 2000, 5000, 15_000];
const PING_MS = 2000;
const SILENCE_MS = 6000;
const ANSWER_MS = 5000;
/** @type {Outcome} */
const LOST = { code: "liaison", message: "" };

export class DirectLine {
  /** @type {WebSocket | null} */
  #socket = null;
  #began = false;
  #retries = 0;
  #heardAt = 0;
  #nextId = 1;
  /** @type {Map<number, (outcome: Outcome) => void>} */
  #waiting = new Map();

  get up() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connect, and stay so. Once is enough. */
  begin() {
    if (this.#began) return;
    this.#began = true;
    this.#connect();
    setInterval(() => this.#beat(), PING_MS);
  }

  /** @param {EngineCommand} command @returns {Promise<Outcome>} */
  command(command) {
    if (!this.up) return Promise.resolve(LOST);
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(LOST), ANSWER_MS);
      const answer = (/** @type {Outcome} */ outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      this.#waiting.set(id, answer);
      this.#socket?.send(JSON.stringify({ type: "commande", id, commande: command }));
    });
  }

  #connect() {
    const url = new URL("/api/v1/touches", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener("open", () => (this.#retries = 0));
    socket.addEventListener("message", (event) => this.#heard(event.data));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  /** @param {WebSocket} socket */
  #closed(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    for (const answer of this.#waiting.values()) answer(LOST);
    setTimeout(() => this.#connect(), RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)]);
  }

  /** @param {string} data */
  #heard(data) {
    this.#heardAt = performance.now();
    const { type, id, code } = JSON.parse(data);
    if (type === "reponse") this.#waiting.get(id)?.({ code, message: "" });
  }

  #beat() {
    if (!this.up) return;
    const socket = /** @type {WebSocket} */ (this.#socket);
    if (performance.now() - this.#heardAt > SILENCE_MS) {
      socket.close();
      // A dead network never confirms the close: do not wait for it.
      this.#closed(socket);
    } else socket.send(JSON.stringify({ type: "ping", t: performance.now() }));
  }
}

/**
 * The first of several ways that carried it out; when none did, what the last of them says.
 * @param {Promise<Outcome>[]} ways @returns {Promise<Outcome>}
 */
export function firstDone(ways) {
  return new Promise((resolve) => {
    for (const way of ways) void way.then((outcome) => !outcome.code && resolve(outcome));
    void Promise.all(ways).then((outcomes) => resolve(outcomes[outcomes.length - 1]));
  });
}

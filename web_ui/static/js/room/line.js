/** The conversation with the régie (PROTOCOL.md): one WebSocket that comes back by itself, messages both ways, in order. */

const RETRY_MS = [300, 1000, 2000, 4000];
const PING_MS = 2000;
/** Nothing heard for that long: the socket is dead, whatever the browser believes. */
const SILENT_MS = 7000;

/** @typedef {Record<string, any> & {type: string}} Message */

export class Line extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  #retries = 0;
  #heard = 0;
  #over = false;

  constructor() {
    super();
    setInterval(() => this.#ping(), PING_MS);
    addEventListener("pagehide", () => this.#socket?.close());
    addEventListener("online", () => this.#connect());
  }

  open() {
    this.#connect();
  }

  /** Nobody comes back from here. */
  end() {
    this.#over = true;
    this.#socket?.close();
  }

  /** @param {Message} message @returns {boolean} was it sent? */
  say(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #connect() {
    if (this.#over || (this.#socket && this.#socket.readyState <= WebSocket.OPEN)) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/salles/ws`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#heard = performance.now();
      this.say({ type: "bonjour", version: 1 });
    });
    socket.addEventListener("message", (event) => {
      this.#heard = performance.now();
      /** @type {Message} */
      const message = JSON.parse(event.data);
      if (message.type === "bienvenue") this.#retries = 0;
      this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    });
  }

  /** @param {number} code why it ended */
  #lost(code) {
    this.#socket = null;
    this.dispatchEvent(new CustomEvent("coupure", { detail: { code } }));
    if (code === 4401 || code === 4410) this.#over = true;
    if (this.#over) return;
    setTimeout(() => this.#connect(), RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)]);
  }

  #ping() {
    if (!this.connected) return;
    if (performance.now() - this.#heard > SILENT_MS) {
      // After a sleep, or on another network: a browser waits long for the other end of a dead connection, we do not.
      this.#socket?.close();
      this.#lost(1006);
      return;
    }
    this.say({ type: "ping", t: performance.now() });
  }
}

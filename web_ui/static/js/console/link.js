/**
 * The console's link with the server: one WebSocket that brings the state, the meters and the thumbnails, and takes commands.
 *
 * It comes back by itself. Events: `state`, `levels`, `cameras`, `link` (lost or back), `thumbnail` (CustomEvent: source, blob) and
 * `refused` (CustomEvent: the outcome of a drive, which is answered only when it is refused).
 */

import { HttpError, getJson, send } from "../common/http.js";
import { newId } from "../common/ids.js";

/** @typedef {import("../types.js").ConsoleState} ConsoleState */
/** @typedef {import("../types.js").EngineCommand} EngineCommand */
/** @typedef {import("../types.js").Outcome} Outcome */

const RETRY_MS = [200, 500, 1000, 2000];
const PING_MS = 2000;
/** Nothing heard for this long (the state comes each second, pongs each two): the link is dead even if it looks open. */
const SILENCE_MS = 6000;
const ANSWER_MS = 5000;
const NOT_LOGGED_IN = 4401;
const DONE = { code: "", message: "" };

export class Link extends EventTarget {
  /** @type {ConsoleState} */
  state = { moteur: null, seance: null };
  /** @type {import("../types.js").Levels} */
  levels = {};
  /** What the automatic director tells. @type {import("../types.js").DirectorNews | null} */
  realisation = null;
  /** @type {import("../types.js").Heads} */
  cameras = { cameras: [], book: 0 };
  /** @type {import("../types.js").Session | null} */
  session = null;
  /** `performance.now()` when the link was lost; 0 while it holds. */
  lostAt = performance.now();
  /** Round trip of the last ping. */
  roundTripMs = 0;
  /** Has the state been heard at least once? Before that, nothing is known of the engine. */
  known = false;
  thumbnailsWanted = true;
  /** @type {WebSocket | null} */
  #socket = null;
  #retries = 0;
  #heardAt = 0;
  #nextId = 1;
  /** @type {Map<number, (outcome: Outcome) => void>} */
  #waiting = new Map();

  get up() {
    return this.lostAt === 0;
  }

  get operator() {
    return this.session?.roles.some((role) => role === "technicien" || role === "admin") ?? false;
  }

  /** Who is logged in, then the whole state, then the stream. Sends to the log-in page when nobody is. */
  async start() {
    await this.#identify();
    this.#connect();
    setInterval(() => this.#beat(), PING_MS);
    document.addEventListener("visibilitychange", () => this.#look());
    void this.#loadHouse();
  }

  /** An operator's command. @param {EngineCommand} command */
  command(command) {
    return this.#ask("commande", "/api/v1/commandes", command);
  }

  /** A command on the séance. @param {EngineCommand} command */
  seance(command) {
    return this.#ask("seance", "/api/v1/seance", command);
  }

  /** An entry of the legal register, under a key of its own: asked again, it is written once. @param {import("../types.js").EngineCommand} command */
  enter(command) {
    return this.#ask("registre", "/api/v1/registre", { cle: newId(), commande: command });
  }

  /** A request that is not a command. @param {string} address @param {unknown} body @returns {Promise<Outcome>} */
  post(address, body) {
    return send(address, body, { csrf: this.session?.csrf }).then(
      () => DONE,
      (error) => ({ code: error.code ?? "erreur", message: error.message }),
    );
  }

  /** What is asked of the automatic director. @param {EngineCommand} command @returns {Promise<Outcome>} */
  director(command) {
    return send("/api/v1/realisation/commandes", command, { csrf: this.session?.csrf }).then(
      () => DONE,
      (error) => ({ code: error.code ?? "erreur", message: error.message }),
    );
  }

  /** A command on the cameras. @param {EngineCommand} command */
  camera(command) {
    return this.#ask("camera", "/api/v1/cameras/commandes", command);
  }

  /** A word of the joystick; false when the link is lost. @param {string} camera @param {{pan: number, tilt: number, zoom: number}} speeds */
  drive(camera, speeds) {
    return this.#say({ type: "piloter", id: this.#nextId++, camera, ...speeds });
  }

  async logOut() {
    await send("/api/v1/session", undefined, { method: "DELETE", csrf: this.session?.csrf }).catch(() => {});
    this.#toLogin();
  }

  async #identify() {
    while (!this.session) {
      try {
        this.session = await getJson("/api/v1/session");
        if (this.session?.doit_changer) this.#toLogin();
      } catch (error) {
        if (error instanceof HttpError && (error.status === 401 || error.status === 403)) return this.#toLogin();
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  #toLogin() {
    location.assign(`/connexion?suite=${encodeURIComponent(location.pathname)}`);
  }

  /** What does not change during a session: the town, the roster, the agenda. */
  async #loadHouse() {
    try {
      const whole = /** @type {ConsoleState} */ (await getJson("/api/v1/etat"));
      this.state = { ...whole, moteur: this.state.moteur ?? whole.moteur, seance: this.state.seance ?? whole.seance };
      this.dispatchEvent(new Event("state"));
    } catch {
      setTimeout(() => void this.#loadHouse(), 2000);
    }
  }

  #connect() {
    const url = new URL("/api/v1/ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener("open", () => {
      this.#retries = 0;
      this.lostAt = 0;
      this.#look();
      this.dispatchEvent(new Event("link"));
    });
    socket.addEventListener("message", (event) => this.#heard(event.data));
    socket.addEventListener("close", (event) => this.#closed(socket, event.code));
  }

  /** @param {WebSocket} socket @param {number} code */
  async #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    const wasUp = this.up;
    if (wasUp) this.lostAt = performance.now();
    for (const answer of this.#waiting.values()) answer({ code: "liaison", message: "Liaison perdue avant la réponse." });
    this.#waiting.clear();
    if (wasUp) this.dispatchEvent(new Event("link"));
    if (code === NOT_LOGGED_IN) return this.#toLogin();
    const wait = RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, wait));
    // A refused handshake says nothing of its cause: ask whether the session still holds.
    if (!wasUp) {
      const gone = await getJson("/api/v1/session").then(
        () => false,
        (error) => error.status === 401,
      );
      if (gone) return this.#toLogin();
    }
    this.#connect();
  }

  /** @param {string | ArrayBuffer} data */
  #heard(data) {
    this.#heardAt = performance.now();
    if (typeof data !== "string") return this.#thumbnail(data);
    const { type, ...news } = JSON.parse(data);
    if (type === "etat") {
      this.known = true;
      this.state = { ...this.state, ...news };
      this.dispatchEvent(new Event("state"));
    } else if (type === "niveaux") {
      this.levels = news;
      this.dispatchEvent(new Event("levels"));
    } else if (type === "realisation") {
      this.realisation = news.realisation;
      this.dispatchEvent(new Event("director"));
    } else if (type === "reponse") {
      const answer = this.#waiting.get(news.id);
      if (answer) answer({ code: news.code, message: news.message });
      else if (news.code) this.dispatchEvent(new CustomEvent("refused", { detail: { code: news.code, message: news.message } }));
    } else if (type === "cameras") {
      this.cameras = news;
      this.dispatchEvent(new Event("cameras"));
    } else if (type === "pong") this.roundTripMs = performance.now() - news.t;
  }

  /** @param {ArrayBuffer} frame one byte: length of the source's id; the id; a JPEG */
  #thumbnail(frame) {
    const length = new Uint8Array(frame, 0, 1)[0];
    const source = new TextDecoder().decode(new Uint8Array(frame, 1, length));
    const blob = new Blob([new Uint8Array(frame, 1 + length)], { type: "image/jpeg" });
    this.dispatchEvent(new CustomEvent("thumbnail", { detail: { source, blob } }));
  }

  #beat() {
    if (!this.#socket || this.#socket.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.#heardAt > SILENCE_MS) {
      const dead = this.#socket;
      dead.close();
      // A dead network never confirms the close: do not wait for it.
      void this.#closed(dead, 0);
      return;
    }
    this.#say({ type: "ping", t: performance.now() });
    this.#look();
  }

  /** Thumbnails are sent only to a page that somebody can see. */
  #look() {
    this.#say({ type: "regarder", vignettes: this.thumbnailsWanted && !document.hidden });
  }

  /** @param {object} message */
  #say(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * Over the stream when it is up; else by a plain request, so that a safety key works as long as anything does.
   * @param {"commande" | "seance" | "camera" | "registre"} type @param {string} address @param {object} asked @returns {Promise<Outcome>}
   */
  #ask(type, address, asked) {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer({ code: "liaison", message: "Pas de réponse du serveur." }), ANSWER_MS);
      const answer = (/** @type {Outcome} */ outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      this.#waiting.set(id, answer);
      if (this.#say({ type, id, ...(type === "registre" ? asked : { commande: asked }) })) return;
      this.#waiting.delete(id);
      send(address, asked, { csrf: this.session?.csrf }).then(
        () => answer(DONE),
        (error) => answer({ code: error.code ?? "erreur", message: error.message }),
      );
    });
  }
}

/**
 * The hand on a camera: several joysticks (pointer, keys, gamepad), one camera driven at a time, said again 25 times a second.
 *
 * Let go: zero is said at once, then a stop that the camera confirms (where it can), asked three times at most. The page hidden or left: let go.
 */

/** @typedef {import("../console/link.js").Link} Link */
/** @typedef {{pan: number, tilt: number, zoom: number}} Speeds */

const EVERY_MS = 40;
const STOPS = 3;
const STILL = { pan: 0, tilt: 0, zoom: 0 };

/** @param {Speeds} speeds */
const still = ({ pan, tilt, zoom }) => !pan && !tilt && !zoom;

/** @param {number} value */
const bounded = (value) => Math.max(-1, Math.min(1, value));

export class Hand {
  /** What each joystick asks. @type {Map<string, Speeds>} */
  #asked = new Map();
  /** The camera that is being driven. @type {string | null} */
  #driven = null;
  #timer = 0;
  /** The drives of a refused hold are not said again until everything is let go. */
  #refused = false;

  /**
   * @param {Link} link
   * @param {() => string | null} target camera that a new hold drives
   * @param {(outcome: {code: string, message: string}, camera: string) => void} told how the last stop or drive of a camera ended
   */
  constructor(link, target, told) {
    this.link = link;
    this.target = target;
    this.told = told;
    this.scale = 0.5;
    link.addEventListener("refused", (event) => {
      if (!this.#driven) return;
      this.#refused = true;
      told(/** @type {CustomEvent} */ (event).detail, this.#driven);
    });
    addEventListener("blur", () => this.release());
    addEventListener("pagehide", () => this.release());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.release();
    });
  }

  get driven() {
    return this.#driven;
  }

  /** What a joystick asks now; all zero lets go. @param {string} stick @param {Speeds} speeds */
  push(stick, speeds) {
    if (still(speeds)) this.#asked.delete(stick);
    else this.#asked.set(stick, speeds);
    if (!this.#asked.size) return this.#letGo();
    if (!this.#driven) {
      this.#driven = this.target();
      this.#refused = false;
      if (!this.#driven) return;
      this.#timer = setInterval(() => this.#say(), EVERY_MS);
      this.#say();
    }
  }

  /** Everything is let go. */
  release() {
    this.#asked.clear();
    this.#letGo();
  }

  #say() {
    if (!this.#driven || this.#refused) return;
    const sum = { ...STILL };
    for (const speeds of this.#asked.values()) {
      sum.pan += speeds.pan;
      sum.tilt += speeds.tilt;
      sum.zoom += speeds.zoom;
    }
    const scale = this.scale;
    this.link.drive(this.#driven, { pan: bounded(sum.pan * scale), tilt: bounded(sum.tilt * scale), zoom: bounded(sum.zoom * scale) });
  }

  #letGo() {
    clearInterval(this.#timer);
    const camera = this.#driven;
    this.#driven = null;
    if (!camera) return;
    this.link.drive(camera, STILL);
    if (!this.#refused) void this.#confirm(camera);
  }

  /** @param {string} camera */
  async #confirm(camera) {
    let outcome = { code: "", message: "" };
    for (let n = 0; n < STOPS; n++) {
      // Taken again meanwhile: a stop would fight with the hand.
      if (this.#driven === camera) return;
      outcome = await this.link.camera({ type: "stop", camera });
      if (!outcome.code) break;
    }
    this.told(outcome, camera);
  }
}

/**
 * What the citizen's page plays: one séance, live or not, over one of the two streams.
 *
 * Rules: pause resumes where it paused; only a person (or a cut of the network longer than the cap, when the live was being
 * followed) goes back to the live; the rate is 1 at the live.
 */

import { getText } from "../common/http.js";
import { parseMaster } from "./master.js";
import { HlsStream, NativeStream, loadHls } from "./streams.js";

/** Nearer than this to the live position is « en direct ». */
export const LIVE_TOLERANCE_S = 8;
/** Somebody who follows the live and fell further behind than this, without wanting it, is brought back. */
const DRIFT_CAP_S = 20;
/** Waiting for data longer than this is said in words. */
const SLOW_AFTER_MS = 5000;
const MASTER_RETRY_MS = 2000;

/** @typedef {"network" | "media" | "slow" | null} Trouble */

export class Player extends EventTarget {
  /** @type {import("./streams.js").Stream | null} */
  #stream = null;
  /** @type {import("./master.js").Rendition[]} */
  renditions = [];
  /** @type {Trouble} */
  trouble = null;
  quality = "auto";
  following = false;
  url = "";
  #opening = 0;
  #slowTimer = 0;
  /** @type {Promise<import("../types.js").HlsModule | null> | null} */
  #library = null;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    super();
    this.video = video;
    for (const name of ["play", "pause", "timeupdate", "seeked", "ratechange", "volumechange", "ended", "durationchange"])
      video.addEventListener(name, () => this.#changed());
    video.addEventListener("waiting", () => this.#waiting());
    video.addEventListener("playing", () => this.#playing());
    video.addEventListener("ended", () => this.dispatchEvent(new Event("finished")));
  }

  /** Fetch the library before it is needed, so that the first picture comes sooner. */
  prepare() {
    this.#library ??= loadHls();
  }

  get opened() {
    return this.url !== "";
  }

  get live() {
    return this.#stream?.live ?? false;
  }

  get start() {
    return this.#stream?.start ?? 0;
  }

  get edge() {
    return this.#stream?.edge ?? 0;
  }

  get position() {
    return this.video.currentTime;
  }

  /** Seconds behind the live position; 0 when there is no live. */
  get behind() {
    return this.live ? Math.max(0, this.edge - this.position) : 0;
  }

  get atLive() {
    return this.live && this.behind <= LIVE_TOLERANCE_S;
  }

  /** Choosing a speed makes sense in the past only. */
  get rateAllowed() {
    return this.opened && !this.atLive;
  }

  /**
   * Open a séance. Must be called from a click, so that the browser allows the sound.
   * @param {string} url master playlist
   * @param {number} startAt seconds; -1 for the live position (the beginning when there is no live)
   */
  async open(url, startAt) {
    this.url = url;
    this.following = startAt < 0;
    // Asked at once, while the click still counts: Safari unlocks the element then, and only then. Opening a source pauses again.
    void this.video.play().catch(() => {});
    await this.#connect(startAt);
    this.play();
  }

  /** @param {string} quality "auto", "720p", "360p" or "son" */
  async choose(quality) {
    if (quality === this.quality) return;
    const before = this.quality;
    this.quality = quality;
    if (!this.opened) return;
    if (before !== "son" && this.#stream?.quality(quality)) return this.#changed();
    const at = this.following && this.atLive ? -1 : this.position;
    const playing = !this.video.paused;
    await this.#connect(at);
    if (playing) void this.video.play().catch(() => {});
  }

  toggle() {
    if (this.video.paused || this.video.ended) this.play();
    else this.pause();
  }

  play() {
    void this.video.play().catch(() => {});
  }

  pause() {
    this.following = false;
    this.video.pause();
  }

  /** @param {number} seconds */
  seek(seconds) {
    const to = Math.min(Math.max(seconds, this.start), Math.max(this.start, this.edge));
    this.following = this.live && this.edge - to <= LIVE_TOLERANCE_S;
    if (this.following) this.video.playbackRate = 1;
    this.video.currentTime = to;
    this.#changed();
  }

  /** @param {number} seconds */
  seekBy(seconds) {
    this.seek(this.position + seconds);
  }

  toLive() {
    if (!this.live) return;
    this.seek(this.edge);
    this.play();
  }

  /** @param {number} rate */
  setRate(rate) {
    this.video.playbackRate = this.rateAllowed ? rate : 1;
  }

  /** @param {number} startAt */
  async #connect(startAt) {
    const turn = ++this.#opening;
    this.prepare();
    const library = await this.#library;
    await this.#readMaster(turn);
    if (turn !== this.#opening) return;
    this.#stream?.close();
    const chosen = this.renditions.find((r) => r.id === this.quality);
    const events = { changed: () => this.#changed(), trouble: (/** @type {Trouble} */ t) => this.#setTrouble(t) };
    const soundOnly = this.quality === "son" && chosen;
    if (library) {
      const url = soundOnly ? chosen.url : this.url;
      this.#stream = new HlsStream(library, this.video, url, startAt, this.quality, events);
    } else this.#stream = new NativeStream(this.video, chosen?.url ?? this.url, startAt, events);
    this.#changed();
  }

  /** Read the renditions; a master that cannot be read yet is asked again until it is. @param {number} turn */
  async #readMaster(turn) {
    while (turn === this.#opening) {
      try {
        this.renditions = parseMaster(await getText(this.url), new URL(this.url, location.href).href);
        return this.#setTrouble(null);
      } catch {
        this.#setTrouble("network");
        await new Promise((resolve) => setTimeout(resolve, MASTER_RETRY_MS));
      }
    }
  }

  #waiting() {
    clearTimeout(this.#slowTimer);
    this.#slowTimer = setTimeout(() => {
      if (!this.trouble && !this.video.paused) this.#setTrouble("slow");
    }, SLOW_AFTER_MS);
  }

  #playing() {
    clearTimeout(this.#slowTimer);
    this.#setTrouble(null);
    if (this.following && this.live && this.behind > DRIFT_CAP_S) {
      this.seek(this.edge);
      this.dispatchEvent(new Event("caughtup"));
    }
  }

  /** @param {Trouble} trouble */
  #setTrouble(trouble) {
    if (trouble === this.trouble) return;
    this.trouble = trouble;
    this.#changed();
  }

  #changed() {
    if (this.atLive && this.video.playbackRate !== 1) this.video.playbackRate = 1;
    this.dispatchEvent(new Event("changed"));
  }
}

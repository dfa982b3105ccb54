/**
 * The two ways a browser plays HLS, behind one shape: hls.js where Media Source exists, the browser itself elsewhere (iPhone).
 *
 * Both repair themselves for ever: a failing network is tried again with back-off and said in words, a decoder that gives up is
 * restarted. Neither changes the playback rate to catch up with the live.
 */

/** @typedef {import("./master.js").Rendition} Rendition */
/** @typedef {"network" | "media" | null} Trouble */

/**
 * @typedef {object} StreamEvents
 * @property {() => void} changed something to show changed (live edge, end of the live)
 * @property {(trouble: Trouble) => void} trouble
 */

/**
 * @typedef {object} Stream
 * @property {boolean} live false once the playlist is closed
 * @property {number} start where the timeline begins
 * @property {number} edge the live position, or the end
 * @property {(quality: string) => boolean} quality false when another stream must be opened for it
 * @property {() => void} close
 */

/** @typedef {{id: string, startTime: number, duration: number | null, attr: Record<string, string>}} DateRange */

/** More than a segment: those that a passage touches are taken out whole. */
const REMOVED_MARGIN_S = 4;
const RETRY_MS = [1000, 2000, 4000, 8000];
const MEDIA_RETRY_WINDOW_MS = 4000;
/** Safety of the native player, which does not say where its live position is. */
const NATIVE_LIVE_MARGIN_S = 8;

/** @returns {Promise<import("../types.js").HlsModule | null>} null when the browser has no Media Source */
export async function loadHls() {
  if (!("MediaSource" in window) && !("ManagedMediaSource" in window)) return null;
  const address = "../../vendor/hls.light.min.mjs";
  /** @type {import("../types.js").HlsModule} */
  const module = await import(address);
  return module.default.isSupported() ? module : null;
}

const HLS_SETTINGS = {
  enableWorker: false, // fMP4 needs no remuxing, and a worker from a blob would need a weaker content policy
  lowLatencyMode: false,
  maxLiveSyncPlaybackRate: 1,
  liveSyncDurationCount: 3,
  liveDurationInfinity: false,
  backBufferLength: 60,
  maxBufferLength: 30,
  maxMaxBufferLength: 60,
  capLevelToPlayerSize: true,
  // We read date ranges ourselves; hls.js would make a track of them from a data: address, which the page's policy forbids.
  enableDateRangeMetadataCues: false,
  abrEwmaDefaultEstimate: 800_000,
};

/** @implements {Stream} */
export class HlsStream {
  live = true;
  start = 0;
  #end = 0;
  #retries = 0;
  #timer = 0;
  #mediaErrorAt = -Infinity;
  #mediaErrors = 0;
  #loaded = false;
  /** Passages known to be taken out, by their name. @type {Set<string> | null} null before the first playlist */
  #removed = null;

  /**
   * @param {import("../types.js").HlsModule} module
   * @param {HTMLVideoElement} video
   * @param {string} url
   * @param {number} startAt seconds, -1 for the live position
   * @param {string} quality
   * @param {StreamEvents} events
   */
  constructor(module, video, url, startAt, quality, events) {
    this.module = module;
    this.video = video;
    this.url = url;
    this.events = events;
    this.hls = new module.default({ ...HLS_SETTINGS, startPosition: startAt });
    const on = (/** @type {string} */ name, /** @type {(data: any) => void} */ listener) =>
      this.hls.on(module.Events[name], (_event, data) => listener(data));
    on("MANIFEST_PARSED", () => {
      this.#loaded = true;
      if (quality !== "auto" && quality !== "son") this.hls.loadLevel = this.#level(quality);
    });
    on("LEVEL_UPDATED", (data) => this.#details(data.details));
    on("FRAG_BUFFERED", () => this.#recovered());
    on("ERROR", (data) => this.#error(data));
    this.hls.loadSource(url);
    this.hls.attachMedia(video);
  }

  get edge() {
    const position = this.live ? this.hls.liveSyncPosition : null;
    return Math.max(this.start, position ?? this.#end);
  }

  /** @param {string} quality */
  quality(quality) {
    if (quality === "son") return false;
    this.hls.nextLevel = quality === "auto" ? -1 : this.#level(quality);
    return true;
  }

  close() {
    clearTimeout(this.#timer);
    this.hls.destroy();
  }

  /** @param {string} quality such as "360p" */
  #level(quality) {
    return this.hls.levels.findIndex((level) => `${level.height}p` === quality);
  }

  /** @param {{live: boolean, edge: number, fragmentStart: number, dateRanges?: Record<string, DateRange>}} details */
  #details(details) {
    this.#forgetRemoved(details.dateRanges ?? {});
    this.live = details.live;
    this.start = Math.max(0, details.fragmentStart);
    this.#end = details.edge;
    if (!details.live) this.#recovered();
    this.events.changed();
  }

  /**
   * A passage was taken out while we were playing: what is buffered of it goes, and comes again clean.
   * @param {Record<string, DateRange>} ranges
   */
  #forgetRemoved(ranges) {
    const removed = Object.values(ranges).filter((range) => range.attr["X-RETRAIT"]);
    const known = this.#removed;
    this.#removed = new Set(removed.map((range) => range.id));
    if (!known) return;
    for (const range of removed.filter(({ id }) => !known.has(id)))
      this.hls.trigger(this.module.Events.BUFFER_FLUSHING, {
        startOffset: Math.max(0, range.startTime - REMOVED_MARGIN_S),
        endOffset: range.startTime + (range.duration ?? 0) + REMOVED_MARGIN_S,
        type: null,
      });
  }

  #recovered() {
    this.#retries = 0;
    this.events.trouble(null);
  }

  /** @param {{fatal: boolean, type: string}} error */
  #error(error) {
    if (!error.fatal) return;
    if (error.type === this.module.ErrorTypes.MEDIA_ERROR) this.#mediaError();
    else {
      this.events.trouble("network");
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#retry(), RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)]);
    }
  }

  #retry() {
    if (this.#loaded) this.hls.startLoad();
    else this.hls.loadSource(this.url);
  }

  #mediaError() {
    this.events.trouble("media");
    const now = performance.now();
    this.#mediaErrors = now - this.#mediaErrorAt < MEDIA_RETRY_WINDOW_MS ? this.#mediaErrors + 1 : 0;
    this.#mediaErrorAt = now;
    const playing = !this.video.paused;
    if (this.#mediaErrors === 1) this.hls.swapAudioCodec();
    // A stream that fails at once again and again waits longer between two tries, like a network.
    const wait = this.#mediaErrors < 2 ? 0 : RETRY_MS[Math.min(this.#mediaErrors - 2, RETRY_MS.length - 1)];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.hls.recoverMediaError();
      if (playing) void this.video.play().catch(() => {});
    }, wait);
  }
}

/** @implements {Stream} */
export class NativeStream {
  #retries = 0;
  #timer = 0;
  #aborter = new AbortController();

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url
   * @param {number} startAt seconds, -1 for the live position
   * @param {StreamEvents} events
   */
  constructor(video, url, startAt, events) {
    this.video = video;
    this.url = url;
    this.events = events;
    this.resumeAt = startAt;
    const on = (/** @type {string} */ name, /** @type {() => void} */ listener) =>
      video.addEventListener(name, listener, { signal: this.#aborter.signal });
    on("loadedmetadata", () => this.#place());
    on("error", () => this.#failed());
    on("progress", () => events.changed());
    on("durationchange", () => events.changed());
    on("playing", () => {
      this.#retries = 0;
      events.trouble(null);
    });
    video.src = url;
  }

  get live() {
    return this.video.duration === Infinity || Number.isNaN(this.video.duration);
  }

  get start() {
    return this.video.seekable.length ? this.video.seekable.start(0) : 0;
  }

  get edge() {
    const { seekable } = this.video;
    const end = seekable.length ? seekable.end(seekable.length - 1) : 0;
    return Math.max(this.start, this.live ? end - NATIVE_LIVE_MARGIN_S : end);
  }

  /** The browser keeps to one address: each choice is another stream. */
  quality() {
    return false;
  }

  close() {
    this.#aborter.abort();
    clearTimeout(this.#timer);
    this.video.removeAttribute("src");
    this.video.load();
  }

  #place() {
    if (this.resumeAt >= 0) this.video.currentTime = this.resumeAt;
    this.events.changed();
  }

  #failed() {
    this.events.trouble("network");
    this.resumeAt = this.video.currentTime || this.resumeAt;
    const playing = !this.video.paused;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.video.src = this.url;
        if (playing) void this.video.play().catch(() => {});
      },
      RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)],
    );
  }
}

/**
 * The séance as a line of time: its waveform, its masked passages, the passage that is being marked; and the instant of the act
 * (UTC milliseconds) of each position of the video, as the playlist dates it.
 */

/** @typedef {import("../types.js").ReviewRow} Row */
/** @typedef {{start: number, duration: number, programDateTime: number | null}} Fragment */

/** Peaks a second of the waveform. */
const PER_SECOND = 10;

export class Timeline extends EventTarget {
  /** @type {Fragment[]} */
  fragments = [];
  /** @type {Uint8Array} */
  #peaks = new Uint8Array();
  /** @type {{start: number, end: number}[]} */
  #masked = [];
  /** @type {{start: number, end: number} | null} */
  #marked = null;

  /** @param {HTMLElement} frame @param {HTMLCanvasElement} canvas @param {HTMLVideoElement} video @param {HTMLElement} head */
  constructor(frame, canvas, video, head) {
    super();
    this.frame = frame;
    this.canvas = canvas;
    this.video = video;
    this.head = head;
    frame.addEventListener("pointerdown", (event) => this.#go(event));
    frame.addEventListener("pointermove", (event) => event.buttons && this.#go(event));
    frame.addEventListener("keydown", (event) => this.#key(event));
    video.addEventListener("timeupdate", () => this.#place());
    new ResizeObserver(() => this.draw()).observe(frame);
  }

  get length() {
    const last = this.fragments.at(-1);
    return last ? last.start + last.duration : 0;
  }

  /** UTC milliseconds of a position; null when nothing is known yet. @param {number} seconds */
  instant(seconds) {
    const held = this.fragments.findLast((f) => f.start <= seconds) ?? this.fragments[0];
    if (!held?.programDateTime) return null;
    return Math.round(held.programDateTime + (seconds - held.start) * 1000);
  }

  /** The position of an instant. @param {number} ms */
  position(ms) {
    const held = this.fragments.findLast((f) => (f.programDateTime ?? Infinity) <= ms) ?? this.fragments[0];
    return held?.programDateTime ? Math.max(0, held.start + (ms - held.programDateTime) / 1000) : 0;
  }

  /** @param {Uint8Array} peaks */
  showWave(peaks) {
    this.#peaks = peaks;
    this.draw();
  }

  /** @param {Row[]} rows */
  showMasked(rows) {
    this.#masked = rows.filter((r) => r.end_ms).map((r) => ({ start: this.position(r.start_ms), end: this.position(r.end_ms ?? 0) }));
    this.draw();
  }

  /** @param {number | null} start seconds @param {number | null} end */
  mark(start, end) {
    this.#marked = start === null ? null : { start, end: end ?? start };
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const scale = devicePixelRatio;
    const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale];
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d");
    if (!pen || !this.length) return;
    const style = getComputedStyle(this.frame);
    const ink = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const x = (/** @type {number} */ seconds) => (seconds / this.length) * width;
    pen.fillStyle = ink("--text-2");
    const bins = this.length * PER_SECOND;
    for (let column = 0; column < width; column++) {
      const from = Math.floor((column / width) * bins);
      const to = Math.max(from + 1, Math.floor(((column + 1) / width) * bins));
      let peak = 0;
      for (let i = from; i < Math.min(to, this.#peaks.length); i++) peak = Math.max(peak, this.#peaks[i]);
      const tall = Math.max(scale, (peak / 255) * height * 0.9);
      pen.fillRect(column, (height - tall) / 2, 1, tall);
    }
    pen.globalAlpha = 0.45;
    pen.fillStyle = ink("--masked");
    for (const { start, end } of this.#masked) pen.fillRect(x(start), 0, Math.max(3 * scale, x(end) - x(start)), height);
    pen.fillStyle = ink("--air");
    if (this.#marked) pen.fillRect(x(this.#marked.start), 0, Math.max(2 * scale, x(this.#marked.end) - x(this.#marked.start)), height);
    this.#place();
  }

  #place() {
    if (!this.length) return;
    this.head.style.left = `${(this.video.currentTime / this.length) * 100}%`;
    this.frame.setAttribute("aria-valuemax", String(Math.round(this.length)));
    this.frame.setAttribute("aria-valuenow", String(Math.round(this.video.currentTime)));
    this.dispatchEvent(new Event("moved"));
  }

  /** @param {PointerEvent} event */
  #go(event) {
    const box = this.frame.getBoundingClientRect();
    this.video.currentTime = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.length;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: 30, PageDown: -30 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.video.currentTime = Math.max(0, this.video.currentTime + step * (event.shiftKey ? 0.1 : 1));
  }
}

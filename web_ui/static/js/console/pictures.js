/** Thumbnails on their canvases: the newest picture of a source, wherever it is shown. */

/** @typedef {import("./link.js").Link} Link */

export class Pictures {
  /** @type {Map<string, Set<HTMLCanvasElement>>} */
  #places = new Map();
  /** @type {Set<string>} */
  #busy = new Set();

  /** @param {Link} link */
  constructor(link) {
    link.addEventListener("thumbnail", (event) => {
      const { source, blob } = /** @type {CustomEvent<{source: string, blob: Blob}>} */ (event).detail;
      void this.#draw(source, blob);
    });
  }

  /** @param {string} source @param {HTMLCanvasElement} canvas */
  show(source, canvas) {
    const places = this.#places.get(source) ?? new Set();
    places.add(canvas);
    this.#places.set(source, places);
  }

  /** @param {string} source @param {HTMLCanvasElement} canvas */
  hide(source, canvas) {
    this.#places.get(source)?.delete(canvas);
  }

  /** A picture that comes while the one before is still being decoded is dropped. @param {string} source @param {Blob} blob */
  async #draw(source, blob) {
    const places = this.#places.get(source);
    if (!places?.size || this.#busy.has(source)) return;
    this.#busy.add(source);
    try {
      const bitmap = await createImageBitmap(blob);
      for (const canvas of places) {
        if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
        if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
        canvas.getContext("2d", { alpha: false })?.drawImage(bitmap, 0, 0);
        canvas.dataset.drawn = String(Number(canvas.dataset.drawn ?? 0) + 1);
      }
      bitmap.close();
    } catch {
      // Not a picture: the one before stays, and the source's badge says its state.
    } finally {
      this.#busy.delete(source);
    }
  }
}

/** Apprentissage: seat by seat, the technician frames it, stores it, and goes to the next. */

import { $, say, set } from "../common/dom.js";
import { onPress, forbid } from "../console/ask.js";
import { placeWords } from "./editor.js";

export class Lesson {
  #open = false;
  #at = 0;

  /** @param {import("../console/link.js").Link} link @param {import("./heads.js").Heads} heads @param {() => string | null} source */
  constructor(link, heads, source) {
    this.link = link;
    this.heads = heads;
    this.source = source;
    $("apprendre").addEventListener("click", () => {
      this.#open = !this.#open;
      // Where it was left: the first seat that this camera does not know.
      if (this.#open) this.#at = Math.max(0, this.#places.findIndex((place) => !this.#known(place.id)));
      this.render();
    });
    $("lecon-avant").addEventListener("click", () => this.#step(-1));
    $("lecon-apres").addEventListener("click", () => this.#step(1));
    onPress($("lecon-aller"), () => link.camera({ type: "recall", preset: this.#known(this.#place?.id ?? "")?.preset.id ?? "" }));
    onPress($("lecon-ranger"), () => this.#store());
  }

  get #places() {
    return this.link.state.places ?? [];
  }

  get #place() {
    return this.#places[this.#at];
  }

  /** The preset of this camera that shows that seat alone. @param {string} place */
  #known(place) {
    return this.heads.presetsOf(this.source()).find(({ preset }) => preset.places?.length === 1 && preset.places[0] === place);
  }

  render() {
    const place = this.#place;
    set($("apprendre"), "aria-expanded", String(this.#open));
    set($("lecon"), "hidden", !this.#open);
    forbid($("apprendre"), this.#places.length ? null : "La configuration ne nomme aucune place ([[place]]).");
    if (!this.#open || !place) return;
    const learnt = this.#places.filter((one) => this.#known(one.id)).length;
    const known = this.#known(place.id);
    say($("lecon-place"), placeWords(place, this.link.state.elus ?? []));
    say($("lecon-rang"), `place ${this.#at + 1} sur ${this.#places.length} · ${learnt} connue${learnt > 1 ? "s" : ""} de cette caméra`);
    say($("lecon-mot"), known ? "Déjà connue : enregistrer remplace son cadrage." : "Cadrez cette place au manche, puis enregistrez.");
    forbid($("lecon-avant"), this.#at > 0 ? null : "C’est la première place.");
    forbid($("lecon-apres"), this.#at < this.#places.length - 1 ? null : "C’est la dernière place.");
    forbid($("lecon-aller"), known ? null : "Cette caméra ne connaît pas encore cette place.");
  }

  /** @param {number} by */
  #step(by) {
    this.#at = Math.max(0, Math.min(this.#places.length - 1, this.#at + by));
    this.render();
  }

  async #store() {
    const place = this.#place;
    if (!place) return { code: "place_absente", message: "Aucune place." };
    const known = this.#known(place.id);
    const name = this.link.state.elus?.find((one) => one.id === place.elu)?.nom ?? place.nom;
    const outcome = await this.link.camera({
      type: "store_preset",
      camera: this.source(),
      ...(known ? { preset: known.preset.id } : { name }),
      places: [place.id],
    });
    if (!outcome.code) this.#step(1);
    return outcome;
  }
}

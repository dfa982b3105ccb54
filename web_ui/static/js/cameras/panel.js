/** The panel of the cameras: which one is driven, where it is, its pads, the joystick, the lock of the programme. */

import { $, byId, el, say, set } from "../common/dom.js";
import { forbid, onPress, refuse } from "../console/ask.js";
import { engineReason } from "../console/gate.js";
import { Editor } from "./editor.js";
import { Hand } from "./hand.js";
import { headWords, stopWords } from "./heads.js";
import { ImageKeys } from "./image.js";
import { Lesson } from "./lesson.js";
import { Measure } from "./measure.js";
import { Memories } from "./memories.js";
import { Pads } from "./pads.js";
import { Seats } from "./seats.js";
import { GamepadStick, pointerPad, zoomKey } from "./sticks.js";
import { Together } from "./together.js";

/** @typedef {import("../types.js").Head} Head */

const ALLOWED_MS = 10_000;
const LOCKED = "À l’antenne : autoriser d’abord « Mouvement à l’antenne ».";

export class CamerasPanel {
  /** Chosen by hand; null follows the preview. @type {string | null} */
  #chosen = null;
  /** The last camera that was driven: a preview without any keeps it. @type {string | null} */
  #last = null;
  #order = "";
  #speed = 0.5;
  /** When « mouvement à l'antenne » ends, on this browser's clock, and the server's word that told it. */
  #until = { told: 0, at: 0 };

  /** @param {import("../console/link.js").Link} link @param {import("./heads.js").Heads} heads @param {import("../console/pictures.js").Pictures} pictures */
  constructor(link, heads, pictures) {
    this.link = link;
    this.heads = heads;
    this.hand = new Hand(link, () => this.#drivable(), (outcome, camera) => this.#told(outcome, camera));
    pointerPad($("manche"), $("manche-bouton"), this.hand);
    zoomKey($("zoom-large"), -0.6, this.hand);
    zoomKey($("zoom-serre"), 0.6, this.hand);
    this.pads = new Pads(
      $("prereglages"),
      (one) => link.camera({ type: "recall", preset: one.preset.id, speed: this.#speed }),
      (one) => link.camera({ type: "store_preset", camera: one.preset.camera, preset: one.preset.id, on_air: one.preset.on_air ?? true }),
    );
    new GamepadStick(this.hand, {
      step: (by) => this.pads.step(by),
      recall: () => this.pads.press(),
      camera: (by) => this.#choose(this.#neighbour(by)),
      plugged: (name) => say($("manche-mot"), name ? "Manette branchée : manche gauche, zoom au manche droit, croix et A pour les préréglages." : "Manette débranchée."),
    });
    this.editor = new Editor(link, heads, () => this.source);
    this.image = new ImageKeys(link, heads);
    this.lesson = new Lesson(link, heads, () => this.source);
    this.seats = new Seats(link, heads, () => this.#speed);
    this.together = new Together(link, heads);
    this.memories = new Memories(link, () => this.#speed);
    this.measure = new Measure(link, pictures);
    const follow = byId("cameras-suivre", HTMLInputElement);
    follow.addEventListener("change", () => this.#choose(follow.checked ? null : this.source));
    for (const speed of document.querySelectorAll('[name="vitesse"]'))
      speed.addEventListener("change", () => {
        this.#speed = this.hand.scale = Number(/** @type {HTMLInputElement} */ (speed).value);
      });
    onPress($("camera-mouvement"), () => {
      const on = $("camera-mouvement").getAttribute("aria-pressed") !== "true";
      return link.camera({ type: "allow_move", camera: this.source, on });
    });
    setInterval(() => this.#count(), 250);
  }

  /** The camera that is driven. @returns {string | null} */
  get source() {
    if (this.#chosen && this.heads.head(this.#chosen)) return this.#chosen;
    const prepared = this.heads.prepared;
    if (prepared) this.#last = prepared;
    return this.heads.head(this.#last) ? this.#last : (this.heads.all[0]?.source ?? null);
  }

  render() {
    const all = this.heads.all;
    set($("cameras-aucune"), "hidden", all.length > 0);
    set($("cameras"), "hidden", all.length === 0);
    const head = this.heads.head(this.source);
    if (!head) return;
    // A preview that changes must not give the hand another camera under the finger.
    if (this.hand.driven && this.hand.driven !== head.source) this.hand.release();
    this.#arrange(all);
    for (const key of $("cameras-choix").children) {
      const one = this.heads.head(key.getAttribute("data-camera"));
      if (!one) continue;
      set(key, "aria-pressed", String(one.source === head.source));
      set(key, "data-head", one.state);
      set(key, "data-tally", one.on_air ? "programme" : one.preview ? "preview" : null);
      say(/** @type {Element} */ (key.lastElementChild), headWords(one, this.heads));
    }
    byId("cameras-suivre", HTMLInputElement).checked = this.#chosen === null;
    const framing = head.framing ? ` · ${degrees(head.framing.pan)} ${degrees(head.framing.tilt)} ×${head.framing.zoom.toFixed(1).replace(".", ",")}` : "";
    const shows = head.zones.length ? ` · montre ${head.zones.join(", ")} : pas d’antenne` : head.excluded ? " · écartée du programme" : head.veiled ? " · floutée là où quelqu’un refuse d’être filmé" : "";
    say($("camera-etat"), `${head.name} : ${headWords(head, this.heads)}${framing}${shows}`);
    set($("camera-etat"), "data-head", head.state);
    this.#showLock(head);
    const reason = this.#reason(head);
    const presets = this.heads.presetsOf(head.source);
    this.pads.render(presets, head.preset, this.#goesTo(head), reason);
    set($("prereglages-aucun"), "hidden", presets.length > 0);
    for (const id of ["manche", "zoom-large", "zoom-serre"]) forbid($(id), reason);
    this.image.render(head);
    this.editor.render();
    this.lesson.render();
    this.seats.render();
    this.together.render();
    this.memories.render(head, reason);
    this.measure.render(head);
  }

  /** Why it may not be moved now. @param {Head} head */
  #reason(head) {
    if (!this.link.up || !this.link.operator) return engineReason(this.link);
    if (head.state === "lost") return "Cette caméra ne répond pas.";
    return head.locked ? LOCKED : null;
  }

  /** The camera that a new hold drives; a locked one says why it does not. */
  #drivable() {
    const head = this.heads.head(this.source);
    if (!head) return null;
    const reason = this.#reason(head);
    if (!reason) return head.source;
    refuse($("manche"), reason);
    return null;
  }

  /** The preset that it goes to, by its angles. @param {Head} head */
  #goesTo(head) {
    const to = head.state === "moving" ? head.target : null;
    if (!to) return null;
    const near = (/** @type {number} */ a, /** @type {number} */ b) => Math.abs(a - b) <= 0.3;
    return this.heads.presetsOf(head.source).find(({ preset }) => near(preset.pan, to.pan) && near(preset.tilt, to.tilt))?.preset.id ?? null;
  }

  /** @param {Head} head */
  #showLock(head) {
    const until = head.move_until_utc_ms ?? 0;
    if (until !== this.#until.told) {
      // Clocks of browser and server may differ: believed when it makes sense, else the whole time.
      const left = until - Date.now();
      this.#until = { told: until, at: until ? performance.now() + (left > 0 && left <= ALLOWED_MS ? left : ALLOWED_MS) : 0 };
    }
    set($("camera-mouvement"), "aria-pressed", String(until > 0));
    set($("camera-mouvement"), "data-on-air", head.on_air);
    const reason = !this.link.up || !this.link.operator ? engineReason(this.link) : null;
    forbid($("camera-mouvement"), reason ?? (head.on_air || until ? null : "Elle n’est pas à l’antenne : rien ne la retient."));
    this.#count();
  }

  #count() {
    const left = this.#until.at ? Math.max(0, Math.ceil((this.#until.at - performance.now()) / 1000)) : 0;
    say($("camera-mouvement-reste"), left ? `${left} s` : "");
  }

  /** @param {{code: string, message: string}} outcome @param {string} camera */
  #told(outcome, camera) {
    if (outcome.code) refuse($("manche"), outcome.message || outcome.code);
    say($("manche-mot"), stopWords(this.heads.head(camera), outcome.code));
  }

  /** @param {string | null} source */
  #choose(source) {
    this.hand.release();
    this.#chosen = source;
    this.render();
  }

  /** @param {number} by */
  #neighbour(by) {
    const all = this.heads.all;
    const at = all.findIndex((one) => one.source === this.source);
    return all[(at + by + all.length) % all.length]?.source ?? null;
  }

  /** @param {Head[]} all */
  #arrange(all) {
    const order = all.map((one) => one.source + one.name).join();
    if (order === this.#order) return;
    this.#order = order;
    $("cameras-choix").replaceChildren(
      ...all.map((one) =>
        el(
          "button",
          { type: "button", class: "btn head-key", "data-camera": one.source, onclick: () => this.#choose(one.source) },
          el("b", { text: one.name }),
          el("span", {}),
        ),
      ),
    );
  }
}

/** @param {number} value */
const degrees = (value) => `${value.toFixed(1).replace(".", ",").replace("-", "−")}°`;

/**
 * The keys that hide, the same on the console, the auxiliary's and the president's pages: BIP, the last seconds, the picture, the
 * microphones, huis clos, panic. A page gives a place to draw them in and a port; it calls `render` at each state.
 *
 * Nothing here waits for the server to be sure that it is pressed: what is shown is « demandé », then what the engine says. A page
 * that dies while a key is down leaves the mask in place: releasing is the only thing that shows again.
 */

import { ask, forbid, refuse } from "../console/ask.js";
import { DirectLine, firstDone } from "./direct_line.js";
import { el, say, set } from "./dom.js";
import { newId } from "./ids.js";

/** @typedef {import("../types.js").ConsoleState} ConsoleState */
/** @typedef {import("../types.js").EngineCommand} EngineCommand */
/** @typedef {import("../types.js").MaskKind} MaskKind */
/** @typedef {import("../types.js").MaskStatus} MaskStatus */
/** @typedef {import("../types.js").Outcome} Outcome */

/**
 * What the bar needs of its page: `command` sends one to the engine, `state` is the newest state, `roles` who is logged in.
 * @typedef {object} Port
 * @property {(command: EngineCommand) => Promise<Outcome>} command
 * @property {() => ConsoleState} state
 * @property {() => string[]} roles
 */

/** A shorter press leaves the mask in place: press again to take it off. */
const TAP_MS = 350;
const KEEP_MS = 1000;
const LAST_S = [3, 5, 10];

/** @param {string} id @param {string} label @param {Record<string, unknown>} [more] @param {...(Node | string)} children */
function key(id, label, more = {}, ...children) {
  return el("button", { type: "button", class: "btn safe", id, "data-title": "", ...more }, el("b", { text: label }), ...children);
}

/** Whatever opens over the page leaves them their height. @param {Element | null} keys */
function keepClear(keys) {
  const tell = () => document.documentElement.style.setProperty("--keys-height", `${keys?.getBoundingClientRect().height ?? 0}px`);
  if (keys) new ResizeObserver(tell).observe(keys);
}

export class SafetyBar {
  #bip = key("bip", "BIP", { class: "btn safe mask-key bip", "aria-pressed": "false" }, el("span", { text: "maintenir" }), el("kbd", { text: "B" }));
  #picture = key("masquer-image", "Masquer l’image", { class: "btn safe mask-key", "aria-pressed": "false" });
  #sound = key("couper-micros", "Couper les micros", { class: "btn safe mask-key", "aria-pressed": "false" });
  #closed = key("huis-clos", "Huis clos", { class: "btn safe", "data-slate": "huis_clos", "aria-pressed": "false" });
  #panic = key("panique", "Panique", { class: "btn safe panic" }, el("kbd", { text: "Échap × 2" }));
  #last = LAST_S.map((seconds) => {
    const words = `Masquer les ${seconds} dernières secondes`;
    return key(`bip-${seconds}`, `${seconds} s`, { class: "btn safe mask-key last", "aria-label": words, title: words });
  });
  #note = el("p", { class: "mask-note", role: "status" });
  /** What the register proposes to hide, in one press. */
  #offer = el("button", { type: "button", class: "btn proposal", id: "proposition", hidden: true, "data-title": "" }, el("span"), el("kbd", { text: "N" }));
  #offered = "";
  /** The mask whose key is down here. */
  #held = "";
  #heldAt = 0;
  #keeping = 0;
  #direct = new DirectLine();
  /** Masks this page has asked to lift: until the state says so they count as lifted, or a press that comes meanwhile would hide nothing. @type {Set<string>} */
  #lifted = new Set();

  /**
   * @param {Port} port @param {HTMLElement} place where the mask keys go @param {HTMLElement} [ends] where huis clos and panic go
   * @param {{bip: string, panic: string}} [words] the keyboard's keys, where they are not those of the console
   */
  constructor(port, place, ends = place, words) {
    this.port = port;
    if (words) for (const [button, word] of /** @type {[HTMLElement, string][]} */ ([[this.#bip, words.bip], [this.#panic, words.panic]])) say(/** @type {Element} */ (button.querySelector("kbd")), word);
    place.append(this.#bip, el("div", { class: "lasts", role: "group", "aria-label": "Masquer les dernières secondes" }, ...this.#last), this.#picture, this.#sound, this.#note, el("div", { class: "mask-offer", role: "status" }, this.#offer));
    ends.append(this.#closed, this.#panic);
    this.#hold();
    keepClear(place.closest("[data-safety]"));
    this.#last.forEach((button, i) => button.addEventListener("click", () => this.last(LAST_S[i])));
    this.#picture.addEventListener("click", () => this.#toggle(this.#picture, "image", false));
    this.#sound.addEventListener("click", () => this.#toggle(this.#sound, "son", true));
    this.#closed.addEventListener("click", () => this.#cut(this.#closed, "huis_clos"));
    this.#panic.addEventListener("click", () => this.panic());
    this.#offer.addEventListener("click", () => this.confirm());
  }

  /** The public is on the slate at once. */
  panic() {
    this.#cut(this.#panic, "panne");
  }

  /** The BIP goes down, by finger or key; pressed on an open one, it takes it off. */
  press() {
    if (this.#held) return;
    const reason = this.reason;
    if (reason) return refuse(this.#bip, reason);
    const open = this.#open("son_et_image", false);
    if (open.length) return this.#close(this.#bip, open);
    this.#held = newId();
    this.#heldAt = performance.now();
    const mask = this.#held;
    void ask(this.#bip, () => this.#hide({ mask, hides: "son_et_image", held: true }));
    this.#keeping = setInterval(() => void this.hurry({ type: "tenir", mask }), KEEP_MS);
    this.#show();
  }

  /** The BIP is let go: what follows may be seen; after a short press it stays. */
  release() {
    const mask = this.#held;
    if (!mask) return;
    this.#held = "";
    clearInterval(this.#keeping);
    if (performance.now() - this.#heldAt < TAP_MS) void ask(this.#bip, () => this.port.command({ type: "tenir", mask, held: false }));
    else void ask(this.#bip, () => this.#lift(mask));
    this.#show();
  }

  /** « Les N dernières secondes ». @param {number} seconds */
  last(seconds) {
    const button = this.#last[LAST_S.indexOf(seconds)];
    const reason = this.reason;
    if (reason) return refuse(button, reason);
    void ask(button, () => this.#hide({ mask: newId(), hides: "son_et_image", closes: true, look_back_ms: seconds * 1000 }));
  }

  /** What the register proposes: all that was said since an item that names somebody was called, or somebody began to speak of it. */
  confirm() {
    const proposal = this.port.state().secret?.proposition;
    if (!proposal || this.reason) return;
    const { debut_ms: since_ms, point: item } = proposal;
    void ask(this.#offer, () => this.#hide({ mask: newId(), hides: "son_et_image", closes: true, since_ms, item }));
  }

  render() {
    const reason = this.reason;
    if (!reason && this.port.state().confidentialite?.touches) this.#direct.begin();
    for (const button of [this.#bip, this.#picture, this.#sound, this.#closed, this.#panic, ...this.#last]) forbid(button, reason);
    this.#show();
  }

  #show() {
    const { moteur, secret } = this.port.state();
    const bips = this.#open("son_et_image", false);
    set(this.#bip, "aria-pressed", String(!!this.#held || bips.length > 0));
    const word = this.#held ? "masqué" : bips.length ? "démasquer" : "maintenir";
    say(/** @type {Element} */ (this.#bip.querySelector("span")), word);
    set(this.#picture, "aria-pressed", String(this.#open("image", false).length > 0));
    set(this.#sound, "aria-pressed", String(this.#open("son", true).length > 0));
    const antenna = moteur?.antenna ?? {};
    set(this.#closed, "aria-pressed", String(!!secret?.huis_clos || (!antenna.on && antenna.slate === "huis_clos")));
    const armed = secret?.arme;
    set(/** @type {Element} */ (this.#bip.parentElement), "data-armed", !!(armed?.point || armed?.suivant));
    const proposal = this.reason ? null : (secret?.proposition ?? null);
    this.#propose(proposal);
    const silent = moteur?.recess ? "Suspension : micros coupés partout, les salles voient le panneau" : "";
    say(this.#note, proposal ? "" : this.#words(moteur?.masks ?? [], armed) || silent);
  }

  /** @param {import("../types.js").Proposal | null} proposal */
  #propose(proposal) {
    const offered = JSON.stringify(proposal);
    if (offered === this.#offered) return;
    this.#offered = offered;
    set(this.#offer, "hidden", !proposal);
    if (!proposal) return;
    const item = `Le point ${proposal.rang ?? proposal.point}`;
    const why = proposal.noms.length ? `${item} nomme ${proposal.noms.join(", ")}` : `${item} est signalé`;
    say(/** @type {Element} */ (this.#offer.firstElementChild), `${why} : masquer depuis ${proposal.parole ? "la prise de parole" : "l’appel du point"}`);
    this.#offer.style.setProperty("--lasts", `${proposal.duree_ms}ms`);
  }

  /** @param {MaskStatus[]} masks @param {{point: string, suivant: string} | undefined} armed */
  #words(masks, armed) {
    const open = masks.filter((mask) => mask.end == null);
    if (open.some((mask) => mask.alone)) return "Masque laissé par une page qui ne répond plus";
    const late = open.find((mask) => (mask.gone ?? 0) > 0);
    if (late) return `${((late.gone ?? 0) / 48000).toLocaleString("fr-FR", { maximumFractionDigits: 1 })} s étaient déjà parties`;
    if (open.length) return "Le public ne reçoit pas ce passage";
    if (armed?.point) return "Point signalé : BIP sous la main";
    return armed?.suivant ? "Le point suivant est signalé" : "";
  }

  /** Why these keys are not this person's; without the link they still try. */
  get reason() {
    const may = this.port.state().confidentialite?.masquent ?? ["technicien", "admin"];
    return this.port.roles().some((role) => may.includes(role)) ? null : "Réservé aux personnes qui peuvent masquer.";
  }

  /** @param {Record<string, unknown>} how @returns {Promise<Outcome>} */
  #hide(how) {
    const { recul_ms = 3000, ecoute_ms = 400 } = this.port.state().confidentialite ?? {};
    return this.hurry({ type: "masquer", look_back_ms: recul_ms, heard_ms: ecoute_ms, ...how });
  }

  /** What hides goes by both ways. @param {EngineCommand} command @returns {Promise<Outcome>} */
  hurry(command) {
    return firstDone([this.#direct.command(command), this.port.command(command)]);
  }

  /** @param {HTMLElement} button @param {MaskKind} hides @param {boolean} silent */
  #toggle(button, hides, silent) {
    const reason = this.reason;
    if (reason) return refuse(button, reason);
    const open = this.#open(hides, silent);
    if (open.length) return this.#close(button, open);
    // These keys hide what comes: what was heard before is the business of the others.
    void ask(button, () => this.#hide({ mask: newId(), hides, silent, look_back_ms: 0 }));
  }

  /** @param {HTMLElement} button @param {MaskStatus[]} masks */
  #close(button, masks) {
    for (const { id } of masks) void ask(button, () => this.#lift(id));
  }

  /** @param {string} mask */
  async #lift(mask) {
    this.#lifted.add(mask);
    const outcome = await this.port.command({ type: "demasquer", mask });
    // It still hides: the next press lifts it.
    if (outcome.code) this.#lifted.delete(mask);
    return outcome;
  }

  /** @param {HTMLElement} button @param {string} slate */
  #cut(button, slate) {
    const reason = this.reason;
    if (reason) return refuse(button, reason);
    void ask(button, () => this.hurry({ type: "antenna", on: false, slate }));
  }

  /** @param {MaskKind} hides @param {boolean} silent */
  #open(hides, silent) {
    const masks = this.port.state().moteur?.masks ?? [];
    return masks.filter((mask) => mask.end == null && mask.hides === hides && !!mask.silent === silent && !this.#lifted.has(mask.id));
  }

  #hold() {
    const button = this.#bip;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this.press();
    });
    for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, () => this.release());
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) this.press();
    });
    button.addEventListener("keyup", (event) => {
      if (event.key === "Enter" || event.key === " ") this.release();
    });
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }
}

/** The automatic director: who decides, why this shot, the seats, what was cut and why, who spoke how long. */

import { $, byId, el, say, set } from "../common/dom.js";
import { getJson } from "../common/http.js";
import { ask, forbid, onPress } from "./ask.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").DirectorSeat} DirectorSeat */
/** @typedef {import("../types.js").DirectorCut} DirectorCut */

const HOUR = new Intl.DateTimeFormat("fr", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const RING = 2 * Math.PI * 9;
const TICK_MS = 200;
const TIMES_MS = 5000;
const WORDS = /** @type {Record<string, string>} */ ({
  ouvert: "micro ouvert",
  priorite: "micro prioritaire",
  demande: "demande la parole",
  suivant: "parole suivante",
});
/** What a press on a seat does. */
const USES = /** @type {const} */ (["montrer", "exclure", "apprendre"]);
/** Kinds of sources that are people, or no picture: never a document. */
const NO_DOCUMENT = ["salle", "son"];

export class Director {
  #seats = "";
  #cuts = "";
  #documents = "";
  /** @type {(typeof USES)[number]} */
  #use = "montrer";
  /** When the countdown that was last told ends, on this page's clock. */
  #until = 0;
  #told = -1;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    for (const key of this.#modes) onPress(key, () => link.director({ type: "mode", mode: key.dataset.mode }));
    onPress($("auto-garder"), () => link.director({ type: "garder" }));
    for (const use of USES) $(`auto-${use}`).addEventListener("click", () => this.#pick(use));
    onPress($("auto-fin-apprendre"), () => link.director({ type: "apprendre", seat: null }));
    $("auto-document").addEventListener("change", () => void this.#show());
    setInterval(() => this.#ring(), TICK_MS);
    setInterval(() => void this.#times(), TIMES_MS);
    $("onglet-auto").addEventListener("click", () => void this.#times());
    $("auto-temps-par").addEventListener("change", () => void this.#times());
  }

  get #modes() {
    return /** @type {NodeListOf<HTMLElement>} */ ($("auto-modes").querySelectorAll("[data-mode]"));
  }

  get #news() {
    return this.link.realisation;
  }

  /** The key of the mode: auto, or by hand. */
  toggle() {
    const wanted = this.#news?.mode === "auto" ? "manuel" : "auto";
    /** @type {HTMLElement | null} */ ($("auto-modes").querySelector(`[data-mode="${wanted}"]`))?.click();
  }

  keep() {
    $("auto-garder").click();
  }

  get #reason() {
    if (!this.link.up) return "Liaison perdue.";
    if (!this.link.operator) return "Réservé au technicien.";
    return this.#news?.active ? null : "L’automatique n’a rien à conduire : il lui faut des micros et des cadrages.";
  }

  render() {
    const news = this.#news;
    $("automatique").hidden = !news?.active;
    const reason = this.#reason;
    say($("auto-absent"), reason ?? "");
    $("auto-absent").hidden = !!news?.active;
    $("auto-plan").hidden = !news?.active;
    if (!news?.active) return;
    for (const key of this.#modes) {
      set(key, "aria-checked", String(key.dataset.mode === news.mode));
      forbid(key, reason);
    }
    if (news.back_ms !== this.#told) {
      this.#told = news.back_ms ?? -1;
      this.#until = news.back_ms === null || news.back_ms === undefined ? 0 : performance.now() + news.back_ms;
    }
    set($("automatique"), "data-mode", news.mode ?? "manuel");
    say($("auto-pourquoi"), news.why ?? "");
    say($("auto-conference"), news.conference === "perdu" ? "système de conférence perdu : les voix seules comptent" : "");
    forbid($("auto-garder"), reason ?? (this.#until ? null : "Aucun retour à l’automatique n’est en cours."));
    this.#renderSeats(news.seats ?? []);
    this.#renderCuts(news.cuts ?? []);
    this.#renderLearning();
    this.#renderDocument();
    this.#ring();
  }

  /** Sources that may be a document: neither a camera nor people. */
  #renderDocument() {
    const news = this.#news;
    const cameras = new Set([...this.link.cameras.cameras.map((head) => head.source), ...(news?.seats ?? []).flatMap((seat) => seat.cameras ?? [])]);
    const sources = (this.link.state.moteur?.sources ?? []).filter(
      (one) => one.id === news?.document || (!NO_DOCUMENT.includes(one.kind) && !cameras.has(one.id)),
    );
    const select = byId("auto-document", HTMLSelectElement);
    const signature = JSON.stringify([sources.map((one) => [one.id, one.name]), news?.document]);
    if (signature !== this.#documents) {
      this.#documents = signature;
      select.replaceChildren(el("option", { value: "", text: "aucun" }), ...sources.map((one) => el("option", { value: one.id, text: one.name })));
      select.value = news?.document ?? "";
    }
    select.disabled = !!this.#reason;
    forbid(select, this.#reason);
  }

  async #show() {
    const select = byId("auto-document", HTMLSelectElement);
    const outcome = await ask(select, () => this.link.director({ type: "document", source: select.value || null }));
    if (outcome.code) select.value = this.#news?.document ?? "";
  }

  /** @param {(typeof USES)[number]} use */
  #pick(use) {
    this.#use = use;
    this.#seats = "";
    for (const one of USES) set($(`auto-${one}`), "aria-checked", String(one === use));
    this.render();
  }

  #ring() {
    const left = this.#until ? Math.max(0, this.#until - performance.now()) : 0;
    $("auto-retour").hidden = !left;
    $("auto-garder").hidden = !left;
    if (!left) return;
    const whole = this.#news?.back_of_ms || 1;
    const ring = /** @type {SVGCircleElement} */ (document.querySelector("#auto-retour circle + circle"));
    ring.style.strokeDasharray = `${RING}`;
    ring.style.strokeDashoffset = `${RING * (1 - Math.min(1, left / whole))}`;
    say($("auto-retour-mot"), `auto dans ${Math.ceil(left / 1000)} s`);
  }

  /** @param {DirectorSeat[]} seats */
  #renderSeats(seats) {
    const requests = this.#news?.requests ?? [];
    const signature = JSON.stringify([seats, requests, this.#use, this.#news?.learning?.seat, this.#reason]);
    if (signature === this.#seats) return;
    this.#seats = signature;
    const list = $("auto-places");
    const held = document.activeElement?.closest("[data-seat]")?.getAttribute("data-seat");
    list.replaceChildren(...seats.map((seat) => el("li", {}, this.#seat(seat, requests.indexOf(seat.id)))));
    if (held) /** @type {HTMLElement | null} */ (list.querySelector(`[data-seat="${CSS.escape(held)}"]`))?.focus();
  }

  /** @param {DirectorSeat} seat @param {number} rank */
  #seat(seat, rank) {
    const states = [
      seat.on_air && "à l’antenne",
      seat.speaking && "parle",
      seat.excluded && "exclue de l’automatique",
      seat.absent && "absent ou déporté",
      !seat.cameras?.length && "aucun cadrage",
      seat.button && WORDS[seat.button],
    ].filter(Boolean);
    const button = el("button", {
      type: "button",
      class: "btn auto-seat",
      "data-seat": seat.id,
      "data-air": !!seat.on_air,
      "data-speaking": !!seat.speaking,
      "data-excluded": !!(seat.excluded || seat.absent),
      "data-awaited": this.#use === "apprendre" && this.#news?.learning?.seat === seat.id,
    });
    button.append(
      el("b", { text: seat.person || seat.name }),
      el("span", { class: "auto-seat-state", text: states.length ? states.join(", ") : seat.person ? seat.name : "" }),
    );
    if (rank >= 0) button.append(el("span", { class: "auto-rank", text: `${rank + 1}`, title: "Rang dans les demandes de parole" }));
    const why = this.#use === "montrer" && (seat.excluded || seat.absent) ? "Cette place n’est pas montrée." : null;
    forbid(button, this.#reason ?? why);
    onPress(button, () => this.link.director(this.#order(seat)));
    return button;
  }

  /** @param {DirectorSeat} seat @returns {{type: string} & Record<string, unknown>} */
  #order(seat) {
    if (this.#use === "exclure") return { type: "exclure", seat: seat.id, out: !seat.excluded };
    if (this.#use === "apprendre") return { type: "apprendre", seat: seat.id };
    return { type: "place", seat: seat.id };
  }

  #renderLearning() {
    const learning = this.#news?.learning;
    const awaited = this.#news?.seats?.find((seat) => seat.id === learning?.seat);
    const told = awaited
      ? `Presser le micro de ${awaited.person || awaited.name} ; la place suivante viendra d’elle-même.`
      : "Choisir la première place, puis presser les micros dans l’ordre.";
    say($("auto-apprentissage-mot"), this.#use === "apprendre" ? told : "");
    $("auto-fin-apprendre").hidden = !awaited;
  }

  /** @param {DirectorCut[]} cuts */
  #renderCuts(cuts) {
    const signature = JSON.stringify(cuts);
    if (signature === this.#cuts) return;
    this.#cuts = signature;
    const names = new Map((this.link.state.moteur?.sources ?? []).map((source) => [source.id, source.name]));
    $("auto-coupes").replaceChildren(
      ...cuts.map((cut) =>
        el(
          "li",
          {},
          el("span", { class: "clock", text: HOUR.format(new Date(cut.utc_ms)) }),
          el("b", { text: cut.shot.sources.map((id) => names.get(id) ?? id).join(" + ") }),
          el("span", { text: cut.why }),
        ),
      ),
    );
  }

  /** Speaking times, while somebody looks at them. */
  async #times() {
    if ($("panneau-auto").hidden || !this.#news?.active || !this.link.up) return;
    const found = await getJson("/api/v1/realisation/temps-de-parole").catch(() => null);
    if (!found) return;
    const what = byId("auto-temps-par", HTMLSelectElement).value;
    const rows = Object.entries(/** @type {Record<string, number>} */ (found[what]));
    if (what !== "par_point") rows.sort((a, b) => b[1] - a[1]); // items keep the order of the agenda
    const whole = rows.reduce((sum, [, seconds]) => sum + seconds, 0) || 1;
    $("auto-temps").replaceChildren(
      ...rows.flatMap(([group, seconds]) => [
        el("dt", { text: group }),
        el("dd", { text: `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} · ${Math.round((100 * seconds) / whole)} %` }),
      ]),
    );
  }
}


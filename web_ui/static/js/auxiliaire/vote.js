/**
 * A vote, the way clerks enter it: unanimity, then only the exceptions; a roll call one key a voice, the bearer's two voices one after
 * the other; counts only, for a secret ballot or when nobody kept the names. Nothing closes until the sum is right.
 */

import { el, set } from "../common/dom.js";
import { nameOf } from "../council/people.js";
import { forbid } from "../console/ask.js";
import { block, count, key, number, row } from "./panel.js";

/** @typedef {import("../council/types.js").AgendaItem} AgendaItem */
/** @typedef {import("../council/types.js").Vote} Vote */
/** @typedef {import("../council/types.js").Voice} Voice */
/** @typedef {import("../council/types.js").Choice} Choice */

/** @type {Record<Choice, string>} */
export const CHOICES = { pour: "Pour", contre: "Contre", abstention: "Abstention", ne_prend_pas_part: "Ne prend pas part" };
/** @type {Record<string, Choice>} */
const KEYS = { p: "pour", c: "contre", a: "abstention", n: "ne_prend_pas_part" };
const EXCEPTIONS = /** @type {const} */ ({ contre: "F7", abstention: "F8", ne_prend_pas_part: "F9" });

export class VoteEntry {
  /** Exceptions typed so far, by seat. @type {Map<string, Choice>} */
  exceptions = new Map();
  /** @type {Record<string, string>} */
  #counts = {};
  #president = "";
  #byCounts = false;
  #about = "";
  /** The voice that the roll call is at; past the end when all spoke. */
  #at = 0;

  /** @param {import("../council/link.js").RegisterLink} link @param {import("./modes.js").Modes} modes @param {() => void} redraw */
  constructor(link, modes, redraw) {
    this.link = link;
    this.modes = modes;
    this.redraw = redraw;
  }

  /** Another vote: nothing of the previous one remains. @param {AgendaItem} item @param {Vote} vote */
  #begin(item, vote) {
    const about = `${this.link.register?.seance} ${item.id}#${vote.numero}`;
    if (about === this.#about) return;
    this.#about = about;
    this.exceptions = recall(about);
    this.#counts = {};
    this.#president = "";
    this.#byCounts = false;
    // A page that was reloaded, or another tablet, takes a roll call where it stands.
    const order = this.#order(vote);
    const missing = order.findIndex((voice) => !this.#said(voice, vote));
    this.#at = missing < 0 ? order.length : missing;
  }

  /** @param {AgendaItem} item @param {Vote} vote @returns {HTMLElement} */
  open(item, vote) {
    this.#begin(item, vote);
    if (vote.mode === "secret") return this.#secret(vote);
    if (vote.mode === "public") return this.#rollCall(vote);
    return this.#byCounts ? this.#counted(vote) : this.#unanimity(vote);
  }

  /** @param {Vote} vote */
  #unanimity(vote) {
    const seats = new Set(vote.voix.map((voice) => voice.siege));
    keep(this.#about, this.exceptions);
    // Of somebody who went out it is set aside, not forgotten: he may come back, or have been noted by mistake.
    const said = [...this.exceptions].filter(([seat]) => seats.has(seat)).map(([, choice]) => choice);
    const of = (/** @type {Choice} */ choice) => said.filter((one) => one === choice).length;
    const total = vote.voix.length;
    const closing = said.length ? `Clore : ${total - said.length} pour, ${words(of)}` : `Unanimité : ${total} pour`;
    return block(
      "Vote ouvert, scrutin ordinaire",
      key(this.link, closing, () => this.closing(vote), { id: "clore", primary: true, key: "F4", label: "Clôture du vote" }),
      el("p", { class: "note", text: "Sinon, seulement les exceptions : choisir, puis taper les noms à gauche." }),
      row(...Object.entries(EXCEPTIONS).map(([choice, keyName]) => this.#exceptKey(/** @type {Choice} */ (choice), keyName, vote))),
      this.#chips(vote),
      row(this.#other("Saisir un décompte sans les noms", true)),
    );
  }

  /** @param {Vote} vote */
  closing(vote) {
    return { type: "close_vote", ballots: [...this.exceptions].filter(([seat]) => vote.voix.some((voice) => voice.siege === seat)).map(([seat, choice]) => ({ seat, choice })) };
  }

  /** @param {Choice} choice @param {string} keyName @param {Vote} vote */
  #exceptKey(choice, keyName, vote) {
    const button = el("button", { class: "btn", type: "button", "aria-pressed": String(this.modes.is(choice)), "data-choice": choice }, CHOICES[choice], el("kbd", { text: keyName }));
    button.addEventListener("click", () => this.except(choice, vote));
    return button;
  }

  /** From now on a tap on a name is this exception. @param {Choice} choice @param {Vote} vote */
  except(choice, vote) {
    if (this.modes.is(choice)) return this.modes.enter(null);
    this.modes.enter({
      name: choice,
      words: `${CHOICES[choice]} : taper les noms, Échap pour finir`,
      mark: (seat) => (this.exceptions.has(seat) ? CHOICES[/** @type {Choice} */ (this.exceptions.get(seat))] : ""),
      takes: (seat) => vote.voix.some((voice) => voice.siege === (seat.suppleant_de || seat.id)),
      tap: (seat) => {
        const id = seat.suppleant_de || seat.id;
        if (this.exceptions.get(id) === choice) this.exceptions.delete(id);
        else this.exceptions.set(id, choice);
        this.modes.dispatchEvent(new Event("change"));
      },
    });
  }

  /** @param {Vote} vote */
  #chips(vote) {
    const chips = [...this.exceptions].flatMap(([seat, choice]) => {
      const voice = vote.voix.find((one) => one.siege === seat);
      if (!voice) return [];
      const by = voice.pouvoir ? ` (par ${nameOf(this.link.register, voice.par)})` : "";
      const chip = el("button", { class: "chip", type: "button", "data-choice": choice, text: `${nameOf(this.link.register, seat)}${by} : ${CHOICES[choice]} ✕`, "aria-label": `Ôter ${nameOf(this.link.register, seat)}` });
      chip.addEventListener("click", () => {
        this.exceptions.delete(seat);
        this.modes.dispatchEvent(new Event("change"));
      });
      return el("li", {}, chip);
    });
    return chips.length ? el("ul", { class: "chips" }, ...chips) : null;
  }

  /** @param {string} text @param {boolean} counts */
  #other(text, counts) {
    const button = el("button", { class: "btn bare", type: "button", text });
    button.addEventListener("click", () => {
      this.#byCounts = counts;
      this.modes.enter(null);
      this.redraw();
    });
    return button;
  }

  /** Counts only; in a tie the president's own vote has to be known. @param {Vote} vote */
  #counted(vote) {
    const names = /** @type {const} */ (["pour", "contre", "abstentions", "ne prend pas part"]);
    const fields = { pour: "for_", contre: "against", abstentions: "abstentions", "ne prend pas part": "refusals" };
    const total = vote.voix.length;
    const sum = el("p", { class: "sum", role: "status" });
    const president = el(
      "select",
      { class: "input", "aria-label": "Vote du président de séance" },
      el("option", { value: "", text: "vote du président non précisé" }),
      ...Object.entries(CHOICES).map(([value, text]) => el("option", { value, text: `président : ${text.toLowerCase()}`, selected: value === this.#president })),
    );
    president.addEventListener("change", () => (this.#president = president.value));
    const close = key(
      this.link,
      "Clore le vote",
      () => {
        const tally = Object.fromEntries(names.map((name) => [fields[name], number(this.#counts, name)]));
        return { type: "close_vote", tally, ...(this.#president ? { president: this.#president } : {}) };
      },
      { id: "clore", primary: true, key: "F4", label: "Clôture du vote" },
    );
    const check = () => balance(sum, close, names.reduce((all, name) => all + number(this.#counts, name), 0), total);
    const entry = block(
      "Vote ouvert, décompte",
      el("div", { class: "counts" }, ...names.map((name) => count(this.#counts, name, name, check))),
      sum,
      president,
      row(close, this.#other("Revenir à « unanimité sauf »", false)),
    );
    check();
    return entry;
  }

  /** @param {Vote} vote */
  #secret(vote) {
    const names = /** @type {const} */ (["pour", "contre", "blancs", "nuls", "sans bulletin"]);
    const fields = { pour: "for_", contre: "against", blancs: "blanks", nuls: "nulls", "sans bulletin": "refusals" };
    const sum = el("p", { class: "sum", role: "status" });
    const close = key(
      this.link,
      "Enregistrer le dépouillement",
      () => ({ type: "close_vote", tally: Object.fromEntries(names.map((name) => [fields[name], number(this.#counts, name)])) }),
      { id: "clore", primary: true, key: "F4", label: "Dépouillement" },
    );
    const check = () => balance(sum, close, names.reduce((all, name) => all + number(this.#counts, name), 0), vote.voix.length);
    const entry = block(
      "Scrutin secret : bulletins de papier, seul le compte est gardé",
      el("div", { class: "counts" }, ...names.map((name) => count(this.#counts, name, name, check))),
      sum,
      close,
    );
    check();
    return entry;
  }

  /** Each voice in the order of the table, a bearer's own and then those carried. @param {Vote} vote @returns {Voice[]} */
  #order(vote) {
    const own = vote.voix.filter((voice) => !voice.pouvoir);
    const carried = vote.voix.filter((voice) => voice.pouvoir);
    const ordered = own.flatMap((voice) => [voice, ...carried.filter((one) => one.par === voice.par)]);
    return [...ordered, ...carried.filter((one) => !ordered.includes(one))];
  }

  /** @param {Vote} vote */
  #rollCall(vote) {
    const order = this.#order(vote);
    const said = (/** @type {Voice} */ voice) => this.#said(voice, vote);
    const missing = order.filter((voice) => !said(voice));
    const at = order[this.#at] ?? null;
    const close = key(this.link, "Clore le vote", { type: "close_vote" }, {
      id: "clore",
      primary: missing.length === 0,
      key: "F4",
      label: "Clôture du vote",
      why: missing.length ? `Il manque ${missing.length} ${missing.length > 1 ? "voix" : "voix"} à l’appel.` : null,
    });
    const list = order.map((voice, rank) => {
      const line = el(
        "button",
        { class: "voice", type: "button", "aria-current": rank === this.#at ? "true" : undefined, "data-choice": said(voice) },
        el("span", { text: this.#voiceName(voice) }),
        el("strong", { text: said(voice) ? CHOICES[/** @type {Choice} */ (said(voice))] : "" }),
      );
      line.addEventListener("click", () => {
        this.#at = rank;
        this.redraw();
      });
      return el("li", {}, line);
    });
    return block(
      `Appel nominal, scrutin public : ${order.length - missing.length} sur ${order.length}`,
      el("p", { class: "called", id: "appele", role: "status", text: at ? this.#voiceName(at) : "Tous ont répondu." }),
      row(...Object.entries(KEYS).map(([letter, choice]) => this.#choiceKey(letter, choice, vote))),
      close,
      el("ol", { class: "voices" }, ...list),
    );
  }

  /** @param {Voice} voice */
  #voiceName(voice) {
    const { register } = this.link;
    return voice.pouvoir ? `${nameOf(register, voice.par)}, au nom de ${nameOf(register, voice.siege)}` : nameOf(register, voice.par);
  }

  /** @param {Voice} voice @param {Vote} vote @returns {Choice | undefined} */
  #said(voice, vote) {
    return pending(this.link.waiting.unseen, voice.siege) ?? vote.bulletins[voice.siege];
  }

  /** @param {string} letter @param {Choice} choice @param {Vote} vote */
  #choiceKey(letter, choice, vote) {
    const button = el("button", { class: "btn choice", type: "button", "data-choice": choice }, CHOICES[choice], el("kbd", { text: letter.toUpperCase() }));
    button.addEventListener("click", () => this.answer(choice, vote));
    return button;
  }

  /** The voice that is called says this; the next one is called. @param {Choice} choice @param {Vote} vote */
  answer(choice, vote) {
    const voice = this.#order(vote)[this.#at];
    if (!voice) return;
    this.#at += 1;
    void this.link.enter({ type: "cast_ballots", ballots: [{ seat: voice.siege, choice }] }, `${this.#voiceName(voice)} : ${CHOICES[choice]}`);
    this.redraw();
  }

  /** A key during a roll call: did it mean something? @param {string} pressed @param {Vote} vote */
  pressed(pressed, vote) {
    if (vote.mode !== "public") return false;
    const choice = KEYS[pressed.toLowerCase()];
    if (choice) this.answer(choice, vote);
    else if (pressed === "Backspace") {
      this.#at = Math.max(0, this.#at - 1);
      this.redraw();
    } else return false;
    return true;
  }
}

/** Under this name the exceptions typed so far outlive a reload of the page, and nothing else. */
const KEPT = "regie.registre.exceptions";

/** @param {string} about the vote @param {Map<string, Choice>} exceptions */
function keep(about, exceptions) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([about, [...exceptions]]));
  } catch {
    // Nothing is kept: a reload then forgets them, and the key shows it.
  }
}

/** @param {string} about @returns {Map<string, Choice>} */
function recall(about) {
  try {
    const [of, exceptions] = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return new Map(of === about ? exceptions : []);
  } catch {
    return new Map();
  }
}

/**
 * A sense that waits to be written, in the vote that is going on: not in one that was opened before it.
 * @param {import("../council/types.js").Entry[]} entries what waits, oldest first @param {string} seat @returns {Choice | undefined}
 */
export function pending(entries, seat) {
  const opened = entries.findLastIndex((entry) => entry.command.type === "open_vote");
  const own = entries.slice(opened + 1).filter((entry) => entry.command.type === "cast_ballots");
  const ballots = own.flatMap((entry) => /** @type {{seat: string, choice: Choice}[]} */ (entry.command.ballots));
  return ballots.findLast((ballot) => ballot.seat === seat)?.choice;
}

/** @param {(choice: Choice) => number} of */
function words(of) {
  const parts = [
    [of("contre"), "contre"],
    [of("abstention"), of("abstention") > 1 ? "abstentions" : "abstention"],
    [of("ne_prend_pas_part"), of("ne_prend_pas_part") > 1 ? "ne prennent pas part" : "ne prend pas part"],
  ];
  return parts.filter(([n]) => Number(n) > 0).map(([n, word]) => `${n} ${word}`).join(", ");
}

/** @param {HTMLElement} place @param {HTMLElement} close @param {number} sum @param {number} total */
export function balance(place, close, sum, total) {
  const missing = total - sum;
  const text = missing === 0 ? `${sum} voix sur ${total} : le compte est juste.` : missing > 0 ? `${sum} voix sur ${total} : il en manque ${missing}.` : `${sum} voix sur ${total} : il y en a ${-missing} de trop.`;
  if (place.textContent !== text) place.textContent = text;
  set(place, "data-right", missing === 0);
  forbid(close, missing === 0 ? null : text);
}

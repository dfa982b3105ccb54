/** Appointments: the secret or its unanimous waiver, candidates, rounds counted on paper, the name that the president proclaims. */

import { el } from "../common/dom.js";
import { block, count, key, number, row } from "./panel.js";
import { balance } from "./vote.js";

/** @typedef {import("../council/types.js").AgendaItem} AgendaItem */
/** @typedef {import("../council/types.js").Election} Election */

const LAST_ROUND = 3;

export class ElectionEntry {
  /** @type {string[]} */
  #names = [];
  #typed = "";
  /** Birth dates, asked only where a tie needs them (VO12). @type {Record<string, string>} */
  #born = {};
  /** @type {Record<string, string>} */
  #counts = {};
  #about = "";

  /** @param {import("../council/link.js").RegisterLink} link @param {() => void} redraw */
  constructor(link, redraw) {
    this.link = link;
    this.redraw = redraw;
  }

  /** @param {AgendaItem} item @param {Election} election @returns {HTMLElement} */
  show(item, election) {
    const about = `${item.id}#${election.tours.length}#${election.appel_ms ?? ""}`;
    if (about !== this.#about) {
      this.#about = about;
      this.#counts = {};
      this.#typed = "";
      this.#names = election.candidats.map((one) => one.nom);
    }
    const last = election.tours.at(-1);
    const done = last?.elu || (election.candidats.length === 1 && election.tours.length === 0);
    return el(
      "div",
      {},
      election.secret_leve || election.appel_ms !== null ? "" : this.#waiver(item, election),
      election.secret_leve ? block("", el("p", { class: "note", text: "Le conseil a renoncé au secret à l’unanimité : ouvrir le vote comme pour un autre point." })) : "",
      this.#candidates(item, election),
      ...election.tours.map((held) => this.#round(election, held)),
      election.appel_ms !== null && !done && election.tours.length < LAST_ROUND ? this.#count(item, election) : "",
      done ? this.#elected(election) : "",
    );
  }

  /** @param {AgendaItem} item */
  #voters(item) {
    return (item.quorum?.presents ?? 0) + (item.quorum?.pouvoirs ?? 0);
  }

  /** @param {AgendaItem} item @param {Election} election */
  #waiver(item, election) {
    if (election.secret_impose) return block("", el("p", { class: "note", text: "Un texte impose le scrutin secret." }));
    const all = this.#voters(item);
    return block(
      "Scrutin secret, sauf décision unanime contraire (L.2121-21)",
      row(
        key(this.link, `Tous d’accord pour voter à main levée (${all})`, { type: "waive_secrecy", item: item.id, tally: { for_: all } }, { label: "Renoncement au secret" }),
        key(this.link, "Quelqu’un s’y oppose", { type: "waive_secrecy", item: item.id, tally: { for_: all - 1, against: 1 } }, { label: "Renoncement au secret refusé" }),
      ),
    );
  }

  /** @param {AgendaItem} item @param {Election} election */
  #candidates(item, election) {
    const input = el("input", { class: "input", id: "candidat", type: "text", placeholder: "nom du candidat ou de la liste", value: this.#typed, maxlength: "80" });
    input.addEventListener("input", () => (this.#typed = input.value));
    const add = () => {
      const name = this.#typed.trim();
      if (name && !this.#names.includes(name)) this.#names.push(name);
      this.#typed = "";
      this.redraw();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      add();
    });
    const chips = this.#names.map((name) => {
      const chip = el("button", { class: "chip", type: "button", text: `${name} ✕`, "aria-label": `Ôter ${name}` });
      chip.addEventListener("click", () => {
        this.#names = this.#names.filter((one) => one !== name);
        this.redraw();
      });
      return el("li", {}, chip);
    });
    const tie = election.tours.length === LAST_ROUND - 1;
    const births = tie ? this.#names.map((name) => this.#birth(name)) : [];
    return block(
      election.appel_ms === null ? "Appel à candidatures" : "Candidats",
      el("ul", { class: "chips" }, ...chips),
      tie ? el("p", { class: "note", text: "Date de naissance : seulement si le troisième tour finit à égalité ; refaire l’appel pour l’enregistrer." }) : null,
      ...births,
      row(
        input,
        el("button", { class: "btn", type: "button", text: "Ajouter", onclick: add }),
        key(
          this.link,
          "Appel fait",
          () => (this.#names.length ? { type: "call_candidates", item: item.id, candidates: this.#names.map((nom, i) => ({ id: `c${i + 1}`, name: nom, ...(this.#born[nom] ? { born: this.#born[nom] } : {}) })) } : null),
          { label: "Appel à candidatures", missing: "Aucun candidat : ajoutez au moins un nom." },
        ),
      ),
    );
  }

  /** @param {string} name */
  #birth(name) {
    const input = el("input", { class: "input", type: "date", value: this.#born[name] ?? "", "aria-label": `Date de naissance de ${name}` });
    input.addEventListener("change", () => (this.#born[name] = input.value));
    return el("label", { class: "pair" }, el("span", { text: name }), input);
  }

  /** @param {Election} election @param {Election["tours"][number]} held */
  #round(election, held) {
    const lines = election.candidats.map((one) => el("li", {}, `${one.nom} : ${held.voix[one.id] ?? 0}`));
    const won = election.candidats.find((one) => one.id === held.elu);
    const end = won ? `Élu : ${won.nom}${held.au_benefice_de_l_age ? ", au bénéfice de l’âge" : ""}.` : `Personne n’est élu : ${held.requis} voix étaient requises.`;
    return block(`Tour ${held.tour}`, el("ul", { class: "plain" }, ...lines), el("p", { class: "note", text: `${held.blancs} blancs, ${held.nuls} nuls, ${held.non_votants} sans bulletin. ${end}` }));
  }

  /** @param {AgendaItem} item @param {Election} election */
  #count(item, election) {
    const rank = election.tours.length + 1;
    const others = /** @type {const} */ (["blancs", "nuls", "sans bulletin"]);
    const sum = el("p", { class: "sum", role: "status" });
    const keep = key(
      this.link,
      `Enregistrer le tour ${rank}`,
      () => ({
        type: "hold_round",
        item: item.id,
        round: {
          number: rank,
          counts: election.candidats.map((one) => [one.id, number(this.#counts, one.id)]),
          blanks: number(this.#counts, "blancs"),
          nulls: number(this.#counts, "nuls"),
          not_voting: number(this.#counts, "sans bulletin"),
        },
      }),
      { primary: true, label: `Tour ${rank}` },
    );
    const names = [...election.candidats.map((one) => one.id), ...others];
    const check = () => balance(sum, keep, names.reduce((all, name) => all + number(this.#counts, name), 0), this.#voters(item));
    const entry = block(
      `Tour ${rank} : majorité ${rank < LAST_ROUND ? "absolue" : "relative"}, bulletins de papier`,
      el(
        "div",
        { class: "counts" },
        ...election.candidats.map((one) => count(this.#counts, one.id, one.nom, check)),
        ...others.map((name) => count(this.#counts, name, name, check)),
      ),
      sum,
      keep,
    );
    check();
    return entry;
  }

  /** @param {Election} election */
  #elected(election) {
    const one = election.candidats.find((candidate) => candidate.id === (election.tours.at(-1)?.elu || election.candidats[0]?.id));
    const how = election.tours.length ? "élu" : "seul candidat : nommé dès lecture (L.2121-21 al. 6)";
    return block("", el("p", { class: "outcome", "data-adopted": true, text: `${one?.nom ?? ""}, ${how}. Au président de proclamer.` }));
  }
}

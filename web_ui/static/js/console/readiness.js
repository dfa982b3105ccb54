/**
 * The check before a séance, in the place of the rundown until the public has had something; and after its end, the recordings read again
 * before one switches off. The antenna is first given through it: while a line is red it takes two steps.
 */

import { $, byId, el, icon, say, set } from "../common/dom.js";
import { HttpError, getJson, send } from "../common/http.js";
import { duration } from "../common/time.js";
import { ask, onHold, onPress } from "./ask.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").Readiness} ReadinessNews */
/** @typedef {import("../types.js").RecordingFile} RecordingFile */
/** @typedef {import("../types.js").Outcome} Outcome */

const EVERY_MS = 2000;
const ADDRESS = "/api/v1/controle";
/** Never colour alone. */
const WORDS = { bon: "bon", attente: "à faire", attention: "à voir", rouge: "à mettre en ordre" };

/** What keeps the antenna, then what is left to do, comes first. */
const ORDER = ["rouge", "attente", "attention", "bon"];
/** What a line lets one do: the word of its key, and the part of the address. @type {Record<string, [string, string]>} */
const ACTS = { enregistrement: ["Relire", "/enregistrement"], micros: ["Recommencer", "/micros"] };

export class Readiness {
  /** @type {ReadinessNews | null} */
  #news = null;
  #drawn = "";
  #files = "";
  #ended = "";

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    this.dialog = byId("outre", HTMLDialogElement);
    $("outre-fermer").addEventListener("click", () => this.dialog.close());
    onHold($("outre-donner"), () => this.#give(true));
    onPress($("relire-fichiers"), () => this.#digest());
    setInterval(() => void this.#look(), EVERY_MS);
  }

  /** Is the antenna still to be given for the first time? */
  get awaited() {
    const { antenna } = this.link.state.moteur ?? {};
    return this.link.operator && !!antenna && !antenna.on && !antenna.recovering && antenna.slate === "avant";
  }

  /** The antenna, for the first time: refused while a line is red, until one says it twice. @returns {Promise<Outcome>} */
  async give() {
    const outcome = await this.#give(false);
    if (outcome.code !== "controle_rouge") return outcome;
    await this.#look();
    $("outre-lignes").replaceChildren(...(this.#news?.lignes ?? []).filter((line) => line.etat === "rouge").map((line) => this.#line(line, false)));
    this.dialog.show();
    return { code: "", message: "" };
  }

  /** @param {boolean} despite */
  async #give(despite) {
    const outcome = await this.link.post(`${ADDRESS}/antenne`, { outre: despite });
    if (despite && !outcome.code) this.dialog.close();
    return outcome;
  }

  async #look() {
    if (!this.awaited || $("panneau-seance").hidden || document.hidden) return;
    try {
      this.#hear(await getJson(ADDRESS));
    } catch {
      // The band of the link says it already; the next look asks again.
    }
  }

  /** @param {ReadinessNews} news */
  #hear(news) {
    this.#news = news;
    this.render();
  }

  render() {
    const { seance } = this.link.state;
    const over = seance?.etat === "terminee" && this.link.operator;
    set($("controle"), "hidden", !this.awaited || over);
    set($("apres"), "hidden", !over);
    if (over && this.#ended !== seance.id) {
      this.#ended = seance.id;
      void this.#list();
    }
    if (this.awaited && !this.#news) void this.#look();
    const signature = JSON.stringify(this.#news);
    if (!this.#news || signature === this.#drawn) return;
    this.#drawn = signature;
    const { lignes, rouges } = this.#news;
    const left = lignes.filter((line) => line.etat === "attente").length;
    say(
      $("controle-mot"),
      rouges.length ? `${rouges.length} ${rouges.length > 1 ? "lignes rouges" : "ligne rouge"} : l’antenne attend.` : left ? `Rien n’empêche de donner l’antenne ; ${left} à faire.` : "Tout est prêt.",
    );
    set($("controle"), "data-state", rouges.length ? "rouge" : left ? "attente" : "bon");
    const focused = document.activeElement?.id;
    $("controle-lignes").replaceChildren(...lignes.toSorted((a, b) => ORDER.indexOf(a.etat) - ORDER.indexOf(b.etat)).map((line) => this.#line(line, true)));
    if (focused?.startsWith("controle-agir-")) document.getElementById(focused)?.focus();
  }

  /** @param {import("../types.js").CheckLine} line @param {boolean} acting */
  #line(line, acting) {
    const node = el(
      "li",
      { class: "check", "data-state": line.etat, "data-refusals": true },
      el("b", { class: "check-light" }, icon(line.etat === "bon" ? "check" : line.etat === "attente" ? "clock" : "alarm"), el("span", { class: "sr", text: WORDS[line.etat] })),
      el("span", { class: "check-words" }, el("b", { text: line.titre }), el("span", { text: line.phrase }), line.faire ? el("span", { class: "check-todo", text: line.faire }) : null),
    );
    const act = acting ? ACTS[line.code] : undefined;
    if (act && line.etat !== "rouge") {
      const key = el("button", { class: "btn bare", type: "button", id: `controle-agir-${line.code}`, text: act[0] });
      onPress(key, () => this.#act(act[1]));
      node.append(key);
    }
    return node;
  }

  /** @param {string} path @returns {Promise<Outcome>} */
  async #act(path) {
    try {
      this.#hear(/** @type {ReadinessNews} */ (await send(`${ADDRESS}${path}`, undefined, { csrf: this.link.session?.csrf })));
      return { code: "", message: "" };
    } catch (error) {
      return error instanceof HttpError ? { code: error.code, message: error.message } : { code: "liaison", message: "Pas de réponse du serveur." };
    }
  }

  /** The recordings of the séance that ended, and what is known of each. */
  async #list() {
    const id = this.link.state.seance?.id;
    if (!id) return;
    try {
      this.#show(/** @type {RecordingFile[]} */ (await getJson(`/api/v1/seances/${encodeURIComponent(id)}/enregistrements`)));
    } catch {
      this.#ended = "";
    }
  }

  /** @param {RecordingFile[]} files */
  #show(files) {
    const bad = files.some((file) => file.defauts?.length);
    const read = files.length > 0 && files.every((file) => file.sha256);
    say($("apres-mot"), !files.length ? "Rien n’a été enregistré." : bad ? "Un enregistrement a un défaut : ne rien effacer." : read ? "Relu et sans défaut : on peut éteindre." : "Avant d’éteindre : relire, et noter l’empreinte.");
    set($("apres"), "data-state", bad ? "rouge" : read ? "bon" : "attente");
    set($("relire-fichiers"), "hidden", files.length === 0);
    const signature = JSON.stringify(files);
    if (signature === this.#files) return;
    this.#files = signature;
    $("apres-fichiers").replaceChildren(
      ...files.map((file) =>
        el(
          "li",
          { class: "check", "data-state": !file.sha256 ? "attente" : file.defauts?.length ? "rouge" : "bon" },
          el("b", { class: "check-light" }, icon(!file.sha256 ? "clock" : file.defauts?.length ? "alarm" : "check")),
          el(
            "span",
            { class: "check-words" },
            el("a", { href: file.adresse, text: file.fichier }),
            el("span", { text: `${(file.octets / 1e6).toLocaleString("fr-FR", { maximumFractionDigits: 0 })} Mo${file.duree_s === null ? "" : `, ${duration(file.duree_s)}`}` }),
            file.sha256 ? el("span", { text: file.defauts?.length ? `Défauts : ${file.defauts.join(", ")}` : "relu sans défaut" }) : null,
            file.sha256 ? el("code", { class: "digest", text: `sha256 ${file.sha256}` }) : null,
          ),
        ),
      ),
    );
  }

  /** Every recording, one after the other. @returns {Promise<Outcome>} */
  async #digest() {
    const id = this.link.state.seance?.id ?? "";
    const address = `/api/v1/seances/${encodeURIComponent(id)}/enregistrements`;
    try {
      const files = /** @type {RecordingFile[]} */ (await getJson(address));
      for (const file of files) {
        await send(`${address}/${encodeURIComponent(file.fichier)}/empreinte`, undefined, { csrf: this.link.session?.csrf });
        await this.#list();
      }
      return { code: "", message: "" };
    } catch (error) {
      return error instanceof HttpError ? { code: error.code, message: error.message } : { code: "liaison", message: "Pas de réponse du serveur." };
    }
  }
}

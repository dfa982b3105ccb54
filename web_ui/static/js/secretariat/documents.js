/** The documents of a séance: what the minutes lack, what the secretary writes, the files. */

import { $, byId, el, say } from "../common/dom.js";
import { HttpError, getJson, send } from "../common/http.js";
import { dateAndHour } from "../common/time.js";
import { complain, frenchDay, session } from "./common.js";

/**
 * @typedef {{code: string, titre: string, fichier: string, octets: number, sha256: string, publiable: boolean, adresse: string}} File
 * @typedef {{id: string, titre: string, etat: string, matiere: string, rapport: string, debats: string, visas: string, texte: string,
 *   scrutateurs: string[], budget_annee: string, budget_nom: string, recu_prefecture: string}} Item
 * @typedef {{nom: string, commune: string, adresse: string, envoye: string}} Recipient
 * @typedef {{seance: string, levee: boolean, en_cours: boolean, manquants: string[], defauts: string[], fichiers: File[],
 *   points: Item[], matieres: [string, string][], proces_verbal: Minutes,
 *   echeances: {quoi: string, jour: string, article: string, depasse: boolean}[], intercommunal: boolean, destinataires: Recipient[]}} Documents
 * @typedef {{etat: string, arrete: string, publie: string, suivant: string | null, avant: string, en_retard: boolean}} Minutes
 * @typedef {{id: string, titre: string, prevue_utc: number | null}} Seance
 */

const AGAIN_MS = 2000;
let csrf = "";
let seance = "";
let timer = 0;
let addressed = Promise.resolve();

/** @param {Documents} state */
function show(state) {
  clearTimeout(timer);
  const waiting = state.en_cours || (state.levee && !state.fichiers.length);
  say(
    $("etat"),
    state.en_cours
      ? "Les documents sont en train d’être faits…"
      : !state.levee
        ? "La séance n’est pas levée : il n’y a que sa convocation, ses preuves et la feuille d’émargement."
        : !state.fichiers.length
          ? "Les documents ne sont pas encore faits."
          : state.manquants.length
            ? "Procès-verbal en projet : il lui manque des mentions obligatoires."
            : "Toutes les mentions obligatoires sont là.",
  );
  $("manques").replaceChildren(
    ...state.manquants.map((one) => el("li", { "data-bloque": true }, el("b", { text: "Manque" }), one, " ", el("small", { text: "L.2121-15 (PV2)" }))),
    ...state.defauts.map((one) => el("li", {}, el("b", { text: "Données ouvertes" }), one)),
  );
  byId("refaire", HTMLButtonElement).disabled = state.en_cours;
  $("echeances").replaceChildren(
    ...state.echeances.map((one) =>
      el("li", { "data-manque": one.depasse }, `${one.quoi} : avant le ${frenchDay(one.jour)}${one.depasse ? ", échéance passée" : ""} `, el("small", { text: one.article })),
    ),
  );
  showMinutes(state);
  showFiles(state);
  showItems(state);
  showCopies(state);
  showYear(state.seance.slice(0, 4));
  if (waiting) timer = setTimeout(() => void load(), AGAIN_MS);
}

/** The steps of the minutes: what the button says, what its date is. */
const STEPS = /** @type {Record<string, [string, string]>} */ ({
  proposer: ["Proposer à l’adoption", "Jour"],
  arreter: ["Noter l’arrêt par le conseil", "Jour de la séance qui l’arrête"],
  signer: ["Noter les signatures", "Jour"],
  publier: ["Noter la publication", "Jour de mise en ligne"],
});
const STATES = /** @type {Record<string, string>} */ ({
  projet: "Procès-verbal : projet.",
  propose: "Procès-verbal : proposé à l’adoption.",
  arrete: "Procès-verbal : arrêté.",
  signe: "Procès-verbal : signé.",
  publie: "Procès-verbal : publié.",
});

/** @param {Documents} state */
function showMinutes(state) {
  const minutes = state.proces_verbal;
  const step = minutes.suivant;
  $("pv").hidden = !state.levee || !step;
  const late = minutes.en_retard ? " Il est temps de le publier (L.2121-15, PV4)." : "";
  const before = minutes.avant && !minutes.publie ? ` À publier avant le ${frenchDay(minutes.avant)}.` : "";
  say($("pv-etat"), state.levee ? `${STATES[minutes.etat] ?? minutes.etat}${before}${late}` : "");
  if (!step) return;
  say($("pv-geste"), STEPS[step][0]);
  say($("pv-mot"), STEPS[step][1]);
  const field = byId("pv-jour", HTMLInputElement);
  field.value ||= new Date().toLocaleDateString("sv-SE");
  byId("pv", HTMLFormElement).onsubmit = (event) => {
    event.preventDefault();
    void advance(step, field.value);
  };
}

/** @param {string} geste @param {string} jour */
async function advance(geste, jour) {
  try {
    complain("ennui");
    show(await send(`/api/v1/seances/${encodeURIComponent(seance)}/proces-verbal`, { geste, jour }, { csrf }));
  } catch (error) {
    complain("ennui", error);
  }
}

/** The séances of the year together, for a spreadsheet. @param {string} year */
function showYear(year) {
  $("annee").hidden = !/^\d{4}$/.test(year);
  say($("annee-mot"), `Toute l’année ${year} :`);
  for (const table of ["assiduite", "deliberations"]) byId(`annee-${table}`, HTMLAnchorElement).href = `/api/v1/seances/annee/${year}/${table}.csv`;
}

/** Files of one document are on one line: its PDF, its ODT. @param {Documents} state */
function showFiles(state) {
  /** @type {Map<string, File[]>} */
  const lines = new Map();
  for (const file of state.fichiers) {
    const stem = file.fichier.replace(/\.\w+$/, "");
    lines.set(stem, [...(lines.get(stem) ?? []), file]);
  }
  const rows = [...lines.values()].map((files) =>
    el(
      "tr",
      {},
      el("td", {}, files[0].titre, " ", el("small", { text: files[0].fichier.replace(/\.\w+$/, "") })),
      el("td", {}, el("span", { class: "fichiers" }, ...files.map(fileLink))),
      el("td", { text: files.every((one) => one.publiable) ? "possible" : "interne" }),
    ),
  );
  $("documents").replaceChildren(...(rows.length ? rows : [el("tr", {}, el("td", { colspan: 3, text: "Aucun document pour l’instant." }))]));
}

/** @param {File} file */
function fileLink(file) {
  const kind = file.fichier.slice(file.fichier.lastIndexOf(".") + 1).toUpperCase();
  return el("a", { class: "btn", href: file.adresse, download: file.fichier, "aria-label": `${file.titre}, ${kind}`, text: kind });
}

/** @param {Documents} state */
function showItems(state) {
  const place = $("points");
  // What somebody is writing is not redrawn under the hands.
  if (place.contains(document.activeElement)) return;
  const open = new Set([...place.querySelectorAll("details[open]")].map((one) => one.id));
  place.replaceChildren(...state.points.map((item) => drawItem(item, state.matieres, open.has(`p-${item.id}`))));
}

/** @param {Item} item @param {[string, string][]} matters @param {boolean} open */
function drawItem(item, matters, open) {
  const missing = !item.debats.trim() && !["inscrit", "reporté", "retiré"].includes(item.etat);
  const select = el(
    "select",
    { class: "input", id: `m-${item.id}`, onchange: () => void write(item.id, { matiere: select.value }) },
    el("option", { value: "", text: "—" }),
    ...matters.map(([code, name]) => el("option", { value: code, text: `${code} ${name}`, selected: code === item.matiere })),
  );
  const node = el(
    "details",
    { class: "point", id: `p-${item.id}`, open },
    el(
      "summary",
      {},
      el("span", { text: item.titre }),
      el("span", { class: "puce", text: item.etat }),
      missing ? el("span", { class: "puce", "data-manque": true, text: "débats à écrire" }) : null,
    ),
    line(item, "rapport", "Rapport au vu duquel le conseil délibère", item.rapport, "text"),
    area(item, "debats", "Teneur des discussions", item.debats),
    area(item, "visas", "Visas de la délibération", item.visas),
    area(item, "texte", "Texte de la délibération", item.texte),
    el("p", { class: "field" }, el("label", { for: `m-${item.id}`, text: "Matière (nomenclature ACTES)" }), select),
    line(item, "scrutateurs", "Scrutateurs d’un scrutin secret (procès-verbal de dépouillement), séparés par des virgules", item.scrutateurs.join(", "), "text", (said) =>
      said.split(",").map((name) => name.trim()).filter(Boolean),
    ),
    line(item, "recu_prefecture", "Reçue au contrôle de légalité le", item.recu_prefecture, "date"),
    line(item, "budget_annee", "Budget : année", item.budget_annee, "text"),
    line(item, "budget_nom", "Budget : nom", item.budget_nom, "text"),
  );
  return node;
}

/**
 * A short field of an item, kept when it is left.
 * @param {Item} item @param {string} key @param {string} label @param {string} value @param {string} type
 * @param {(said: string) => unknown} [read] what is sent for what was typed
 */
function line(item, key, label, value, type, read = (said) => said) {
  const id = `${key}-${item.id}`;
  const field = el("input", { class: "input", id, type, value, onchange: () => void write(item.id, { [key]: read(field.value) }) });
  return el("p", { class: "field" }, el("label", { for: id, text: label }), field);
}

/** Who gets copies: a list that is pasted, and the day of the sending (CV10). @param {Documents} state */
function showCopies(state) {
  $("copies").hidden = !state.intercommunal;
  const list = byId("destinataires", HTMLTextAreaElement);
  const known = state.destinataires;
  if (document.activeElement !== list) list.value = known.map((one) => [one.nom, one.commune, one.adresse].join(" ; ")).join("\n");
  const left = known.filter((one) => !one.envoye).length;
  const last = known.map((one) => one.envoye).sort().at(-1);
  say($("copies-etat"), known.length === 0 ? "Aucun destinataire." : left ? `${left} sur ${known.length} sans envoi noté.` : `Envoyées à tous, le dernier envoi le ${frenchDay(last ?? "")}.`);
  const all = byId("copies-envoyees", HTMLButtonElement);
  all.disabled = left === 0;
  const day = byId("copies-jour", HTMLInputElement);
  day.value ||= new Date().toLocaleDateString("sv-SE");
  // The day of the sending stays with the name, however the list is pasted again.
  const written = () => typed(list.value, new Map(known.map((one) => [one.nom, one.envoye])));
  list.oninput = () => (all.disabled = written().every((one) => one.envoye));
  list.onchange = () => void address(written());
  // What was just pasted is not known yet to the server: it is what one reads there that was sent.
  all.onclick = () => void address(written().map((one) => ({ ...one, envoye: one.envoye || day.value })));
}

/** @param {string} text @param {Map<string, string>} sent @returns {Recipient[]} */
function typed(text, sent) {
  return text
    .split("\n")
    .map((one) => one.split(";").map((part) => part.trim()))
    .filter(([nom]) => nom)
    .map(([nom, commune = "", adresse = ""]) => ({ nom, commune, adresse, envoye: sent.get(nom) ?? "" }));
}

/** The whole list, after the one that is on its way: the last written is the one that stays. @param {Recipient[]} list */
function address(list) {
  const url = `/api/v1/seances/${encodeURIComponent(seance)}/destinataires`;
  const destinataires = list.map((one) => ({ ...one, envoye: one.envoye || null }));
  addressed = addressed.then(async () => {
    try {
      complain("ennui");
      show(await send(url, { destinataires }, { csrf, method: "PUT" }));
    } catch (error) {
      complain("ennui", error);
    }
  });
}

/** @param {Item} item @param {"debats" | "visas" | "texte"} key @param {string} label @param {string} value */
function area(item, key, label, value) {
  const id = `${key}-${item.id}`;
  const field = el("textarea", { class: "input", id, onchange: () => void write(item.id, { [key]: field.value }) });
  field.value = value;
  return el("p", { class: "field" }, el("label", { for: id, text: label }), field);
}

/** @param {string} item @param {Record<string, unknown>} change */
async function write(item, change) {
  try {
    complain("ennui");
    const url = `/api/v1/seances/${encodeURIComponent(seance)}/secretariat/${encodeURIComponent(item)}`;
    show(await send(url, change, { csrf, method: "PUT" }));
  } catch (error) {
    complain("ennui", error);
  }
}

async function remake() {
  const button = byId("refaire", HTMLButtonElement);
  button.disabled = true;
  say($("etat"), "Les documents sont en train d’être faits…");
  try {
    complain("ennui");
    show(await send(`/api/v1/seances/${encodeURIComponent(seance)}/documents`, {}, { csrf }));
  } catch (error) {
    complain("ennui", error);
  }
  button.disabled = false;
}

async function load() {
  clearTimeout(timer);
  try {
    complain("ennui");
    show(await getJson(`/api/v1/seances/${encodeURIComponent(seance)}/documents`));
  } catch (error) {
    for (const id of ["manques", "documents", "points"]) $(id).replaceChildren();
    say($("etat"), "");
    complain("ennui", error);
  }
}

/** The current séance first, then past ones. @returns {Promise<Seance[]>} */
async function seances() {
  const now = /** @type {{seance: Seance | null}} */ (await getJson("/api/v1/public"));
  const past = /** @type {Seance[]} */ (await getJson("/api/v1/seances"));
  const known = new Map([...(now.seance ? [now.seance] : []), ...past].map((one) => [one.id, one]));
  return [...known.values()];
}

byId("refaire", HTMLButtonElement).addEventListener("click", () => void remake());

try {
  csrf = (await session()).csrf;
  const choice = byId("seances", HTMLSelectElement);
  const list = await seances();
  choice.append(
    ...list.map((one) => el("option", { value: one.id, text: one.prevue_utc ? `${one.titre}, ${dateAndHour(one.prevue_utc)}` : one.titre })),
  );
  const asked = new URLSearchParams(location.search).get("seance");
  if (asked && list.some((one) => one.id === asked)) choice.value = asked;
  choice.addEventListener("change", () => {
    seance = choice.value;
    void load();
  });
  seance = choice.value;
  if (seance) await load();
  else say($("etat"), "Aucune séance pour l’instant.");
} catch (error) {
  complain("ennui", error instanceof HttpError ? error : new HttpError(0, "liaison", "Le serveur ne répond pas."));
}

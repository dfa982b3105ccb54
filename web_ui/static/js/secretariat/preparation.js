/** Prepare a séance: lists received, what is wrong in them, the convocation, then the proofs of its sending. */

import { $, byId, el, say, set } from "../common/dom.js";
import { HttpError, getJson, send } from "../common/http.js";
import { loadTexts } from "../common/texts.js";
import { complain, counted, frenchDay, session } from "./common.js";
import { showPieces } from "./pieces.js";

/**
 * @typedef {{phrase: string, bloque: boolean}} Fault
 * @typedef {{regle: string, article: string, phrase: string, sujet: string, bloque: boolean}} Law
 * @typedef {{id: string, nom: string, fonction: string, groupe: string, siege: string, suppleant: boolean, papier: boolean}} Member
 * @typedef {{id: string, titre: string, type: string, rapporteur: string, sensible: boolean}} Item
 * @typedef {{francs: number, requis: number, dernier_jour: string, regle: string, article: string}} Delay
 * @typedef {{reglages: Record<string, string>, feuilles: string[], elus: Member[], points: Item[], salles: string[],
 *   fautes: Fault[], droit: Law[], delai: Delay | null, regime: string, prete: boolean, seconde: {du: string, points: number, des: string} | null}} Preparation
 * @typedef {"electronique" | "papier" | "remis_en_main_propre"} Channel
 * @typedef {{siege: string, nom: string, voie: string, moyen: Channel | null, heure_ms: number | null, revenue: boolean}} Sending
 * @typedef {{lieu: string, nom: string, heure_ms: number | null}} Posting
 * @typedef {{convoque: boolean, jour: string, membres: Sending[], lieux: Posting[]}} Proofs
 */

const HOUR = new Intl.DateTimeFormat("fr-FR", { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" });

/** Settings of the form: key, label, kind, and what to show in an empty field. */
const FIELDS = /** @type {const} */ ([
  ["#", "Quand et où"],
  ["titre", "Titre de la séance", "large", "Conseil municipal du 25 juin"],
  ["date", "Date de la séance", "date"],
  ["heure", "Heure", "time"],
  ["lieu", "Lieu", "large", "Mairie, salle du conseil"],
  ["fondement", "Fondement du lieu", "text", "mairie, ou délibération n°…"],
  ["envoi", "Jour d’envoi de la convocation", "date"],
  ["#", "Ce que dit la convocation"],
  ["note", "Note de synthèse jointe", "yes"],
  ["urgence", "Urgence", "yes"],
  ["installation", "Installation du conseil", "yes"],
  ["plusieurs_lieux", "En plusieurs lieux, par visioconférence", "yes"],
  ["premiere_convocation", "Quorum manqué le (seconde convocation)", "date"],
  ["premiere_reguliere", "La première convocation était régulière", "yes"],
  ["autres_seances", "Autres séances du semestre", "large", "05/02/2026 ; 12/04/2026 (visio)"],
  ["#", "La collectivité"],
  ["collectivite", "Nom", "text", "Ville de…"],
  ["nature", "Nature", "kind"],
  ["habitants", "Habitants", "number"],
  ["siret", "SIRET", "text", "14 chiffres"],
  ["organe", "Organe", "text", "Conseil municipal"],
  ["adresse", "Adresse", "large"],
  ["prefecture", "Contrôle de légalité", "text", "PREF086"],
  ["numerotation", "Forme des numéros", "text", "{annee}-{numero:03d}"],
  ["deja_numerotees", "Délibérations déjà numérotées", "number"],
  ["#", "Le règlement intérieur"],
  ["reglement", "Référence", "text", "article 12"],
  ["controle_identite", "Contrôle d’identité à distance", "text"],
  ["conservation", "Conservation des enregistrements", "text", "24 mois"],
]);
const KINDS = { commune: "Commune", epci: "EPCI à fiscalité propre", syndicat_de_communes: "Syndicat de communes", syndicat_mixte_ferme: "Syndicat mixte fermé" };
const ON_UNLESS_SAID = new Set(["note"]);
/** How a convocation may go, and what notes it; after one that came back, the next ones. @type {Record<Channel, string>} */
const CHANNELS = { electronique: "Par voie électronique", papier: "Sur papier", remis_en_main_propre: "En main propre" };
const SHEETS = { elus: "élus", points: "ordre du jour", seance: "séance", salles: "salles" };

/** A second press, within this, is needed to correct what was convened. */
const SURE_MS = 15_000;

let csrf = "";
/** @type {Preparation | null} */
let shown = null;
/** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
const fields = new Map();

/** @param {string} key @param {string} kind @param {string} hint */
function control(key, kind, hint) {
  if (kind === "kind") {
    const options = Object.entries(KINDS).map(([value, text]) => el("option", { value, text }));
    return el("select", { class: "input", id: `r-${key}` }, ...options);
  }
  const type = kind === "yes" ? "checkbox" : kind === "large" ? "text" : kind;
  const input = el("input", { class: kind === "yes" ? "" : "input", id: `r-${key}`, type, placeholder: hint || null });
  if (kind === "number") input.min = "0";
  return input;
}

function buildForm() {
  const form = byId("seance", HTMLFormElement);
  for (const [key, label, kind = "text", hint = ""] of FIELDS) {
    if (key === "#") {
      form.append(el("h3", { text: label }));
      continue;
    }
    const input = control(key, kind, hint);
    fields.set(key, input);
    const caption = el("label", { for: input.id, text: label });
    form.append(
      kind === "yes"
        ? el("p", { class: "coche" }, input, caption)
        : el("p", { class: kind === "large" ? "field large" : "field" }, caption, input),
    );
    input.addEventListener("change", () => void change(key));
  }
  form.addEventListener("submit", (event) => event.preventDefault());
}

/** What a field says, as the lists say it. @param {HTMLInputElement | HTMLSelectElement} field */
const valueOf = (field) => (field instanceof HTMLInputElement && field.type === "checkbox" ? (field.checked ? "oui" : "non") : field.value.trim());

/** @param {string} key */
async function change(key) {
  const field = fields.get(key);
  if (!field) return;
  try {
    complain("ennui");
    show(await send("/api/v1/preparation/seance", { [key]: valueOf(field) }, { csrf, method: "PUT" }));
  } catch (error) {
    complain("ennui", error);
  }
}

/** A date of a list, in the form that the browser's field wants. @param {string} text */
function isoDay(text) {
  const french = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  return french ? `${french[3]}-${french[2].padStart(2, "0")}-${french[1].padStart(2, "0")}` : text;
}

/** @param {string} text */
function isoHour(text) {
  const found = /^(\d{1,2})\s*[:hH]\s*(\d{2})?$/.exec(text);
  return found ? `${found[1].padStart(2, "0")}:${found[2] ?? "00"}` : text;
}

/** @param {Record<string, string>} settings */
function fill(settings) {
  for (const [key, field] of fields) {
    const said = settings[key] ?? "";
    if (document.activeElement === field) continue;
    if (field instanceof HTMLInputElement && field.type === "checkbox")
      field.checked = said ? /^(oui|o|x|1)$/i.test(said) : ON_UNLESS_SAID.has(key);
    else if (field instanceof HTMLInputElement && field.type === "date") field.value = isoDay(said);
    else if (field instanceof HTMLInputElement && field.type === "time") field.value = isoHour(said);
    else field.value = said || (field instanceof HTMLSelectElement ? "commune" : "");
  }
}

/** @param {Preparation} state */
function show(state) {
  shown = state;
  fill(state.reglages);
  $("recues").replaceChildren(
    ...state.feuilles.map((name) => el("li", { text: `${SHEETS[/** @type {keyof typeof SHEETS} */ (name)] ?? name} : reçue` })),
  );
  const laws = state.droit.map((one) =>
    el(
      "li",
      { "data-bloque": one.bloque },
      el("b", { text: one.bloque ? "Interdit" : "À savoir" }),
      [one.phrase, one.sujet].filter(Boolean).join(" – "),
      " ",
      el("small", { text: one.regle ? `${one.article} (${one.regle})` : "" }),
    ),
  );
  const faults = state.fautes.map((one) =>
    el("li", { "data-bloque": one.bloque }, el("b", { text: one.bloque ? "À corriger" : "Remarque" }), one.phrase),
  );
  $("fautes").replaceChildren(...laws, ...faults);
  const blocking = [...state.droit, ...state.fautes].filter((one) => one.bloque).length;
  say($("bilan"), state.prete ? "Rien n’empêche de convoquer." : `${counted(blocking, "point")} à corriger avant de convoquer.`);
  const delay = state.delai;
  say(
    $("delai"),
    delay
      ? `${counted(delay.francs, "jour franc", "jours francs")} pour ${delay.requis} requis (${delay.article}) ; dernier jour d’envoi : ${frenchDay(delay.dernier_jour)}.`
      : "",
  );
  showLists(state);
  const again = state.seconde;
  $("seconde").hidden = !again;
  if (again) say($("seconde-mot"), `Le quorum a manqué le ${frenchDay(again.du)} : ${counted(again.points, "point")} à reprendre, sans condition de quorum, le ${frenchDay(again.des)} au plus tôt si la convocation part aujourd’hui (L.2121-17).`);
  byId("convoquer", HTMLButtonElement).disabled = !state.prete;
  for (const id of ["apercu", "apercu-odt"]) set($(id), "aria-disabled", state.prete ? null : "true");
  say($("convoquer-pourquoi"), state.prete ? "" : "Grisé tant qu’il reste un point à corriger.");
}

/** @param {Preparation} state */
function showLists(state) {
  say($("n-points"), String(state.points.length));
  say($("n-elus"), String(state.elus.length));
  $("points").replaceChildren(
    ...state.points.map((item) =>
      el("li", {}, item.titre, el("small", { text: [item.rapporteur && ` – ${item.rapporteur}`, item.sensible && " – sensible"].filter(Boolean).join("") })),
    ),
  );
  $("elus").replaceChildren(
    ...state.elus.map((one) => el("li", { text: [one.nom, one.fonction, one.groupe, one.suppleant ? "suppléant" : ""].filter(Boolean).join(" · ") })),
  );
}

/** @param {Iterable<File>} files */
async function receive(files) {
  complain("ennui");
  for (const file of files) {
    try {
      const response = await fetch(`/api/v1/preparation/fichier?nom=${encodeURIComponent(file.name)}`, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/octet-stream", "X-CSRF-Token": csrf },
        body: file,
      });
      const body = await response.json();
      if (!response.ok) throw new HttpError(response.status, body.code, `${file.name} : ${body.message}`);
      show(body);
    } catch (error) {
      complain("ennui", error instanceof HttpError ? error : new HttpError(0, "liaison", "Le serveur ne répond pas : la liste n’est pas partie."));
      return;
    }
  }
}

function watchDrop() {
  const drop = $("depot");
  const input = byId("fichiers", HTMLInputElement);
  input.addEventListener("change", async () => {
    await receive(input.files ?? []);
    input.value = "";
  });
  for (const type of ["dragover", "dragenter"])
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      set(drop, "data-over", true);
    });
  drop.addEventListener("dragleave", () => set(drop, "data-over", null));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    set(drop, "data-over", null);
    void receive(event.dataTransfer?.files ?? []);
  });
}

/** The lists of the first convocation, cut down to what it left. */
async function takeOver() {
  try {
    complain("ennui");
    show(await send("/api/v1/preparation/seconde", {}, { csrf }));
  } catch (error) {
    complain("ennui", error);
  }
}

/** Before a convocation is corrected, what that keeps and what it takes off is said; the next press does it. */
let sureUntil = 0;

/** @param {Proofs} state */
function warn(state) {
  const sent = state.membres.filter((one) => one.moyen).length;
  const posted = state.lieux.filter((one) => one.heure_ms).length;
  const proofs = sent || posted ? ` Les preuves déjà notées (${counted(sent, "envoi")}, ${counted(posted, "affichage")}) ne restent que si le jour, l’heure, le lieu et l’ordre du jour n’ont pas changé.` : "";
  const day = isoDay(shown?.reglages.date ?? "");
  const moved = `Le conseil est déjà convoqué pour le ${frenchDay(state.jour)}. Un autre jour fait une autre séance : son registre commence vide, sans les présences, les pouvoirs ni les preuves déjà saisis. Appuyez encore pour convoquer.`;
  const words = day !== state.jour ? moved : `Le conseil est déjà convoqué : cette correction remplace la convocation et l’ordre du jour du registre par ceux de cette page. Présences et pouvoirs saisis restent, sauf ceux des personnes qui ne sont plus sur la liste.${proofs} Appuyez encore pour corriger.`;
  sureUntil = Date.now() + SURE_MS;
  say($("convoquer-pourquoi"), words);
  say($("convoquer"), day === state.jour ? "Corriger la convocation" : "Convoquer à une autre séance");
  setTimeout(() => {
    if (Date.now() < sureUntil) return;
    sureUntil = 0;
    say($("convoquer"), "Convoquer le conseil");
    say($("convoquer-pourquoi"), "");
  }, SURE_MS + 100);
}

/** The proofs of the convocation that this one corrects, if there is one and it was not just confirmed. */
async function toConfirm() {
  if (Date.now() < sureUntil) return null;
  const state = /** @type {Proofs} */ (await getJson("/api/v1/preparation/preuves"));
  return state.convoque ? state : null;
}

async function convene() {
  const button = byId("convoquer", HTMLButtonElement);
  button.disabled = true;
  try {
    complain("ennui-convoquer");
    const before = await toConfirm();
    if (before) {
      warn(before);
      button.disabled = false;
      button.focus();
      return;
    }
    sureUntil = 0;
    say($("convoquer"), "Convoquer le conseil");
    say($("convoquer-pourquoi"), "");
    await send("/api/v1/preparation/convoquer", {}, { csrf });
    const done = $("convoque");
    say(done, "Le conseil est convoqué : la convocation est au registre. Notez maintenant les envois et les affichages.");
    done.hidden = false;
    await showProofs();
    await showPieces(csrf);
  } catch (error) {
    complain("ennui-convoquer", error);
  }
  button.disabled = !shown?.prete;
}

/** The convocation's proofs, from the register: who was reached, what was posted. */
async function showProofs() {
  const state = /** @type {Proofs} */ (await getJson("/api/v1/preparation/preuves"));
  $("preuves").hidden = !state.convoque;
  const paper = new Set(shown?.elus.filter((one) => one.papier).map((one) => one.id));
  $("envois").replaceChildren(...state.membres.map((one) => sending(one, paper.has(one.siege) ? "papier" : "electronique")));
  $("affichages").replaceChildren(
    ...state.lieux.map((one) => row(one.nom, moment(one.heure_ms), one.heure_ms ? [] : [button("Noter", `Noter : ${one.nom}`, () => prove([], [one.lieu]))])),
  );
  const missing = state.membres.filter((one) => !one.heure_ms).length;
  const unposted = state.lieux.filter((one) => !one.heure_ms).length;
  say(
    $("reste-preuves"),
    missing || unposted
      ? `${counted(missing, "membre")} sans preuve d’envoi, ${counted(unposted, "lieu", "lieux")} sans preuve d’affichage.`
      : "Toutes les preuves sont notées.",
  );
  byId("tous-electroniques", HTMLButtonElement).onclick = () =>
    void prove(
      // One that came back goes another way, one by one.
      state.membres.filter((one) => !one.heure_ms && !one.revenue && !paper.has(one.siege)).map((one) => ({ siege: one.siege, voie: "electronique" })),
      [],
    );
  byId("tous-affiches", HTMLButtonElement).onclick = () =>
    void prove(
      [],
      state.lieux.filter((one) => !one.heure_ms).map((one) => one.lieu),
    );
}

/**
 * A member's convocation: noted now; noted as come back; then sent again, by one of the ways that did not fail.
 * @param {Sending} one @param {Channel} usual
 */
function sending(one, usual) {
  const { siege, nom, moyen } = one;
  if (one.revenue && moyen) {
    const ways = /** @type {Channel[]} */ (Object.keys(CHANNELS)).filter((voie) => voie !== moyen);
    const keys = ways.map((voie) => button(CHANNELS[voie], `${CHANNELS[voie]} : ${nom}`, () => prove([{ siege, voie }], [])));
    return row(nom, `revenue (${CHANNELS[moyen].toLowerCase()}) : envoyez autrement, puis notez comment`, keys, true);
  }
  if (!one.heure_ms) return row(nom, moment(null), [button("Noter", `Noter : ${nom}`, () => prove([{ siege, voie: usual }], []))]);
  const back = button("Revenue", `Revenue : ${nom}`, () => prove([{ siege, voie: moyen ?? usual, revenue: true }], []));
  back.title = "Le message ou le pli n’est pas arrivé";
  back.classList.add("bare");
  return row(nom, `${moment(one.heure_ms)}, ${one.voie}`, [back]);
}

/** @param {number | null} at */
const moment = (at) => (at ? HOUR.format(at) : "sans preuve");

/** @param {string} text @param {string} label @param {() => Promise<void>} act */
const button = (text, label, act) => el("button", { class: "btn", type: "button", text, "aria-label": label, onclick: () => void act() });

/** @param {string} name @param {string} state @param {HTMLElement[]} keys @param {boolean} [alarming] */
const row = (name, state, keys, alarming = false) =>
  el("tr", {}, el("td", { text: name }), el("td", { class: alarming ? "warning" : "", text: state }), el("td", {}, el("span", { class: "gestes" }, ...keys)));

/** @param {{siege: string, voie: Channel, revenue?: boolean}[]} envois @param {string[]} lieux */
async function prove(envois, lieux) {
  if (!envois.length && !lieux.length) return;
  try {
    complain("ennui-preuves");
    await send("/api/v1/preparation/preuves", { envois, lieux }, { csrf });
    await showProofs();
  } catch (error) {
    complain("ennui-preuves", error);
  }
}

buildForm();
watchDrop();
byId("convoquer", HTMLButtonElement).addEventListener("click", () => void convene());
byId("seconde-preparer", HTMLButtonElement).addEventListener("click", () => void takeOver());
for (const id of ["apercu", "apercu-odt"])
  $(id).addEventListener("click", (event) => {
    if ($(id).getAttribute("aria-disabled")) event.preventDefault();
  });

try {
  await loadTexts();
  csrf = (await session()).csrf;
  show(await getJson("/api/v1/preparation"));
  await showProofs();
  await showPieces(csrf);
} catch (error) {
  complain("ennui", error);
}

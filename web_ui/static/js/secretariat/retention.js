/** Retention: what is kept of each séance and until when; slips of elimination, from their making to the deletion, visa in between. */

import { $, byId, el, say } from "../common/dom.js";
import { getJson, send } from "../common/http.js";
import { onHold } from "../console/ask.js";
import { complain, counted, frenchDay, session } from "./common.js";

/**
 * @typedef {{seance: string, serie: string, nom: string, jour: string, jusqu_au: string, echu: boolean, fichiers: number, octets: number}} Kept
 * @typedef {{id: string, etabli: string, lignes: Kept[], visa: string, visa_du: string, execute: string}} Slip
 * @typedef {{original_mois: number, rediffusion_mois: number, journaux_techniques_mois: number, gardes: Kept[], bordereaux: Slip[],
 *   peut_eliminer: boolean}} Retention
 */

const URL = "/api/v1/conservation";
let csrf = "";

/** @param {number} octets */
function size(octets) {
  return octets < 1e6 ? `${Math.ceil(octets / 1e3)} ko` : octets < 1e9 ? `${(octets / 1e6).toFixed(1)} Mo` : `${(octets / 1e9).toFixed(2)} Go`;
}

/** @param {Retention} state */
function show(state) {
  say(
    $("durees"),
    `D’après le règlement intérieur : enregistrement, rediffusion et documents mis en ligne, ${state.rediffusion_mois} mois ; original scellé, ${state.original_mois} mois après l’arrêt du procès-verbal ; journaux de la réalisation, ${state.journaux_techniques_mois} mois ; lectures du registre, autant, effacées d’elles-mêmes. Le registre et les documents sont gardés pour toujours.`,
  );
  const rows = state.gardes.map((one) =>
    el(
      "tr",
      {},
      el("td", {}, one.seance, " ", el("small", { text: frenchDay(one.jour) })),
      el("td", { text: one.nom }),
      el("td", {}, size(one.octets), " ", el("small", { text: counted(one.fichiers, "fichier") })),
      el("td", {}, el("span", { class: "puce", "data-manque": one.echu, text: one.echu ? `échu le ${frenchDay(one.jusqu_au)}` : one.jusqu_au ? `jusqu’au ${frenchDay(one.jusqu_au)}` : "procès-verbal non arrêté" })),
    ),
  );
  $("gardes").replaceChildren(...(rows.length ? rows : [el("tr", {}, el("td", { colspan: 4, text: "Aucun enregistrement n’est conservé." }))]));
  const listed = new Set(state.bordereaux.filter((slip) => !slip.execute).flatMap((slip) => slip.lignes.map((line) => `${line.seance} ${line.serie}`)));
  const free = state.gardes.filter((one) => one.echu && !listed.has(`${one.seance} ${one.serie}`));
  byId("proposer", HTMLButtonElement).disabled = free.length === 0;
  say($("proposer-pourquoi"), free.length ? "" : "Rien d’échu qui ne soit déjà sur un bordereau.");
  const slips = [...state.bordereaux].reverse().map((slip) => draw(slip, state.peut_eliminer));
  $("bordereaux").replaceChildren(...(slips.length ? slips : [el("p", { text: "Aucun bordereau pour l’instant." })]));
}

/** @param {Slip} slip @param {boolean} allowed */
function draw(slip, allowed) {
  const what = slip.lignes.map((line) => el("li", { text: `${line.seance} : ${line.nom.toLowerCase()}, ${size(line.octets)}` }));
  return el(
    "section",
    { class: "bordereau", "data-refusals": true, "aria-label": `Bordereau ${slip.id}` },
    el("h3", { text: `Bordereau ${slip.id}, établi le ${frenchDay(slip.etabli)}` }),
    el("ul", {}, ...what),
    slip.visa ? el("p", { text: `Visa ${slip.visa} du ${frenchDay(slip.visa_du)}.` }) : visa(slip),
    slip.execute ? el("p", { class: "fait", text: `Éliminé le ${frenchDay(slip.execute)}.` }) : slip.visa ? destroy(slip, allowed) : null,
    el("p", { class: "gestes" }, el("a", { class: "btn", href: `${URL}/bordereaux/${slip.id}.pdf`, target: "_blank", rel: "noopener", text: "Le bordereau (PDF)" })),
  );
}

/** @param {Slip} slip */
function visa(slip) {
  const reference = el("input", { class: "input", id: `visa-${slip.id}`, type: "text", required: true, maxlength: "80" });
  const day = el("input", { class: "input", id: `visa-jour-${slip.id}`, type: "date", required: true, value: new Date().toLocaleDateString("sv-SE") });
  return el(
    "form",
    {
      class: "gestes",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void change(`/bordereaux/${slip.id}/visa`, { reference: reference.value, jour: day.value }, "PUT");
      },
    },
    el("p", { class: "field" }, el("label", { for: reference.id, text: "Visa des archives, référence" }), reference),
    el("p", { class: "field" }, el("label", { for: day.id, text: "Du" }), day),
    el("button", { class: "btn", type: "submit", text: "Noter le visa" }),
  );
}

/** For good: held, and by an administrator. @param {Slip} slip @param {boolean} allowed */
function destroy(slip, allowed) {
  if (!allowed) return el("p", { class: "pourquoi", text: "L’élimination est le geste d’un administrateur." });
  const button = el("button", { class: "btn hold", type: "button", text: "Éliminer (tenir)" });
  onHold(button, async () => {
    await change(`/bordereaux/${slip.id}/elimination`, {}, "POST");
    return { code: "", message: "" };
  });
  return el("p", { class: "gestes" }, button);
}

/** @param {string} path @param {object} body @param {"POST" | "PUT"} method */
async function change(path, body, method) {
  try {
    complain("ennui");
    show(await send(URL + path, body, { csrf, method }));
  } catch (error) {
    complain("ennui", error);
  }
}

byId("proposer", HTMLButtonElement).addEventListener("click", () => void change("/bordereaux", {}, "POST"));

try {
  csrf = (await session()).csrf;
  show(await getJson(URL));
} catch (error) {
  complain("ennui", error);
}

/** The papers of the items, given to citizens: chosen or taken back item by item, seen on their page at once. */

import { $, el } from "../common/dom.js";
import { HttpError, getJson, send } from "../common/http.js";
import { weight } from "../public/agenda.js";
import { complain } from "./common.js";

/**
 * @typedef {{id: string, titre: string, genre: string, octets: number, adresse: string}} Piece
 * @typedef {{id: string, rang: number, titre: string, sensible: boolean, pieces: Piece[], attendues: string[]}} Point
 * @typedef {{convoque: boolean, points: Point[]}} Pieces
 */

const URL_ = "/api/v1/preparation/pieces";
const UPLOAD_MS = 300_000;

/** Draw them; nothing before the council is convened. @param {string} csrf */
export async function showPieces(csrf) {
  draw(/** @type {Pieces} */ (await getJson(URL_)), csrf);
}

/** @param {Pieces} told @param {string} csrf */
function draw(told, csrf) {
  $("pieces").hidden = !told.convoque;
  $("points-pieces").replaceChildren(...told.points.map((point) => item(point, csrf)));
}

/** @param {Point} point @param {string} csrf */
function item(point, csrf) {
  const line = el("li", {}, el("p", { text: `${point.rang}. ${point.titre}` }));
  const known = point.pieces.map((piece) => {
    const off = el("button", { class: "btn", type: "button", text: "Retirer", "aria-label": `Retirer : ${piece.titre}` });
    off.addEventListener("click", () => void change(off, csrf, () => send(`${URL_}/${piece.id}`, undefined, { csrf, method: "DELETE" })));
    return el("li", {}, el("a", { href: piece.adresse, download: true, text: piece.titre }), el("span", { class: "note", text: ` ${piece.genre.toUpperCase()}, ${weight(piece.octets)} ` }), off);
  });
  if (known.length) line.append(el("ul", {}, ...known));
  if (point.attendues.length && !point.sensible) line.append(el("p", { class: "note", text: `Annoncées par l’ordre du jour, à joindre : ${point.attendues.join(", ")}.` }));
  if (point.sensible) line.append(el("p", { class: "note", text: "Point signalé comme sensible ou à huis clos : ses pièces ne se publient pas." }));
  else {
    const input = el("input", { class: "sr", type: "file", multiple: true, id: `piece-${point.id}`, accept: ".pdf,.odt,.ods,.png,.jpg,.jpeg" });
    const label = el("label", { class: "btn", for: `piece-${point.id}` }, el("span", { text: "Joindre une pièce" }), el("span", { class: "sr", text: ` au point ${point.rang}` }));
    input.addEventListener("change", () => void change(input, csrf, () => sendAll(point, Array.from(input.files ?? []), csrf)));
    line.append(el("p", { class: "gestes" }, input, label));
  }
  return line;
}

/** Ask, then show what there is; a refusal is said, what was done before it stays. @param {HTMLButtonElement | HTMLInputElement} control @param {string} csrf @param {() => Promise<Pieces | null>} act */
async function change(control, csrf, act) {
  complain("ennui-pieces");
  control.disabled = true;
  try {
    const told = await act();
    if (told) return draw(told, csrf);
  } catch (error) {
    await showPieces(csrf).catch(() => {});
    complain("ennui-pieces", error);
  }
  control.disabled = false;
}

/** One after the other. @param {Point} point @param {File[]} files @param {string} csrf @returns {Promise<Pieces | null>} */
async function sendAll(point, files, csrf) {
  let told = null;
  for (const file of files) {
    let response;
    try {
      response = await fetch(`${URL_}?point=${encodeURIComponent(point.id)}&nom=${encodeURIComponent(file.name)}`, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/octet-stream", "X-CSRF-Token": csrf },
        body: file,
        signal: AbortSignal.timeout(UPLOAD_MS),
      });
    } catch {
      throw new HttpError(0, "liaison", `« ${file.name} » n’est pas parti : le serveur ne répond pas.`);
    }
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new HttpError(response.status, body.code ?? "erreur", body.message ?? `Le serveur a répondu ${response.status}.`);
    told = body;
  }
  return told;
}

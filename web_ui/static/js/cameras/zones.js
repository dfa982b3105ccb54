/**
 * Panorama and exclusion zones: the camera scans what is around it; what must never be shown is drawn on that picture, which is linear
 * in angles. A zone is sent in degrees of the camera's own axis, with its reason.
 */

import { $, byId, el, placeIcons, say, set } from "../common/dom.js";
import { getJson } from "../common/http.js";
import { loadTexts, text } from "../common/texts.js";
import { ask, forbid, onHold, onPress } from "../console/ask.js";
import { engineReason } from "../console/gate.js";
import { Link } from "../console/link.js";
import { safetyFoot } from "../console/safety_foot.js";
import { Heads } from "./heads.js";

/** @typedef {import("../types.js").Zone} Zone */
/** @typedef {[number, number]} Point */

const WIDE = 1000,
  HIGH = 300;
const SMALLEST = 0.5;
const SVG = "http://www.w3.org/2000/svg";

/** What lies where, when no panorama was taken. */
const USUAL = { pan: /** @type {Point} */ ([-120, 120]), tilt: /** @type {Point} */ ([-40, 30]) };

placeIcons();
await loadTexts();

const link = new Link();
link.thumbnailsWanted = false;
safetyFoot(link);
const heads = new Heads(link);
const choice = byId("camera", HTMLSelectElement);
const image = byId("image", HTMLImageElement);
const canvas = $("panorama");
const drawing = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById("dessin")));
const form = byId("nouvelle", HTMLFormElement);
const reason = byId("raison", HTMLInputElement);

/** Between which angles the picture lies. */
let angles = USUAL;
let read = "";
/** Corners of the zone being drawn, in degrees. @type {Point[]} */
let drawn = [];
let closed = false;
/** Corner that a rectangle is pulled from. @type {Point | null} */
let from = null;
let lit = -1;

const source = () => choice.value || null;
const zones = () => heads.book.zones[source() ?? ""] ?? [];
/** Where those who object to being filmed sit, from the presets of their places: nobody draws them. */
const seats = () => heads.book.seats[source() ?? ""] ?? [];
const polygon = () => document.querySelector('[name="forme"][value="polygone"]:checked') !== null;

/** @param {Point} corner */
function toPicture([pan, tilt]) {
  const { pan: across, tilt: up } = angles;
  return `${(((pan - across[0]) / (across[1] - across[0])) * WIDE).toFixed(1)},${(((up[1] - tilt) / (up[1] - up[0])) * HIGH).toFixed(1)}`;
}

/** @param {MouseEvent} event @returns {Point} */
function toAngles(event) {
  const box = canvas.getBoundingClientRect();
  const x = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  const y = Math.max(0, Math.min(1, (event.clientY - box.top) / box.height));
  const { pan, tilt } = angles;
  const round = (/** @type {number} */ value) => Math.round(value * 100) / 100;
  return [round(pan[0] + x * (pan[1] - pan[0])), round(tilt[1] - y * (tilt[1] - tilt[0]))];
}

/** @param {Point[]} corners @param {string} kind @param {boolean} [shown] */
function shape(corners, kind, shown = false) {
  const node = document.createElementNS(SVG, "polygon");
  node.setAttribute("class", kind);
  node.setAttribute("points", corners.map(toPicture).join(" "));
  set(node, "data-lit", shown);
  return node;
}

function draw() {
  const parts = seats().map((seat) => shape(seat.corners, "zone-seat"));
  parts.push(...zones().map((zone, n) => shape(zone.corners, "zone-shape", n === lit)));
  const head = heads.head(source());
  if (head?.framing && head.field) {
    const { pan, tilt } = head.framing;
    const across = head.field / 2;
    const up = (across * 9) / 16;
    parts.push(shape([[pan - across, tilt - up], [pan + across, tilt - up], [pan + across, tilt + up], [pan - across, tilt + up]], "zone-view"));
  }
  if (drawn.length > 1) parts.push(shape(drawn, "zone-drawn"));
  drawing.replaceChildren(...parts);
}

/** The panorama of the camera that is chosen, when it is another one or a newer one. */
async function readPanorama() {
  const camera = source();
  if (!camera) return;
  const head = heads.head(camera);
  const wanted = camera;
  if (head?.scan) read = "";
  if (wanted === read || head?.scan) return;
  read = wanted;
  try {
    const found = /** @type {import("../types.js").Panorama} */ (await getJson(`/api/v1/cameras/${camera}/panorama`));
    if (camera !== source()) return;
    angles = { pan: found.pan, tilt: found.tilt };
    image.src = `/api/v1/cameras/${camera}/panorama.jpg?v=${found.taken_utc_ms}`;
    image.hidden = false;
  } catch {
    angles = USUAL;
    image.hidden = true;
    image.removeAttribute("src");
  }
  set($("sans-image"), "hidden", !image.hidden);
  canvas.style.setProperty("--shape", String((angles.pan[1] - angles.pan[0]) / (angles.tilt[1] - angles.tilt[0])));
  draw();
}

/** @param {Zone[]} wanted */
const keep = (wanted) => link.camera({ type: "set_zones", camera: source(), zones: wanted });

/** @param {Zone} zone */
function where(zone) {
  const pans = zone.corners.map((corner) => corner[0]);
  const tilts = zone.corners.map((corner) => corner[1]);
  const between = (/** @type {number[]} */ values) => `${Math.round(Math.min(...values))} à ${Math.round(Math.max(...values))}°`.replaceAll("-", "−");
  return el("span", { text: `pan ${between(pans)}, tilt ${between(tilts)}` });
}

/** @param {Zone} seat */
const seatLine = (seat) => el("li", { class: "seat" }, el("b", { text: `${seat.name} : refuse d’être filmé` }), where(seat), el("span", { text: "d’après le préréglage de sa place : écarté de près, flouté de loin" }));

/** @param {Zone} zone @param {number} n */
function line(zone, n) {
  const remove = el("button", { type: "button", class: "btn hold", title: "Tenir appuyé" }, "Lever (tenir)");
  onHold(remove, () => keep(zones().filter((_, at) => at !== n)));
  const node = el("li", {}, el("b", { text: zone.name }), where(zone), remove);
  for (const [name, at] of /** @type {const} */ ([["pointerenter", n], ["focusin", n], ["pointerleave", -1], ["focusout", -1]]))
    node.addEventListener(name, () => {
      lit = at;
      draw();
    });
  return node;
}

let listed = "";
function render() {
  const all = heads.all;
  const options = JSON.stringify(all.map((one) => [one.source, one.name]));
  if (choice.dataset.options !== options) {
    choice.dataset.options = options;
    const kept = source() ?? new URLSearchParams(location.search).get("camera");
    choice.replaceChildren(...all.map((one) => el("option", { value: one.source, text: one.name })));
    if (all.some((one) => one.source === kept)) choice.value = kept ?? "";
  }
  const head = heads.head(source());
  const away = engineReason(link) && !link.up ? engineReason(link) : link.operator ? null : "Réservé au technicien.";
  forbid($("balayer"), away ?? (head?.on_air ? "Elle est à l’antenne." : head?.scan ? "Le panorama est en cours." : head ? null : "Aucune caméra n’est conduite."));
  set($("arreter"), "hidden", !head?.scan);
  const failure = head?.scan_failure ? `Arrêté : ${text(head.scan_failure)}` : "";
  say($("balayage"), head?.scan ? `Image ${head.scan.done} sur ${head.scan.total}` : failure);
  const now = JSON.stringify([source(), zones(), seats()]);
  if (now !== listed) {
    listed = now;
    $("liste").replaceChildren(...zones().map(line), ...seats().map(seatLine));
    set($("aucune"), "hidden", zones().length + seats().length > 0);
  }
  const barred = heads.presetsOf(source()).filter((one) => one.zones.length);
  say($("ecartes"), barred.length ? `Préréglages que ces zones gardent hors antenne : ${barred.map((one) => one.preset.name).join(", ")}.` : "");
  set($("bande-liaison"), "hidden", link.up);
  say($("bande-liaison-mot"), "Liaison perdue, nouvelle tentative.");
  void readPanorama();
  draw();
}

function giveUp() {
  drawn = [];
  closed = false;
  from = null;
  form.hidden = true;
  draw();
}

function finish() {
  const pans = drawn.map((corner) => corner[0]);
  const tilts = drawn.map((corner) => corner[1]);
  const large = drawn.length >= 3 && Math.max(...pans) - Math.min(...pans) >= SMALLEST && Math.max(...tilts) - Math.min(...tilts) >= SMALLEST;
  if (!large) return giveUp();
  closed = true;
  form.hidden = false;
  reason.focus();
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !source() || event.target instanceof HTMLButtonElement) return;
  if (closed) giveUp();
  const at = toAngles(event);
  if (polygon()) {
    drawn = [...drawn, at];
    draw();
    return;
  }
  from = at;
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!from) return;
  const [pan, tilt] = toAngles(event);
  drawn = [from, [pan, from[1]], [pan, tilt], [from[0], tilt]];
  draw();
});
canvas.addEventListener("pointerup", () => {
  if (!from) return;
  from = null;
  finish();
});
canvas.addEventListener("pointercancel", giveUp);
canvas.addEventListener("dblclick", () => {
  // Each of its two clicks left a corner at the same place.
  if (polygon()) drawn = drawn.slice(0, -1);
  if (polygon()) finish();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") giveUp();
  else if (event.key === "Enter" && polygon() && drawn.length > 2 && !closed && !(event.target instanceof HTMLButtonElement)) {
    event.preventDefault();
    finish();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const zone = { name: reason.value.trim(), corners: drawn };
  if (!zone.name) return;
  void ask($("ajouter"), () => keep([...zones(), zone])).then((outcome) => {
    if (outcome.code) return;
    reason.value = "";
    giveUp();
  });
});
$("renoncer").addEventListener("click", giveUp);
choice.addEventListener("change", () => {
  giveUp();
  render();
});
onPress($("balayer"), () => link.camera({ type: "scan", camera: source() }));
onPress($("arreter"), () => link.camera({ type: "stop", camera: source() }));

heads.addEventListener("change", render);
link.addEventListener("link", render);
await link.start();
render();

/** Second pass on a séance: see it, hear it, mark a passage, take it out, validate the list, prepare the files. */

import { $, byId, el, placeIcons, say, set } from "../common/dom.js";
import { getJson, HttpError, poll, send } from "../common/http.js";
import { clockTime, counter, hour } from "../common/time.js";
import { ask, onHold, onPress } from "../console/ask.js";
import { Link } from "../console/link.js";
import { safetyFoot } from "../console/safety_foot.js";
import { loadHls } from "../public/streams.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("../types.js").Review} Review */

const seance = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const root = `/api/v1/relecture/${encodeURIComponent(seance)}`;
const video = byId("video", HTMLVideoElement);
const line = new Timeline($("onde"), byId("dessin", HTMLCanvasElement), video, $("tete"));
const HIDES = { son: "son", image: "image", son_et_image: "son et image" };
const HOW = { direct: "avant diffusion", retrait: "retiré après diffusion" };
const LISTEN_MARGIN_S = 1;

/** @type {Review | null} */
let seen = null;
/** @type {number | null} */
let from = null;
/** @type {number | null} */
let to = null;
/** Where listening stops. */
let stopAt = Infinity;
let csrf = "";
/** @type {import("../types.js").Hls | null} */
let hls = null;

placeIcons();
// The séance of this evening may be on air while another is gone through.
const link = new Link();
link.thumbnailsWanted = false;
safetyFoot(link);
void link.start();

/** An outcome for the controls that ask. @param {string} path @param {unknown} [body] */
async function act(path, body) {
  try {
    await send(root + path, body, { csrf });
    return { code: "", message: "" };
  } catch (error) {
    const failed = error instanceof HttpError ? error : new HttpError(0, "liaison", "La page a rencontré une erreur : rechargez-la.");
    return { code: failed.code, message: failed.message };
  }
}

/** The hour at which what the playlist dates so was said: the delay may have changed. @param {number} ms UTC */
function acted(ms) {
  const change = (seen?.decalages ?? []).findLast(([date]) => date <= ms);
  return ms - (change?.[1] ?? 0);
}

/** @param {number} ms UTC, as the playlist dates it */
const clock = (ms) => hourOf(acted(ms));
/** @param {number} ms UTC */
const hourOf = (ms) => `${clockTime(ms)},${Math.floor((((ms % 1000) + 1000) % 1000) / 100)}`;

/** @param {Review} review */
function receive(review) {
  const before = seen;
  seen = review;
  say($("titre"), `Relecture · ${review.titre}`);
  document.title = `Relecture · ${review.titre}`;
  say($("etat"), stateOf(review));
  if (!before) void open(review.lecture);
  // Segments have other names now: what was buffered goes.
  else if (JSON.stringify(before.passages) !== JSON.stringify(review.passages)) void open(review.lecture);
  list(review);
  suggest(review);
  say($("travail"), review.en_cours ? "Retrait en cours : le passage est déjà hors de portée." : "");
  set($("valider"), "aria-disabled", review.a_jour ? "true" : null);
  say(
    $("validation"),
    review.validee_par && review.validee_ms
      ? `${review.a_jour ? "Validée" : "À valider de nouveau : la liste a changé depuis sa validation"} par ${review.validee_par} à ${hour(review.validee_ms / 1000)}`
      : "La liste n’est pas encore validée.",
  );
  $("fichiers").replaceChildren(
    ...review.exports.map((name) => el("li", {}, el("a", { href: `${root}/export/${encodeURIComponent(name)}`, download: name, text: name }))),
  );
}

/** @param {Review} review */
function stateOf(review) {
  if (!review.terminee) return "Séance en cours : un passage retiré quitte aussi le retour arrière.";
  return review.rejeu_public ? "Le rejeu est public." : "Le rejeu attend la validation de la liste.";
}

/** @param {Review} review */
function list(review) {
  set($("aucun"), "hidden", review.passages.length > 0);
  $("liste").replaceChildren(
    ...review.passages.map((row) => {
      const go = el("button", { type: "button", class: "btn bare", text: clock(row.start_ms), "aria-label": `Aller à ${clock(row.start_ms)}` });
      go.addEventListener("click", () => (video.currentTime = Math.max(0, line.position(row.start_ms) - LISTEN_MARGIN_S)));
      const length = row.end_ms === null ? "en cours" : counter((row.end_ms - row.start_ms) / 1000);
      const cells = [length, HIDES[row.hides], HOW[row.how] + (row.effective_ms ? "" : " (en cours)"), row.item, row.reason, row.who];
      return el("tr", {}, el("td", {}, go), ...cells.map((text) => el("td", { text })));
    }),
  );
  line.showMasked(review.passages);
}

/** Items to listen to again: one press marks them, as if one had pressed D and F. @param {Review} review */
function suggest(review) {
  set($("propositions"), "hidden", review.propositions.length === 0);
  $("propositions-liste").replaceChildren(
    ...review.propositions.map((one) => {
      const mark = el("button", { type: "button", class: "btn bare", text: clock(one.debut_ms), "aria-label": `Marquer le point ${one.titre}, à ${clock(one.debut_ms)}` });
      mark.addEventListener("click", () => choose(one));
      const why = one.noms.length ? one.noms.join(", ") : "signalé";
      return el("li", {}, mark, el("span", { text: `${one.titre} · ${why} · ${counter((one.fin_ms - one.debut_ms) / 1000)}` }));
    }),
  );
}

/** @param {import("../types.js").Suggestion} one */
function choose(one) {
  from = to = null;
  mark("from", line.position(one.debut_ms));
  mark("to", line.position(one.fin_ms));
  byId("point", HTMLInputElement).value = one.point;
  listen();
}

/** @param {string} url */
async function open(url) {
  const at = video.currentTime;
  const module = await loadHls();
  hls?.destroy();
  if (!module) {
    video.src = url;
    return;
  }
  hls = new module.default({ enableWorker: false, enableDateRangeMetadataCues: false, startPosition: at || 0, backBufferLength: 30 });
  hls.on(module.Events.LEVEL_UPDATED, (_event, data) => {
    line.fragments = data.details.fragments;
    if (seen) line.showMasked(seen.passages);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  void wave();
}

async function wave() {
  try {
    const response = await fetch(`${root}/onde`);
    if (!response.ok) throw new Error();
    line.showWave(new Uint8Array(await response.arrayBuffer()));
    say($("onde-etat"), "");
  } catch {
    say($("onde-etat"), "La forme d’onde n’est pas disponible.");
  }
}

/** @param {"from" | "to"} which @param {number} [at] seconds of the video */
function mark(which, at = video.currentTime) {
  if (which === "from") from = at;
  else to = at;
  if (from !== null && to !== null && to <= from) {
    if (which === "from") to = null;
    else from = null;
  }
  for (const [id, value] of /** @type {[string, number | null][]} */ ([["debut-heure", from], ["fin-heure", to]])) {
    const ms = value === null ? null : line.instant(value);
    say($(id), ms === null ? "–" : clock(ms));
  }
  const whole = from !== null && to !== null;
  for (const id of ["ecouter", "retirer"]) byId(id, HTMLButtonElement).disabled = !whole;
  line.mark(from, to);
}

function listen() {
  if (from === null || to === null) return;
  video.currentTime = Math.max(0, from - LISTEN_MARGIN_S);
  stopAt = to + LISTEN_MARGIN_S;
  void video.play();
}

async function remove() {
  const [start, end] = [from === null ? null : line.instant(from), to === null ? null : line.instant(to)];
  if (start === null || end === null) return { code: "passage_invalide", message: "Marquez d’abord le début et la fin." };
  const [hidden, item, reason] = [byId("masque", HTMLSelectElement), byId("point", HTMLInputElement), byId("motif", HTMLInputElement)];
  say($("travail"), "Retrait demandé…");
  const outcome = await act("/passages", { debut_ms: start, fin_ms: end, masque: hidden.value, point: item.value, motif: reason.value });
  say($("travail"), "");
  if (!outcome.code) {
    from = to = null;
    mark("from");
    from = null;
    line.mark(null, null);
    say($("debut-heure"), "–");
    reason.value = "";
    refresh();
  }
  return outcome;
}

$("debut").addEventListener("click", () => mark("from"));
$("fin").addEventListener("click", () => mark("to"));
$("ecouter").addEventListener("click", listen);
onHold($("retirer"), remove);
onPress($("valider"), async () => {
  const outcome = await act("/validation");
  refresh();
  return outcome;
});
$("exporter").addEventListener("click", () =>
  void ask($("exporter"), async () => {
    const outcome = await act("/export");
    refresh();
    return outcome;
  }),
);
video.addEventListener("timeupdate", () => {
  const ms = line.instant(video.currentTime);
  say($("heure"), ms === null ? "–" : `${clock(ms)} · ${counter(video.currentTime)}`);
  if (video.currentTime < stopAt) return;
  stopAt = Infinity;
  video.pause();
});
document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = { d: () => mark("from"), f: () => mark("to"), e: listen }[event.key.toLowerCase()];
  if (action) {
    event.preventDefault();
    action();
  }
});
byId("csv", HTMLAnchorElement).href = `${root}/masques.csv`;
byId("avis", HTMLAnchorElement).href = `${root}/avis.txt`;
byId("csv-public", HTMLAnchorElement).href = `${root}/masques.csv?public=true`;

const session = await getJson("/api/v1/session").catch(() => null);
csrf = session?.csrf ?? "";
const refresh = poll(root, 3000, receive, (lostFor) => {
  if (lostFor !== null) say($("etat"), `Liaison perdue depuis ${Math.round(lostFor)} s, nouvelle tentative…`);
});

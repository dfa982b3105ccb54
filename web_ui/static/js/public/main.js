/** The citizens' page: `/` follows the current séance from its announcement to its replay; `/seances/{id}` shows that one. */

import { applyTown } from "../common/colour.js";
import { $, byId, placeIcons, say, set } from "../common/dom.js";
import { getJson, poll } from "../common/http.js";
import { sharedTime } from "../common/time.js";
import { Agenda } from "./agenda.js";
import { controls } from "./controls.js";
import { masks } from "./masks.js";
import { moments } from "./moments.js";
import { Player } from "./player.js";
import { share } from "./share.js";
import { countdown, describe } from "./words.js";

/** @typedef {import("../types.js").PublicState} PublicState */

const POLL_MS = 5000;

const asked = /^\/seances\/([^/]+)$/.exec(location.pathname)?.[1];
const askedId = asked ? decodeURIComponent(asked) : null;
const frame = $("lecteur");
const player = new Player(byId("video", HTMLVideoElement));
/** @type {PublicState | null} */
let seen = null;
/** The person pressed « dès l'ouverture » while there was nothing to play yet. */
let waitingForOpening = false;
let finished = false;

placeIcons();
document.body.classList.toggle("embedded", location.pathname === "/embed");
controls(player, frame);
masks(player, askedId ?? undefined);
share(() =>
  seen?.seance ? { seance: seen.seance.id, title: seen.seance.titre, seconds: Math.max(0, player.position - player.start) } : null,
);
$("regarder").addEventListener("click", () => start());
$("prevenir").addEventListener("click", () => {
  waitingForOpening = !waitingForOpening;
  show();
});
const agenda = new Agenda(player, (seconds) => start(seconds));
moments(player, (seconds) => agenda.go(seconds), () => seen?.seance?.id);
player.addEventListener("changed", () => showCover());
player.addEventListener("caughtup", () => say($("annonce"), "Retour au direct après une interruption."));
player.addEventListener("finished", () => {
  finished = !player.live;
  show();
});
setInterval(showCountdown, 1000);

poll("/api/v1/public", POLL_MS, receive, (lostFor) => {
  set($("lien"), "hidden", lostFor === null);
  if (lostFor !== null) say($("lien-mot"), `Liaison perdue depuis ${Math.round(lostFor)} s, nouvelle tentative…`);
});

/** @param {PublicState} state */
async function receive(state) {
  seen = askedId && state.seance?.id !== askedId ? await past(state, askedId) : state;
  applyTown(state.ville);
  say($("ville"), state.ville.nom);
  say($("organe"), state.ville.organe);
  const logo = byId("logo", HTMLImageElement);
  if (state.ville.logo && !logo.src) logo.src = state.ville.logo;
  logo.hidden = !state.ville.logo;
  const { site, contact } = state.ville;
  set($("mairie"), "hidden", !site && !contact);
  say($("contact"), contact ?? "");
  set($("site"), "hidden", !site);
  if (site) byId("site", HTMLAnchorElement).href = site;
  show();
}

/**
 * The state of a séance that is over, in the shape of the current one.
 * @param {PublicState} state @param {string} id @returns {Promise<PublicState>}
 */
async function past(state, id) {
  if (seen?.seance?.id === id && seen.rejeu) return seen;
  /** @type {import("../types.js").Seance | null} */
  const found = await getJson(`/api/v1/seances/${encodeURIComponent(id)}`).catch(() => null);
  return {
    ...state,
    seance: found,
    antenne: { en_direct: false, panneau: null },
    phrase: found ? "" : "Cette séance n’est pas connue.",
    direct: null,
    rejeu: found?.rejeu ?? null,
    points: found ? await getJson(`/api/v1/seances/${encodeURIComponent(id)}/points`).catch(() => []) : [],
  };
}

function situation() {
  return seen && describe(seen, Date.now() / 1000);
}

/** @param {number} [at] seconds from the beginning; else the shared instant, else the live */
function start(at) {
  const now = situation();
  if (!now?.url) return;
  finished = false;
  const shared = at ?? sharedTime(location.hash);
  void player.open(now.url, shared ?? (now.live ? -1 : 0));
  show();
  byId("lecture", HTMLButtonElement).focus({ preventScroll: true });
}

function show() {
  const now = situation();
  if (!seen || !now) return;
  const title = seen.seance?.titre ?? "Séances du conseil";
  say($("titre"), title);
  document.title = `${now.label} · ${title} · ${seen.ville.nom}`;
  set(document.body, "data-state", now.state);
  say($("etat"), now.label);
  say($("phrase"), watchingPast() && now.state !== "terminee" ? `${now.sentence} Vous regardez un passage antérieur.` : [now.sentence, seen.orateur].filter(Boolean).join(" · "));
  if (waitingForOpening && now.url && !player.opened) start();
  if (now.url) player.prepare();
  showCover();
  agenda.show(seen.points);
}

function watchingPast() {
  return player.opened && player.live && !player.atLive;
}

function showCover() {
  const now = situation();
  if (!now) return;
  const covered = !player.opened || finished;
  set($("voile"), "hidden", !covered);
  set($("commandes"), "hidden", !player.opened);
  set($("partager"), "hidden", !seen?.seance);
  set($("sans-image"), "hidden", covered || player.quality !== "son");
  if (!covered) return;
  say($("voile-etat"), now.label);
  say($("voile-phrase"), now.sentence);
  say($("regarder-mot"), finished ? "Revoir depuis le début" : now.action);
  set($("regarder"), "hidden", !now.action);
  set($("prevenir"), "hidden", now.state !== "a_venir" || now.action !== "");
  set($("prevenir"), "aria-pressed", String(waitingForOpening));
  say($("prevenir-mot"), waitingForOpening ? "La lecture démarrera dès l’ouverture" : "Démarrer dès l’ouverture");
  showCountdown();
}

function showCountdown() {
  const until = situation()?.countdown ?? null;
  set($("rebours"), "hidden", until === null);
  if (until !== null) say($("rebours"), countdown(until, Date.now() / 1000));
}

/** A remote room's page: join, test, wait, take part. Every step says in one sentence what is going on. */

import { $, byId, el, say, set, unbroken } from "../common/dom.js";
import { HttpError, getJson, send } from "../common/http.js";
import { Line } from "./line.js";
import { RoomPeer } from "./peer.js";
import { Trials } from "./trials.js";

/** @typedef {{phase: string, antenne: boolean, parole: boolean, main: boolean, rang: number | null, ouvert_par_la_salle: boolean,
 *   point: string, orateur: string, orateur_depuis_ms: number | null, presents: number | null, membres: {0: string, 1: string, id: string, nom: string}[],
 *   seance: string, mesure_s: number, confirmee: boolean, palier: string | null, document: boolean, ecartee_pour: string,
 *   pause_conseillee: boolean, role: string, animateur: string, scrutin: Ballots | null}} State */
/** @typedef {{point: string, voix: {nom: string, choix: string, pouvoir: string}[], conforme: boolean | null}} Ballots */

const SEANCE = new Map([
  ["a_venir", "La séance n’est pas ouverte"],
  ["en_direct", "Séance en cours"],
  ["suspendue", "Séance suspendue"],
  ["terminee", "Séance levée"],
]);
/** Who does what in the conference. @type {Record<string, string>} */
const ROLES = {
  intervenant: "Vous êtes intervenant",
  participant_actif: "Vous êtes participant : la parole se demande",
  participant_passif: "Vous suivez la séance : aucun élu n’est inscrit dans cette salle",
};
/** @type {Record<string, string>} */
const CHOICES = { pour: "pour", contre: "contre", abstention: "s’abstient", ne_prend_pas_part: "ne prend pas part au vote" };
const STEPS = ["entree", "essais", "attente", "seance"];
const ENOUGH_S = 10;

const line = new Line();
const trials = new Trials();
/** @type {RoomPeer | null} */
let peer = null;
/** @type {RoomPeer | null} */
let shared = null;
/** @type {State | null} */
let state = null;
/** @type {RTCIceServer[]} */
let ice = [];
let ready = false;
/** The room's own mute. It outlives a reload and another microphone: nothing reopens it but the room. */
let ownMute = false;
let pauseTold = false;

/** @param {string} step */
function show(step) {
  for (const name of STEPS) $(name).hidden = name !== step;
  document.body.dataset.step = step;
}

/** @param {string} words */
function band(words) {
  $("bande").hidden = !words;
  say($("bande"), unbroken(words));
}

/** @param {string} words */
function refuse(words) {
  $("refus").hidden = !words;
  say($("refus"), unbroken(words));
}

// -- joining -----------------------------------------------------------------------------------------------------------

async function arrive() {
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (token) {
    try {
      return welcome(await send("/api/v1/salles/entree", { secret: token }));
    } catch (error) {
      entranceTrouble(error);
    }
  }
  try {
    welcome(await getJson("/api/v1/salles/moi"));
  } catch {
    show("entree");
  }
}

/** @param {unknown} error */
function entranceTrouble(error) {
  $("entree-ennui").hidden = false;
  say($("entree-ennui"), error instanceof HttpError ? error.message : "Le serveur ne répond pas.");
}

/** @param {{salle: string, nom: string}} card */
function welcome(card) {
  if (location.pathname !== `/salle/${card.salle}`) history.replaceState(null, "", `/salle/${card.salle}`);
  say($("salle"), card.nom);
  document.title = card.nom;
  line.open();
  show("essais");
  void trials.begin();
}

$("entree").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("entree-ennui").hidden = true;
  try {
    welcome(await send("/api/v1/salles/entree", { secret: byId("code", HTMLInputElement).value.replaceAll(" ", "") }));
  } catch (error) {
    entranceTrouble(error);
  }
});

// -- tests -------------------------------------------------------------------------------------------------------------

trials.addEventListener("change", () => {
  byId("pret", HTMLButtonElement).disabled = !(trials.passed.micro && trials.passed.montant);
});
function hushed() {
  // While it is only tested nobody hears it.
  for (const track of trials.media.getAudioTracks()) track.enabled = !(ready && ownMute);
}

trials.addEventListener("appareils", () => {
  hushed();
  byId("mon-image", HTMLVideoElement).srcObject = trials.media;
  if (peer) {
    peer.media = trials.media;
    peer.restart();
  }
});
$("pret").addEventListener("click", () => {
  const { camera, micro, haut_parleur } = trials.passed;
  line.say({ type: "essais", camera, micro, haut_parleur, montant_kbps: trials.kbps });
  begin();
});
$("passer").addEventListener("click", begin);

function begin() {
  ready = true;
  hushed();
  update();
}

// -- the régie speaks --------------------------------------------------------------------------------------------------

line.addEventListener("bienvenue", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  band("");
  say($("ville"), told.ville);
  ice = told.ice;
  $("passer").hidden = !told.essais_valides;
  // What was pressed while the line was cut.
  if (state) line.say({ type: "micro", ouvert: !ownMute });
});
line.addEventListener("etat", (event) => {
  const now = /** @type {State} */ (/** @type {CustomEvent} */ (event).detail);
  if (!state) {
    ownMute = !now.ouvert_par_la_salle;
    hushed();
  }
  state = now;
  update();
});
line.addEventListener("refus", (event) => refuse(/** @type {CustomEvent} */ (event).detail.texte));
line.addEventListener("message", (event) => {
  const word = /** @type {CustomEvent} */ (event).detail;
  $("messages").append(el("li", {}, el("b", { text: `${word.de} : ` }), word.texte));
  $("messages").lastElementChild?.scrollIntoView({ block: "nearest" });
});
line.addEventListener("ordre", (event) => {
  const { quoi } = /** @type {CustomEvent} */ (event).detail;
  if (quoi === "recommencer") peer?.restart();
  else if (quoi === "cesser_partage") stopSharing();
});
line.addEventListener("coupure", (event) => {
  const { code } = /** @type {CustomEvent} */ (event).detail;
  if (code === 4410) return over("Une autre page a pris la place de cette salle, ou la régie vous a fait sortir.");
  if (code === 4401) return over("Cette invitation n’est plus valable : demandez-en une autre à la régie.");
  band("Liaison avec la régie coupée. Elle revient d’elle-même ; l’image et le son continuent si possible.");
});

/** @param {string} words */
function over(words) {
  peer?.stop();
  stopSharing();
  band(words);
  show("entree");
}

function update() {
  if (!state || !ready) return;
  say($("etat-seance"), SEANCE.get(state.seance) ?? "");
  if (state.phase !== "admise") {
    peer?.stop();
    stopSharing();
    waiting(state);
    return;
  }
  join();
  show("seance");
  session(state);
}

/** @param {State} now */
function waiting(now) {
  show("attente");
  const aside = now.phase === "ecartee";
  say($("attente-titre"), aside ? "Vous êtes mis à l’écart pour ce point" : "La régie va vous faire entrer");
  const why = now.ecartee_pour ? ` (${now.ecartee_pour})` : "";
  const words = aside
    ? `Un élu de cette salle ne prend pas part à ce point${why}. Vous revenez ensuite, sans rien faire.`
    : "Restez sur cette page. Votre caméra n’est vue de personne pour l’instant.";
  say($("attente-mot"), unbroken(words));
}

function join() {
  if (peer) return peer.start(ice);
  peer = new RoomPeer(line, trials.media);
  const video = byId("programme", HTMLVideoElement);
  peer.addEventListener("programme", () => {
    const stream = /** @type {RoomPeer} */ (peer).stream;
    Object.assign(window, { regieProgramme: stream });
    if (video.srcObject !== stream) video.srcObject = stream;
    void video.play().then(
      () => ($("debloquer").hidden = true),
      () => ($("debloquer").hidden = false),
    );
  });
  peer.addEventListener("mesure", (event) => {
    const measure = /** @type {CustomEvent<import("./peer.js").Measure>} */ (event).detail;
    const { images, son_ms, perte_permille, aller_retour_ms } = measure;
    line.say({ type: "mesures", images, son_ms, perte_permille, aller_retour_ms });
    gauge(measure);
  });
  peer.start(ice);
}

$("debloquer").addEventListener("click", () => {
  void byId("programme", HTMLVideoElement).play();
  $("debloquer").hidden = true;
});

/** The network in plain words. @param {import("./peer.js").Measure} measure */
function gauge(measure) {
  const { perte_permille, aller_retour_ms, montant_kbps } = measure;
  const tier = state?.palier;
  const bad = perte_permille > 80 || aller_retour_ms > 500 || tier === null;
  const fair = perte_permille > 20 || aller_retour_ms > 200 || montant_kbps < 400 || Boolean(tier);
  set($("reseau"), "data-level", bad ? "mauvais" : fair ? "moyen" : "bon");
  const rung = tier === null ? "son seul" : tier ? `image réduite (${tier})` : "image entière";
  const advice = bad || fair ? " · préférez un câble au Wi-Fi" : "";
  say($("reseau-mot"), `Réseau ${bad ? "mauvais" : fair ? "moyen" : "bon"} · ${rung}${advice}`);
}

/** @param {State} now */
function session(now) {
  set($("cadre"), "data-air", now.antenne);
  $("antenne").hidden = !now.antenne;
  say($("point"), unbroken(now.point));
  const since = now.orateur_depuis_ms ? ` depuis ${minutes(Date.now() - now.orateur_depuis_ms)}` : "";
  const present = now.presents === null ? "" : ` · ${now.presents} présents`;
  say($("orateur"), unbroken(`${now.orateur ? `${now.orateur}${since}` : ""}${present}`.replace(/^ · /, "")));
  const rank = now.rang === 1 ? "Vous êtes le suivant" : now.rang ? `Vous êtes ${now.rang}ᵉ dans la file` : "";
  say($("rang"), now.parole ? "Vous avez la parole" : rank);
  const open = now.parole && !ownMute;
  set($("mon-micro"), "data-open", open);
  say($("mon-micro"), unbroken(micWords(now)));
  set($("main"), "aria-pressed", String(now.main));
  say($("main"), now.main ? "Baisser la main" : "Demander la parole");
  set($("micro"), "aria-pressed", String(!ownMute));
  say($("micro"), ownMute ? "Rouvrir notre micro" : "Couper notre micro");
  const members = now.membres;
  $("qui-champ").hidden = members.length < 2;
  const select = byId("qui", HTMLSelectElement);
  const ids = members.map((member) => member.id).join();
  if (select.dataset.ids !== ids) {
    select.dataset.ids = ids;
    select.replaceChildren(...members.map((member) => new Option(member.nom, member.id)));
  }
  const leads = now.animateur ? ` · animateur : ${now.animateur} · modérateur : la régie` : "";
  say($("role"), unbroken(`${ROLES[now.role] ?? ""}${leads}`));
  ballots(now.scrutin);
  const measured = now.mesure_s >= ENOUGH_S;
  const measure = measured ? "Image et son passent dans les deux sens." : `Mesure des deux sens : ${now.mesure_s} s sur ${ENOUGH_S}.`;
  say($("mesure"), now.confirmee ? "La salle est prête ; la régie le sait." : measure);
  byId("confirmer", HTMLButtonElement).disabled = now.confirmee || !measured;
  if (now.pause_conseillee !== pauseTold) band(now.pause_conseillee ? "Quarante minutes de séance : une pause est conseillée." : "");
  pauseTold = now.pause_conseillee;
}

/** A vote by name is noted: its members read it, and say whether it is what they said. @param {Ballots | null} vote */
function ballots(vote) {
  $("scrutin").hidden = !vote;
  if (!vote) return;
  say($("scrutin-point"), unbroken(vote.point));
  const lines = vote.voix.map((voice) => `${voice.nom}${voice.pouvoir ? ` (pouvoir de ${voice.pouvoir})` : ""} : ${CHOICES[voice.choix] ?? voice.choix}`);
  const told = lines.join("\n");
  if ($("scrutin-voix").dataset.told !== told) {
    $("scrutin-voix").dataset.told = told;
    $("scrutin-voix").replaceChildren(...lines.map((line) => el("li", { text: unbroken(line) })));
  }
  const words = vote.conforme === null ? "À relire avant la proclamation." : vote.conforme ? "Accusé donné : conformes." : "Contestées : la régie et le président le voient.";
  say($("scrutin-mot"), unbroken(words));
  set($("conforme"), "aria-pressed", String(vote.conforme === true));
  set($("conteste"), "aria-pressed", String(vote.conforme === false));
}

for (const [id, conforme] of /** @type {[string, boolean][]} */ ([
  ["conforme", true],
  ["conteste", false],
]))
  $(id).addEventListener("click", () => {
    refuse("");
    line.say({ type: "relecture", conforme });
  });

/** @param {State} now */
function micWords(now) {
  if (ownMute) return "Votre micro est coupé par vous ; personne ne peut l’ouvrir à votre place.";
  return now.parole ? "Micro ouvert : on vous entend." : "Micro fermé : il s’ouvre quand le président vous donne la parole.";
}

/** @param {number} ms */
function minutes(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

// -- what the room does ------------------------------------------------------------------------------------------------

$("main").addEventListener("click", () => {
  refuse("");
  const members = state?.membres ?? [];
  const person = members.length === 1 ? members[0].id : byId("qui", HTMLSelectElement).value;
  line.say({ type: "main", levee: !state?.main, personne: person });
});
$("micro").addEventListener("click", () => {
  ownMute = !ownMute;
  hushed();
  line.say({ type: "micro", ouvert: !ownMute });
  if (state) session(state);
});
$("document").addEventListener("click", () => void (shared ? stopSharing() : share()));
$("ecran").addEventListener("click", () => window.open(`${location.pathname}/ecran`, "ecran", "popup,width=1280,height=720"));
$("ecran-lien").addEventListener("click", async () => {
  refuse("");
  try {
    const { lien } = await send("/api/v1/salles/ecran", undefined);
    const field = byId("ecran-adresse", HTMLInputElement);
    field.value = new URL(lien, location.href).href;
    $("ecran-champ").hidden = false;
    field.select();
    await navigator.clipboard?.writeText(field.value).catch(() => {});
  } catch (error) {
    refuse(error instanceof HttpError ? error.message : "Le serveur ne répond pas.");
  }
});
$("agent").addEventListener("submit", (event) => {
  event.preventDefault();
  refuse("");
  const public_ = byId("public", HTMLInputElement).checked;
  line.say({ type: "pret", public: public_, affiche: byId("affiche", HTMLInputElement).checked });
});
$("mots").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = byId("message", HTMLInputElement);
  if (field.value.trim() && line.say({ type: "message", texte: field.value.trim() })) field.value = "";
});

async function share() {
  refuse("");
  try {
    const media = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } } });
    media.getVideoTracks()[0].addEventListener("ended", stopSharing);
    shared = new RoomPeer(line, media, true);
    shared.start(ice);
    say($("document"), "Cesser de partager");
    set($("document"), "aria-pressed", "true");
  } catch {
    refuse("Le document n’est pas partagé : le navigateur ne l’a pas permis.");
  }
}

function stopSharing() {
  if (!shared) return;
  shared.stop();
  for (const track of shared.media.getTracks()) track.stop();
  shared = null;
  line.say({ type: "raccrocher", document: true });
  say($("document"), "Partager un document");
  set($("document"), "aria-pressed", "false");
}

setInterval(() => {
  if (state && ready && state.phase === "admise") session(state);
}, 1000);
void arrive();

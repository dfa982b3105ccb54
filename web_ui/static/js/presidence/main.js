/** The president's screen: one column of big facts, one row of what can be done now. */

import { $, el, placeIcons, say, set, unbroken } from "../common/dom.js";
import { SafetyBar } from "../common/safety_bar.js";
import { sheets } from "../common/sheet.js";
import { loadTexts, text } from "../common/texts.js";
import { clockTime, showClock } from "../common/time.js";
import { ITEM_STATES, counts } from "../auxiliaire/item.js";
import { Hotkeys } from "../console/keys.js";
import { hidingActions } from "../console/safety_foot.js";
import { Contradictions } from "../council/contradictions.js";
import { Door } from "../council/door.js";
import { RegisterLink } from "../council/link.js";
import { currentItem, lastItem, nameOf, nextItem } from "../council/people.js";
import { Acts } from "./acts.js";
import { deskLight } from "./desk.js";
import { Floor } from "./floor.js";
import { Incidents } from "./incidents.js";
import { Order } from "./order.js";
import { SpokenTimes } from "./spoken.js";
import { Timer } from "./timer.js";

placeIcons();
sheets();
await loadTexts();

const link = new RegisterLink();
const floor = new Floor(link);
const acts = new Acts(link);
const order = new Order(link, $("police"));
const incidents = new Incidents(link);
new SpokenTimes(link);
const safety = new SafetyBar({ command: (command) => link.command(command), state: () => link.state, roles: () => link.who.roles }, $("masquer"), $("fins"));
new Hotkeys(hidingActions(safety), () => safety.panic());
new Door(link, $("porte"));
const contradictions = new Contradictions(link, $("contradictions"));
const itemTimer = new Timer($("point-temps"));

function render() {
  const { register } = link;
  set($("travail"), "hidden", !register);
  set($("gestes"), "hidden", !register);
  set($("sans-registre"), "hidden", !link.known || register !== null);
  lamps();
  safety.render();
  contradictions.render();
  if (!register) return;
  item();
  incidents.render();
  floor.render();
  order.render();
  acts.render();
}

/** @param {string} id @param {"bon" | "garde" | "mal"} level @param {string} word @param {string} [more] */
function lamp(id, level, word, more = "") {
  const node = $(id);
  set(node, "data-level", level);
  say(/** @type {Element} */ (node.querySelector("strong")), word);
  say(/** @type {Element} */ (node.querySelector(".more")), more);
}

/** Antenna, quorum, rooms: in words as well as in colour, always at the same place. */
function lamps() {
  const { register, state } = link;
  const antenna = state.moteur?.antenna;
  if (!state.moteur) lamp("lampe-antenne", "garde", "Antenne inconnue");
  else if (antenna?.on) lamp("lampe-antenne", "mal", "À l’antenne", "les citoyens voient et entendent");
  else lamp("lampe-antenne", "bon", "Hors antenne", text(`panneau.${antenna?.slate ?? "avant"}`));
  if (!register) return;
  const desk = deskLight(state, register.president);
  set($("lampe-micro"), "hidden", !desk);
  if (desk) lamp("lampe-micro", desk.level, desk.word, desk.more);
  const quorum = currentItem(register)?.quorum ?? register.quorum;
  const figures = `${quorum.compare} présents, ${quorum.requis} requis`;
  lamp("lampe-quorum", quorum.atteint ? "bon" : "mal", quorum.atteint ? "Quorum" : quorum.dispense ? "Sans condition de quorum" : "Pas de quorum", figures);
  const lost = register.salles.filter((room) => room.ouverte && ["perdue", "revenue"].includes(room.liaison));
  if (!register.plusieurs_lieux) lamp("lampe-salles", "bon", "Salle unique", register.salles[0]?.nom ?? "");
  else if (lost.length) lamp("lampe-salles", "mal", `${lost.length} salle${lost.length > 1 ? "s" : ""} perdue${lost.length > 1 ? "s" : ""}`, lost.map((room) => room.nom).join(", "));
  else lamp("lampe-salles", "bon", `${register.salles.filter((room) => room.ouverte).length} salles`, "reliées");
}

function item() {
  const register = /** @type {import("../council/types.js").Register} */ (link.register);
  const current = currentItem(register);
  const next = nextItem(register);
  const shown = current ?? lastItem(register);
  const words = { convoquee: "Avant l’ouverture", suspendue: "Séance suspendue", levee: "Séance levée", ouverte: "" }[register.phase];
  say($("point-rang"), words || (shown ? `Point ${shown.rang} sur ${register.points.length} · ${ITEM_STATES[shown.etat]}` : "Séance ouverte"));
  say($("point-titre"), unbroken(shown?.titre ?? (register.phase === "levee" ? "Le registre est clos." : next ? `Premier point : ${next.titre}` : "")));
  // Before the first item the title above names it already.
  const follows = next && !shown ? "" : next ? `Ensuite, point ${next.rang} : ${next.titre}` : "Dernier point de l’ordre du jour.";
  say($("point-suite"), unbroken(current?.rapporteur ? `Rapporteur : ${nameOf(register, current.rapporteur)}. ${follows}` : follows));
  result(shown);
}

/** The count is the president's alone until the proclamation. @param {import("../council/types.js").AgendaItem | undefined} shown */
function result(shown) {
  const place = $("resultat");
  const vote = shown?.vote;
  const closed = shown?.etat === "vote_clos" && vote?.decompte;
  const secret = shown?.scrutin_secret.demandeurs.length && link.register?.plusieurs_lieux;
  set(place, "hidden", !closed && !secret);
  if (closed && vote.decompte) {
    set(place, "data-adopted", vote.adopte === true);
    place.replaceChildren(
      el("p", { class: "fact-name", text: "Décompte, pour vous seul jusqu’à la proclamation" }),
      el("p", { class: "verdict", text: `${vote.adopte ? "Adopté" : "Non adopté"}${vote.preponderante ? " par votre voix prépondérante" : ""}` }),
      el("p", { class: "fact-more", text: `${counts(vote.decompte)} · ${vote.decompte.exprimes} exprimés, ${vote.requis ?? 0} requis` }),
      ...receipts(vote),
    );
  } else if (secret) place.replaceChildren(el("p", { class: "fact-more", text: "Un scrutin secret est demandé : obtenu, il reporte ce point à une séance en un seul lieu (L.5211-11-1)." }));
}

/** What each room says of the voices noted of it, in a vote by name at a distance. @param {import("../council/types.js").Vote} vote */
function receipts(vote) {
  const { register } = link;
  if (!register?.plusieurs_lieux || vote.mode !== "public") return [];
  const rooms = register.salles.filter((room) => room.ouverte && (room.id in vote.lectures || room.presents > 0));
  const told = rooms.map((room) => `${room.nom} : ${room.id in vote.lectures ? (vote.lectures[room.id] ? "voix relues, conformes" : "voix contestées") : "pas encore relu"}`);
  const contested = Object.values(vote.lectures).includes(false);
  return [el("p", { class: "fact-more", role: contested ? "alert" : null, text: unbroken(told.join(" · ")) })];
}

for (const name of ["register", "link", "waiting", "state"]) link.addEventListener(name, render);
setInterval(() => {
  const { register } = link;
  showClock($("horloge"), clockTime(link.now()).slice(0, 5));
  set($("coupure"), "hidden", link.up);
  const lost = Math.round((performance.now() - link.lostAt) / 1000);
  if (!link.up) say($("coupure-mot"), `Liaison perdue depuis ${lost} s, nouvelle tentative. Le secrétariat continue de noter.`);
  const current = currentItem(register);
  itemTimer.show(current?.appele_ms ?? null, register?.parole.point_ms ?? 0, link.now());
  floor.tick();
}, 250);
await link.start();
render();

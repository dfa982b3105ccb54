/** The console: everything put together. */

import { $, placeIcons } from "../common/dom.js";
import { sheets } from "../common/sheet.js";
import { loadTexts } from "../common/texts.js";
import { CamerasPanel } from "../cameras/panel.js";
import { Heads } from "../cameras/heads.js";
import { Buses, KEYED } from "./buses.js";
import { Director } from "./director.js";
import { gate } from "./gate.js";
import { Head } from "./head.js";
import { Health } from "./health.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { Monitors } from "./monitors.js";
import { Multiview } from "./multiview.js";
import { Outputs } from "./outputs.js";
import { Pictures } from "./pictures.js";
import { Rooms } from "./rooms.js";
import { hidingActions } from "./safety_foot.js";
import { Readiness } from "./readiness.js";
import { Rundown } from "./rundown.js";
import { Safety } from "./safety.js";
import { SeancePanel } from "./seance.js";
import { SecrecyPanel } from "./secrecy.js";
import { SoundDesk } from "./sound.js";
import { tabs } from "./tabs.js";
import { Titles } from "./titles.js";
import { TransitionDesk } from "./transition.js";

/** Below this width the multiview is one of the tabs. */
const NARROW = matchMedia("(max-width: 1199px)");

placeIcons();
sheets();
await loadTexts();

const link = new Link();
const pictures = new Pictures(link);
const heads = new Heads(link);
const buses = new Buses(link);
const desk = new TransitionDesk(link, buses);
const readiness = new Readiness(link);
const safety = new Safety(link, readiness);
const titles = new Titles(link);
const sound = new SoundDesk(link);
const director = new Director(link);
const rundown = new Rundown(link);
const cameras = new CamerasPanel(link, heads, pictures);
const multiview = new Multiview(link, pictures, $("multivue"), heads, buses);
const parts = [director, buses, desk, multiview, titles, sound, cameras, new Outputs(link), new Rooms(link), new SeancePanel(link), rundown, readiness, new SecrecyPanel(link), new Health(link), safety, new Head(link)];

const choose = tabs($("onglets"));
const place = () => {
  choose($(NARROW.matches ? "onglet-multivue" : "onglet-synthes"));
  if (!NARROW.matches) $("panneau-multivue").hidden = false;
};
NARROW.addEventListener("change", place);
place();
/** Width of a telephone: the panels come after the monitors and the buses. */
const PHONE = matchMedia("(max-width: 820px)");
$("onglets").addEventListener("click", () => {
  if (PHONE.matches) $("bas").scrollIntoView({ block: "start" });
  if (!NARROW.matches) $("panneau-multivue").hidden = false;
  render();
});

/** @type {import("./keys.js").Action[]} */
const actions = [];
for (let i = 0; i < KEYED; i++)
  actions.push({ id: `preparer-${i + 1}`, label: `Préparer la source ${i + 1}`, keys: [`Digit${i + 1}`], run: () => buses.prepareKey(i) });
for (let i = 0; i < KEYED; i++)
  actions.push({ id: `prendre-${i + 1}`, label: `Source ${i + 1} au programme`, keys: [`Ctrl+Digit${i + 1}`], run: () => buses.takeKey(i) });
actions.push(
  { id: "cut", label: "CUT : la préparation passe au programme", keys: ["Space"], run: () => desk.cut() },
  { id: "auto", label: "AUTO : la préparation passe au programme par un fondu", keys: ["Enter"], run: () => desk.auto() },
  { id: "prendre", label: "PRENDRE : par la transition choisie", keys: ["F12", "NumpadEnter"], run: () => desk.take() },
  { id: "automatique", label: "L’automatique prend la main, ou la rend", keys: ["KeyA"], run: () => director.toggle() },
  { id: "garder", label: "Garder : l’automatique ne revient pas de lui-même", keys: ["KeyG"], run: () => director.keep() },
  { id: "point-suivant", label: "Point suivant de l’ordre du jour (deux fois)", keys: ["F10", "F9"], run: () => rundown.press() },
  { id: "synthe", label: "Afficher ou retirer le synthé", keys: ["KeyT"], run: () => titles.toggle() },
);
actions.push(...hidingActions(safety.bar));
new Keys(actions, () => safety.panic());

function render() {
  gate(link);
  for (const part of parts) part.render();
}

await link.start();
// Before the public has anything, what one wants is the check.
const opening = () => {
  if (!link.known) return;
  link.removeEventListener("state", opening);
  if (!readiness.awaited) return;
  choose($("onglet-seance"));
  if (!NARROW.matches) $("panneau-multivue").hidden = false;
};
link.addEventListener("state", opening);
const monitors = new Monitors(link, pictures);
link.addEventListener("state", () => {
  render();
  monitors.render();
});
link.addEventListener("link", render);
link.addEventListener("director", () => director.render());
heads.addEventListener("change", () => {
  multiview.render();
  cameras.render();
});
link.addEventListener("levels", () => {
  multiview.showLevels();
  sound.showLevels();
  monitors.showLevels();
});
render();

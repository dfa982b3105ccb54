/** The multiview alone, for a second screen. */

import { $, byId, placeIcons, say, set } from "../common/dom.js";
import { loadTexts } from "../common/texts.js";
import { Heads } from "../cameras/heads.js";
import { showClock } from "../common/time.js";
import { full } from "./shots.js";
import { ask } from "./ask.js";
import { Link } from "./link.js";
import { Multiview } from "./multiview.js";
import { sayOutside } from "./outside.js";
import { Pictures } from "./pictures.js";
import { safetyFoot } from "./safety_foot.js";

placeIcons();
await loadTexts();

const link = new Link();
safetyFoot(link);
const pictures = new Pictures(link);
const heads = new Heads(link);
const multiview = new Multiview(link, pictures, $("multivue"), heads, {
  prepare: (source, control) => void ask(control, () => link.command({ type: "preview", shot: full(source) })),
  take: (source, control) => void ask(control, () => link.command({ type: "take", shot: full(source) })),
});
pictures.show("bus.preview", byId("image-preparation", HTMLCanvasElement));
pictures.show("bus.programme", byId("image-programme", HTMLCanvasElement));

function tick() {
  showClock($("tete-heure"), new Date().toLocaleTimeString("fr-FR"));
  set($("bande-liaison"), "hidden", link.up);
  set(document.body, "data-lost", !link.up);
  if (!link.up) say($("bande-liaison-mot"), `Liaison perdue depuis ${Math.round((performance.now() - link.lostAt) / 1000)} s, nouvelle tentative`);
}

function render() {
  const { moteur } = link.state;
  multiview.render();
  set($("antenne"), "data-on", !!moteur?.antenna?.on);
  say($("antenne-mot"), moteur?.antenna?.on ? "À l’antenne" : "Antenne coupée");
  tick();
}

setInterval(tick, 500);
link.addEventListener("state", render);
heads.addEventListener("change", () => multiview.render());
link.addEventListener("link", render);
link.addEventListener("levels", () => multiview.showLevels());
await link.start();
sayOutside(link);
render();

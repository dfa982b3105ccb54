/** The auxiliary's page: everything put together. */

import { $, el, placeIcons, say, set } from "../common/dom.js";
import { SafetyBar } from "../common/safety_bar.js";
import { sheets } from "../common/sheet.js";
import { loadTexts } from "../common/texts.js";
import { clockTime, showClock } from "../common/time.js";
import { Door } from "../council/door.js";
import { RegisterLink } from "../council/link.js";
import { Consequences } from "./consequences.js";
import { Foot } from "./foot.js";
import { Head } from "./head.js";
import { ItemPanel } from "./item.js";
import { Journal } from "./journal.js";
import { hidingKeys, shortcuts } from "./keys.js";
import { Modes } from "./modes.js";
import { Notes } from "./notes.js";
import { Reasons } from "./reasons.js";
import { Roster } from "./roster.js";
import { Sheet } from "./sheet.js";

placeIcons();
sheets();
await loadTexts();

const link = new RegisterLink();
const modes = new Modes();
const sheet = new Sheet(link);
const item = new ItemPanel(link, modes, sheet);
const roster = new Roster(link, modes, sheet, item);
const safety = new SafetyBar({ command: (command) => link.command(command), state: () => link.state, roles: () => link.who.roles }, $("masquer"), $("fins"), { bip: "F1", panic: "Maj F1" });
hidingKeys(safety);
new Door(link, $("porte"));
const head = new Head(link);
const foot = new Foot(link);
const consequences = new Consequences(link, sheet);
const notes = new Notes(link);
const parts = [head, roster, item, foot, consequences, new Reasons(link), new Journal(link), notes, sheet];

function render() {
  const { register } = link;
  set($("travail"), "hidden", !register);
  set($("sans-registre"), "hidden", !link.known || register !== null);
  for (const part of parts) part.render();
  safety.render();
}

for (const name of ["register", "link", "waiting", "state"]) link.addEventListener(name, render);
link.addEventListener("warned", (event) => {
  const warned = /** @type {CustomEvent<import("../council/types.js").Warned[]>} */ (event).detail;
  const place = $("avertissements");
  place.replaceChildren(
    el("span", { text: `À savoir : ${warned.map((one) => `${one.phrase.replace(/\.$/, "")} (${one.article})`).join(" ; ")}.` }),
    el("button", { class: "btn bare", type: "button", text: "Lu", onclick: () => set(place, "hidden", true) }),
  );
  set(place, "hidden", false);
});
modes.addEventListener("change", render);
// Where both do not fit side by side: from the names to the item and back, and to the names when they are asked for.
const [people, panel] = [/** @type {HTMLElement} */ ($("conseil").closest(".people")), $("point")];
const narrow = matchMedia("(max-width: 899px)");
$("sauter").addEventListener("click", () => (panel.getBoundingClientRect().top > innerHeight / 2 ? panel : people).scrollIntoView());
modes.addEventListener("change", () => {
  if (narrow.matches && modes.current) people.scrollIntoView();
});
shortcuts({ roster, item, modes, consequences, notes });
setInterval(() => {
  showClock($("horloge"), clockTime(link.now()));
  say($("liaison"), link.up ? "" : "hors ligne");
  head.tick();
  foot.tick();
  consequences.tick();
}, 500);

if ("serviceWorker" in navigator)
  navigator.serviceWorker.register("/auxiliaire/veille.js", { scope: "/auxiliaire" }).catch(() => {
    // Without it (plain HTTP elsewhere than on this machine) the page works as long as it stays open.
  });
link.addEventListener("link", () => void keepCopy(), { once: true });
await link.start();
render();

/** What this page is made of, kept now: the worker was not there yet when it was fetched the first time. */
async function keepCopy() {
  if (!("caches" in window)) return;
  const made = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
  const files = [...new Set([location.pathname, ...made.filter((path) => path.startsWith("/static/"))])];
  const cache = await caches.open("regie-auxiliaire");
  await cache.addAll(files).catch(() => {
    // A reload will need the network, nothing else is lost.
  });
}

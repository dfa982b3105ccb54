/**
 * The picture alone, for the public of the room. Opened by the room's page it shows what that page receives; on another machine, by a
 * link of its own, it receives it itself, and can do nothing else.
 */

import { $, byId, say, unbroken } from "../common/dom.js";
import { Whep } from "./whep.js";

const KEY = "regie-ecran";
const video = byId("programme", HTMLVideoElement);
const room = decodeURIComponent(location.pathname.split("/")[2] ?? "");

/** @param {MediaStream} stream */
function show(stream) {
  if (video.srcObject !== stream) video.srcObject = stream;
  void video.play().catch(() => {});
}

function follow() {
  /** @type {MediaStream | undefined} */
  const stream = window.opener?.regieProgramme;
  // The room's page already plays the sound: twice would echo.
  if (stream && video.srcObject !== stream) show(stream);
  $("mot").hidden = Boolean(stream);
}

/** @param {string} key */
function receive(key) {
  const whep = new Whep(`/api/v1/salles/${encodeURIComponent(room)}/whep`, key);
  whep.addEventListener("image", () => show(whep.stream));
  whep.addEventListener("mot", (event) => {
    const words = /** @type {CustomEvent<string>} */ (event).detail;
    $("mot").hidden = !words;
    if (words) say($("mot"), unbroken(`${words} L’image vient d’elle-même.`));
  });
  $("son").hidden = false;
  $("son").addEventListener("click", () => {
    video.muted = !video.muted;
    $("son").setAttribute("aria-pressed", String(!video.muted));
    say($("son"), video.muted ? "Activer le son" : "Couper le son");
  });
  void whep.start();
}

const given = location.hash.slice(1);
if (given) sessionStorage.setItem(KEY, given);
history.replaceState(null, "", location.pathname);
const key = window.opener?.regieProgramme ? null : sessionStorage.getItem(KEY);
if (key) {
  receive(key);
} else {
  setInterval(follow, 500);
  follow();
}
document.addEventListener("dblclick", () => void document.documentElement.requestFullscreen().catch(() => {}));
document.addEventListener("keydown", (event) => {
  if (event.key === "f" || (event.key === "Enter" && event.target === document.body)) void document.documentElement.requestFullscreen().catch(() => {});
});

/** The picture alone, for the public of the room: it shows what the room's page, which opened it, receives. */

import { $, byId } from "../common/dom.js";

const video = byId("programme", HTMLVideoElement);

function follow() {
  /** @type {MediaStream | undefined} */
  const stream = window.opener?.regieProgramme;
  if (stream && video.srcObject !== stream) {
    // The room's page already plays the sound: twice would echo.
    video.srcObject = stream;
    void video.play().catch(() => {});
  }
  $("mot").hidden = Boolean(stream);
}

setInterval(follow, 500);
follow();
document.addEventListener("dblclick", () => void document.documentElement.requestFullscreen().catch(() => {}));
document.addEventListener("keydown", (event) => {
  if (event.key === "f" || event.key === "Enter") void document.documentElement.requestFullscreen().catch(() => {});
});

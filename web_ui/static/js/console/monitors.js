/** The three large pictures: preparation, programme (low latency), and what citizens see. */

import { $, byId, say, set, swapIcon } from "../common/dom.js";
import { text } from "../common/texts.js";
import { HlsStream, loadHls } from "../public/streams.js";
import { Meter } from "./meters.js";
import { sayOutside } from "./outside.js";
import { sourcesOf, words } from "./shots.js";
import { RtcMonitor } from "./webrtc.js";

/** @typedef {import("./link.js").Link} Link */

/** Without WebRTC for this long, what citizens see is played from the WebTV itself. */
const FALLBACK_AFTER_MS = 4000;

export class Monitors {
  #programme = byId("video-programme", HTMLVideoElement);
  #antenna = byId("video-antenne", HTMLVideoElement);
  #antennaHls = byId("video-antenne-hls", HTMLVideoElement);
  #meters = {
    left: new Meter("Programme, gauche"),
    right: new Meter("Programme, droite"),
    airLeft: new Meter("Antenne, gauche"),
    airRight: new Meter("Antenne, droite"),
  };
  /** @type {HlsStream | null} */
  #fallback = null;
  #fallbackTimer = 0;
  /** @type {RtcMonitor | null} */
  #live = null;

  /** @param {Link} link @param {import("./pictures.js").Pictures} pictures */
  constructor(link, pictures) {
    this.link = link;
    pictures.show("bus.preview", byId("image-preparation", HTMLCanvasElement));
    pictures.show("bus.programme", byId("image-programme", HTMLCanvasElement));
    $("vumetres-programme").append(this.#meters.left.node, this.#meters.right.node);
    $("vumetres-antenne").append(this.#meters.airLeft.node, this.#meters.airRight.node);
    listenButton($("ecouter-programme"), this.#programme, [this.#antenna, this.#antennaHls]);
    listenButton($("ecouter-antenne"), this.#antenna, [this.#programme, this.#antennaHls]);
    $("reperes").addEventListener("click", () => {
      const on = $("reperes").getAttribute("aria-pressed") !== "true";
      set($("reperes"), "aria-pressed", String(on));
      set($("moniteurs"), "data-guides", on);
    });
    this.#live = new RtcMonitor(link, "programme", this.#programme, (live) => {
      set($("moniteur-programme"), "data-rtc", live);
    });
    new RtcMonitor(link, "antenne", this.#antenna, (live) => this.#antennaChanged(live));
    this.#antennaChanged(false);
  }

  render() {
    if (this.#live && sayOutside(this.link)) {
      this.#live.close();
      this.#live = null;
      for (const button of [$("ecouter-programme"), $("casque")]) {
        set(button, "disabled", true);
        set(button, "title", text("moniteur_dehors"));
      }
    }
    const { moteur } = this.link.state;
    if (!moteur) return;
    const sources = sourcesOf(moteur);
    say($("plan-preparation"), words(moteur.preview, sources));
    const pending = moteur.pending ? ` · attend ${words(moteur.pending, sources)}` : "";
    const title = moteur.title ? ` · synthé ${moteur.title.name}` : "";
    say($("plan-programme"), words(moteur.programme, sources) + title + pending);
    const antenna = moteur.antenna ?? {};
    const late = Math.round((moteur.delay?.held_ms ?? 0) / 1000);
    const words_ = antenna.on ? `le programme, ${late} s après` : `panneau « ${text(`panneau.${antenna.slate ?? "avant"}`)} »`;
    say($("plan-antenne"), words_);
    set($("moniteur-antenne"), "data-on", !!antenna.on);
  }

  showLevels() {
    const { programme, antenna } = this.link.levels;
    if (programme) {
      this.#meters.left.show(programme[0]);
      this.#meters.right.show(programme[1]);
    }
    if (antenna) {
      this.#meters.airLeft.show(antenna[0]);
      this.#meters.airRight.show(antenna[1]);
    }
  }

  /** @param {boolean} live */
  #antennaChanged(live) {
    set($("moniteur-antenne"), "data-rtc", live);
    clearTimeout(this.#fallbackTimer);
    if (live) {
      this.#fallback?.close();
      this.#fallback = null;
      set($("moniteur-antenne"), "data-hls", null);
    } else if (!this.#fallback) this.#fallbackTimer = setTimeout(() => void this.#playWebTv(), FALLBACK_AFTER_MS);
  }

  async #playWebTv() {
    const library = await loadHls();
    if (!library || this.#fallback) return;
    const events = { changed: () => {}, trouble: () => {} };
    this.#antennaHls.addEventListener("playing", () => set($("moniteur-antenne"), "data-hls", this.#fallback !== null));
    this.#fallback = new HlsStream(library, this.#antennaHls, "/direct/index.m3u8", -1, "360p", events);
    void this.#antennaHls.play().catch(() => {});
  }
}

/** Listen to one monitor at a time. @param {HTMLElement} button @param {HTMLVideoElement} video @param {HTMLVideoElement[]} others */
function listenButton(button, video, others) {
  const show = () => {
    set(button, "aria-pressed", String(!video.muted));
    swapIcon(button, video.muted ? "muted" : "sound");
  };
  button.addEventListener("click", () => {
    for (const other of others) other.muted = true;
    video.muted = !video.muted;
  });
  video.addEventListener("volumechange", show);
  show();
}

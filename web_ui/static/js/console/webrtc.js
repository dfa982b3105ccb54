/**
 * A low-latency monitor: the encoded packets over WebRTC. It rebuilds its connection when pictures stop, and says when the page
 * must show something else meanwhile.
 */

import { send } from "../common/http.js";
import { gathered } from "../common/ice.js";

/** @typedef {import("./link.js").Link} Link */

const RETRY_MS = [500, 1000, 2000, 5000];
const WATCH_MS = 1000;
/** No new picture for this many watches in a row: the connection is rebuilt. */
const STUCK_WATCHES = 4;

export class RtcMonitor {
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  #session = "";
  #retries = 0;
  #stuck = 0;
  #frames = 0;
  #turn = 0;
  #closed = false;
  #watching = 0;
  live = false;

  /**
   * @param {Link} link
   * @param {"programme" | "antenne" | "casque"} stream what is heard in the headphones has no picture
   * @param {HTMLMediaElement} video
   * @param {(live: boolean) => void} changed
   */
  constructor(link, stream, video, changed) {
    this.link = link;
    this.stream = stream;
    this.video = video;
    this.changed = changed;
    this.kind = stream === "casque" ? "audio" : "video";
    this.#watching = setInterval(() => void this.#watch(), WATCH_MS);
    addEventListener("pagehide", () => this.#hangUp());
    addEventListener("pageshow", (event) => {
      if (event.persisted) void this.#connect();
    });
    void this.#connect();
  }

  /** For good. */
  close() {
    this.#closed = true;
    this.#turn++;
    clearInterval(this.#watching);
    this.#hangUp();
    this.video.srcObject = null;
  }

  async #connect() {
    if (this.#closed) return;
    const turn = ++this.#turn;
    this.#hangUp();
    this.#stuck = 0;
    this.#frames = 0;
    try {
      const peer = new RTCPeerConnection();
      this.#peer = peer;
      const media = new MediaStream();
      if (this.kind === "video") peer.addTransceiver("video", { direction: "recvonly" });
      peer.addTransceiver("audio", { direction: "recvonly" });
      peer.addEventListener("track", (event) => {
        media.addTrack(event.track);
        this.video.srcObject = media;
        void this.video.play().catch(() => {});
      });
      peer.addEventListener("connectionstatechange", () => {
        if (peer === this.#peer && ["failed", "disconnected", "closed"].includes(peer.connectionState)) this.#again();
      });
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      const body = { flux: this.stream, sdp: peer.localDescription?.sdp ?? "" };
      const answer = await send("/api/v1/moniteur", body, { csrf: this.link.session?.csrf });
      if (turn !== this.#turn) return;
      this.#session = answer.session;
      await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch {
      if (turn === this.#turn) this.#again();
    }
  }

  #again() {
    this.#hangUp();
    this.#setLive(false);
    const turn = ++this.#turn;
    const wait = RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)];
    setTimeout(() => {
      if (turn === this.#turn) void this.#connect();
    }, wait);
  }

  async #watch() {
    const peer = this.#peer;
    if (!peer || (document.hidden && this.kind === "video")) return;
    let frames = 0;
    for (const report of (await peer.getStats()).values()) {
      if (report.type !== "inbound-rtp" || report.kind !== this.kind) continue;
      frames = (this.kind === "video" ? report.framesDecoded : report.packetsReceived) ?? 0;
    }
    if (peer !== this.#peer) return;
    if (frames > this.#frames) {
      this.#stuck = 0;
      this.#retries = 0;
      this.#setLive(true);
    } else if (++this.#stuck >= STUCK_WATCHES) this.#again();
    this.#frames = frames;
  }

  /** @param {boolean} live */
  #setLive(live) {
    if (live === this.live) return;
    this.live = live;
    this.changed(live);
  }

  #hangUp() {
    this.#peer?.close();
    this.#peer = null;
    if (!this.#session) return;
    const headers = { "X-CSRF-Token": this.link.session?.csrf ?? "" };
    void fetch(`/api/v1/moniteur/${encodeURIComponent(this.#session)}`, { method: "DELETE", headers, keepalive: true }).catch(() => {});
    this.#session = "";
  }
}

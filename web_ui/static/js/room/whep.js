/** What a room sees, received elsewhere (WHEP): one offer, one answer, and again by itself when the connection fails. */

import { gathered } from "../common/ice.js";

const RETRY_MS = 2000;
/** Nothing received for that many looks: the connection is made anew. */
const STUCK = 4;

export class Whep extends EventTarget {
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  #turn = 0;
  #received = 0;
  #stuck = 0;
  stream = new MediaStream();

  /** @param {string} url @param {string} key */
  constructor(url, key) {
    super();
    this.url = url;
    this.key = key;
    setInterval(() => void this.#watch(), 1000);
    addEventListener("pagehide", () => this.#peer?.close());
  }

  async start() {
    const turn = ++this.#turn;
    this.#peer?.close();
    this.#stuck = 0;
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    peer.addTransceiver("video", { direction: "recvonly" });
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addEventListener("track", (event) => {
      for (const old of this.stream.getTracks()) if (old.kind === event.track.kind) this.stream.removeTrack(old);
      this.stream.addTrack(event.track);
      this.dispatchEvent(new Event("image"));
    });
    peer.addEventListener("connectionstatechange", () => {
      if (peer === this.#peer && ["failed", "disconnected"].includes(peer.connectionState)) void this.start();
    });
    try {
      await peer.setLocalDescription();
      await gathered(peer);
      const answer = await fetch(this.url, {
        method: "POST",
        headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${this.key}` },
        body: peer.localDescription?.sdp,
      });
      if (turn !== this.#turn) return;
      if (answer.status !== 201) throw new Error(((await answer.json()) ?? {}).message);
      await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      this.#say("");
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#say(error instanceof Error && error.name === "Error" ? error.message : "La régie ne répond pas.");
      setTimeout(() => turn === this.#turn && void this.start(), RETRY_MS);
    }
  }

  /** @param {string} words */
  #say(words) {
    this.dispatchEvent(new CustomEvent("mot", { detail: words }));
  }

  async #watch() {
    const peer = this.#peer;
    if (peer?.connectionState !== "connected") return;
    let received = 0;
    for (const report of (await peer.getStats()).values()) if (report.type === "inbound-rtp") received += report.packetsReceived ?? 0;
    if (peer !== this.#peer) return;
    this.#stuck = received === this.#received ? this.#stuck + 1 : 0;
    this.#received = received;
    if (this.#stuck >= STUCK) void this.start();
  }
}

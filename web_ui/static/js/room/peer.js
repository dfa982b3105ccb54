/**
 * The room's WebRTC connection: its camera and microphone go out, the programme and everybody's sound but its own come in. A connection
 * that fails is never repaired: a new one takes its place, under the same identity.
 */

import { gathered } from "../common/ice.js";

const RETRY_MS = [200, 1000, 2000, 5000];
const STATS_MS = 1000;
/** No picture and no sound for that many measures: the connection is made anew. */
const STUCK = 4;
/** No picture sent for that many measures though the camera gives some: the browser's H.264 does not work. */
const UNSENT = 5;

/** @typedef {import("./line.js").Line} Line */
/** @typedef {{images: number, son_ms: number, perte_permille: number, aller_retour_ms: number, montant_kbps: number}} Measure */

export class RoomPeer extends EventTarget {
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  #turn = 0;
  #retries = 0;
  #stuck = 0;
  #unsent = 0;
  #plain = false;
  /** @type {Record<string, number>} */
  #before = {};
  wanted = false;
  stream = new MediaStream();

  /**
   * @param {Line} line
   * @param {MediaStream} media what is sent
   * @param {boolean} document a shared document: sends a picture, receives nothing
   */
  constructor(line, media, document = false) {
    super();
    this.line = line;
    this.media = media;
    this.document = document;
    /** @type {RTCIceServer[]} */
    this.ice = [];
    line.addEventListener("reponse", (event) => void this.#answered(/** @type {CustomEvent} */ (event).detail));
    line.addEventListener("refus", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.id === this.#id) this.#again();
    });
    setInterval(() => void this.#watch(), STATS_MS);
  }

  get #id() {
    return this.#turn * 2 + (this.document ? 1 : 0);
  }

  /** @param {RTCIceServer[]} ice */
  start(ice) {
    this.ice = ice;
    if (this.wanted) return;
    this.wanted = true;
    void this.#connect();
  }

  stop() {
    this.wanted = false;
    this.#turn++;
    this.#peer?.close();
    this.#peer = null;
  }

  restart() {
    if (this.wanted) void this.#connect();
  }

  async #connect() {
    const turn = ++this.#turn;
    this.#peer?.close();
    this.#stuck = this.#unsent = 0;
    this.#before = {};
    const peer = new RTCPeerConnection({ iceServers: this.ice });
    this.#peer = peer;
    const direction = this.document ? "sendonly" : "sendrecv";
    const [picture] = this.media.getVideoTracks();
    const [sound] = this.media.getAudioTracks();
    const video = peer.addTransceiver(picture ?? "video", { direction, streams: [this.media] });
    const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
    // VP8 serves a browser that has no H.264, or whose H.264 does not work.
    const wanted = !this.#plain && codecs.some((codec) => codec.mimeType === "video/H264") ? "video/H264" : "video/VP8";
    const preferred = codecs.filter((codec) => [wanted, "video/rtx"].includes(codec.mimeType));
    if (preferred.some((codec) => codec.mimeType === wanted) && "setCodecPreferences" in video) video.setCodecPreferences(preferred);
    if (!this.document) peer.addTransceiver(sound ?? "audio", { direction, streams: [this.media] });
    peer.addEventListener("track", (event) => {
      for (const old of this.stream.getTracks()) if (old.kind === event.track.kind) this.stream.removeTrack(old);
      this.stream.addTrack(event.track);
      this.dispatchEvent(new Event("programme"));
    });
    peer.addEventListener("connectionstatechange", () => {
      if (peer === this.#peer && ["failed", "disconnected"].includes(peer.connectionState)) this.#again();
    });
    try {
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
    } catch {
      if (turn === this.#turn) this.#again();
      return;
    }
    const sdp = peer.localDescription?.sdp ?? "";
    if (turn === this.#turn && !this.line.say({ type: "offre", id: this.#id, sdp, document: this.document })) this.#again();
  }

  /** @param {{id: number, sdp: string}} answer */
  async #answered(answer) {
    if (answer.id !== this.#id || !this.#peer) return;
    try {
      await this.#peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch {
      this.#again();
    }
  }

  #again() {
    const turn = ++this.#turn;
    this.#peer?.close();
    this.#peer = null;
    if (!this.wanted) return;
    setTimeout(() => {
      if (turn === this.#turn && this.wanted) void this.#connect();
    }, RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)]);
  }

  async #watch() {
    const peer = this.#peer;
    if (!peer || this.document || peer.connectionState !== "connected") return;
    const now = { images: 0, son: 0, perdus: 0, recus: 0, envoyes: 0, rtt: 0, envoyees: 0 };
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "inbound-rtp") {
        if (report.kind === "video") now.images = report.framesDecoded ?? 0;
        // Without packets a browser goes on playing what it makes up.
        else now.son = ((report.totalSamplesReceived ?? 0) - (report.concealedSamples ?? 0)) / 48_000;
        now.perdus += Math.max(0, report.packetsLost ?? 0);
        now.recus += report.packetsReceived ?? 0;
      } else if (report.type === "outbound-rtp") {
        now.envoyes += report.bytesSent ?? 0;
        if (report.kind === "video") now.envoyees = report.framesEncoded ?? 0;
      } else if (report.type === "candidate-pair" && report.nominated) now.rtt = report.currentRoundTripTime ?? 0;
    }
    if (peer !== this.#peer) return;
    const [camera] = this.media.getVideoTracks();
    this.#unsent = camera?.readyState === "live" && !camera.muted && !now.envoyees ? this.#unsent + 1 : 0;
    if (this.#unsent >= UNSENT && !this.#plain) {
      this.#plain = true;
      return this.#again();
    }
    const before = this.#before;
    this.#before = now;
    if (!("images" in before)) return;
    const images = now.images - before.images;
    const sound = Math.round((now.son - before.son) * 1000);
    const received = now.recus - before.recus;
    const lost = now.perdus - before.perdus;
    if (images > 0 || sound > 0) {
      this.#stuck = 0;
      this.#retries = 0;
    } else if (++this.#stuck >= STUCK) return this.#again();
    /** @type {Measure} */
    const measure = {
      images,
      son_ms: sound,
      perte_permille: Math.round((1000 * lost) / Math.max(1, received + lost)),
      aller_retour_ms: Math.round(now.rtt * 1000),
      montant_kbps: Math.round(((now.envoyes - before.envoyes) * 8) / 1000),
    };
    this.dispatchEvent(new CustomEvent("mesure", { detail: measure }));
  }
}

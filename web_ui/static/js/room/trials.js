/** The four tests before joining: camera, microphone, loudspeakers, uplink. Under half a minute. */

import { $, byId, say, set } from "../common/dom.js";

/** @typedef {"camera" | "micro" | "haut_parleur" | "montant"} Test */

const UPLINK_BYTES = 512 * 1024;
const ENOUGH_KBPS = 300;
const HEARD = 0.03;
/** Looks, a tenth of a second apart, for the measure of the microphone to begin. */
const DEAF = 40;

export class Trials extends EventTarget {
  /** @type {Record<Test, boolean>} */
  passed = { camera: false, micro: false, haut_parleur: false, montant: false };
  kbps = 0;
  media = new MediaStream();
  /** @type {AudioContext | null} */
  #context = null;
  #wired = false;

  /** Ask for the devices, and measure. */
  async begin() {
    if (!this.#wired) {
      this.#wired = true;
      $("jouer").addEventListener("click", () => this.#play());
      $("entendu").addEventListener("click", () => {
        void this.#context?.resume();
        this.#mark("haut_parleur", true, "entendus");
      });
      for (const id of ["choix-camera", "choix-micro"]) byId(id, HTMLSelectElement).addEventListener("change", () => void this.#open());
    }
    await Promise.all([this.#open(), this.#uplink()]);
  }

  get done() {
    return Object.values(this.passed).every(Boolean);
  }

  async #open() {
    const camera = byId("choix-camera", HTMLSelectElement).value;
    const micro = byId("choix-micro", HTMLSelectElement).value;
    for (const track of this.media.getTracks()) track.stop();
    const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25 } };
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const asked = {
      video: camera ? { ...video, deviceId: { exact: camera } } : video,
      audio: micro ? { ...audio, deviceId: { exact: micro } } : audio,
    };
    let media = new MediaStream();
    try {
      media = await navigator.mediaDevices.getUserMedia(asked);
    } catch {
      try {
        // Sound is the last rung of the ladder: a room without a camera still joins.
        media = await navigator.mediaDevices.getUserMedia({ audio: asked.audio });
      } catch {
        /* said below */
      }
    }
    this.media = media;
    const shown = byId("essai-image", HTMLVideoElement);
    shown.srcObject = media;
    const pictures = media.getVideoTracks().length > 0;
    this.#mark("camera", pictures, pictures ? "vue" : "aucune : autorisez la caméra dans le navigateur, ou branchez-la");
    if (media.getAudioTracks().length) this.#listen(media);
    else this.#mark("micro", false, "aucun : autorisez le micro dans le navigateur, ou branchez-le");
    await this.#list();
    this.dispatchEvent(new Event("appareils"));
  }

  async #list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const [id, kind] of [["choix-camera", "videoinput"], ["choix-micro", "audioinput"]]) {
      const select = byId(id, HTMLSelectElement);
      const chosen = select.value;
      const options = devices.filter((device) => device.kind === kind).map((device, n) => new Option(device.label || `Appareil ${n + 1}`, device.deviceId));
      select.replaceChildren(...options);
      if (options.some((option) => option.value === chosen)) select.value = chosen;
    }
  }

  /** The level of the microphone, until somebody was heard. @param {MediaStream} media */
  #listen(media) {
    this.#context ??= new AudioContext();
    void this.#context.resume();
    const analyser = this.#context.createAnalyser();
    this.#context.createMediaStreamSource(media).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const meter = byId("niveau", HTMLMeterElement);
    let deaf = 0;
    const look = () => {
      if (media !== this.media) return;
      // Firefox measures nothing on a machine that plays no sound: that must not keep a room out.
      if (this.#context?.state === "running") deaf = 0;
      else if (navigator.userActivation?.hasBeenActive && ++deaf > DEAF && !this.passed.micro)
        this.#mark("micro", true, "branché ; niveau non mesuré : cet ordinateur n’a pas de sortie de son");
      analyser.getFloatTimeDomainData(samples);
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      meter.value = peak;
      if (peak > HEARD && !this.passed.micro) this.#mark("micro", true, "entendu");
      setTimeout(look, 100);
    };
    look();
  }

  #play() {
    this.#context ??= new AudioContext();
    void this.#context.resume();
    const tone = this.#context.createOscillator();
    const gain = this.#context.createGain();
    gain.gain.value = 0.2;
    tone.frequency.value = 660;
    tone.connect(gain).connect(this.#context.destination);
    tone.start();
    tone.stop(this.#context.currentTime + 0.8);
  }

  async #uplink() {
    const body = crypto.getRandomValues(new Uint8Array(65536));
    const bytes = new Blob(Array.from({ length: UPLINK_BYTES / body.length }, () => body));
    const begun = performance.now();
    try {
      const answer = await fetch("/api/v1/salles/montant", { method: "POST", body: bytes, signal: AbortSignal.timeout(20000) });
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      return this.#mark("montant", false, "la mesure a échoué : vérifiez le réseau");
    }
    this.kbps = Math.round((UPLINK_BYTES * 8) / (performance.now() - begun));
    const words = this.kbps > 2500 ? "excellent" : this.kbps > 1200 ? "bon" : this.kbps > ENOUGH_KBPS ? "juste : préférez un câble au Wi-Fi" : "trop faible : passez au câble";
    const megabits = (Math.min(this.kbps, 99_000) / 1000).toFixed(1).replace(".", ",");
    this.#mark("montant", this.kbps > ENOUGH_KBPS, `${megabits} Mbit/s, ${words}`);
  }

  /** @param {Test} test @param {boolean} passed @param {string} words */
  #mark(test, passed, words) {
    this.passed[test] = passed;
    const row = $(`essai-${test}`);
    set(row, "data-done", passed ? "oui" : "non");
    const said = row.querySelector(".said");
    if (said) say(said, words);
    this.dispatchEvent(new Event("change"));
  }
}

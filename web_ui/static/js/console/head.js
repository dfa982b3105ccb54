/** The head: the state of the world, always at the same place; and the alarms. */

import { $, el, say, set } from "../common/dom.js";
import { known, text } from "../common/texts.js";
import { counter, duration, showClock } from "../common/time.js";
import { rate } from "./outputs.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").Alarm} Alarm */

const LITTLE_DISK_H = 4;
const BAND_MS = 8000;
const TICK_MS = 250;

/** What lasts runs on between two states: seconds at the last one, and when it was received. */
class Running {
  #seconds = 0;
  #at = 0;
  on = false;

  /** @param {boolean} on @param {number} seconds */
  update(on, seconds) {
    this.on = on;
    this.#seconds = seconds;
    this.#at = performance.now();
  }

  get seconds() {
    return this.#seconds + (this.on ? (performance.now() - this.#at) / 1000 : 0);
  }
}

export class Head {
  #recording = new Running();
  #antenna = new Running();
  /** Alarms already shown in the band. @type {Set<string>} */
  #announced = new Set();
  #alarms = "";
  #bandTimer = 0;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    setInterval(() => this.#tick(), TICK_MS);
    const button = $("tete-alarmes");
    button.addEventListener("click", () => this.#open(button.getAttribute("aria-expanded") !== "true"));
    $("alarmes-fermer").addEventListener("click", () => {
      this.#open(false);
      button.focus();
    });
    $("deconnexion").addEventListener("click", () => void link.logOut());
    this.#tick();
  }

  render() {
    const { moteur, seance, ville } = this.link.state;
    say($("tete-ville"), ville?.nom ?? "Régie");
    say($("tete-seance"), seance?.titre ?? "Aucune séance");
    say($("tete-etat"), seance ? text(`seance.${seance.etat}`) : "pas de séance");
    set($("tete-etat-fait"), "data-state", seance?.etat ?? "rien");
    const recording = moteur?.recording ?? {};
    this.#recording.update(!!recording.on, recording.seconds ?? 0);
    set($("tete-enreg"), "data-on", !!recording.on);
    const antenna = moteur?.antenna ?? {};
    this.#antenna.update(!!antenna.on, (antenna.since_ms ?? 0) / 1000);
    set($("tete-direct"), "data-on", !!antenna.on);
    const { target_ms = 0, held_ms = 0, safe = false } = moteur?.delay ?? {};
    const asked = Math.round(target_ms / 1000);
    const held = Math.round(held_ms / 1000);
    say($("tete-retard"), held === asked ? `${asked} s` : `${held}/${asked} s`);
    say($("tete-retard-mot"), !moteur ? "inconnu" : safe ? "sûr" : "se remplit");
    set($("tete-retard-fait"), "data-ok", !!moteur && safe);
    say($("tete-debit"), moteur ? rate(moteur.counters?.uplink_kbps ?? 0) : "…");
    const hours = moteur?.counters?.disk_hours ?? 0;
    say($("tete-disque"), moteur ? `${Math.floor(hours)} h` : "…");
    set($("tete-disque-fait"), "data-low", !!moteur && hours < LITTLE_DISK_H);
    this.#renderAlarms();
    this.#tick();
  }

  #tick() {
    showClock($("tete-enreg-temps"), counter(this.#recording.seconds));
    showClock($("tete-direct-temps"), this.#antenna.on ? counter(this.#antenna.seconds) : "00:00:00");
    showClock($("tete-heure"), new Date().toLocaleTimeString("fr-FR"));
    set($("bande-liaison"), "hidden", this.link.up);
    set(document.body, "data-lost", !this.link.up);
    if (!this.link.up) {
      const seconds = Math.round((performance.now() - this.link.lostAt) / 1000);
      say($("bande-liaison-mot"), `Liaison perdue depuis ${seconds} s, nouvelle tentative`);
    }
  }

  /** @param {boolean} open */
  #open(open) {
    set($("tete-alarmes"), "aria-expanded", String(open));
    set($("alarmes"), "hidden", !open);
  }

  /** @returns {Alarm[]} */
  #current() {
    const { moteur, alarmes = [] } = this.link.state;
    if (moteur) return [...(moteur.alarms ?? []), ...alarmes];
    return this.link.up && this.link.known ? [{ code: "moteur_absent", severe: true }, ...alarmes] : [];
  }

  #renderAlarms() {
    const alarms = this.#current();
    say($("tete-alarmes-nombre"), String(alarms.length));
    set($("tete-alarmes"), "aria-label", alarms.length ? `${alarms.length} alarme${alarms.length > 1 ? "s" : ""}` : "Aucune alarme");
    set($("tete-alarmes"), "data-severe", alarms.some((alarm) => alarm.severe !== false));
    set($("tete-alarmes"), "data-any", alarms.length > 0);
    const keys = alarms.map((alarm) => `${alarm.code}/${alarm.subject ?? ""}`);
    const fresh = alarms.find((_, i) => !this.#announced.has(keys[i]));
    if (fresh) this.#announce(fresh);
    this.#announced = new Set(keys);
    if (alarms.length === 0) set($("bande-alarme"), "hidden", true);
    const signature = JSON.stringify(alarms.map((alarm) => [alarm.code, alarm.subject, Math.floor((alarm.since_ms ?? 0) / 1000)]));
    if (signature === this.#alarms) return;
    this.#alarms = signature;
    $("alarmes-liste").replaceChildren(
      ...alarms.map((alarm) =>
        el(
          "li",
          { "data-severe": alarm.severe !== false },
          el("strong", { text: this.#cause(alarm) }),
          el("span", { text: this.#remedy(alarm) }),
          el("span", { class: "alarm-since", text: `depuis ${duration((alarm.since_ms ?? 0) / 1000)}` }),
        ),
      ),
    );
    set($("alarmes-aucune"), "hidden", alarms.length > 0);
  }

  /** @param {Alarm} alarm */
  #announce(alarm) {
    say($("bande-alarme-mot"), `${this.#cause(alarm)} ${this.#remedy(alarm)}`);
    set($("bande-alarme"), "data-severe", alarm.severe !== false);
    set($("bande-alarme"), "hidden", false);
    clearTimeout(this.#bandTimer);
    this.#bandTimer = setTimeout(() => set($("bande-alarme"), "hidden", true), BAND_MS);
  }

  /** @param {Alarm} alarm */
  #cause(alarm) {
    const key = `alarme.${alarm.code}`;
    const { moteur } = this.link.state;
    const named =
      [...(moteur?.sources ?? []), ...(moteur?.outputs ?? [])].find((one) => one.id === alarm.subject) ??
      moteur?.inputs?.find((one) => one.source === alarm.subject);
    const facts = { subject: named?.name ?? alarm.subject ?? "", code: alarm.code.replaceAll("_", " ") };
    return known(key) ? text(key, facts) : text("alarme.inconnue", facts);
  }

  /** @param {Alarm} alarm */
  #remedy(alarm) {
    const key = `alarme.${alarm.code}.faire`;
    return text(known(key) ? key : "alarme.inconnue.faire");
  }
}

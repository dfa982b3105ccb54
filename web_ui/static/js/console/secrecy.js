/** The panel « Confidentialité »: the delay and how it changes, the huis clos, the register of masks. */

import { $, byId, el, say, set } from "../common/dom.js";
import { newId } from "../common/ids.js";
import { ask, forbid, onHold, onPress, refuse } from "./ask.js";
import { engineReason } from "./gate.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("../types.js").MaskLine} MaskLine */

const KINDS = { son: "son", image: "image", son_et_image: "son et image" };
/** @type {Record<string, string>} */
const CHANGING = { panneau: "le public attend sur un panneau", etirement: "image et son un peu étirés", sortie: "ce qui est retenu s’écoule" };
const LONGEST_S = 60;

export class SecrecyPanel {
  #shown = "";
  #wished = false;

  /** @param {Link} link */
  constructor(link) {
    this.link = link;
    const wish = byId("retard-voulu", HTMLInputElement);
    wish.addEventListener("input", () => (this.#wished = true));
    /** @param {string} by @param {number} [seconds] */
    const change = (by, seconds) => () => {
      const wanted = Math.max(0, Math.min(LONGEST_S, Math.round(Number(wish.value))));
      return link.command({ type: "retard", seconds: seconds ?? wanted, by });
    };
    onPress($("retard-reconstruire"), change("etirement"));
    onPress($("retard-attendre"), change("panneau"));
    onPress($("retard-zero"), change("etirement", 0));
    onPress($("retard-sortir"), change("sortie", 0));
    onPress($("retard-jeter"), () =>
      link.command({ type: "masquer", mask: newId(), hides: "son_et_image", closes: true, look_back_ms: LONGEST_S * 1000 }),
    );
    const place = byId("image-masquee", HTMLSelectElement);
    place.addEventListener("change", () => {
      if (place.getAttribute("aria-disabled") === "true") refuse(place, place.title);
      else void ask(place, () => link.command({ type: "figer", on: place.value === "figee" }));
      place.blur();
      this.render();
    });
    onHold($("seance-publique"), () => link.post("/api/v1/confidentialite/public", { publique: true }));
  }

  render() {
    const { moteur, secret, seance, retard_s } = this.link.state;
    const { target_ms = 0, held_ms = 0, needed_ms = 0, safe = false, changing = "", left_ms = 0 } = moteur?.delay ?? {};
    const wish = byId("retard-voulu", HTMLInputElement);
    if (!this.#wished && document.activeElement !== wish && moteur) wish.value = String(Math.round((target_ms || (retard_s ?? 0) * 1000) / 1000));
    set($("retard"), "data-ok", safe);
    say($("retard-tenu"), moteur ? `${(held_ms / 1000).toLocaleString("fr-FR", { maximumFractionDigits: 1 })} s` : "…");
    const enough = `${(needed_ms / 1000).toLocaleString("fr-FR", { maximumFractionDigits: 1 })} s suffisent`;
    say($("retard-mot"), !moteur ? "inconnu" : safe ? `sûr : ${enough}` : `pas encore sûr : ${enough}`);
    say($("retard-change"), changing ? `vers ${Math.round(target_ms / 1000)} s, ${CHANGING[changing] ?? changing} ; encore ${Math.ceil(left_ms / 1000)} s` : "");
    const most = Math.max(target_ms, held_ms, needed_ms, 1);
    $("retard-barre").style.setProperty("--held", `${(100 * held_ms) / most}%`);
    $("retard-barre").style.setProperty("--needed", `${(100 * needed_ms) / most}%`);
    const reason = engineReason(this.link);
    for (const id of ["retard-reconstruire", "retard-attendre", "retard-jeter"]) forbid($(id), reason);
    for (const id of ["retard-zero", "retard-sortir"]) forbid($(id), reason ?? (held_ms ? null : "Le retard est déjà nul."));
    const place = byId("image-masquee", HTMLSelectElement);
    if (moteur && document.activeElement !== place) place.value = moteur.frozen ? "figee" : "panneau";
    forbid(place, reason);
    set($("huis-clos-etat"), "hidden", !secret?.huis_clos);
    const president = this.link.session?.roles.includes("president") ?? false;
    forbid($("seance-publique"), president ? null : "Le président le dit, depuis sa page ; vous redonnez ensuite l’antenne.");
    const again = $("relire");
    set(again, "hidden", !seance);
    if (seance) set(again, "href", `/regie/relecture/${encodeURIComponent(seance.id)}`);
    this.#list(secret?.masques ?? []);
  }

  /** @param {MaskLine[]} masks */
  #list(masks) {
    const signature = JSON.stringify(masks);
    if (signature === this.#shown) return;
    this.#shown = signature;
    set($("masques-aucun"), "hidden", masks.length > 0);
    $("masques").replaceChildren(...masks.toReversed().map((mask) => this.#line(mask)));
  }

  /** @param {MaskLine} mask */
  #line(mask) {
    const hour = (/** @type {number | null} */ ms) => (ms === null ? "…" : new Date(ms).toLocaleTimeString("fr-FR"));
    const why = el("input", { class: "input", type: "text", maxlength: 200, value: mask.motif, placeholder: "Motif (jamais le propos)", "aria-label": `Motif du masque de ${hour(mask.debut_ms)}` });
    why.addEventListener("change", () =>
      void ask(why, () => this.link.post(`/api/v1/confidentialite/masques/${encodeURIComponent(mask.id)}/motif`, { motif: why.value, point: mask.point })),
    );
    const line = el(
      "li",
      { "data-open": mask.ouvert, "data-refusals": true },
      el("span", { class: "mask-when", text: `${hour(mask.debut_ms)} – ${mask.ouvert ? "en cours" : hour(mask.fin_ms)}` }),
      el("span", { text: `${KINDS[mask.genre]}${mask.point ? ` · point ${mask.point}` : ""} · ${mask.qui}` }),
      mask.parti_ms > 0
        ? el("span", { class: "mask-gone", text: `${(mask.parti_ms / 1000).toLocaleString("fr-FR", { maximumFractionDigits: 1 })} s déjà parties` })
        : el("span", { class: "mask-kept", text: "rien n’est sorti" }),
      why,
    );
    if (mask.ouvert) {
      const off = el("button", { type: "button", class: "btn", text: "Démasquer" });
      onPress(off, () => this.link.command({ type: "demasquer", mask: mask.id }));
      line.append(off);
    }
    return line;
  }
}

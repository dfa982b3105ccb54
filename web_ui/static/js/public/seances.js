/** The list of past séances, each with its replay. */

import { applyTown } from "../common/colour.js";
import { $, byId, el, icon, placeIcons, say, set } from "../common/dom.js";
import { getJson } from "../common/http.js";
import { day, duration, hour } from "../common/time.js";

placeIcons();

/** @param {import("../types.js").Seance} seance */
function row(seance) {
  const opened = seance.ouverte_utc ?? seance.prevue_utc ?? null;
  const when = opened ? `${day(opened)}, ${hour(opened)}` : "date inconnue";
  const lasted = seance.duree_s ? ` · ${duration(seance.duree_s)}` : "";
  const words = seance.rejeu ? el("span", { class: "watchable" }, icon("play"), "Revoir") : el("span", { class: "watchable" }, "Sans image");
  return el(
    "li",
    {},
    el(
      "a",
      { href: `/seances/${encodeURIComponent(seance.id)}` },
      el("strong", { text: seance.titre }),
      el("span", { text: when + lasted }),
      words,
    ),
  );
}

async function load() {
  try {
    /** @type {[import("../types.js").PublicState, import("../types.js").Seance[]]} */
    const [state, past] = await Promise.all([getJson("/api/v1/public"), getJson("/api/v1/seances")]);
    applyTown(state.ville);
    say($("ville"), state.ville.nom);
    say($("organe"), state.ville.organe);
    document.title = `Séances passées · ${state.ville.nom}`;
    const logo = byId("logo", HTMLImageElement);
    if (state.ville.logo) logo.src = state.ville.logo;
    logo.hidden = !state.ville.logo;
    $("liste").replaceChildren(...past.map(row));
    say($("compte"), past.length ? "" : "Aucune séance passée n’est encore publiée.");
    set($("compte"), "hidden", past.length > 0);
  } catch {
    say($("compte"), "Le serveur ne répond pas, nouvelle tentative…");
    set($("compte"), "hidden", false);
    setTimeout(load, 3000);
  }
}

void load();

/** Share the séance at the moment one is watching: an address that stays good after the live. */

import { $, byId, say } from "../common/dom.js";
import { duration } from "../common/time.js";

/** @param {string} origin @param {string} seance its id @param {number} seconds */
export const sharedAddress = (origin, seance, seconds) => `${origin}/seances/${encodeURIComponent(seance)}#t=${Math.floor(seconds)}`;

/** @param {() => {seance: string, title: string, seconds: number} | null} current */
export function share(current) {
  const address = byId("partage-adresse", HTMLInputElement);
  const panel = $("partage");
  $("partager").addEventListener("click", async () => {
    const now = current();
    if (!now) return;
    const url = sharedAddress(location.origin, now.seance, now.seconds);
    address.value = url;
    panel.hidden = false;
    address.focus();
    address.select();
    say($("partage-mot"), `Adresse de la séance à ${duration(now.seconds)}.`);
    try {
      if (navigator.share && matchMedia("(pointer: coarse)").matches) await navigator.share({ title: now.title, url });
      else {
        await navigator.clipboard.writeText(url);
        say($("partage-mot"), `Adresse de la séance à ${duration(now.seconds)}, copiée.`);
      }
    } catch {
      // Neither sharing nor the clipboard was granted: the address is selected, ready to be copied by hand.
    }
  });
  $("partage-fermer").addEventListener("click", () => {
    panel.hidden = true;
    $("partager").focus();
  });
}

/** Log in, and change a password that must be changed. */

import { $, byId, placeIcons, say, set } from "../common/dom.js";
import { HttpError, getJson, send } from "../common/http.js";

/** @typedef {import("../types.js").Session} Session */

const MIN_LENGTH = 12;
const entry = byId("entrer", HTMLFormElement);
const change = byId("changer", HTMLFormElement);
let csrf = "";
/** @type {string[]} */
let roles = [];

placeIcons();

/** Where to go afterwards: an address of this site, never another one; the page of one's role when none was asked. @param {string[]} roles */
function destination(roles) {
  const own = roles.includes("technicien") || roles.includes("admin") ? "/regie" : roles.includes("auxiliaire") ? "/auxiliaire" : "/presidence";
  const asked = new URLSearchParams(location.search).get("suite") ?? own;
  const url = new URL(asked, location.origin);
  return url.origin === location.origin && asked.startsWith("/") ? url.pathname + url.search : own;
}

/** @param {HTMLElement} place @param {unknown} error */
function complain(place, error) {
  say(place, error instanceof HttpError ? error.message : "La page a rencontré une erreur : rechargez-la.");
  set(place, "hidden", false);
}

/** @param {Session} session */
function welcome(session) {
  csrf = session.csrf;
  roles = session.roles;
  if (!session.doit_changer) return location.assign(destination(roles));
  entry.hidden = true;
  change.hidden = false;
  byId("compte-nom", HTMLInputElement).value = session.nom;
  byId("ancien", HTMLInputElement).value = byId("mot-de-passe", HTMLInputElement).value;
  byId("nouveau", HTMLInputElement).focus();
}

/** @param {HTMLFormElement} form @param {HTMLElement} trouble @param {() => Promise<void>} action */
function onSubmit(form, trouble, action) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      complain(trouble, error);
    }
    button.disabled = false;
  });
}

onSubmit(entry, $("ennui"), async () => {
  const nom = byId("nom", HTMLInputElement).value.trim();
  const mot_de_passe = byId("mot-de-passe", HTMLInputElement).value;
  welcome(await send("/api/v1/session", { nom, mot_de_passe }));
});

onSubmit(change, $("ennui-changer"), async () => {
  const ancien = byId("ancien", HTMLInputElement).value;
  const nouveau = byId("nouveau", HTMLInputElement).value;
  if (nouveau.length < MIN_LENGTH) throw new HttpError(0, "court", `Douze caractères au moins : il en a ${nouveau.length}.`);
  if (nouveau !== byId("encore", HTMLInputElement).value) throw new HttpError(0, "differents", "Les deux saisies diffèrent.");
  await send("/api/v1/session/mot-de-passe", { ancien, nouveau }, { csrf });
  location.assign(destination(roles));
});

try {
  welcome(await getJson("/api/v1/session"));
} catch {
  byId("nom", HTMLInputElement).focus();
}

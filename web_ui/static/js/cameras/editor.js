/** What is said of a preset: its name, whom it shows, whether it is meant for the programme; the book carried away and taken back. */

import { $, byId, el, say, set } from "../common/dom.js";
import { getJson, send } from "../common/http.js";
import { ask, forbid, onHold, onPress } from "../console/ask.js";
import { onTapOrHold } from "./pads.js";

/** @typedef {import("../types.js").PlaceInfo} PlaceInfo */
/** @typedef {import("../types.js").Outcome} Outcome */

const NEW = "";
const ROOM = "salle:";
const GROUP = "groupe:";
const PLACE = "place:";

/** A request as an outcome. @param {Promise<unknown>} request @returns {Promise<Outcome>} */
const outcome = (request) =>
  request.then(
    () => ({ code: "", message: "" }),
    (error) => ({ code: error.code ?? "erreur", message: error.message }),
  );

/** A seat, in words: its councillor, or its own name. @param {PlaceInfo} place @param {import("../types.js").Person[]} people */
export function placeWords(place, people) {
  const person = people.find((one) => one.id === place.elu);
  return person ? `${person.nom} (${place.nom})` : place.nom;
}

export class Editor {
  #which = byId("prereglage-lequel", HTMLSelectElement);
  #name = byId("prereglage-nom", HTMLInputElement);
  #shows = byId("prereglage-montre", HTMLSelectElement);
  #onAir = byId("prereglage-antenne", HTMLInputElement);
  #lists = "";
  #places = "";

  /** @param {import("../console/link.js").Link} link @param {import("./heads.js").Heads} heads @param {() => string | null} source */
  constructor(link, heads, source) {
    this.link = link;
    this.heads = heads;
    this.source = source;
    this.#which.addEventListener("change", () => this.#fill());
    const store = $("prereglage-ranger");
    onTapOrHold(
      store,
      async () => ({ code: "tenir", message: "Tenir 2 s pour enregistrer le cadrage présent." }),
      () => link.camera({ type: "store_preset", camera: this.source(), ...(this.#preset ? { preset: this.#preset } : {}), ...this.#said() }),
    );
    byId("prereglage", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#preset) void ask($("prereglage-changer"), () => link.camera({ type: "edit_preset", preset: this.#preset, ...this.#said() }));
    });
    onHold($("prereglage-supprimer"), () => link.camera({ type: "delete_preset", preset: this.#preset }));
    const memory = byId("miroir-numero", HTMLInputElement);
    onPress($("miroir-copier"), () => link.camera({ type: "mirror_preset", preset: this.#preset, memory: memory.valueAsNumber || 0 }));
    onPress($("livre-emporter"), () => outcome(this.#carry()));
    const file = byId("livre-reprendre", HTMLInputElement);
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (chosen) void ask(file.labels?.[0] ?? file, () => outcome(this.#take(chosen))).then(() => (file.value = ""));
    });
  }

  get #preset() {
    return this.#which.value;
  }

  render() {
    const presets = this.heads.presetsOf(this.source());
    const lists = JSON.stringify([this.source(), presets.map((one) => [one.preset.id, one.preset.name])]);
    if (lists !== this.#lists) {
      this.#lists = lists;
      const kept = this.#preset;
      this.#which.replaceChildren(el("option", { value: NEW, text: "nouveau" }), ...presets.map((one) => el("option", { value: one.preset.id, text: one.preset.name })));
      if (presets.some((one) => one.preset.id === kept)) this.#which.value = kept;
      else if (kept) this.#fill();
    }
    this.#listPlaces();
    set($("prereglage-changer"), "hidden", !this.#preset);
    set($("prereglage-supprimer"), "hidden", !this.#preset);
    this.#showMirror();
  }

  /** Its copy in the camera's own memory, where that has one. */
  #showMirror() {
    const head = this.heads.head(this.source());
    const preset = this.heads.preset(this.#preset)?.preset;
    set($("prereglage-miroir"), "hidden", !preset || preset.by_memory === true || !head?.can.memories);
    if (!preset || !head) return;
    say($("miroir-mot"), preset.memory ? `Recopié dans la mémoire ${preset.memory}.` : "");
    forbid($("miroir-copier"), head.preset === preset.id ? null : "La caméra doit d’abord être sur ce préréglage.");
  }

  #listPlaces() {
    const { places = [], elus = [] } = this.link.state;
    const known = JSON.stringify([places, elus.length]);
    if (known === this.#places) return;
    this.#places = known;
    const groups = [...new Set(places.map((place) => place.groupe).filter(Boolean))];
    this.#shows.replaceChildren(
      el("option", { value: "", text: "rien de particulier" }),
      el("option", { value: ROOM, text: "toute la salle" }),
      ...groups.map((group) => el("option", { value: GROUP + group, text: `le groupe ${group}` })),
      ...places.map((place) => el("option", { value: PLACE + place.id, text: placeWords(place, elus) })),
    );
  }

  /** The form shows the preset that was chosen. */
  #fill() {
    const { preset } = this.heads.preset(this.#preset) ?? { preset: null };
    this.#name.value = preset?.name ?? "";
    this.#onAir.checked = preset?.on_air ?? true;
    const shown = preset?.places ?? [];
    if (preset?.room) this.#shows.value = ROOM;
    else if (shown.length === 1) this.#shows.value = PLACE + shown[0];
    else if (shown.length > 1) this.#shows.value = GROUP + (this.link.state.places?.find((place) => place.id === shown[0])?.groupe ?? "");
    else this.#shows.value = "";
    this.render();
  }

  /** What the form says, as a command says it. */
  #said() {
    const wanted = this.#shows.value;
    const places = this.link.state.places ?? [];
    const shown = wanted.startsWith(PLACE)
      ? [wanted.slice(PLACE.length)]
      : wanted.startsWith(GROUP)
        ? places.filter((place) => place.groupe === wanted.slice(GROUP.length)).map((place) => place.id)
        : [];
    const name = this.#name.value.trim() || this.#shows.selectedOptions[0]?.text.replace(/ \(.*\)$/, "");
    return { places: shown, room: wanted === ROOM, on_air: this.#onAir.checked, ...(name && (wanted || this.#name.value.trim()) ? { name } : {}) };
  }

  async #carry() {
    const book = await getJson("/api/v1/cameras/export");
    const address = URL.createObjectURL(new Blob([JSON.stringify(book)], { type: "application/json" }));
    el("a", { href: address, download: "cameras.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  /** @param {File} file */
  async #take(file) {
    let book;
    try {
      book = JSON.parse(await file.text());
    } catch {
      throw new Error("Ce fichier n’est pas un livre de préréglages emporté d’ici.");
    }
    await send("/api/v1/cameras/import", book, { csrf: this.link.session?.csrf });
  }
}

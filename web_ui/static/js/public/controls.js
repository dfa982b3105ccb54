/** The player's controls: buttons, seek bar, keys. They show the player's truth at each of its changes. */

import { $, byId, el, say, set, swapIcon } from "../common/dom.js";
import { duration, spoken } from "../common/time.js";
import { choices } from "./master.js";

/** @typedef {import("./player.js").Player} Player */

const BACK_S = 10;
const FORWARD_S = 30;
const PAGE_S = 60;
const VOLUME_STEP = 0.1;

/** @type {Record<string, string>} */
const TROUBLES = {
  network: "Connexion perdue, nouvelle tentative…",
  media: "L’image s’est arrêtée, elle revient…",
  slow: "Votre connexion est lente, la vidéo se charge…",
};

/** @param {Player} player @param {HTMLElement} frame what goes full screen */
export function controls(player, frame) {
  const { video } = player;
  const seek = byId("avance", HTMLInputElement);
  const volume = byId("volume", HTMLInputElement);
  const rate = byId("vitesse", HTMLSelectElement);
  let dragging = false;

  $("lecture").addEventListener("click", () => player.toggle());
  $("reculer").addEventListener("click", () => player.seekBy(-BACK_S));
  $("avancer").addEventListener("click", () => player.seekBy(FORWARD_S));
  $("direct").addEventListener("click", () => player.toLive());
  $("muet").addEventListener("click", () => mute(video));
  $("plein").addEventListener("click", () => fullScreen(frame, video));
  volume.addEventListener("input", () => {
    video.volume = Number(volume.value) / 100;
    video.muted = video.volume === 0;
  });
  rate.addEventListener("change", () => player.setRate(Number(rate.value)));
  seek.addEventListener("input", () => {
    dragging = true;
    showTime();
  });
  seek.addEventListener("change", () => {
    dragging = false;
    player.seek(player.start + Number(seek.value));
  });
  seek.addEventListener("keydown", (event) => {
    const by = /** @type {Record<string, number>} */ ({
      ArrowLeft: -BACK_S,
      ArrowDown: -BACK_S,
      ArrowRight: BACK_S,
      ArrowUp: BACK_S,
      PageDown: -PAGE_S,
      PageUp: PAGE_S,
    })[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    player.seekBy(by);
  });
  document.addEventListener("fullscreenchange", () => {
    const full = document.fullscreenElement === frame;
    swapIcon($("plein"), full ? "reduce" : "full");
    set($("plein"), "aria-label", full ? "Quitter le plein écran" : "Plein écran");
  });
  frame.addEventListener("keydown", (event) => keys(event, player, frame));

  function showTime() {
    const length = Math.max(0, player.edge - player.start);
    const at = dragging ? Number(seek.value) : Math.min(length, Math.max(0, player.position - player.start));
    set(seek, "max", String(Math.max(1, Math.round(length))));
    if (!dragging) seek.value = String(Math.round(at));
    seek.style.setProperty("--done", `${length ? (100 * at) / length : 0}%`);
    const words = player.atLive && !dragging ? "en direct" : `${spoken(at)} sur ${spoken(length)}`;
    set(seek, "aria-valuetext", words);
    say($("instant"), duration(at));
    say($("duree"), duration(length));
  }

  function show() {
    const stopped = video.paused || video.ended;
    swapIcon($("lecture"), video.ended ? "replay" : stopped ? "play" : "pause");
    set($("lecture"), "aria-label", video.ended ? "Revoir du début" : stopped ? "Lecture" : "Pause");
    showTime();
    const { live, atLive } = player;
    $("direct").hidden = !live;
    set($("direct"), "aria-disabled", live && atLive ? "true" : null);
    set($("direct"), "data-at", atLive);
    say($("direct-mot"), atLive ? "En direct" : "Retour au direct");
    say($("ecart"), live && !atLive ? `à ${duration(player.behind)} du direct` : "");
    const silent = video.muted || video.volume === 0;
    swapIcon($("muet"), silent ? "muted" : "sound");
    set($("muet"), "aria-label", silent ? "Remettre le son" : "Couper le son");
    volume.value = String(video.muted ? 0 : Math.round(video.volume * 100));
    set(volume, "aria-valuetext", `${volume.value} %`);
    rate.disabled = !player.rateAllowed;
    rate.value = String(video.playbackRate);
    set($("vitesse-raison"), "hidden", player.rateAllowed);
    say($("ennui"), player.trouble ? TROUBLES[player.trouble] : "");
    set($("ennui"), "hidden", !player.trouble);
    set(frame, "data-sound-only", player.quality === "son" && player.opened);
    showQualities(player);
  }
  player.addEventListener("changed", show);
  show();
}

/** @param {Player} player */
function showQualities(player) {
  const group = $("qualites");
  const offered = player.renditions.length ? choices(player.renditions) : [{ id: "auto", name: "Auto" }];
  const signature = offered.map((choice) => choice.id).join();
  if (group.dataset.shown !== signature) {
    group.dataset.shown = signature;
    group.replaceChildren(
      ...offered.map(({ id, name }) => {
        const input = el("input", { type: "radio", name: "qualite", value: id, onchange: () => void player.choose(id) });
        return el("label", { class: "segment" }, input, el("span", { text: name }));
      }),
    );
  }
  for (const input of group.querySelectorAll("input")) input.checked = input.value === player.quality;
}

/** @param {HTMLVideoElement} video */
function mute(video) {
  if (video.muted || video.volume === 0) {
    video.muted = false;
    if (video.volume === 0) video.volume = 0.5;
  } else video.muted = true;
}

/** @param {HTMLElement} frame @param {HTMLVideoElement & {webkitEnterFullscreen?: () => void}} video */
function fullScreen(frame, video) {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (frame.requestFullscreen) void frame.requestFullscreen().catch(() => video.webkitEnterFullscreen?.());
  else video.webkitEnterFullscreen?.();
}

/**
 * Keys of the player, when the focus is in it: those that players share, never the ones a field needs.
 * @param {KeyboardEvent} event @param {Player} player @param {HTMLElement} frame
 */
function keys(event, player, frame) {
  if (event.ctrlKey || event.altKey || event.metaKey || !player.opened) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const field = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  const { video } = player;
  /** @type {Record<string, () => void>} */
  const actions = {
    k: () => player.toggle(),
    j: () => player.seekBy(-BACK_S),
    l: () => player.seekBy(FORWARD_S),
    d: () => player.toLive(),
    m: () => mute(video),
    f: () => fullScreen(frame, video),
  };
  if (!field) {
    actions.ArrowLeft = actions.j;
    actions.ArrowRight = actions.l;
    actions.ArrowUp = () => (video.volume = Math.min(1, video.volume + VOLUME_STEP));
    actions.ArrowDown = () => (video.volume = Math.max(0, video.volume - VOLUME_STEP));
  }
  if (!(target instanceof HTMLButtonElement) && !field) actions[" "] = actions.k;
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || (target instanceof HTMLInputElement && target.type === "text")) return;
  event.preventDefault();
  action();
}

/** Joysticks: a pad for mouse and finger, two keys for the zoom, the arrows of the keyboard, a gamepad. Each tells a hand. */

/** @typedef {import("./hand.js").Hand} Hand */

const DEAD = 0.12;
const PAD_MS = 40;

/** Slow near the centre, so that small corrections are easy. @param {number} value */
const eased = (value) => Math.sign(value) * value * value;

/** An axis of a gamepad, its play at the centre taken off. @param {number | undefined} value */
export function axis(value) {
  const size = Math.abs(value ?? 0);
  return size < DEAD ? 0 : eased(Math.sign(value ?? 0) * Math.min(1, (size - DEAD) / (1 - DEAD)));
}

/** The pad, driven by pointer, and by the arrows (zoom: + and −) when it has the focus. @param {HTMLElement} pad @param {HTMLElement} knob @param {Hand} hand */
export function pointerPad(pad, knob, hand) {
  const show = (/** @type {number} */ x, /** @type {number} */ y) => {
    knob.style.setProperty("--x", String(x));
    knob.style.setProperty("--y", String(y));
  };
  let held = -1;
  const move = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== held) return;
    const box = pad.getBoundingClientRect();
    const x = Math.max(-1, Math.min(1, ((event.clientX - box.left) / box.width) * 2 - 1));
    const y = Math.max(-1, Math.min(1, 1 - ((event.clientY - box.top) / box.height) * 2));
    show(x, y);
    hand.push("pad", { pan: axis(x), tilt: axis(y), zoom: 0 });
  };
  const end = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== held) return;
    held = -1;
    show(0, 0);
    hand.push("pad", { pan: 0, tilt: 0, zoom: 0 });
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || held !== -1) return;
    held = event.pointerId;
    pad.setPointerCapture(held);
    move(event);
  });
  pad.addEventListener("pointermove", move);
  for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) pad.addEventListener(name, end);
  arrows(pad, hand);
}

/** @type {Record<string, [("pan" | "tilt" | "zoom"), number]>} */
const ARROWS = {
  ArrowLeft: ["pan", -1],
  ArrowRight: ["pan", 1],
  ArrowUp: ["tilt", 1],
  ArrowDown: ["tilt", -1],
  PageUp: ["zoom", 1],
  PageDown: ["zoom", -1],
};

/** @param {HTMLElement} pad @param {Hand} hand */
function arrows(pad, hand) {
  /** @type {Set<string>} */
  const down = new Set();
  const tell = () => {
    const speeds = { pan: 0, tilt: 0, zoom: 0 };
    for (const key of down) {
      const [what, sign] = ARROWS[key];
      speeds[what] += sign * (what === "zoom" ? 0.6 : 0.5);
    }
    hand.push("keys", speeds);
  };
  pad.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    if (event.repeat) return;
    down.add(event.key);
    tell();
  });
  pad.addEventListener("keyup", (event) => {
    if (down.delete(event.key)) tell();
  });
  pad.addEventListener("blur", () => {
    down.clear();
    tell();
  });
}

/** A key that zooms while it is held. @param {HTMLElement} key @param {number} speed @param {Hand} hand */
export function zoomKey(key, speed, hand) {
  const stick = `zoom${speed}`;
  const begin = () => hand.push(stick, { pan: 0, tilt: 0, zoom: speed });
  const end = () => hand.push(stick, { pan: 0, tilt: 0, zoom: 0 });
  key.addEventListener("pointerdown", (event) => {
    if (event.button === 0) begin();
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) key.addEventListener(name, end);
  key.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) begin();
  });
  key.addEventListener("contextmenu", (event) => event.preventDefault());
}

/** Numbers of the standard mapping of the Gamepad API (W3C). */
const A = 0,
  LEFT_SHOULDER = 4,
  RIGHT_SHOULDER = 5,
  LEFT_TRIGGER = 6,
  RIGHT_TRIGGER = 7,
  CROSS = { up: 12, down: 13, left: 14, right: 15 };

/**
 * A gamepad: left stick turns, right stick or triggers zoom; the cross chooses a preset, A recalls it, the shoulders change camera.
 * It is read 25 times a second only while one is plugged in.
 */
export class GamepadStick {
  /** Buttons that were down. @type {Set<number>} */
  #down = new Set();
  #timer = 0;

  /** @param {Hand} hand @param {{step: (by: number) => void, recall: () => void, camera: (by: number) => void, plugged: (name: string | null) => void}} deeds */
  constructor(hand, deeds) {
    this.hand = hand;
    this.deeds = deeds;
    addEventListener("gamepadconnected", () => this.#begin());
    addEventListener("gamepaddisconnected", () => this.#read());
    if (this.#pad) this.#begin();
  }

  get #pad() {
    return navigator.getGamepads().find((pad) => pad?.connected) ?? null;
  }

  #begin() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#read(), PAD_MS);
    this.deeds.plugged(this.#pad?.id ?? null);
  }

  #read() {
    const pad = this.#pad;
    if (!pad) {
      clearInterval(this.#timer);
      this.hand.push("gamepad", { pan: 0, tilt: 0, zoom: 0 });
      this.deeds.plugged(null);
      return;
    }
    const trigger = (pad.buttons[RIGHT_TRIGGER]?.value ?? 0) - (pad.buttons[LEFT_TRIGGER]?.value ?? 0);
    // Sticks count downwards.
    const zoom = axis(trigger) || -axis(pad.axes[3]);
    this.hand.push("gamepad", { pan: axis(pad.axes[0]), tilt: -axis(pad.axes[1]), zoom });
    this.#press(pad, CROSS.left, () => this.deeds.step(-1));
    this.#press(pad, CROSS.right, () => this.deeds.step(1));
    this.#press(pad, CROSS.up, () => this.deeds.step(-4));
    this.#press(pad, CROSS.down, () => this.deeds.step(4));
    this.#press(pad, A, () => this.deeds.recall());
    this.#press(pad, LEFT_SHOULDER, () => this.deeds.camera(-1));
    this.#press(pad, RIGHT_SHOULDER, () => this.deeds.camera(1));
  }

  /** @param {Gamepad} pad @param {number} button @param {() => void} deed */
  #press(pad, button, deed) {
    if (!pad.buttons[button]?.pressed) this.#down.delete(button);
    else if (!this.#down.has(button)) {
      this.#down.add(button);
      deed();
    }
  }
}

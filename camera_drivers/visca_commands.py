"""VISCA commands and inquiries as data: bytes, and how each may be treated on the way.

Address 1 throughout, as VISCA over IP locks it. Source: Sony BRC-X400 command list; differences of other makers are in
:mod:`camera_drivers.quirks`. Units: pan and tilt in the camera's own steps, zoom 0 (wide) to 0x4000 (optical tele).
"""

from dataclasses import dataclass
from enum import Enum


class Resend(Enum):
    """What a lost command allows."""

    FREELY = "freely"
    """It names a state to reach; sending it twice is the same."""
    NEVER = "never"
    """It starts a movement; a late copy would start it again after the stop."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do. ``merge``: an unsent command with the same word is replaced by a newer one. ``urgent`` jumps the queue
    and drops unsent commands of its ``merge``. ``completes_s``: how long its completion may take."""

    name: str
    payload: bytes
    merge: str | None = None
    urgent: bool = False
    resend: Resend = Resend.FREELY
    completes_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Something to ask. ``length``: bytes of data that the answer carries at least, 0 for any; ``most``: at most, 0 for no more
    than ``length``. Where answers carry no number, that is what tells a late one to another question."""

    name: str
    payload: bytes
    length: int = 0
    most: int = 0

    def answered_by(self, data: bytes, numbered: bool) -> bool:
        """Can that be its answer? A numbered one is known to be: it may say more than is looked at."""
        enough = len(data) >= self.length
        return enough and (numbered or not self.length or len(data) <= max(self.length, self.most))


MOVE_SECONDS = 30.0
PAN_SPEEDS = range(0x01, 0x19)
TILT_SPEEDS = range(0x01, 0x18)
RESERVED_PRESETS = frozenset({*range(90, 100), 255})


def _nibbles(value: int, count: int) -> bytes:
    """A number on ``count`` low nibbles, two's complement when negative."""
    if not -(1 << (4 * count - 1)) <= value < 1 << (4 * count):
        raise ValueError(f"{value} does not fit {count} nibbles")
    value &= (1 << (4 * count)) - 1
    return bytes((value >> (4 * i)) & 0x0F for i in reversed(range(count)))


def from_nibbles(data: bytes, *, signed: bool) -> int:
    """The number that low nibbles carry."""
    value = 0
    for byte in data:
        value = value << 4 | byte & 0x0F
    bits = 4 * len(data)
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def _within(value: int, allowed: range, what: str) -> int:
    if value not in allowed:
        raise ValueError(f"{what} {value} is outside {allowed.start}–{allowed.stop - 1}")
    return value


def _do(name: str, body: str | bytes, **how: object) -> Command:
    middle = bytes.fromhex(body) if isinstance(body, str) else body
    return Command(name, b"\x81\x01" + middle + b"\xff", **how)  # type: ignore[arg-type]


def _ask(name: str, body: str, length: int = 0, most: int = 0) -> Inquiry:
    return Inquiry(name, b"\x81\x09" + bytes.fromhex(body) + b"\xff", length, most)


def clear() -> Command:
    """IF_Clear: forget what is in the camera's buffers. BirdDog P100 rejects it."""
    return _do("clear", "00 01")


def power(on: bool) -> Command:
    """On, or stand-by."""
    return _do("power", "04 00 02" if on else "04 00 03", completes_s=MOVE_SECONDS)


def drive(pan: int, tilt: int, pan_speed: int, tilt_speed: int) -> Command:
    """Turn at a speed until told otherwise: pan −1 left, +1 right; tilt −1 down, +1 up; both 0 is :func:`stop`."""
    if not pan and not tilt:
        return stop()
    direction = bytes(({-1: 1, 1: 2, 0: 3}[pan], {1: 1, -1: 2, 0: 3}[tilt]))
    speeds = bytes(
        (_within(pan_speed, PAN_SPEEDS, "pan speed"), _within(tilt_speed, TILT_SPEEDS, "tilt speed"))
    )
    return _do("drive", b"\x06\x01" + speeds + direction, merge="pan_tilt", resend=Resend.NEVER)


def stop() -> Command:
    """Pan and tilt stop. Goes first, and is confirmed."""
    return _do("stop", "06 01 01 01 03 03", merge="pan_tilt", urgent=True)


def absolute(pan: int, tilt: int, speed: int, tilt_speed: int = 0) -> Command:
    """Go to a position, in the camera's steps, at a speed; other makers than Sony want the tilt speed too."""
    body = bytes((_within(speed, PAN_SPEEDS, "speed"), tilt_speed)) + _nibbles(pan, 4) + _nibbles(tilt, 4)
    return _do("absolute", b"\x06\x02" + body, merge="pan_tilt", completes_s=MOVE_SECONDS)


def absolute_wide(pan: int, tilt: int, speed: int, tilt_digits: int = 4) -> Command:
    """The same with five nibbles of pan, as the newer high-resolution models want it; some want five of tilt too."""
    body = bytes((_within(speed, PAN_SPEEDS, "speed"), 0)) + _nibbles(pan, 5) + _nibbles(tilt, tilt_digits)
    return _do("absolute", b"\x06\x02" + body, merge="pan_tilt", completes_s=MOVE_SECONDS)


def home() -> Command:
    """To the home position."""
    return _do("home", "06 04", merge="pan_tilt", completes_s=MOVE_SECONDS)


def pan_tilt_reset() -> Command:
    """Find the mechanical ends again."""
    return _do("pan_tilt_reset", "06 05", merge="pan_tilt", completes_s=2 * MOVE_SECONDS)


def limit(up_right: bool, pan: int, tilt: int) -> Command:
    """Set a corner of the mechanical limits."""
    corner = b"\x01" if up_right else b"\x00"
    return _do("limit", b"\x06\x07\x00" + corner + _nibbles(pan, 4) + _nibbles(tilt, 4))


def clear_limit(up_right: bool) -> Command:
    """Remove a corner of the mechanical limits."""
    corner = b"\x01" if up_right else b"\x00"
    return _do("clear_limit", b"\x06\x07\x01" + corner + bytes.fromhex("070f0f0f070f0f0f"))


def zoom_to(position: int) -> Command:
    """Zoom directly to a position."""
    body = _nibbles(_within(position, range(0x8000), "zoom"), 4)
    return _do("zoom_to", b"\x04\x47" + body, merge="zoom", completes_s=MOVE_SECONDS)


def zoom_focus_to(zoom: int, focus: int) -> Command:
    """Zoom and focus together."""
    body = _nibbles(zoom, 4) + _nibbles(focus, 4)
    return _do("zoom_focus_to", b"\x04\x47" + body, merge="zoom", completes_s=MOVE_SECONDS)


def zoom_drive(direction: int, speed: int) -> Command:
    """Zoom at a speed 0–7 until told otherwise: −1 wide, +1 tele, 0 stop (urgent)."""
    if not direction:
        return _do("zoom_stop", "04 07 00", merge="zoom", urgent=True)
    step = (0x20 if direction > 0 else 0x30) | _within(speed, range(8), "zoom speed")
    return _do("zoom_drive", b"\x04\x07" + bytes((step,)), merge="zoom", resend=Resend.NEVER)


def focus_auto(on: bool) -> Command:
    """Automatic or manual focus."""
    return _do("focus_auto", "04 38 02" if on else "04 38 03")


def focus_to(position: int) -> Command:
    """Focus directly to a position (manual focus only)."""
    return _do("focus_to", b"\x04\x48" + _nibbles(position, 4), merge="focus")


def focus_once() -> Command:
    """One-push focus."""
    return _do("focus_once", "04 18 01")


def preset(action: str, number: int) -> Command:
    """``set``, ``recall`` or ``reset`` a memory of the camera; ``number`` as the camera counts (Sony from 0)."""
    code = {"reset": 0, "set": 1, "recall": 2}[action]
    body = bytes((0x04, 0x3F, code, _within(number, range(256), "preset")))
    return _do(f"preset_{action}", body, merge="pan_tilt", completes_s=MOVE_SECONDS)


def preset_speed(number: int, speed: int) -> Command:
    """Speed of one memory's recall (Sony)."""
    return _do(
        "preset_speed", b"\x7e\x01\x0b" + bytes((number, _within(speed, range(1, 0x1A), "preset speed")))
    )


def preset_ptz_only() -> Command:
    """Memories move pan, tilt, zoom and focus, and leave the exposure alone (Sony MODE2)."""
    return _do("preset_ptz_only", "7E 04 3D 01")


def freeze_on_recall(on: bool) -> Command:
    """Freeze the picture while a memory is recalled (BRC-X400/X401)."""
    return _do("freeze_on_recall", "7E 04 3B 02" if on else "7E 04 3B 03")


def white_balance(mode: int) -> Command:
    """White balance mode, as the camera numbers it."""
    return _do("white_balance", b"\x04\x35" + bytes((_within(mode, range(16), "white balance"),)))


def exposure(mode: int) -> Command:
    """Exposure mode: 0 auto, 3 manual, 0x0A shutter, 0x0B iris."""
    return _do("exposure", b"\x04\x39" + bytes((_within(mode, range(16), "exposure"),)))


LEVELS = {"shutter": 0x4A, "iris": 0x4B, "gain": 0x4C, "red": 0x43, "blue": 0x44}
"""Second byte of the commands that set one level of the picture, and of the questions about it."""


def level(name: str, value: int) -> Command:
    """One of :data:`LEVELS`, in the camera's steps; obeyed in manual mode only."""
    body = bytes((0x04, LEVELS[name], 0, 0)) + _nibbles(_within(value, range(256), name), 2)
    return _do(name, body)


def tally(red: bool) -> Command:
    """The lamp."""
    return _do("tally", "7E 01 0A 00 02" if red else "7E 01 0A 00 03", merge="tally")


def tally_level(level: int) -> Command:
    """Brightness of the lamp."""
    return _do("tally_level", b"\x7e\x01\x0a\x01" + bytes((_within(level, range(16), "level"),)))


def cancel(socket: int) -> Command:
    """Give up the command that occupies a socket."""
    return Command("cancel", bytes((0x81, 0x20 | _within(socket, range(1, 16), "socket"), 0xFF)), urgent=True)


VERSION = _ask("version", "00 02", 7, 16)
POWER = _ask("power", "04 00", 1)
PAN_TILT_POSITION = _ask("pan_tilt_position", "06 12", 8, 10)
PAN_TILT_STATUS = _ask("pan_tilt_status", "06 10", 2)
ZOOM_POSITION = _ask("zoom_position", "04 47", 4)
FOCUS_POSITION = _ask("focus_position", "04 48", 4)
FOCUS_MODE = _ask("focus_mode", "04 38", 1)
LENS_BLOCK = _ask("lens_block", "7E 7E 00", 13)
LAST_PRESET = _ask("last_preset", "04 3F", 1)
WHITE_BALANCE = _ask("white_balance", "04 35", 1)
EXPOSURE = _ask("exposure", "04 39", 1)
IMAGE_LEVELS = tuple(_ask(name, f"04 {code:02X}", 4) for name, code in LEVELS.items())

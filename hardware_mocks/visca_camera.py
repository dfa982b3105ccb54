"""A camera that speaks VISCA, as its maker's documents describe it; every byte is written out here, none comes from a driver.

Its state is :mod:`hardware_mocks.visca_head`, its sockets :mod:`hardware_mocks.visca_server`; the plain methods of
:class:`ViscaCamera` are the use cases (power off, open the menu, turn it by hand…).

Sources: Sony BRC-X400 command list (messages, errors, status bits); PTZOptics 12x-SDI manual page 54 (raw framing).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hardware_mocks.visca_head import STEPS_PER_DEGREE, Head


@dataclass
class Faults:
    """Knobs of trouble, drawn from one seeded generator. Shares are between 0 and 1."""

    seed: int = 1
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    garbage: float = 0.0
    delay_s: float = 0.0
    silent: bool = False


@dataclass
class Quirks:
    """Behaviours seen on real models (see the makers' notes in the protocol document)."""

    rejects_clear: bool = False
    no_acknowledgement: bool = False
    socket_always_one: bool = False
    answers_on_port: int = 0
    network_change_at_start: bool = False
    model: bytes = bytes.fromhex("0001051c0102")
    sockets: int = 2
    steps_per_degree: float = STEPS_PER_DEGREE
    """As this model counts its angles; the head itself counts as a BRC-X400."""
    speeds: tuple[float, ...] = ()
    """Degrees a second of each speed code, from 1; evenly up to 101 when empty."""


LEVELS = (0x43, 0x44, 0x4A, 0x4B, 0x4C)
Reply = Callable[[bytes], None]
AT_ONCE = (b"\x06\x01", b"\x04\x07")
"""Drives and their stops begin at once and end at once: they need no room among the moves under way."""


def number(nibbles: bytes, signed: bool = False) -> int:
    """A number sent on low nibbles."""
    value = 0
    for nibble in nibbles:
        value = value * 16 + nibble % 16
    top = 16 ** len(nibbles)
    return value - top if signed and value >= top // 2 else value


def nibbles(value: float, count: int) -> bytes:
    """The low nibbles of a number."""
    whole = round(value) % 16**count
    return bytes(whole // 16**i % 16 for i in reversed(range(count)))


class ViscaCamera:
    """The camera: carries out messages on its head, answers as the makers write. Use cases are its plain methods."""

    def __init__(
        self, head: Head | None = None, quirks: Quirks | None = None, faults: Faults | None = None
    ) -> None:
        self.head = head or Head()
        self.quirks = quirks or Quirks()
        self.faults = faults or Faults()
        self.random = random.Random(self.faults.seed)
        self.received: list[bytes] = []
        self.image = {0x35: 0, 0x39: 0, 0x43: 0x80, 0x44: 0x90, 0x4A: 0x06, 0x4B: 0x0D, 0x4C: 0x02}
        """Modes of white balance and exposure; red and blue gains, shutter, iris, gain."""
        self._scale = STEPS_PER_DEGREE / self.quirks.steps_per_degree
        self._busy: dict[int, Callable[[], None]] = {}
        self._commands = {
            bytes.fromhex("0001"): self._clear,
            bytes.fromhex("0400"): self._power,
            bytes.fromhex("0601"): self._drive,
            bytes.fromhex("0602"): self._absolute,
            bytes.fromhex("0604"): self._home,
            bytes.fromhex("0447"): self._zoom_direct,
            bytes.fromhex("0407"): self._zoom_drive,
            bytes.fromhex("043f"): self._preset,
            bytes.fromhex("0438"): self._focus_mode,
            bytes.fromhex("0448"): self._focus_direct,
            bytes.fromhex("0418"): self._focus_once,
            bytes.fromhex("0435"): self._mode,
            bytes.fromhex("0439"): self._mode,
            **{bytes((0x04, code)): self._level for code in LEVELS},
            bytes.fromhex("7e01"): self._extended,
            bytes.fromhex("7e04"): lambda body: None,
            bytes.fromhex("0607"): self._limit,
        }

    # -- use cases --------------------------------------------------------------------------------------------------

    def switch_off(self) -> None:
        """To stand-by: commands are refused, inquiries answered."""
        self.head.power = False

    def open_menu(self, opened: bool = True) -> None:
        """While its menu shows, a Sony answers « not executable »."""
        self.head.menu = opened

    def move_by_hand(self, pan_degrees: float, tilt_degrees: float) -> None:
        """Somebody else turns the camera."""
        self.head.pan.go(pan_degrees * STEPS_PER_DEGREE, 5171.0)
        self.head.tilt.go(tilt_degrees * STEPS_PER_DEGREE, 4659.0)

    def reboot(self) -> None:
        """Forget what is under way."""
        self._busy.clear()
        for axis in (self.head.pan, self.head.tilt, self.head.zoom):
            axis.drive(0.0)

    def advance(self, seconds: float) -> None:
        """Let time pass; commands that moved complete when the head rests."""
        self.head.advance(seconds)
        self.complete()

    def complete(self) -> None:
        """Commands that moved complete when the head rests."""
        if not self.head.moving:
            for finish in tuple(self._busy.values()):
                finish()
            self._busy.clear()

    # -- messages ---------------------------------------------------------------------------------------------------

    def handle(self, message: bytes, reply: Reply) -> None:
        """One VISCA message, ``FF`` included."""
        self.received.append(message)
        if len(message) < 3 or message[-1] != 0xFF:
            reply(bytes.fromhex("906002ff"))
        elif message[1] == 0x09:
            self._inquiry(message[2:-1], reply)
        elif message[1] == 0x01:
            self._command(message[2:-1], reply)
        elif message[1] & 0xF0 == 0x20:
            self._cancel(message[1] & 0x0F, reply)
        else:
            reply(bytes.fromhex("906002ff"))

    def _command(self, body: bytes, reply: Reply) -> None:
        head = self.head
        action = self._commands.get(body[:2])
        if action is None:
            reply(bytes.fromhex("906002ff"))
        elif body[:2] == b"\x00\x01" and self.quirks.rejects_clear:
            reply(bytes.fromhex("906002ff"))
        elif (not head.power and body[:2] != b"\x04\x00") or head.menu:
            reply(bytes.fromhex("906141ff"))
        elif len(self._busy) >= self.quirks.sockets and body[:2] not in AT_ONCE:
            reply(bytes.fromhex("906003ff"))
        else:
            self._carry_out(action, body, reply)

    def _carry_out(self, action: Callable[[bytes], object], body: bytes, reply: Reply) -> None:
        try:
            action(body)
        except (IndexError, KeyError, ValueError):
            reply(bytes.fromhex("906002ff"))
            return
        free = [n for n in range(1, self.quirks.sockets + 2) if n not in self._busy]
        socket = 1 if self.quirks.socket_always_one else free[0]
        if not self.quirks.no_acknowledgement:
            reply(bytes((0x90, 0x40 + socket, 0xFF)))
        completion = bytes((0x90, 0x50 + socket, 0xFF))
        travels = body[:2] in (b"\x06\x02", b"\x06\x04", b"\x04\x47") or body[:3] == b"\x04\x3f\x02"
        if travels and self.head.moving:
            self._busy[free[0]] = lambda: reply(completion)
        else:
            reply(completion)

    def _cancel(self, socket: int, reply: Reply) -> None:
        if self._busy.pop(socket, None) is None:
            reply(bytes((0x90, 0x60 + socket, 0x05, 0xFF)))
            return
        for axis in (self.head.pan, self.head.tilt, self.head.zoom):
            axis.drive(0.0)
        reply(bytes((0x90, 0x60 + socket, 0x04, 0xFF)))

    def _inquiry(self, body: bytes, reply: Reply) -> None:
        answers: dict[str, Callable[[], bytes]] = {
            "0002": lambda: self.quirks.model + bytes((self.quirks.sockets,)),
            "0400": lambda: b"\x02" if self.head.power else b"\x03",
            "0612": lambda: (
                nibbles(self.head.pan.position / self._scale, 4)
                + nibbles(self.head.tilt.position / self._scale, 4)
            ),
            "0610": self._status,
            "0447": lambda: nibbles(self.head.zoom.position, 4),
            "0448": lambda: nibbles(self.head.focus, 4),
            "0438": lambda: b"\x02" if self.head.focus_auto else b"\x03",
            "043f": lambda: bytes((self.head.last_preset,)),
            "7e7e00": self._lens_block,
            "0435": lambda: bytes((self.image[0x35],)),
            "0439": lambda: bytes((self.image[0x39],)),
            **{f"04{code:02x}": partial(self._told, code) for code in LEVELS},
        }
        answer = answers.get(body.hex())
        reply(b"\x90\x50" + answer() + b"\xff" if answer else bytes.fromhex("906002ff"))

    def _status(self) -> bytes:
        """Bits of the BRC list: ends of travel low, then moving (4) / complete (8) for pan-tilt."""
        moving = self.head.pan.moving or self.head.tilt.moving
        ends = (self.head.pan.position <= self.head.pan.low) | (
            self.head.pan.position >= self.head.pan.high
        ) << 1
        return bytes((0x20 | (0x04 if moving else 0x08), ends))

    def _lens_block(self) -> bytes:
        zoom, focus = nibbles(self.head.zoom.position, 4), nibbles(self.head.focus, 4)
        executing = self.head.zoom.moving | self.head.recalling << 2
        return zoom + b"\x00\x00" + focus + b"\x00" + bytes((0x01, executing))

    # -- commands ---------------------------------------------------------------------------------------------------

    def _clear(self, body: bytes) -> None:
        self._busy.clear()

    def _power(self, body: bytes) -> None:
        self.head.power = {0x02: True, 0x03: False}[body[2]]

    def _drive(self, body: bytes) -> None:
        pan_speed, tilt_speed, pan_way, tilt_way = body[2:6]
        pan = {1: -1, 2: 1, 3: 0}[pan_way] * self._share(pan_speed) * 5171.0
        tilt = {1: 1, 2: -1, 3: 0}[tilt_way] * self._share(tilt_speed) * 4659.0
        self.head.pan.drive(pan)
        self.head.tilt.drive(tilt)

    def _absolute(self, body: bytes) -> None:
        speed = self._share(body[2])
        pan, tilt = body[4:-4], body[-4:]
        self.head.pan.go(number(pan, signed=True) * self._scale, 5171.0 * speed)
        self.head.tilt.go(number(tilt, signed=True) * self._scale, 4659.0 * speed)

    def _share(self, code: int) -> float:
        """A speed code as a share of full speed."""
        speeds = self.quirks.speeds
        return speeds[min(code, len(speeds)) - 1] / 101.0 if speeds and code else code / 0x18

    def _home(self, body: bytes) -> None:
        self.head.pan.go(0.0, 5171.0)
        self.head.tilt.go(0.0, 4659.0)

    def _zoom_direct(self, body: bytes) -> None:
        self.head.zoom.go(number(body[2:6]), 6000.0)

    def _zoom_drive(self, body: bytes) -> None:
        way, speed = body[2] & 0xF0, body[2] & 0x0F
        self.head.zoom.drive({0x00: 0.0, 0x20: 1.0, 0x30: -1.0}[way] * (speed + 1) / 8 * 6000.0)

    def _preset(self, body: bytes) -> None:
        action, slot = body[2], body[3]
        head = self.head
        if action == 1:
            head.presets[slot] = (head.pan.position, head.tilt.position, head.zoom.position)
        elif action == 2 and slot in head.presets:
            pan, tilt, zoom = head.presets[slot]
            head.pan.go(pan, 15_360.0)
            head.tilt.go(tilt, 6451.0)
            head.zoom.go(zoom, 6000.0)
            head.last_preset, head.recalling = slot, True
        elif action == 0:
            head.presets.pop(slot, None)

    def _told(self, code: int) -> bytes:
        return bytes(2) + nibbles(self.image[code], 2)

    def _mode(self, body: bytes) -> None:
        self.image[body[1]] = body[2]

    def _level(self, body: bytes) -> None:
        """Obeyed in manual mode only: exposure 3, white balance 5."""
        manual = self.image[0x39] == 3 if body[1] >= 0x4A else self.image[0x35] == 5
        if manual:
            self.image[body[1]] = number(body[4:6])

    def _focus_mode(self, body: bytes) -> None:
        self.head.focus_auto = {0x02: True, 0x03: False}[body[2]]

    def _focus_once(self, body: bytes) -> None:
        """It finds the sharp place again, and stays there."""
        self.head.focus = 0x2200

    def _focus_direct(self, body: bytes) -> None:
        self.head.focus = number(body[2:6])

    def _extended(self, body: bytes) -> None:
        if body[2:4] == b"\x0a\x00":
            self.head.red = {0x02: True, 0x03: False}[body[4]]

    def _limit(self, body: bytes) -> None:
        """Corners of the mechanical limits: 0 sets, 1 clears; 0 down-left, 1 up-right."""
        clears, up_right = body[2], body[3]
        pan, tilt = (number(part, signed=True) * self._scale for part in (body[4:8], body[8:12]))
        if up_right:
            self.head.pan.high, self.head.tilt.high = (8704.0, 4608.0) if clears else (pan, tilt)
        else:
            self.head.pan.low, self.head.tilt.low = (-8704.0, -1024.0) if clears else (pan, tilt)

"""Panasonic AW cameras on the wire, without I/O: commands, answers, pushed notifications.

Commands go in the query of an HTTP GET: ``aw_ptz`` for the head and the lens (they start with ``#``), ``aw_cam`` for the image.
Notifications come on a TCP connection that the camera opens to us: 22 bytes (its address and clock), a size on two bytes, 4
bytes, the information (CR LF, command, CR LF, zeros up to a multiple of four), 24 bytes; the size counts the information and 8.

Sources: AW-UE80/UE50/UE40 and AW-HE40 interface specifications; big-endian size by a frame captured from an AW-UE80
(companion-module-panasonic-cameras).
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from camera_drivers.base import CameraRefused, Position, Speeds
from camera_drivers.geometry import Axis, Lens, Zoom

SPACING = 0.13
"""Seconds between two commands (AW-HE40 specification; newer models take 40 ms)."""
PAN = Axis(121.37, -175.0, 175.0, 0x8000)
TILT = Axis(-121.37, -30.0, 90.0, 0x8000)
"""« Tilt up to down limit »: the count falls when it looks up."""
ZOOM = Zoom(((0x555, 1.0), (0xFFF, 30.0)))
"""Ends of an AW-HE40; what is between is to be calibrated."""
ZOOM_OF = "AW-HE40"
LENS = Lens(65.0)
STOP = 50
PRESETS = 100
HEAD, SIZE_AT, TAIL, EXTRA = 28, 22, 24, 8
MAX_SIZE = 512

_PLACE = re.compile(r"^aPC([0-9A-F]{4})([0-9A-F]{4})$")
_ZOOM = re.compile(r"^gz([0-9A-F]{3})$")
_REFUSED = re.compile(r"^e?E?R([123])(:|$)")
_REASONS = {
    "1": ("unsupported command", False),
    "2": ("busy or in stand-by", True),
    "3": ("out of the acceptable range", False),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One command. ``merge``: an unsent one of the same word gives way to a newer; ``urgent`` goes first."""

    command: str
    merge: str = ""
    urgent: bool = False

    @property
    def path(self) -> str:
        """What to GET."""
        cgi = "aw_ptz" if self.command.startswith("#") else "aw_cam"
        return f"/cgi-bin/{cgi}?cmd={quote(self.command, safe=':')}&res=1"


PLACE, ZOOM_PLACE, POWER, MODEL = Request("#APC"), Request("#GZ"), Request("#O"), Request("QID")


def go_to(target: Position, speed: float, lens: Zoom = ZOOM) -> list[Request]:
    """To an absolute position, at a speed from 0 to 1 (thirty steps of the fast table)."""
    step = max(0, min(0x1D, round(speed * 0x1D)))
    turn = f"#APS{PAN.steps(target.pan):04X}{TILT.steps(target.tilt):04X}{step:02X}2"
    requests = [Request(turn, "pan_tilt"), Request(f"#AXZ{lens.position(target.zoom):03X}", "zoom")]
    if target.focus is not None:
        requests.append(Request(f"#AXF{max(0x555, min(0xFFF, target.focus)):03X}", "focus"))
    return requests


def drive(speeds: Speeds) -> list[Request]:
    """At a speed, until told otherwise."""
    turn = f"#PTS{_pace(speeds.pan):02d}{_pace(speeds.tilt):02d}"
    return [Request(turn, "pan_tilt"), Request(f"#Z{_pace(speeds.zoom):02d}", "zoom")]


def stop() -> list[Request]:
    """Everything stops."""
    return [Request(f"#PTS{STOP}{STOP}", "pan_tilt", True), Request(f"#Z{STOP}", "zoom", True)]


def preset(action: str, number: int) -> Request:
    """``R`` recalls, ``M`` stores a memory counted from 1. Raises CameraRefused when there is none such."""
    if not 1 <= number <= PRESETS:
        raise CameraRefused(f"no memory {number}")
    return Request(f"#{action}{number - 1:02d}", "pan_tilt" if action == "R" else "")


def tally(red: bool, green: bool) -> list[Request]:
    """The whole state of the lamp."""
    return [Request(f"TLR:{int(red)}", "red"), Request(f"TLG:{int(green)}", "green")]


def _pace(speed: float) -> int:
    """1 full one way, 50 still, 99 full the other way."""
    return STOP + round(max(-1.0, min(1.0, speed)) * (STOP - 1))


def checked(answer: str) -> str:
    """The answer itself. Raises CameraRefused when it is an error."""
    refused = _REFUSED.match(answer)
    if refused is not None:
        raise CameraRefused(*_REASONS[refused[1]])
    return answer


def place(answer: str) -> tuple[float, float] | None:
    """Pan and tilt in degrees, from ``aPC``."""
    found = _PLACE.match(answer)
    return (PAN.degrees(int(found[1], 16)), TILT.degrees(int(found[2], 16))) if found else None


def zoom(answer: str, lens: Zoom = ZOOM) -> float | None:
    """Magnification, from ``gz``."""
    found = _ZOOM.match(answer)
    return lens.magnification(int(found[1], 16)) if found else None


class Notifications:
    """Cuts the stream that a camera pushes into commands, whatever the pieces it arrives in.

    A size that no frame can have means that we are out of step: :attr:`broken`, and the connection is to be closed.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self.broken = False

    def feed(self, data: bytes) -> list[str]:
        """Commands that are complete now."""
        self._pending += data
        found = []
        while not self.broken and len(self._pending) >= HEAD:
            size = int.from_bytes(self._pending[SIZE_AT : SIZE_AT + 2])
            if not EXTRA <= size <= MAX_SIZE:
                self.broken = True
                self._pending.clear()
                break
            end = HEAD + size - EXTRA
            if len(self._pending) < end + TAIL:
                break
            text = self._pending[HEAD:end].decode("ascii", "replace").strip("\r\n\0 ")
            if text:
                found.append(text)
            del self._pending[: end + TAIL]
        return found

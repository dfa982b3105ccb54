"""What a VISCA conversation tells, and what it must know of a camera: values."""

from dataclasses import dataclass
from enum import Enum

SOCKETS = 2


class Ending(Enum):
    """How a message ended."""

    DONE = "done"
    REFUSED = "refused"
    LOST = "lost"
    REPLACED = "replaced"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one message. ``error`` is the camera's code when it refused; ``data`` an inquiry's answer."""

    ticket: int
    ending: Ending
    error: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Lost:
    """The camera answers no more."""


@dataclass(frozen=True, slots=True)
class Back:
    """The camera answers, for the first time or again."""


@dataclass(frozen=True, slots=True)
class NetworkChange:
    """The camera says that its network changed; nothing to do."""


Event = Outcome | Lost | Back | NetworkChange


@dataclass(slots=True)
class Counters:
    """Telemetry of one camera."""

    sent: int = 0
    repeated: int = 0
    timeouts: int = 0
    unexpected: int = 0
    resets: int = 0


@dataclass(slots=True)
class Options:
    """What differs from camera to camera; see :mod:`camera_drivers.quirks`.

    ``header``: Sony's VISCA over IP, else raw bytes. ``meaningless_error_socket``: an error's socket nibble says nothing.
    ``acknowledges``: some answer with the completion alone. ``accepts_reset``: the sequence can be reset.
    """

    header: bool = True
    meaningless_error_socket: bool = False
    acknowledges: bool = True
    accepts_reset: bool = True
    sockets: int = SOCKETS

"""Troubles of a camera, set at the start or while it runs; what is left to chance is drawn from one seed."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """A knob."""

    FREEZE = "freeze"
    """The same picture over and over."""
    STOP = "stop"
    """No byte leaves; connections stay."""
    DROP = "drop"
    """A share of the pieces is lost (value 0–1, default 0.05)."""
    REBOOT = "reboot"
    """Connections close; nobody answers until it is over."""
    GARBAGE = "garbage"
    """Random bytes instead of the stream."""
    SLOW = "slow"
    """A trickle: one piece in ten, and late."""
    LIE = "lie"
    """Timestamps jump back and forth by a minute."""
    RESIZE = "resize"
    """Half the size, from a keyframe on."""
    MUTE = "mute"
    """Its sound is gone."""
    BLACK = "black"
    """A black picture."""


_SPEC = re.compile(
    r"^(?P<camera>\w+):(?P<fault>\w+)(=(?P<value>[\d.]+))?(@(?P<start>[\d.]+)s?)?(\+(?P<length>[\d.]+)s?)?$"
)


@dataclass(frozen=True, slots=True)
class Planned:
    """A trouble to come: ``cam2:freeze@20s+5s``, ``cam3:drop=0.1``. Without an end it lasts."""

    camera: str
    fault: Fault
    start: float = 0.0
    length: float | None = None
    value: float = 0.05

    @classmethod
    def parse(cls, text: str) -> "Planned":
        """Read one. Raises ValueError that says what was expected."""
        found = _SPEC.match(text)
        if found is None or found["fault"] not in list(Fault):
            raise ValueError(
                f"{text!r}: expected CAMERA:FAULT[=VALUE][@START][+LENGTH], FAULT one of {', '.join(Fault)}"
            )
        length = float(found["length"]) if found["length"] else None
        return cls(
            found["camera"],
            Fault(found["fault"]),
            float(found["start"] or 0),
            length,
            float(found["value"] or 0.05),
        )

    def active(self, seconds: float) -> bool:
        """Is it on, so many seconds after the start?"""
        return seconds >= self.start and (self.length is None or seconds < self.start + self.length)


@dataclass
class Troubles:
    """The troubles of one camera."""

    seed: int
    planned: list[Planned] = field(default_factory=list)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def set(self, fault: Fault, now: float, seconds: float | None = None, value: float = 0.05) -> None:
        """Begin one now."""
        self.planned.append(Planned("", fault, now, seconds, value))

    def clear(self, fault: Fault | None = None) -> None:
        """End one, or all."""
        self.planned = [p for p in self.planned if fault is not None and p.fault is not fault]

    def has(self, fault: Fault, now: float) -> bool:
        """Is it on?"""
        return any(p.fault is fault and p.active(now) for p in self.planned)

    def spoil(self, piece: bytes, now: float) -> bytes | None:
        """What leaves of a piece of the stream: as it is, random bytes, or nothing."""
        if self.has(Fault.STOP, now) or self.has(Fault.REBOOT, now):
            return None
        if self.has(Fault.SLOW, now) and self.random.random() < 0.9:
            return None
        for planned in self.planned:
            if planned.fault is Fault.DROP and planned.active(now) and self.random.random() < planned.value:
                return None
        return self.random.randbytes(len(piece)) if self.has(Fault.GARBAGE, now) else piece

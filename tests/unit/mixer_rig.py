"""Pictures of one colour, sources that do as they are told, and a clock that moves when asked: what tests of the mixer stand on."""

import hashlib

import av
import numpy as np

from config.schema import Town
from regie.board import Decoding, SourceState, SourceStatus
from regie.domain.timeline import MediaTime
from regie.media.colour import blank, fill, planes_of
from regie.media.frames import Picture, ProgrammeFormat, Sound

FORMAT = ProgrammeFormat(1280, 720, 25)
TICK = FORMAT.tick
TOWN = Town(nom="Valmont-sur-Loire", couleur="#1d4e89")


def flat(y: int, u: int = 128, v: int = 128, fmt: ProgrammeFormat = FORMAT) -> av.VideoFrame:
    """A picture of one colour."""
    frame = blank(fmt.width, fmt.height)
    fill(planes_of(frame), (y, u, v))
    return frame


def ramp(fmt: ProgrammeFormat = FORMAT) -> av.VideoFrame:
    """Luma from 16 at the left to 235 at the right, blue-difference from 40 at the top to 200 at the bottom."""
    frame = flat(128, fmt=fmt)
    y, u, _ = planes_of(frame)
    y[:] = np.linspace(16, 235, y.shape[1]).astype(np.uint8)
    u[:] = np.linspace(40, 200, u.shape[0]).astype(np.uint8)[:, None]
    return frame


def colour_at(frame: av.VideoFrame, x: int, y: int) -> tuple[int, int, int]:
    """Y, U, V at a luma pixel."""
    luma, u, v = planes_of(frame)
    return int(luma[y, x]), int(u[y // 2, x // 2]), int(v[y // 2, x // 2])


def content(frame: av.VideoFrame) -> str:
    """A fingerprint of what is in a picture."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in planes_of(frame))).hexdigest()


class FakeSource:
    """Gives a new picture each tick, of one colour, dated ``delay`` before; until it is made stale, away or not ready."""

    def __init__(self, name: str, luma: int = 100, delay: int = 0) -> None:
        self._name = name
        self._delay = delay
        self.frame = flat(luma)
        self.frozen_at: int | None = None
        self.away = False
        self.ready = True
        self.state = SourceState.LIVE
        self.decoding = Decoding.FULL
        self.sound: float | None = None

    @property
    def id(self) -> str:
        return self._name

    def picture_at(self, t: MediaTime) -> Picture | None:
        if self.away:
            return None
        shown = t if self.frozen_at is None else min(t, self.frozen_at)
        return Picture(self.frame, MediaTime(shown - self._delay))

    def sound_at(self, t: MediaTime, samples: int) -> Sound | None:
        """A constant: what comes out is then what was done to it."""
        return None if self.sound is None else np.full((2, samples), self.sound, np.float32)

    def want(self, decoding: Decoding) -> None:
        self.decoding = decoding

    def is_ready(self) -> bool:
        return self.ready

    def status(self) -> SourceStatus:
        return SourceStatus(
            id=self.id,
            name=f"Caméra {self.id}",
            kind="rtsp",
            state=self.state,
            decoding=self.decoding,
        )

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

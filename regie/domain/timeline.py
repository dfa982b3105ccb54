"""Integer time.

Every picture and every sound carries a :data:`MediaTime`: samples at 48 kHz since the start of the engine's run.
25, 30, 50 and 60 pictures a second divide it exactly; no other rate is accepted.
"""

from typing import NewType

import msgspec

SAMPLE_RATE = 48_000
MediaTime = NewType("MediaTime", int)
FRAME_RATES = (25, 30, 50, 60)


def frame_samples(fps: int) -> int:
    """Samples that one picture lasts. Raises ValueError for a rate that does not divide 48 kHz as the design asks."""
    if fps not in FRAME_RATES:
        raise ValueError(f"{fps} pictures a second is not one of {FRAME_RATES}")
    return SAMPLE_RATE // fps


def from_ms(ms: int) -> MediaTime:
    """Milliseconds to samples, exact."""
    return MediaTime(ms * (SAMPLE_RATE // 1000))


def to_ms(t: int) -> int:
    """Samples to whole milliseconds, rounded down."""
    return t * 1000 // SAMPLE_RATE


class Span(msgspec.Struct, frozen=True):
    """A stretch of media time, start included, end excluded; ``end`` None is not closed yet and covers all that follows."""

    start: MediaTime
    end: MediaTime | None = None

    def covers(self, t: int) -> bool:
        """Is this instant inside?"""
        return t >= self.start and (self.end is None or t < self.end)

    def touches(self, start: int, end: int) -> bool:
        """Does any instant of [start, end[ lie inside?"""
        return end > self.start and (self.end is None or start < self.end)


class Epoch(msgspec.Struct, frozen=True):
    """Maps one run of the engine to the world: which run, and the UTC instant (nanoseconds) of its sample 0."""

    run: str
    utc_ns: int

    def utc_ns_of(self, t: int) -> int:
        """UTC nanoseconds of an instant of this run."""
        return self.utc_ns + t * 1_000_000_000 // SAMPLE_RATE

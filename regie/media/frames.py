"""Pictures and sound on their way, and what may be seen by whom.

What comes before the delay line is :class:`Live`; only the delay line makes :class:`Cleared` (through :func:`clear`, which the
import contracts reserve to it); public outputs accept only ``Cleared``. Wiring a live packet to a public output is a type error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import av
import numpy as np
from numpy.typing import NDArray

from regie.board import Decoding, SourceStatus
from regie.domain.model import SourceId
from regie.domain.timeline import MediaTime, frame_samples

T = TypeVar("T", covariant=True)
Plane = NDArray[np.uint8]
Sound = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Live(Generic[T]):
    """Before the delay: for the rooms, the monitors and the sealed master only."""

    value: T


@dataclass(frozen=True, slots=True)
class Cleared(Generic[T]):
    """After the delay: may leave the building. Made only by :func:`clear`."""

    value: T


U = TypeVar("U")
clear: Callable[[U], Cleared[U]] = Cleared
"""The gate from Live to Cleared. Called in ``regie.media.delay`` and nowhere else (checked by the tests)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: yuv420p at the programme's size. Never draw into it: several readers have it."""

    frame: av.VideoFrame
    at: MediaTime


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """One H.264 access unit, Annex B; ``key`` ones start with their parameter sets. ``at`` is its presentation time."""

    data: bytes
    at: MediaTime
    duration: int
    key: bool
    tier: str


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """PCM: float32, shape (2, n), in [-1, 1], its first sample at ``at``."""

    samples: Sound
    at: MediaTime


@dataclass(frozen=True, slots=True)
class EncodedSound:
    """One AAC-LC access unit (1024 samples, no ADTS header); ``at`` may start at -1024 (the encoder's priming).

    ``tier`` is ``main`` for the sound that goes with pictures, ``son`` for the light one (sound only, 240p).
    """

    data: bytes
    at: MediaTime
    duration: int = 1024
    tier: str = "main"


@dataclass(frozen=True, slots=True)
class ProgrammeFormat:
    """Size and rate of the programme; every :class:`Picture` has this size."""

    width: int
    height: int
    fps: int

    @property
    def tick(self) -> int:
        """Samples that one picture lasts."""
        return frame_samples(self.fps)


@dataclass(frozen=True, slots=True)
class TierFormat:
    """What a muxer must know of one rendition. ``video`` is None for sound only; ``heard``: the :class:`EncodedSound` tier that
    goes with it. Templates are read, never encoded with."""

    tier: str
    width: int
    height: int
    fps: int
    bitrate: int
    video: av.VideoStream | None
    sound: av.AudioStream
    heard: str


class Source(Protocol):
    """Anything that yields pictures or sound; whatever happens to it, it always answers.

    Called from the mixer thread; none of these waits.
    """

    @property
    def id(self) -> SourceId:
        """Its name in shots and commands."""

    def picture_at(self, t: MediaTime) -> Picture | None:
        """The picture due at programme time ``t`` (its frame-sync delay included); None before its first picture."""

    def sound_at(self, t: MediaTime, samples: int) -> Sound | None:
        """Sound (2, samples) due from programme time ``t``, delayed like the picture; None when there is none."""

    def want(self, decoding: Decoding) -> None:
        """How much to decode from now on (NONE, KEYFRAMES or FULL)."""

    def is_ready(self) -> bool:
        """Decoded in full and caught up: may go on air at this very tick."""

    def status(self) -> SourceStatus:
        """For the board."""

    def start(self) -> None:
        """Begin, in its own threads."""

    def stop(self) -> None:
        """End, and free what it holds; safe to call twice."""


@runtime_checkable
class Microphones(Protocol):
    """A source whose channels are microphones."""

    def channels_at(self, t: MediaTime, samples: int) -> Sound | None:
        """What each microphone says (channels, samples), due from programme time ``t``; None when there is nothing."""


class PublicReader(Protocol):
    """A public output: gets cleared packets, in order, through its own bounded ring. Never blocks the caller."""

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        """One picture of any rendition; it takes the ones it wants."""

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        """One sound unit."""

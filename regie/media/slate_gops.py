"""Slates as GOPs that may stand in for the programme's: same encoder, same parameter sets, byte for byte.

All are drawn and encoded again each minute, for they bear the time: in the thread ``slate-gops``, the one in use first and whole,
the others as a start of :data:`SPARE_S`, which is as much as is shown before they are in use in their turn. Whoever asks gets at
once the newest that exists.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import av

from regie.clock import Clock
from regie.domain.model import SlateName
from regie.domain.timeline import MediaTime, frame_samples
from regie.errors import RegieError
from regie.media.encoder import H264Encoder, Shrinker, TierSpec, planes
from regie.media.frames import Picture

log = logging.getLogger(__name__)

MINUTE_NS = 60_000_000_000
SPARE_S = 0.4
"""What is kept of a slate that is not in use: long enough to make the whole one, a third of its cost."""
DrawSlate = Callable[[SlateName, int], Picture]
"""Draws a slate at the programme's size as it must look at a UTC instant (nanoseconds)."""


class ParameterSetsDiffer(RegieError):
    """The slates could not stand in for the programme's pictures: a player would show garbage. Nothing must go out."""

    code = "parametres_differents"


@dataclass(frozen=True, slots=True)
class SlateGop:
    """A slate in one rendition, a second at most: access units, the first an IDR with its parameter sets."""

    name: SlateName
    units: tuple[bytes, ...]
    parameter_sets: bytes


def encode_gop(spec: TierSpec, name: SlateName, picture: Picture, seconds: float = 1.0) -> SlateGop:
    """Encode a slate's picture as one closed GOP of this rendition."""
    count = max(1, round(seconds * spec.fps))
    tick = frame_samples(spec.fps)
    frame = picture.frame
    if (frame.width, frame.height) != (spec.width, spec.height):
        frame = av.VideoFrame(spec.width, spec.height, "yuv420p")
        Shrinker().shrink(planes(picture.frame), planes(frame))
    encoder = H264Encoder(spec)
    try:
        encoded = [encoder.encode(Picture(frame, MediaTime(n * tick)), key=n == 0) for n in range(count)]
        units = tuple(unit.data for unit in encoded if unit is not None)
        if len(units) != count:
            raise ParameterSetsDiffer("x264 kept pictures back", tier=spec.tier)
        return SlateGop(name, units, encoder.parameter_sets)
    finally:
        encoder.close()


class SlateGops:
    """The slates of every rendition, kept fresh."""

    def __init__(self, specs: Sequence[TierSpec], draw: DrawSlate, clock: Clock) -> None:
        self._specs = tuple(specs)
        self._draw = draw
        self._clock = clock
        self._lock = threading.Lock()
        self._gops: dict[tuple[str, SlateName], SlateGop] = {}
        self._minutes: dict[SlateName, int] = {}
        self._whole: set[SlateName] = set()
        self._current: SlateName | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slate-gops", daemon=True)

    def prepare(self, name: SlateName, seconds: float = 1.0) -> None:
        """Draw and encode one slate in every rendition now, in the caller's thread."""
        now = self._clock.utc_ns()
        picture = self._draw(name, now)
        fresh = {(spec.tier, name): encode_gop(spec, name, picture, seconds) for spec in self._specs}
        with self._lock:
            self._gops.update(fresh)
            self._minutes[name] = now // MINUTE_NS
            self._whole = self._whole | {name} if seconds >= 1.0 else self._whole - {name}

    def check(self, parameter_sets: Mapping[str, bytes]) -> None:
        """Compare with the programme's own, per rendition. Raises ParameterSetsDiffer."""
        with self._lock:
            gops = tuple(self._gops.items())
        for (tier, _), gop in gops:
            if gop.parameter_sets != parameter_sets[tier]:
                raise ParameterSetsDiffer(
                    "a slate's parameter sets are not those of the programme", tier=tier
                )

    def start(self) -> None:
        """Prepare the other slates, and keep them all fresh."""
        self._thread.start()

    def gop(self, name: SlateName, tier: str) -> SlateGop:
        """The newest of a slate in a rendition; while it is being made, any other slate: a slate all the same. Never waits."""
        with self._lock:
            if self._current is not name:
                self._current = name
                self._wake.set()
            found = self._gops.get((tier, name))
            return found or next(gop for (t, _), gop in self._gops.items() if t == tier)

    def newest(self, name: SlateName, tier: str) -> SlateGop | None:
        """What there is of a slate, which is not in use by that."""
        with self._lock:
            return self._gops.get((tier, name))

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            # Cleared before looking: what is asked for meanwhile is not missed.
            self._wake.clear()
            due = self._due()
            if due is not None:
                self._refresh(due)
            else:
                self._wake.wait((MINUTE_NS - self._clock.utc_ns() % MINUTE_NS) / 1e9)

    def _due(self) -> SlateName | None:
        """The slate to make now; the one in use goes first."""
        minute = self._clock.utc_ns() // MINUTE_NS
        current = self._current
        if current is not None and (self._minutes.get(current) != minute or current not in self._whole):
            return current
        return next((name for name in SlateName if self._minutes.get(name) != minute), None)

    def _refresh(self, name: SlateName) -> None:
        in_use = name is self._current
        try:
            self.prepare(name, 1.0 if in_use else SPARE_S)
        except (av.error.FFmpegError, RegieError, OSError, ValueError) as error:
            # The old one stays in use: a clock that is late is better than no slate.
            log.error("slate %s could not be made: %s", name.value, type(error).__name__)
            with self._lock:
                self._minutes[name] = self._clock.utc_ns() // MINUTE_NS
                self._whole = self._whole | {name}

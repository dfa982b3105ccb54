"""What the delay line asks at the exit, at the last instant: may this leave?

Three sets of masks, all in media time of the programme: ``antenna`` (a slate and silence replace everything), ``picture`` (a
slate replaces the picture, the sound stays) and ``sound`` (a tone replaces the sound). The safe state is the starting one: the
antenna is masked from before the beginning, until a person gives it.
"""

import threading
from dataclasses import dataclass

from regie.domain.model import SlateName
from regie.domain.redaction import Redactions
from regie.domain.timeline import MediaTime, Span

ALWAYS = MediaTime(-(1 << 62))
"""Before anything this run can hold."""


@dataclass(frozen=True, slots=True)
class HiddenSound:
    """What of the sound must not leave: spans of silence, and spans of tone."""

    silence: tuple[Span, ...]
    tone: tuple[Span, ...]


class Gate:
    """The masks of this run. Thread-safe; no call waits."""

    def __init__(self, slate: SlateName) -> None:
        self._lock = threading.Lock()
        self._antenna = Redactions().open(slate.value, ALWAYS)
        self._picture = Redactions()
        self._sound = Redactions()
        self._slate = slate

    def antenna_off(self, slate: SlateName, start: MediaTime) -> None:
        """From ``start`` on the public gets this slate and silence."""
        with self._lock:
            for other in SlateName:
                if other is not slate:
                    self._antenna = self._antenna.close(other.value, start)
            self._antenna = self._antenna.open(slate.value, start)
            self._slate = slate

    def antenna_on(self, start: MediaTime) -> None:
        """From ``start`` on the public gets the programme."""
        with self._lock:
            for slate in SlateName:
                self._antenna = self._antenna.close(slate.value, start)

    def mask_picture(self, start: MediaTime, slate: SlateName = SlateName.PAUSE) -> None:
        """From ``start`` on a slate replaces the picture; the sound goes on."""
        with self._lock:
            self._picture = self._picture.open(slate.value, start)

    def unmask_picture(self, end: MediaTime, slate: SlateName = SlateName.PAUSE) -> None:
        """The picture may be seen again from ``end`` on."""
        with self._lock:
            self._picture = self._picture.close(slate.value, end)

    def bleep(self, key: str, start: MediaTime) -> None:
        """From ``start`` on a tone replaces the sound."""
        with self._lock:
            self._sound = self._sound.open(key, start)

    def unbleep(self, key: str, end: MediaTime) -> None:
        """The sound may be heard again from ``end`` on."""
        with self._lock:
            self._sound = self._sound.close(key, end)

    def slate_for(self, start: int, end: int) -> SlateName | None:
        """The slate that replaces the picture of [start, end[; None when it may leave."""
        with self._lock:
            antenna, picture = self._antenna, self._picture
        holders = picture.holders(start, end) + antenna.holders(start, end)
        return SlateName(holders[-1]) if holders else None

    def hidden_sound(self, start: int, end: int) -> HiddenSound:
        """The masks of the sound that touch [start, end[, unclipped: their true edges tell where the ramps go."""
        with self._lock:
            antenna, sound = self._antenna, self._sound
        return HiddenSound(
            tuple(s for s in antenna.spans() if s.touches(start, end)),
            tuple(s for s in sound.spans() if s.touches(start, end)),
        )

    def forget_before(self, t: int) -> None:
        """Masks that ended before ``t`` are not needed any more."""
        with self._lock:
            self._antenna = self._antenna.forget_before(t)
            self._picture = self._picture.forget_before(t)
            self._sound = self._sound.forget_before(t)

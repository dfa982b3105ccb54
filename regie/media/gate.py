"""What the delay line asks at the exit, at the last instant: may this leave?

All in media time of the programme. ``antenna`` masks everything (a slate and silence); a mask of the register hides the sound (a
tone or silence replaces it), the picture (a slate replaces it) or both. The safe state is the starting one: the antenna is masked
from before the beginning, until a person gives it.
"""

import threading
from dataclasses import dataclass

from regie.domain.masks import MaskKind
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
        self._blank = Redactions()  # those of the picture that want the slate, not a held picture
        self._tone = Redactions()
        self._silence = Redactions()

    def antenna_off(self, slate: SlateName, start: MediaTime) -> None:
        """From ``start`` on the public gets this slate and silence."""
        with self._lock:
            for other in SlateName:
                if other is not slate:
                    self._antenna = self._antenna.close(other.value, start)
            self._antenna = self._antenna.open(slate.value, start)

    def antenna_on(self, start: MediaTime) -> None:
        """From ``start`` on the public gets the programme."""
        with self._lock:
            for slate in SlateName:
                self._antenna = self._antenna.close(slate.value, start)

    def hide(
        self,
        mask: str,
        start: MediaTime,
        kind: MaskKind = MaskKind.BOTH,
        *,
        silent: bool = False,
        frozen: bool = False,
    ) -> None:
        """From ``start`` on nothing of this kind leaves, until the mask is closed. ``frozen``: a held picture may stand for it."""
        with self._lock:
            if kind.hides_picture:
                self._picture = self._picture.open(mask, start)
                if not frozen:
                    self._blank = self._blank.open(mask, start)
            if kind.hides_sound and silent:
                self._silence = self._silence.open(mask, start)
            elif kind.hides_sound:
                self._tone = self._tone.open(mask, start)

    def show(self, mask: str, end: MediaTime) -> None:
        """What follows ``end`` may leave, as far as this mask is concerned."""
        with self._lock:
            self._picture = self._picture.close(mask, end)
            self._blank = self._blank.close(mask, end)
            self._tone = self._tone.close(mask, end)
            self._silence = self._silence.close(mask, end)

    def slate_for(self, start: int, end: int) -> SlateName | None:
        """The slate that replaces the picture of [start, end[; None when it may leave."""
        with self._lock:
            antenna, picture = self._antenna, self._picture
        holders = antenna.holders(start, end)
        if holders:
            return SlateName(holders[-1])
        return SlateName.MASKED if picture.touches(start, end) else None

    def hidden_since(self, t: int) -> MediaTime | None:
        """From when on masks hide the picture without a break up to ``t``; None when none hides it then."""
        with self._lock:
            spans = self._picture.spans()
        return next((span.start for span in spans if span.covers(t)), None)

    def frozen_since(self, start: int, end: int) -> MediaTime | None:
        """From when on the picture of [start, end[ is hidden without a break, when a held picture may stand for it; None else."""
        with self._lock:
            antenna, spans, blank = self._antenna, self._picture.spans(), self._blank
        if antenna.touches(start, end) or blank.touches(start, end):
            return None
        return next((span.start for span in spans if span.touches(start, end)), None)

    def hidden_sound(self, start: int, end: int) -> HiddenSound:
        """The masks of the sound that touch [start, end[, unclipped: their true edges tell where the ramps go."""
        with self._lock:
            antenna, silence, tone = self._antenna, self._silence, self._tone
        return HiddenSound(
            tuple(s for masks in (antenna, silence) for s in masks.spans() if s.touches(start, end)),
            tuple(s for s in tone.spans() if s.touches(start, end)),
        )

    def forget_before(self, t: int) -> None:
        """Masks that ended before ``t`` are not needed any more."""
        with self._lock:
            self._antenna = self._antenna.forget_before(t)
            self._picture = self._picture.forget_before(t)
            self._blank = self._blank.forget_before(t)
            self._tone = self._tone.forget_before(t)
            self._silence = self._silence.forget_before(t)

"""Takes passages out of one fragment: its pictures and its sound together, in the file's own time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from regie.domain.masks import MaskKind
from regie.domain.removal import Removal
from regie.domain.timeline import SAMPLE_RATE, Epoch, MediaTime, Span
from regie.media.boxes import Run, Sample
from regie.media.fragments import Piece, sound_bitrate, sound_configuration
from regie.media.frames import TierFormat
from regie.media.gate import HiddenSound
from regie.media.h264 import ParameterSets
from regie.media.matching import MatchingSlates
from regie.media.pcm import RAMP
from regie.media.sound_encoder import FRAME
from regie.media.splicing import UNIT_REACH, SoundFormat, freeze_pictures, hide_pictures, hide_sound
from regie.media.unboxing import Head

REACH = RAMP + UNIT_REACH + 8 * FRAME
"""How far from a passage something may have to be encoded again, samples."""
_DATE = SAMPLE_RATE // 1000
"""Playlists date to the millisecond: a passage is widened by one on each side."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One span to take out, in the time of a file, and what of it."""

    span: Span
    hides: MaskKind = MaskKind.BOTH
    silent: bool = False


def passage(removal: Removal, at: int, utc_ns: int) -> Passage:
    """A removal in the time of a file in which ``at`` is the instant ``utc_ns``."""

    def place(ms: int) -> int:
        return at + (ms * 1_000_000 - utc_ns) * SAMPLE_RATE // 1_000_000_000

    start, end = place(removal.start_ms) - _DATE, place(removal.end_ms) + _DATE
    return Passage(Span(MediaTime(start), MediaTime(end)), removal.hides, removal.silent)


def reaches(removal: Removal, start_ns: int, end_ns: int) -> bool:
    """Does a removal change anything of what lies in [start_ns, end_ns[, UTC?"""
    margin_ns = REACH * 1_000_000_000 // SAMPLE_RATE
    return (
        removal.start_ms * 1_000_000 - margin_ns < end_ns
        and start_ns < removal.end_ms * 1_000_000 + margin_ns
    )


@dataclass(frozen=True, slots=True)
class Effort:
    """``share`` of the bit rate for the sound that is encoded again, 0 is silence; ``frozen``: at the end of a fragment, the last
    picture is held instead of a slate."""

    share: float = 1.0
    frozen: bool = False


FULL = Effort()


class Cleaner:
    """Cleans fragments of one rendition, given the head of its files. Raises ParameterSetsDiffer when no slate fits."""

    def __init__(self, head: Head, slates: MatchingSlates) -> None:
        self._head = head
        self._slates = slates
        self._sound = SoundFormat(head.sound, head.bitrate)

    def clean(
        self,
        pictures: Run,
        sounds: Run,
        passages: Sequence[Passage],
        before: Sequence[Sample] = (),
        after: Sequence[Sample] = (),
        effort: Effort = FULL,
    ) -> tuple[Run, Run]:
        """The same fragment without the passages. ``before`` and ``after``: the units of sound next to it.

        ``effort``: how good it may be, when it must not weigh more than before.
        """
        seen = [p.span for p in passages if p.hides.hides_picture]
        if seen and pictures.samples:
            fps = SAMPLE_RATE // min(sample.duration for sample in pictures.samples)
            frozen = freeze_pictures(pictures, seen) if effort.frozen else pictures
            if frozen is pictures:
                frozen = hide_pictures(pictures, seen, lambda: self._units(fps))
            pictures = frozen
        hidden = hidden_sound(passages, sounds)
        form = replace(self._sound, bitrate=int(self._sound.bitrate * effort.share))
        return pictures, hide_sound(sounds, hidden, form, before, after) if sounds.samples else sounds

    def _units(self, fps: int) -> tuple[bytes, ...]:
        return self._slates.units(*self._head.parameter_sets, self._head.width, self._head.height, fps)


def hidden_sound(passages: Sequence[Passage], sounds: Run) -> HiddenSound:
    """What goes of a run of sound. Where units are missing, places are not sure to the sample: then all of the run goes."""
    heard = [p for p in passages if p.hides.hides_sound]
    length = sum(sample.duration for sample in sounds.samples)
    if any(sample.duration != FRAME for sample in sounds.samples):
        whole = Span(MediaTime(sounds.start), MediaTime(sounds.start + length))
        heard = [
            Passage(whole, p.hides, p.silent) if p.span.touches(sounds.start - REACH, whole.end or 0) else p
            for p in heard
        ]
    return HiddenSound(tuple(p.span for p in heard if p.silent), tuple(p.span for p in heard if not p.silent))


class Veil:
    """The passages taken out of a run that is still being written: what is in the making must not bring them back.

    Changed whole, so that any thread may read it. ``epoch`` is that of the public timeline.
    """

    def __init__(self, epoch: Epoch, slates: MatchingSlates) -> None:
        self.slates = slates
        self._epoch = epoch
        self._passages: tuple[Passage, ...] = ()

    def add(self, removal: Removal) -> None:
        """From now on no piece that is finished holds anything of it."""
        self._passages = (*self._passages, passage(removal, 0, self._epoch.utc_ns))

    def over(self, start: int, end: int) -> tuple[Passage, ...]:
        """Those that change something of [start, end[, public time."""
        return tuple(p for p in self._passages if p.span.touches(start - REACH, end + REACH))


class PieceCleaner:
    """The pieces of one rendition as they are cut, without what the veil covers. Belongs to one thread."""

    def __init__(self, tier: TierFormat, veil: Veil | None = None) -> None:
        self._tier = tier
        self._veil = veil
        self._last = Run(0, 0, ())

    def runs(self, piece: Piece, sets: ParameterSets | None, origin: int) -> tuple[Run, Run]:
        """Both tracks for a fragment of a file whose time starts at ``origin``. Raises ParameterSetsDiffer."""
        pictures, sounds = piece.runs(origin)
        passages = self._veil.over(piece.start, piece.end) if self._veil is not None else ()
        if passages and self._veil is not None:
            last, end = self._last, self._last.start + len(self._last.samples) * FRAME
            before = last.samples if end == sounds.start else ()
            shifted = [replace(p, span=_shifted(p.span, -origin)) for p in passages]
            cleaner = Cleaner(_head(self._tier, sets), self._veil.slates)
            pictures, sounds = cleaner.clean(pictures, sounds, shifted, before)
        self._last = sounds
        return pictures, sounds


def _shifted(span: Span, by: int) -> Span:
    return Span(MediaTime(span.start + by), None if span.end is None else MediaTime(span.end + by))


def _head(tier: TierFormat, sets: ParameterSets | None) -> Head:
    configuration = sets.configuration if sets is not None else b""
    return Head(tier.width, tier.height, configuration, sound_configuration(tier), sound_bitrate(tier))

"""Cuts a stream of packets at keyframes into pieces of picture and sound that go together. Pure.

A piece starts on a keyframe and holds the sound that starts before its end; it is complete once the next keyframe *and* the
sound that follows it have come. Where pictures were lost, a piece ends with the last one and the next starts later: the hole
shows as ``next.start > piece.end``.
"""

from dataclasses import dataclass

from regie.domain.timeline import SAMPLE_RATE
from regie.media.boxes import PICTURES, SOUNDS, Run, Sample, Track, aac_entry, avc_entry
from regie.media.frames import EncodedPicture, EncodedSound, TierFormat
from regie.media.h264 import ParameterSets, length_prefixed

AAC_LC_48K_STEREO = b"\x11\x90"
"""AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of what the encoder makes, when it does not say."""

LONGEST_FREEZE = SAMPLE_RATE
"""A missing picture is covered by holding the one before, up to this; beyond, it is a hole."""
SOUND_PATIENCE = SAMPLE_RATE // 2
"""How far pictures may run ahead before a piece is closed without the sound that should follow."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Pictures and sounds of [start, end[; without pictures it is sound only."""

    start: int
    end: int
    pictures: tuple[EncodedPicture, ...]
    sounds: tuple[EncodedSound, ...]

    def runs(self, origin: int) -> tuple[Run, Run]:
        """Both tracks for a fragment of a file whose time starts at ``origin``. Gaps are held by the sample before them."""
        ends = [p.at for p in self.pictures[1:]] + [self.end]
        pictures = [
            Sample(length_prefixed(p.data), end - p.at, p.key)
            for p, end in zip(self.pictures, ends, strict=False)
        ]
        sounds = [
            Sample(s.data, after.at - s.at) for s, after in zip(self.sounds, self.sounds[1:], strict=False)
        ]
        if self.sounds:
            sounds.append(Sample(self.sounds[-1].data, self.sounds[-1].duration))
        sound_start = self.sounds[0].at if self.sounds else self.start
        return Run(PICTURES, self.start - origin, pictures), Run(SOUNDS, sound_start - origin, sounds)


def sound_configuration(tier: TierFormat) -> bytes:
    """AudioSpecificConfig of a rendition's sound."""
    return tier.sound.codec_context.extradata or AAC_LC_48K_STEREO


def sound_bitrate(tier: TierFormat) -> int:
    """Bits a second of a rendition's sound."""
    return tier.sound.codec_context.bit_rate or 0


def tracks(tier: TierFormat, sets: ParameterSets | None) -> tuple[Track, ...]:
    """The tracks of a rendition's files; ``sets`` is None for sound only."""
    sound = Track(
        SOUNDS, aac_entry(sound_configuration(tier), tier.sound.codec_context.channels, sound_bitrate(tier))
    )
    if sets is None:
        return (sound,)
    return Track(
        PICTURES, avc_entry(tier.width, tier.height, sets.configuration), tier.width, tier.height
    ), sound


class Cutter:
    """Makes pieces of about ``slot`` samples, whose limits lie on (or just after) multiples of it.

    This grid makes renditions cut at the same instants without knowing each other. What comes before ``origin`` is left out.
    """

    def __init__(self, slot: int, origin: int, *, pictures: bool = True) -> None:
        self._slot = slot
        self._origin = origin
        self._newest = origin - 1
        self._with_pictures = pictures
        self._pictures: list[EncodedPicture] = []
        self._next: list[EncodedPicture] = []
        self._sounds: list[EncodedSound] = []

    def picture(self, picture: EncodedPicture) -> Piece | None:
        """Add a picture; the piece that it completes, if any."""
        if not self._with_pictures or picture.at <= self._newest:
            return None
        self._newest = picture.at
        if self._next:
            self._next.append(picture)
            return self._close() if picture.at - self._next[0].at >= SOUND_PATIENCE else None
        if not self._pictures:
            if picture.key:
                self._pictures.append(picture)
            return None
        if not picture.key or self._slot_of(picture.at) <= self._slot_of(self._pictures[0].at):
            self._pictures.append(picture)
            return None
        self._next.append(picture)
        return self._close() if self._sound_reaches(picture.at) else None

    def sound(self, sound: EncodedSound) -> Piece | None:
        """Add a sound unit; the piece that it completes, if any."""
        if sound.at < self._origin or (self._sounds and sound.at <= self._sounds[-1].at):
            return None
        if self._with_pictures and not self._pictures:
            return None
        self._sounds.append(sound)
        if not self._with_pictures:
            new_slot = self._slot_of(sound.at) > self._slot_of(self._sounds[0].at)
            return self._sound_piece(keep=1) if new_slot else None
        return self._close() if self._next and sound.at >= self._next[0].at else None

    def lost(self) -> Piece | None:
        """Packets were lost here: gives what is complete so far and waits for the next keyframe."""
        piece = self._last()
        self._pictures, self._next, self._sounds = [], [], []
        return piece

    def _last(self) -> Piece | None:
        if not self._with_pictures:
            return self._sound_piece(keep=0) if self._sounds else None
        if not self._pictures:
            return None
        self._pictures += self._next
        end = self._pictures[-1].at + self._pictures[-1].duration
        return Piece(
            self._pictures[0].at, end, tuple(self._pictures), tuple(s for s in self._sounds if s.at < end)
        )

    def _slot_of(self, t: int) -> int:
        return t // self._slot

    def _sound_reaches(self, t: int) -> bool:
        return bool(self._sounds) and self._sounds[-1].at >= t

    def _close(self) -> Piece:
        following = self._next[0].at
        last = self._pictures[-1]
        end = following if following - last.at <= LONGEST_FREEZE else last.at + last.duration
        here = tuple(s for s in self._sounds if s.at < end)
        piece = Piece(self._pictures[0].at, end, tuple(self._pictures), here)
        self._sounds = [s for s in self._sounds if s.at >= following]
        self._pictures, self._next = self._next, []
        return piece

    def _sound_piece(self, keep: int) -> Piece:
        here, self._sounds = (
            self._sounds[: len(self._sounds) - keep],
            self._sounds[len(self._sounds) - keep :],
        )
        last = here[-1]
        end = last.at + last.duration
        if self._sounds and self._sounds[0].at - end <= LONGEST_FREEZE:
            end = self._sounds[0].at
        return Piece(here[0].at, end, (), tuple(here))

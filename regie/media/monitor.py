"""Looks at what really left: decodes the main sound and the smallest rendition, and says what is wrong.

It is a public reader like any other, in its own thread (``monitor``): what it sees is what citizens get, after the delay, the
masks and the encoders. :class:`Watch` is the judgement alone, without decoder nor thread.
"""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.codec.context import ThreadType

from regie.domain.timeline import SAMPLE_RATE
from regie.media.encoder import planes
from regie.media.frames import Cleared, EncodedPicture, EncodedSound, Sound
from regie.media.handoff import Ring

log = logging.getLogger(__name__)

SILENT_DBFS = -50.0
SILENT_FOR = 4 * SAMPLE_RATE
STILL_FOR = 3 * SAMPLE_RATE
"""Between the first and the last second without a movement: a still picture is known within 5 s."""
STILL_BLOCK = 6.0
"""Change of luma, in the block that changed most, under which nothing moved. Measured on 360p at 400 kbit/s between two pictures
of one GOP: 2 to 4 for a still picture, up to 6 with a camera's noise, 7 to 10 for a small mouth that speaks, 70 for a clock.
Keyframes cannot be compared with each other: x264 quantises each anew, which changes a still picture as much as noise does."""
BLOCK = 8
REST = SAMPLE_RATE // 2
"""How far into its GOP a picture is settled enough to be compared with the GOP's last."""
APART = SAMPLE_RATE // 4
BLACK_LUMA = 32
"""Nothing brighter than that (16 is black in limited range) but for a handful of pixels."""
MIDDLE = (0.2, 0.65)
"""From there to there, of the height: a logo or a lower third on a black picture does not make it a picture."""
ONE_SIDED_DB = 30.0
ONE_SIDED_FOR = 4 * SAMPLE_RATE
"""Sound on one side only: half of those who listen with one earpiece hear nothing."""
LIMITED_DBFS = -2.6
"""Peaks above are at the limiter's ceiling (-2 dBTP, less what AAC makes of it)."""
UNITS = 3 * SAMPLE_RATE // 1024
MANY, FEW = 0.3, 0.1
"""Share of the sound units of three seconds at the ceiling from which the limiter crushes, and below which it does no longer."""
FLOOR_DBFS = -120.0
RING = 256


@dataclass(frozen=True, slots=True)
class Seen:
    """What is wrong with the public stream now."""

    silent: bool = False
    still: bool = False
    black: bool = False
    one_sided: bool = False
    crushed: bool = False


@dataclass(frozen=True, slots=True)
class SoundLevel:
    """Level of a block, in dBFS: its highest peak, and the RMS of each side."""

    peak: float
    left: float
    right: float

    @property
    def rms(self) -> float:
        """RMS of the louder side."""
        return max(self.left, self.right)

    @property
    def apart(self) -> float:
        """How much louder one side is than the other, in dB."""
        return abs(self.left - self.right)


class _Lasting:
    """A fault that counts once it has lasted ``enough`` samples of media time."""

    def __init__(self, enough: int) -> None:
        self._enough = enough
        self._since: int | None = None
        self.on = False

    def at(self, t: int, present: bool) -> None:
        if not present:
            self._since, self.on = None, False
        elif self._since is None:
            self._since = t
        else:
            self.on = t - self._since >= self._enough


class _Often:
    """A fault that counts while it is there much of the time."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=UNITS)
        self.on = False

    def at(self, present: bool) -> None:
        self._last.append(present)
        self.on = sum(self._last) >= UNITS * (FEW if self.on else MANY)


class Watch:
    """Judges sound and pictures in order. While the public has a slate (``passing`` false) nothing is wrong."""

    def __init__(self) -> None:
        self._silent = _Lasting(SILENT_FOR)
        self._still = _Lasting(STILL_FOR)
        self._black = _Lasting(STILL_FOR)
        self._one_sided = _Lasting(ONE_SIDED_FOR)
        self._crushed = _Often()

    @property
    def seen(self) -> Seen:
        """What is wrong now."""
        return Seen(self._silent.on, self._still.on, self._black.on, self._one_sided.on, self._crushed.on)

    def sound(self, at: int, level: SoundLevel, passing: bool) -> None:
        """The level of one sound unit."""
        is_silent = level.rms < SILENT_DBFS
        self._silent.at(at, passing and is_silent)
        self._crushed.at(passing and level.peak > LIMITED_DBFS)
        # A pause between two words tells nothing of the sides.
        if not passing or not is_silent:
            self._one_sided.at(at, passing and level.apart > ONE_SIDED_DB)

    def second(self, at: int, change: float, brightest: float, passing: bool) -> None:
        """Once a GOP: how much the block that changed most did, and the luma of the brightest part."""
        self._still.at(at, passing and change < STILL_BLOCK)
        self._black.at(at, passing and brightest < BLACK_LUMA)


class _Gop:
    """Two pictures of the GOP under way, half a second apart: one settled, and the last so far."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._settled: tuple[int, av.VideoFrame] | None = None
        self._last: tuple[int, av.VideoFrame] | None = None
        self.passing = True

    def add(self, at: int, frame: av.VideoFrame, passing: bool) -> None:
        self.passing &= passing
        if at - self._at < REST:
            return
        if self._settled is None:
            self._settled = (at, frame)
        self._last = (at, frame)

    def judge(self, watch: Watch) -> None:
        if not self.passing:
            watch.second(self._at, 0.0, 0.0, False)
        elif self._settled and self._last and self._last[0] - self._settled[0] >= APART:
            before, after = planes(self._settled[1])[0], planes(self._last[1])[0]
            height, width = after.shape
            middle = after[int(MIDDLE[0] * height) : int(MIDDLE[1] * height)]
            blocks = cv2.resize(
                cv2.absdiff(before, after), (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA
            )
            watch.second(self._last[0], float(blocks.max()), float(np.percentile(middle, 99.5)), True)


def level_of(samples: Sound) -> SoundLevel:
    """Level of a block (2, n)."""
    peak = float(np.abs(samples).max(initial=0.0))
    left, right = (math.sqrt(float(np.vdot(side, side)) / max(1, side.size)) for side in samples)
    return SoundLevel(_decibels(peak), _decibels(left), _decibels(right))


def _decibels(level: float) -> float:
    return 20 * math.log10(level) if level > 1e-6 else FLOOR_DBFS


class OutputMonitor:
    """Public reader that watches one rendition and the main sound. Needs no more than the packets it is given.

    ``passing`` is asked in the writer's thread with each packet: does it show the programme?
    """

    def __init__(self, tier: str, sound_extradata: bytes, passing: Callable[[], bool]) -> None:
        self._tier = tier
        self._extradata = sound_extradata
        self._passing = passing
        self._ring: Ring[tuple[EncodedPicture | EncodedSound, bool]] = Ring(RING, _may_resume)
        self._watch = Watch()
        self._gop: _Gop | None = None
        self._seen = Seen()
        self._levels = (FLOOR_DBFS, FLOOR_DBFS)
        self._aac = self._new_aac()
        self._h264 = _new_h264()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self.undecodable = 0

    @property
    def seen(self) -> Seen:
        """What is wrong with the public stream now."""
        return self._seen

    @property
    def levels(self) -> tuple[float, float]:
        """Peak and RMS of what citizens hear, dBFS."""
        return self._levels

    @property
    def failed(self) -> bool:
        """Its thread died."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._ring.closed

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        """Keep a picture of the watched rendition."""
        if packet.value.tier == self._tier:
            self._ring.put((packet.value, self._passing()))

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        """Keep the main sound."""
        if packet.value.tier == "main":
            self._ring.put((packet.value, self._passing()))

    def stop(self) -> None:
        """End."""
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        while not (self._ring.closed and len(self._ring) == 0):
            item = self._ring.get(1.0)
            if item is None:
                continue
            packet, passing = item
            try:
                if isinstance(packet, EncodedSound):
                    self._hear(packet, passing)
                else:
                    self._look(packet, passing)
            except av.error.FFmpegError:
                self.undecodable += 1
                self._aac, self._h264, self._gop = self._new_aac(), _new_h264(), None
            self._seen = self._watch.seen

    def _hear(self, unit: EncodedSound, passing: bool) -> None:
        for frame in self._aac.decode(av.Packet(unit.data)):
            level = level_of(frame.to_ndarray().astype(np.float32, copy=False))
            self._levels = (level.peak, level.rms)
            self._watch.sound(unit.at, level, passing)

    def _look(self, picture: EncodedPicture, passing: bool) -> None:
        if picture.key:
            if self._gop is not None:
                self._gop.judge(self._watch)
            self._gop = _Gop(picture.at)
        if self._gop is None:
            return
        if not passing:
            # A slate need not be decoded; what follows begins with a keyframe.
            self._gop.passing = False
            return
        for frame in self._h264.decode(av.Packet(picture.data)):
            self._gop.add(picture.at, frame, passing)

    def _new_aac(self) -> av.AudioCodecContext:
        decoder = av.CodecContext.create("aac", "r")
        assert isinstance(decoder, av.AudioCodecContext)
        decoder.extradata = self._extradata
        return decoder


def _new_h264() -> av.VideoCodecContext:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count, decoder.thread_type = 1, ThreadType.SLICE
    return decoder


def _may_resume(item: tuple[EncodedPicture | EncodedSound, bool]) -> bool:
    return isinstance(item[0], EncodedPicture) and item[0].key

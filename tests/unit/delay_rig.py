"""A delay line under virtual time, fed with real x264 packets, and a reader that keeps what left."""

import io
import time
from collections.abc import Sequence
from functools import cache

import av
import numpy as np
from av import logging as av_logging

from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.delay import DelayLine
from regie.media.encoder import H264Encoder, KeyPlan, Shrinker, TierSpec, planes
from regie.media.frames import (
    Cleared,
    EncodedPicture,
    EncodedSound,
    Live,
    Picture,
    ProgrammeFormat,
    SoundBlock,
)
from regie.media.frozen import FrozenPictures
from regie.media.gate import Gate
from regie.media.renditions import Slates as SlateSource
from regie.media.slate_gops import SlateGop, encode_gop
from regie.media.sound_encoder import AacEncoder

FORMAT = ProgrammeFormat(320, 180, 25)
TICK = FORMAT.tick
MAIN = TierSpec("180p", 320, 180, 25, 300_000)
SMALL = TierSpec("90p", 160, 90, 25, 100_000)
SPECS = (MAIN, SMALL)
SLATE_LUMA = {name: 32 + 7 * n for n, name in enumerate(SlateName)}


def flat(luma: int, at: int = 0, width: int = 320, height: int = 180) -> Picture:
    """A picture of one grey under a strip of noise that no other instant has: no two encode to the same bytes."""
    frame = av.VideoFrame(width, height, "yuv420p")
    y, u, v = planes(frame)
    y[:], u[:], v[:] = luma, 128, 128
    y[:8, :] = np.random.default_rng(at).integers(60, 200, (8, width), dtype=np.uint8)
    return Picture(frame, MediaTime(at))


@cache
def slate(name: SlateName, tier: str) -> SlateGop:
    """A slate of one grey a name."""
    return encode_gop(next(s for s in SPECS if s.tier == tier), name, flat(SLATE_LUMA[name]))


class Slates:
    """All slates, made once for all tests."""

    def gop(self, name: SlateName, tier: str) -> SlateGop:
        """The GOP of a slate."""
        return slate(name, tier)


@cache
def programme(seconds: int, extra_keys: tuple[int, ...] = ()) -> tuple[EncodedPicture, ...]:
    """Both renditions of a programme that gets brighter each second; ``extra_keys``: ticks where a keyframe is asked."""
    encoders = [H264Encoder(spec) for spec in SPECS]
    small = av.VideoFrame(SMALL.width, SMALL.height, "yuv420p")
    plan = KeyPlan()
    out = []
    for n in range(seconds * FORMAT.fps):
        at = n * TICK
        if n in extra_keys:
            plan.ask()
        key = plan.due(MediaTime(at))
        picture = flat(100 + 5 * (n // FORMAT.fps), at)
        Shrinker().shrink(planes(picture.frame), planes(small))
        for encoder, sized in zip(encoders, (picture, Picture(small, picture.at)), strict=True):
            unit = encoder.encode(sized, key)
            assert unit is not None
            out.append(unit)
    for encoder in encoders:
        encoder.close()
    return tuple(out)


def noise(start: int, n: int) -> np.ndarray:
    """Sound that is never zero and says where it comes from: reproducible by media time."""
    times = np.arange(start, start + n)
    return np.stack([0.3 + 0.2 * np.sin(times * 0.37), -0.3 + 0.2 * np.cos(times * 0.53)]).astype(np.float32)


class Kept:
    """A public reader that keeps everything, and the sound tap."""

    def __init__(self) -> None:
        self.pictures: list[EncodedPicture] = []
        self.units: list[EncodedSound] = []
        self.blocks: list[SoundBlock] = []
        self.order: list[tuple[str, int]] = []

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        self.pictures.append(packet.value)
        self.order.append((packet.value.tier, packet.value.at))

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        self.units.append(packet.value)

    def tap(self, block: Cleared[SoundBlock]) -> None:
        self.blocks.append(block.value)
        self.order.append(("sound", block.value.at))

    def of(self, tier: str) -> list[EncodedPicture]:
        return [p for p in self.pictures if p.tier == tier]

    def samples(self) -> np.ndarray:
        return np.concatenate([b.samples for b in self.blocks], axis=1)


class Rig:
    """The line, its gate, its reader."""

    def __init__(
        self, delay_s: int = 1, antenna: bool = True, slates: SlateSource | None = None, frozen: bool = False
    ) -> None:
        """``frozen``: pictures may be held; :meth:`hold` waits for them, :meth:`close` ends their thread."""
        self.delay = delay_s * SAMPLE_RATE
        self.gate = Gate(SlateName.BEFORE)
        if antenna:
            self.gate.antenna_on(MediaTime(-(1 << 61)))
        self.kept = Kept()
        self.frozen = FrozenPictures(SPECS, self.gate)
        if frozen:
            self.frozen.start()
        self.line = DelayLine(
            FORMAT,
            self.delay,
            {spec.tier: TICK for spec in SPECS},
            slates or Slates(),
            self.gate,
            (AacEncoder(64_000),),
            self.kept,
            tap=self.kept.tap,
            frozen=self.frozen if frozen else None,
        )

    def hold(self, start: int) -> None:
        """As the chain does, and wait for the picture: time is virtual here."""
        units = self.line.gop_before(self.gate.hidden_since(start) or start)
        if units:
            self.frozen.want(units)
            last = units[-1]
            assert last.at + TICK <= start
            give_up = time.monotonic() + 10
            while self.gate.slate_for(last.at, last.at + TICK) is None and time.monotonic() < give_up:
                found = self.frozen.before(last.at + TICK)
                if found is not None and found.at == last.at:
                    return
                time.sleep(0.001)

    def close(self) -> None:
        """End the thread of held pictures."""
        self.frozen.stop()

    def feed(self, packets: Sequence[EncodedPicture]) -> None:
        """Pictures, and the sound that goes with the first rendition's."""
        for packet in packets:
            self.line.picture(Live(packet))
            if packet.tier == MAIN.tier:
                self.line.sound(Live(SoundBlock(noise(packet.at, TICK), packet.at)))

    def run(self, packets: Sequence[EncodedPicture], until: int, start: int = 0) -> None:
        """Real life: what is stamped t comes at t + 20 ms; the line is called four times a tick."""
        waiting = list(packets)
        for now in range(start, until, TICK // 4):
            while waiting and waiting[0].at + 960 <= now:
                self.feed([waiting.pop(0)])
            self.line.advance(now)


def decode(units: Sequence[EncodedPicture]) -> list[float]:
    """Mean luma of each picture of a stream, decoded by FFmpeg; fails on any warning."""
    data = b"".join(u.data for u in units)
    av_logging.set_level(av_logging.WARNING)
    try:
        with av_logging.Capture() as said:
            container = av.open(io.BytesIO(data), "r", format="h264")
            lumas = [float(planes(f)[0][20:, :].mean()) for f in container.decode(video=0)]
            container.close()
        # What an earlier test left to the garbage collector may speak here too: only this stream's words count.
        complaints = [text for level, who, text in said if level <= av_logging.WARNING and who == "h264"]
    finally:
        av_logging.set_level(None)
    assert not complaints, "; ".join(complaints)
    return lumas

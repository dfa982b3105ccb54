"""A programme as the encoders make it, with marks to measure by: at each whole second one white picture and the start of a beep."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.subtitles.subtitle import SubtitleSet

from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, MediaTime, frame_samples
from regie.media.encoder import H264Encoder, TierSpec
from regie.media.frames import EncodedPicture, EncodedSound, Picture, PublicReader, TierFormat, clear
from regie.media.matching import MatchingSlates
from regie.media.sound_encoder import FRAME, AacEncoder

Packet = EncodedPicture | EncodedSound
FPS = 25
BEEP = SAMPLE_RATE // 25
MASK_LUMA, MASK_SIZE = 20, (320, 180)
MAIN, SMALL, SOUND = "180p", "90p", "son"


@dataclass(frozen=True)
class Programme:
    """Packets in the order in which the delay line gives them, and their formats."""

    tiers: dict[str, TierFormat]
    packets: tuple[Packet, ...]

    @property
    def main(self) -> TierFormat:
        """The best rendition."""
        return self.tiers[MAIN]


def shifted(packet: Packet, by: int) -> Packet:
    """The same packet later."""
    return replace(packet, at=MediaTime(packet.at + by))


def feed(reader: PublicReader, packet: Packet) -> None:
    """Give one packet to an output, as the delay line does."""
    if isinstance(packet, EncodedPicture):
        reader.picture(clear(packet))
    else:
        reader.sound(clear(packet))


def forever(programme: Programme, start: int = 0) -> Iterator[Packet]:
    """The programme again and again, on one timeline without a hole: it must last a whole number of sound units."""
    turn = max(p.at + p.duration for p in programme.packets if isinstance(p, EncodedPicture))
    assert turn % FRAME == 0
    packets = [p for p in programme.packets if p.at >= 0]
    while True:
        for packet in packets:
            yield shifted(packet, start)
        start += turn


@cache
def programme(seconds: int = 6, bitrate: int = 1_200_000, width: int = 320) -> Programme:
    """Some seconds of noise with marks: two sizes of pictures, two rates of sound."""
    sizes = ((MAIN, width, bitrate), (SMALL, width // 2, bitrate // 4))
    specs = [TierSpec(name, w, w * 9 // 16 // 2 * 2, FPS, rate, "ultrafast") for name, w, rate in sizes]
    encoders = [H264Encoder(spec) for spec in specs]
    sounds = [AacEncoder(128_000), AacEncoder(64_000, SOUND)]
    shelf = av.open(os.devnull, "w", format="null")
    packets: list[Packet] = []
    tick = frame_samples(FPS)
    noise = np.random.default_rng(7)
    for n in range(seconds * FPS):
        for encoder in encoders:
            picture = encoder.encode(
                Picture(_frame(encoder.spec, n, noise), MediaTime(n * tick)), n % FPS == 0
            )
            assert picture is not None
            packets.append(picture)
        for aac in sounds:
            packets += aac.encode(_sound(n * tick, tick))
    for aac in sounds:
        # What follows pushes the last units out of the encoder.
        packets += [
            s for s in aac.encode(_sound(seconds * SAMPLE_RATE, 4 * FRAME)) if s.at < seconds * SAMPLE_RATE
        ]
    tiers = {
        spec.tier: TierFormat(
            spec.tier,
            spec.width,
            spec.height,
            FPS,
            spec.bitrate,
            encoder.template,
            sounds[0].template,
            "main",
        )
        for spec, encoder in zip(specs, encoders, strict=True)
    }
    tiers[SOUND] = TierFormat(SOUND, 0, 0, 0, 64_000, None, sounds[1].template, SOUND)
    shelf.close()
    return Programme(tiers, tuple(packets))


def _frame(spec: TierSpec, n: int, noise: np.random.Generator) -> av.VideoFrame:
    shape = (spec.height * 3 // 2, spec.width)
    planes = np.full(shape, 128, np.uint8)
    if n % FPS == 0:
        planes[: spec.height] = 235
    else:
        planes[: spec.height] = noise.integers(40, 120, (spec.height, spec.width), np.uint8)
    return av.VideoFrame.from_ndarray(planes, "yuv420p")


def _sound(start: int, length: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    t = np.arange(start, start + length)
    beep = np.where(t % SAMPLE_RATE < BEEP, 0.7 * np.sin(2 * np.pi * 1000 * t / SAMPLE_RATE), 0)
    return np.stack((beep, beep)).astype(np.float32)


def grey(name: SlateName, utc_ns: int) -> Picture:
    """A slate for tests: all grey."""
    planes = np.full((MASK_SIZE[1] * 3 // 2, MASK_SIZE[0]), 128, np.uint8)
    planes[: MASK_SIZE[1]] = MASK_LUMA
    return Picture(av.VideoFrame.from_ndarray(planes, "yuv420p"), MediaTime(0))


def slates() -> MatchingSlates:
    """Slates for what is taken out of these programmes; no hint of how they were encoded."""
    return MatchingSlates(grey, 0)


def nobody(seance: str, paths: Sequence[str]) -> Sequence[str]:
    """No cache to tell."""
    return ()


def marks(path: Path | str) -> tuple[list[float], list[float]]:
    """Seconds at which white pictures and beeps start in a file, from the time it announces."""
    pictures, sounds, level_before = [], [], 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0, audio=0):
            assert not isinstance(frame, SubtitleSet) and frame.time is not None
            if isinstance(frame, av.VideoFrame):
                if frame.to_ndarray(format="gray").mean() > 180:
                    pictures.append(frame.time)
                continue
            level = np.abs(frame.to_ndarray()[0])
            loud = np.flatnonzero(level > 0.3)
            if len(loud) and level_before < 0.05:
                sounds.append(frame.time + int(loud[0]) / SAMPLE_RATE)
            level_before = float(level.max())
    return pictures, sounds

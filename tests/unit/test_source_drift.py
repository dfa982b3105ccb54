"""Four hours of a sound device whose crystal is a hundred parts per million off, on virtual time: it never leaves its place."""

import random
from fractions import Fraction
from typing import cast

import numpy as np
import pytest

from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media import soundring
from regie.media.frames import Sound
from regie.media.soundring import SoundFeeder, SoundRing
from regie.media.timestamps import Timeline

pytestmark = pytest.mark.unit

HOURS = 4
BLOCK = 4800
JITTER = SAMPLE_RATE * 4 // 1000
SETTLED = 60 * SAMPLE_RATE
TICK = 1920


class Places:
    """A ring that keeps where samples go and not the samples."""

    nothing = np.zeros((1, 0), np.float32)

    def __init__(self) -> None:
        self.end = 0
        self.holes = 0

    def write(self, at: int, samples: Sound) -> None:
        self.holes += self.end != 0 and at != self.end
        self.end = at + samples.shape[1]


@pytest.mark.parametrize("ppm", [100, -100])
def test_a_device_is_followed_for_four_hours(ppm: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        soundring, "stretched", lambda line, length, wanted: np.zeros((1, wanted), np.float32)
    )
    jitter = random.Random(1)
    timeline = Timeline(TICK)
    stream = timeline.add(Fraction(1, SAMPLE_RATE), is_video=False)
    ring = Places()
    feeder = SoundFeeder(cast("SoundRing", ring))
    block = np.zeros((1, BLOCK), np.float32)
    late = []
    for n in range(HOURS * 3600 * SAMPLE_RATE // BLOCK):
        # What the device counts as its sample k is heard at k (1 + ppm) on our clock.
        heard = (n + 1) * BLOCK + (n + 1) * BLOCK * ppm // 1_000_000
        arrival = MediaTime(heard + jitter.randrange(JITTER))
        stamp = timeline.place(stream, n * BLOCK, n * BLOCK, BLOCK, arrival)
        feeder.push(stamp.exact, block)
        if heard > SETTLED:
            # The ring ends a few samples before the block does: those wait for the next one.
            late.append(ring.end + feeder._waiting.shape[1] - heard)
    spread = (max(late) - min(late)) * 1000 / SAMPLE_RATE
    assert spread <= 20, "lip sync moves by ten milliseconds at most"
    assert ring.holes == 0 and feeder.dropped == 0 and timeline.jumps == 0 and timeline.steps == 0

"""Speech is told from what is not; detectors are few and lent to who may be speaking."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.micbus import CANDIDATES, Heard
from audio.vad import CHUNK, VoiceDetectors
from hardware_mocks.people import SENTENCES, council
from hardware_mocks.voices import Voices as Speakers

pytestmark = pytest.mark.unit
Samples = NDArray[np.float32]
BLOCK = 1920
RATE = 48_000


def probabilities(line: Samples) -> list[float]:
    detectors = VoiceDetectors()
    blocks = (line[n : n + BLOCK] for n in range(0, len(line) - BLOCK, BLOCK))
    return [detectors.feed(Heard(("m1",), block[None]))["m1"] for block in blocks]


def noises() -> dict[str, Samples]:
    random = np.random.default_rng(1)
    time = np.arange(2 * RATE) / RATE
    hiss = random.normal(0, 0.02, time.size)
    claps = random.normal(0, 0.2, time.size) * np.exp(-20 * (time % 0.25))
    hum = 0.1 * np.sin(2 * np.pi * 100 * time) + 0.05 * np.sin(2 * np.pi * 50 * time)
    cough = random.normal(0, 0.3, time.size) * np.exp(-((time - 1) ** 2) / 0.005)
    return {
        name: np.asarray(line + random.normal(0, 2e-4, time.size), np.float32)
        for name, line in (("hiss", hiss), ("claps", claps), ("hum", hum), ("cough", cough))
    }


@pytest.mark.parametrize("level", [1.0, 0.02])
def test_a_sentence_is_speech_loud_or_low(level: float) -> None:
    speakers = Speakers(7)
    if not speakers.intelligible:
        pytest.skip("no synthesiser: its vowels are no speech")
    line = speakers.say(council(7)[1], SENTENCES[0]).astype(np.float32) / np.float32(32768 / level)
    found = probabilities(line)
    assert np.mean([p > 0.5 for p in found[5:-5]]) > 0.85
    assert max(found[:10]) > 0.5, "known within 400 ms"


@pytest.mark.parametrize("name", ["hiss", "claps", "hum", "cough"])
def test_what_is_not_speech_is_not(name: str) -> None:
    assert np.mean([p > 0.5 for p in probabilities(noises()[name])]) < 0.05


class Counting:
    """A detector that says how often it was asked since it was lent."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self._chunks = 0

    def process_samples(self, samples: Sequence[float]) -> float:
        assert len(samples) == CHUNK
        self._chunks += 1
        return min(1.0, self._chunks / 100)

    def reset(self) -> None:
        self._chunks = 0


def test_a_few_detectors_serve_forty_microphones() -> None:
    Counting.made = 0
    detectors = VoiceDetectors(Counting)
    rows = np.zeros((CANDIDATES, BLOCK), np.float32)
    for n in range(38):
        found = detectors.feed(Heard(tuple(f"m{n + k}" for k in range(CANDIDATES)), rows))
        assert list(found) == [f"m{n + k}" for k in range(CANDIDATES)]
    assert Counting.made == CANDIDATES
    assert found["m39"] < found["m38"] < found["m37"], "who has just begun was judged least"
    assert detectors.feed(Heard((), rows[:0])) == {}


def test_ticks_of_any_length_make_whole_chunks() -> None:
    detectors = VoiceDetectors(Counting)
    for _ in range(30):  # 30 pictures a second: 1600 samples, not a multiple of three
        found = detectors.feed(Heard(("m1",), np.zeros((1, 1600), np.float32)))
    assert found["m1"] == pytest.approx(30 * 1600 / 3 // CHUNK / 100)

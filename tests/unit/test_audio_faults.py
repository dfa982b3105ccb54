"""What is wrong with a microphone is known within five seconds, and what is right never is."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.dsp import SAMPLE_RATE
from audio.faults import Fault, FaultKind
from audio.micbus import MicBus
from audio.settings import Setting, Strip

pytestmark = pytest.mark.unit
Samples = NDArray[np.float32]
BLOCK = 1920
FIVE_SECONDS = 125


def hiss(t: int, n: int, level: float = 2e-4) -> Samples:
    return np.random.default_rng(abs(t)).normal(0, level, n).astype(np.float32)


def wave(t: int, n: int, hertz: float, level: float) -> Samples:
    return (level * np.sin(2 * np.pi * hertz * (t + np.arange(n)) / SAMPLE_RATE)).astype(np.float32)


def speech(t: int, n: int) -> Samples:
    """A male voice of 103 Hz with its harmonics, in syllables."""
    buzz = sum(wave(t, n, 103 * k, 0.1 / k) for k in range(1, 20))
    beat = np.maximum(0.0, np.sin(2 * np.pi * 3 * (t + np.arange(n)) / SAMPLE_RATE))
    return (buzz * beat).astype(np.float32) + hiss(t, n)


def bus(*lines: Callable[[int, int], Samples]) -> MicBus:
    strips = [Strip(f"m{n}", "micros", (n,), Setting(automix=True)) for n in range(len(lines))]
    return MicBus(strips, {"micros": lambda t, n: np.stack([line(t, n) for line in lines])})


def known_after(desk: MicBus, blocks: int = FIVE_SECONDS) -> tuple[Fault, ...]:
    for n in range(blocks):
        desk.block(n * BLOCK, BLOCK)
    return desk.faults.found


@pytest.mark.parametrize("hertz", [50.0, 100.0])
def test_a_hum_is_known(hertz: float) -> None:
    desk = bus(lambda t, n: wave(t, n, hertz, 0.01) + hiss(t, n), hiss)
    assert known_after(desk) == (Fault(FaultKind.HUM, "m0"),)


def test_a_low_voice_a_silent_hall_and_loud_words_are_no_fault() -> None:
    desk = bus(speech, hiss, lambda t, n: 6 * speech(t, n).clip(-0.15, 0.15))
    assert known_after(desk, 200) == ()


def test_clipping_before_us_is_known_and_over_when_it_is() -> None:
    level = [12.0]
    desk = bus(lambda t, n: (level[0] * speech(t, n)).clip(-1, 1))
    assert known_after(desk, 75) == (Fault(FaultKind.CLIPPED, "m0"),)
    level[0] = 1.0
    assert known_after(desk) == ()


def test_a_microphone_said_to_be_open_that_gives_nothing_is_known() -> None:
    def nothing(t: int, n: int) -> Samples:
        return np.zeros(n, np.float32)

    desk = bus(nothing, nothing, hiss)
    assert known_after(desk) == (), "nobody said that it is open"
    desk.faults.declared = frozenset({"m0", "m2"})
    assert known_after(desk) == (Fault(FaultKind.SILENT, "m0"),)
    desk.faults.declared = frozenset()
    assert known_after(desk, 30) == ()


def test_a_voice_on_another_channel_than_the_open_one_is_known() -> None:
    desk = bus(lambda t, n: np.zeros(n, np.float32), lambda t, n: wave(t, n, 300, 0.1), hiss)
    desk.faults.declared = frozenset({"m0"})
    assert known_after(desk) == (Fault(FaultKind.SILENT, "m0"), Fault(FaultKind.ELSEWHERE, "m1"))


def test_neighbours_of_who_speaks_are_no_fault() -> None:
    desk = bus(lambda t, n: wave(t, n, 300, 0.1), lambda t, n: wave(t, n, 300, 0.03), hiss)
    desk.faults.declared = frozenset({"m0"})
    assert known_after(desk) == ()

"""The measure of lip sync on a flash and a beep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.sync import BEEP, RATE, flashes, grid, measure

pytestmark = pytest.mark.unit
TICK = RATE // 25


def sound(beeps: list[int], seconds: int, noise: float, seed: int = 1) -> np.ndarray:
    out = np.random.default_rng(seed).normal(0, noise, seconds * RATE).astype(np.float32)
    for at in beeps:
        out[at : at + BEEP] += 0.1 * np.sin(2 * np.pi * 1000 * np.arange(BEEP) / RATE).astype(np.float32)
    return out


@settings(max_examples=30, deadline=None)
@given(st.integers(-400, 400), st.floats(0.0, 0.02), st.integers(0, 10**6))
def test_the_offset_is_found_to_the_millisecond_under_noise(offset_ms: int, noise: float, seed: int) -> None:
    at = [2 * RATE, 5 * RATE, 8 * RATE]
    heard = sound([t + offset_ms * 48 for t in at], 10, noise, seed)
    reading = measure([t + 777 for t in at], heard, 777)
    assert reading is not None and reading.events == 3
    assert abs(reading.offset - offset_ms * 48) <= 48


def test_without_a_beep_or_a_flash_there_is_no_reading() -> None:
    assert measure([], sound([RATE], 3, 0.001), 0) is None
    assert measure([RATE], sound([], 3, 0.01), 0) is None
    assert measure([RATE], np.zeros(0, np.float32), 0) is None


def test_a_false_flash_and_its_false_beep_are_outvoted() -> None:
    at = [2 * RATE, 4 * RATE, 6 * RATE]
    heard = sound([t + 480 for t in at], 8, 0.001)
    heard[5 * RATE + 9000 : 5 * RATE + 9000 + BEEP] += heard[at[0] + 480 : at[0] + 480 + BEEP]
    reading = measure([*at, 5 * RATE], heard, 0)
    assert reading is not None and reading.events == 3
    assert abs(reading.offset - 480) <= 48


@pytest.mark.parametrize("seed", range(6))
def test_two_beeps_among_loud_speech_and_things_that_blink_are_found(seed: int) -> None:
    draw = np.random.default_rng(seed)
    at = [6 * RATE + 960, 16 * RATE + 960]
    heard = sound([t - 1440 for t in at], 22, 0.001)
    seconds = np.arange(22 * RATE) / RATE
    voice = sum(np.sin(2 * np.pi * h * 125 * seconds) / h for h in range(1, 12))
    heard += (0.08 * voice * (1 + np.sin(2 * np.pi * 4 * seconds))).astype(np.float32)
    blinks = [int(t) for t in draw.integers(0, 22 * RATE, 11)]
    reading = measure(sorted([*at, *blinks]), heard, 0)
    assert reading is not None and reading.events >= 2
    assert abs(reading.offset + 1440) <= 5 * 48


def picture(lit: bool, level: int = 90) -> np.ndarray:
    luma = np.full((360, 640), level, np.uint8)
    if lit:
        luma[320:350, 200:230] = 235
    return luma


def test_a_part_that_lights_up_is_a_flash_and_a_cut_is_none() -> None:
    times = [n * TICK for n in range(100)]
    seen = [grid(picture(n in (30, 31, 80), 90 if n < 55 else 150)) for n in range(100)]
    assert flashes(times, seen) == [30 * TICK, 80 * TICK]


def test_something_that_stays_lit_is_not_a_flash() -> None:
    times = [n * TICK for n in range(60)]
    assert flashes(times, [grid(picture(n >= 30)) for n in range(60)]) == []


def test_a_lamp_that_blinks_hides_no_flash_of_another_place() -> None:
    def seen(n: int) -> np.ndarray:
        luma = picture(n == 40)
        if n % 20 == 10:
            luma[40:70, 400:430] = 235
        return luma

    times = [n * TICK for n in range(100)]
    assert 40 * TICK in flashes(times, [grid(seen(n)) for n in range(100)])

"""Decibels, true peaks, the limiter, filters and loudness, by measure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.dsp import CEILING_DB, SAMPLE_RATE, Limiter, db_of, gain_of, true_peaks
from audio.filters import K_WEIGHTING, FilterBank, Section, high_pass
from audio.loudness import LoudnessMeter

pytestmark = pytest.mark.unit
Samples = NDArray[np.float32]
BLOCK = 1920
CEILING = gain_of(CEILING_DB)


def noise(seed: int, blocks: int, level: float) -> list[Samples]:
    random = np.random.default_rng(seed)
    return [(random.uniform(-1, 1, (2, BLOCK)) * level).astype(np.float32) for _ in range(blocks)]


def tone(t: int, n: int, hertz: float = 440.0, level: float = 0.5) -> Samples:
    wave = level * np.sin(2 * np.pi * hertz * (t + np.arange(n)) / SAMPLE_RATE)
    return np.stack([wave, wave]).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 15.0), st.lists(st.integers(1, 4000), min_size=1, max_size=6))
def test_the_limiter_never_lets_a_sample_above_its_ceiling(seed: int, level: float, sizes: list[int]) -> None:
    limiter = Limiter()
    random = np.random.default_rng(seed)
    for size in sizes:
        out = limiter.process((random.uniform(-1, 1, (2, size)) * level).astype(np.float32))
        assert out.shape == (2, size)
        assert float(np.abs(out).max()) <= CEILING


def test_what_lies_between_samples_is_limited_too() -> None:
    """A quarter of the rate, sampled between its crests: the samples say −3 dB of what a converter makes of them."""
    n = np.arange(SAMPLE_RATE)
    wave = (gain_of(0.0) * np.sin(np.pi / 2 * n + np.pi / 4)).astype(np.float32)
    block = np.stack([wave, wave])
    assert db_of(float(np.abs(block).max())) == pytest.approx(-3.01, abs=0.01)
    assert db_of(float(true_peaks(block).max())) == pytest.approx(0.0, abs=0.1)
    out = Limiter().process(block)
    assert db_of(float(true_peaks(out[:, 1000:]).max())) == pytest.approx(CEILING_DB, abs=0.1)


def test_sound_below_the_ceiling_passes_unchanged_but_for_its_delay() -> None:
    limiter = Limiter()
    blocks = noise(1, 5, 0.4)
    heard = np.concatenate(blocks, axis=1)
    out = np.concatenate([limiter.process(b) for b in blocks], axis=1)
    assert np.array_equal(out[:, limiter.delay :], heard[:, : -limiter.delay])


def test_the_limiter_makes_room_without_a_step_and_comes_back() -> None:
    limiter = Limiter()
    loud = tone(0, 4 * SAMPLE_RATE, level=0.5)
    loud[:, SAMPLE_RATE : SAMPLE_RATE + 4800] *= 6
    out = limiter.process(loud)
    limited = out[:, limiter.delay :] / np.where(np.abs(loud) > 1e-3, loud, 1)[:, : -limiter.delay]
    gain = limited[0][np.abs(loud[0, : -limiter.delay]) > 0.2]
    assert gain.min() < 0.35
    assert np.abs(np.diff(gain)).max() < 0.05, "no jump of the gain from a sample to the next"
    assert np.abs(out[:, -SAMPLE_RATE:]).max() == pytest.approx(0.5, abs=0.01), "back to where it was"


def sample_by_sample(line: Samples, sections: tuple[Section, ...]) -> NDArray[np.float64]:
    """The textbook recursion."""
    wave = line.astype(np.float64)
    for b0, b1, b2, a1, a2 in sections:
        s1 = s2 = 0.0
        out = np.zeros_like(wave)
        for n, x in enumerate(wave):
            out[n] = b0 * x + s1
            s1, s2 = b1 * x - a1 * out[n] + s2, b2 * x - a2 * out[n]
        wave = out
    return wave


@pytest.mark.parametrize("sections", [K_WEIGHTING, high_pass(80)])
def test_a_filter_by_stretches_is_the_recursion(sections: tuple[Section, ...]) -> None:
    line = np.concatenate(noise(3, 3, 0.5), axis=1)
    bank, both = FilterBank([sections, sections]), np.arange(2)
    out = np.concatenate([bank.process(line[:, n : n + BLOCK], both) for n in (0, BLOCK, 2 * BLOCK)], axis=1)
    assert np.abs(out[0] - sample_by_sample(line[0], sections)).max() < 1e-5


def test_a_filter_may_be_asked_for_some_lanes_only() -> None:
    bank = FilterBank([high_pass(100)] * 3)
    line = noise(4, 1, 0.5)[0]
    alone = FilterBank([high_pass(100)]).process(line[:1], np.arange(1))
    assert np.array_equal(bank.process(line[:1], np.array([2])), alone)


def test_the_high_pass_takes_the_rumble_away_and_leaves_the_voice() -> None:
    bank = FilterBank([high_pass(80)])
    levels = []
    for hertz in (20, 80, 1000):
        bank.rest(np.arange(1))
        out = bank.process(tone(0, SAMPLE_RATE, hertz)[:1], np.arange(1))
        levels.append(db_of(float(np.abs(out[0, SAMPLE_RATE // 2 :]).max()) / 0.5))
    assert levels[0] < -23 and levels[1] == pytest.approx(-3, abs=0.1) and abs(levels[2]) < 0.1


def test_the_loudness_of_the_reference_tone() -> None:
    """EBU Tech 3341, case 1: a stereo 1 kHz sine at −23 dBFS is −23 LUFS, in M, S and I."""
    meter = LoudnessMeter()
    for n in range(0, 20 * SAMPLE_RATE, BLOCK):
        meter.feed(tone(n, BLOCK, 1000, gain_of(-23)))
    assert [meter.momentary, meter.short_term, meter.integrated] == pytest.approx([-23] * 3, abs=0.1)
    assert meter.true_peak_db == pytest.approx(-23, abs=0.1)
    meter.restart()
    meter.feed(np.zeros((2, BLOCK), np.float32))
    assert meter.integrated < -100


def test_pauses_do_not_count_in_the_integrated_loudness() -> None:
    """EBU Tech 3341, case 3, shortened: 5 s at −36, 15 s at −23, 5 s at −36: −23 LUFS."""
    meter = LoudnessMeter()
    for seconds, level in ((5, -36), (15, -23), (5, -36)):
        for n in range(0, seconds * SAMPLE_RATE, 4800):
            meter.feed(tone(n, 4800, 1000, gain_of(level)))
    assert meter.integrated == pytest.approx(-23, abs=0.1)

"""The plain sound mixer, by measure: nothing clips, what is closed is zero, nothing clicks, delays are exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.dsp import CEILING_DB, RAMP, SAMPLE_RATE, SILENCE_DB, Gain, Limiter, Meter, gain_of, sane
from audio.mixing import Setting, SoundMixer

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


def played(mixer: SoundMixer, blocks: int, start: int = 0) -> Samples:
    return np.concatenate([mixer.block((start + n) * BLOCK, BLOCK) for n in range(blocks)], axis=1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 15.0), st.lists(st.integers(1, 4000), min_size=1, max_size=6))
def test_the_limiter_never_lets_a_sample_above_its_ceiling(seed: int, level: float, sizes: list[int]) -> None:
    limiter = Limiter()
    random = np.random.default_rng(seed)
    for size in sizes:
        out = limiter.process((random.uniform(-1, 1, (2, size)) * level).astype(np.float32))
        assert out.shape == (2, size)
        assert float(np.abs(out).max()) <= CEILING


def test_sound_below_the_ceiling_passes_unchanged_but_for_its_delay() -> None:
    limiter = Limiter()
    blocks = noise(1, 5, 0.8)
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


@given(st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.integers(1, 600))
def test_a_gain_change_is_a_straight_ramp(before: float, after: float, size: int) -> None:
    fader = Gain(before)
    fader.set(after)
    curve = np.concatenate([fader.curve(size) for _ in range(RAMP // size + 2)])
    steps = np.abs(np.diff(np.concatenate([[before], curve])))
    assert steps.max() <= abs(after - before) / RAMP + 1e-5
    assert curve[RAMP:].tolist() == [np.float32(after)] * len(curve[RAMP:])


def test_a_closed_gain_is_exact_zero() -> None:
    fader = Gain(1.0)
    fader.set(0.0)
    fader.apply(tone(0, BLOCK))
    assert fader.closed
    assert not fader.apply(tone(BLOCK, BLOCK)).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_not_sound_does_not_reach_the_programme(bad: float) -> None:
    block = tone(0, BLOCK)
    block[0, 7] = bad
    assert np.isfinite(sane(block)).all()
    mixer = SoundMixer({"a": lambda t, n: block[:, :n], "b": lambda t, n: tone(t, n)})
    out = played(mixer, 4)
    assert np.isfinite(out).all() and float(np.abs(out).max()) <= CEILING


def test_the_meter_reads_peak_and_rms() -> None:
    meter = Meter()
    for n in range(20):
        meter.feed(tone(n * BLOCK, BLOCK, level=0.5))
    peak, rms = meter.peak_rms
    assert peak == pytest.approx(-6.02, abs=0.05) and rms == pytest.approx(-9.03, abs=0.1)
    for _ in range(20):
        meter.feed(np.zeros((2, BLOCK), np.float32))
    assert meter.peak_rms == (SILENCE_DB, SILENCE_DB)


def test_inputs_add_up_in_time() -> None:
    mixer = SoundMixer({"a": lambda t, n: tone(t, n, 440, 0.2), "b": lambda t, n: tone(t, n, 1000, 0.3)})
    out = played(mixer, 10)[:, 4 * BLOCK :]
    expected = tone(4 * BLOCK, 6 * BLOCK, 440, 0.2) + tone(4 * BLOCK, 6 * BLOCK, 1000, 0.3)
    assert np.abs(out - expected).max() < 1e-5, "the limiter's look-ahead is made up for: no sample late"


@pytest.mark.parametrize("delay_ms", [-20, 0, 1, 40, 500])
def test_an_inputs_delay_is_exact_to_the_sample(delay_ms: int) -> None:
    def impulse(t: int, n: int) -> Samples:
        block = np.zeros((2, n), np.float32)
        if t <= 48_000 < t + n:
            block[:, 48_000 - t] = 0.5
        return block

    mixer = SoundMixer({"a": impulse}, {"a": Setting(delay_ms=delay_ms)})
    out = played(mixer, 45)
    assert int(np.argmax(np.abs(out[0]))) == 48_000 + delay_ms * 48


def test_a_muted_input_is_exact_zero_and_its_meter_still_lives() -> None:
    mixer = SoundMixer({"a": lambda t, n: tone(t, n)})
    played(mixer, 2)
    mixer.set("a", muted=True)
    played(mixer, 2, start=2)
    assert not played(mixer, 3, start=4).any()
    assert mixer.input_levels()["a"][0] > -10


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-60, 20), st.booleans()), min_size=1, max_size=8))
def test_no_setting_makes_a_click(changes: list[tuple[float, bool]]) -> None:
    """A slow tone, whatever the operator does: two samples in a row never differ more than a ramp and the tone allow."""
    mixer = SoundMixer({"a": lambda t, n: tone(t, n, 50, 0.1)})
    pieces = []
    for n, (gain_db, muted) in enumerate(changes):
        mixer.set("a", gain_db=gain_db, muted=muted)
        pieces.append(played(mixer, 2, start=2 * n))
    out = np.concatenate(pieces, axis=1)
    assert (
        np.abs(np.diff(out[0])).max() < 0.1 * 10 / RAMP * 2 + 0.1 * 10 * 2 * np.pi * 50 / SAMPLE_RATE + 1e-3
    )


def test_sound_that_stops_and_begins_again_does_not_click() -> None:
    there = [True]
    mixer = SoundMixer({"a": lambda t, n: tone(t, n, 50, 0.5) if there[0] else None})
    pieces = []
    for n in range(12):
        there[0] = n % 4 < 2
        pieces.append(mixer.block(n * BLOCK, BLOCK))
    out = np.concatenate(pieces, axis=1)
    assert np.abs(np.diff(out[0])).max() < 0.01
    assert not out[:, 3 * BLOCK : 4 * BLOCK - RAMP].any(), "silence is silence"


def test_unknown_inputs_are_told() -> None:
    mixer = SoundMixer({"a": lambda t, n: None})
    assert "a" in mixer and "b" not in mixer
    with pytest.raises(KeyError):
        mixer.set("b", muted=True)
    assert not played(mixer, 2).any()


def test_stereo_stays_where_it_is() -> None:
    def left(t: int, n: int) -> Samples:
        block = tone(t, n)
        block[1] = 0
        return block

    out = played(SoundMixer({"a": left}), 5)
    assert not out[1].any() and out[0].any()

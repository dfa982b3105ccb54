"""The sound of a source by time: continuous, faded at holes, stretched when it drifts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.domain.timeline import SAMPLE_RATE
from regie.media.frames import Sound
from regie.media.soundring import FADE, SoundFeeder, SoundRing, stretched

pytestmark = pytest.mark.unit


def ramp(start: int, count: int) -> Sound:
    """Samples that say where they are."""
    line = np.arange(start, start + count, dtype=np.float32)
    return np.stack((line, -line))


def tone(start: int, count: int, hertz: float = 1000.0) -> Sound:
    line = np.sin(2 * np.pi * hertz * np.arange(start, start + count) / SAMPLE_RATE).astype(np.float32)
    return np.stack((line, line))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=60), st.integers(0, 200_000), st.integers(1, 5000))
def test_what_is_written_in_a_row_is_read_back(blocks: list[int], start: int, count: int) -> None:
    ring = SoundRing(seconds=1)
    at = start
    for block in blocks:
        ring.write(at, ramp(at, block))
        at += block
    oldest = max(start, at - SAMPLE_RATE)
    got = ring.read(max(oldest, at - count), min(count, at - oldest))
    assert got is not None
    expected = ramp(max(oldest, at - count), got.shape[1])
    begun = max(0, start + FADE - max(oldest, at - count))
    assert np.array_equal(got[:, begun:], expected[:, begun:])


def test_nothing_is_told_from_silence() -> None:
    ring = SoundRing(seconds=1)
    assert ring.read(0, 100) is None
    ring.write(1000, np.ones((2, 500), np.float32))
    assert ring.read(0, 1000) is None
    assert ring.read(1500, 10) is None
    got = ring.read(900, 200)
    assert got is not None and not got[:, :100].any() and got[:, 150].all()


def test_a_hole_is_silent_and_its_edges_fade() -> None:
    ring = SoundRing(seconds=1)
    ring.write(0, np.ones((2, 1000), np.float32))
    ring.write(2000, np.ones((2, 1000), np.float32))
    got = ring.read(0, 3000)
    assert got is not None
    assert not got[:, 1000:2000].any()
    assert np.abs(np.diff(got[0])).max() <= 1 / FADE + 1e-6


def test_the_end_of_what_there_is_fades() -> None:
    ring = SoundRing(seconds=1)
    ring.write(0, np.ones((2, 1000), np.float32))
    got = ring.read(500, 1000)
    assert got is not None
    assert np.abs(np.diff(got[0])).max() <= 1 / FADE + 1e-6


def test_a_steady_source_passes_bit_exact() -> None:
    ring = SoundRing()
    feeder = SoundFeeder(ring)
    for n in range(100):
        feeder.push(5000 + n * 1024, ramp(5000 + n * 1024, 1024))
    got = ring.read(5000 + FADE, 100_000)
    assert got is not None and np.array_equal(got, ramp(5000 + FADE, 100_000))
    assert (feeder.jumps, feeder.dropped) == (0, 0)


@settings(max_examples=10, deadline=None)
@given(st.integers(-900, 900).filter(lambda e: abs(e) >= 240))
def test_sound_out_of_place_is_stretched_into_place_without_a_click(error: int) -> None:
    ring = SoundRing()
    feeder = SoundFeeder(ring)
    blocks = 1000
    for n in range(blocks):
        feeder.push(n * 1024 + (error if n else 0), tone(n * 1024, 1024))
    assert feeder.jumps == feeder.dropped == 0
    end = ring.end
    assert end is not None and abs(end + 8 - blocks * 1024 - error) <= 48
    got = ring.read(end - 150_000, 150_000)
    assert got is not None
    # A 1 kHz tone moves by 0.131 a sample at most; a click would exceed it.
    assert np.abs(np.diff(got[0])).max() < 0.14


def test_a_stretched_tone_stays_a_tone() -> None:
    line = tone(0, 1024 + 8, hertz=8000)
    for wanted in (1023, 1024, 1025):
        out = stretched(line, 1024, wanted)
        expected = np.sin(2 * np.pi * 8000 * np.arange(wanted) * (1024 / wanted) / SAMPLE_RATE)
        assert out.shape == (2, wanted)
        assert np.abs(out[0, 16:] - expected[16:]).max() < 0.002


def test_a_hole_moves_on_and_what_comes_twice_is_dropped() -> None:
    ring = SoundRing()
    feeder = SoundFeeder(ring)
    feeder.push(0, ramp(0, 4800))
    feeder.push(9600, ramp(9600, 4800))
    assert feeder.jumps == 1
    feeder.push(4800, ramp(4800, 4800))
    assert feeder.dropped == 1
    got = ring.read(9600 + FADE, 1000)
    assert got is not None and np.array_equal(got, ramp(9600 + FADE, 1000))


def test_a_restart_cuts_exactly() -> None:
    ring = SoundRing()
    feeder = SoundFeeder(ring)
    feeder.push(0, np.ones((2, 4800), np.float32))
    feeder.restart()
    feeder.push(4300, ramp(0, 4800))
    got = ring.read(4300 + FADE, 1000)
    assert got is not None and np.array_equal(got, ramp(FADE, 1000))
    assert feeder.jumps == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-(1 << 30), 1 << 30), st.integers(0, 5000)), max_size=50))
def test_any_stamps_do_no_harm(blocks: list[tuple[int, int]]) -> None:
    ring = SoundRing(seconds=1)
    feeder = SoundFeeder(ring)
    for at, count in blocks:
        feeder.push(at, np.ones((2, count), np.float32))
        if ring.end is not None:
            got = ring.read(ring.end - 4000, 5000)
            assert got is None or (got.shape == (2, 5000) and np.abs(got).max() <= 1.0)

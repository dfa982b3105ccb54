"""Pictures wait for their tick; what is repeated or dropped is counted."""

import random

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.domain.timeline import MediaTime
from regie.media.frames import Picture
from regie.media.framesync import FrameSync

pytestmark = pytest.mark.unit

TICK = 1920
DELAY = 13_440


def picture(at: int) -> Picture:
    return Picture(av.VideoFrame(16, 16, "yuv420p"), MediaTime(at))


def test_a_picture_is_shown_after_the_delay() -> None:
    sync = FrameSync(TICK, DELAY)
    sync.put(picture(0), -DELAY)
    assert sync.at(MediaTime(DELAY - TICK)) is None
    shown = sync.at(MediaTime(DELAY))
    assert shown is not None and shown.at == 0
    assert sync.at(MediaTime(DELAY + TICK)) is shown
    assert (sync.repeats, sync.drops) == (1, 0)


def run(periods: list[int], ticks: int, start: int = 0) -> tuple[FrameSync, list[int]]:
    """A source with these intervals, watched for some ticks; the ages at which its pictures were shown."""
    sync = FrameSync(TICK, DELAY)
    at = start
    ages = []
    for n in range(ticks):
        t = MediaTime(DELAY + n * TICK)
        while at <= t:
            sync.put(picture(at), t - DELAY)
            at += periods[0] if len(periods) == 1 else periods.pop(0)
        shown = sync.at(t)
        if shown is not None:
            ages.append(t - DELAY - shown.at)
    return sync, ages


def test_aligned_pictures_are_shown_once_each_at_their_own_time() -> None:
    sync, ages = run([TICK], 500)
    assert set(ages) == {0}
    assert (sync.repeats, sync.drops) == (0, 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, TICK - 1), st.integers(0, 1000))
def test_jitter_near_the_edge_does_not_flutter(phase: int, seed: int) -> None:
    draw = random.Random(seed)
    sync = FrameSync(TICK, DELAY)
    for n in range(400):
        t = MediaTime(DELAY + n * TICK)
        for k in range(8 if n == 0 else 1):
            sync.put(picture((n + k if n == 0 else n + 7) * TICK + phase + draw.randint(-20, 20)), n * TICK)
        sync.at(t)
    assert sync.repeats + sync.drops <= 2


def test_a_source_twice_as_fast_is_thinned_without_being_blamed() -> None:
    sync, ages = run([TICK // 2], 300)
    assert set(ages) == {0}
    assert (sync.repeats, sync.drops) == (0, 0)


def test_a_source_half_as_fast_repeats() -> None:
    sync, ages = run([2 * TICK], 301)
    assert set(ages) == {0, TICK}
    assert sync.repeats == 150


def test_a_faster_source_drops_the_pictures_too_many() -> None:
    sync, ages = run([1600], 600)
    assert all(abs(age) <= TICK // 2 + TICK // 16 for age in ages)
    assert 115 <= sync.drops <= 125


def test_keyframes_repeated_are_not_counted() -> None:
    sync = FrameSync(TICK, DELAY)
    sync.counting = False
    sync.put(picture(0), 0)
    for n in range(50):
        sync.at(MediaTime(DELAY + n * TICK))
    assert sync.repeats == 0


def test_stamps_that_step_back_show_the_newest() -> None:
    sync = FrameSync(TICK, DELAY)
    sync.put(picture(10 * TICK), 0)
    newest = picture(3 * TICK)
    sync.put(newest, 0)
    shown = sync.at(MediaTime(DELAY + 10 * TICK))
    assert shown is not None and shown.frame is newest.frame


def test_an_unwatched_queue_keeps_what_is_due_and_after() -> None:
    sync = FrameSync(TICK, DELAY)
    for n in range(1000):
        sync.put(picture(n * TICK), (n - 7) * TICK)
    assert len(sync._queue) == 8
    shown = sync.at(MediaTime(DELAY + (999 - 7) * TICK))
    assert shown is not None and shown.at == 992 * TICK
    assert sync.drops == 0


def test_pictures_too_early_are_left_out_never_starve() -> None:
    sync = FrameSync(TICK, DELAY)
    for n in range(300):
        sync.put(picture(n * TICK), (n - 100) * TICK)
        shown = sync.at(MediaTime(DELAY + (n - 100) * TICK))
        assert (shown is None) == (n < 100)
        assert len(sync._queue) <= sync._size
    assert sync.drops > 0


def test_a_new_connection_keeps_the_picture_shown() -> None:
    sync = FrameSync(TICK, DELAY)
    sync.put(picture(0), 0)
    sync.at(MediaTime(DELAY))
    sync.put(picture(TICK), 0)
    sync.flush()
    shown = sync.at(MediaTime(DELAY + 5 * TICK))
    assert shown is not None and shown.at == 0


def test_the_phase_of_the_ticks_is_learnt() -> None:
    sync = FrameSync(1600, DELAY)
    sync.at(MediaTime(1600 * 7 + 5))
    assert sync.phase == (1600 * 7 + 5 - DELAY) % 1600

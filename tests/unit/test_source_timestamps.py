"""Time of a source: whatever it says, what comes out increases and stays near its arrival."""

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms
from regie.media.timestamps import Stamp, StreamTimes, Timeline

pytestmark = pytest.mark.unit

CLOCK = Fraction(1, 90_000)
TICK = 1920
PICTURE = 3600
"""One picture at 25 a second, in 90 kHz."""
SOUND = 1920
"""1024 samples at 48 kHz, in 90 kHz."""


class Camera:
    """Picture and sound on one clock; sends what it says when it likes."""

    def __init__(
        self, *, start: int = 0, ppm: int = 0, jitter_ms: int = 0, seed: int = 1, paced: bool = False
    ) -> None:
        self.line = Timeline(TICK, paced=paced)
        self.video = self.line.add(CLOCK, is_video=True)
        self.sound = self.line.add(CLOCK, is_video=False)
        self.start = start
        self.ppm = ppm
        self.jitter = jitter_ms
        self.random = random.Random(seed)

    def arrival(self, ticks: int) -> MediaTime:
        """When what is stamped ``ticks`` after the start arrives: the camera's clock is ``ppm`` slow, the network adds jitter."""
        exact = ticks * SAMPLE_RATE // 90_000
        late = self.random.randint(0, self.jitter) * 48
        return MediaTime(exact + exact * self.ppm // 1_000_000 + late)

    def picture(self, n: int, said: int | None = None, late: int = 0) -> Stamp:
        """Picture ``n``; ``said`` replaces its stamp."""
        stamp = (self.start + n * PICTURE if said is None else said) % (1 << 33)
        arrival = MediaTime(self.arrival(n * PICTURE) + late)
        return self.line.place(self.video, stamp, stamp, PICTURE, arrival)

    def block(self, n: int, said: int | None = None, late: int = 0) -> Stamp:
        """Sound block ``n``."""
        stamp = (self.start + n * SOUND if said is None else said) % (1 << 33)
        return self.line.place(self.sound, stamp, stamp, SOUND, MediaTime(self.arrival(n * SOUND) + late))


def test_an_honest_camera_keeps_its_cadence() -> None:
    camera = Camera(start=123_456_789)
    shown = [camera.picture(n).show for n in range(500)]
    assert {b - a for a, b in itertools.pairwise(shown)} == {TICK}
    assert camera.line.jumps == camera.line.steps == 0


def test_pictures_fall_on_the_ticks() -> None:
    camera = Camera(start=777)
    camera.line.phase = 480
    assert all(camera.picture(n).show % TICK == 480 for n in range(100))


def test_the_33_bit_counter_turns_unseen() -> None:
    camera = Camera(start=(1 << 33) - 20 * PICTURE)
    shown = [camera.picture(n).show for n in range(100)]
    assert {b - a for a, b in itertools.pairwise(shown)} == {TICK}
    assert camera.line.jumps == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(-200, 200), st.integers(0, 40), st.integers(0, 1 << 33), st.integers(0, 1000))
def test_drift_is_followed(ppm: int, jitter_ms: int, start: int, seed: int) -> None:
    camera = Camera(start=start, ppm=ppm, jitter_ms=jitter_ms, seed=seed)
    pictures = 25 * 180
    for n in range(pictures):
        shown = camera.picture(n).show
        if n > 100:
            late = camera.line._streams[0].arrival - shown
            assert -2 * TICK - from_ms(30) <= late <= TICK + from_ms(jitter_ms + 25)
    assert camera.line.jumps == 0
    assert camera.line.steps == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(-200, 200), st.integers(0, 40), st.integers(0, 1000))
def test_picture_and_sound_keep_their_relation(ppm: int, jitter_ms: int, seed: int) -> None:
    camera = Camera(start=90_000, ppm=ppm, jitter_ms=jitter_ms, seed=seed)
    shown: dict[int, list[int]] = {}
    moments = sorted(
        [(n * PICTURE, "p", n) for n in range(1500)] + [(n * SOUND, "s", n) for n in range(2800)]
    )
    for ticks, kind, n in moments:
        stamp = camera.picture(n) if kind == "p" else camera.block(n)
        shown.setdefault(ticks, []).append(stamp.exact)
    pairs = [times for ticks, times in shown.items() if len(times) == 2 and ticks > 3 * 90_000]
    assert pairs
    assert max(abs(a - b) for a, b in pairs) <= 2


@pytest.mark.parametrize("jump", [90_000 * 5, -90_000 * 5, 90_000 * 86_400, -(1 << 31)])
def test_a_jump_of_both_streams_keeps_their_relation(jump: int) -> None:
    camera = Camera(start=1 << 32)
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for n in range(300):
        moved = jump if n >= 150 else 0
        picture = camera.picture(n, said=camera.start + n * PICTURE + moved)
        # 15 sound blocks last as long as 8 pictures: same instant, both streams.
        if n % 8 == 0:
            for k in range(15):
                m = n // 8 * 15 + k
                block = camera.block(m, said=camera.start + m * SOUND + moved)
                if k == 0:
                    (after if moved else before)[n] = picture.exact - block.exact
    assert set(before.values()) == set(after.values()) == {0}
    assert camera.line.jumps == 2
    assert camera.line.steps == 0


def test_packets_without_stamps_follow_the_cadence() -> None:
    camera = Camera()
    shown = [camera.picture(n).show for n in range(50)]
    for n in range(50, 100):
        shown.append(camera.line.place(camera.video, None, None, None, camera.arrival(n * PICTURE)).show)
    assert {b - a for a, b in itertools.pairwise(shown)} == {TICK}


def test_pictures_shown_out_of_order_keep_their_distance() -> None:
    line = Timeline(TICK)
    stream = line.add(CLOCK, is_video=True)
    shown = [
        line.place(stream, n * PICTURE, (n + k) * PICTURE, PICTURE, MediaTime(n * TICK)).show
        for n, k in enumerate([1, 3, 1, 1, 3, 1, 1])
    ]
    assert [s // TICK - shown[0] // TICK for s in shown] == [0, 3, 2, 3, 6, 5, 6]


def test_what_the_probing_kept_does_not_add_delay() -> None:
    camera = Camera()
    opened = 20 * TICK
    for n in range(20):
        stamp = camera.picture(n, late=opened - n * TICK)
    for n in range(20, 60):
        stamp = camera.picture(n)
    assert 0 <= stamp.show - camera.video.arrival <= TICK


def test_a_stall_then_a_burst_changes_nothing() -> None:
    camera = Camera()
    for n in range(100):
        before = camera.picture(n).show - n * TICK
    for n in range(100, 175):
        camera.picture(n, late=(175 - n) * TICK)
    for n in range(175, 400):
        after = camera.picture(n).show - n * TICK
    assert before == after
    assert camera.line.jumps == camera.line.steps == 0


def test_a_source_that_stays_late_is_given_its_delay() -> None:
    camera = Camera()
    for n in range(100):
        camera.picture(n)
    for n in range(100, 300):
        stamp = camera.picture(n, late=int(from_ms(600)))
    assert camera.line.steps == 1
    assert 0 <= stamp.show - camera.video.arrival <= TICK


def test_sound_far_from_its_picture_is_put_with_it() -> None:
    camera = Camera()
    blocks = 0
    for n in range(400):
        picture = camera.picture(n)
        while blocks * SOUND <= n * PICTURE:
            block = camera.block(blocks, said=blocks * SOUND + 90_000 * 30)
            blocks += 1
    assert abs(picture.show - block.exact) <= TICK


def test_a_loop_continues_where_the_picture_ended() -> None:
    camera = Camera(paced=True, start=9_000)
    shown = []
    sounds = []
    for turn in range(3):
        for n in range(50):
            shown.append(camera.picture(n + turn * 50, said=9_000 + n * PICTURE).show)
        for n in range(93):
            sounds.append(camera.block(n + turn * 93, said=9_000 + n * SOUND).exact)
        camera.line.loop()
    assert {b - a for a, b in itertools.pairwise(shown)} == {TICK}
    assert [sounds[i * 93] - sounds[0] for i in range(3)] == [0, 50 * TICK, 100 * TICK]


def test_a_paced_source_that_is_late_starts_anew() -> None:
    camera = Camera(paced=True)
    for n in range(50):
        camera.picture(n)
    stamp = camera.picture(50, late=10 * SAMPLE_RATE)
    assert 0 <= stamp.show - camera.video.arrival <= TICK


stamps = st.one_of(st.none(), st.integers(-(1 << 40), 1 << 40), st.integers(0, 20 * 90_000))


@given(
    st.lists(
        st.tuples(st.booleans(), stamps, stamps, st.none() | st.integers(-5, 1 << 34), st.integers(0, 40)),
        max_size=300,
    )
)
def test_lies_do_no_harm(packets: list[tuple[bool, int | None, int | None, int | None, int]]) -> None:
    line = Timeline(TICK)
    streams: dict[bool, StreamTimes] = {v: line.add(CLOCK, is_video=v) for v in (True, False)}
    last: dict[bool, int] = {}
    now = 0
    for is_video, dts, pts, duration, wait_ms in packets:
        now += int(from_ms(wait_ms))
        stamp = line.place(streams[is_video], dts, pts, duration, MediaTime(now))
        assert stamp.decode > last.get(is_video, -(1 << 62))
        assert 0 <= stamp.show - stamp.decode <= SAMPLE_RATE
        last[is_video] = stamp.decode


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(0, 1000))
def test_a_clock_that_runs_at_the_wrong_speed_stays_near(speed: int, seed: int) -> None:
    camera = Camera(seed=seed, jitter_ms=10)
    worst = 0
    for n in range(1, 1000):
        stamp = camera.picture(n, said=n * PICTURE * speed // 10)
        if n > 250:
            worst = max(worst, abs(stamp.exact - camera.video.arrival))
    assert worst <= 3 * SAMPLE_RATE

"""Alarms on what really left: real encoders in, within 5 s of media time; never on a slate."""

import threading
from collections.abc import Callable, Iterator

import av
import numpy as np
import pytest

from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.encoder import H264Encoder, TierSpec, planes
from regie.media.frames import EncodedPicture, EncodedSound, Picture, Sound, clear
from regie.media.monitor import FLOOR_DBFS, OutputMonitor, Seen, Watch, level_of
from regie.media.sound_encoder import AacEncoder

pytestmark = pytest.mark.unit

SPEC = TierSpec("360p", 640, 360, 25, 400_000)
TICK = 1920
Draw = Callable[[int, np.ndarray], None]
RNG = np.random.default_rng(7)
ROOM = RNG.integers(30, 220, (45, 80), dtype=np.uint8).repeat(8, 0).repeat(8, 1)


def moving(n: int, luma: np.ndarray) -> None:
    luma[:] = ROOM
    luma[150:156, 300:312] -= 25 * (n // 4 % 2)


def frozen(n: int, luma: np.ndarray) -> None:
    luma[:] = ROOM


def noisy(n: int, luma: np.ndarray) -> None:
    luma[:] = ROOM + np.random.default_rng(n).integers(-2, 3, luma.shape)


def black(n: int, luma: np.ndarray) -> None:
    luma[:] = 17
    luma[5 * (n % 8) : 5 * (n % 8) + 8, :8] = 30


def black_with_logo(n: int, luma: np.ndarray) -> None:
    black(n, luma)
    luma[18:48, 520:608] = 200
    luma[270:330, 40:400] = 90


def speech(t: int, n: int) -> Sound:
    wave = 0.2 * np.sin(np.arange(t, t + n) * 0.05)
    return np.stack([wave, wave]).astype(np.float32)


def silence(t: int, n: int) -> Sound:
    return (0.001 * speech(t, n)).astype(np.float32)


class Stream:
    """Encodes drawn seconds into packets, one after the other on one timeline."""

    def __init__(self) -> None:
        self.h264 = H264Encoder(SPEC)
        self.aac = AacEncoder(96_000)
        self.n = 0

    def packets(
        self, seconds: int, draw: Draw, sound: Callable[[int, int], Sound]
    ) -> Iterator[EncodedPicture | EncodedSound]:
        for _ in range(seconds * SPEC.fps):
            frame = av.VideoFrame(SPEC.width, SPEC.height, "yuv420p")
            luma, u, v = planes(frame)
            draw(self.n, luma)
            u[:], v[:] = 128, 128
            at = MediaTime(self.n * TICK)
            picture = self.h264.encode(Picture(frame, at), key=self.n % SPEC.fps == 0)
            assert picture is not None
            yield picture
            yield from self.aac.encode(sound(at, TICK))
            self.n += 1


def watch(
    *parts: tuple[int, Draw, Callable[[int, int], Sound]], passing: bool = True
) -> tuple[list[Seen], OutputMonitor]:
    """What the monitor says at the end of each part."""
    stream = Stream()
    monitor = OutputMonitor("360p", stream.aac.template.codec_context.extradata or b"", lambda: passing)
    said = []
    for seconds, draw, sound in parts:
        for packet in stream.packets(seconds, draw, sound):
            # The same judgement as the thread's, packet by packet, without its timing.
            if isinstance(packet, EncodedPicture):
                monitor._look(packet, passing)
            else:
                monitor._hear(packet, passing)
        said.append(monitor._watch.seen)
    return said, monitor


def test_people_who_speak_raise_nothing() -> None:
    said, monitor = watch((8, moving, speech))
    assert said == [Seen()]
    assert monitor.levels[1] == pytest.approx(-17, abs=0.5)


def test_a_silent_programme_is_known_within_5_s_and_cleared_when_it_speaks_again() -> None:
    said, _ = watch((2, moving, speech), (5, moving, silence), (1, moving, speech))
    assert [s.silent for s in said] == [False, True, False]


@pytest.mark.parametrize("still", [frozen, noisy])
def test_a_frozen_picture_is_known_within_5_s_and_cleared_when_it_moves(still: Draw) -> None:
    said, _ = watch((3, moving, speech), (5, still, speech), (2, moving, speech))
    assert [s.still for s in said] == [False, True, False]
    assert not any(s.silent or s.black for s in said)


@pytest.mark.parametrize("dark", [black, black_with_logo])
def test_a_black_picture_is_known_under_a_logo_and_a_title_as_well(dark: Draw) -> None:
    said, _ = watch((2, moving, speech), (6, dark, speech))
    assert [s.black for s in said] == [False, True]


def test_a_pause_between_two_speakers_is_not_silence() -> None:
    said, _ = watch((1, moving, speech), (3, moving, silence), (1, moving, speech), (3, moving, silence))
    assert not any(s.silent for s in said)


def test_a_slate_is_never_an_alarm() -> None:
    said, _ = watch((7, frozen, silence), passing=False)
    assert said == [Seen()]


def test_a_slate_in_between_begins_the_count_anew() -> None:
    judged = Watch()
    for second in range(3):
        judged.second(second * SAMPLE_RATE, 0.0, 200, passing=True)
    judged.second(3 * SAMPLE_RATE, 0.0, 200, passing=False)
    for second in range(4, 7):
        judged.second(second * SAMPLE_RATE, 0.0, 200, passing=True)
    assert not judged.seen.still
    judged.second(7 * SAMPLE_RATE, 0.0, 200, passing=True)
    assert judged.seen.still


def test_the_thread_survives_garbage() -> None:
    stream = Stream()
    monitor = OutputMonitor("360p", stream.aac.template.codec_context.extradata or b"", lambda: True)
    heard = threading.Event()
    hear = monitor._hear

    def noted(unit: EncodedSound, passing: bool) -> None:
        hear(unit, passing)
        if monitor.levels[1] > -20:
            heard.set()

    monitor._hear = noted  # type: ignore[method-assign]
    monitor.start()
    monitor.sound(clear(EncodedSound(b"\xff" * 40, MediaTime(0))))
    monitor.picture(clear(EncodedPicture(b"\0\0\1\x65garbage", MediaTime(0), TICK, True, "360p")))
    for packet in stream.packets(1, moving, speech):
        if isinstance(packet, EncodedSound):
            monitor.sound(clear(packet))
    assert heard.wait(5)
    monitor.stop()
    assert not monitor.failed
    assert monitor.undecodable >= 1


def test_levels() -> None:
    nothing = level_of(np.zeros((2, 10), np.float32))
    assert (nothing.peak, nothing.rms, nothing.apart) == (FLOOR_DBFS, FLOOR_DBFS, 0.0)
    level = level_of(np.array([[0.5, -0.5], [0.05, 0.05]], np.float32))
    assert level.peak == pytest.approx(-6.02, abs=0.01) and level.rms == pytest.approx(-6.02, abs=0.01)
    assert level.apart == pytest.approx(20, abs=0.01)


def left_only(t: int, n: int) -> Sound:
    heard = speech(t, n)
    heard[1] = 0
    return heard


def shouting(t: int, n: int) -> Sound:
    """What is left of words far too loud: half of the time at the limiter's ceiling."""
    envelope = np.where(np.arange(t, t + n) // 24_000 % 2, 0.891, 0.3)
    return (envelope * np.sign(speech(t, n))).astype(np.float32)


def test_sound_on_one_side_only_is_known_within_5_s_across_the_pauses() -> None:
    said, _ = watch((2, moving, speech), (2, moving, left_only), (1, moving, silence), (2, moving, left_only))
    assert [s.one_sided for s in said] == [False, False, False, True]
    said, _ = watch((6, moving, left_only), (1, moving, speech))
    assert [s.one_sided for s in said] == [True, False]


def test_a_limiter_that_crushes_is_known_and_one_that_catches_a_peak_is_not() -> None:
    said, _ = watch((2, moving, speech), (4, moving, shouting), (4, moving, speech))
    assert [s.crushed for s in said] == [False, True, False]

    def one_peak(t: int, n: int) -> Sound:
        return shouting(24_000, n) if t % (2 * SAMPLE_RATE) == 0 else speech(t, n)

    said, _ = watch((6, moving, one_peak))
    assert not said[0].crushed

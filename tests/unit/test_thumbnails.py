"""Thumbnails while somebody watches: right size, right colours, nothing twice, nothing when nobody looks."""

import threading

import av
import cv2
import numpy as np
import pytest

from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import MediaTime
from regie.media.encoder import planes
from regie.media.frames import Picture
from regie.media.thumbnails import PREVIEW, PROGRAMME, SOURCE_SIZE, Thumbnailer, Thumbnails

pytestmark = pytest.mark.unit


def coloured(y: int, u: int, v: int) -> av.VideoFrame:
    frame = av.VideoFrame(1280, 720, "yuv420p")
    for plane, value in zip(planes(frame), (y, u, v), strict=True):
        plane[:] = value
    return frame


def test_colours_are_those_of_bt_709() -> None:
    # A saturated red (191, 0, 0) in BT.709, limited range.
    jpeg = Thumbnailer(SOURCE_SIZE).jpeg(Picture(coloured(51, 109, 212), MediaTime(0)))
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (180, 320, 3)
    blue, green, red = decoded.reshape(-1, 3).mean(0)
    assert abs(red - 191) < 8 and green < 10 and blue < 10


class Camera:
    """A source as thumbnails see it: its picture changes at every tick of a real clock, or never."""

    def __init__(self, clock: MediaClock, moving: bool) -> None:
        self._clock = clock
        self._frames = [coloured(60 + n, 128, 128) for n in range(10 if moving else 1)]
        self.asked = 0

    def __call__(self) -> Picture | None:
        self.asked += 1
        t = MediaTime(self._clock.now() // 1920 * 1920)
        return Picture(self._frames[t // 1920 % len(self._frames)], t)


class Sink:
    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.changed = threading.Condition()

    def __call__(self, name: str, at: int, jpeg: bytes) -> None:
        with self.changed:
            self.got.append((name, at))
            self.changed.notify_all()

    def count(self, name: str) -> int:
        return sum(1 for got, _ in self.got if got == name)

    def wait(self, name: str, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.count(name) >= count, 10)


def test_while_watched_moving_sources_come_often_and_still_ones_once() -> None:
    clock = MediaClock(SystemClock())
    sink = Sink()
    programme = Picture(coloured(90, 128, 128), MediaTime(0))
    thumbnails = Thumbnails(
        {"cam": Camera(clock, True), "mire": Camera(clock, False)},
        {PREVIEW: lambda: None, PROGRAMME: lambda: programme},
        clock,
        1920,
        sink,
    )
    thumbnails.start()
    thumbnails.watch(True)
    sink.wait("cam", 6)
    assert thumbnails.watched
    assert sink.count("mire") == 1, "a picture that did not change is not sent again"
    assert sink.count(PREVIEW) == 0 and sink.count(PROGRAMME) == 1
    thumbnails.watch(False)
    thumbnails.stop()
    times = [at for name, at in sink.got if name == "cam"]
    assert all(at % 1920 == 0 for at in times)
    assert all(after - before >= 1920 for before, after in zip(times, times[1:], strict=False))
    assert not thumbnails.failed


def test_nobody_watching_costs_nothing() -> None:
    clock = MediaClock(SystemClock())
    camera, sink = Camera(clock, True), Sink()
    thumbnails = Thumbnails({"cam": camera}, {}, clock, 1920, sink)
    thumbnails.start()
    thumbnails.watch(False)
    thumbnails.stop()
    assert camera.asked == 0 and sink.got == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_thread_is_replaced() -> None:
    clock = MediaClock(SystemClock())
    sink, broken = Sink(), threading.Event()
    camera = Camera(clock, True)

    def views() -> Picture | None:
        if not broken.is_set():
            broken.set()
            raise ZeroDivisionError
        return camera()

    thumbnails = Thumbnails({"cam": views}, {}, clock, 1920, sink)
    thumbnails.start()
    thumbnails.watch(True)
    assert broken.wait(5)
    thumbnails._thread.join(5)
    died = thumbnails.failed
    thumbnails.mend()
    sink.wait("cam", 1)
    assert died and not thumbnails.failed
    thumbnails.stop()

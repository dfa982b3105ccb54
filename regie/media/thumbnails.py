"""Small JPEGs of the sources and the buses while somebody looks, in a thread of low priority.

Pictures are taken at the mixer's own instants, so that asking changes nothing for the mixer; one that did not change is not sent
again.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace

from regie.clock import MediaClock
from regie.domain.model import SourceId
from regie.domain.timeline import MediaTime, from_ms
from regie.media.encoder import Shrinker, planes
from regie.media.frames import Picture

log = logging.getLogger(__name__)

LEASE = from_ms(5000)
"""How long one « watch » command lasts."""
SOURCE_EVERY = from_ms(100)
BUS_EVERY = from_ms(80)
FALLBACK_EVERY = from_ms(240)
"""The programme, for consoles that have it by another way and fall back on this one."""
REFRESH_EVERY = from_ms(2000)
"""A still picture is sent again this often, for who came meanwhile."""
SOURCE_SIZE = (320, 180)
BUS_SIZE = (640, 360)
QUALITY = 70
NICE = 10
PREVIEW, PROGRAMME = "bus.preview", "bus.programme"

Sink = Callable[[str, int, bytes], None]
"""Gets (source id, media time, JPEG) in the thumbnails' thread."""


class Thumbnailer:
    """Makes a JPEG of a picture at one size; keeps its working picture. Not thread-safe."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._small = av.VideoFrame(*size, "yuv420p")
        self._shrinker = Shrinker()

    def jpeg(self, picture: Picture) -> bytes:
        """The picture, small, with the right colours (BT.709)."""
        self._shrinker.shrink(planes(picture.frame), planes(self._small))
        bgr = self._small.reformat(format="bgr24", src_colorspace=Colorspace.ITU709).to_ndarray()
        _, data = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
        return np.asarray(data, np.uint8).tobytes()


class _Stream:
    """One thumbnail: how often, and what was sent last."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._due = 0
        self._last: av.VideoFrame | None = None
        self._sent_at = -REFRESH_EVERY

    def wants(self, now: int, every: int | None = None) -> bool:
        if now < self._due:
            return False
        every = every or self._every
        self._due = self._due + every if now - self._due < every else now + every
        return True

    def changed(self, picture: Picture, now: int) -> bool:
        if picture.frame is self._last and now - self._sent_at < REFRESH_EVERY:
            return False
        self._last, self._sent_at = picture.frame, now
        return True


class Thumbnails:
    """The thread ``thumbnails``. It sleeps while nobody watches.

    ``sources``: id to a function that gives the source's picture at the mixer's last tick. ``buses``: id to one that composes the
    bus. Either gives None when there is nothing yet.
    """

    def __init__(
        self,
        sources: Mapping[SourceId, Callable[[], Picture | None]],
        buses: Mapping[str, Callable[[], Picture | None]],
        clock: MediaClock,
        tick: int,
        sink: Sink,
    ) -> None:
        self._sources = sources
        self._buses = buses
        self._clock = clock
        self._tick = tick
        self._sink = sink
        self._lease_end = MediaTime(0)
        self._extra_end = MediaTime(0)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = self._new_thread()
        self._small, self._large = Thumbnailer(SOURCE_SIZE), Thumbnailer(BUS_SIZE)
        self._streams = {s: _Stream(SOURCE_EVERY) for s in sources} | {b: _Stream(BUS_EVERY) for b in buses}

    @property
    def watched(self) -> bool:
        """Does somebody look at the multiview?"""
        return self._clock.now() < self._lease_end

    @property
    def failed(self) -> bool:
        """Its thread died."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._stop.is_set()

    def start(self) -> None:
        """Be ready."""
        self._thread.start()

    def mend(self) -> None:
        """A thread that died is replaced."""
        if self.failed:
            log.error("the thumbnails' thread died and is replaced")
            self._thread = self._new_thread()
            self._thread.start()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="thumbnails", daemon=True)

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def watch(self, on: bool) -> None:
        """Somebody looks at the sources and the preview, for five seconds more; or nobody does any longer."""
        self._lease_end = MediaTime(self._clock.now() + LEASE) if on else MediaTime(0)
        self._wake.set()

    def watch_programme(self) -> None:
        """Somebody needs the programme's JPEGs at full rate, for five seconds more."""
        self._extra_end = MediaTime(self._clock.now() + LEASE)
        self._wake.set()

    def _run(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while not self._stop.is_set():
            now = self._clock.now()
            if now >= self._lease_end and now >= self._extra_end:
                self._wake.wait()
                self._wake.clear()
                continue
            due = MediaTime(now - now % self._tick)
            for name in self._wanted(now):
                self._one(name, due)
            self._clock.wait_until(due + self._tick, self._stop)

    def _wanted(self, now: int) -> Iterable[str]:
        for name in (*self._buses, *self._sources):
            if name == PROGRAMME and now < self._extra_end:
                if self._streams[name].wants(now):
                    yield name
            elif now < self._lease_end:
                if self._streams[name].wants(now, FALLBACK_EVERY if name == PROGRAMME else None):
                    yield name

    def _one(self, name: str, t: MediaTime) -> None:
        bus = self._buses.get(name)
        try:
            picture = bus() if bus is not None else self._sources[name]()
            if picture is None or not self._streams[name].changed(picture, t):
                return
            jpeg = (self._large if bus is not None else self._small).jpeg(picture)
        except (cv2.error, ValueError, av.error.FFmpegError) as error:
            log.warning("no thumbnail of %s: %s", name, type(error).__name__)
            return
        self._sink(name, t, jpeg)

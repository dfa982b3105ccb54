"""Measures, on demand, how far a source's sound is from its picture: a thread that looks and listens at the mixer's instants."""

import logging
import threading
from collections.abc import Callable

import numpy as np

from audio.sync import flashes, grid, measure
from regie.board import SyncStatus
from regie.clock import MediaClock
from regie.domain.model import SourceId
from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.colour import planes_of
from regie.media.frames import Picture, Sound

log = logging.getLogger(__name__)

MAX_SECONDS = 60
MS = SAMPLE_RATE // 1000

Glance = Callable[[SourceId], Picture | None]
Listen = Callable[[SourceId, MediaTime, int], Sound | None]


class SyncWatch:
    """One measure at a time; its state is on the board. ``glance`` and ``listen`` never wait."""

    def __init__(self, glance: Glance, listen: Listen, clock: MediaClock, tick: int) -> None:
        self._glance = glance
        self._listen = listen
        self._clock = clock
        self._tick = tick
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.status: SyncStatus | None = None

    def start(self, source: SourceId, seconds: int) -> None:
        """Begin; a measure under way is given up."""
        self.stop()
        self._stop = threading.Event()
        seconds = max(1, min(MAX_SECONDS, seconds))
        self.status = SyncStatus(source=source, running=True)
        self._thread = threading.Thread(
            target=self._run, args=(source, seconds, self._stop), name="sync", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Give up; safe to call at any time."""
        self._stop.set()
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join(1.0)

    def _run(self, source: SourceId, seconds: int, stop: threading.Event) -> None:
        first = self._clock.now() // self._tick + 1
        times, grids, heard = [], [], []
        for n in range(first, first + seconds * SAMPLE_RATE // self._tick):
            # Half a tick later the mixer has certainly taken its picture of that tick.
            if not self._clock.wait_until(n * self._tick + self._tick // 2, stop):
                return
            t = MediaTime(n * self._tick)
            picture = self._glance(source)
            if picture is not None:
                times.append(int(t))
                grids.append(grid(planes_of(picture.frame)[0]))
            sound = self._listen(source, t, self._tick)
            heard.append(np.zeros(self._tick, np.float32) if sound is None else sound.mean(axis=0))
        reading = measure(flashes(times, grids), np.concatenate(heard), first * self._tick)
        self.status = SyncStatus(
            source=source,
            running=False,
            offset_ms=None if reading is None else round(reading.offset / MS, 1),
            events=0 if reading is None else reading.events,
        )
        log.info("sync measured", extra={"source": source, "found": reading is not None})

"""The pictures of a source waiting for their tick: a short queue, read by time. Thread-safe; nobody waits."""

import threading
from collections import deque

from regie.domain.timeline import MediaTime, from_ms
from regie.media.frames import Picture

EARLY = int(from_ms(240))
"""A file is read 200 ms ahead."""
HYSTERESIS = 16
"""A picture that was just repeated (or dropped) is not dropped (or repeated) again for a jitter of a 16th of a tick."""


class FrameSync:
    """Hands out, at each tick, the newest picture that is due; counts those repeated and those never shown.

    A picture is due within half a tick of its time, so that picture and sound stay within half a tick of each other.
    """

    def __init__(self, tick: int, delay: int) -> None:
        self._tick = tick
        self._delay = delay
        # What waits for the delay, and what comes early (a file read ahead, pictures decoded before their turn).
        self._size = 4 * (delay + EARLY) // (3 * tick) + 1
        self._queue: deque[Picture] = deque()
        self._current: Picture | None = None
        self._asked: int | None = None
        self._lead = tick // 2
        self._lock = threading.Lock()
        self.counting = True
        """Off while the source is not decoded in full: to repeat its keyframes is no fault."""
        self.drops = 0
        self.repeats = 0

    @property
    def phase(self) -> int:
        """Where the ticks fall, modulo a tick, on the source's timeline: pictures are best aligned there."""
        return 0 if self._asked is None else (self._asked - self._delay) % self._tick

    @property
    def newest(self) -> MediaTime | None:
        """Time of the last picture that came."""
        with self._lock:
            if self._queue:
                return self._queue[-1].at
            return None if self._current is None else self._current.at

    def put(self, picture: Picture, due: int) -> None:
        """Add a picture; ``due`` is the time of the picture that the programme shows now, watched or not.

        One that comes sooner than three quarters of a tick after the last would never be shown (a source twice as fast as the
        programme): it is left out. One whose time is no later takes the last one's place: stamps that step back freeze nothing.
        """
        with self._lock:
            while len(self._queue) > 1 and self._queue[1].at <= due:
                self._queue.popleft()
            if self._queue:
                last = self._queue[-1]
                after = picture.at - last.at
                if after < self._tick // 4:
                    self._queue[-1] = Picture(picture.frame, last.at)
                    self.drops += 1
                    return
                if after < self._tick * 3 // 4:
                    return
                if len(self._queue) >= self._size:
                    self.drops += 1
                    return
            self._queue.append(picture)

    def at(self, t: MediaTime) -> Picture | None:
        """The picture due at programme time ``t``; the last one while there is none; None before the first."""
        with self._lock:
            due = t - self._delay + self._lead
            passed = 0
            while self._queue and self._queue[0].at <= due:
                self._current = self._queue.popleft()
                passed += 1
            if self.counting and self._asked is not None and t == self._asked + self._tick:
                self._count(passed)
            self._asked = t
            return self._current

    def _count(self, passed: int) -> None:
        """Watched tick after tick: exactly one new picture is the rule."""
        if passed == 0:
            self.repeats += 1
            self._lead = self._tick // 2 - self._tick // HYSTERESIS // 2
        elif passed > 1:
            self.drops += passed - 1
            self._lead = self._tick // 2 + self._tick // HYSTERESIS // 2

    def flush(self) -> None:
        """A new connection begins: what waits is forgotten, the picture shown stays."""
        with self._lock:
            self._queue.clear()

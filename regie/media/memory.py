"""How the engine takes memory from the system and gives it back.

glibc keeps what was freed between things that live. Pictures come and go by the hundred, titles and slates are drawn now and then:
holes add up over hours. Taking every picture from the system instead costs a page fault for each 4 kB, forty
times the copy of the picture.
"""

import ctypes
import threading
from contextlib import suppress

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of malloc.h: a dozen threads would have an arena each."""
EVERY_S = 20.0
"""Seldom enough to cost nothing, often enough that a turn takes about a millisecond: threads that want memory wait meanwhile."""


def tune() -> None:
    """Two arenas for all threads. Call it before they start."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


class GiveBack:
    """A thread that gives the holes back to the system, where the C library can."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; safe when it never began."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(1.0)

    def _run(self) -> None:
        with suppress(OSError, AttributeError):
            trim = ctypes.CDLL(None).malloc_trim
            while not self._stop.wait(self._every_s):
                trim(0)

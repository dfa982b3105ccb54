"""The only crossing between threads, and from threads to the loop: bounded, counted, with a drop policy.

:class:`Ring` hands items from one thread to another. When it is full the *oldest droppable* part goes, by the policy given at
its making; the count of what went is kept. The writer never waits.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from regie.board import Latest

__all__ = ["Latest", "Ring", "call_soon"]

T = TypeVar("T")


class Ring(Generic[T]):
    """A bounded queue for one reader.

    ``resume`` tells which items a reader may start again from after a loss (a keyframe): once something was dropped, items are
    refused until one that resumes. Without it single items go, oldest first.
    """

    def __init__(self, size: int, resume: Callable[[T], bool] | None = None) -> None:
        if size < 1:
            raise ValueError("a ring holds at least one item")
        self._size = size
        self._resume = resume
        self._items: deque[T] = deque()
        self._skipping = False
        self._closed = False
        self._ready = threading.Condition()
        self.dropped = 0

    def put(self, item: T, *, wake: bool = True) -> bool:
        """Add an item without ever waiting; False when it was dropped. ``wake`` False: the reader need not hurry for this one."""
        with self._ready:
            if self._closed:
                return False
            if self._skipping:
                if self._resume is None or not self._resume(item):
                    self.dropped += 1
                    return False
                self._skipping = False
            if len(self._items) >= self._size and not self._make_room(item):
                return False
            self._items.append(item)
            if wake:
                self._ready.notify()
            return True

    def _make_room(self, item: T) -> bool:
        if self._resume is None:
            self._items.popleft()
            self.dropped += 1
            return True
        self.dropped += len(self._items)
        self._items.clear()
        if self._resume(item):
            return True
        self._skipping = True
        self.dropped += 1
        return False

    def get(self, timeout: float) -> T | None:
        """The oldest item, waiting at most ``timeout`` seconds; None when there is none or the ring is closed and empty."""
        with self._ready:
            if not self._items and not self._closed:
                self._ready.wait(timeout)
            return self._items.popleft() if self._items else None

    def drop(self, beyond: int = 0) -> None:
        """Throw away what waits if it is more than ``beyond`` items; with ``resume``, up to what a reader may start from."""
        with self._ready:
            if len(self._items) > beyond:
                self.dropped += len(self._items)
                self._items.clear()
                self._skipping = self._resume is not None

    def close(self) -> None:
        """Refuse what comes; the reader still gets what is there."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    @property
    def closed(self) -> bool:
        """No more items will come."""
        return self._closed

    def __len__(self) -> int:
        return len(self._items)


def call_soon(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *args: object) -> None:
    """From any thread: run a function on the loop; a loop that is closing is not an error."""
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:
        if not loop.is_closed():
            raise

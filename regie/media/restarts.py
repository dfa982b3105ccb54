"""How often a part may be replaced before somebody must be told."""

from collections import deque

from regie.clock import Clock

WINDOW_NS = 60_000_000_000


class RestartBudget:
    """So many replacements within a minute. One owner, one thread."""

    def __init__(self, most: int, clock: Clock) -> None:
        self._clock = clock
        self._spent: deque[int] = deque(maxlen=most)

    def spend(self) -> bool:
        """Replace now? False when too many were replaced lately."""
        now = self._clock.monotonic_ns()
        if len(self._spent) == self._spent.maxlen and now - self._spent[0] < WINDOW_NS:
            return False
        self._spent.append(now)
        return True

"""The only place that asks what time it is, or waits."""

import asyncio
import threading
import time
from typing import Protocol

from regie.domain.timeline import SAMPLE_RATE, MediaTime


class Clock(Protocol):
    """Monotonic and wall time; tests give a virtual one."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back."""

    def utc_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""


class SystemClock:
    """The machine's clocks."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back."""
        return time.monotonic_ns()

    def utc_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""
        return time.time_ns()


class MediaClock:
    """Media time of this run: 48 kHz samples counted on the monotonic clock from ``start_ns``."""

    def __init__(self, clock: Clock, start_ns: int | None = None) -> None:
        self._clock = clock
        self.start_ns = clock.monotonic_ns() if start_ns is None else start_ns

    def now(self) -> MediaTime:
        """Samples since the start of the run."""
        return MediaTime((self._clock.monotonic_ns() - self.start_ns) * SAMPLE_RATE // 1_000_000_000)

    def seconds_until(self, t: int) -> float:
        """Seconds from now to an instant of the run; negative when it is past."""
        due_ns = self.start_ns + t * 1_000_000_000 // SAMPLE_RATE
        return (due_ns - self._clock.monotonic_ns()) / 1e9

    def wait_until(self, t: int, stop: threading.Event) -> bool:
        """Wait for an instant of the run. False as soon as ``stop`` is set."""
        left = self.seconds_until(t)
        if left > 0:
            return not stop.wait(left)
        return not stop.is_set()


async def set_by_network() -> bool | None:
    """Does the network set the machine's clock? None when the system does not say."""
    try:
        child = await asyncio.create_subprocess_exec(
            *("timedatectl", "show", "--property=NTPSynchronized", "--value"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await child.communicate()
    except OSError:
        return None
    return {b"yes": True, b"no": False}.get(output.strip())

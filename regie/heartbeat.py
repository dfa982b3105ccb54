"""A process of ours tells the supervisor that it is not hung: a byte on an inherited pipe, once a second.

Started by hand there is no pipe and nothing happens.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping

VARIABLE = "REGIE_HEARTBEAT_FD"
INTERVAL_S = 1.0
UNWELL_INTERVAL_S = 0.05


class Heart:
    """The writing end of the pipe. A full pipe is not an error: the supervisor is busy, and knows we live."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd

    @classmethod
    def inherited(cls, environ: Mapping[str, str] = os.environ) -> "Heart":
        """The pipe that the supervisor left in the environment, or none."""
        value = environ.get(VARIABLE, "")
        if not value.isdigit():
            return cls(None)
        fd = int(value)
        try:
            os.set_blocking(fd, False)
            os.set_inheritable(fd, False)
        except OSError:
            return cls(None)
        return cls(fd)

    def beat(self) -> None:
        """I am well. Never waits, never raises."""
        if self._fd is not None:
            with contextlib.suppress(BlockingIOError, BrokenPipeError):
                os.write(self._fd, b".")

    async def beat_while(self, well: Callable[[], bool]) -> None:
        """Beat once a second from the running loop when ``well()``; a loop that hangs beats no more. Ends by cancellation."""
        while True:
            is_well = well()
            if is_well:
                self.beat()
            await asyncio.sleep(INTERVAL_S if is_well else UNWELL_INTERVAL_S)

"""The dead man's handle of a joystick: a drive whose owner falls silent is stopped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from camera_drivers.base import CameraError

log = logging.getLogger(__name__)

SILENCE = 0.3
"""Seconds; past that the owner's browser or its link is gone (feature C13)."""


class DeadMan:
    """Calls ``stop`` when nobody held the handle for a while."""

    def __init__(self, stop: Callable[[], Awaitable[None]], silence: float = SILENCE) -> None:
        self._stop = stop
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._stopping: set[asyncio.Task[None]] = set()
        self.fired = 0
        """Drives stopped so."""

    def hold(self) -> None:
        """The owner spoke."""
        self.release()
        self._timer = self._loop.call_later(self._silence, self._fire)

    def release(self) -> None:
        """Nothing is driven any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """The camera's task ends, and stops it by itself."""
        self.release()
        for task in tuple(self._stopping):
            task.cancel()

    def _fire(self) -> None:
        self._timer = None
        self.fired += 1
        log.warning("nobody holds the drive of a camera any more: stopped")
        task = self._loop.create_task(self._stop_alone(), name="camera stop")
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _stop_alone(self) -> None:
        try:
            await self._stop()
        except CameraError as error:
            # Still owed: the driver says it again as soon as the camera answers.
            log.warning("the stop was not confirmed: %s", error)

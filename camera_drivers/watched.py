"""A camera that is asked where it is, again and again: what its drivers have in common."""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

from camera_drivers.base import CameraError, CameraLost, CameraState, Position, Speeds
from camera_drivers.deadman import DeadMan
from camera_drivers.truth import Truth

log = logging.getLogger(__name__)


class Watched(ABC):
    """See the module. Made on a running loop.

    ``_driven``: the drive that it was last told; ``_stop_owed``: a stop that it did not confirm; ``_every``: how often it must be
    asked at least (seconds); ``_memories``: where those of its memories look that we stored.
    """

    def __init__(self, truth: Truth) -> None:
        self._loop = asyncio.get_running_loop()
        self.truth = truth
        self.dead_man = DeadMan(self.stop)
        self._wake = asyncio.Event()
        self._every: float | None = None
        self._driven = Speeds()
        self._stop_owed = False
        self._memories: dict[int, Position] = {}

    @abstractmethod
    async def stop(self) -> None:
        """Stop everything, confirmed by the camera."""

    def listen(self, listener: Callable[[], None]) -> None:
        """Have this called at each thing newly known."""
        self.truth.listener = listener

    def watch_closely(self, every: float | None) -> None:
        """Ask at least so often, even at rest: on air, somebody else may turn it."""
        if every != self._every:
            self._every = every
            self._wake.set()

    def _must_answer(self) -> None:
        """No movement is queued for a camera that does not answer: it would start when nobody expects it any more."""
        if self.truth.state is CameraState.LOST:
            raise CameraLost("it does not answer")

    def _stored(self, number: int) -> None:
        """It stored where it looks, which is known of a camera at rest only."""
        position = self.truth.resting
        if position is None:
            self._memories.pop(number, None)
        else:
            self._memories[number] = position

    def _forget_drive(self) -> None:
        self._driven = Speeds()
        self.dead_man.release()

    def _lose(self, model: str) -> bool:
        """It answers no more: what it was doing is owed a stop. False when this was known."""
        if self.truth.state is CameraState.LOST:
            return False
        log.warning("camera lost: %s", model)
        self._stop_owed = self._stop_owed or self.truth.driving or not self._driven.still
        self._forget_drive()
        self.truth.lost(self._loop.time())
        return True

    async def _pause(self, seconds: float) -> None:
        """Wait, or less when something happened."""
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _leave(self, seconds: float) -> None:
        """The driver ends: a drive under way is stopped, in ``seconds`` at most."""
        driven = self.truth.driving or not self._driven.still
        self._forget_drive()
        self.dead_man.close()
        if driven:
            with contextlib.suppress(CameraError, TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.stop()

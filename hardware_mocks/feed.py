"""What leaves a camera, towards whoever listens: access units on the loop, through the camera's troubles."""

import asyncio
import time
from collections.abc import Callable

from hardware_mocks.encoding import Unit
from hardware_mocks.faults import Troubles
from hardware_mocks.rtp import parameter_sets

Listener = Callable[[Unit], None]


class Feed:
    """One camera's units. ``aac`` is the configuration of its sound, None when it has none."""

    def __init__(
        self, camera: str, epoch_ns: int, epoch_utc: float, troubles: Troubles, aac: bytes | None
    ) -> None:
        self.id = camera
        self.aac = aac
        self.sets: tuple[bytes, bytes] | None = None
        self.ready = asyncio.Event()
        self._epoch_ns = epoch_ns
        self._epoch_utc = epoch_utc
        self._troubles = troubles
        self._listeners: list[Listener] = []

    def seconds(self) -> float:
        """Since the hall's epoch."""
        return (time.monotonic_ns() - self._epoch_ns) / 1e9

    def utc(self, pts: int) -> float:
        """Wall time of an instant of the feed."""
        return self._epoch_utc + pts / 90_000

    def spoil(self, piece: bytes) -> bytes | None:
        """A piece of the stream after the camera's troubles."""
        return self._troubles.spoil(piece, self.seconds())

    def subscribe(self, listener: Listener) -> None:
        """Be given each unit, on the loop."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """No more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def push(self, unit: Unit) -> None:
        """A unit from the encoder."""
        if unit.key and not unit.sound:
            self.sets = parameter_sets(unit.data) or self.sets
            if self.sets is not None:
                self.ready.set()
        for listener in tuple(self._listeners):
            listener(unit)

"""One camera of the hall at work: a thread that draws and encodes, a server that speaks its protocol, and its use cases."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hardware_mocks.encoding import PictureEncoder, SoundEncoder, Unit
from hardware_mocks.faults import Fault, Troubles
from hardware_mocks.feed import Feed
from hardware_mocks.turret import Scene, Turret, Yuv

LATE_S = 0.2
"""Later than that a picture is skipped and counted, not made in a hurry."""
LIE_MS = 60_000


class Server(Protocol):
    """How a camera is reached."""

    async def start(self, port: int) -> None:
        """Listen, or begin to send."""

    async def stop(self) -> None:
        """Fall silent."""

    @property
    def url(self) -> str:
        """Where it is to be read."""


class SimulatedCamera:
    """A turret, its encoder and its server. ``scene`` tells what moves at a media time."""

    def __init__(
        self,
        turret: Turret,
        feed: Feed,
        server: Server,
        troubles: Troubles,
        *,
        fps: int,
        kbps: int,
        gop: int,
        first_key: int,
        sound: SoundEncoder | None,
        epoch_ns: int,
        scene: Callable[[int], Scene],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.turret = turret
        self.feed = feed
        self.server = server
        self.troubles = troubles
        self.skipped = 0
        self.pictures = 0
        self._fps = fps
        self._kbps = kbps
        self._gop = gop
        self._first_key = first_key
        self._sound = sound
        self._epoch_ns = epoch_ns
        self._scene = scene
        self._loop = loop
        self._encoder = PictureEncoder(turret.width, turret.height, fps, kbps, gop, first_key)
        self._last: Yuv | None = None
        self._stop = threading.Event()
        self._down = False
        self._thread = threading.Thread(target=self._run, name=f"hall:{feed.id}", daemon=True)

    async def start(self, port: int) -> None:
        """Begin."""
        await self.server.start(port)
        self._thread.start()

    async def stop(self) -> None:
        """End."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join, 3)
        if not self._down:
            await self.server.stop()

    async def watch_reboots(self) -> None:
        """Close the connections while the camera reboots; ends by cancellation."""
        while True:
            rebooting = self.troubles.has(Fault.REBOOT, self.feed.seconds())
            if rebooting and not self._down:
                self._down = True
                await self.server.stop()
            elif self._down and not rebooting:
                await self.server.start(0)
                self._down = False
            await asyncio.sleep(0.1)

    def hear(self, samples: NDArray[np.int16], at: int) -> None:
        """Sound of the room, for a camera that has a microphone. ``at``: samples since the epoch."""
        if self._sound is None or self.troubles.has(Fault.MUTE, self.feed.seconds()):
            return
        for unit in self._sound.encode(np.asarray(samples / 32768, np.float32), at):
            self._push(unit)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            due_ns = self._epoch_ns + number * 1_000_000_000 // self._fps
            wait = (due_ns - time.monotonic_ns()) / 1e9
            if wait > 0 and self._stop.wait(wait):
                return
            self.turret.advance(1 / self._fps)
            if wait < -LATE_S:
                self.skipped += 1
            else:
                self._picture(number)
            number += 1

    def _picture(self, number: int) -> None:
        seconds = number / self._fps
        ms = number * 1000 // self._fps
        self.turret.black = self.troubles.has(Fault.BLACK, seconds)
        if self._last is None or not self.troubles.has(Fault.FREEZE, seconds):
            self._last = self.turret.picture(self._scene(ms), ms, number % self._fps)
        pts = number * 90_000 // self._fps
        for unit in self._encoder_for(seconds).encode(self._sized(self._last), pts):
            self._push(unit)
        self.pictures += 1

    def _encoder_for(self, seconds: float) -> PictureEncoder:
        turret = self.turret
        half = self.troubles.has(Fault.RESIZE, seconds)
        size = (turret.width // 2, turret.height // 2) if half else (turret.width, turret.height)
        if self._encoder.size != size:
            self._encoder = PictureEncoder(*size, self._fps, self._kbps, self._gop, 0)
        return self._encoder

    def _sized(self, planes: Yuv) -> Yuv:
        step = planes[0].shape[1] // self._encoder.size[0]
        y, u, v = (plane[::step, ::step] for plane in planes)
        return y, u, v

    def _push(self, unit: Unit) -> None:
        if self.troubles.has(Fault.LIE, self.feed.seconds()):
            unit = Unit(
                unit.data, unit.pts + self.troubles.random.choice((-1, 1)) * LIE_MS * 90, unit.key, unit.sound
            )
        try:
            self._loop.call_soon_threadsafe(self.feed.push, unit)
        except RuntimeError:
            # The loop has closed: the hall stops.
            self._stop.set()

"""A Panasonic AW camera as the rest of the régie sees it: HTTP commands, notifications pushed by TCP.

It tells no movement status: arrival is read from positions (:mod:`camera_drivers.truth`). A notification of any change makes us
look at once.
"""

import asyncio
import contextlib
import logging

from camera_drivers import panasonic_wire as wire
from camera_drivers.base import (
    CameraError,
    CameraLost,
    CameraRefused,
    Capabilities,
    PlainHead,
    Position,
    Report,
    Speeds,
    Superseded,
)
from camera_drivers.geometry import Lens
from camera_drivers.panasonic_line import Line
from camera_drivers.panasonic_wire import Notifications, Request
from camera_drivers.truth import Kind, Sighting, Truth
from camera_drivers.watched import Watched

log = logging.getLogger(__name__)

BACKOFF = (0.2, 10.0)
HEARTBEAT = 90.0
"""It posts its version every 60 s; longer silence means that it forgot us (it holds five listeners at most)."""
ON = "p1"
SLOWEST = 0.03
RAMP = 0.5
"""Seconds to gain speed and to brake, about."""


class PanasonicCamera(Watched, PlainHead):
    """One camera. Made on a running loop; :meth:`run` must run for anything to be known of it."""

    def __init__(
        self,
        host: str,
        port: int = 80,
        *,
        listen: str = "0.0.0.0",
        lens: Lens | None = None,
        settle: float = 0.2,
        zoom_max: float | None = None,
    ) -> None:
        """``host``: numeric address; ``listen``: address on which notifications are received, on any free port; ``lens``: a
        calibrated one; ``zoom_max``: what its tele end enlarges."""
        super().__init__(Truth(settle=settle))
        self._listen = listen
        self.line = Line(host, port)
        self.model = "Panasonic AW"
        self.firmware = ""
        self.lens = lens or wire.LENS
        self._zoom_told = zoom_max is not None
        self._zoom = wire.ZOOM if zoom_max is None else wire.ZOOM.reaching(zoom_max)
        self._tally: tuple[bool, bool] | None = None
        self._tally_wanted: tuple[bool, bool] | None = None
        self._awake = True
        self._heard = 0.0
        self.notified = 0
        """Notifications received."""

    # -- Camera -----------------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """What is known now."""
        return self.truth.report(self._loop.time(), self.model)

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            presets=wire.PRESETS,
            tally=True,
            pan=(wire.PAN.low, wire.PAN.high),
            tilt=(wire.TILT.low, wire.TILT.high),
            zoom=self._zoom.most,
            zoom_assumed=not self._zoom_told and wire.ZOOM_OF not in self.model,
            pan_speed=90.0,
            tilt_speed=90.0,
        )

    async def go_to(self, target: Position, speed: float = 1.0) -> None:
        """Start to move. Returns once the camera accepted."""
        if not (
            wire.PAN.reaches(target.pan) and wire.TILT.reaches(target.tilt) and target.zoom <= self._zoom.most
        ):
            raise CameraRefused("out of its reach")
        self._must_answer()
        self._forget_drive()
        for n, request in enumerate(wire.go_to(target, speed, self._zoom)):
            await self.line.ask(request)
            if n == 0:
                self._set_off(Kind.GO_TO, target)

    async def drive(self, speeds: Speeds) -> None:
        """Move at a speed; to be said again at least every 300 ms, or the camera is stopped."""
        if speeds.still:
            await self.stop()
            return
        self._must_answer()
        self.dead_man.hold()
        before, self._driven = self._driven, speeds
        try:
            for old, request in zip(wire.drive(before), wire.drive(speeds), strict=True):
                if request.command != old.command:
                    await self.line.ask(request)
        except Superseded:
            return
        except CameraError:
            # Said again at the next word of the owner; until then it is not known whether it moves.
            self._driven = Speeds()
            raise
        if self._driven is speeds and not self.truth.driving:
            self._set_off(Kind.DRIVE)

    async def stop(self) -> None:
        """Stop everything, confirmed by the camera's answer."""
        self._forget_drive()
        self._stop_owed = True
        await asyncio.gather(*(self.line.ask(request) for request in wire.stop()))
        self._stop_owed = False
        self.truth.released(self._loop.time())
        self._wake.set()

    async def set_tally(self, red: bool, green: bool) -> None:
        """The whole state of the lamp, sent when it changes."""
        wanted = (red, green)
        self._tally_wanted = wanted
        if self._tally == wanted:
            return
        self._tally = None
        for request in wire.tally(red, green):
            await self.line.ask(request)
        self._tally = wanted

    async def store_preset(self, number: int) -> None:
        """Mirror the present framing in the camera's own memory, counted from 1."""
        await self.line.ask(wire.preset("M", number))
        self._stored(number)

    async def recall_preset(self, number: int, speed: float = 1.0) -> None:
        """Go to a memory of the camera, at its menu's speed. Returns once it accepted."""
        self._must_answer()
        self._forget_drive()
        await self.line.ask(wire.preset("R", number))
        self._set_off(Kind.RECALL, self._memories.get(number))

    def foresee(self, target: Position, speed: float) -> float | None:
        """Seconds that a move should take at its maker's speeds."""
        position, shown = self.report().position, self.capabilities()
        if position is None:
            return None
        pan, tilt = abs(target.pan - position.pan), abs(target.tilt - position.tilt)
        return max(pan / shown.pan_speed, tilt / shown.tilt_speed) / max(SLOWEST, speed) + RAMP

    # -- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Listen to the camera and watch it for ever; ends by cancellation. A drive under way is stopped."""
        server = await asyncio.start_server(self._listen_to, self._listen, 0)
        port = server.sockets[0].getsockname()[1]
        async with server, asyncio.TaskGroup() as group:
            group.create_task(self.line.run())
            try:
                await self._keep(port)
            finally:
                await self._leave(1.5)
                with contextlib.suppress(CameraError, TimeoutError):
                    async with asyncio.timeout(1.5):
                        await self._subscribe("stop", port)

    async def _keep(self, port: int) -> None:
        pause = BACKOFF[0]
        while True:
            try:
                await self._subscribe("start", port)
                await self._identify()
                await self._restore()
                pause = BACKOFF[0]
                while self._loop.time() - self._heard < HEARTBEAT:
                    await self._look()
                    await self._pause(self.truth.next_poll(self._loop.time(), self._every))
            except CameraLost:
                if self._lose(self.model):
                    self._tally = None
                await self._pause(pause)
                pause = min(BACKOFF[1], 2 * pause)

    async def _subscribe(self, what: str, port: int) -> None:
        await self.line.get(f"/cgi-bin/event?connect={what}&my_port={port}&uid=0")
        self._heard = self._loop.time()

    async def _identify(self) -> None:
        name = await self._maybe(wire.MODEL)
        if name is not None and name.startswith("OID:"):
            self.model = f"Panasonic {name[4:]}"
        power = await self._maybe(wire.POWER)
        self._awake = power is None or power == ON

    async def _restore(self) -> None:
        """What may be said again after a loss: states, never movements."""
        with contextlib.suppress(CameraRefused):
            if self._stop_owed:
                await self.stop()
            if self._tally_wanted is not None:
                await self.set_tally(*self._tally_wanted)

    async def _look(self) -> None:
        if not self._awake:
            self.truth.asleep(self._loop.time(), "stand-by")
            power = await self._maybe(wire.POWER)
            self._awake = power == ON
            return
        place = await self._maybe(wire.PLACE)
        zoom = await self._maybe(wire.ZOOM_PLACE)
        angles = wire.place(place) if place is not None else None
        magnification = wire.zoom(zoom, self._zoom) if zoom is not None else None
        if angles is not None and magnification is not None:
            self.truth.seen(self._loop.time(), Sighting(Position(*angles, magnification)))

    async def _maybe(self, request: Request) -> str | None:
        try:
            return await self.line.ask(request)
        except CameraRefused:
            return None

    # -- notifications ----------------------------------------------------------------------------------------------

    async def _listen_to(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The camera opens a connection to tell something; nobody else may."""
        stream = Notifications()
        stream.broken = writer.get_extra_info("peername")[0] != self.line.host
        try:
            while not stream.broken and (data := await reader.read(4096)):
                for command in stream.feed(data):
                    self._told(command)
        except OSError:
            log.debug("a notification's connection broke")
        finally:
            writer.close()

    def _told(self, command: str) -> None:
        self.notified += 1
        self._heard = self._loop.time()
        if command in ("p0", "p1", "p3"):
            self._awake = command == ON
        self._wake.set()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _set_off(self, kind: Kind, target: Position | None = None) -> None:
        self.truth.set_off(self._loop.time(), kind, target)
        self._wake.set()

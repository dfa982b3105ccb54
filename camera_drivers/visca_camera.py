"""A VISCA camera as the rest of the régie sees it: :class:`camera_drivers.base.Camera` over a conversation.

What it is and where it is come from its answers (:mod:`camera_drivers.truth`); how to speak to it from its model
(:mod:`camera_drivers.quirks`). After a loss nothing that moves is replayed: only the lamp's state, and a stop that could not be
confirmed.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from camera_drivers import quirks, visca_image
from camera_drivers import visca_commands as visca
from camera_drivers.base import (
    CameraError,
    CameraLost,
    CameraRefused,
    CameraState,
    Capabilities,
    FocusMode,
    ImageSettings,
    Position,
    Report,
    Speeds,
    Superseded,
)
from camera_drivers.geometry import Lens
from camera_drivers.quirks import Model
from camera_drivers.travel import Moves, Travel
from camera_drivers.truth import Kind, Truth
from camera_drivers.visca_commands import Command
from camera_drivers.visca_io import BACKOFF, BufferFull, Conversation
from camera_drivers.visca_watch import Watcher
from camera_drivers.watched import Watched

log = logging.getLogger(__name__)

STOP_CHECKS = 3
STOP_CHECK = 0.4
ZOOM_SPEEDS = 8
ROUNDING = 0.01


@dataclass(slots=True)
class _Journey:
    """A move under way, for the travel model; ``ended``: when the camera announced its end."""

    since: float
    start: Position
    target: Position
    code: int
    ended: float | None = None


class ViscaCamera(Watched):
    """One camera. Made on a running loop; :meth:`run` must run for anything to be known of it."""

    def __init__(
        self,
        family: Model = quirks.SONY,
        *,
        hung: bool = False,
        lens: Lens | None = None,
        settle: float = 0.2,
        learnt: Mapping[str, Moves] | None = None,
        zoom_max: float | None = None,
    ) -> None:
        """``family``: what it is until it tells its model; ``hung``: upside down; ``lens``: a calibrated one; ``learnt``: moves
        of former runs, by model; ``zoom_max``: what its tele end enlarges, for a model whose table is not known."""
        super().__init__(Truth(settle=settle))
        self.family = family
        self._hung = hung
        self._lens = lens
        self._zoom_max = zoom_max
        self._learnt = learnt or {}
        self.firmware = ""
        self.conversation = Conversation(family.options(), self._presence)
        self.watcher = Watcher(self.conversation, self.truth)
        self._become(family)
        self._tally: bool | None = None
        self._tally_wanted: bool | None = None
        self._journey: _Journey | None = None

    # -- Camera -----------------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """What is known now."""
        return self.truth.report(self._loop.time(), self.model.name)

    def capabilities(self) -> Capabilities:
        """What it can do; refined once its model answered."""
        return self.model.capabilities()

    async def go_to(self, target: Position, speed: float = 1.0) -> None:
        """Start to move, at a share of its speed. Returns once the camera accepted."""
        model = self.model
        zooms = 1 - ROUNDING <= target.zoom <= model.zoom.most + ROUNDING
        if not (zooms and model.pan.reaches(target.pan) and model.tilt.reaches(target.tilt)):
            raise CameraRefused("out of its reach")
        self._forget_drive()
        self._must_answer()
        await self._make_way()
        code = _code(speed, len(model.pan_speeds))
        start = self.report().position
        zoom = model.zoom.position(target.zoom)
        lens = visca.zoom_to(zoom) if target.focus is None else visca.zoom_focus_to(zoom, target.focus)
        try:
            endings = await self._start(self._absolute(target, code), lens)
        finally:
            if self.conversation.session.accepted():
                lasts = self.travel.predict(start, target, code) if start is not None else None
                now = self._loop.time()
                self.truth.set_off(now, Kind.GO_TO, target, lasts)
                self._journey = _Journey(now, start, target, code) if start is not None else None
        for ended in endings:
            self._follow(ended)

    async def drive(self, speeds: Speeds) -> None:
        """Move at a speed; to be said again at least every 300 ms, or the camera is stopped."""
        if speeds.still:
            await self.stop()
            return
        self._must_answer()
        self.dead_man.hold()
        before, self._driven = self._driven, speeds
        try:
            await self._make_way()
            if (speeds.pan, speeds.tilt) != (before.pan, before.tilt):
                await self.conversation.do(self._drive(speeds))
            if speeds.zoom != before.zoom:
                await self.conversation.do(_zoom_drive(speeds.zoom))
        except Superseded:
            return
        except CameraError:
            # Said again at the next word of the owner; until then it is not known whether it moves.
            self._driven = Speeds()
            raise
        if self._driven is speeds and not self.truth.driving:
            self.truth.set_off(self._loop.time(), Kind.DRIVE)
            self._wake.set()

    async def stop(self) -> None:
        """Stop everything, confirmed by the camera; repeated three times at most."""
        self._forget_drive()
        self._stop_owed = True
        endings = await asyncio.gather(
            self.conversation.do(visca.stop()),
            self.conversation.do(visca.zoom_drive(0, 0)),
            return_exceptions=True,
        )
        for error in endings:
            if isinstance(error, BaseException):
                raise error
        self._stop_owed = False
        self._journey = None
        self.truth.released(self._loop.time())
        self._wake.set()
        if self.model.stop_is_missed:
            await self._insist()

    async def set_tally(self, red: bool, green: bool) -> None:
        """The lamp. Nothing is sent when it already shows that: cuts do not make it flicker."""
        if not self.model.tally:
            raise CameraRefused("this model has no lamp to be driven")
        self._tally_wanted = red
        if self._tally == red:
            return
        self._tally = None
        await self.conversation.do(visca.tally(red))
        self._tally = red

    async def store_preset(self, number: int) -> None:
        """Mirror the present framing in the camera's own memory, counted from 1."""
        await self.conversation.do(visca.preset("set", self._memory(number)))
        self._stored(number)

    async def recall_preset(self, number: int, speed: float = 1.0) -> None:
        """Go to a memory of the camera, at its menu's speed. Returns once it accepted."""
        self._forget_drive()
        self._must_answer()
        await self._make_way()
        (ended,) = await self._start(visca.preset("recall", self._memory(number)))
        self._journey = None
        self.truth.set_off(self._loop.time(), Kind.RECALL, self._memories.get(number))
        self._follow(ended)

    # -- beyond Camera ----------------------------------------------------------------------------------------------

    def foresee(self, target: Position, speed: float) -> float | None:
        """Seconds that a move should take, by what was learnt of its motors."""
        start = self.report().position
        if start is None:
            return None
        return self.travel.predict(start, target, _code(speed, len(self.model.pan_speeds)))

    async def image(self) -> ImageSettings:
        """Exposure, white balance and focus that it uses now."""
        return await visca_image.read(self.conversation)

    async def hold_image(self, settings: ImageSettings | None, focus: bool = False) -> None:
        """Manual at these values, verified; None: automatic again."""
        if settings is None:
            await visca_image.release(self.conversation)
            return
        await visca_image.hold(self.conversation, settings)
        if focus:
            await visca_image.hold_focus(self.conversation, settings.focus)

    async def focus(self, mode: FocusMode) -> None:
        """Automatic, held where it is, or once then held."""
        await visca_image.focus(self.conversation, mode)

    async def freeze_recalls(self, on: bool) -> None:
        """Show a still picture while a memory is recalled. Raises CameraRefused when the model cannot."""
        if not self.model.freeze:
            raise CameraRefused("this model does not freeze its picture")
        await self.conversation.do(visca.freeze_on_recall(on))

    async def set_limits(self, pan: tuple[float, float], tilt: tuple[float, float]) -> None:
        """Mechanical limits, a backstop for exclusion zones. Raises CameraRefused when the model has none."""
        if not self.model.limits:
            raise CameraRefused("this model has no mechanical limits to be set")
        pans, tilts = (
            tuple(map(axis.steps, ends)) for axis, ends in ((self.model.pan, pan), (self.model.tilt, tilt))
        )
        try:
            corners = [visca.limit(bool(n), pans[n], tilts[n]) for n in (0, 1)]
        except ValueError as error:
            raise CameraRefused(f"limits that its message cannot carry: {error}") from error
        for corner in corners:
            await self.conversation.do(corner)

    async def clear_limits(self) -> None:
        """Remove the mechanical limits."""
        for up_right in (False, True):
            await self.conversation.do(visca.clear_limit(up_right))

    async def run(self) -> None:
        """Identify the camera, then watch it for ever; ends by cancellation. A drive under way is stopped."""
        pause = BACKOFF[0]
        try:
            while True:
                try:
                    await self.conversation.connected()
                    await self._identify()
                    await self._restore()
                    pause = BACKOFF[0]
                    await self._watch()
                except CameraLost:
                    self._presence(False)
                    await self._pause(pause)
                    pause = min(BACKOFF[1], 2 * pause)
        finally:
            await self._leave(1.0)

    # -- watching ---------------------------------------------------------------------------------------------------

    def _presence(self, present: bool) -> None:
        if present:
            self.truth.back(self._loop.time())
        elif self._lose(self.model.name):
            self._tally = None
            self._journey = None

    def _become(self, model: Model) -> None:
        model = (model.hung() if self._hung else model).enlarging(self._zoom_max)
        self.model = model
        self.lens = self._lens or model.lens
        self.travel = Travel(model.pan_speeds, model.tilt_speeds, self._learnt.get(model.name, ()))

    async def _identify(self) -> None:
        try:
            found = quirks.identify(await self.conversation.do(visca.VERSION), self.family)
        except CameraRefused:
            found = quirks.Identity(self.family)
        self.conversation.session.options.sockets = found.sockets
        self.firmware = found.firmware
        if found.model.name != self.model.name:
            self._become(found.model)
            log.info("camera identified: %s, firmware %s", found.model.name, found.firmware or "unknown")
        self.watcher.start_again()

    async def _restore(self) -> None:
        """What may be said again after a loss: states, never movements."""
        with contextlib.suppress(CameraRefused):
            if self._stop_owed:
                await self.stop()
        with contextlib.suppress(CameraRefused):
            if self._tally_wanted is not None:
                await self.set_tally(self._tally_wanted, False)

    async def _watch(self) -> None:
        while True:
            await self.watcher.look(self.model)
            self._learn()
            await self._pause(self.truth.next_poll(self._loop.time(), self._every))

    def _learn(self) -> None:
        """The move is over: the travel model learns how long it took."""
        journey = self._journey
        if journey is None or self.truth.state is CameraState.MOVING:
            return
        self._journey = None
        if self.truth.state is CameraState.ARRIVED:
            ended = journey.ended or self.report().since - self.truth.settle
            self.travel.learn(journey.start, journey.target, journey.code, ended - journey.since)

    async def _start(self, *commands: Command) -> list[asyncio.Future[bytes]]:
        """Wait until the camera accepted them all; their ends."""
        try:
            return [await self.conversation.start(command) for command in commands]
        except BufferFull:
            await self.conversation.make_way(blindly=True)
            return [await self.conversation.start(command) for command in commands]

    async def _make_way(self) -> None:
        """A new movement takes the place of those under way."""
        if await self.conversation.make_way():
            self.truth.released(self._loop.time())
            self._journey = None

    # -- moving -----------------------------------------------------------------------------------------------------

    def _absolute(self, target: Position, code: int) -> Command:
        model = self.model
        pan, tilt = model.pan.steps(target.pan), model.tilt.steps(target.tilt)
        if model.pan_digits > 4:
            return visca.absolute_wide(pan, tilt, code, model.tilt_digits)
        tilt_code = min(code, len(model.tilt_speeds)) if model.two_speeds else 0
        return visca.absolute(pan, tilt, code, tilt_code)

    def _drive(self, speeds: Speeds) -> Command:
        return visca.drive(
            _sign(speeds.pan),
            _sign(speeds.tilt),
            _code(abs(speeds.pan), len(self.model.pan_speeds)),
            _code(abs(speeds.tilt), len(self.model.tilt_speeds)),
        )

    def _follow(self, ended: asyncio.Future[bytes]) -> None:
        """The end of a move that the camera announces: look at once, and remember when."""

        def told(future: asyncio.Future[bytes]) -> None:
            self._wake.set()
            if future.cancelled():
                return
            error = future.exception()
            if error is None and self._journey is not None:
                self._journey.ended = self._loop.time()
            elif isinstance(error, CameraRefused):
                self.truth.refused(self._loop.time(), error.reason)

        ended.add_done_callback(told)
        self._wake.set()

    def _memory(self, number: int) -> int:
        try:
            return self.model.preset_code(number)
        except ValueError as error:
            raise CameraRefused(str(error)) from error

    async def _insist(self) -> None:
        """Some cameras acknowledge a stop and go on: look where they are, and say it again."""
        for _ in range(STOP_CHECKS):
            before = await self.watcher.ask(visca.PAN_TILT_POSITION)
            await asyncio.sleep(STOP_CHECK)
            if not self._driven.still or before == await self.watcher.ask(visca.PAN_TILT_POSITION):
                return
            await self.conversation.do(visca.stop())


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _code(share: float, count: int) -> int:
    """The speed code of a share of full speed."""
    return max(1, min(count, round(share * count)))


def _zoom_drive(speed: float) -> Command:
    return visca.zoom_drive(_sign(speed), min(ZOOM_SPEEDS - 1, int(abs(speed) * ZOOM_SPEEDS)))

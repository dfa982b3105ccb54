"""An ONVIF camera as the rest of the régie sees it: SOAP calls of its PTZ service, its place asked for again and again.

Its numbers are no angles (:mod:`camera_drivers.onvif_scale`): the angles at the ends of its travel are configured. A drive carries
a time after which the camera stops by itself, should we die.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from camera_drivers.base import (
    CameraError,
    CameraLost,
    CameraRefused,
    CameraState,
    Capabilities,
    PlainHead,
    Position,
    Report,
    Speeds,
)
from camera_drivers.geometry import Lens
from camera_drivers.onvif_line import Account, Forbidden, Found, Line
from camera_drivers.onvif_scale import Reach, Scale
from camera_drivers.travel import Moves, Travel
from camera_drivers.truth import Kind, Sighting, Tolerance, Truth
from camera_drivers.watched import Watched

log = logging.getLogger(__name__)

BACKOFF = (0.2, 10.0)
FORBIDDEN_PAUSE = 30.0
"""Seconds between two attempts with a password that was refused: cameras lock the account of who insists."""
HELD = "PT1S"
SAID_AGAIN = 0.4
"""Seconds after which a drive that did not change is said again, well before HELD."""
MOST_MEMORIES = 255
NO_POSITION = "it does not tell where it looks"
SPEEDS = tuple(6.0 * step for step in range(1, 11))
"""Degrees a second at tenths of full speed: a first guess, ONVIF tells none; its own moves correct it."""
TOLERANCE = Tolerance(0.3, 0.04)
"""Many cameras round their numbers to a hundredth of their travel or so."""


@dataclass(frozen=True, slots=True)
class _Journey:
    """A move under way, for the travel model."""

    since: float
    start: Position
    target: Position
    code: int


class OnvifCamera(Watched, PlainHead):
    """One camera. Made on a running loop; :meth:`run` must run for anything to be known of it."""

    def __init__(
        self,
        host: str,
        port: int = 80,
        account: Account | None = None,
        *,
        reach: Reach | None = None,
        lens: Lens | None = None,
        settle: float = 0.2,
        learnt: Mapping[str, Moves] | None = None,
    ) -> None:
        """``reach``: angles and magnification at the ends of its travel; ``lens``: a calibrated one; ``learnt``: moves of former
        runs, by model."""
        super().__init__(Truth(TOLERANCE, settle))
        self.line = Line(host, port, account or Account())
        self.model, self.firmware = "ONVIF", ""
        self.lens = lens or Lens(60.0)
        self._reach = reach or Reach()
        self._scale = Scale(self._reach)
        self._found: Found | None = None
        self._turn = asyncio.Lock()
        self._stops = 0
        self._said = 0.0
        self._held = HELD
        self._settle = settle
        self._learnt = learnt or {}
        self.travel = Travel(SPEEDS, SPEEDS)
        self._journey: _Journey | None = None

    # -- Camera -----------------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """What is known now."""
        return self.truth.report(self._loop.time(), self.model)

    def capabilities(self) -> Capabilities:
        """What it can do; refined once it was found."""
        reach, found = self._scale.reach, self._found
        return Capabilities(
            absolute=found is None or found.absolute,
            presets=0 if found is None else min(MOST_MEMORIES, found.memories),
            preset_speed=True,
            pan=reach.pan,
            tilt=reach.tilt,
            zoom=reach.zoom,
        )

    def foresee(self, target: Position, speed: float) -> float | None:
        """Seconds that a move should take, by its former ones."""
        start = self.report().position
        return None if start is None else self.travel.predict(start, target, _code(speed))

    async def go_to(self, target: Position, speed: float = 1.0) -> None:
        """Start to move. Returns once the camera accepted."""
        numbers = self._scale.numbers(target)
        if not self.capabilities().absolute:
            raise CameraRefused("it goes to its own memories only")
        self._must_answer()
        self._forget_drive()
        async with self._turn:
            start = self.report().position
            await self.line.go_to(*numbers, max(0.05, min(1.0, speed)))
            # No end is foretold: what is not learnt yet of its speed would make a slow camera look hindered.
            self._set_off(Kind.GO_TO, replace(target, focus=None))
            if start is not None:
                self._journey = _Journey(self._loop.time(), start, target, _code(speed))

    async def drive(self, speeds: Speeds) -> None:
        """Move at a speed; to be said again at least every 300 ms, or the camera is stopped."""
        if speeds.still:
            await self.stop()
            return
        self._must_answer()
        self.dead_man.hold()
        stops = self._stops
        async with self._turn:
            # Stopped while it waited for its turn: it must not set off again.
            if stops != self._stops:
                return
            if speeds == self._driven and self._loop.time() - self._said < SAID_AGAIN:
                return
            self._driven, self._said = speeds, self._loop.time()
            try:
                await self._say_drive(speeds)
            except CameraError:
                # Said again at the next word of the owner; until then it is not known whether it moves.
                self._driven = Speeds()
                raise
            if not self.truth.driving:
                self._set_off(Kind.DRIVE)

    async def stop(self) -> None:
        """Stop everything, confirmed by the camera's answer."""
        self._forget_drive()
        self._stop_owed, self._journey = True, None
        self._stops += 1
        async with self._turn:
            await self.line.stop()
        self._stop_owed = False
        self.truth.released(self._loop.time())
        self._wake.set()

    async def set_tally(self, red: bool, green: bool) -> None:
        """ONVIF drives no lamp."""
        raise CameraRefused("an ONVIF camera has no lamp to be driven")

    async def store_preset(self, number: int) -> None:
        """Mirror the present framing in the camera's own memory, counted from 1."""
        await self.line.store(_memory(number))
        self._stored(number)

    async def recall_preset(self, number: int, speed: float = 1.0) -> None:
        """Go to a memory of the camera: the one that we stored under this number, else the one of this token."""
        self._must_answer()
        self._forget_drive()
        speed = max(0.05, min(1.0, speed))
        async with self._turn:
            try:
                await self.line.recall(_memory(number), speed)
            except Forbidden:
                raise
            except CameraRefused:
                await self.line.recall(str(number), speed)
            self._set_off(Kind.RECALL, self._memories.get(number))

    # -- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Find the camera and watch it for ever; ends by cancellation. A drive under way is stopped."""
        try:
            await self._keep()
        finally:
            await self._leave(1.5)
            await self.line.close()

    async def _keep(self) -> None:
        pause = BACKOFF[0]
        while True:
            try:
                await self._identify()
                if self._stop_owed:
                    await self.stop()
                pause = BACKOFF[0]
                while True:
                    await self._look()
                    await self._pause(self.truth.next_poll(self._loop.time(), self._every))
            except CameraLost:
                if self._lose(self.model):
                    self._journey = None
                await self._pause(pause)
            except CameraRefused as refusal:
                self.truth.asleep(self._loop.time(), refusal.reason)
                await self._pause(FORBIDDEN_PAUSE if isinstance(refusal, Forbidden) else BACKOFF[1])
            pause = min(BACKOFF[1], 2 * pause)

    async def _identify(self) -> None:
        found = await self.line.find()
        if found.model != self.model:
            self.travel = Travel(SPEEDS, SPEEDS, self._learnt.get(found.model, ()))
        self._found, self.model, self.firmware = found, found.model, found.firmware
        self._held = HELD

    async def _look(self) -> None:
        seen = await self.line.where()
        if seen is None:
            self.truth.asleep(self._loop.time(), NO_POSITION)
            return
        found = self._found
        assert found is not None
        self._scale = Scale.told(self._reach, found.pan, found.tilt, found.zoom, seen.space)
        position = self._scale.position(seen.pan, seen.tilt, seen.zoom)
        self.truth.seen(self._loop.time(), Sighting(position, seen.moving))
        self._learn()

    def _learn(self) -> None:
        """A move is over: how long it took, when it came to where it went."""
        journey, report = self._journey, self.report()
        if journey is None or report.state is CameraState.MOVING:
            return
        self._journey = None
        if report.state is CameraState.ARRIVED:
            lasted = report.since - self._settle - journey.since
            self.travel.learn(journey.start, journey.target, journey.code, lasted)

    # -- inside -----------------------------------------------------------------------------------------------------

    async def _say_drive(self, speeds: Speeds) -> None:
        numbers = (speeds.pan, speeds.tilt, speeds.zoom)
        try:
            await self.line.drive(*numbers, self._held)
        except Forbidden:
            raise
        except CameraRefused:
            if not self._held:
                raise
            # Some take no time of ours: then only our own dead man's handle stops them.
            self._held = ""
            await self.line.drive(*numbers, "")
            log.info("this camera takes no time with a drive: %s", self.model)

    def _set_off(self, kind: Kind, target: Position | None = None) -> None:
        self._journey = None
        self.truth.set_off(self._loop.time(), kind, target)
        self._wake.set()


def _code(speed: float) -> int:
    return max(1, min(len(SPEEDS), round(speed * len(SPEEDS))))


def _memory(number: int) -> str:
    """The name under which we store a memory."""
    if not 1 <= number <= MOST_MEMORIES:
        raise CameraRefused(f"no memory {number}")
    return f"regie {number}"

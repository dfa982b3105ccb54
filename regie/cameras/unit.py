"""One camera of the fleet: its driver, replaced when it dies; the hand that drives it; its lamp."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from camera_drivers.base import Camera, CameraError, CameraRefused, CameraState, Report, Speeds
from camera_drivers.geometry import Lens
from config.inputs import CameraConfig
from regie.cameras.clearance import Track
from regie.cameras.factory import Driver
from regie.cameras.forbidden import Forbidden
from regie.clock import Clock
from regie.domain.model import Veil
from regie.errors import Refusal, RegieError
from regie.media.restarts import RestartBudget

log = logging.getLogger(__name__)

RESTARTS = 5
"""Drivers replaced within a minute; then one a minute."""
SOON_S, LATER_S = 1.0, 60.0
LAMP_RETRY_S = 0.5
HELD_S: Final = 0.3
"""Silence after which a joystick is nobody's any more (feature C13)."""
HEARD_S: Final = 0.25
"""What a camera told longer ago than that is not enough to show it again: it may have been turned since."""
GUESSED = Lens(70.0)


class Unit:
    """See the module. ``make`` gives a new driver; ``told`` is called at each thing newly known of the camera."""

    def __init__(
        self,
        config: CameraConfig,
        name: str,
        clock: Clock,
        make: Callable[["Unit"], Awaitable[Driver]],
        told: Callable[["Unit"], None],
    ) -> None:
        self.config = config
        self.source = config.source
        self.name = name
        self.camera: Camera | None = None
        self.fault = ""
        self.track = Track()
        self.forbidden = Forbidden()
        """What it must not show."""
        self.measured: float | None = None
        """Horizontal field measured on the spot, degrees."""
        self.on_air = self.preview = False
        self.move_until: float | None = None
        """« Mouvement à l'antenne » is allowed until then, on the loop's clock."""
        self.excluded = False
        self.veils: tuple[Veil, ...] = ()
        """What the programme shows of its picture under a veil, as long as it is not excluded."""
        self.hiding = False
        """It is about to make a move that may show a zone."""
        self.clear_since: float | None = None
        self.heard = -HEARD_S
        """When it last told something."""
        self._loop = asyncio.get_running_loop()
        self.born = self._loop.time()
        self._make = make
        self._told = told
        self._budget = RestartBudget(RESTARTS, clock)
        self._owner: object | None = None
        self._held = -HELD_S
        self._speeds = Speeds()
        self._drive_due = asyncio.Event()
        self._lamp: tuple[bool, bool] | None = None
        self._lamp_shown: tuple[bool, bool] | None = None
        self._lamp_due = asyncio.Event()

    # -- what is known ----------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """What is known now; never waits."""
        if self.camera is None:
            return Report(CameraState.UNKNOWN, self.born, detail=self.fault)
        return self.camera.report()

    @property
    def lens(self) -> Lens:
        """Its field of view: measured, or configured, or its model's."""
        known = self.measured or self.config.champ_deg
        if known is not None:
            return Lens(known, measured=True)
        return self.camera.lens if self.camera is not None else GUESSED

    @property
    def rests(self) -> bool:
        """Its place is known, and it is at rest."""
        return self.report().state in (CameraState.READY, CameraState.ARRIVED, CameraState.ALTERED)

    @property
    def heard_now(self) -> bool:
        """Did it tell something just now?"""
        return self._loop.time() - self.heard <= HEARD_S

    @property
    def driven(self) -> bool:
        """Somebody holds its joystick."""
        return self._owner is not None and self._loop.time() - self._held < HELD_S

    @property
    def speeds(self) -> Speeds:
        """What the joystick last asked."""
        return self._speeds

    @property
    def may_move(self) -> bool:
        """Does the lock let it move?"""
        return not self.on_air or (self.move_until is not None and self._loop.time() < self.move_until)

    # -- what is asked ----------------------------------------------------------------------------------------------

    def there(self) -> Camera:
        """Its driver. Raises Refusal ``camera_perdue``."""
        if self.camera is None:
            raise Refusal("the camera has no driver now", code="camera_perdue", camera=self.source)
        return self.camera

    @contextlib.contextmanager
    def refusals(self) -> Iterator[None]:
        """Errors of the camera as refusals, with its reason."""
        try:
            yield
        except CameraError as error:
            reason = error.reason if isinstance(error, CameraRefused) else str(error)
            raise Refusal(str(error), code=error.code, camera=self.source, raison=reason) from error

    def drive(self, owner: object, speeds: Speeds) -> None:
        """A word of a joystick; the newest counts. Raises Refusal ``camera_tenue`` when another one holds the camera."""
        self.there()
        if self.driven and self._owner is not owner:
            raise Refusal("another console drives it", code="camera_tenue", camera=self.source)
        if speeds.still and self._owner is not owner:
            return
        self._owner, self._held, self._speeds = (None if speeds.still else owner), self._loop.time(), speeds
        self._drive_due.set()

    def let_go(self, owner: object) -> None:
        """A console left: what it held stops."""
        if self._owner is owner:
            self.halt()

    def halt(self) -> None:
        """Stop it, without waiting: the driver says it again until the camera confirms."""
        self._owner, self._speeds = None, Speeds()
        self._drive_due.set()

    async def stop(self) -> None:
        """Stop it, confirmed. Raises Refusal."""
        self._owner, self._speeds = None, Speeds()
        with self.refusals():
            await self.there().stop()

    def light(self, red: bool, green: bool) -> None:
        """The lamp's whole state; said when it changes, said again until the camera took it."""
        self._lamp = (red, green)
        if self._lamp != self._lamp_shown:
            self._lamp_due.set()

    # -- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep a driver alive, for ever."""
        while True:
            try:
                await self._live()
            except* RegieError as errors:
                self.fault = next(_codes(errors))
                log.warning("camera without a driver", extra={"camera": self.source, "code": self.fault})
            except* Exception:
                self.fault = "pilote_arrete"
                log.exception("a camera's driver died", extra={"camera": self.source})
            finally:
                self.camera = None
            self._told(self)
            await asyncio.sleep(SOON_S if self._budget.spend() else LATER_S)

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            driver = await self._make(self)
            camera = self.camera = driver.camera
            self.fault, self._lamp_shown, self._speeds = "", None, Speeds()
            camera.listen(self._reported)
            group.create_task(self._drive_loop(camera), name=f"drive {self.source}")
            group.create_task(self._lamp_loop(camera), name=f"lamp {self.source}")
            await driver.run()
            raise AssertionError("a driver runs until it is cancelled")

    def _reported(self) -> None:
        report = self.report()
        self.heard = self._loop.time()
        if report.position != self.track.now or report.state is CameraState.LOST:
            self.track = self.track.then(report.position, self._loop.time())
        elif self.track.before != self.track.now:
            self.track = self.track.then(report.position, self._loop.time())
        if self._lamp is not None and self._lamp != self._lamp_shown:
            self._lamp_due.set()
        self._told(self)

    async def _drive_loop(self, camera: Camera) -> None:
        while True:
            await self._drive_due.wait()
            self._drive_due.clear()
            try:
                await (camera.stop() if self._speeds.still else camera.drive(self._speeds))
            except CameraError as error:
                # The driver owes the stop and says it again; a drive comes again with the hand's next word.
                log.info("a drive was not carried out", extra={"camera": self.source, "code": error.code})

    async def _lamp_loop(self, camera: Camera) -> None:
        while True:
            await self._lamp_due.wait()
            self._lamp_due.clear()
            wanted = self._lamp
            if wanted is None or wanted == self._lamp_shown or not camera.capabilities().tally:
                continue
            try:
                await camera.set_tally(*wanted)
                self._lamp_shown = wanted
            except CameraError as error:
                if isinstance(error, CameraRefused) and not error.retry_later:
                    self._lamp_shown = wanted
                await asyncio.sleep(LAMP_RETRY_S)
            if self._lamp != self._lamp_shown:
                self._lamp_due.set()


def _codes(errors: BaseExceptionGroup[RegieError]) -> Iterator[str]:
    for error in errors.exceptions:
        if isinstance(error, RegieError):
            yield error.stable_code
        else:
            yield from _codes(error)

"""All the cameras of the chamber: what is asked of them goes through the lock of the programme and the exclusion zones.

A move that may show a zone is made only after the engine agreed to hide the camera; a camera whose place is not known, or that
looks at a zone whoever turned it, is hidden on the very report. A camera comes back by itself, once at rest and clear.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from camera_drivers.base import CameraError, CameraState, Position, Speeds
from camera_drivers.geometry import Mark, calibrate
from camera_drivers.zones import Zone, Zones
from config.schema import Config
from regie.board import EngineStatus, Latest
from regie.cameras import commands as do
from regie.cameras.airwatch import AirWatch, Caller
from regie.cameras.book import Book, BookFile
from regie.cameras.clearance import SETTLED, clear
from regie.cameras.exclusion import Exclusion
from regie.cameras.factory import Driver, Workshop
from regie.cameras.librarian import Librarian
from regie.cameras.news import BookView, CamerasStatus, Panorama, PresetView
from regie.cameras.panorama import Surveyor
from regie.cameras.pictures import Pictures
from regie.cameras.unit import Unit
from regie.cameras.views import Viewer
from regie.clock import Clock
from regie.domain.model import SourceId
from regie.domain.presets import Preset
from regie.errors import Refusal

log = logging.getLogger(__name__)

ALLOWED_S = 10.0
"""« Mouvement à l'antenne » ends so long after the last move."""
GRACE_S = 3.0
"""A camera just found by a fresh control is judged after that at the latest; until then the engine's last word holds."""
EDGE_S = 0.6
"""A drive on air looks so far ahead: the next answer, the stop's way, the motors' braking."""
WATCH_S, NEAR_S, PREPARED_S = 0.2, 0.08, 0.2
"""How often a camera is asked where it is: on air, on air near a zone, on preview with zones."""
NEAR_DEG = 40.0
PULSE_S = 0.2
NEWS_S = 0.1
KEEP_S = 60.0
ZOOM_RATE = 1.3
"""Share of the magnification (logarithm) lost a second at full zoom speed, at most."""
SLOWEST, SPEED_STEPS = 1 / 24, 24


class Fleet:
    """See the module. :meth:`run` must run for anything to be known."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        engine: Caller,
        air: AirWatch,
        status: Latest[EngineStatus | None],
        pictures: Pictures,
        book: BookFile,
        news: Latest[CamerasStatus],
        workshop: Workshop | None = None,
    ) -> None:
        """``engine``: the bare link, for what must be hidden; ``air``: the engine as operators reach it."""
        self.touched: Callable[[], None] = lambda: None
        """Called at each move that a person asks for: the director stands back."""
        self._air = air
        self._status = status
        self._news = news
        self._file = book
        self._workshop = workshop or Workshop()
        self._exclusion = Exclusion(engine, status)
        self._times = book.times()
        names = {source.id: source.nom for source in config.source}
        self.units: Mapping[SourceId, Unit] = {
            one.source: Unit(one, names[one.source], clock, self._make, self._told) for one in config.camera
        }
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._moved = asyncio.Event()
        self._limits_due: set[SourceId] = set()
        self._lenses: dict[SourceId, float] = {}
        self.librarian = Librarian(book, {place.id for place in config.place}, pictures, self._stored)
        self.surveyor = Surveyor(
            book.folder, clock, pictures, lambda unit, to: self._move(unit, to, 1.0), self._moved.set
        )
        self._viewer = Viewer(clock, self.units, self.librarian, self.surveyor)
        self._stored()

    # -- what others see --------------------------------------------------------------------------------------------

    def status(self) -> CamerasStatus:
        """All the cameras now."""
        return self._viewer.status()

    def presets(self) -> tuple[PresetView, ...]:
        """The presets, in the technician's order."""
        return self._viewer.book().presets

    def book(self) -> BookView:
        """The whole book as it may be used now."""
        return self._viewer.book()

    def stored(self) -> Book:
        """The book as it is on disk."""
        return self.librarian.book

    def picture(self, preset: str) -> bytes | None:
        """A preset's thumbnail; reads the disk."""
        return self.librarian.picture(preset)

    def panorama(self, camera: SourceId) -> Panorama | None:
        """What its last panorama is; reads the disk."""
        return self.surveyor.found(camera) if camera in self.units else None

    def panorama_image(self, camera: SourceId) -> bytes | None:
        """Its image (JPEG); reads the disk."""
        return self.surveyor.image(camera) if camera in self.units else None

    def usable_on_air(self, camera: SourceId) -> bool:
        """May it go on air as it is? A source that no camera of ours films may."""
        unit = self.units.get(camera)
        return unit is None or (
            unit.rests and not unit.excluded and clear(unit.zones, unit.report(), unit.track)
        )

    async def recall(self, preset: str, speed: float = 1.0, seconds: float | None = None) -> None:
        """Turn a camera to a preset; returns once the camera accepted. Raises Refusal."""
        await self._recall(self.librarian.book.preset(preset), speed, seconds)

    # -- what is asked ----------------------------------------------------------------------------------------------

    async def carry_out(self, command: do.CameraCommand) -> None:
        """Do it. Raises Refusal, or DeviceError when the disk fails."""
        if isinstance(command, do.Recall | do.RecallTogether | do.GoTo | do.Stop):
            self.touched()
        match command:
            case do.Recall(preset=preset, speed=speed, seconds=seconds):
                await self.recall(preset, speed, seconds)
            case do.RecallTogether(presets=presets, seconds=seconds):
                await self._recall_together(presets, seconds)
            case do.GoTo():
                await self._go_to(command)
            case do.Stop(camera=camera):
                self.surveyor.stop(camera)
                await self._unit(camera).stop()
            case do.AllowMove(camera=camera, on=on):
                self._allow(self._unit(camera), on)
            case do.StorePreset():
                await self.librarian.store(command, self._unit(command.camera))
            case do.EditPreset(preset=preset):
                stored = self.librarian.book.preset(preset)
                await self.librarian.edit(command, self.units.get(stored.camera))
            case do.DeletePreset(preset=preset):
                await self.librarian.delete(preset)
            case do.MirrorPreset(preset=preset, memory=memory):
                stored = self.librarian.book.preset(preset)
                await self.librarian.mirror(stored, memory, self._unit(stored.camera))
            case do.SetZones(camera=camera, zones=zones):
                await self._set_zones(self._unit(camera), zones)
            case do.SetLens(camera=camera, field=field):
                await self._set_field(self._unit(camera), field)
            case do.Calibrate(camera=camera):
                await self._set_field(self._unit(camera), measured(command))
            case do.ScanPanorama(camera=camera, pan=pan, tilt=tilt):
                self._check_lock(self._unit(camera))
                self.surveyor.start(self._unit(camera), pan, tilt)

    def drive(self, owner: object, camera: SourceId, speeds: Speeds) -> None:
        """A word of ``owner``'s joystick; silence of 300 ms stops. Raises Refusal: ``camera_a_l_antenne``, ``camera_zone``,
        ``camera_tenue``…"""
        unit = self._unit(camera)
        if not speeds.still:
            self.touched()
            self._check_lock(unit)
            if unit.on_air:
                if not self._within_edge(unit, speeds):
                    unit.halt()
                    raise Refusal("the edge of an exclusion zone", code="camera_zone", camera=camera)
                self._extend(unit)
        unit.drive(owner, speeds)
        self._moved.set()

    def let_go(self, owner: object) -> None:
        """A console left: what it drove stops."""
        for unit in self.units.values():
            unit.let_go(owner)

    async def replace_book(self, book: Book, pictures: Mapping[str, bytes]) -> None:
        """Take a whole book from elsewhere. Raises Refusal."""
        await self.librarian.replace(book, pictures, frozenset(self.units))

    # -- running ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the cameras, until cancelled."""

        def tell() -> None:
            self._loop.call_soon_threadsafe(self._changed.set)

        stop = self._status.listen(tell)
        try:
            async with asyncio.TaskGroup() as group:
                for unit in self.units.values():
                    group.create_task(unit.run(), name=f"camera {unit.source}")
                if self.units:
                    group.create_task(self._exclusion.run(), name="exclusion")
                    group.create_task(self._keep(), name="durations")
                group.create_task(self._pulse(), name="cameras")
                group.create_task(self._publish(), name="cameras' news")
                group.create_task(self.librarian.run(), name="thumbnails of presets")
        finally:
            stop()
            await self.surveyor.close()
            await self._workshop.close()

    async def _pulse(self) -> None:
        """What the engine says, and what only time changes."""
        while True:
            self._roles()
            self._exclusion.check()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PULSE_S):
                    await self._changed.wait()
            self._changed.clear()

    async def _publish(self) -> None:
        while True:
            self._moved.clear()
            status = self._viewer.status()
            if status != self._news.get():
                self._news.put(status)
            for camera in status.cameras:
                self.librarian.seen(camera.preset, camera.source)
            await asyncio.sleep(NEWS_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._moved.wait()

    async def _keep(self) -> None:
        """Durations learnt, to disk now and then."""
        kept = self._times
        while True:
            await asyncio.sleep(KEEP_S)
            learnt = self._learnt()
            if learnt != kept:
                try:
                    await asyncio.to_thread(self._file.keep_times, learnt)
                    kept = learnt
                except OSError as error:
                    log.warning("what was learnt of the moves is not kept", extra={"errno": error.errno or 0})

    def _learnt(self) -> dict[SourceId, dict[str, Sequence[tuple[int, int, float, float]]]]:
        learnt = dict(self._times)
        for unit in self.units.values():
            travel = getattr(unit.camera, "travel", None)
            if travel is not None and travel.moves():
                learnt[unit.source] = {**learnt.get(unit.source, {}), unit.report().model: travel.moves()}
        return learnt

    async def _make(self, unit: Unit) -> Driver:
        known = unit.measured is not None or unit.config.champ_deg is not None
        return await self._workshop.make(
            unit.config, unit.lens if known else None, self._times.get(unit.source, {})
        )

    # -- the lock of the programme ----------------------------------------------------------------------------------

    def _roles(self) -> None:
        """Who is on air, who is prepared: lock, lamps, how often each is asked."""
        air, preview = self._air.on_air(), self._air.preview()
        for unit in self.units.values():
            was, unit.on_air = unit.on_air, air is None or unit.source in air
            unit.preview = unit.source in preview
            if unit.move_until is not None and (not unit.on_air or self._loop.time() >= unit.move_until):
                unit.move_until = None
            if unit.on_air and not unit.speeds.still and not unit.may_move:
                unit.halt()
            if air is not None:
                unit.light(unit.on_air, unit.preview)
            self._pace(unit)
            self._judge(unit)
            if was != unit.on_air:
                self._moved.set()

    def _pace(self, unit: Unit) -> None:
        if unit.camera is None:
            return
        every: float | None = None
        if unit.on_air:
            here = unit.report().position
            near = unit.zones is not None and (here is None or bool(unit.zones.seen(here, NEAR_DEG)))
            every = NEAR_S if near else WATCH_S
        elif unit.preview and unit.zones is not None:
            every = PREPARED_S
        unit.camera.watch_closely(every)

    def _check_lock(self, unit: Unit) -> None:
        if self._air.on_air() is None:
            raise Refusal("the engine did not say yet what is on air", code="moteur_absent")
        unit.on_air = unit.source in (self._air.on_air() or ())
        if not unit.may_move:
            raise Refusal("the camera is on air", code="camera_a_l_antenne", camera=unit.source)

    def _allow(self, unit: Unit, on: bool) -> None:
        unit.move_until = self._loop.time() + ALLOWED_S if on else None
        if not on and unit.on_air and not unit.speeds.still:
            unit.halt()
        self._moved.set()

    def _extend(self, unit: Unit) -> None:
        if unit.move_until is not None:
            unit.move_until = self._loop.time() + ALLOWED_S

    def _within_edge(self, unit: Unit, speeds: Speeds) -> bool:
        """May a drive on air go on?"""
        if unit.zones is None:
            return True
        here = unit.report().position
        if here is None:
            return False
        shown = unit.there().capabilities()
        velocity = (speeds.pan * shown.pan_speed, speeds.tilt * shown.tilt_speed)
        return unit.zones.may_drive(here, velocity, max(0.0, -speeds.zoom) * ZOOM_RATE, EDGE_S)

    # -- exclusion zones --------------------------------------------------------------------------------------------

    def _told(self, unit: Unit) -> None:
        """Something newly known of a camera: zones first, everything else after."""
        if unit.camera is not None and self._lenses.get(unit.source) != unit.lens.wide:
            self._rezone(unit)
        self._judge(unit)
        if unit.on_air and not unit.speeds.still and not self._within_edge(unit, unit.speeds):
            unit.halt()
        if unit.source in self._limits_due and unit.rests:
            self._limits_due.discard(unit.source)
            self._limit(unit)
        self._moved.set()

    def _judge(self, unit: Unit) -> None:
        now = self._loop.time()
        report = unit.report()
        fresh = report.state is CameraState.UNKNOWN and now - unit.born < GRACE_S
        blind = unit.hiding or self.librarian.unreadable
        if not blind and (fresh or clear(unit.zones, report, unit.track)):
            unit.clear_since = unit.clear_since or now
            if unit.excluded and now - unit.clear_since >= SETTLED:
                unit.excluded = False
        else:
            unit.clear_since = None
            if not unit.excluded and unit.on_air:
                log.warning("a camera on air looks at an exclusion zone", extra={"camera": unit.source})
            unit.excluded = True
        self._exclusion.want([one.source for one in self.units.values() if one.excluded])

    def _rezone(self, unit: Unit) -> None:
        self._lenses[unit.source] = unit.lens.wide
        zones = self.librarian.book.zones.get(unit.source, ())
        unit.zones = Zones(zones, unit.lens, unit.config.precision_deg) if zones else None
        self._limits_due.add(unit.source)

    def _stored(self) -> None:
        """The book changed."""
        for unit in self.units.values():
            unit.measured = self.librarian.book.fields.get(unit.source)
            self._rezone(unit)
            self._judge(unit)
            self._pace(unit)
        self._moved.set()

    async def _set_field(self, unit: Unit, field: float | None) -> None:
        await self.librarian.change(self.librarian.book.with_field(unit.source, field))

    async def _set_zones(self, unit: Unit, zones: Sequence[Zone]) -> None:
        book = self.librarian.book.with_zones(unit.source, zones)
        had = unit.zones is not None
        await self.librarian.change(book)
        if had and not zones and unit.camera is not None and unit.camera.capabilities().limits:
            with unit.refusals():
                await unit.camera.clear_limits()

    def _limit(self, unit: Unit) -> None:
        """Mechanical limits as a backstop, where the model has them."""
        camera, zones = unit.camera, unit.zones
        if camera is None or zones is None or not camera.capabilities().limits:
            return
        stored = [one for one in self.librarian.book.presets if one.camera == unit.source]
        keep = [*map(position_of, stored), *filter(None, (unit.report().position,))]
        keep = [one for one in keep if zones.allowed(one)]

        async def limit() -> None:
            shown = camera.capabilities()
            found = await asyncio.to_thread(
                zones.limits, shown.pan, shown.tilt, keep, max((one.zoom for one in keep), default=1.0)
            )
            try:
                await camera.set_limits(found.pan, found.tilt)
            except CameraError as error:
                log.warning("the camera takes no limits", extra={"camera": unit.source, "code": error.code})

        self.librarian.soon(limit())

    # -- moves ------------------------------------------------------------------------------------------------------

    async def _recall(self, preset: Preset, speed: float, seconds: float | None) -> None:
        unit = self._unit(preset.camera)
        target = position_of(preset)
        if seconds is not None:
            speed = _speed_for(unit, target, seconds)
        await self._move(unit, target, speed)

    async def _recall_together(self, presets: Sequence[str], seconds: float | None) -> None:
        stored = [self.librarian.book.preset(preset) for preset in presets]
        if len({one.camera for one in stored}) < len(stored):
            raise Refusal("two presets of one camera", code="plan_invalide")
        for one in stored:
            self._check_lock(self._unit(one.camera))
        if seconds is None:
            foreseen = [self._unit(one.camera).there().foresee(position_of(one), 1.0) for one in stored]
            seconds = max((one for one in foreseen if one is not None), default=None)
        results = await asyncio.gather(
            *(self._recall(one, 1.0, seconds) for one in stored), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _go_to(self, command: do.GoTo) -> None:
        unit = self._unit(command.camera)
        here = unit.report().position
        if here is None:
            raise Refusal("its place is not known", code="camera_perdue", camera=unit.source)
        wanted = {
            name: value for name in ("pan", "tilt", "zoom") if (value := getattr(command, name)) is not None
        }
        await self._move(unit, replace(here, focus=None, **wanted), command.speed)

    async def _move(self, unit: Unit, target: Position, speed: float) -> None:
        """Turn it, after what it may show on its way is hidden. Raises Refusal."""
        self._check_lock(unit)
        camera, here = unit.there(), unit.report().position
        hides = unit.zones is not None and (here is None or unit.zones.crosses(here, target))
        if hides and unit.on_air:
            raise Refusal("the move would show an exclusion zone", code="camera_zone", camera=unit.source)
        unit.hiding = hides
        try:
            if hides:
                self._judge(unit)
                if not await self._exclusion.applied():
                    raise Refusal("the engine does not answer", code="moteur_absent")
                self._check_lock(unit)
            self._extend(unit)
            with unit.refusals():
                await camera.go_to(target, speed)
        finally:
            unit.hiding = False
            self._moved.set()

    def _unit(self, camera: SourceId) -> Unit:
        unit = self.units.get(camera)
        if unit is None:
            raise Refusal("there is no such camera", code="camera_inconnue", camera=camera)
        return unit


def position_of(preset: Preset) -> Position:
    """Where a preset looks."""
    return Position(preset.pan, preset.tilt, preset.zoom, preset.focus)


def measured(command: do.Calibrate) -> float:
    """The horizontal field at the widest that two sights of one thing tell. Raises Refusal ``mesure_impossible``."""
    first, second = (
        Mark(Position(one.pan, one.tilt, one.zoom), one.x, one.y) for one in (command.first, command.second)
    )
    try:
        return round(calibrate(first, second).wide, 3)
    except ValueError as error:
        raise Refusal(str(error), code="mesure_impossible", camera=command.camera) from error


def _speed_for(unit: Unit, target: Position, seconds: float) -> float:
    """The slowest speed that is there in time; full speed when none is."""
    camera = unit.there()
    for step in range(1, SPEED_STEPS):
        lasts = camera.foresee(target, step * SLOWEST)
        if lasts is not None and lasts <= seconds:
            return step * SLOWEST
    return 1.0

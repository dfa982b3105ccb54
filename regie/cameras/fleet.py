"""All the cameras of the chamber: what is asked of them goes through the lock of the programme and the exclusion zones.

A move that may show a zone is made only after the engine agreed to hide the camera; a camera whose place is not known, or that
looks at a zone whoever turned it, is hidden on the very report. A camera comes back by itself, once at rest and clear.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from camera_drivers.base import Position, Speeds
from camera_drivers.zones import Zone
from config.schema import Config
from regie.board import EngineStatus, Latest
from regie.cameras import commands as do
from regie.cameras import imaging
from regie.cameras.airwatch import AirWatch, Caller
from regie.cameras.book import Book, BookFile
from regie.cameras.choosing import preset_for
from regie.cameras.clearance import clear
from regie.cameras.exclusion import Exclusion
from regie.cameras.factory import Driver, Workshop
from regie.cameras.guard import Guard
from regie.cameras.librarian import Librarian, position_of
from regie.cameras.news import BookView, CamerasStatus, Panorama, PresetView
from regie.cameras.panorama import Surveyor
from regie.cameras.pictures import Pictures
from regie.cameras.unit import Unit
from regie.cameras.views import Viewer
from regie.clock import Clock
from regie.domain.commands import SetPreview
from regie.domain.model import Shot, SourceId
from regie.domain.presets import Preset
from regie.errors import Refusal

log = logging.getLogger(__name__)

PULSE_S = 0.2
NEWS_S = 0.1
KEEP_S = 60.0
SLOWEST, SPEED_STEPS = 1 / 24, 24
MOVES = (do.Recall, do.RecallPlace, do.RecallTogether, do.RecallMemory, do.GoTo, do.Stop)
"""What takes the hand from the director for a while."""


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
        self._status = status
        self._news = news
        self._file = book
        self._workshop = workshop or Workshop()
        self._air = air
        self._exclusion = Exclusion(engine, status)
        self._times = book.times()
        names = {source.id: source.nom for source in config.source}
        self.units: Mapping[SourceId, Unit] = {
            one.source: Unit(one, names[one.source], clock, self._make, lambda unit: self.guard.told(unit))
            for one in config.camera
        }
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._moved = asyncio.Event()
        self._objecting = {place.id: place.nom for place in config.place if place.refus_image}
        places = {place.id for place in config.place}
        self.librarian = Librarian(book, places, pictures, lambda: self.guard.stored(), self._objecting)
        self.guard = Guard(self.units, air, self._exclusion, self.librarian, self._objecting, self._moved.set)
        self.surveyor = Surveyor(
            book.folder, clock, pictures, lambda unit, to: self._move(unit, to, 1.0), self._moved.set
        )
        self._viewer = Viewer(clock, self.units, self.librarian, self.surveyor, self._objecting.keys())
        self.guard.stored()

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
            unit.rests and not unit.excluded and clear(unit.forbidden, unit.report(), unit.track)
        )

    async def recall(self, preset: str, speed: float = 1.0, seconds: float | None = None) -> None:
        """Turn a camera to a preset; returns once the camera accepted. Raises Refusal."""
        await self._recall(self.librarian.book.preset(preset), speed, seconds)

    # -- what is asked ----------------------------------------------------------------------------------------------

    async def carry_out(self, command: do.CameraCommand) -> None:
        """Do it. Raises Refusal, or DeviceError when the disk fails."""
        if isinstance(command, MOVES):
            self.touched()
        match command:
            case do.Recall(preset=preset, speed=speed, seconds=seconds):
                await self.recall(preset, speed, seconds)
            case do.RecallPlace():
                await self._recall_place(command)
            case do.RecallMemory(camera=camera, memory=memory, speed=speed):
                await self._recall_memory(self._unit(camera), memory, speed)
            case do.StoreMemory(camera=camera, memory=memory):
                unit = self._unit(camera)
                with unit.refusals():
                    await unit.there().store_preset(memory)
            case do.RecallTogether(presets=presets, seconds=seconds):
                await self._recall_together(presets, seconds)
            case do.GoTo():
                await self._go_to(command)
            case do.Stop(camera=camera):
                self.surveyor.stop(camera)
                await self._unit(camera).stop()
            case do.AllowMove(camera=camera, on=on):
                self.guard.allow(self._unit(camera), on)
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
                await self._set_field(self._unit(camera), command.field())
            case do.HoldImage(camera=camera, on=on, focus=focus):
                await imaging.hold(self._unit(camera), on, focus)
            case do.CopyImage(source=source, target=target):
                await imaging.copy(self._unit(source), self._unit(target))
            case do.Focus(camera=camera):
                await imaging.focus(command, self._unit(camera))
            case do.FreezeRecalls(camera=camera, on=on):
                await imaging.freeze(self._unit(camera), on)
            case do.ScanPanorama(camera=camera):
                await self._scan(command, self._unit(camera))

    def drive(self, owner: object, camera: SourceId, speeds: Speeds) -> None:
        """A word of ``owner``'s joystick; silence of 300 ms stops. Raises Refusal: ``camera_a_l_antenne``, ``camera_zone``,
        ``camera_tenue``…"""
        unit = self._unit(camera)
        if not speeds.still:
            self.touched()
            self.guard.check_lock(unit)
            if unit.on_air:
                if not self.guard.within_edge(unit, speeds):
                    unit.halt()
                    raise Refusal("the edge of an exclusion zone", code="camera_zone", camera=camera)
                self.guard.extend(unit)
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
            self.guard.roles()
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

    async def _scan(self, command: do.ScanPanorama, unit: Unit) -> None:
        """Its zones were drawn to be seen by the technician too: the mechanical limits are away meanwhile."""
        self.guard.check_lock(unit)
        await self.guard.lift_limits(unit)
        self.surveyor.start(unit, command.pan, command.tilt, lambda: self.guard.limit_again(unit))

    async def _set_field(self, unit: Unit, field: float | None) -> None:
        await self.librarian.change(self.librarian.book.with_field(unit.source, field))

    async def _set_zones(self, unit: Unit, zones: Sequence[Zone]) -> None:
        book = self.librarian.book.with_zones(unit.source, zones)
        await self.librarian.change(book)
        if not zones:
            await self.guard.lift_limits(unit)

    # -- moves ------------------------------------------------------------------------------------------------------

    async def _recall(self, preset: Preset, speed: float, seconds: float | None) -> None:
        unit = self._unit(preset.camera)
        if preset.frames(self._objecting.keys()):
            log.info("a preset was refused: who sits there objects to it", extra={"camera": preset.camera})
            raise Refusal("who sits there objects to being filmed", code="place_refus_image")
        if preset.by_memory and preset.memory is not None:
            if seconds is not None:
                speed = min(1.0, unit.config.trajet_s / seconds)
            await self._recall_memory(unit, preset.memory, speed)
            return
        target = position_of(preset)
        if seconds is not None:
            speed = _speed_for(unit, target, seconds)
        await self._move(unit, target, speed)

    async def _recall_place(self, command: do.RecallPlace) -> None:
        air = self._air.on_air()
        if air is None:
            raise Refusal("the engine did not say yet what is on air", code="moteur_absent")
        preset = preset_for(command.place, self.presets(), self.status().cameras, air)
        await self._recall(preset, command.speed, None)
        if command.prepare:
            await self._air.call(SetPreview(shot=Shot((preset.camera,))))

    async def _recall_memory(self, unit: Unit, memory: int, speed: float) -> None:
        """Where a memory looks is not known beforehand: with zones, any may show one on its way."""
        camera = unit.there()
        await self._turn(unit, not unit.forbidden.nothing, lambda: camera.recall_preset(memory, speed))

    async def _recall_together(self, presets: Sequence[str], seconds: float | None) -> None:
        stored = [self.librarian.book.preset(preset) for preset in presets]
        if len({one.camera for one in stored}) < len(stored):
            raise Refusal("two presets of one camera", code="plan_invalide")
        for one in stored:
            self.guard.check_lock(self._unit(one.camera))
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
        camera, here = unit.there(), unit.report().position
        hides = not unit.forbidden.nothing and (here is None or unit.forbidden.crosses(here, target))
        await self._turn(unit, hides, lambda: camera.go_to(target, speed))

    async def _turn(self, unit: Unit, hides: bool, turn: Callable[[], Awaitable[None]]) -> None:
        self.guard.check_lock(unit)
        if hides and unit.on_air:
            raise Refusal("the move would show an exclusion zone", code="camera_zone", camera=unit.source)
        unit.hiding = hides
        try:
            if hides:
                self.guard.judge(unit)
                if not await self._exclusion.applied():
                    raise Refusal("the engine does not answer", code="moteur_absent")
                self.guard.check_lock(unit)
            self.guard.extend(unit)
            with unit.refusals():
                await turn()
        finally:
            unit.hiding = False
            self._moved.set()

    def _unit(self, camera: SourceId) -> Unit:
        unit = self.units.get(camera)
        if unit is None:
            raise Refusal("there is no such camera", code="camera_inconnue", camera=camera)
        return unit


def _speed_for(unit: Unit, target: Position, seconds: float) -> float:
    """The slowest speed that is there in time; full speed when none is."""
    camera = unit.there()
    for step in range(1, SPEED_STEPS):
        lasts = camera.foresee(target, step * SLOWEST)
        if lasts is not None and lasts <= seconds:
            return step * SLOWEST
    return 1.0

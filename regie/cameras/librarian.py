"""Keeps the book of presets: what is stored is on disk before it is shown; thumbnails are taken when the camera is there."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Coroutine, Mapping

import msgspec

from camera_drivers.base import Position
from camera_drivers.truth import Tolerance
from regie.cameras import commands as do
from regie.cameras.book import Book, BookFile, check_id
from regie.cameras.pictures import Pictures
from regie.cameras.unit import Unit
from regie.domain.model import SourceId
from regie.domain.presets import PlaceId, Preset
from regie.errors import DeviceError, Refusal, RegieError

log = logging.getLogger(__name__)

MOST = 500
"""Presets that a book may hold."""
RETRY_S = 30.0
MIRRORED = Tolerance()
NOWHERE = Position(0.0, 0.0, 1.0)
"""What is written of a framing that only its camera knows."""


def position_of(preset: Preset) -> Position:
    """Where a preset looks."""
    return Position(preset.pan, preset.tilt, preset.zoom, preset.focus)


def zones_of(unit: Unit, framing: Position | None) -> list[str]:
    """What a framing must not show and does; all of it when nobody knows where it looks."""
    return list(unit.forbidden.names) if framing is None else unit.forbidden.seen(framing)


class Librarian:
    """See the module. ``stored`` is called at each change of the book."""

    def __init__(
        self,
        file: BookFile,
        places: Collection[PlaceId],
        pictures: Pictures,
        stored: Callable[[], None],
        objecting: Collection[PlaceId] = (),
    ) -> None:
        """``objecting``: those of the ``places`` whose presets only tell where somebody must not be shown."""
        self.unreadable = False
        """The book on disk cannot be read: its zones are not known, and every camera may show one."""
        try:
            self.book = file.load()
        except RegieError:
            self.unreadable, self.book = True, Book()
        self.pictures = file.pictures()
        """When the thumbnail of each preset was taken, UTC milliseconds."""
        self._file = file
        self._places = places
        self._objecting = frozenset(objecting)
        self._camera_pictures = pictures
        self._stored = stored
        self._touched = 0
        self._lock = asyncio.Lock()
        self._jobs: asyncio.Queue[Coroutine[None, None, None]] = asyncio.Queue(64)
        self._wanted: dict[str, SourceId] = {}
        self._tried: dict[str, float] = {}

    @property
    def version(self) -> int:
        """Changes whenever the book or a thumbnail does."""
        return self.book.version * 1000 + self._touched % 1000

    async def run(self) -> None:
        """Thumbnails and mechanical limits, one after the other, for ever."""
        try:
            while True:
                await (await self._jobs.get())
        finally:
            while not self._jobs.empty():
                self._jobs.get_nowait().close()

    def soon(self, job: Coroutine[None, None, None]) -> None:
        """Do this when there is time; it raises nothing."""
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            job.close()

    # -- presets ----------------------------------------------------------------------------------------------------

    async def store(self, command: do.StorePreset, unit: Unit) -> None:
        """Where a camera looks now, under a name. Raises Refusal."""
        report = unit.report()
        here = report.position
        blind = not unit.there().capabilities().reads_position
        if not unit.rests or (here is None and not blind):
            raise Refusal("not at rest", code="camera_en_mouvement", camera=unit.source)
        self._check_places(command.places)
        kept = self.book.preset(command.preset) if command.preset is not None else None
        places = command.places if command.places is not None else kept.places if kept is not None else ()
        if command.on_air:
            self._check_zones(unit, here, places)
        if kept is None and len(self.book.presets) >= MOST:
            raise Refusal("the book is full", code="livre_plein", most=MOST)
        name = command.name or (kept.name if kept is not None else "")
        if not name:
            raise Refusal("a preset needs a name", code="prereglage_sans_nom")
        room = command.room
        memory = await self._remember(unit, kept) if blind else None
        here = here or NOWHERE
        preset = Preset(
            id=kept.id if kept is not None else secrets.token_hex(4),
            camera=unit.source,
            name=name,
            pan=round(here.pan, 3),
            tilt=round(here.tilt, 3),
            zoom=round(here.zoom, 4),
            focus=here.focus if command.focus else None,
            places=places,
            room=room if room is not None else kept is not None and kept.room,
            on_air=command.on_air,
            memory=memory,
            by_memory=blind,
        )
        await self.change(self.book.with_preset(preset))
        self._want(preset.id, unit.source)

    async def _remember(self, unit: Unit, kept: Preset | None) -> int:
        """The memory of a camera that has nothing else, under the number that a preset has there, or the first free one."""
        taken = {one.memory for one in self.book.presets if one.camera == unit.source}
        most = unit.there().capabilities().presets
        memory = kept.memory if kept is not None else None
        if memory is None:
            memory = next((number for number in range(1, most + 1) if number not in taken), None)
        if memory is None:
            raise Refusal("its memories are full", code="livre_plein", most=most)
        with unit.refusals():
            await unit.there().store_preset(memory)
        return memory

    async def edit(self, command: do.EditPreset, unit: Unit | None) -> None:
        """What is said of a preset. Raises Refusal."""
        preset = self.book.preset(command.preset)
        self._check_places(command.places)
        if command.on_air and unit is not None:
            places = command.places if command.places is not None else preset.places
            self._check_zones(unit, None if preset.by_memory else position_of(preset), places)
        given = {
            name: value
            for name in ("name", "places", "room", "on_air")
            if (value := getattr(command, name)) is not None
        }
        await self.change(self.book.with_preset(msgspec.structs.replace(preset, **given), command.rank))

    async def delete(self, preset: str) -> None:
        """Forget one. Raises Refusal."""
        found = self.book.preset(preset)
        await self.change(self.book.without(found.id))
        self.pictures.pop(found.id, None)
        await asyncio.to_thread(self._file.forget_picture, found.id)

    async def mirror(self, preset: Preset, memory: int, unit: Unit) -> None:
        """Store a preset in the camera's own memory; the camera must be there. Raises Refusal."""
        here = unit.report().position
        if (
            here is None
            or not unit.rests
            or not MIRRORED.same(Position(preset.pan, preset.tilt, preset.zoom), here)
        ):
            raise Refusal("the camera is not at the preset", code="camera_ailleurs", camera=unit.source)
        with unit.refusals():
            await unit.there().store_preset(memory)
        await self.change(self.book.with_preset(msgspec.structs.replace(preset, memory=memory)))

    async def replace(self, book: Book, pictures: Mapping[str, bytes], cameras: Collection[SourceId]) -> None:
        """Take a whole book from elsewhere; what concerns cameras or places that are not here is refused. Raises Refusal."""
        for preset in book.presets:
            check_id(preset.id)
            self._check_places(preset.places)
        strangers = sorted({*(one.camera for one in book.presets), *book.zones, *book.fields} - set(cameras))
        if strangers:
            raise Refusal(
                "the book is about other cameras", code="livre_etranger", cameras=", ".join(strangers)
            )
        ids = [one.id for one in book.presets]
        if len(set(ids)) < len(ids) or len(ids) > MOST:
            raise Refusal("the book holds a preset twice", code="livre_invalide")
        self.unreadable = False
        await self.change(self.book.replaced_by(book))
        for gone in set(self.pictures) - set(ids):
            self.pictures.pop(gone)
            await asyncio.to_thread(self._file.forget_picture, gone)
        for name, jpeg in pictures.items():
            if name in ids:
                await self._keep_picture(name, jpeg)

    async def change(self, book: Book) -> None:
        """On disk, then in force. Raises Refusal ``livre_change``, ``livre_illisible``, DeviceError ``livre_non_ecrit``."""
        if self.unreadable:
            raise Refusal("the book on disk cannot be read", code="livre_illisible")
        async with self._lock:
            if book.version != self.book.version + 1:
                raise Refusal("the book changed meanwhile", code="livre_change")
            try:
                await asyncio.to_thread(self._file.save, book)
            except OSError as error:
                raise DeviceError("the book cannot be written", code="livre_non_ecrit") from error
            self.book = book
        self._stored()

    # -- thumbnails -------------------------------------------------------------------------------------------------

    def seen(self, preset: str | None, camera: SourceId) -> None:
        """A camera is at a preset, or at none: one that has no picture yet gets it."""
        if preset is not None and preset not in self.pictures:
            self._want(preset, camera)

    def picture(self, preset: str) -> bytes | None:
        """A preset's thumbnail; reads the disk."""
        return self._file.picture(preset)

    def _want(self, preset: str, camera: SourceId) -> None:
        now = asyncio.get_running_loop().time()
        if preset not in self._wanted and now - self._tried.get(preset, -RETRY_S) >= RETRY_S:
            self._wanted[preset] = camera
            self.soon(self._take(preset, camera))

    async def _take(self, preset: str, camera: SourceId) -> None:
        try:
            jpeg = await self._camera_pictures.fresh(camera)
            await self._keep_picture(preset, jpeg)
        except (RegieError, OSError):
            self._tried[preset] = asyncio.get_running_loop().time()
            log.info("no thumbnail of a preset yet", extra={"camera": camera})
        finally:
            self._wanted.pop(preset, None)

    async def _keep_picture(self, preset: str, jpeg: bytes) -> None:
        self.pictures[preset] = await asyncio.to_thread(self._file.keep_picture, preset, jpeg)
        self._touched += 1
        self._stored()

    # -- rules ------------------------------------------------------------------------------------------------------

    def _check_zones(self, unit: Unit, framing: Position | None, places: Collection[PlaceId]) -> None:
        """A seat of somebody who objects is learnt like any other: its preset never goes on air anyhow."""
        learnt = bool(places) and self._objecting.issuperset(places)
        seen = [] if learnt else zones_of(unit, framing)
        if seen:
            raise Refusal(
                "the framing shows an exclusion zone",
                code="prereglage_zone",
                camera=unit.source,
                zones=", ".join(seen),
            )

    def _check_places(self, places: Collection[PlaceId] | None) -> None:
        for place in places or ():
            if place not in self._places:
                raise Refusal("there is no such place", code="place_inconnue", place=place)

"""The cameras and the book as pages see them, made from the units."""

from collections.abc import Mapping, Set

from camera_drivers.base import CameraState, Position, Report
from camera_drivers.truth import Tolerance
from regie.cameras.librarian import Librarian, position_of, zones_of
from regie.cameras.news import Abilities, BookView, CamerasStatus, CameraStatus, Framing, PresetView
from regie.cameras.panorama import Surveyor
from regie.cameras.unit import Unit
from regie.clock import Clock
from regie.domain.model import SourceId
from regie.domain.presets import PlaceId, Preset

THERE = Tolerance(0.3, 0.03)
"""Within that a camera is at a preset: a little more than it takes to be still."""


class Viewer:
    """See the module."""

    def __init__(
        self,
        clock: Clock,
        units: Mapping[SourceId, Unit],
        librarian: Librarian,
        surveyor: Surveyor,
        objecting: Set[PlaceId] = frozenset(),
    ) -> None:
        """``objecting``: places of those who object to being filmed; no preset of theirs is usable on air."""
        self._clock = clock
        self._units = units
        self._librarian = librarian
        self._surveyor = surveyor
        self._objecting = objecting
        self._book: tuple[object, BookView] | None = None

    def status(self) -> CamerasStatus:
        """All the cameras now."""
        return CamerasStatus(
            cameras=tuple(map(self._camera, self._units.values())), book=self._librarian.version
        )

    def book(self) -> BookView:
        """The book, with what may be done with each preset now. Made again when it, a zone or a lens changes."""
        made_from = (
            self._librarian.version,
            [(unit.lens.wide, unit.forbidden) for unit in self._units.values()],
        )
        if self._book is None or self._book[0] != made_from:
            self._book = (made_from, self._make_book())
        return self._book[1]

    def _make_book(self) -> BookView:
        book = self._librarian.book
        return BookView(
            version=self._librarian.version,
            presets=tuple(map(self._preset, book.presets)),
            zones=book.zones,
            seats={
                source: unit.forbidden.seats.zones
                for source, unit in self._units.items()
                if unit.forbidden.seats is not None
            },
            fields=book.fields,
        )

    def _camera(self, unit: Unit) -> CameraStatus:
        report = unit.report()
        here = report.position
        lens = unit.lens
        return CameraStatus(
            source=unit.source,
            name=unit.name,
            state=report.state,
            since_utc_ms=self._utc_ms(report.since),
            detail=report.detail,
            model=report.model,
            framing=_framing(here),
            target=_framing(report.target),
            eta_s=None if report.eta is None else round(report.eta, 1),
            field=None if here is None else round(lens.field(here.zoom)[0], 2),
            field_measured=lens.measured,
            preset=self._where(unit, report),
            on_air=unit.on_air,
            preview=unit.preview,
            locked=not unit.may_move,
            move_until_utc_ms=None if unit.move_until is None else self._utc_ms(unit.move_until),
            driven=unit.driven,
            zones=() if here is None else tuple(unit.forbidden.seen(here)),
            excluded=unit.excluded,
            veiled=bool(unit.veils) and not unit.excluded,
            scan=self._surveyor.progress.get(unit.source),
            scan_failure=self._surveyor.failures.get(unit.source, ""),
            can=_abilities(unit),
        )

    def _where(self, unit: Unit, report: Report) -> str | None:
        """The preset where it is, by comparing angles: whoever brought it there."""
        if report.state in (CameraState.MOVING, CameraState.LOST, CameraState.UNKNOWN):
            return None
        mine = (preset for preset in self._librarian.book.presets if preset.camera == unit.source)
        return next((preset.id for preset in mine if _at(preset, report)), None)

    def _preset(self, preset: Preset) -> PresetView:
        unit = self._units.get(preset.camera)
        seen: tuple[str, ...] = ()
        if unit is not None:
            seen = tuple(zones_of(unit, None if preset.by_memory else position_of(preset)))
        return PresetView(
            preset=preset,
            scope=preset.scope,
            usable=unit is not None and preset.on_air and not seen and not preset.frames(self._objecting),
            zones=seen,
            thumbnail=self._librarian.pictures.get(preset.id),
        )

    def _utc_ms(self, at: float) -> int:
        """An instant of the loop's clock, which is the monotonic one."""
        return (self._clock.utc_ns() - self._clock.monotonic_ns() + round(at * 1e9)) // 100_000_000 * 100


def _at(preset: Preset, report: Report) -> bool:
    if preset.by_memory:
        return preset.memory is not None and preset.memory == report.memory
    return report.position is not None and THERE.same(position_of(preset), report.position)


def _framing(position: Position | None) -> Framing | None:
    if position is None:
        return None
    return Framing(round(position.pan, 2), round(position.tilt, 2), round(position.zoom, 3))


def _abilities(unit: Unit) -> Abilities:
    if unit.camera is None:
        return Abilities()
    shown = unit.camera.capabilities()
    return Abilities(
        absolute=shown.absolute,
        memories=shown.presets,
        tally=shown.tally,
        limits=shown.limits,
        image=shown.image,
        freeze=shown.freeze,
        pan=shown.pan,
        tilt=shown.tilt,
        zoom=shown.zoom,
        pan_speed=shown.pan_speed,
        tilt_speed=shown.tilt_speed,
    )

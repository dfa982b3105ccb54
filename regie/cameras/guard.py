"""What the cameras must obey: the lock of the programme, the exclusion zones, and who objects to being filmed.

Each answer of a camera is judged here before anything else is done with it; what must not be shown is told to the engine at once.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from camera_drivers.base import CameraError, CameraState, Speeds
from camera_drivers.zones import Zones
from regie.cameras.airwatch import AirWatch
from regie.cameras.clearance import SETTLED, clear
from regie.cameras.exclusion import Exclusion
from regie.cameras.forbidden import Forbidden, outlines
from regie.cameras.librarian import Librarian, position_of
from regie.cameras.unit import Unit
from regie.domain.model import SourceId
from regie.domain.presets import PlaceId
from regie.errors import Refusal

log = logging.getLogger(__name__)

ALLOWED_S = 10.0
"""« Mouvement à l'antenne » ends so long after the last move."""
GRACE_S = 3.0
"""A camera just found by a fresh control is judged after that at the latest; until then the engine's last word holds."""
EDGE_S = 0.6
"""A drive on air looks so far ahead: the next answer, the stop's way, the motors' braking."""
WATCH_S, NEAR_S = 0.2, 0.08
"""How often a camera is asked where it is: on air, or able to show what it must not, as it may stand in for another at any time;
on air near that."""
NEAR_DEG = 40.0
ZOOM_RATE = 1.3
"""Share of the magnification (logarithm) lost a second at full zoom speed, at most."""


class Guard:
    """See the module. ``moved`` is called when something newly seen must be told."""

    def __init__(
        self,
        units: Mapping[SourceId, Unit],
        air: AirWatch,
        exclusion: Exclusion,
        librarian: Librarian,
        objecting: Mapping[PlaceId, str],
        moved: Callable[[], None],
    ) -> None:
        """``objecting``: names of the places of those who object to being filmed."""
        self._units = units
        self._air = air
        self._exclusion = exclusion
        self._librarian = librarian
        self._objecting = objecting
        self._moved = moved
        self._adopted = False
        self._loop = asyncio.get_running_loop()
        self._lenses: dict[SourceId, float] = {}
        self._limited: dict[SourceId, tuple[object, ...]] = {}
        """What the limits of a camera were made from."""
        self._limits_due: set[SourceId] = set()

    # -- the lock of the programme ----------------------------------------------------------------------------------

    def roles(self) -> None:
        """Who is on air, who is prepared: lock, lamps, how often each is asked."""
        air, preview = self._air.on_air(), self._air.preview()
        for unit in self._units.values():
            was, unit.on_air = unit.on_air, air is None or unit.source in air
            unit.preview = unit.source in preview
            if unit.move_until is not None and (not unit.on_air or self._loop.time() >= unit.move_until):
                unit.move_until = None
            if unit.on_air and not unit.speeds.still and not unit.may_move:
                unit.halt()
            if air is not None:
                unit.light(unit.on_air, unit.preview)
            self.pace(unit)
            self.judge(unit)
            if was != unit.on_air:
                self._moved()

    def pace(self, unit: Unit) -> None:
        if unit.camera is None:
            return
        every: float | None = None
        if unit.on_air:
            here = unit.report().position
            near = not unit.forbidden.nothing and (here is None or unit.forbidden.near(here, NEAR_DEG))
            every = NEAR_S if near else WATCH_S
        elif not unit.forbidden.nothing:
            every = WATCH_S
        unit.camera.watch_closely(every)

    def check_lock(self, unit: Unit) -> None:
        if self._air.on_air() is None:
            raise Refusal("the engine did not say yet what is on air", code="moteur_absent")
        unit.on_air = unit.source in (self._air.on_air() or ())
        if not unit.may_move:
            raise Refusal("the camera is on air", code="camera_a_l_antenne", camera=unit.source)

    def allow(self, unit: Unit, on: bool) -> None:
        unit.move_until = self._loop.time() + ALLOWED_S if on else None
        if not on and unit.on_air and not unit.speeds.still:
            unit.halt()
        self._moved()

    def extend(self, unit: Unit) -> None:
        if unit.move_until is not None:
            unit.move_until = self._loop.time() + ALLOWED_S

    def within_edge(self, unit: Unit, speeds: Speeds) -> bool:
        """May a drive on air go on?"""
        if unit.forbidden.nothing:
            return True
        here = unit.report().position
        if here is None:
            return False
        shown = unit.there().capabilities()
        velocity = (speeds.pan * shown.pan_speed, speeds.tilt * shown.tilt_speed)
        return unit.forbidden.may_drive(here, velocity, max(0.0, -speeds.zoom) * ZOOM_RATE, EDGE_S)

    # -- exclusion zones --------------------------------------------------------------------------------------------

    def told(self, unit: Unit) -> None:
        """Something newly known of a camera: zones first, everything else after."""
        if unit.camera is not None and self._lenses.get(unit.source) != unit.lens.wide:
            self._rezone(unit)
        self.judge(unit)
        if unit.on_air and not unit.speeds.still and not self.within_edge(unit, unit.speeds):
            unit.halt()
        if unit.source in self._limits_due and unit.rests:
            self._limits_due.discard(unit.source)
            self._limit(unit)
        self._moved()

    def judge(self, unit: Unit) -> None:
        """May it be shown, and under which veils? What was last said of a camera that did not answer yet holds."""
        now = self._loop.time()
        if not self._adopt():
            return
        report = unit.report()
        fresh = report.state is CameraState.UNKNOWN and now - unit.born < GRACE_S
        blind = unit.hiding or self._librarian.unreadable
        if not blind and clear(unit.forbidden, report, unit.track):
            unit.clear_since = unit.clear_since or now
            unit.veils = unit.forbidden.veils(report.position) if report.position is not None else ()
            sure = unit.heard_now or unit.forbidden.nothing
            if unit.excluded and sure and now - unit.clear_since >= SETTLED:
                unit.excluded = False
        elif blind or not fresh:
            unit.clear_since = None
            if not unit.excluded and unit.on_air and self._air.on_air() is not None:
                log.warning("a camera on air looks at an exclusion zone", extra={"camera": unit.source})
            unit.excluded = True
        self._exclusion.want(
            [one.source for one in self._units.values() if one.excluded],
            {one.source: one.veils for one in self._units.values()},
        )

    def _adopt(self) -> bool:
        """A fresh control begins with what the engine hides; False as long as the engine did not say it."""
        last = None if self._adopted else self._air.hidden()
        if last is not None:
            self._adopted = True
            for unit in self._units.values():
                unit.excluded = unit.source in last.sources
                unit.veils = last.veils.get(unit.source, ())
        return self._adopted

    def _rezone(self, unit: Unit) -> None:
        self._lenses[unit.source] = unit.lens.wide
        book = self._librarian.book
        mine = (one for one in book.presets if one.camera == unit.source)
        drawn, seats = book.zones.get(unit.source, ()), outlines(mine, self._objecting, unit.lens)
        unit.forbidden = Forbidden(
            *(
                Zones(areas, unit.lens, unit.config.precision_deg) if areas else None
                for areas in (drawn, seats)
            )
        )
        if self._limits_made_from(unit) != self._limited.get(unit.source):
            self._limits_due.add(unit.source)

    def stored(self) -> None:
        """The book changed."""
        for unit in self._units.values():
            unit.measured = self._librarian.book.fields.get(unit.source)
            self._rezone(unit)
            self.judge(unit)
            self.pace(unit)
        self._moved()

    async def lift_limits(self, unit: Unit) -> None:
        """Take the mechanical limits away, if there are. Raises Refusal."""
        if self._limited.pop(unit.source, None) is not None and unit.camera is not None:
            with unit.refusals():
                await unit.camera.clear_limits()

    def limit_again(self, unit: Unit) -> None:
        """Set them again, once it rests."""
        self._limits_due.add(unit.source)
        self.told(unit)

    def _limits_made_from(self, unit: Unit) -> tuple[object, ...]:
        stored = (one for one in self._librarian.book.presets if one.camera == unit.source)
        return (
            unit.lens.wide,
            self._librarian.book.zones.get(unit.source, ()),
            *(position_of(one) for one in stored),
        )

    def _limit(self, unit: Unit) -> None:
        """Mechanical limits as a backstop, where the model has them. What is stored stays within reach, and so does where the
        camera is."""
        camera, zones, here = unit.camera, unit.forbidden.zones, unit.report().position
        if camera is None or zones is None or here is None or not camera.capabilities().limits:
            return
        made_from = self._limits_made_from(unit)
        keep = [here, *(position_of(o) for o in self._librarian.book.presets if o.camera == unit.source)]

        async def limit() -> None:
            shown = camera.capabilities()
            zoom = max((one.zoom for one in keep), default=1.0)
            try:
                found = await asyncio.to_thread(zones.limits, shown.pan, shown.tilt, keep, zoom)
                await camera.set_limits(found.pan, found.tilt)
                self._limited[unit.source] = made_from
            except CameraError as error:
                log.warning("the camera takes no limits", extra={"camera": unit.source, "code": error.code})
            except Exception:
                # A backstop only: whatever is wrong with it, the zones hold without, and control must not end with it.
                log.exception("limits could not be set", extra={"camera": unit.source, "code": "limites"})

        self._librarian.soon(limit())

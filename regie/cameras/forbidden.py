"""What a camera must not show: its exclusion zones, and those who object to being filmed, by where they sit. Pure.

The close preset of a seat tells where its camera sees who sits there. Somebody who objects is kept off the programme as a zone is
wherever he would take much of the picture; where he takes little of it, it may be shown with a veil over him, while the camera
stands still.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from camera_drivers.base import Position
from camera_drivers.geometry import Lens, angles, ray
from camera_drivers.projection import Box
from camera_drivers.zones import Zone, Zones
from regie.domain.model import GRAINS, Veil
from regie.domain.presets import PlaceId, Preset

OUTLINE = 0.5
"""What somebody takes of the width of his close shot, with room to lean; he is given the whole of its height."""
SMALL = 0.2
"""Share of a picture that a veil may take; more of it, and the picture says nothing any more."""
STEADY_DEG, STEADY_ZOOM = 0.2, 1.01
"""A camera that turns and zooms no more than that stands still: a veil is wider by far."""
STEP = 10
"""Thousandths of the picture by which a veil is placed, so that a camera that trembles does not make it another one."""


def outlines(presets: Iterable[Preset], names: Mapping[PlaceId, str], lens: Lens) -> tuple[Zone, ...]:
    """Where one camera sees those who sit at the places ``names``, from its own presets."""
    return tuple(
        Zone(names[preset.places[0]], tuple(_corners(preset, lens)))
        for preset in presets
        if tells_place(preset) and preset.places[0] in names
    )


def tells_place(preset: Preset) -> bool:
    """Does it tell where the only person that it shows sits?"""
    return len(preset.places) == 1 and not preset.room and not preset.by_memory


def _corners(preset: Preset, lens: Lens) -> Iterator[tuple[float, float]]:
    across, up = lens.tangents(preset.zoom)
    for x, y in ((-OUTLINE, -1.0), (OUTLINE, -1.0), (OUTLINE, 1.0), (-OUTLINE, 1.0)):
        pan, tilt = angles(ray(preset.pan, preset.tilt, x * across, y * up))
        # Pan goes on past half a turn, as the camera's own angles do.
        yield preset.pan + (pan - preset.pan + 180.0) % 360.0 - 180.0, tilt


@dataclass(frozen=True, slots=True)
class Forbidden:
    """See the module. ``zones``: what was drawn; ``seats``: outlines of those who object."""

    zones: Zones | None = None
    seats: Zones | None = None

    @property
    def nothing(self) -> bool:
        """Nothing is forbidden to this camera."""
        return self.zones is None and self.seats is None

    @property
    def names(self) -> tuple[str, ...]:
        """What must not be shown."""
        return tuple(name for part in self._parts() for name in part.names)

    def seen(self, framing: Position) -> list[str]:
        """What forbids a framing: zones in it, and those who object and take too much of it."""
        drawn = self.zones.seen(framing) if self.zones is not None else []
        return [*drawn, *dict.fromkeys(box.name for box in self._boxes(framing) if box.share > SMALL)]

    def near(self, framing: Position, slack: float) -> bool:
        """Is anything within ``slack`` degrees of the picture?"""
        return any(part.seen(framing, slack) for part in self._parts())

    def crosses(self, start: Position, target: Position) -> bool:
        """May a move show what it must not? Nobody is followed by a veil: his place may not even come into view."""
        if self.zones is not None and self.zones.crosses(start, target):
            return True
        if self.seats is None:
            return False
        if steady(start, target):
            return bool(self.seen(start) or self.seen(target))
        return self.seats.crosses(start, target)

    def shown_by(self, start: Position, now: Position) -> bool:
        """Did this move show somebody who objects? Pictures of it are still on their way, and no veil follows them."""
        return self.seats is not None and not steady(start, now) and self.seats.crosses(start, now)

    def may_drive(
        self, framing: Position, velocity: tuple[float, float], zooming_out: float, ahead: float
    ) -> bool:
        """May a drive go on? As :meth:`camera_drivers.zones.Zones.may_drive`."""
        return all(part.may_drive(framing, velocity, zooming_out, ahead) for part in self._parts())

    def veils(self, framing: Position) -> tuple[Veil, ...]:
        """What of a framing is shown under a veil."""
        found = (_veil(box) for box in self._boxes(framing))
        return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.left, one.top)))

    def _parts(self) -> list[Zones]:
        return [part for part in (self.zones, self.seats) if part is not None]

    def _boxes(self, framing: Position) -> list[Box]:
        return self.seats.boxes(framing) if self.seats is not None else []


def steady(one: Position, other: Position) -> bool:
    """Do two positions a moment apart show the same, to the eye?"""
    turned = max(abs(one.pan - other.pan), abs(one.tilt - other.tilt))
    return turned <= STEADY_DEG and abs(math.log(one.zoom / other.zoom)) <= math.log(STEADY_ZOOM)


def _veil(box: Box) -> Veil | None:
    """A box of the picture's plane as thousandths from the top left, rounded outwards; None when it is past the edges."""
    left, top = (_floor(500 * (1 + edge)) for edge in (box.left, -box.high))
    right, bottom = (-_floor(-500 * (1 + edge)) for edge in (box.right, -box.low))
    grain = max(STEP, round((right - left) / GRAINS))
    left, top, right, bottom = max(0, left), max(0, top), min(1000, right), min(1000, bottom)
    return Veil(left, top, right, bottom, grain) if left < right and top < bottom else None


def _floor(thousandths: float) -> int:
    return math.floor(thousandths / STEP) * STEP

"""Geometry of the simulated chamber: metres, x to the right, y to the north wall where the mayor sits, z up.

A camera sees the world in angles: pan to the right, tilt upwards, from the direction it faces.
"""

import math
from dataclasses import dataclass

Point = tuple[float, float, float]
ROOM = (-7.0, 7.0, -9.0, 8.6, 4.4)
"""West, east, south, north walls, height of the ceiling."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place: where, and towards which direction (radians from the x axis) one sits."""

    id: int
    x: float
    y: float
    facing: float


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A camera on its mount: ``yaw`` in degrees from the north, positive to the east; ``rest`` its opening framing."""

    id: str
    name: str
    at: Point
    yaw: float
    rest: tuple[float, float, float]

    def angles(self, point: Point) -> tuple[float, float, float]:
        """Pan and tilt in degrees, and the distance in metres, of a point."""
        dx, dy, dz = (point[n] - self.at[n] for n in range(3))
        heading = math.degrees(math.atan2(dx, dy)) - self.yaw
        pan = (heading + 180) % 360 - 180
        flat = math.hypot(dx, dy)
        return pan, math.degrees(math.atan2(dz, flat)), math.hypot(flat, dz)


def _head_table() -> list[Seat]:
    places = (0.0, -1.35, 1.35, -2.7, 2.7)
    return [Seat(n + 1, x, 6.1, -math.pi / 2) for n, x in enumerate(places)]


def _horseshoe(first: int, count: int, radius: float, arm: float) -> list[Seat]:
    """Seats along a U that opens to the north: west arm, half circle, east arm."""
    length = 2 * arm + math.pi * radius
    seats = []
    for n in range(count):
        along = (n + 0.5) * length / count
        if along < arm:
            x, y = -radius, arm - along
        elif along < arm + math.pi * radius:
            angle = math.pi + (along - arm) / radius
            x, y = radius * math.cos(angle), radius * math.sin(angle)
        else:
            x, y = radius, along - arm - math.pi * radius
        seats.append(Seat(first + n, x, y, math.atan2(3.2 - y, -x)))
    return seats


SEATS = tuple(_head_table() + _horseshoe(6, 12, 2.9, 3.2) + _horseshoe(18, 16, 4.4, 3.6))

PUBLIC = tuple((0.7 * n - 5.9, y) for y in (-7.3, -7.9, -8.5) for n in range(4))
"""Places of the public on its benches, in the south-west corner: those who turn their back to them are seen from the west."""

VIEWPOINTS = (
    Viewpoint("cam1", "Plan large", (0.0, -5.6, 3.3), 0.0, (0.0, -14.0, 1.0)),
    Viewpoint("cam2", "Présidence", (0.9, -2.2, 2.6), -5.0, (-2.0, -9.2, 3.0)),
    Viewpoint("cam3", "Côté gauche", (6.4, 3.2, 2.7), -95.0, (-12.0, -8.0, 1.9)),
    Viewpoint("cam4", "Côté droit", (-6.4, 3.2, 2.7), 95.0, (12.0, -8.0, 1.9)),
)

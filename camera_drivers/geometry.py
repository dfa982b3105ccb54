"""From a camera's steps to angles, magnification and field of view, and back. Pure.

World: pan positive to the right, tilt positive upwards, degrees, from the camera's own axis. Picture: x from −1 (left edge) to
1, y from −1 (bottom edge) to 1. Vectors are (right, forward, up) of the camera at rest.

A lens is taken as rectilinear: the tangent of half the field is divided by the magnification.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Self

from camera_drivers.base import Position

Vector = tuple[float, float, float]
WIDEST, NARROWEST = 150.0, 0.2
"""Fields of view, in degrees, between which a calibration looks."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One motor: ``steps = zero + per_degree × degrees``, between two angles. ``per_degree`` is negative on a camera that
    counts the other way."""

    per_degree: float
    low: float
    high: float
    zero: float = 0.0

    @classmethod
    def through(
        cls, first: tuple[float, float], second: tuple[float, float], low: float, high: float
    ) -> Self:
        """Calibrate on two points, each (steps, degrees). Raises ValueError when they say nothing."""
        (steps, degrees), (other_steps, other_degrees) = first, second
        if steps == other_steps or degrees == other_degrees:
            raise ValueError("two different positions are needed")
        per_degree = (other_steps - steps) / (other_degrees - degrees)
        return cls(per_degree, low, high, steps - per_degree * degrees)

    def steps(self, degrees: float) -> int:
        """The nearest step of an angle, kept within the motor's reach."""
        return round(self.zero + self.per_degree * min(self.high, max(self.low, degrees)))

    def degrees(self, steps: float) -> float:
        """The angle of a step."""
        return (steps - self.zero) / self.per_degree

    def reaches(self, degrees: float) -> bool:
        """Can the motor go there, to a step?"""
        step = abs(1.0 / self.per_degree)
        return self.low - step <= degrees <= self.high + step

    def upside_down(self) -> Self:
        """The same motor on a camera hung from the ceiling with its picture flipped: the reach is mirrored."""
        return type(self)(self.per_degree, -self.high, -self.low, self.zero)


@dataclass(frozen=True, slots=True)
class Zoom:
    """Lens position ↔ magnification, from the maker's table of (position, magnification), both growing.

    Between two rows the logarithm of the magnification is taken as linear. Past the optical end (digital zoom) the
    magnification stays the optical one: a field thought wider than it is errs on the safe side for exclusion zones.
    """

    table: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        rising = all(a[0] < b[0] and a[1] < b[1] for a, b in zip(self.table, self.table[1:], strict=False))
        if len(self.table) < 2 or not rising or self.table[0][1] <= 0:
            raise ValueError("a zoom table has two rows at least, and rises")

    @property
    def most(self) -> float:
        """Magnification at the tele end."""
        return self.table[-1][1]

    def reaching(self, most: float) -> Self:
        """The same positions on a lens whose tele end enlarges so much, in the same proportions of its logarithm. Raises
        ValueError unless it enlarges."""
        share = math.log(most) / math.log(self.most)
        return type(self)(tuple((position, enlarges**share) for position, enlarges in self.table))

    def magnification(self, position: float) -> float:
        """How much a lens position enlarges, 1.0 at the wide end."""
        index = _segment([row[0] for row in self.table], position)
        (low, small), (high, large) = self.table[index : index + 2]
        share = min(1.0, max(0.0, (position - low) / (high - low)))
        return math.exp(math.log(small) + share * (math.log(large) - math.log(small)))

    def position(self, magnification: float) -> int:
        """The lens position that enlarges so much, kept within the optical range."""
        wanted = min(self.most, max(self.table[0][1], magnification))
        index = _segment([row[1] for row in self.table], wanted)
        (low, small), (high, large) = self.table[index : index + 2]
        return round(low + (high - low) * math.log(wanted / small) / math.log(large / small))


def _segment(rising: list[float] | list[int], value: float) -> int:
    return min(len(rising) - 2, max(0, bisect_right(rising, value) - 1))


@dataclass(frozen=True, slots=True)
class Lens:
    """Field of view. ``wide``: horizontal field in degrees at magnification 1. ``measured``: by calibration on the spot, and
    not the maker's round figure."""

    wide: float
    aspect: float = 16 / 9
    measured: bool = False

    def tangents(self, magnification: float) -> tuple[float, float]:
        """Tangents of half the horizontal and vertical fields."""
        across = math.tan(math.radians(self.wide / 2)) / magnification
        return across, across / self.aspect

    def field(self, magnification: float) -> tuple[float, float]:
        """Horizontal and vertical fields, degrees."""
        across, up = self.tangents(magnification)
        return math.degrees(2 * math.atan(across)), math.degrees(2 * math.atan(up))

    def magnification(self, field: float) -> float:
        """The magnification that gives a horizontal field."""
        return math.tan(math.radians(self.wide / 2)) / math.tan(math.radians(field / 2))


@dataclass(frozen=True, slots=True)
class Mark:
    """A thing that does not move, seen at (x, y) of the picture in a framing."""

    framing: Position
    x: float
    y: float = 0.0


def calibrate(first: Mark, second: Mark, aspect: float = 16 / 9) -> Lens:
    """The lens under which two sights of the same thing agree, both at the same zoom.

    The technician puts a thing at the left of the picture, then turns the camera until it is at the right. Raises ValueError
    when the two sights say nothing (same side, same pan) or cannot be of the same thing.
    """
    if first.x * second.x >= 0 or first.framing.pan == second.framing.pan:
        raise ValueError("the thing must be seen once at the left and once at the right of the picture")
    if not math.isclose(first.framing.zoom, second.framing.zoom, rel_tol=0.01):
        raise ValueError("both sights need the same zoom")

    def apart(across: float) -> float:
        """Difference of bearing of the thing, if half the field had this tangent."""
        bearings = (
            angles(ray(m.framing.pan, m.framing.tilt, m.x * across, m.y * across / aspect))[0]
            for m in (first, second)
        )
        one, other = bearings
        return (one - other + 180.0) % 360.0 - 180.0

    low, high = (math.tan(math.radians(field / 2)) for field in (NARROWEST, WIDEST))
    rises = apart(high) > apart(low)
    if (apart(low) > 0) == (apart(high) > 0):
        raise ValueError("no field of view explains these two sights")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if (apart(middle) > 0) == rises else (middle, high)
    return Lens(math.degrees(2 * math.atan(low * first.framing.zoom)), aspect, measured=True)


def direction(pan: float, tilt: float) -> Vector:
    """Unit vector of an angle."""
    p, t = math.radians(pan), math.radians(tilt)
    return math.sin(p) * math.cos(t), math.cos(p) * math.cos(t), math.sin(t)


def axes(pan: float, tilt: float) -> tuple[Vector, Vector, Vector]:
    """Right, forward and up of a camera that looks there, level."""
    p, t = math.radians(pan), math.radians(tilt)
    right = (math.cos(p), -math.sin(p), 0.0)
    up = (-math.sin(p) * math.sin(t), -math.cos(p) * math.sin(t), math.cos(t))
    return right, direction(pan, tilt), up


def ray(pan: float, tilt: float, across: float, up: float) -> Vector:
    """Direction (not of unit length) of a point of the picture, given by its tangents from the centre."""
    r, f, u = axes(pan, tilt)
    return (
        f[0] + across * r[0] + up * u[0],
        f[1] + across * r[1] + up * u[1],
        f[2] + across * r[2] + up * u[2],
    )


def angles(vector: Vector) -> tuple[float, float]:
    """Pan and tilt of a direction, pan between −180 and 180."""
    x, y, z = vector
    return math.degrees(math.atan2(x, y)), math.degrees(math.atan2(z, math.hypot(x, y)))


def separation(a: Vector, b: Vector) -> float:
    """Angle between two unit vectors, radians; exact for small ones too."""
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return math.atan2(math.hypot(*cross), a[0] * b[0] + a[1] * b[1] + a[2] * b[2])

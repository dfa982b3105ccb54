"""What lies where in a picture: directions of the room on the picture's own plane, where its edges are straight. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from camera_drivers.base import Position
from camera_drivers.geometry import Vector, axes

BEHIND = 1e-3
"""Cosine below which a direction is beside or behind the camera."""
FAR = 2.0
"""Halves of the picture, from its centre, past which it does not matter how far something goes."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """Where something is in a picture: x from −1 (left edge) to 1, y from −1 (bottom) to 1; beyond, it goes past the edges."""

    name: str
    left: float
    right: float
    low: float
    high: float

    @property
    def share(self) -> float:
        """What it takes of the picture, from 0 to 1."""
        across = min(1.0, self.right) - max(-1.0, self.left)
        return max(0.0, across) * max(0.0, min(1.0, self.high) - max(-1.0, self.low)) / 4


def project(outline: Sequence[Vector], framing: Position) -> list[Point]:
    """An outline in the picture's plane (tangents from its centre), the part beside and behind the camera cut off."""
    right, forward, up = axes(framing.pan, framing.tilt)
    turned = [
        (
            v[0] * right[0] + v[1] * right[1] + v[2] * right[2],
            v[0] * up[0] + v[1] * up[1] + v[2] * up[2],
            v[0] * forward[0] + v[1] * forward[1] + v[2] * forward[2],
        )
        for v in outline
    ]
    points: list[Point] = []
    before = turned[-1]
    for here in turned:
        if (before[2] > BEHIND) != (here[2] > BEHIND):
            share = (BEHIND - before[2]) / (here[2] - before[2])
            x = before[0] + share * (here[0] - before[0])
            y = before[1] + share * (here[1] - before[1])
            points.append((x / BEHIND, y / BEHIND))
        if here[2] > BEHIND:
            points.append((here[0] / here[2], here[1] / here[2]))
        before = here
    return points


def overlap(polygon: Sequence[Point], across: float, up: float) -> bool:
    """Has a polygon a point in the rectangle ±across, ±up? An edge in it, or the rectangle wholly inside."""
    inside = False
    x0, y0 = polygon[-1] if polygon else (0.0, 0.0)
    for x1, y1 in polygon:
        if _touches(x0, y0, x1, y1, across, up):
            return True
        if (y0 > 0) != (y1 > 0) and x0 + (x1 - x0) * (-y0) / (y1 - y0) > 0:
            inside = not inside
        x0, y0 = x1, y1
    return inside


def _touches(x0: float, y0: float, x1: float, y1: float, across: float, up: float) -> bool:
    """Has a segment a point in the rectangle ±across, ±up? The segment is cut by each side in turn."""
    first, last = 0.0, 1.0
    for start, delta, bound in ((x0, x1 - x0, across), (y0, y1 - y0, up)):
        if delta == 0:
            if abs(start) > bound:
                return False
            continue
        enters, leaves = sorted(((-bound - start) / delta, (bound - start) / delta))
        first, last = max(first, enters), min(last, leaves)
        if first > last:
            return False
    return True


def box(name: str, outline: Sequence[Point], across: float, up: float, margin: float) -> Box:
    """The box around a projected outline, grown by ``margin`` radians; ``across``, ``up``: tangents of half the fields.

    The whole picture when the outline is not in front of the camera, or when the margin cannot be told on its plane.
    """
    everywhere = Box(name, -FAR, FAR, -FAR, FAR)
    if not outline:
        return everywhere
    xs = [min(FAR * across, max(-FAR * across, x)) for x, _ in outline]
    ys = [min(FAR * up, max(-FAR * up, y)) for _, y in outline]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    furthest = math.hypot(max(-left, right), max(-low, high))
    turn = math.tan(margin)
    if furthest * turn >= 0.5:
        return everywhere
    # tan(angle + margin) − tan(angle), at the point furthest from the centre.
    grown = turn * (1 + furthest**2) / (1 - furthest * turn)
    return Box(
        name,
        (left - grown) / across,
        (right + grown) / across,
        (low - grown) / up,
        (high + grown) / up,
    )

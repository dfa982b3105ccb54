"""The chamber as each camera sees it: walls, flags, clock, public, council, drawn once on a plate."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware_mocks.brush import PAN_REACH, PER_DEGREE, TILT_UP, Brush, Colour, shade
from hardware_mocks.geometry import PUBLIC, ROOM, SEATS, Seat, Viewpoint
from hardware_mocks.people import Person
from hardware_mocks.portrait import Face, Portrait

Plane = NDArray[np.uint8]
WALL: Colour = (226, 212, 188)
WOOD: Colour = (150, 104, 66)
FLOOR: Colour = (148, 118, 88)
CARPET: Colour = (120, 46, 48)
AREA_U = 240
"""Chroma of a marked area; the bluest thing of the chamber stays under 170."""
STRIPES = 8
CLOCK = (0.0, 8.5, 2.3)


@dataclass(frozen=True)
class Plate:
    """What one camera can see: planes in yuv420p at :data:`PER_DEGREE`, faces by seat, the clock's pixel (x, y, radius)."""

    view: Viewpoint
    y: Plane
    u: Plane
    v: Plane
    faces: dict[int, Face]
    clock: tuple[float, float, float] | None


def paint(view: Viewpoint, people: tuple[Person, ...], seed: int) -> Plate:
    """Draw one camera's plate; about a second."""
    brush = Brush.on_new_plate(view, (212, 204, 190))
    _walls(brush)
    _public(brush)
    faces: dict[int, Face] = {}
    by_seat = {person.id: person for person in people}
    for seat in sorted(SEATS, key=lambda s: -math.dist((s.x, s.y), view.at[:2])):
        if brush.in_view((seat.x, seat.y, 1.0)) and math.dist((seat.x, seat.y), view.at[:2]) > 0.8:
            faces[seat.id] = Portrait(brush, seat, by_seat[seat.id]).draw()
    soft = cv2.GaussianBlur(brush.finished(seed), (3, 3), 0.7)
    yuv = cv2.cvtColor(soft, cv2.COLOR_RGB2YUV_I420)
    height, width = soft.shape[:2]
    # Limited range: what a camera sends.
    y = (16 + yuv[:height].astype(np.float32) * 219 / 255).astype(np.uint8)
    chroma = 128 + (yuv[height:].astype(np.float32) - 128) * 224 / 255
    u, v = chroma.astype(np.uint8).reshape(2, height // 2, width // 2)
    clock = brush.place(CLOCK) if brush.in_view(CLOCK) and view.at[1] < 4 else None
    return Plate(view, y, u.copy(), v.copy(), faces, (clock[0], clock[1], 0.3 * clock[2]) if clock else None)


def mark_area(plate: Plate, corners: list[tuple[float, float]]) -> None:
    """Give an area, in pan and tilt, a chroma (U) that nothing else has, so that a machine sees it on a picture."""
    if corners:
        points = [
            ((pan + PAN_REACH) * PER_DEGREE / 2, (TILT_UP - tilt) * PER_DEGREE / 2) for pan, tilt in corners
        ]
        cv2.fillPoly(plate.u, [np.array(points, np.int32)], (AREA_U,))


def stripe_person(plate: Plate, seat: Seat) -> None:
    """Dress who sits there in upright stripes of that chroma and of its opposite: to be made out, or washed out to nothing."""
    outline = [plate.view.angles((seat.x, seat.y, height)) for height in (0.95, 1.5)]
    pan, distance = outline[0][0], outline[0][2]
    half = math.degrees(0.26 / distance)
    bottom, top = (round((TILT_UP - tilt) * PER_DEGREE / 2) for _, tilt, _ in outline)
    edges = np.linspace(pan - half, pan + half, STRIPES + 1)
    columns = np.round((edges + PAN_REACH) * PER_DEGREE / 2).astype(int)
    for n, (left, right) in enumerate(zip(columns, columns[1:], strict=False)):
        plate.u[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = (AREA_U, 256 - AREA_U)[n % 2]


def _walls(brush: Brush) -> None:
    west, east, south, north, top = ROOM
    walls = {
        "north": ((west, north), (east, north), WALL),
        "south": ((west, south), (east, south), shade(WALL, 0.93)),
        "west": ((west, south), (west, north), shade(WALL, 0.97)),
        "east": ((east, south), (east, north), shade(WALL, 0.95)),
    }
    brush.draw.rectangle((0, (TILT_UP + 1) * PER_DEGREE, brush.image.width, brush.image.height), fill=FLOOR)
    for x in np.arange(west, east, 1.0):
        for y in np.arange(south, north, 1.0):
            _tile(brush, float(x), float(y))
    for a, b, colour in walls.values():
        _wall(brush, a, b, 0.0, top, colour)
        _wall(brush, a, b, 0.0, 1.1, shade(WOOD, colour[0] / WALL[0]))
        _wall(brush, a, b, 1.1, 1.16, shade(WOOD, 0.75))
    _windows(brush)
    _north(brush)


def _tile(brush: Brush, x: float, y: float) -> None:
    if math.hypot(x + 0.5 - brush.view.at[0], y + 0.5 - brush.view.at[1]) < 1.6:
        return
    inside = abs(x + 0.5) < 2.4 and -2.2 < y + 0.5 < 5.4
    colour = CARPET if inside else shade(FLOOR, 1.04 if (round(x) + round(y)) % 2 else 0.98)
    brush.polygon([(x, y, 0.0), (x + 1, y, 0.0), (x + 1, y + 1, 0.0), (x, y + 1, 0.0)], colour)


def _wall(
    brush: Brush, a: tuple[float, float], b: tuple[float, float], low: float, high: float, colour: Colour
) -> None:
    for n in range(16):
        t0, t1 = n / 16, (n + 1) / 16
        x0, y0 = a[0] + (b[0] - a[0]) * t0, a[1] + (b[1] - a[1]) * t0
        x1, y1 = a[0] + (b[0] - a[0]) * t1, a[1] + (b[1] - a[1]) * t1
        brush.polygon([(x0, y0, low), (x1, y1, low), (x1, y1, high), (x0, y0, high)], colour)


def _windows(brush: Brush) -> None:
    for x, inward in ((ROOM[0], 1), (ROOM[1], -1)):
        wall = x + 0.02 * inward
        for y in (-6.0, -2.6, 0.8, 4.2):
            brush.polygon(
                [(wall, y, 1.4), (wall, y + 1.7, 1.4), (wall, y + 1.7, 3.7), (wall, y, 3.7)], (112, 78, 50)
            )
            brush.polygon(
                [(wall, y + 0.1, 1.5), (wall, y + 1.6, 1.5), (wall, y + 1.6, 3.6), (wall, y + 0.1, 3.6)],
                (206, 226, 240),
            )
            brush.polygon(
                [(wall, y + 0.82, 1.5), (wall, y + 0.88, 1.5), (wall, y + 0.88, 3.6), (wall, y + 0.82, 3.6)],
                (112, 78, 50),
            )


def _north(brush: Brush) -> None:
    wall = ROOM[3] - 0.03
    brush.polygon(
        [(-3.6, wall, 1.16), (3.6, wall, 1.16), (3.6, wall, 3.9), (-3.6, wall, 3.9)], shade(WOOD, 0.92)
    )
    brush.polygon(
        [(-3.4, wall, 1.3), (3.4, wall, 1.3), (3.4, wall, 3.75), (-3.4, wall, 3.75)], (196, 168, 128)
    )
    x, y, s = brush.place((0.0, wall, 3.3))
    brush.text(x, y, "VALMONT-SUR-LOIRE", 0.34 * s, (70, 48, 34))
    x, y, s = brush.place((0.0, wall, 2.9))
    brush.text(x, y, "LIBERTÉ · ÉGALITÉ · FRATERNITÉ", 0.15 * s, (96, 70, 50))
    for side in (-1, 1):
        for n, colour in enumerate(((30, 60, 140), (244, 244, 244), (206, 40, 52))):
            left = side * 2.9 - 0.36 + 0.24 * n
            brush.polygon(
                [
                    (left, wall - 0.05, 1.5),
                    (left + 0.24, wall - 0.05, 1.5),
                    (left + 0.24, wall - 0.05, 2.75),
                    (left, wall - 0.05, 2.75),
                ],
                colour,
            )
    _bust(brush, wall)


def _bust(brush: Brush, wall: float) -> None:
    """Marianne, on her shelf."""
    x, y, s = brush.place((-2.0, wall - 0.2, 2.35))
    stone, dark = (232, 230, 224), (206, 203, 196)
    brush.draw.rectangle((x - 0.24 * s, y + 0.42 * s, x + 0.24 * s, y + 0.5 * s), fill=(120, 84, 54))
    brush.draw.chord((x - 0.24 * s, y + 0.1 * s, x + 0.24 * s, y + 0.7 * s), 180, 360, fill=dark)
    brush.draw.rectangle((x - 0.06 * s, y + 0.02 * s, x + 0.06 * s, y + 0.2 * s), fill=dark)
    brush.oval(x, y, 0.12 * s, 0.16 * s, stone)
    brush.draw.chord((x - 0.16 * s, y - 0.2 * s, x + 0.15 * s, y + 0.12 * s), 170, 350, fill=dark)


def _public(brush: Brush) -> None:
    """Benches in their corner and those who sit there: nobody that may be shown."""
    draw = np.random.default_rng(5)
    for row in sorted({y for _, y in PUBLIC}):
        there = [x for x, y in PUBLIC if y == row]
        brush.box((min(there) - 0.6, row - 0.25, 0.0), (max(there) + 0.6, row + 0.15, 0.45), (110, 78, 50))
        for x in there:
            tone = int(draw.integers(50, 150))
            px, py, s = brush.place((x, row, 1.0))
            if not brush.in_view((x, row, 1.0)):
                continue
            brush.draw.rounded_rectangle(
                (px - 0.2 * s, py - 0.16 * s, px + 0.2 * s, py + 0.45 * s),
                radius=0.1 * s,
                fill=(tone, tone, tone + 14),
            )
            px, py, s = brush.place((x, row, 1.28))
            brush.oval(px, py, 0.085 * s, 0.115 * s, (205, 172, 148))

"""A councillor on his chair, behind his desk: drawn once on a plate; his mouth and his microphone's ring move later."""

import math
import random
from dataclasses import dataclass

from hardware_mocks.brush import Brush, Colour, shade, turned
from hardware_mocks.geometry import Seat
from hardware_mocks.people import Person

SKINS: tuple[Colour, ...] = (
    (243, 208, 180),
    (230, 184, 150),
    (201, 148, 112),
    (152, 102, 72),
    (110, 72, 52),
    (250, 220, 196),
)
HAIRS: tuple[Colour, ...] = (
    (42, 32, 28),
    (84, 56, 36),
    (140, 98, 56),
    (196, 160, 104),
    (150, 150, 152),
    (214, 214, 216),
    (112, 52, 34),
)
CLOTHES: tuple[Colour, ...] = (
    (38, 52, 84), (60, 64, 72), (28, 30, 36), (104, 44, 58), (46, 84, 78),
    (92, 72, 112), (156, 120, 92), (70, 96, 128), (176, 74, 60), (200, 190, 176),
)  # fmt: skip
DESK: Colour = (132, 88, 54)
RED: Colour = (235, 40, 40)


@dataclass(frozen=True, slots=True)
class Face:
    """Where a seat's mouth and microphone ring are on a plate, in pixels; ``mouth`` is None seen from behind."""

    seat: int
    mouth: tuple[float, float, float] | None
    ring: tuple[float, float, float]
    skin: Colour


class Portrait:
    """Draws one person on one plate."""

    def __init__(self, brush: Brush, seat: Seat, person: Person) -> None:
        self.brush = brush
        self.seat = seat
        self.person = person
        draw = random.Random(person.seed)
        self.skin = draw.choice(SKINS)
        self.hair = draw.choice(HAIRS)
        self.cloth = draw.choice(CLOTHES)
        self.glasses = draw.random() < 0.35
        self.beard = not person.woman and draw.random() < 0.4
        self.bald = not person.woman and draw.random() < 0.22
        self.long = person.woman and draw.random() < 0.65
        self.build = 0.92 + 0.16 * draw.random()
        bx, by = seat.x - brush.view.at[0], seat.y - brush.view.at[1]
        self.turn = (math.atan2(-by, -bx) - seat.facing + math.pi) % (2 * math.pi) - math.pi
        """How far the camera is from straight ahead of him; positive on his left."""

    def draw(self) -> Face:
        """The whole person, far things first."""
        x, y = self.seat.x, self.seat.y
        self._chair()
        if abs(self.turn) > math.pi / 2:
            self._desk()
            ring = self._microphone()
            self._torso(x, y)
            self._long_hair(x, y)
            mouth = self._head(x, y)
        else:
            self._long_hair(x, y)
            self._torso(x, y)
            mouth = self._head(x, y)
            self._desk()
            ring = self._microphone()
        return Face(self.seat.id, mouth, ring, self.skin)

    def _chair(self) -> None:
        x, y = turned(self.seat.x, self.seat.y, self.seat.facing, -0.16, 0.0)
        px, py, s = self.brush.place((x, y, 0.95))
        self.brush.draw.rounded_rectangle(
            (px - 0.26 * s, py - 0.24 * s, px + 0.26 * s, py + 0.5 * s), radius=0.08 * s, fill=(70, 26, 30)
        )

    def _long_hair(self, x: float, y: float) -> None:
        if self.long:
            px, py, s = self.brush.place((x, y, 1.4))
            rx, ry = 0.088 * s, 0.122 * s
            self.brush.draw.rounded_rectangle(
                (px - 1.22 * rx, py - 0.9 * ry, px + 1.22 * rx, py + 1.45 * ry),
                radius=rx,
                fill=shade(self.hair, 0.8),
            )

    def _torso(self, x: float, y: float) -> None:
        brush, cloth, build = self.brush, self.cloth, self.build
        px, py, s = brush.place((x, y, 1.0))
        across = 0.21 * build * (0.72 + 0.28 * abs(math.cos(self.turn)))
        body = (px - across * s, py - 0.19 * s, px + across * s, py + 0.42 * s)
        brush.draw.rounded_rectangle(body, radius=0.12 * s, fill=cloth)
        brush.draw.rounded_rectangle(
            (px - 0.055 * s, py - 0.27 * s, px + 0.055 * s, py - 0.12 * s),
            radius=0.03 * s,
            fill=shade(self.skin, 0.86),
        )
        if abs(self.turn) > 1.3:
            return
        lean = math.sin(self.turn) * 0.07 * s
        top = py - 0.19 * s
        light = (244, 244, 246) if sum(cloth) < 420 else shade(cloth, 0.7)
        brush.draw.polygon(
            ((px + lean - 0.07 * s, top), (px + lean + 0.07 * s, top), (px + lean, top + 0.26 * s)),
            fill=light,
        )
        if not self.person.woman:
            tie = shade(self.cloth, 1.5) if sum(cloth) < 300 else (120, 30, 40)
            middle, knot, end = px + lean, 0.018 * s, 0.026 * s
            upper, lower = top + 0.02 * s, top + 0.22 * s
            shape = (
                (middle - knot, upper),
                (middle + knot, upper),
                (middle + end, lower),
                (middle - end, lower),
            )
            brush.draw.polygon(shape, fill=tie)

    def _head(self, x: float, y: float) -> tuple[float, float, float] | None:
        brush = self.brush
        px, py, s = brush.place((x, y, 1.4))
        rx, ry = 0.088 * s, 0.122 * s
        behind = abs(self.turn) > 1.75
        brush.oval(px, py, rx, ry, self.hair if behind else self.skin)
        if behind:
            if self.bald:
                brush.oval(px, py - 0.2 * ry, 0.8 * rx, 0.7 * ry, self.skin)
            return None
        shift = math.sin(self.turn) * 0.62 * rx
        for side in (-1, 1):
            if side * shift <= 0.3 * rx:
                brush.oval(px + side * rx, py + 0.05 * ry, 0.16 * rx, 0.24 * ry, shade(self.skin, 0.92))
        self._hair(px, py, rx, ry, shift)
        self._features(px + shift, py, rx, ry)
        return px + shift, py + 0.52 * ry, rx

    def _hair(self, px: float, py: float, rx: float, ry: float, shift: float) -> None:
        draw = self.brush.draw
        if self.bald:
            for side in (-1, 1):
                self.brush.oval(px + side * 0.93 * rx, py - 0.1 * ry, 0.18 * rx, 0.36 * ry, self.hair)
            return
        box = (px - 1.08 * rx, py - 1.12 * ry, px + 1.08 * rx, py + 0.7 * ry)
        draw.chord(box, 196, 344, fill=self.hair)
        parting = px + shift * 0.4
        draw.pieslice(
            (parting - 1.02 * rx, py - 1.1 * ry, parting + 1.02 * rx, py + 0.1 * ry), 180, 360, fill=self.hair
        )
        if self.long:
            for side in (-1, 1):
                draw.rounded_rectangle(
                    sorted_box(px + side * 1.22 * rx, py - 0.5 * ry, px + side * 0.82 * rx, py + 1.2 * ry),
                    radius=0.2 * rx,
                    fill=self.hair,
                )

    def _features(self, fx: float, py: float, rx: float, ry: float) -> None:
        brush, draw = self.brush, self.brush.draw
        squeeze = max(0.35, math.cos(self.turn))
        if self.beard:
            draw.chord(
                (fx - 0.8 * rx * squeeze, py - 0.1 * ry, fx + 0.8 * rx * squeeze, py + 1.0 * ry),
                10,
                170,
                fill=shade(self.hair, 0.95),
            )
        for side in (-1, 1):
            ex = fx + side * 0.38 * rx * squeeze
            brush.oval(ex, py - 0.04 * ry, 0.15 * rx * squeeze + 0.5, 0.085 * ry + 0.4, (250, 250, 248))
            brush.oval(ex, py - 0.04 * ry, 0.075 * rx, 0.075 * ry, (52, 40, 34))
            draw.line(
                (ex - 0.2 * rx * squeeze, py - 0.2 * ry, ex + 0.2 * rx * squeeze, py - 0.22 * ry),
                fill=shade(self.hair, 0.8),
                width=max(1, round(0.06 * rx)),
            )
            if self.glasses:
                draw.ellipse(
                    (ex - 0.25 * rx, py - 0.19 * ry, ex + 0.25 * rx, py + 0.13 * ry),
                    outline=(40, 42, 48),
                    width=max(1, round(0.05 * rx)),
                )
        if self.glasses:
            draw.line(
                (fx - 0.14 * rx, py - 0.06 * ry, fx + 0.14 * rx, py - 0.06 * ry),
                fill=(40, 42, 48),
                width=max(1, round(0.05 * rx)),
            )
        brush.oval(fx + 0.05 * rx, py + 0.2 * ry, 0.1 * rx, 0.12 * ry, shade(self.skin, 0.88))
        lips = (176, 74, 76) if self.person.woman else shade(self.skin, 0.68)
        draw.line(
            (fx - 0.26 * rx * squeeze, py + 0.52 * ry, fx + 0.26 * rx * squeeze, py + 0.52 * ry),
            fill=lips,
            width=max(1, round(0.1 * rx)),
        )

    def _desk(self) -> None:
        seat, brush = self.seat, self.brush

        def corner(ahead: float, aside: float, z: float) -> tuple[float, float, float]:
            return (*turned(seat.x, seat.y, seat.facing, ahead, aside), z)

        front = abs(self.turn) < math.pi / 2
        if front:
            brush.polygon(
                [
                    corner(0.62, -0.55, 0.08),
                    corner(0.62, 0.55, 0.08),
                    corner(0.62, 0.55, 0.78),
                    corner(0.62, -0.55, 0.78),
                ],
                DESK,
            )
            brush.polygon(
                [
                    corner(0.62, -0.5, 0.14),
                    corner(0.62, 0.5, 0.14),
                    corner(0.62, 0.5, 0.7),
                    corner(0.62, -0.5, 0.7),
                ],
                shade(DESK, 0.88),
            )
        brush.polygon(
            [
                corner(0.22, -0.55, 0.78),
                corner(0.22, 0.55, 0.78),
                corner(0.64, 0.55, 0.78),
                corner(0.64, -0.55, 0.78),
            ],
            shade(DESK, 1.28),
        )
        brush.polygon(
            [
                corner(0.3, 0.08, 0.785),
                corner(0.3, 0.34, 0.785),
                corner(0.5, 0.34, 0.785),
                corner(0.5, 0.08, 0.785),
            ],
            (238, 238, 234),
        )
        if front:
            self._plate()

    def _plate(self) -> None:
        seat, brush = self.seat, self.brush
        px, py, s = brush.place((*turned(seat.x, seat.y, seat.facing, 0.63, 0.0), 0.86))
        squeeze = max(0.3, math.cos(self.turn))
        brush.draw.rectangle(
            (px - 0.24 * s * squeeze, py - 0.055 * s, px + 0.24 * s * squeeze, py + 0.055 * s),
            fill=(250, 250, 247),
            outline=(150, 130, 100),
        )
        words = self.person.name.split(" ", 1)[1].upper()
        brush.text(px, py, words, min(0.075 * s, 0.46 * s * squeeze * 1.5 / max(6, len(words))), (30, 34, 44))

    def _microphone(self) -> tuple[float, float, float]:
        seat, brush = self.seat, self.brush
        foot = turned(seat.x, seat.y, seat.facing, 0.5, -0.22)
        tip = turned(seat.x, seat.y, seat.facing, 0.34, -0.13)
        brush.lines((*foot, 0.79), (*tip, 1.06), 0.012, (44, 46, 52))
        px, py, s = brush.place((*tip, 1.07))
        brush.oval(px, py, 0.024 * s, 0.03 * s, (30, 32, 38))
        return px, py + 0.03 * s, 0.022 * s


def sorted_box(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    """A box whose corners are in the order that drawing wants."""
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

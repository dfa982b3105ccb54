"""Drawing in angles: a plate is a wide picture whose pixels are fractions of a degree around a camera."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hardware_mocks.geometry import Point, Viewpoint

Colour = tuple[int, int, int]
FONT = Path(__file__).parent / "fonts" / "atkinson-700.ttf"
PER_DEGREE = 32
PAN_REACH, TILT_DOWN, TILT_UP = 95.0, -42.0, 24.0
SIZE = (int(2 * PAN_REACH * PER_DEGREE), int((TILT_UP - TILT_DOWN) * PER_DEGREE))


def shade(colour: Colour, factor: float) -> Colour:
    """Darker below 1, lighter above."""
    r, g, b = (max(0, min(255, round(c * factor))) for c in colour)
    return r, g, b


@dataclass
class Brush:
    """Draws the world on one camera's plate."""

    view: Viewpoint
    image: Image.Image
    draw: ImageDraw.ImageDraw

    @classmethod
    def on_new_plate(cls, view: Viewpoint, background: Colour) -> "Brush":
        """A blank plate."""
        image = Image.new("RGB", SIZE, background)
        return cls(view, image, ImageDraw.Draw(image))

    def place(self, point: Point) -> tuple[float, float, float]:
        """Pixel of a point, and pixels a metre there."""
        pan, tilt, distance = self.view.angles(point)
        x = (pan + PAN_REACH) * PER_DEGREE
        y = (TILT_UP - tilt) * PER_DEGREE
        return x, y, PER_DEGREE * 57.3 / max(distance, 0.3)

    def in_view(self, point: Point) -> bool:
        """May it be on the plate at all?"""
        return abs(self.view.angles(point)[0]) < PAN_REACH + 15

    def polygon(self, corners: list[Point], colour: Colour, outline: Colour | None = None) -> None:
        """A flat shape; its sides are cut in pieces, as straight lines bend on a plate."""
        if not all(self.in_view(c) for c in corners):
            return
        points: list[tuple[float, float]] = []
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            for n in range(12):
                t = n / 12
                x, y, _ = self.place(
                    (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)
                )
                points.append((x, y))
        self.draw.polygon(points, fill=colour, outline=outline)

    def box(self, low: Point, high: Point, colour: Colour) -> None:
        """An upright block: the sides that face the camera, then the top."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        cx, cy, cz = self.view.at
        sides = []
        if cy < y0:
            sides.append([(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)])
        if cy > y1:
            sides.append([(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)])
        if cx < x0:
            sides.append([(x0, y0, z0), (x0, y1, z0), (x0, y1, z1), (x0, y0, z1)])
        if cx > x1:
            sides.append([(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)])
        for side in sides:
            self.polygon(side, shade(colour, 0.82))
        if cz > z1:
            self.polygon([(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)], shade(colour, 1.12))

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """An ellipse in pixels."""
        if rx >= 0.5 and ry >= 0.5:
            self.draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=colour)

    def text(self, x: float, y: float, words: str, height: float, colour: Colour) -> None:
        """Words centred on a pixel, ``height`` pixels high; nothing when they could not be read."""
        if height >= 5:
            font = ImageFont.truetype(FONT, height)
            self.draw.text((x, y), words, fill=colour, font=font, anchor="mm")

    def lines(self, a: Point, b: Point, width: float, colour: Colour) -> None:
        """A straight rod, ``width`` metres thick."""
        x0, y0, s = self.place(a)
        x1, y1, _ = self.place(b)
        self.draw.line((x0, y0, x1, y1), fill=colour, width=max(1, round(width * s)))

    def finished(self, seed: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
        """The plate as RGB pixels, softened, lit from above, with a little grain."""
        grain = np.random.default_rng(seed)
        pixels = np.asarray(self.image, np.float32)
        light = (
            1.05 - 0.18 * np.abs(np.linspace(-0.4, 1, pixels.shape[0], dtype=np.float32))[:, None, None] ** 2
        )
        noise = grain.normal(0, 1.6, pixels.shape[:2]).astype(np.float32)[:, :, None]
        return np.clip(pixels * light + noise, 0, 255).astype(np.uint8)


def turned(x: float, y: float, facing: float, ahead: float, aside: float) -> tuple[float, float]:
    """A place seen from somebody at (x, y) who faces a direction: metres ahead and to his left."""
    return x + ahead * math.cos(facing) - aside * math.sin(facing), y + ahead * math.sin(
        facing
    ) + aside * math.cos(facing)

"""One simulated camera: its plate seen through its head, with what moves drawn on it, as yuv420p pictures."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hardware_mocks import marks
from hardware_mocks.brush import FONT, PAN_REACH, PER_DEGREE, TILT_UP
from hardware_mocks.chamber import Plane, Plate
from hardware_mocks.visca_head import STEPS_PER_DEGREE, ZOOM_TELE, Head

WIDE_FIELD = 62.0
ZOOM_STEPS = (0x0000, 0x0DC1, 0x2015, 0x3608, 0x4000)
ZOOM_RATIOS = (1.0, 2.0, 4.0, 10.0, 20.0)
Yuv = tuple[Plane, Plane, Plane]
Map = NDArray[np.float32]
CELL = 16
"""Pixels between two points of the grid on which the lens is computed."""


def magnification(position: float) -> float:
    """Zoom of a position of the lens, as a BRC-X400 publishes it."""
    return math.exp(float(np.interp(position, ZOOM_STEPS, np.log(ZOOM_RATIOS))))


def lens(ratio: float) -> float:
    """Position of the lens for a zoom."""
    return float(np.interp(math.log(ratio), np.log(ZOOM_RATIOS), ZOOM_STEPS))


@dataclass(frozen=True, slots=True)
class Scene:
    """What moves at one instant: open microphones, how far each speaker's mouth is open (0–1), the wall clock."""

    speaking: dict[int, float]
    hour: int
    minute: int
    second: int


class Turret:
    """A camera on its mount. :meth:`picture` is given time; the head moves with inertia in between."""

    def __init__(self, number: int, plate: Plate, size: tuple[int, int], with_marks: bool = True) -> None:
        self.number = number
        self.plate = plate
        self.width, self.height = size
        self.with_marks = with_marks
        self.head = Head()
        self.black = False
        self._still: Yuv | None = None
        self._digits = _digits(size[1])
        self.point(*plate.view.rest)

    def point(self, pan: float, tilt: float, zoom: float) -> None:
        """Be there at once (where it was left before the séance)."""
        self.head.pan.position = pan * STEPS_PER_DEGREE
        self.head.tilt.position = tilt * STEPS_PER_DEGREE
        self.head.zoom.position = min(ZOOM_TELE, lens(zoom))
        self._still = None

    def move_to(self, pan: float, tilt: float, zoom: float, speed: float = 1.0) -> None:
        """Go there, with inertia."""
        self.head.pan.go(pan * STEPS_PER_DEGREE, 5171.0 * speed)
        self.head.tilt.go(tilt * STEPS_PER_DEGREE, 4659.0 * speed)
        self.head.zoom.go(lens(zoom), 6000.0 * speed)

    @property
    def framing(self) -> tuple[float, float, float]:
        """Pan and tilt in degrees, zoom."""
        head = self.head
        return (
            head.pan.position / STEPS_PER_DEGREE,
            head.tilt.position / STEPS_PER_DEGREE,
            magnification(head.zoom.position),
        )

    def advance(self, seconds: float) -> None:
        """Let the head move."""
        if self.head.moving:
            self._still = None
        self.head.advance(seconds)

    def picture(self, scene: Scene, ms: int, frame: int) -> Yuv:
        """The picture at ``ms`` since the hall's epoch; its arrays are the caller's."""
        if self._still is None:
            self._still = self._crop()
        y, u, v = (plane.copy() for plane in self._still)
        if self.black:
            y[:], u[:], v[:] = 16, 128, 128
        else:
            self._clock((y, u, v), scene)
            for seat, opening in scene.speaking.items():
                self._speaker((y, u, v), seat, opening)
        if self.with_marks:
            flash = ms % marks.FLASH_PERIOD_MS < 40 and ms >= marks.FLASH_PERIOD_MS
            marks.draw(y, self.number, ms, flash)
            left, top, right, bottom = (n // 2 for n in marks.strip_box(self.height))
            u[top:bottom, left:right] = v[top:bottom, left:right] = 128
            self._stamp(y, u, v, scene, frame)
        return y, u, v

    def _crop(self) -> Yuv:
        """The plate through a lens that keeps straight lines straight, as real ones do."""
        x, y = self._maps()
        half_x, half_y = x[::2, ::2] / 2, y[::2, ::2] / 2
        luma, u, v = (
            cv2.remap(plane, across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for plane, across, along in (
                (self.plate.y, x, y),
                (self.plate.u, half_x, half_y),
                (self.plate.v, half_x, half_y),
            )
        )
        return np.asarray(luma, np.uint8), np.asarray(u, np.uint8), np.asarray(v, np.uint8)

    def _maps(self) -> tuple[Map, Map]:
        """Where each pixel of the picture is on the plate. Computed on a coarse grid, one cell wider all around."""
        pan, tilt, across = self._look()
        columns, rows = self.width // CELL + 2, self.height // CELL + 2
        px = (np.arange(columns) - 0.5) * CELL - 0.5
        py = (np.arange(rows) - 0.5) * CELL - 0.5
        right = ((px + 0.5) * 2 / self.width - 1)[None, :] * across
        up = (1 - (py + 0.5) * 2 / self.height)[:, None] * across * self.height / self.width
        level = math.cos(tilt) - up * math.sin(tilt)
        pans = np.degrees(pan + np.arctan2(right, level))
        tilts = np.degrees(np.arctan2(math.sin(tilt) + up * math.cos(tilt), np.hypot(right, level)))
        grid = ((pans + PAN_REACH) * PER_DEGREE, (TILT_UP - tilts) * PER_DEGREE)
        size = (columns * CELL, rows * CELL)
        x, y = (
            cv2.resize(one.astype(np.float32), size)[CELL : CELL + self.height, CELL : CELL + self.width]
            for one in grid
        )
        return np.ascontiguousarray(x, np.float32), np.ascontiguousarray(y, np.float32)

    def _look(self) -> tuple[float, float, float]:
        """Pan and tilt in radians, tangent of half the horizontal field."""
        pan, tilt, zoom = self.framing
        return math.radians(pan), math.radians(tilt), math.tan(math.radians(WIDE_FIELD / 2)) / zoom

    def _pixel(self, x: float, y: float) -> tuple[float, float, float]:
        """From the plate to the picture, and the scale; far away for what is behind."""
        pan, tilt, across = self._look()
        turn = math.radians(x / PER_DEGREE - PAN_REACH) - pan
        rise = math.radians(TILT_UP - y / PER_DEGREE)
        level, height = math.cos(rise) * math.cos(turn), math.sin(rise)
        forward = level * math.cos(tilt) + height * math.sin(tilt)
        scale = self.width / 2 / across
        if forward < 0.1:
            return -1e6, -1e6, scale * math.radians(1 / PER_DEGREE)
        right = math.cos(rise) * math.sin(turn) / forward
        above = (height * math.cos(tilt) - level * math.sin(tilt)) / forward
        return (
            self.width / 2 + right * scale,
            self.height / 2 - above * scale,
            scale * math.radians(1 / PER_DEGREE),
        )

    def _speaker(self, planes: Yuv, seat: int, opening: float) -> None:
        face = self.plate.faces.get(seat)
        if face is None:
            return
        x, y, radius = face.ring
        px, py, scale = self._pixel(x, y)
        if -50 < px < self.width + 50 and -50 < py < self.height + 50:
            _ellipse(
                planes, px, py, max(2.5, radius * scale * 1.6), max(2.0, radius * scale * 0.8), (90, 95, 230)
            )
        if face.mouth is not None and opening > 0.05:
            x, y, radius = face.mouth
            px, py, scale = self._pixel(x, y)
            if -50 < px < self.width + 50 and -50 < py < self.height + 50:
                width = radius * scale * (0.2 + 0.1 * opening)
                _ellipse(planes, px, py, width, radius * scale * 0.34 * opening, (48, 120, 152))

    def _clock(self, planes: Yuv, scene: Scene) -> None:
        if self.plate.clock is None:
            return
        x, y, radius = self.plate.clock
        px, py, scale = self._pixel(x, y)
        r = radius * scale
        if r < 4 or not (-r < px < self.width + r and -r < py < self.height + r):
            return
        _ellipse(planes, px, py, r * 1.1, r * 1.1, (70, 118, 140))
        _ellipse(planes, px, py, r, r, (225, 126, 130))
        turns = ((scene.hour % 12 + scene.minute / 60) / 12, scene.minute / 60, scene.second / 60)
        for turn, length, thick in zip(turns, (0.5, 0.8, 0.85), (0.12, 0.08, 0.03), strict=True):
            angle = 2 * math.pi * turn
            end = (round(px + length * r * math.sin(angle)), round(py - length * r * math.cos(angle)))
            cv2.line(planes[0], (round(px), round(py)), end, 40, max(1, round(thick * r)), cv2.LINE_AA)

    def _stamp(self, y: Plane, u: Plane, v: Plane, scene: Scene, frame: int) -> None:
        """Camera and time, burnt in at the top left."""
        words = f"CAM {self.number}  {scene.hour:02}:{scene.minute:02}:{scene.second:02}:{frame:02}"
        strip = np.concatenate([self._digits[c] for c in words], axis=1)
        top = left = self.height // 45
        area = y[top : top + strip.shape[0], left : left + strip.shape[1]]
        np.copyto(area, strip)
        u[top // 2 : (top + strip.shape[0]) // 2, left // 2 : (left + strip.shape[1]) // 2] = 128
        v[top // 2 : (top + strip.shape[0]) // 2, left // 2 : (left + strip.shape[1]) // 2] = 128


def _ellipse(planes: Yuv, x: float, y: float, rx: float, ry: float, colour: tuple[int, int, int]) -> None:
    """An ellipse on the three planes, to a sixteenth of a pixel."""
    for plane, value, ratio in zip(planes, colour, (1, 2, 2), strict=True):
        centre = (round(x * 16 / ratio), round(y * 16 / ratio))
        axes = (max(8, round(rx * 16 / ratio)), max(8, round(ry * 16 / ratio)))
        cv2.ellipse(plane, centre, axes, 0, 0, 360, value, -1, cv2.LINE_AA, 4)


def _digits(height: int) -> dict[str, NDArray[np.uint8]]:
    """Small pictures of the letters of the burnt-in time, all as high, digits as wide."""
    size = height // 36
    font = ImageFont.truetype(FONT, size)
    letters: dict[str, NDArray[np.uint8]] = {}
    for letter in "0123456789: CAM":
        width = round(font.getlength("0" if letter.isdigit() else letter)) + 1
        image = Image.new("L", (width, 2 * (size * 5 // 8)), 30)
        ImageDraw.Draw(image).text((width / 2, size * 0.6), letter, fill=225, font=font, anchor="mm")
        letters[letter] = np.asarray(image)
    return letters

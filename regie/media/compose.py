"""Composition on the planes, in yuv420p: layouts, fades, overlays.

A full-screen shot with nothing over it is the source's picture itself, untouched. Everything else is drawn into pictures of our
own: a source's picture is never written to, others have it too. Scaling is by exact factors (area) or bilinear. The
process sets OpenCV to one thread: more cost up to 40 % more CPU here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import av
import cv2
import numpy as np

from regie.domain.model import Layout
from regie.media.colour import Planes, blank, fill, planes_of
from regie.media.frames import Plane, ProgrammeFormat
from regie.media.stock import Stock

WHOLE = 1000
PIP_EDGE_YUV = (200, 128, 128)
DARK_YUV = (24, 128, 128)


@dataclass(frozen=True, slots=True)
class Pane:
    """A rectangle of the picture, in luma pixels, all even."""

    x: int
    y: int
    width: int
    height: int

    def of(self, planes: Planes) -> Planes:
        """The same rectangle of each plane."""
        y, u, v = planes
        x0, y0, x1, y1 = self.x, self.y, self.x + self.width, self.y + self.height
        half = np.s_[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
        return y[y0:y1, x0:x1], u[half], v[half]

    def grown(self, by: int) -> "Pane":
        """With ``by`` pixels more on each side."""
        return Pane(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


def panes(layout: Layout, width: int, height: int) -> tuple[Pane, ...]:
    """Where each source of a layout goes, main one first; 16:9 everywhere, nothing stretched nor cropped."""
    match layout:
        case Layout.FULL:
            return (Pane(0, 0, width, height),)
        case Layout.PIP:
            w, h = width // 4, height // 4
            inset = Pane(_even(width * 0.95) - w, _even(height * 0.94) - h, w, h)
            return Pane(0, 0, width, height), inset
        case Layout.TWO:
            unit = (width - 40) // 2 // 32
            w, h = 32 * unit, 18 * unit
            side = _even((width - 2 * w) * 0.3)
            top = _even((height - h) / 2)
            return Pane(side, top, w, h), Pane(width - side - w, top, w, h)
        case Layout.DOCUMENT:
            units = width // 32
            beside = units // 4
            large = units - beside - units // 30
            gap = _even((width - 32 * (large + beside)) / 3)
            w, h = 32 * large, 18 * large
            left = Pane(gap, _even((height - h) / 2), w, h)
            return left, Pane(
                width - gap - 32 * beside, _even((height - 18 * beside) / 2), 32 * beside, 18 * beside
            )
        case Layout.FOUR:
            w, h = width // 2, height // 2
            return Pane(0, 0, w, h), Pane(w, 0, w, h), Pane(0, h, w, h), Pane(w, h, w, h)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Something drawn over the picture, ready to blend: for each plane its colour times its alpha, and what it lets through."""

    at: Pane
    colour: Planes
    keep: Planes


@dataclass(frozen=True, slots=True)
class Scene:
    """A layout and the pictures in it, all of the programme's size."""

    layout: Layout
    pictures: tuple[av.VideoFrame, ...]


class Composer:
    """Draws scenes, on pictures that are each the reader's until he lets go of it. One thread uses it.

    ``wall`` (Y, U, V) shows where a layout has no source.
    """

    def __init__(self, fmt: ProgrammeFormat, wall: tuple[int, int, int] = DARK_YUV) -> None:
        self._fmt = fmt
        self._wall = wall
        self._stock = Stock(fmt.width, fmt.height)
        self._scratch = (blank(fmt.width, fmt.height), blank(fmt.width, fmt.height))
        self._line = 2 if fmt.height <= 720 else 4
        self._panes = {layout: panes(layout, fmt.width, fmt.height) for layout in Layout}

    def render(
        self,
        scene: Scene,
        target: Scene | None = None,
        mix: int = 0,
        overlays: Sequence[tuple[Overlay, int]] = (),
    ) -> av.VideoFrame:
        """The picture of ``scene``, with ``mix`` thousandths of ``target``, under overlays each shown at so many thousandths."""
        if target is None or mix <= 0:
            base, other = scene, None
        elif mix >= WHOLE:
            base, other = target, None
        else:
            base, other = scene, target
        shown = [(overlay, level) for overlay, level in overlays if level > 0]
        if other is None and base.layout is Layout.FULL and not shown:
            return untouched(base.pictures[0])
        frame = self._stock.take()
        out = planes_of(frame)
        if other is None:
            self._draw(base, out)
        else:
            self._fade(base, other, mix, out)
        for overlay, level in shown:
            blend(out, overlay, level)
        return frame

    def _fade(self, one: Scene, other: Scene, mix: int, out: Planes) -> None:
        part = mix / WHOLE
        first, second = self._ready(one, 0), self._ready(other, 1)
        for a, b, plane in zip(first, second, out, strict=True):
            cv2.addWeighted(a, 1.0 - part, b, part, 0.0, dst=plane)

    def _ready(self, scene: Scene, scratch: int) -> Planes:
        """The planes of a scene, drawn aside unless it is one picture."""
        if scene.layout is Layout.FULL:
            return planes_of(scene.pictures[0])
        planes = planes_of(self._scratch[scratch])
        self._draw(scene, planes)
        return planes

    def _draw(self, scene: Scene, out: Planes) -> None:
        places = self._panes[scene.layout]
        if scene.layout in (Layout.TWO, Layout.DOCUMENT) or len(scene.pictures) < len(places):
            fill(out, self._wall)
        for index, (pane, picture) in enumerate(zip(places, scene.pictures, strict=False)):
            if scene.layout is Layout.PIP and index == 1:
                fill(pane.grown(self._line).of(out), PIP_EDGE_YUV)
            _scale(planes_of(picture), pane.of(out))
        if scene.layout is Layout.FOUR:
            self._cross(out)

    def _cross(self, out: Planes) -> None:
        """The lines between four pictures."""
        width, height, line = self._fmt.width, self._fmt.height, self._line
        fill(Pane(width // 2 - line, 0, 2 * line, height).of(out), self._wall)
        fill(Pane(0, height // 2 - line, width, 2 * line).of(out), self._wall)


def untouched(frame: av.VideoFrame) -> av.VideoFrame:
    """The source's picture itself; only its type is reset, or the encoder would obey the camera's keyframes."""
    frame.pict_type = 0
    return frame


def scaled(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    """A smaller copy (1/2 or 1/3 of the programme's size, or any other)."""
    small = blank(width, height)
    _scale(planes_of(frame), planes_of(small))
    return small


def blend(planes: Planes, overlay: Overlay, level: int = WHOLE) -> None:
    """Draw an overlay over its rectangle only, at ``level`` thousandths of its strength."""
    for plane, colour, keep in zip(overlay.at.of(planes), overlay.colour, overlay.keep, strict=True):
        if level < WHOLE:
            colour, keep = _weaker(colour, keep, level / WHOLE)
        cv2.multiply(plane, keep, dst=plane, scale=1 / 255)
        cv2.add(plane, colour, dst=plane)


def _weaker(colour: Plane, keep: Plane, part: float) -> tuple[Plane, Plane]:
    return (
        np.asarray(cv2.convertScaleAbs(colour, alpha=part), np.uint8),
        np.asarray(cv2.convertScaleAbs(keep, alpha=part, beta=255.0 * (1.0 - part)), np.uint8),
    )


def _scale(source: Planes, target: Planes) -> None:
    for plane, into in zip(source, target, strict=True):
        if plane.shape == into.shape:
            np.copyto(into, plane)
            continue
        exact = plane.shape[0] % into.shape[0] == 0 and plane.shape[1] % into.shape[1] == 0
        how = cv2.INTER_AREA if exact else cv2.INTER_LINEAR
        cv2.resize(plane, into.shape[::-1], dst=into, interpolation=how)


def _even(value: float) -> int:
    return int(value) // 2 * 2

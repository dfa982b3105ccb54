"""The large emblem behind a slate's words: seen before the words are read, and it says the same thing."""

from collections.abc import Callable

from PIL import Image, ImageDraw

from regie.domain.model import SlateName
from regie.media.colour import Rgb

OVERSAMPLING = 3
"""Shapes are drawn three times too large, then reduced: Pillow draws them without smoothing."""
SIDE = 0.56
"""Of the picture's height."""

Pen = ImageDraw.ImageDraw
_INK = 255


def draw_emblem(image: Image.Image, name: SlateName, colour: Rgb) -> None:
    """Draw a slate's emblem on the right of the picture, above its foot."""
    side = round(image.height * SIDE)
    large = side * OVERSAMPLING
    mask = Image.new("L", (large, large), 0)
    _SHAPES[name](ImageDraw.Draw(mask), large / 100)
    small = mask.resize((side, side), Image.Resampling.LANCZOS)
    x = round(image.width * 0.97) - side
    y = round(image.height * 0.46) - side // 2
    image.paste(colour, (x, y, x + side, y + side), small)


def _clock(pen: Pen, u: float) -> None:
    pen.ellipse((6 * u, 6 * u, 94 * u, 94 * u), outline=_INK, width=round(9 * u))
    _stroke(pen, [(50, 26), (50, 52), (66, 62)], 8, u)


def _pause(pen: Pen, u: float) -> None:
    for x in (22, 57):
        pen.rounded_rectangle((x * u, 12 * u, (x + 21) * u, 88 * u), 4 * u, fill=_INK)


def _seats(pen: Pen, u: float) -> None:
    """Three who sit, the one in the middle missing."""
    for x in (20, 80):
        pen.ellipse(((x - 13) * u, 22 * u, (x + 13) * u, 48 * u), fill=_INK)
        pen.rounded_rectangle(((x - 18) * u, 54 * u, (x + 18) * u, 88 * u), 12 * u, fill=_INK)
    pen.ellipse((37 * u, 22 * u, 63 * u, 48 * u), outline=_INK, width=round(5 * u))
    pen.rounded_rectangle((40 * u, 54 * u, 60 * u, 88 * u), 8 * u, outline=_INK, width=round(5 * u))


def _lock(pen: Pen, u: float) -> None:
    pen.arc((28 * u, 8 * u, 72 * u, 60 * u), 180, 360, fill=_INK, width=round(9 * u))
    for x in (28, 63):
        pen.rectangle((x * u, 33 * u, (x + 9) * u, 48 * u), fill=_INK)
    pen.rounded_rectangle((16 * u, 44 * u, 84 * u, 94 * u), 6 * u, fill=_INK)
    pen.ellipse((43 * u, 58 * u, 57 * u, 72 * u), fill=0)
    pen.rectangle((47 * u, 66 * u, 53 * u, 82 * u), fill=0)


def _ballot(pen: Pen, u: float) -> None:
    """A paper that goes into a box."""
    pen.rectangle((34 * u, 8 * u, 66 * u, 50 * u), outline=_INK, width=round(7 * u))
    _stroke(pen, [(43, 26), (49, 33), (58, 20)], 5, u)
    pen.rounded_rectangle((14 * u, 48 * u, 86 * u, 94 * u), 5 * u, fill=_INK)
    pen.rectangle((28 * u, 56 * u, 72 * u, 63 * u), fill=0)


def _warning(pen: Pen, u: float) -> None:
    _stroke(pen, [(50, 12), (93, 86), (7, 86), (50, 12)], 9, u)
    pen.rounded_rectangle((45.5 * u, 37 * u, 54.5 * u, 63 * u), 3 * u, fill=_INK)
    pen.ellipse((45 * u, 67 * u, 55 * u, 77 * u), fill=_INK)


def _check(pen: Pen, u: float) -> None:
    pen.ellipse((6 * u, 6 * u, 94 * u, 94 * u), outline=_INK, width=round(9 * u))
    _stroke(pen, [(30, 51), (45, 66), (71, 36)], 9, u)


def _shield(pen: Pen, u: float) -> None:
    outline = [(50, 8), (86, 20), (84, 54), (50, 92), (16, 54), (14, 20), (50, 8)]
    _stroke(pen, [(x, y) for x, y in outline], 9, u)
    _stroke(pen, [(34, 36), (66, 64)], 9, u)


def _hourglass(pen: Pen, u: float) -> None:
    _stroke(pen, [(22, 10), (78, 10)], 9, u)
    _stroke(pen, [(22, 90), (78, 90)], 9, u)
    _stroke(pen, [(30, 14), (30, 30), (70, 70), (70, 86)], 8, u)
    _stroke(pen, [(70, 14), (70, 30), (30, 70), (30, 86)], 8, u)


def _stroke(pen: Pen, points: list[tuple[int, int]], width: float, u: float) -> None:
    """A line with round joints and ends."""
    pen.line([(x * u, y * u) for x, y in points], fill=_INK, width=round(width * u))
    radius = width * u / 2
    for x, y in points:
        pen.ellipse((x * u - radius, y * u - radius, x * u + radius, y * u + radius), fill=_INK)


_SHAPES: dict[SlateName, Callable[[Pen, float], None]] = {
    SlateName.BEFORE: _clock,
    SlateName.PAUSE: _pause,
    SlateName.QUORUM: _seats,
    SlateName.CLOSED_DOORS: _lock,
    SlateName.BALLOT: _ballot,
    SlateName.FAULT: _warning,
    SlateName.END: _check,
    SlateName.MASKED: _shield,
    SlateName.DELAY: _hourglass,
}

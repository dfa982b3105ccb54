"""Lower third and logo: drawn once with Pillow when asked for, blended on their rectangle only.

Within the 90 % safe area, no letter below 4.5 % of the picture's height (read at 360p), the town's colour as an edge.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from config.schema import Town
from regie.domain.model import Title
from regie.domain.timeline import from_ms
from regie.errors import Refusal, RegieError
from regie.media.colour import Planes, Rgb, contrast, rgb_of, rgb_to_yuv
from regie.media.compose import WHOLE, Overlay, Pane
from regie.media.frames import ProgrammeFormat
from regie.media.lettering import Font, clean, font, largest, line_height, width_of, wrapped

SAFE = 0.05
"""Margin on each side: what is inside the 90 % safe area is seen on every screen."""
SMALLEST = 0.045
"""Smallest letters, of the picture's height."""
NAME = 0.058
WIDEST = 0.63
"""Widest lower third, of the picture's width: the inset of picture-in-picture stays clear."""
FADE = from_ms(250)

_PANEL = (14, 19, 27, 224)
_NAME_INK = (255, 255, 255, 255)
_LINE_INK = (214, 221, 231, 255)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    face: Font
    ink: tuple[int, int, int, int]


def draw_title(title: Title, town: Town, fmt: ProgrammeFormat) -> Overlay:
    """The lower third of a person. Raises Refusal ``titre_vide`` when there is nothing to write."""
    lines = _lines(title, fmt)
    if not lines:
        raise Refusal("a title without a word", code="titre_vide")
    unit = fmt.height / 720
    edge, side, top = round(10 * unit), round(24 * unit), round(13 * unit)
    text_width = max(width_of(line.text, line.face) for line in lines)
    text_height = sum(line_height(line.face) for line in lines)
    width = _even_up(edge + 2 * side + text_width)
    height = _even_up(2 * top + text_height)
    panel = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(panel)
    draw.rounded_rectangle(
        (0, 0, width - 1, height - 1), round(6 * unit), _PANEL, corners=(False, True, True, False)
    )
    draw.rectangle((0, 0, edge - 1, height - 1), (*_edge_colour(town), 255))
    y = top
    for line in lines:
        draw.text((edge + side, y), line.text, fill=line.ink, font=line.face)
        y += line_height(line.face)
    bottom = fmt.height - round(fmt.height * (SAFE + 0.02))
    return overlay_of(panel, _even(fmt.width * SAFE + 1), _even(bottom - height))


def draw_logo(town: Town, fmt: ProgrammeFormat) -> Overlay:
    """The town's logo, top right; its name when it has none. Raises RegieError ``logo_illisible``."""
    mark = _wordmark(town, fmt) if town.logo is None else _fitted(open_logo(town.logo), fmt)
    return overlay_of(mark, _even(fmt.width * (1 - SAFE)) - mark.width, _even(fmt.height * SAFE + 1))


def open_logo(path: Path) -> Image.Image:
    """An image file as RGBA. Raises RegieError ``logo_illisible``."""
    try:
        with Image.open(path) as image:
            return image.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise RegieError(f"logo {path.name} cannot be read as an image", code="logo_illisible") from error


def overlay_of(image: Image.Image, x: int, y: int) -> Overlay:
    """An RGBA picture, even in size and place, ready to blend at (x, y)."""
    rgba = np.asarray(image.convert("RGBA"), np.uint8)
    alpha = rgba[:, :, 3].astype(np.float32) / 255
    yuv = rgb_to_yuv(np.ascontiguousarray(rgba[:, :, :3])).astype(np.float32)
    weighted = yuv * alpha[:, :, None]
    half = (image.width // 2, image.height // 2)
    colour: list[NDArray[np.uint8]] = [_bytes(weighted[:, :, 0])]
    for channel in (1, 2):
        full = np.ascontiguousarray(weighted[:, :, channel])
        colour.append(_bytes(cv2.resize(full, half, interpolation=cv2.INTER_AREA)))
    keep = _bytes(255 - alpha * 255)
    keep_half = _bytes(255 - cv2.resize(alpha, half, interpolation=cv2.INTER_AREA) * 255)
    planes: Planes = (colour[0], colour[1], colour[2])
    return Overlay(Pane(x, y, image.width, image.height), planes, (keep, keep_half, keep_half))


@dataclass(slots=True)
class Layer:
    """An overlay that comes and goes in 250 ms; a new one waits until the old one is gone. Time is an argument."""

    shown: Overlay | None = None
    wanted: Overlay | None = None
    level: int = 0
    _since: int | None = field(default=None)
    _from: int = 0

    def show(self, overlay: Overlay | None) -> None:
        """What should be seen from the next tick on; None fades out."""
        if overlay is self.wanted:
            return
        self.wanted = overlay
        self._since = None
        self._from = self.level

    def at(self, t: int, tick: int) -> tuple[Overlay, int] | None:
        """What to blend at ``t`` and at how many thousandths; None when nothing shows."""
        if self.shown is not self.wanted and self.level == 0:
            self.shown, self._since, self._from = self.wanted, None, 0
        rising = self.shown is self.wanted and self.shown is not None
        if self.level != (WHOLE if rising else 0):
            if self._since is None:
                self._since = t - tick
            gone = WHOLE * (t - self._since) // FADE
            self.level = min(WHOLE, self._from + gone) if rising else max(0, self._from - gone)
        return (self.shown, self.level) if self.shown is not None and self.level > 0 else None


def _lines(title: Title, fmt: ProgrammeFormat) -> list[_Line]:
    limit = fmt.width * WIDEST - 2 * 34 * fmt.height / 720
    least = round(fmt.height * SMALLEST)
    small = font(least)
    name, function, group = (clean(part) for part in (title.name, title.function, title.group))
    lines: list[_Line] = []
    if name:
        face = largest(name, limit, round(fmt.height * NAME), least, bold=True)
        lines += [_Line(text, face, _NAME_INK) for text in wrapped(name, face, limit, 2)]
    below = " · ".join(filter(None, (function, group)))
    if width_of(below, small) <= limit:
        texts = [below] if below else []
    else:
        texts = wrapped(function, small, limit, 2) + wrapped(group, small, limit, 2)
    return lines + [_Line(text, small, _LINE_INK) for text in texts]


def _edge_colour(town: Town) -> Rgb:
    """The town's colour, or its text colour when that one would vanish on the panel."""
    own, other = rgb_of(town.couleur), rgb_of(town.couleur_texte)
    panel = (_PANEL[0], _PANEL[1], _PANEL[2])
    return own if contrast(own, panel) >= 1.5 else other


def _wordmark(town: Town, fmt: ProgrammeFormat) -> Image.Image:
    unit = fmt.height / 720
    face = font(round(24 * unit), bold=True)
    lines = wrapped(clean(town.nom), face, fmt.width * 0.26, 2)
    side, top, edge = round(14 * unit), round(7 * unit), round(6 * unit)
    width = _even_up(2 * side + edge + max(width_of(line, face) for line in lines))
    height = _even_up(2 * top + line_height(face) * len(lines))
    mark = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(mark)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), round(5 * unit), (14, 19, 27, 150))
    draw.rectangle((width - edge, 0, width, height), (*_edge_colour(town), 255))
    for number, line in enumerate(lines):
        draw.text((side, top + number * line_height(face)), line, fill=(255, 255, 255, 235), font=face)
    return mark


def _fitted(logo: Image.Image, fmt: ProgrammeFormat) -> Image.Image:
    """Within 14 % of the width and 11 % of the height."""
    scale = min(fmt.width * 0.14 / logo.width, fmt.height * 0.11 / logo.height)
    size = (max(1, round(logo.width * scale)), max(1, round(logo.height * scale)))
    fitted = Image.new("RGBA", (_even_up(size[0]), _even_up(size[1])), (0, 0, 0, 0))
    # Resized with its colours weighted by alpha, or the edge would take the colour hidden under transparent pixels.
    small = logo.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    fitted.paste(small, (fitted.width - size[0], 0))
    return fitted


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def _even(value: float) -> int:
    return int(value) // 2 * 2


def _even_up(value: float) -> int:
    return (int(np.ceil(value)) + 1) // 2 * 2

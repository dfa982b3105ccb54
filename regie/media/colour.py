"""From drawn RGB to the programme's planes: yuv420p, BT.709, limited range; and the planes of a picture as arrays."""

import av
import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray
from PIL import Image, ImageColor

from regie.media.frames import Plane

Planes = tuple[Plane, Plane, Plane]
Rgb = tuple[int, int, int]

BLACK, WHITE = 16, 235
"""Luma of black and of white in limited range."""

# Rows: Y, Cb, Cr; columns: R, G, B, offset. Rec. ITU-R BT.709-6 item 3, scaled to 8-bit limited range (item 4.6).
_KR, _KB = 0.2126, 0.0722
_KG = 1.0 - _KR - _KB
_LUMA, _CHROMA = 219.0 / 255.0, 224.0 / 255.0
_MATRIX = np.array(
    [
        [_KR * _LUMA, _KG * _LUMA, _KB * _LUMA, 16.0],
        [-_KR / (2 - 2 * _KB) * _CHROMA, -_KG / (2 - 2 * _KB) * _CHROMA, 0.5 * _CHROMA, 128.0],
        [0.5 * _CHROMA, -_KG / (2 - 2 * _KR) * _CHROMA, -_KB / (2 - 2 * _KR) * _CHROMA, 128.0],
    ],
    np.float32,
)


def rgb_of(colour: str) -> Rgb:
    """``#rrggbb`` to three numbers."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def yuv_of(rgb: Rgb) -> tuple[int, int, int]:
    """One colour to Y, Cb, Cr."""
    y, u, v = (int(round(float(c))) for c in _MATRIX @ np.array([*rgb, 1.0], np.float32))
    return y, u, v


def luminance(rgb: Rgb) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, « relative luminance »)."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return _KR * linear[0] + _KG * linear[1] + _KB * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def blend_rgb(one: Rgb, other: Rgb, part: float) -> Rgb:
    """``one`` with ``part`` (0 to 1) of ``other``."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def planes_of(frame: av.VideoFrame) -> Planes:
    """Y, U, V of a yuv420p picture: writable views, nothing is copied. Write only into pictures of our own."""
    y, u, v = (
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]  # type: ignore[call-overload]
        for plane in frame.planes
    )
    return y, u, v


def blank(width: int, height: int) -> av.VideoFrame:
    """A new yuv420p picture with its BT.709 tags; its content is undefined."""
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.colorspace = Colorspace.ITU709
    frame.color_primaries = ColorPrimaries.BT709
    frame.color_trc = ColorTrc.BT709
    frame.color_range = ColorRange.MPEG
    return frame


def fill(planes: Planes, yuv: tuple[int, int, int]) -> None:
    """One colour everywhere."""
    for plane, value in zip(planes, yuv, strict=True):
        plane[:] = value


def rgb_to_yuv(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) RGB to (h, w, 3) YCbCr, chroma not yet halved."""
    return np.asarray(cv2.transform(rgb, _MATRIX), np.uint8)


def frame_of(image: Image.Image) -> av.VideoFrame:
    """A drawn picture, even in width and height, to yuv420p."""
    yuv = rgb_to_yuv(np.asarray(image.convert("RGB"), np.uint8))
    frame = blank(image.width, image.height)
    y, u, v = planes_of(frame)
    y[:] = yuv[:, :, 0]
    for plane, channel in ((u, 1), (v, 2)):
        full = np.ascontiguousarray(yuv[:, :, channel])
        plane[:] = cv2.resize(full, plane.shape[::-1], interpolation=cv2.INTER_AREA)
    return frame


def image_of(frame: av.VideoFrame) -> Image.Image:
    """A yuv420p BT.709 picture to RGB, for JPEG and PNG files."""
    y, u, v = (plane.astype(np.float32) for plane in planes_of(frame))
    size = y.shape[::-1]
    stack = np.dstack([y] + [cv2.resize(c, size, interpolation=cv2.INTER_LINEAR) for c in (u, v)])
    inverse = np.linalg.inv(_MATRIX[:, :3].astype(np.float64)).astype(np.float32)
    rgb = (stack - _MATRIX[:, 3]) @ inverse.T
    return Image.fromarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8), "RGB")

"""Any decoded picture to the programme's: yuv420p, BT.709, limited range, its size; letterboxed, never stretched."""

from fractions import Fraction

import av
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)

from regie.media.colour import BLACK, fill, planes_of
from regie.media.frames import ProgrammeFormat
from regie.media.stock import Stock

# ITU-T H.273, table 4 (matrix coefficients), as FFmpeg numbers them in a frame.
_RGB, _BT709, _UNSPECIFIED, _BT470BG, _SMPTE170M, _BT2020_NCL, _BT2020_CL = 0, 1, 2, 5, 6, 9, 10
_SD_HEIGHT = 576
_SQUARE = Fraction(1)


def inner_size(width: int, height: int, aspect: Fraction, into: ProgrammeFormat) -> tuple[int, int]:
    """The largest even size with the picture's proportions that fits; ``aspect`` is that of its pixels."""
    shape = Fraction(width, height) * aspect
    if shape >= Fraction(into.width, into.height):
        return into.width, max(2, round(into.width / shape / 2) * 2)
    return max(2, round(into.height * shape / 2) * 2), into.height


def _space_of(frame: av.VideoFrame) -> int | None:
    """The matrix of a picture, as the scaler wants it; None leaves RGB as it is."""
    space = frame.colorspace
    if space == _RGB or frame.format.is_rgb:
        return None
    if space in (_BT2020_NCL, _BT2020_CL):
        return Colorspace.BT2020
    if space in (_BT470BG, _SMPTE170M) or (space == _UNSPECIFIED and frame.height <= _SD_HEIGHT):
        return Colorspace.ITU601
    return Colorspace.ITU709


def _is_full_range(frame: av.VideoFrame) -> bool:
    return frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj") or frame.format.is_rgb


class Conform:
    """Converts the pictures of one source. Not thread-safe: it keeps the scaler's tables.

    What it gives is in memory of ours: the decoder has its picture back as soon as the caller lets go of it.
    """

    def __init__(self, wanted: ProgrammeFormat) -> None:
        self._wanted = wanted
        self._scaler = VideoReformatter()
        self._stock = Stock(wanted.width, wanted.height)

    def __call__(self, frame: av.VideoFrame, aspect: Fraction | None = None) -> av.VideoFrame:
        """The picture to show, a copy when it fits already. Raises av.error.FFmpegError for formats unknown."""
        if self._fits(frame, aspect or _SQUARE):
            return self._stock.copy(frame)
        width, height = inner_size(frame.width, frame.height, aspect or _SQUARE, self._wanted)
        # BILINEAR: in this scaler it costs what FAST_BILINEAR costs, and it weighs all the pixels when it reduces.
        scaled = self._scaler.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=_space_of(frame),
            dst_colorspace=Colorspace.ITU709,
            interpolation=Interpolation.BILINEAR,
            src_color_range=ColorRange.JPEG if _is_full_range(frame) else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        # Else the encoder would obey the camera's picture types, and break our GOPs.
        scaled.pict_type = 0
        if (width, height) == (self._wanted.width, self._wanted.height):
            return _tagged(scaled)
        return self._boxed(scaled)

    def _fits(self, frame: av.VideoFrame, aspect: Fraction) -> bool:
        return (
            (frame.width, frame.height) == (self._wanted.width, self._wanted.height)
            and frame.format.name == "yuv420p"
            and not _is_full_range(frame)
            and _space_of(frame) == Colorspace.ITU709
            and inner_size(frame.width, frame.height, aspect, self._wanted) == (frame.width, frame.height)
        )

    def _boxed(self, picture: av.VideoFrame) -> av.VideoFrame:
        """In the middle of a black picture of the programme's size."""
        out = self._stock.take()
        fill(planes_of(out), (BLACK, 128, 128))
        left = (out.width - picture.width) // 4 * 2
        top = (out.height - picture.height) // 4 * 2
        for n, (whole, part) in enumerate(zip(planes_of(out), planes_of(picture), strict=True)):
            x, y = (left, top) if n == 0 else (left // 2, top // 2)
            whole[y : y + part.shape[0], x : x + part.shape[1]] = part
        return out


def _tagged(frame: av.VideoFrame) -> av.VideoFrame:
    """Say what it is."""
    frame.colorspace = Colorspace.ITU709
    frame.color_primaries = ColorPrimaries.BT709
    frame.color_trc = ColorTrc.BT709
    frame.color_range = ColorRange.MPEG
    return frame

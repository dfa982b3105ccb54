"""Whatever a camera sends becomes yuv420p, BT.709, limited range, of the programme's size, in its own proportions."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import given
from hypothesis import strategies as st

from regie.media.colour import planes_of
from regie.media.conform import Conform, inner_size
from regie.media.frames import ProgrammeFormat

pytestmark = pytest.mark.unit

WANTED = ProgrammeFormat(320, 180, 25)


def plain(width: int, height: int, pix_fmt: str, values: tuple[int, int, int]) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, pix_fmt)
    for plane, value in zip(frame.planes, values, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def centre(frame: av.VideoFrame) -> list[int]:
    return [int(p[p.shape[0] // 2, p.shape[1] // 2]) for p in planes_of(frame)]


def test_what_fits_is_copied_as_it_is_and_the_decoder_has_its_own_back() -> None:
    frame = plain(320, 180, "yuv420p", (100, 90, 200))
    frame.colorspace = Colorspace.ITU709
    frame.pict_type = 1
    out = Conform(WANTED)(frame)
    assert out.pict_type == 0
    assert (out.color_range, out.colorspace) == (ColorRange.MPEG, 1)
    assert [p.tobytes() for p in planes_of(out)] == [p.tobytes() for p in planes_of(frame)]
    assert out.planes[0].buffer_ptr != frame.planes[0].buffer_ptr


@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuv420p"])
def test_formats_of_cameras(pix_fmt: str) -> None:
    full = pix_fmt.startswith("yuvj")
    frame = plain(640, 360, pix_fmt, (255 if full else 235, 128, 128))
    frame.colorspace = Colorspace.ITU709
    out = Conform(WANTED)(frame)
    assert (out.width, out.height, out.format.name, out.color_range) == (320, 180, "yuv420p", ColorRange.MPEG)
    assert abs(centre(out)[0] - 235) <= 1 and centre(out)[1:] == [128, 128]


def test_a_full_range_picture_that_says_it_only_in_its_tag() -> None:
    frame = plain(320, 180, "yuv420p", (255, 128, 128))
    frame.color_range = ColorRange.JPEG
    frame.colorspace = Colorspace.ITU709
    assert abs(centre(Conform(WANTED)(frame))[0] - 235) <= 1


def test_standard_definition_colours_are_converted() -> None:
    # 75 % red in BT.601 (ITU-R BT.801) and in BT.709.
    frame = plain(320, 180, "yuv420p", (65, 100, 212))
    assert all(abs(a - b) <= 2 for a, b in zip(centre(Conform(WANTED)(frame)), (51, 109, 212), strict=True))


@pytest.mark.parametrize("size", [(240, 180), (640, 200), (322, 180), (17, 33), (1920, 1080)])
def test_pictures_are_boxed_never_stretched(size: tuple[int, int]) -> None:
    frame = plain(*size, "yuv420p", (180, 128, 128))
    frame.colorspace = Colorspace.ITU709
    out = Conform(WANTED)(frame)
    y = planes_of(out)[0]
    lit = y > 100
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    assert (out.width, out.height) == (320, 180)
    assert abs(width / height - size[0] / size[1]) <= 0.03 * size[0] / size[1]
    assert abs((320 - width) - 2 * columns[0]) <= 2 and abs((180 - height) - 2 * rows[0]) <= 2
    assert y[0, 0] in (16, 180)


def test_pixels_that_are_not_square() -> None:
    # PAL 16:9: 720×576, pixels 64:45.
    assert inner_size(720, 576, Fraction(64, 45), ProgrammeFormat(1280, 720, 25)) == (1280, 720)
    assert inner_size(720, 576, Fraction(16, 15), ProgrammeFormat(1280, 720, 25)) == (960, 720)


@given(st.integers(1, 5000), st.integers(1, 5000), st.fractions(Fraction(1, 4), 4))
def test_the_inner_size_is_even_and_fits(width: int, height: int, aspect: Fraction) -> None:
    w, h = inner_size(width, height, aspect, WANTED)
    assert 2 <= w <= 320 and 2 <= h <= 180 and w % 2 == h % 2 == 0
    assert w == 320 or h == 180

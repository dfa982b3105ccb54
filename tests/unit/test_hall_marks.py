"""Marks of the hall's pictures: what is drawn is read, after x264, after a downscale; damage is not read at all."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_mocks import marks

pytestmark = pytest.mark.unit


def picture(height: int, seed: int = 1) -> marks.Luma:
    grain = np.random.default_rng(seed).normal(120, 25, (height, height * 16 // 9))
    return np.clip(cv2.GaussianBlur(grain, (5, 5), 2), 16, 235).astype(np.uint8)


def through_x264(luma: marks.Luma, crf: int) -> marks.Luma:
    height, width = luma.shape
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(crf)}
    planes = np.concatenate([luma, np.full((height // 2, width), 128, np.uint8)])
    packets = encoder.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p"))
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = [f for p in [*packets, None] for f in decoder.decode(p)]
    return np.asarray(frames[0].to_ndarray()[:height], np.uint8)


@given(st.integers(0, 15), st.integers(0, 2**32 - 1), st.sampled_from([360, 720, 1080]), st.booleans())
def test_what_is_drawn_is_read(camera: int, ms: int, height: int, flash: bool) -> None:
    luma = picture(height)
    marks.draw(luma, camera, ms, flash)
    assert marks.read(luma) == marks.Mark(camera, ms)
    assert marks.flashing(luma) == flash


@pytest.mark.parametrize("ms", [0, 123_456_789, 2**32 - 1, 0xAAAAAAAA])
def test_it_survives_x264_and_the_small_rendition(ms: int) -> None:
    luma = picture(720)
    marks.draw(luma, 3, ms, True)
    coded = through_x264(luma, 32)
    assert marks.read(coded) == marks.Mark(3, ms)
    small = through_x264(
        np.asarray(cv2.resize(coded, (640, 360), interpolation=cv2.INTER_AREA), np.uint8), 28
    )
    assert marks.read(small) == marks.Mark(3, ms)
    assert marks.flashing(small)


@given(st.integers(0, 2**32 - 1), st.integers(0, 47))
def test_a_damaged_strip_is_not_read(ms: int, bit: int) -> None:
    luma = picture(720)
    marks.draw(luma, 1, ms)
    block, y = 8, 720 - 3 * 8
    x = (2 + bit) * block
    area = luma[y - block : y + block, x : x + block]
    area[:] = marks.WHITE + marks.BLACK - area
    assert marks.read(luma) is None


def test_a_picture_without_marks_has_none() -> None:
    assert marks.read(picture(720)) is None
    assert marks.read(np.full((720, 1280), 16, np.uint8)) is None

"""Waking a decoder that was half asleep gives the very pictures of one that never slept."""

import io
import random

import av
import pytest

from regie.board import Decoding
from regie.media.catchup import MAX_ERRORS_IN_A_ROW, MAX_GOP_PACKETS, VideoDecoder
from tests.unit.clips import clip, luma, packets

pytestmark = pytest.mark.unit


def made(**how: object) -> io.BytesIO:
    clip_bytes = io.BytesIO()
    clip(clip_bytes, sound=False, container="mpegts", **how)  # type: ignore[arg-type]
    return clip_bytes


def full_decode(data: io.BytesIO) -> dict[int, bytes]:
    data.seek(0)
    context, found = packets(data, "mpegts")
    decoder = VideoDecoder(context)
    list(decoder.switch(Decoding.FULL))
    return {frame.pts or 0: luma(frame) for packet in found for frame in decoder.feed(packet)}


@pytest.mark.parametrize("bframes", [0, 2])
@pytest.mark.parametrize("before", [Decoding.KEYFRAMES, Decoding.NONE])
def test_a_woken_decoder_is_bit_exact(bframes: int, before: Decoding) -> None:
    data = made(pictures=60, gop=20, bframes=bframes)
    truth = full_decode(data)
    for wake in (0, 1, 19, 20, 33, 59):
        data.seek(0)
        context, found = packets(data, "mpegts")
        decoder = VideoDecoder(context)
        list(decoder.switch(before))
        for packet in found[:wake]:
            decoder.feed(packet)
        got = list(decoder.switch(Decoding.FULL))
        for packet in found[wake:]:
            got += decoder.feed(packet)
        assert decoder.in_step
        shown = {frame.pts or 0: luma(frame) for frame in got}
        begin = found[wake // 20 * 20 - (20 if wake and wake % 20 == 0 else 0)].pts or 0
        assert set(shown) >= {at for at in truth if at >= begin}
        assert all(truth[at] == pixels for at, pixels in shown.items() if at >= begin)


def test_going_back_and_forth_is_bit_exact() -> None:
    data = made(pictures=100, gop=25)
    truth = full_decode(data)
    data.seek(0)
    context, found = packets(data, "mpegts")
    decoder = VideoDecoder(context)
    draw = random.Random(5)
    exact = 0
    for packet in found:
        for frame in decoder.feed(packet):
            assert luma(frame) == truth[frame.pts or 0]
            exact += 1
        if draw.random() < 0.2:
            for frame in decoder.switch(draw.choice((Decoding.NONE, Decoding.KEYFRAMES, Decoding.FULL))):
                assert luma(frame) == truth[frame.pts or 0]
                exact += 1
    assert exact > 50


@pytest.mark.parametrize("bframes", [0, 2])
def test_keyframes_come_at_once(bframes: int) -> None:
    data = made(pictures=75, gop=25, bframes=bframes)
    data.seek(0)
    context, found = packets(data, "mpegts")
    decoder = VideoDecoder(context)
    for packet in found:
        frames = decoder.feed(packet)
        assert [f.pts for f in frames] == ([packet.pts] if packet.is_keyframe else [])


def test_without_its_keyframe_it_waits_for_the_next() -> None:
    data = made(pictures=60, gop=20)
    truth = full_decode(data)
    data.seek(0)
    context, found = packets(data, "mpegts")
    decoder = VideoDecoder(context)
    list(decoder.switch(Decoding.FULL))
    shown = [frame for packet in found[5:] for frame in decoder.feed(packet)]
    assert [f.pts for f in shown] == [p.pts for p in found[20:]]
    assert all(luma(f) == truth[f.pts or 0] for f in shown)


def test_an_endless_group_of_pictures_is_not_kept() -> None:
    data = made(pictures=3, gop=100)
    data.seek(0)
    context, found = packets(data, "mpegts")
    decoder = VideoDecoder(context)
    decoder.feed(found[0])
    for _ in range(MAX_GOP_PACKETS + 10):
        decoder.feed(found[1])
    assert len(decoder._gop) == 0
    assert list(decoder.switch(Decoding.FULL)) == []
    assert not decoder.in_step


def test_where_every_picture_is_a_keyframe_few_are_decoded() -> None:
    data = io.BytesIO()
    clip(data, pictures=50, sound=False, codec="mjpeg", pix_fmt="yuvj420p", container="matroska")
    data.seek(0)
    context, found = packets(data, "matroska")
    decoder = VideoDecoder(context)
    shown = [frame.pts or 0 for packet in found for frame in decoder.feed(packet)]
    assert 3 <= len(shown) <= 6


def test_garbage_is_counted_and_passed_over() -> None:
    data = made(pictures=60, gop=20)
    truth = full_decode(data)
    data.seek(0)
    context, found = packets(data, "mpegts")
    decoder = VideoDecoder(context)
    list(decoder.switch(Decoding.FULL))
    draw = random.Random(3)
    shown: list[av.VideoFrame] = []
    for n, packet in enumerate(found):
        if 5 <= n < 5 + MAX_ERRORS_IN_A_ROW:
            bad = av.Packet(bytes(draw.randrange(256) for _ in range(200)))
            bad.pts = bad.dts = packet.pts
            bad.time_base = packet.time_base
            decoder.feed(bad)  # type: ignore[arg-type]
        else:
            shown += decoder.feed(packet)
    assert decoder.errors > 0
    last = [f for f in shown if (f.pts or 0) >= (found[40].pts or 0)]
    assert len(last) == 20
    assert all(luma(f) == truth[f.pts or 0] for f in last)

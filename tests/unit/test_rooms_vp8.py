"""A browser without H.264: its pictures are taken as they are, the programme is told again in VP8."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from regie.clock import SystemClock
from regie.messages import PictureNews
from regie.rooms.hub import PacketQueue, RunClock, StreamHub, make_packet
from regie.rooms.rtc import Gateway
from regie.rooms.rtp import VP8, PictureBuffer, is_vp8_key
from regie.rooms.vp8 import TIER, Retold, Vp8Hub
from tests.unit.test_rooms_gateway import asked, offered, run

pytestmark = pytest.mark.unit
TICK = 1920


def coded(codec: str, count: int, options: dict[str, str]) -> list["av.Packet[av.VideoStream]"]:
    """Pictures of a grey that climbs, two levels a picture."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 64, 36, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.options = Fraction(1, 48_000), Fraction(25), options
    packets = []
    for n in range(count):
        grey = np.full((54, 64), 128, np.uint8)
        grey[:36] = 50 + 2 * n
        frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
        frame.pts, frame.time_base = n * TICK, encoder.time_base
        packets += encoder.encode(frame)
    return packets


H264 = {"preset": "ultrafast", "tune": "zerolatency", "g": "25"}


def test_frames_of_vp8_are_put_in_order_from_a_key_frame_on() -> None:
    frames = [
        bytes(packet)
        for packet in coded("libvpx", 12, {"deadline": "realtime", "lag-in-frames": "0", "g": "6"})
    ]
    keys = [n for n, frame in enumerate(frames) if is_vp8_key(frame)]
    assert keys == [0, 6]
    packets = []
    for n, frame in enumerate(frames):
        half = len(frame) // 2
        packets += [(n * 3000, False, frame[:half]), (n * 3000, True, frame[half:])]
    buffer, units = PictureBuffer(VP8), []
    # One begins in the middle of a picture; one packet of the fourth is lost for good.
    for number, (stamp, marker, data) in enumerate(packets):
        if number not in (0, 8):
            units += buffer.add(number, stamp, marker, data, number / 10)
            buffer.missing(number / 10)
    assert [unit.data for unit in units] == frames[6:]
    assert units[0].key and buffer.lost >= 1


def test_the_programme_is_told_again_a_picture_for_a_picture() -> None:
    retold, decoder = Retold(), av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    keys, stamps, greys = [], [], []
    for n, packet in enumerate(coded("libx264", 50, H264)):
        for made, key in retold.feed(make_packet(bytes(packet), n * TICK), n == 30):
            stamps.append(made.pts)
            keys += [n] if key else []
            greys += [float(frame.to_ndarray()[:36].mean()) for frame in decoder.decode(made)]
    assert stamps == [n * TICK for n in range(50)] and keys == [0, 30]
    assert np.abs(np.array(greys) - (50 + 2 * np.arange(50))).max() < 4
    retold.feed(make_packet(b"\x00\x00\x01\x65nothing of the kind", 50 * TICK), False)  # and nobody is harmed


def watched(hub: StreamHub) -> bool:
    return hub.watched


async def taken(queue: PacketQueue, count: int) -> list[bytes]:
    return [bytes(packet) for _ in range(count) if (packet := await queue.get()) is not None]


def test_one_encode_serves_all_and_ends_with_the_last_one() -> None:
    async def scenario() -> None:
        wanted: list[str] = []
        programme = StreamHub(RunClock(lambda: 0), wanted.append)
        hub = Vp8Hub(programme)
        first, second = hub.join_pictures(""), hub.join_pictures("")
        for n, packet in enumerate(coded("libx264", 10, H264)):
            news = PictureNews(stream="programme", tier=TIER, at=n * TICK, key=n == 0, data=bytes(packet))
            programme.picture(news)
        seen = await taken(first, 10)
        assert seen == await taken(second, 10) and is_vp8_key(seen[0])
        hub.move(first, None)
        hub.leave_pictures(second)
        assert not watched(programme)
        hub.move(first, TIER)
        assert watched(programme) and first.waits_for_key
        hub.leave_pictures(first)
        assert await taken(first, 1) == [] and not watched(programme)

    run(scenario)


def test_an_offer_without_h264_is_answered_in_vp8(tmp_path: Path) -> None:
    async def scenario() -> None:
        gateway = Gateway(tmp_path, SystemClock())
        both = await offered("video", "audio")
        without = both.replace(" H264/90000", " AV1/90000")
        answer = await asked(gateway, without)
        assert " VP8/90000" in answer.sdp and "H264" not in answer.sdp
        assert gateway._hubs["programme"].watched
        answer = await asked(gateway, both)
        assert " H264/90000" in answer.sdp and " VP8/90000" not in answer.sdp
        neither = without.replace(" VP8/90000", " AV1/90000")
        assert (await asked(gateway, neither)).code in ("offre_sans_h264", "offre_invalide")
        await gateway.close()

    run(scenario)

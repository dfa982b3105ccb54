"""The hub: one encode for everybody, bounded queues, a clock that survives the engine."""

import asyncio

import av
import numpy as np
import pytest
from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket

from regie.domain.timeline import SAMPLE_RATE
from regie.messages import PictureNews, SoundNews
from regie.rooms.hub import PICTURE_QUEUE, PacketQueue, ReturnHub, RunClock, StreamHub, make_packet
from regie.rooms.peer import PacketTrack, reachable_offer, report_capture

pytestmark = pytest.mark.unit
TICK = SAMPLE_RATE // 25


class Engine:
    """Counts the keyframes that are asked for, and owns the clock."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.time = 0
        self.clock = RunClock(lambda: self.time)

    def hub(self) -> StreamHub:
        return StreamHub(self.clock, self.asked.append)


def picture(n: int, key: bool = False, tier: str = "720p") -> PictureNews:
    return PictureNews(stream="programme", tier=tier, at=n * TICK, key=key, data=bytes([n % 256]))


def drain(queue: PacketQueue) -> list[tuple[int, bytes]]:
    async def take() -> list[tuple[int, bytes]]:
        queue._closed = True
        taken = []
        while (packet := await queue.get()) is not None:
            taken.append((packet.pts or 0, bytes(packet)))
        return taken

    return asyncio.run(take())


def test_a_viewer_starts_on_a_keyframe_and_asks_for_it() -> None:
    engine = Engine()
    hub = engine.hub()
    hub.picture(picture(0, key=True))
    pictures, _ = hub.join("")
    hub.picture(picture(1))
    hub.picture(picture(2, key=True))
    hub.picture(picture(3))
    assert engine.asked == ["720p"]
    assert [data for _, data in drain(pictures)] == [b"\x02", b"\x03"]


def test_a_viewer_that_does_not_read_loses_everything_until_a_keyframe() -> None:
    queue = PacketQueue(4, wait_for_key=True)
    for n in range(6):
        queue.put(make_packet(bytes([n]), n), key=n == 0)
    queue.put(make_packet(b"k", 6), key=True)
    assert [data for _, data in drain(queue)] == [b"k"]
    assert queue.dropped == 6


def test_queues_are_bounded_however_long_nobody_reads() -> None:
    hub = Engine().hub()
    pictures, _ = hub.join("")
    for n in range(1000):
        hub.picture(picture(n, key=n % 25 == 0))
    assert len(drain(pictures)) <= PICTURE_QUEUE


def test_each_viewer_gets_its_rendition() -> None:
    hub = Engine().hub()
    large, _ = hub.join("")
    small, _ = hub.join("360p")
    hub.picture(picture(0, key=True))
    hub.picture(picture(1, key=True, tier="360p"))
    assert [data for _, data in drain(large)] == [b"\x00"]
    assert [data for _, data in drain(small)] == [b"\x01"]


def test_the_clock_goes_on_when_the_engine_starts_again_from_zero() -> None:
    engine = Engine()
    hub = engine.hub()
    pictures, _ = hub.join("")
    hub.picture(picture(1000, key=True))
    engine.time += 3 * SAMPLE_RATE
    engine.clock.new_run()
    hub.picture(picture(0, key=True))
    times = [at for at, _ in drain(pictures)]
    assert times == [0, 3 * SAMPLE_RATE]


def test_sound_waits_for_nothing_and_all_streams_have_one_clock() -> None:
    engine = Engine()
    programme, minus = engine.hub(), engine.hub()
    pictures, _ = programme.join("")
    sound = minus.join_sound()
    engine.time = 5 * SAMPLE_RATE
    minus.sound(SoundNews(stream="n-1.b", at=10 * TICK, data=bytes(TICK * 4)))
    assert [p.pts for p in sound._items] == [5 * SAMPLE_RATE, 5 * SAMPLE_RATE + 960]
    # The encoder is late: the picture still says when it was made.
    engine.time += TICK
    programme.picture(picture(10, key=True))
    assert [at for at, _ in drain(pictures)] == [5 * SAMPLE_RATE]


@pytest.mark.parametrize("tick", [TICK, SAMPLE_RATE // 30])
def test_a_room_shares_the_programmes_packets_until_it_has_a_mix_of_its_own(tick: int) -> None:
    programme = Engine().hub()
    north, south = ReturnHub(programme), ReturnHub(programme)
    watched = [programme.watched]
    heard, other = north.join_sound(), south.join_sound()
    watched.append(programme.watched)

    def news(stream: str, n: int) -> SoundNews:
        return SoundNews(stream=stream, at=n * tick, data=bytes(tick * 4))

    packets: list[object] = []
    others: list[object] = []
    for n in range(30):
        if 10 <= n < 20:
            north.sound(news("n-1.north", n))
        programme.sound(news("programme", n))
        for kept, queue in ((packets, heard), (others, other)):
            kept += queue._items
            queue._items.clear()
    assert [getattr(p, "pts", None) for p in packets] == [k * 960 for k in range(30 * tick // 960)], (
        "none missing, none twice"
    )
    mine = [k for k, packet in enumerate(packets) if packet is not others[k]]
    first, last = 10 * tick // 960, 20 * tick // 960
    assert mine == list(range(first, last)), "its own while it has a mix, the very same packets else"
    north.leave_sound(heard)
    south.leave_sound(other)
    assert [*watched, programme.watched] == [False, True, False]


def test_reports_say_when_packets_were_captured_whenever_they_leave() -> None:
    class Sender:
        def __init__(self) -> None:
            self.sent: list[RtcpSrPacket] = []

        async def _send_rtcp(self, packets: list[RtcpSrPacket]) -> None:
            self.sent += packets

    async def scenario() -> None:
        ntp = []
        for late in (0, SAMPLE_RATE // 10):
            sender, queue = Sender(), PacketQueue(2, False)
            track = PacketTrack("video", queue)
            report_capture(sender, track, lambda late=late: 7_000 + late)  # type: ignore[arg-type, misc]
            queue.put(make_packet(b"x", 7_000), True)
            await track.recv()
            info = RtcpSenderInfo(ntp_timestamp=0, rtp_timestamp=1, packet_count=1, octet_count=1)
            await sender._send_rtcp([RtcpSrPacket(ssrc=1, sender_info=info)])
            ntp.append(info.ntp_timestamp / (1 << 32))
        assert ntp[0] - ntp[1] == pytest.approx(0.1, abs=0.02)

    asyncio.run(scenario())


def test_a_stream_without_pictures_is_heard_at_once() -> None:
    asked: list[str] = []
    hub = StreamHub(RunClock(lambda: 0), asked.append, pictures=False)
    watched = [hub.watched]
    pictures, sound = hub.join("")
    watched.append(hub.watched)
    hub.sound(SoundNews(stream="casque", at=0, data=np.zeros((960, 2), np.int16).tobytes()))
    assert len(sound._items) == 1
    hub.leave(pictures, sound)
    assert [*watched, hub.watched] == [False, True, False] and asked == []


def test_sound_is_opus_that_decodes_to_what_went_in() -> None:
    hub = Engine().hub()
    _, sound = hub.join("")
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = (0.5 * 32767 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    hub.picture(PictureNews(stream="programme", tier="720p", at=0, key=True, data=b""))
    for n in range(25):
        block = np.repeat(tone[n * TICK : (n + 1) * TICK, None], 2, axis=1)
        hub.sound(SoundNews(stream="programme", at=n * TICK, data=block.tobytes()))
        hub.picture(picture(n + 1))
    decoder = av.CodecContext.create("opus", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate = SAMPLE_RATE
    decoder.layout = "stereo"
    heard = np.concatenate(
        [frame.to_ndarray() for packet in sound._items for frame in decoder.decode(packet)], axis=1
    )
    spectrum = np.abs(np.fft.rfft(heard[0][SAMPLE_RATE // 4 : SAMPLE_RATE // 2]))
    assert np.argmax(spectrum) == 110
    assert 0.4 < np.abs(heard).max() < 0.6


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=candidate:1 1 udp 2113937151 abcd-12.local 50000 typ host", "10.0.0.7 50000"),
        ("a=candidate:1 1 udp 2113937151 10.1.1.1 50000 typ host", "10.1.1.1 50000"),
    ],
)
def test_hidden_addresses_are_replaced_by_the_one_of_the_request(line: str, expected: str) -> None:
    assert expected in reachable_offer(f"m=video 9 X\r\nc=IN IP4 0.0.0.0\r\n{line}\r\n", "10.0.0.7")


def test_an_offer_without_candidates_gets_one_so_that_checks_begin() -> None:
    sdp = reachable_offer("v=0\r\nm=video 9 X\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n", "127.0.0.1")
    assert sdp.count("a=candidate:") == 1
    assert sdp.count("c=IN") == 1

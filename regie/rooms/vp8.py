"""The programme for browsers that have no H.264: its small rendition, decoded and encoded once more as VP8.

Firefox downloads its H.264 from Cisco some minutes after its first start, or never where the town forbids it; every browser has VP8
(RFC 7742 §5). One encode serves all of them, in a thread of its own, only while somebody needs it: 7 % of a core at 360p25.
What it cannot follow is dropped up to a keyframe, and counted, in the queue that it reads.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.error
from av.video.frame import PictureType

from regie.domain.timeline import SAMPLE_RATE
from regie.rooms.hub import PICTURE_QUEUE, TIME_BASE, PacketQueue, StreamHub, make_packet

if TYPE_CHECKING:
    AnyPacket = av.Packet[av.stream.Stream]

log = logging.getLogger(__name__)

TIER = "360p"
"""The rendition it comes from, and what rooms are told they get."""
BITRATE = 600_000
RATE = Fraction(25)
"""By which the encoder shares out its bits; the stamps say when pictures are."""
KEY_GAP = SAMPLE_RATE
"""Samples between two keyframes that were asked for."""
_NEVER = 1 << 20


class Retold:
    """H.264 packets in, VP8 packets out, a picture for a picture with the same stamp. One thread at a time calls it."""

    def __init__(self) -> None:
        self._decoder = av.CodecContext.create("h264", "r")
        assert isinstance(self._decoder, av.VideoCodecContext)
        self._decoder.thread_count = 1
        self._encoder: av.VideoCodecContext | None = None

    def feed(self, packet: AnyPacket, key: bool) -> list[tuple[AnyPacket, bool]]:
        """The packets of VP8 that are complete now, and whether each is a keyframe; ``key`` asks for one."""
        made: list[tuple[AnyPacket, bool]] = []
        try:
            for frame in self._decoder.decode(packet):
                encoder = self._encoder_of(frame)
                frame.pict_type = PictureType.I if key else PictureType.NONE
                frame.time_base = TIME_BASE
                key = False
                for out in encoder.encode(frame):
                    assert out.pts is not None
                    made.append((make_packet(bytes(out), out.pts), bool(out.is_keyframe)))
        except av.error.FFmpegError as error:
            # A packet that cannot be decoded is mended by the next keyframe; an encoder that fails, by another one.
            log.warning("the programme in VP8: a picture is lost", extra={"reason": type(error).__name__})
            self._encoder = None
        return made

    def _encoder_of(self, frame: av.VideoFrame) -> av.VideoCodecContext:
        encoder = self._encoder
        if encoder is None or (encoder.width, encoder.height) != (frame.width, frame.height):
            encoder = av.CodecContext.create("libvpx", "w")
            assert isinstance(encoder, av.VideoCodecContext)
            encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuv420p"
            encoder.time_base, encoder.framerate = TIME_BASE, RATE
            encoder.bit_rate, encoder.gop_size, encoder.thread_count = BITRATE, _NEVER, 1
            encoder.options = {
                "deadline": "realtime",
                "cpu-used": "8",
                "lag-in-frames": "0",
                "error-resilient": "1",
                "auto-alt-ref": "0",
            }
            self._encoder = encoder
        return encoder


class Vp8Hub:
    """Those who watch the programme in VP8; stands for a :class:`StreamHub` towards them."""

    def __init__(self, programme: StreamHub) -> None:
        self._programme = programme
        self._readers: set[PacketQueue] = set()
        self._source: PacketQueue | None = None
        self._task: asyncio.Task[None] | None = None
        self._key_wanted = False
        self._key_at = -KEY_GAP

    def join_pictures(self, tier: str) -> PacketQueue:
        """A queue of pictures, from a keyframe on; ``tier`` is what it is, whatever is asked."""
        reader = PacketQueue(PICTURE_QUEUE, True)
        self._add(reader)
        return reader

    def leave_pictures(self, pictures: PacketQueue) -> None:
        """Nobody reads this queue of pictures any more."""
        self._remove(pictures)
        pictures.close()

    def move(self, pictures: PacketQueue, tier: str | None) -> None:
        """No picture any more (None), or again."""
        pictures.restart()
        if tier is None:
            self._remove(pictures)
        else:
            self._add(pictures)

    def ask_keyframe(self, tier: str) -> None:
        """A viewer cannot decode until a keyframe comes; made at most once a second."""
        self._key_wanted = True

    def _add(self, reader: PacketQueue) -> None:
        self._readers.add(reader)
        self._key_wanted = True
        if self._source is None:
            self._source = self._programme.join_pictures(TIER)
            self._task = asyncio.get_running_loop().create_task(self._retell(self._source))

    def _remove(self, reader: PacketQueue) -> None:
        self._readers.discard(reader)
        if not self._readers and self._source is not None:
            self._programme.leave_pictures(self._source)
            self._source = None

    async def _retell(self, source: PacketQueue) -> None:
        retold, loop = Retold(), asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "vp8") as thread:
            while (packet := await source.get()) is not None:
                at = packet.pts or 0
                key = self._key_wanted and at - self._key_at >= KEY_GAP
                for made, is_key in await loop.run_in_executor(thread, retold.feed, packet, key):
                    if is_key:
                        self._key_wanted, self._key_at = False, at
                    for reader in self._readers if source is self._source else ():
                        reader.put(made, is_key)

"""From the engine's packets to viewers: one encode for everybody, nobody waits for anybody.

A :class:`StreamHub` carries one stream (``programme``, ``antenne``, or the sound alone of ``casque``). Pictures pass as they are;
sound is encoded once to Opus. Its clock (:class:`RunClock`) continues when the engine starts a new run, so that a
viewer sees a blink and not the end. Sound and picture leave as they come; what goes with what is told by the senders' reports
(:mod:`regie.rooms.peer`): sound that waited here for its picture would jitter as the encoder does, and browsers hold both back by
that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from regie.domain.timeline import SAMPLE_RATE
from regie.messages import PictureNews, SoundNews

if TYPE_CHECKING:
    AnyPacket = av.Packet[av.stream.Stream]

TIME_BASE = Fraction(1, SAMPLE_RATE)
OPUS_SAMPLES = 960
OPUS_BITRATE = 96_000
PICTURE_QUEUE = 50
SOUND_QUEUE = 50
_LESSER = ("360p", "240p")


class PacketQueue:
    """Packets for one viewer: bounded; when full everything goes and the next keyframe starts again."""

    def __init__(self, size: int, wait_for_key: bool) -> None:
        self._size = size
        self._wait_for_key = wait_for_key
        self._skipping = wait_for_key
        self._items: deque[AnyPacket] = deque()
        self._ready = asyncio.Event()
        self._closed = False
        self.dropped = 0

    def put(self, packet: AnyPacket, key: bool) -> None:
        """Add without waiting."""
        if self._skipping:
            if not key:
                self.dropped += 1
                return
            self._skipping = False
        if len(self._items) >= self._size:
            self.dropped += len(self._items)
            self._items.clear()
            if self._wait_for_key and not key:
                self._skipping = True
                self.dropped += 1
                return
        self._items.append(packet)
        self._ready.set()

    def restart(self) -> None:
        """Refuse everything until the next keyframe: what comes is another stream. What waits still leaves."""
        self._skipping = self._wait_for_key

    @property
    def waits_for_key(self) -> bool:
        """Is everything refused until a keyframe?"""
        return self._skipping

    async def get(self) -> AnyPacket | None:
        """The next packet; None once closed."""
        while not self._items:
            if self._closed:
                return None
            self._ready.clear()
            await self._ready.wait()
        return self._items.popleft()

    def close(self) -> None:
        """Wake the reader for the last time."""
        self._closed = True
        self._items.clear()
        self._ready.set()


class OpusEncoder:
    """PCM blocks of any length in, Opus packets of 20 ms out, timed on the samples that entered."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libopus", "w")
        assert isinstance(self._codec, av.AudioCodecContext)
        self._codec.sample_rate = SAMPLE_RATE
        self._codec.layout = "stereo"
        self._codec.format = "s16"
        self._codec.bit_rate = OPUS_BITRATE
        self._codec.options = {"application": "audio", "frame_duration": "20"}
        self._codec.open()
        self._left = np.zeros((0, 2), np.int16)
        self._at = 0

    @property
    def ends(self) -> int:
        """Just after the last sample that entered."""
        return self._at + len(self._left)

    def follow(self, other: OpusEncoder) -> None:
        """Begin with what another has not encoded yet: its packets and ours begin at the same instants."""
        self._left, self._at = other._left, other._at

    def encode(self, at: int, data: bytes) -> list[AnyPacket]:
        """Packets that are complete now. A block that does not follow the last one restarts the count at ``at``."""
        if at != self.ends:
            self._left = self._left[:0]
            self._at = at
        pcm = np.concatenate([self._left, np.frombuffer(data, np.int16).reshape(-1, 2)])
        packets: list[AnyPacket] = []
        while len(pcm) >= OPUS_SAMPLES:
            packets += self._encode_block(pcm[:OPUS_SAMPLES])
            pcm = pcm[OPUS_SAMPLES:]
        self._left = pcm
        return packets

    def _encode_block(self, block: np.ndarray[tuple[int, int], np.dtype[np.int16]]) -> list[AnyPacket]:
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate = SAMPLE_RATE
        frame.pts = None
        encoded = []
        for packet in self._codec.encode(frame):
            encoded.append(make_packet(bytes(packet), self._at))
        self._at += OPUS_SAMPLES
        return encoded


def make_packet(data: bytes, at: int) -> AnyPacket:
    """A packet timed in samples, as aiortc's senders take it."""
    packet = av.Packet(data)
    packet.pts = packet.dts = at
    packet.time_base = TIME_BASE
    return packet


class RunClock:
    """From the engine's media time, which starts again with each run, to ``now``'s: samples on a clock that never stops. Streams
    that are made at the same instant share one; what citizens receive is older by the delay, and has its own."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self._offset: int | None = None

    def new_run(self) -> None:
        """The engine (re)started or the link came back: the next packet is due now."""
        self._offset = None

    def of(self, at: int) -> int:
        """When an instant of the run is, the same for all streams of this clock."""
        if self._offset is None:
            self._offset = self.now() - at
        return at + self._offset


class StreamHub:
    """One stream and its viewers.

    ``ask_keyframe`` reaches the engine, which limits the rate; a stream without
    ``pictures`` is sound alone.
    """

    def __init__(
        self, clock: RunClock, ask_keyframe: Callable[[str], None], *, pictures: bool = True
    ) -> None:
        self.pictures = pictures
        self.clock = clock
        self._ask_keyframe = ask_keyframe
        self._pictures: dict[PacketQueue, str] = {}
        self._sounds: set[PacketQueue] = set()
        self._opus = OpusEncoder()
        self._main_tier = ""
        self._asked_at: dict[str, int] = {}
        self.returns: set[ReturnHub] = set()

    @property
    def watched(self) -> bool:
        """Has it viewers?"""
        return bool(self._pictures or self._sounds or self.returns)

    @property
    def opus(self) -> OpusEncoder:
        """The encoder of its sound."""
        return self._opus

    def join(self, tier: str) -> tuple[PacketQueue, PacketQueue]:
        """Queues of pictures and sound for a new viewer; its first picture is a keyframe."""
        return self.join_pictures(tier), self.join_sound()

    def join_pictures(self, tier: str) -> PacketQueue:
        """A queue of pictures, from a keyframe on."""
        pictures = PacketQueue(PICTURE_QUEUE, True)
        if self.pictures:
            self._pictures[pictures] = tier
            self.ask_keyframe(tier)
        return pictures

    def join_sound(self) -> PacketQueue:
        """A queue of sound."""
        sound = PacketQueue(SOUND_QUEUE, False)
        self._sounds.add(sound)
        return sound

    def move(self, pictures: PacketQueue, tier: str | None) -> None:
        """Another rendition for a viewer, from that one's next keyframe on; None: no picture any more."""
        pictures.restart()
        if tier is None:
            self._pictures.pop(pictures, None)
            return
        self._pictures[pictures] = tier
        self.ask_keyframe(tier)

    def leave(self, pictures: PacketQueue, sound: PacketQueue) -> None:
        """A viewer is gone."""
        self.leave_pictures(pictures)
        self.leave_sound(sound)

    def leave_pictures(self, pictures: PacketQueue) -> None:
        """Nobody reads this queue of pictures any more."""
        self._pictures.pop(pictures, None)
        pictures.close()

    def leave_sound(self, sound: PacketQueue) -> None:
        """Nobody reads this queue of sound any more."""
        self._sounds.discard(sound)
        sound.close()

    def ask_keyframe(self, tier: str) -> None:
        """A viewer cannot decode until a keyframe comes; asked at most once a second, as the engine makes no more."""
        tier = tier or self._main_tier
        now = self.clock.now()
        if tier and now - self._asked_at.get(tier, now - SAMPLE_RATE) >= SAMPLE_RATE:
            self._asked_at[tier] = now
            self._ask_keyframe(tier)

    def picture(self, news: PictureNews) -> None:
        """One encoded picture for those who watch its rendition; the largest rendition is the default one."""
        if news.tier not in _LESSER:
            self._main_tier = news.tier
        wanted = [queue for queue, tier in self._pictures.items() if (tier or self._main_tier) == news.tier]
        if wanted:
            packet = make_packet(news.data, self.clock.of(news.at))
            for queue in wanted:
                queue.put(packet, news.key)
            if any(queue.waits_for_key for queue in wanted):
                self.ask_keyframe(news.tier)

    def sound(self, news: SoundNews) -> None:
        """A block of PCM."""
        if not self._sounds and not self.returns:
            return
        sharing = [room for room in self.returns if room.shares(news.at)]
        for packet in self._opus.encode(self.clock.of(news.at), news.data):
            for queue in self._sounds:
                queue.put(packet, True)
            for room in sharing:
                room.put(packet)


class ReturnHub:
    """What one room hears: everybody but itself. While it is not heard that is the programme, whose packets it shares with all the
    others; while it is, the engine makes a mix for it, encoded apart."""

    def __init__(self, programme: StreamHub) -> None:
        self._programme = programme
        self.clock = programme.clock
        self._sounds: set[PacketQueue] = set()
        self._opus = OpusEncoder()
        self._apart: int | None = None

    @property
    def watched(self) -> bool:
        """Does anybody of the room listen?"""
        return bool(self._sounds)

    def join_sound(self) -> PacketQueue:
        """A queue of sound."""
        sound = PacketQueue(SOUND_QUEUE, False)
        self._sounds.add(sound)
        self._programme.returns.add(self)
        return sound

    def leave_sound(self, sound: PacketQueue) -> None:
        """Nobody reads this queue any more."""
        self._sounds.discard(sound)
        sound.close()
        if not self._sounds:
            self._programme.returns.discard(self)

    def shares(self, at: int) -> bool:
        """Is the programme what it hears from ``at`` on? Asked after the mix of its own, if any, came."""
        return self._apart != at

    def sound(self, news: SoundNews) -> None:
        """A block of the mix of its own."""
        self._apart = news.at
        at = self.clock.of(news.at)
        if at != self._opus.ends:
            # A new encoder, which supposes nothing of what the room heard before.
            self._opus = OpusEncoder()
            if self._programme.opus.ends == at:
                self._opus.follow(self._programme.opus)
        for packet in self._opus.encode(at, news.data):
            self.put(packet)

    def put(self, packet: AnyPacket) -> None:
        """A packet for those who listen."""
        for queue in self._sounds:
            queue.put(packet, True)

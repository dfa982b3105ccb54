"""Remote rooms as the engine sees them: their packets, as rtc puts them in order, read like a camera's.

A room's :class:`Reading` stands where FFmpeg's does for a camera, so that everything else is the same: keyframes only while nobody
looks, replay of the group of pictures when it is wanted, one timeline, states and reasons.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from config.inputs import SourceConfig, SourceKind
from regie.domain.model import SourceId
from regie.domain.timeline import SAMPLE_RATE
from regie.errors import DeviceError
from regie.media.handoff import Ring
from regie.media.reading import WAITING_PACKETS, Coded
from regie.messages import RoomMedia

if TYPE_CHECKING:
    AnyPacket = av.Packet[av.stream.Stream]

REMOTE = (SourceKind.ROOM, SourceKind.DOCUMENT)
"""Kinds of sources that come by rtc."""
WAITING = 512
"""Packets that may wait for the engine: some five seconds of a room."""
POLL_S = 0.1
SILENT_S = 5.0
"""A room that sends nothing for that long is taken for gone, even if nobody says so."""
_MICROSECONDS = Fraction(1, 1_000_000)
OPUS_SAMPLES = SAMPLE_RATE // 50


@dataclass(frozen=True, slots=True)
class _Gone:
    """The room hung up."""


class RoomInbox:
    """Where the link puts what the rooms send. :meth:`put` and :meth:`gone` from the loop, readings from their own threads."""

    def __init__(self, rooms: frozenset[SourceId]) -> None:
        self._rings: dict[SourceId, Ring[RoomMedia | _Gone]] = {room: _ring() for room in rooms}
        self._heard = dict.fromkeys(rooms, False)

    def put(self, media: RoomMedia) -> bool:
        """Add a packet; False for a room that the configuration does not know, or when it was dropped."""
        ring = self._rings.get(media.source)
        return ring is not None and ring.put(media, wake=media.picture or self._heard[media.source])

    def hear(self, room: SourceId, on: bool) -> None:
        """Does anybody listen to a room? The sound of one that nobody hears waits for its next picture. From any thread."""
        self._heard[room] = on

    def gone(self, room: SourceId) -> None:
        """A room hung up."""
        ring = self._rings.get(room)
        if ring is not None:
            ring.put(_Gone())

    def reading(self, config: SourceConfig, stop: threading.Event) -> RoomReading:
        """A new connection to a room."""
        return RoomReading(config, stop, self._rings[config.id])


def _ring() -> Ring[RoomMedia | _Gone]:
    return Ring(WAITING, resume=lambda item: isinstance(item, _Gone) or (item.picture and item.key))


class RoomReading:
    """One stay of a room, from its first packet to its departure."""

    waiting = WAITING_PACKETS

    def __init__(self, config: SourceConfig, stop: threading.Event, ring: Ring[RoomMedia | _Gone]) -> None:
        self._config = config
        self._stop = stop
        self._ring = ring
        self._first: RoomMedia | None = None
        self._shows = False
        self.video: Coded[av.VideoCodecContext] | None = None
        self.sound: Coded[av.AudioCodecContext] | None = None
        self.paced = False
        self.bad = 0

    def open(self) -> None:
        """Wait for the room. Raises DeviceError ``salle_absente`` when it is not there."""
        silent = 0.0
        while not self._stop.is_set():
            item = self._ring.get(POLL_S)
            if isinstance(item, RoomMedia):
                self._first = item
                break
            silent += POLL_S
            if silent > self._config.delai_s:
                raise DeviceError("the room is not connected", code="salle_absente")
        video = av.CodecContext.create(self._first.codec if self._first is not None else "h264", "r")
        assert isinstance(video, av.VideoCodecContext)
        self.video = Coded(video, _MICROSECONDS)
        if self._config.has_sound:
            sound = av.CodecContext.create("libopus", "r")
            assert isinstance(sound, av.AudioCodecContext)
            sound.sample_rate = SAMPLE_RATE
            sound.layout = "stereo"
            self.sound = Coded(sound, _MICROSECONDS)

    def packets(self) -> Iterator[AnyPacket | None]:
        """Its packets. Raises DeviceError when it left (``salle_partie``) or fell silent (``silence``)."""
        if self._first is not None:
            yield self._packet(self._first)
            self._first = None
        silent = 0.0
        while not self._stop.is_set():
            item = self._ring.get(POLL_S)
            if item is None:
                silent += POLL_S
                if silent > SILENT_S:
                    raise DeviceError("the room sends nothing", code="silence")
                continue
            silent = 0.0
            if isinstance(item, _Gone):
                raise DeviceError("the room left", code="salle_partie")
            yield self._packet(item)

    def shows(self, packet: AnyPacket) -> bool:
        """Is the packet that was just given a picture?"""
        return self._shows

    def _packet(self, media: RoomMedia) -> AnyPacket:
        packet = av.Packet(media.data)
        packet.pts = packet.dts = media.at_us
        packet.time_base = _MICROSECONDS
        packet.is_keyframe = media.key
        if not media.picture:
            packet.duration = OPUS_SAMPLES * 1_000_000 // SAMPLE_RATE
        self._shows = media.picture
        return packet

    def close(self) -> None:
        """What the room sends from now on is for the next reading."""

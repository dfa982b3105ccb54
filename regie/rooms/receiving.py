"""What a room sends, taken out of aiortc before it decodes anything: whole pictures and Opus packets, handed on as they are.

The engine decodes them as it does a camera's (keyframes only while nobody looks); this process only puts packets in order. aiortc's
private names are reached here and in :mod:`regie.rooms.peer` only, hence its pinned version, and the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.rtp import RtcpSrPacket, RtpPacket

from regie.rooms.rtp import H264, Form, PeerClock, PictureBuffer, SoundBuffer, StreamClock, Unit

Sink = Callable[[bool, int, Unit], None]
"""(is it a picture, capture time in our microseconds, unit)."""

KEY_EVERY_S = 3.0
"""A keyframe at least that often: waking a room's decoder replays its group of pictures."""
KEY_GAP_S = 0.5
"""Between two requests: a browser answers one with a picture ten times as big as the others."""
SUCCESSOR_S = 1.0
"""An encoder that starts again numbers its packets anew, under another SSRC: it is believed once the last one is silent."""


class _Taps:
    """Stands where aiortc's jitter buffer does; nothing ever goes on to its decoder."""

    def __init__(self, receiving: Receiving) -> None:
        self._receiving = receiving

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        self._receiving.packet(packet)
        return False, None


class Receiving:
    """One stream of a room. ``now`` gives seconds on a clock that only goes forward; ``form``: its pictures' codec."""

    def __init__(
        self,
        receiver: RTCRtpReceiver,
        picture: bool,
        peer: PeerClock,
        sink: Sink,
        now: Callable[[], float],
        form: Form = H264,
    ) -> None:
        self._form = form
        self._receiver = receiver
        self._picture = picture
        self._peer = peer
        self._sink = sink
        self._now = now
        self._ssrc: int | None = None
        self._heard = 0.0
        self._lost_before = 0
        self._begin()
        self._asked_key = -KEY_EVERY_S
        self._key_at = 0.0
        self.came: float | None = None
        self.bytes = 0
        self.keys = 0
        receiver._RTCRtpReceiver__jitter_buffer = _Taps(self)  # type: ignore[attr-defined]
        heard = receiver._handle_rtcp_packet

        async def handle(packet: Any) -> None:
            if isinstance(packet, RtcpSrPacket) and packet.ssrc in (self._ssrc, None):
                info = packet.sender_info
                self._clock.report(info.ntp_timestamp, info.rtp_timestamp, int(self._now() * 1e6))
            await heard(packet)

        receiver._handle_rtcp_packet = handle  # type: ignore[method-assign]

    def _begin(self) -> None:
        """Another stream: its numbers and its times have nothing to do with the last one's."""
        self._clock = StreamClock(90_000 if self._picture else 48_000, self._peer)
        self._pictures = PictureBuffer(self._form)
        self._sound = SoundBuffer()

    @property
    def lost(self) -> int:
        """Pictures, or packets of sound, that never came whole."""
        return self._lost_before + (self._pictures.lost if self._picture else self._sound.lost)

    def packet(self, packet: RtpPacket) -> None:
        """A packet, unpacked by aiortc."""
        now = self._now()
        if packet.ssrc != self._ssrc:
            if self._ssrc is not None:
                if now - self._heard < SUCCESSOR_S:
                    return
                self._lost_before = self.lost
                self._begin()
            self._ssrc = packet.ssrc
        self._heard = now
        data: bytes = packet._data  # type: ignore[attr-defined]
        self.bytes += len(data)
        if self._picture:
            units = self._pictures.add(
                packet.sequence_number, packet.timestamp, bool(packet.marker), data, now
            )
        else:
            units = self._sound.add(packet.sequence_number, packet.timestamp, data)
        for unit in units:
            self.came = now
            if unit.key and self._picture:
                self._key_at = now
                self.keys += 1
            self._sink(self._picture, self._clock.at_us(unit.stamp, int(now * 1e6)), unit)

    async def tend(self) -> None:
        """Ask for what is missing; several times a second."""
        now, ssrc = self._now(), self._ssrc
        if not self._picture or ssrc is None:
            return
        missing = self._pictures.missing(now)
        if missing:
            await self._receiver._send_rtcp_nack(ssrc, missing[:64])
        late = now - self._key_at > KEY_EVERY_S
        if now - self._asked_key >= (KEY_GAP_S if self._pictures.wants_key else KEY_EVERY_S) and (
            self._pictures.wants_key or late
        ):
            self._asked_key = now
            await self._receiver._send_rtcp_pli(ssrc)

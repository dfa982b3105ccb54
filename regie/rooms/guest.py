"""A room's connection: its picture and sound come in as they are, the programme and everybody's sound but its own go out.

One :class:`Guest` per connection; a room that comes back makes a new one, which takes the old one's place. Nothing here is decoded.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import RTCRtpSender, RTCRtpTransceiver
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, RtcpRrPacket, RtcpSrPacket, unpack_remb_fci

from regie.messages import RoomNews
from regie.rooms.hub import StreamHub
from regie.rooms.ladder import Ladder, Rung
from regie.rooms.peer import Connection, PacketTrack, only_h264
from regie.rooms.receiving import Receiving
from regie.rooms.rtp import PeerClock, Unit

log = logging.getLogger(__name__)

Sink = Callable[[bool, int, Unit], None]
START_KBPS, MIN_KBPS, MAX_KBPS = 1500, 150, 2500


def hasty(sdp: str) -> str:
    """The answer with what makes Chromium begin near its rate instead of climbing for half a minute; others ignore it."""
    types = set(re.findall(r"^a=rtpmap:(\d+) H264/90000", sdp, re.MULTILINE))

    def more(line: re.Match[str]) -> str:
        if line[1] not in types:
            return line[0]
        return (
            f"{line[0]};x-google-start-bitrate={START_KBPS};x-google-min-bitrate={MIN_KBPS}"
            f";x-google-max-bitrate={MAX_KBPS}"
        )

    return re.sub(r"^a=fmtp:(\d+) [^\r\n]*", more, sdp, flags=re.MULTILINE)


class Guest(Connection):
    """See the module. ``sink`` gets what it sends."""

    def __init__(
        self,
        session: str,
        source: str,
        programme: StreamHub | None,
        minus: StreamHub | None,
        rungs: tuple[Rung, ...],
        sink: Sink,
        on_end: Callable[[], Awaitable[None]],
        now: Callable[[], float],
    ) -> None:
        """``programme`` and ``minus``: what it sees and hears; None for a connection that only sends (a shared document)."""
        super().__init__(on_end)
        self.session = session
        self.source = source
        self._programme = programme
        self._minus = minus
        self._ladder = Ladder(rungs)
        self._sink = sink
        self._now = now
        self._pictures = programme.join_pictures("") if programme is not None else None
        self._sound = minus.join_sound() if minus is not None else None
        self._streams: list[Receiving] = []
        self._peer = PeerClock()
        self._sender: RTCRtpSender | None = None
        self._sent = 0
        self._loss = 0.0
        self._told_bytes: tuple[int, float] = (0, now())
        self.since = now()

    async def answer(self, sdp: str, client: str) -> str:
        """SDP of the answer. Refusal ``offre_invalide``, ``offre_sans_h264``."""
        connection = self._connection
        video = connection.addTransceiver(
            PacketTrack("video", self._pictures) if self._pictures is not None else "video",
            direction="sendrecv" if self._pictures is not None else "recvonly",
        )
        only_h264(video)
        sound = None
        if self._sound is not None:
            sound = connection.addTransceiver(PacketTrack("audio", self._sound), direction="sendrecv")
        for transceiver, picture in ((video, True), (sound, False)):
            if transceiver is not None:
                receiver = transceiver.receiver
                self._streams.append(Receiving(receiver, picture, self._peer, self._sink, self._now))
        self._listen(video)
        return hasty(await self._negotiate(sdp, client))

    def _listen(self, video: RTCRtpTransceiver) -> None:
        """Hear what the browser says of what it receives."""
        sender = video.sender
        sender._send_keyframe = self._ask_keyframe  # type: ignore[method-assign]
        heard = sender._handle_rtcp_packet

        async def handle(packet: Any) -> None:
            if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
                for report in packet.reports:
                    if report.ssrc == sender._ssrc:
                        self._loss = report.fraction_lost / 256
                        self._ladder.loss(self._loss)
            elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
                with contextlib.suppress(ValueError):
                    self._ladder.estimate(unpack_remb_fci(packet.fci)[0])
            await heard(packet)

        sender._handle_rtcp_packet = handle  # type: ignore[method-assign]
        self._sender = sender

    def _ask_keyframe(self) -> None:
        tier = self._ladder.rung.tier
        if self._programme is not None and tier is not None:
            self._programme.ask_keyframe(tier)

    def climb(self) -> None:
        """Once a second: does the link bear what it is sent? Another rendition when it does not, or bears more."""
        if self._sender is None or self._connection.connectionState != "connected":
            return
        total: int = self._sender._RTCRtpSender__octet_count  # type: ignore[attr-defined]
        sent, self._sent = total - self._sent, total
        if self._ladder.step(sent * 8, self._now()):
            self._climb()

    def _climb(self) -> None:
        if self._programme is not None and self._pictures is not None:
            self._programme.move(self._pictures, self._ladder.rung.tier)

    async def tend(self) -> None:
        """Ask for what is missing; several times a second."""
        for stream in self._streams:
            await stream.tend()

    def news(self) -> RoomNews:
        """How the link goes; once a second."""
        now = self._now()
        total = sum(stream.bytes for stream in self._streams)
        before, then = self._told_bytes
        self._told_bytes = (total, now)
        picture = self._streams[0] if self._streams else None
        sound = self._streams[1] if len(self._streams) > 1 else None
        return RoomNews(
            session=self.session,
            source=self.source,
            state=self._connection.connectionState,
            tier=self._ladder.rung.tier,
            kbps=round((total - before) * 8 / max(now - then, 0.001) / 1000),
            lost=sum(stream.lost for stream in self._streams),
            loss_permille=round(self._loss * 1000),
            picture_age_ms=_age(picture, now),
            sound_age_ms=_age(sound, now),
            connected_ms=round((now - self.since) * 1000),
        )

    def _leave(self) -> None:
        if self._programme is not None and self._pictures is not None:
            self._programme.leave_pictures(self._pictures)
        if self._minus is not None and self._sound is not None:
            self._minus.leave_sound(self._sound)


def _age(stream: Receiving | None, now: float) -> int | None:
    return None if stream is None or stream.came is None else round((now - stream.came) * 1000)

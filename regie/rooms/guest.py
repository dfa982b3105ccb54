"""A room's connection: its picture and sound come in as they are, the programme and everybody's sound but its own go out; or one
way only, for an encoder (WHIP), a screen (WHEP), a shared document.

One :class:`Guest` per connection; a room that comes back makes a new one, which takes the old one's place. Nothing here is decoded.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiortc import RTCRtpSender, RTCRtpTransceiver
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, RtcpRrPacket, RtcpSrPacket, unpack_remb_fci

from regie.messages import RoomNews, Way
from regie.rooms.hub import PacketQueue, ReturnHub, StreamHub
from regie.rooms.ladder import Ladder, Rung
from regie.rooms.peer import Codec, Connection, PacketTrack, only, report_capture
from regie.rooms.receiving import Receiving
from regie.rooms.rtp import H264, VP8, PeerClock, Unit
from regie.rooms.vp8 import Vp8Hub

log = logging.getLogger(__name__)

Sink = Callable[[Codec, bool, int, Unit], None]
"""(what its pictures are in, is it a picture, capture time in our microseconds, unit)."""
Kind = Literal["video", "audio"]
_DIRECTIONS = {Way.BOTH: "sendrecv", Way.IN: "recvonly", Way.OUT: "sendonly"}
START_KBPS, MIN_KBPS, MAX_KBPS = 1500, 150, 2500


def spoken(sdp: str) -> Codec:
    """What the pictures of an offer will be in: H.264 whenever it has it, as the programme is, else VP8."""
    return "VP8" if " VP8/90000" in sdp and " H264/90000" not in sdp else "H264"


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
    """See the module. ``sink`` gets what it sends, sound included if it is one of ``kinds``."""

    def __init__(
        self,
        session: str,
        source: str,
        way: Way,
        kinds: tuple[Kind, ...],
        codec: Codec,
        programme: StreamHub | Vp8Hub | None,
        minus: ReturnHub | None,
        rungs: tuple[Rung, ...],
        sink: Sink,
        on_end: Callable[[], Awaitable[None]],
        now: Callable[[], float],
        samples: Callable[[], int],
    ) -> None:
        """``codec``: what its pictures are in, both ways; ``programme`` and ``minus``: what it sees and hears; None for who only
        sends. ``now`` in seconds; ``samples`` on the clock of their packets."""
        super().__init__(on_end)
        self._samples = samples
        self.session = session
        self.source = source
        self.way = way
        self._kinds = kinds
        self._codec = codec
        self._programme = programme
        self._minus = minus
        self._ladder = Ladder(rungs)
        self._sink = sink
        self._now = now
        self._pictures = programme.join_pictures("") if programme is not None else None
        self._sound = minus.join_sound() if minus is not None else None
        self._streams: dict[Kind, Receiving] = {}
        self._peer = PeerClock()
        self._sender: RTCRtpSender | None = None
        self._sent = 0
        self._loss = 0.0
        self._told_bytes: tuple[int, float] = (0, now())
        self.since = now()

    async def answer(self, sdp: str, client: str) -> str:
        """SDP of the answer. Refusal ``offre_invalide``, ``offre_sans_h264``."""
        pictures = "\nm=video" in sdp
        if pictures:
            video = self._open("video", self._pictures)
            only(self._codec, video)
            self._listen(video)
        # A kind that is not offered must not be prepared: the connection would wait for it.
        if "\nm=audio" in sdp and "audio" in self._kinds:
            self._open("audio", self._sound)
        return hasty(await self._negotiate(sdp, client, pictures=self._codec if pictures else None))

    def _open(self, kind: Kind, queue: PacketQueue | None) -> RTCRtpTransceiver:
        track = PacketTrack(kind, queue) if queue is not None else None
        transceiver = self._connection.addTransceiver(track or kind, direction=_DIRECTIONS[self.way])
        if track is not None:
            report_capture(transceiver.sender, track, self._samples)
        if self.way is not Way.OUT:
            picture = kind == "video"
            receiver = transceiver.receiver
            form = VP8 if self._codec == "VP8" else H264
            self._streams[kind] = Receiving(receiver, picture, self._peer, self._deliver, self._now, form)
        return transceiver

    def _deliver(self, picture: bool, at_us: int, unit: Unit) -> None:
        self._sink(self._codec, picture, at_us, unit)

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
        for stream in self._streams.values():
            await stream.tend()

    def news(self) -> RoomNews:
        """How the link goes; once a second."""
        now = self._now()
        total = sum(stream.bytes for stream in self._streams.values())
        before, then = self._told_bytes
        self._told_bytes = (total, now)
        return RoomNews(
            session=self.session,
            source=self.source,
            state=self._connection.connectionState,
            tier=self._ladder.rung.tier,
            kbps=round((total - before) * 8 / max(now - then, 0.001) / 1000),
            lost=sum(stream.lost for stream in self._streams.values()),
            loss_permille=round(self._loss * 1000),
            picture_age_ms=_age(self._streams.get("video"), now),
            sound_age_ms=_age(self._streams.get("audio"), now),
            connected_ms=round((now - self.since) * 1000),
        )

    def _leave(self) -> None:
        if self._programme is not None and self._pictures is not None:
            self._programme.leave_pictures(self._pictures)
        if self._minus is not None and self._sound is not None:
            self._minus.leave_sound(self._sound)


def _age(stream: Receiving | None, now: float) -> int | None:
    return None if stream is None or stream.came is None else round((now - stream.came) * 1000)

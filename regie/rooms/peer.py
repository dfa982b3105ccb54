"""One browser that watches: a WebRTC connection fed with packets that are already encoded.

What aiortc lacks for that, and is reached through its private names (hence the pinned version, and the tests): a picture-loss
indication must reach the engine; loopback is an address like another (the technician's browser runs on the régie itself);
a browser that vanished is noticed in seconds; a peer may hold an RSA certificate.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any, Literal

import aioice.ice
import aiortc.clock
import aiortc.rtcrtpsender
import av
from aiortc import (
    MediaStreamTrack,
    RTCCertificate,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpSrPacket

from regie.domain.timeline import SAMPLE_RATE
from regie.errors import Refusal
from regie.rooms.hub import PacketQueue, StreamHub

log = logging.getLogger(__name__)

Codec = Literal["H264", "VP8"]
"""What pictures are agreed on, by its name in SDP."""

CONSENT_SECONDS = 1
CONSENT_FAILURES = 5
RTP_HISTORY = 1024
CONNECT_SECONDS = 15.0
CLOSE_SECONDS = 3.0
DISCARD_PORT = 9

_system_addresses = aioice.ice.get_host_addresses


def _addresses_with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    addresses = _system_addresses(use_ipv4, use_ipv6)
    return [*addresses, "127.0.0.1"] if use_ipv4 else addresses


_ssl_context = RTCCertificate._create_ssl_context
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
    b":ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"
)
"""aiortc's own, and those for peers that hold an RSA certificate: GStreamer and many encoders."""


def _ssl_context_for_all(self: RTCCertificate, srtp_profiles: Any) -> Any:
    context = _ssl_context(self, srtp_profiles)
    context.set_cipher_list(CIPHERS)
    return context


def harden_aiortc() -> None:
    """Once, at the start of the rtc process."""
    aioice.ice.get_host_addresses = _addresses_with_loopback
    RTCCertificate._create_ssl_context = _ssl_context_for_all  # type: ignore[method-assign]
    aioice.ice.CONSENT_INTERVAL = CONSENT_SECONDS
    aioice.ice.CONSENT_FAILURES = CONSENT_FAILURES
    # Half a second of history is not enough to answer a loss on a slow link; it must divide 65536.
    aiortc.rtcrtpsender.RTP_HISTORY_SIZE = RTP_HISTORY  # type: ignore[attr-defined]


class PacketTrack(MediaStreamTrack):
    """A track whose packets are sent as they are."""

    def __init__(self, kind: str, queue: PacketQueue) -> None:
        super().__init__()
        self.kind = kind
        self._queue = queue
        self.newest: int | None = None

    async def recv(self) -> av.Packet[av.stream.Stream]:
        """The next packet; MediaStreamError at the end."""
        packet = await self._queue.get()
        if packet is None:
            raise MediaStreamError
        self.newest = packet.pts
        return packet


def report_capture(sender: RTCRtpSender, track: PacketTrack, now: Callable[[], int]) -> None:
    """Have the sender's reports say when its packets were captured (RFC 3550 §6.4.1), not when they left: it is by these that a
    browser puts picture and sound together. ``now``: samples, on the clock that the packets are timed by."""
    send = sender._send_rtcp

    async def dated(packets: list[Any]) -> None:
        for packet in packets:
            if isinstance(packet, RtcpSrPacket) and track.newest is not None:
                late = ((now() - track.newest) << 32) // SAMPLE_RATE
                packet.sender_info.ntp_timestamp = aiortc.clock.current_ntp_time() - late
        await send(packets)

    sender._send_rtcp = dated  # type: ignore[method-assign]


def reachable_offer(sdp: str, client: str) -> str:
    """The offer with candidates we can reach.

    Browsers hide their addresses behind ``.local`` names that only multicast resolves; the address the request came from serves
    instead. An offer without any candidate gets one, so that checking begins and the browser's own checks are answered.
    """
    try:
        address = str(ip_address(client))
    except ValueError:
        address = "127.0.0.1"
    lines: list[str] = []
    found = False
    for line in sdp.replace("\r\n", "\n").split("\n"):
        if line.startswith("a=candidate:"):
            fields = line.split(" ")
            if len(fields) > 5 and fields[4].endswith(".local"):
                fields[4] = address
                line = " ".join(fields)
            found = True
        lines.append(line)
    if not found:
        lines = _with_candidate(lines, address)
    return "\r\n".join(lines)


def _with_candidate(lines: list[str], address: str) -> list[str]:
    candidate = f"a=candidate:1 1 udp 1 {address} {DISCARD_PORT} typ host"
    completed: list[str] = []
    for line in lines:
        completed.append(line)
        if line.startswith("m="):
            completed.append("c=IN IP4 0.0.0.0")
            completed.append(candidate)
        elif line.startswith("c=IN ") and completed[-2:-1] == [candidate]:
            completed.pop()
    return completed


class Connection:
    """One WebRTC connection: negotiated once, closed once, given up when it does not connect. ``on_end`` is called once, however it
    ends. What it does while it lives is its heirs' business."""

    def __init__(self, on_end: Callable[[], Awaitable[None]]) -> None:
        self._on_end = on_end
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._ended = False
        self._watchdog: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def _leave(self) -> None:
        """Give back what was taken from others."""

    async def _negotiate(self, sdp: str, client: str, *, pictures: Codec | None = "H264") -> str:
        """SDP of the answer to an offer made from address ``client``, which must take ``pictures``. Refusal ``offre_invalide``,
        ``offre_sans_h264``."""
        connection = self._connection
        connection.on("connectionstatechange", self._state_changed)
        wanted = tuple(connection.getTransceivers())
        try:
            offer = RTCSessionDescription(sdp=reachable_offer(sdp, client), type="offer")
            await connection.setRemoteDescription(offer)
            for more in connection.getTransceivers():
                if more not in wanted:
                    # Nobody would read what it brings, which aiortc decodes and keeps for ever.
                    more.direction = "inactive"
            await connection.setLocalDescription(await connection.createAnswer())
        except Exception as error:
            # What aiortc's parser raises on a text that is no offer is anything.
            await self.close()
            raise Refusal("the offer cannot be answered", code="offre_invalide") from error
        if pictures and f" {pictures}/90000" not in connection.localDescription.sdp:
            await self.close()
            raise Refusal("the browser takes no picture that we send", code="offre_sans_h264")
        self._watchdog = asyncio.get_running_loop().call_later(CONNECT_SECONDS, self._give_up)
        return connection.localDescription.sdp

    def _give_up(self) -> None:
        if self._connection.connectionState != "connected":
            task = asyncio.get_running_loop().create_task(self.close())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _state_changed(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            await self.close()

    async def close(self) -> None:
        """Hang up; safe to call twice."""
        if self._ended:
            return
        self._ended = True
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._leave()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close()
        except Exception as error:  # noqa: BLE001 - whatever its end was like, it is over for everybody
            log.warning("a connection ended badly", extra={"reason": type(error).__name__})
        finally:
            await self._on_end()


def only(codec: Codec, transceiver: RTCRtpTransceiver) -> None:
    """What is sent is encoded already: nothing else may be agreed on."""
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([c for c in codecs if c.mimeType in (f"video/{codec}", "video/rtx")])


class Viewer(Connection):
    """A browser that receives one stream."""

    def __init__(
        self, hub: StreamHub, tier: str, on_end: Callable[[], Awaitable[None]], now: Callable[[], int]
    ) -> None:
        """``now``: samples, on the clock of the hub's packets."""
        super().__init__(on_end)
        self._hub = hub
        self._now = now
        self._tier = tier
        self._pictures, self._sound = hub.join(tier)

    async def answer(self, sdp: str, client: str) -> str:
        """SDP of the answer. Refusal ``offre_invalide``, ``offre_sans_h264``."""
        if self._hub.pictures:
            self._send_pictures()
        sound = PacketTrack("audio", self._sound)
        report_capture(self._connection.addTransceiver(sound, direction="sendonly").sender, sound, self._now)
        return await self._negotiate(sdp, client, pictures="H264" if self._hub.pictures else None)

    def _send_pictures(self) -> None:
        pictures = PacketTrack("video", self._pictures)
        video = self._connection.addTransceiver(pictures, direction="sendonly")
        report_capture(video.sender, pictures, self._now)
        only("H264", video)
        # A picture-loss indication only sets a private flag for packets that are already encoded.
        video.sender._send_keyframe = lambda: self._hub.ask_keyframe(self._tier)  # type: ignore[method-assign]

    def _leave(self) -> None:
        self._hub.leave(self._pictures, self._sound)

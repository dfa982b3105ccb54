"""A receiver of the programme (WHEP) that is no browser: it reads, in each picture, the clock that a room's page burnt into what
its camera gives (``room_marks.js``), and when the room's beeps begin in picture and in sound. It holds nothing back.
"""

import asyncio
import time
from dataclasses import dataclass, field

import av
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from numpy.typing import NDArray

from regie.rooms.peer import harden_aiortc
from regie.rooms.receiving import Receiving
from regie.rooms.rtp import PeerClock, Unit

BITS, WIDTH, HEIGHT = 20, 640, 360
LOUD, QUIET_US = 1000.0, 250_000
"""A beep is that loud (RMS of 16 bits); it begins after so much silence."""


@dataclass
class Seen:
    """Ages of the pictures (ms, wall clock); instants at which beeps begin (µs, as the senders' reports date them)."""

    ages: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)

    def lips_ms(self) -> list[float]:
        """How long after its picture each beep is heard."""
        near = (
            (min(self.heard, key=lambda at: abs(at - shown)), shown) for shown in self.shown if self.heard
        )
        return [(heard - shown) / 1000 for heard, shown in near if abs(heard - shown) < 300_000]


class Eye:
    """What :class:`Receiving` gives, looked at."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._video = av.CodecContext.create("h264", "r")
        self._sound = av.CodecContext.create("libopus", "r")
        assert isinstance(self._sound, av.AudioCodecContext)
        self._sound.sample_rate, self._sound.layout = 48_000, "stereo"
        self._lit = False
        self._loud_at = 0

    def take(self, picture: bool, at_us: int, unit: Unit) -> None:
        """A picture or a packet of sound."""
        packet = av.Packet(unit.data)
        if picture:
            for frame in self._video.decode(packet):
                assert isinstance(frame, av.VideoFrame)
                plane = frame.planes[0]
                rows = np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)  # type: ignore[call-overload]
                self._look(at_us, rows[:, : frame.width])
        else:
            for heard in self._sound.decode(packet):
                assert isinstance(heard, av.AudioFrame)
                self._listen(at_us, heard.to_ndarray().astype(np.float64))

    def _look(self, at_us: int, rows: NDArray[np.uint8]) -> None:
        height, width = rows.shape
        value = 0
        for bit in range(BITS):
            x = int((bit + 0.5) * width / BITS)
            above, below = (int(rows[height * y // HEIGHT, x]) for y in (160, 200))
            if abs(above - below) < 60:
                return
            value |= (above > below) << bit
        self.seen.ages.append((round(time.time() * 1000) - value) % (1 << BITS))
        lit = bool(rows[height * 330 // HEIGHT, width // 2] > 128)
        if lit and not self._lit:
            self.seen.shown.append(at_us)
        self._lit = lit

    def _listen(self, at_us: int, samples: NDArray[np.float64]) -> None:
        if samples.dtype == np.float64 and np.abs(samples).max(initial=0) <= 1.0:
            samples = samples * 32767  # libopus may give floats
        level = np.abs(samples).max(axis=0)
        loud = np.flatnonzero(level > LOUD)
        if not len(loud):
            return
        begins = at_us + int(loud[0]) * 1_000_000 // 48_000
        if begins - self._loud_at > QUIET_US:
            self.seen.heard.append(begins)
        self._loud_at = at_us + int(loud[-1]) * 1_000_000 // 48_000


async def watch(url: str, key: str, seconds: float) -> Seen:
    """Receive for some seconds. Raises httpx.HTTPError."""
    harden_aiortc()
    eye, clock = Eye(), PeerClock()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    streams = [
        Receiving(
            peer.addTransceiver(kind, direction="recvonly").receiver,
            kind == "video",
            clock,
            eye.take,
            time.monotonic,
        )
        for kind in ("video", "audio")
    ]
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(timeout=10) as client:
        answer = await client.post(url, content=peer.localDescription.sdp, headers=headers)
    answer.raise_for_status()
    await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(0.03)
        for stream in streams:
            await stream.tend()
    await peer.close()
    return eye.seen

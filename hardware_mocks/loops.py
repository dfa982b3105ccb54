"""Pictures and sound encoded beforehand and sent for ever: many simulated rooms cost their machine little more than the sending.

What a load test measures is then the régie, not the ten encoders that would stand in as many town halls.
"""

import asyncio
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
from aiortc import MediaStreamTrack

WIDTH, HEIGHT, FPS, KBPS = 1280, 720, 25, 1500
GOPS = 4
RATE, BLOCK, BLOCKS = 48_000, 960, 50


def pictures() -> list[bytes]:
    """Some seconds of a lively 720p picture, H.264 (constrained baseline) in groups of one second, a picture an entry."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base, codec.framerate, codec.bit_rate = Fraction(1, FPS), Fraction(FPS), KBPS * 1000
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "maxrate": str(KBPS * 1000),
        "bufsize": str(KBPS * 500),
        "x264-params": f"keyint={FPS}:min-keyint={FPS}:scenecut=0:repeat-headers=1",
    }
    rng = np.random.default_rng(7)
    wall = cv2.resize(
        rng.integers(40, 220, (HEIGHT // 16, WIDTH // 8, 3)).astype(np.uint8), (2 * WIDTH, HEIGHT)
    )
    made: list[bytes] = []
    for n in range(GOPS * FPS):
        # The camera pans slowly and comes back, so that the loop has no seam.
        x = int(WIDTH / 2 * (1 - np.cos(2 * np.pi * n / (GOPS * FPS))))
        frame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(wall[:, x : x + WIDTH], np.uint8), format="bgr24"
        ).reformat(format="yuv420p")
        frame.pts = n
        made += [bytes(packet) for packet in codec.encode(frame)]
    return made


def sound() -> list[bytes]:
    """A second of a room's noise, Opus, 20 ms an entry."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE, "mono", "s16", 32_000
    codec.open()
    noise = np.random.default_rng(7).normal(0, 300, (BLOCKS + 1, BLOCK)).astype(np.int16)
    made: list[bytes] = []
    for block in noise:
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, None
        made += [bytes(packet) for packet in codec.encode(frame)]
    return made[:BLOCKS]


class LoopTrack(MediaStreamTrack):
    """One of these loops, at its pace, for ever. ``begin``: the entry it starts on, a keyframe for a picture."""

    def __init__(self, kind: str, entries: list[bytes], a_second: int, begin: int = 0) -> None:
        super().__init__()
        self.kind = kind
        self._entries = entries
        self._a_second = a_second
        self._at = begin
        self._n = 0
        self._began: float | None = None

    def key(self) -> None:
        """Somebody cannot decode: go on from the next group of pictures."""
        self._at = -(-self._at // FPS) * FPS

    async def recv(self) -> Any:
        """The next packet."""
        loop = asyncio.get_running_loop()
        self._began = loop.time() if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + self._n / self._a_second - loop.time()))
        packet = av.Packet(self._entries[self._at % len(self._entries)])
        packet.pts = packet.dts = self._n
        packet.time_base = Fraction(1, self._a_second)
        self._at += 1
        self._n += 1
        return packet

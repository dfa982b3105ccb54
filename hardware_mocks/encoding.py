"""A camera's encoder: pictures to H.264, sound to AAC, as such cameras send them (Annex B, AAC-LC)."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from hardware_mocks.turret import Yuv

RATE = 48_000


@dataclass(frozen=True, slots=True)
class Unit:
    """One access unit. ``pts`` on a 90 kHz clock since the hall's epoch."""

    data: bytes
    pts: int
    key: bool
    sound: bool = False


class PictureEncoder:
    """x264 tuned for a machine that has other things to do."""

    def __init__(self, width: int, height: int, fps: int, kbps: int, gop: int, first_key: int) -> None:
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.time_base, codec.framerate = Fraction(1, 90_000), Fraction(fps)
        codec.thread_count = 1
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": "24",
            "maxrate": f"{kbps}k",
            "bufsize": f"{kbps}k",
            "forced-idr": "1",
            "x264-params": f"keyint={gop}:min-keyint=1:scenecut=0:repeat-headers=1:aud=0",
        }
        self._codec = codec
        self._gop = gop
        self._until_key = first_key
        self.size = (width, height)

    def encode(self, planes: Yuv, pts: int) -> list[Unit]:
        """One picture; the first keyframe of a camera is staggered so that all of them do not fall on one tick."""
        frame = av.VideoFrame(self.size[0], self.size[1], "yuv420p")
        for plane, values in zip(frame.planes, planes, strict=True):
            target = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            target[:, : plane.width] = values
        frame.pts = pts
        frame.time_base = Fraction(1, 90_000)
        if self._until_key <= 0:
            frame.pict_type = av.video.frame.PictureType.I
            self._until_key = self._gop
        self._until_key -= 1
        return [Unit(bytes(p), pts, p.is_keyframe) for p in self._codec.encode(frame)]


class SoundEncoder:
    """AAC-LC, mono, 48 kHz."""

    def __init__(self, kbps: int = 96) -> None:
        codec = av.CodecContext.create("aac", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.sample_rate = RATE
        codec.layout = "mono"
        codec.format = "fltp"
        codec.bit_rate = kbps * 1000
        codec.time_base = Fraction(1, RATE)
        codec.open()
        self._codec = codec
        self.config = bytes(codec.extradata or b"\x11\x88")
        self._left = np.zeros(0, np.float32)
        self._at: int | None = None

    def encode(self, samples: NDArray[np.float32], at: int) -> list[Unit]:
        """A block of sound whose first sample is at ``at`` (48 kHz since the epoch)."""
        if self._at is None:
            self._at = at
        pcm = np.concatenate([self._left, samples])
        units: list[Unit] = []
        while len(pcm) >= 1024:
            frame = av.AudioFrame.from_ndarray(pcm[None, :1024].copy(), format="fltp", layout="mono")
            frame.sample_rate = RATE
            frame.pts = self._at
            frame.time_base = Fraction(1, RATE)
            for packet in self._codec.encode(frame):
                assert packet.pts is not None
                units.append(Unit(bytes(packet), packet.pts * 15 // 8, True, sound=True))
            self._at += 1024
            pcm = pcm[1024:]
        self._left = pcm
        return units


class TransportStream:
    """Access units to MPEG-TS packets, by PyAV's muxer into memory.

    The muxer refuses stamps that go back; a camera that lies does not: a new muxer then takes over, as when an encoder restarts.
    """

    def __init__(self, width: int, height: int, fps: int, sound: SoundEncoder | None) -> None:
        self._out = _Collector()
        self._size = (width, height)
        self._fps = fps
        self._with_sound = sound is not None
        self._last: dict[bool, int] = {}
        self._open()

    def _open(self) -> None:
        options = {"mpegts_flags": "pat_pmt_at_frames+resend_headers", "flush_packets": "1"}
        self._container = av.open(self._out, "w", format="mpegts", options=options)
        video = self._container.add_stream("libx264", rate=self._fps)
        (video.width, video.height), video.pix_fmt = self._size, "yuv420p"
        video.time_base = Fraction(1, 90_000)
        video.codec_context.time_base = Fraction(1, 90_000)
        self._video = video
        self._audio = None
        if self._with_sound:
            audio = self._container.add_stream("aac", rate=RATE)
            audio.layout = "mono"
            audio.time_base = Fraction(1, 90_000)
            self._audio = audio
        self._last.clear()

    def write(self, unit: Unit) -> bytes:
        """The TS packets of one unit, tables included before keyframes."""
        if unit.sound and not self._with_sound:
            return b""
        # The counter has 33 bits: what is before the epoch is just before its end.
        pts = unit.pts % (1 << 33)
        if pts <= self._last.get(unit.sound, -1):
            self._container.close()
            self._out.take()
            self._open()
        self._last[unit.sound] = pts
        packet = av.Packet(unit.data)
        packet.stream = self._audio if unit.sound and self._audio is not None else self._video
        packet.time_base = Fraction(1, 90_000)
        packet.pts = packet.dts = pts
        packet.is_keyframe = unit.key
        self._container.mux_one(packet)
        return self._out.take()

    def close(self) -> None:
        """Free the muxer."""
        self._container.close()


class _Collector:
    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken

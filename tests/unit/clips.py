"""Small media made in memory for the tests of the sources."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

MEDIA_BASE = Fraction(1, 48_000)


def picture(n: int, width: int, height: int, pix_fmt: str = "yuv420p") -> av.VideoFrame:
    """Picture ``n`` of a moving texture, different from every other."""
    draw = np.random.default_rng(n // 5)
    small = draw.integers(16, 236, (height // 8 + 2, width // 8 + 2), np.uint8)
    luma = np.kron(small, np.ones((8, 8), np.uint8))[n % 5 : n % 5 + height, n % 5 : n % 5 + width]
    frame = av.VideoFrame(width, height, pix_fmt)
    for plane, grey in zip(frame.planes, (None, 110, 140), strict=True):
        full = np.full((plane.height, plane.line_size), grey or 0, np.uint8)
        if grey is None:
            full[:, :width] = luma
        plane.update(full.tobytes())
    frame.pts = n
    return frame


def clip(
    path: str | Path | io.BytesIO,
    *,
    pictures: int = 50,
    size: tuple[int, int] = (160, 96),
    fps: int = 25,
    gop: int = 25,
    bframes: int = 0,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    sound: bool = True,
    rate: int = 48_000,
    layout: str = "stereo",
    container: str | None = None,
) -> None:
    """Write a clip: moving texture, and a 1 kHz tone at half scale that lasts as long."""
    options = (
        {"g": str(gop), "bf": str(bframes), "preset": "ultrafast", "sc_threshold": "0"}
        if codec == "libx264"
        else {}
    )
    with av.open(path, "w", format=container) as out:
        video = out.add_stream(codec, rate=fps, options=options)
        assert isinstance(video, av.VideoStream)
        video.width, video.height = size
        video.pix_fmt = pix_fmt
        audio = out.add_stream("aac", rate=rate, layout=layout) if sound else None
        for n in range(pictures):
            out.mux(video.encode(picture(n, *size, pix_fmt)))
        out.mux(video.encode(None))
        if isinstance(audio, av.AudioStream):
            channels = audio.codec_context.layout.nb_channels
            total = pictures * rate // fps
            for start in range(0, total, 1024):
                out.mux(audio.encode(tone(start, min(1024, total - start), rate, channels, layout)))
            out.mux(audio.encode(None))


def tone(start: int, count: int, rate: int, channels: int, layout: str) -> av.AudioFrame:
    """A block of a 1 kHz tone at half scale."""
    line = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(start, start + count) / rate)
    frame = av.AudioFrame.from_ndarray(np.tile(line, (channels, 1)).astype(np.float32), "fltp", layout)
    frame.sample_rate = rate
    frame.pts = start
    return frame


def packets(
    path: str | Path | io.BytesIO, container: str | None = None
) -> tuple[av.VideoCodecContext, list["av.Packet[av.VideoStream]"]]:
    """A decoder for the picture of a clip, and its packets with their stamps in media time."""
    with av.open(path, "r", format=container) as source:
        stream = source.streams.video[0]
        found = []
        for packet in source.demux(stream):
            if packet.size == 0 or packet.pts is None or packet.dts is None:
                continue
            base = packet.time_base
            packet.pts = packet.pts * 48_000 * base.numerator // base.denominator
            packet.dts = packet.dts * 48_000 * base.numerator // base.denominator
            packet.time_base = MEDIA_BASE
            found.append(packet)
        return stream.codec_context, found


def luma(frame: av.VideoFrame) -> bytes:
    """The luma of a picture, without its padding."""
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
    return bytes(rows[:, : plane.width].tobytes())

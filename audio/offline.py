"""The sound of a recording, after the séance: its podcast without encoding it again, and its waveform.

PyAV rather than pydub: pydub reads a whole file into memory as PCM (2.6 GB for four hours) through an ``ffmpeg`` command that must
be installed, and encodes again what it writes. Here packets are copied as they are.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000
_MS = Fraction(1, 1000)


def podcast(recordings: Sequence[Path], target: Path, chapters: Sequence[tuple[int, int, str]] = ()) -> None:
    """The sound of recordings, one after the other, into an M4A file; no packet is encoded again. Raises OSError, av's errors.

    ``chapters``: begin, end (ms from the beginning of the file) and title.
    """
    with av.open(str(target), "w", format="ipod", options={"movflags": "faststart"}) as out:
        out.set_chapters(
            [
                {"id": rank, "start": start, "end": end, "time_base": _MS, "metadata": {"title": title}}
                for rank, (start, end, title) in enumerate(chapters, 1)
            ]
        )
        stream: av.AudioStream | None = None
        offset = end = 0
        for path in recordings:
            with av.open(str(path)) as source:
                track = source.streams.audio[0]
                stream = stream or out.add_stream_from_template(track)
                offset, first = end, None
                for packet in source.demux(track):
                    if packet.pts is None or packet.time_base is None:
                        continue
                    at = round(packet.pts * packet.time_base * RATE)
                    first = at if first is None else first
                    fresh = av.Packet(bytes(packet))
                    fresh.pts = fresh.dts = offset + at - first
                    fresh.duration, fresh.time_base = packet.duration, packet.time_base
                    fresh.stream = stream
                    out.mux_one(fresh)
                    end = offset + at - first + (packet.duration or 0)


def waveform(playlist: Path, per_second: int = 10) -> bytes:
    """The peak of each tenth of a second (0 to 255), decoded as it comes: four hours are 144 kB."""
    window = RATE // per_second
    left = np.zeros(0, np.float32)
    out = bytearray()
    for block in _mono(playlist):
        left = np.concatenate((left, block))
        whole = left.size // window
        peaks = np.abs(left[: whole * window]).reshape(whole, window).max(axis=1, initial=0.0)
        out += np.clip(peaks * 255, 0, 255).astype(np.uint8).tobytes()
        left = left[whole * window :]
    return bytes(out)


def _mono(source: Path) -> Iterator[np.ndarray]:
    with av.open(str(source)) as container:
        for frame in container.decode(container.streams.audio[0]):
            yield frame.to_ndarray()[0].astype(np.float32, copy=False)

"""What a source answers, for `regie check`: opened, listened to for a second, closed, in a process of its own.

``python -m regie.media.probe --config FILE --source ID`` prints one JSON :class:`Answer`. A process apart, because a source that
hangs FFmpeg must not hang the check.
"""

import argparse
import math
import sys
import threading
from itertools import pairwise
from pathlib import Path
from statistics import median

import av
import av.error
import msgspec
import numpy as np

from config.inputs import SourceConfig, SourceKind
from config.load import load
from regie.clock import Clock, SystemClock
from regie.errors import DeviceError
from regie.media.ndi import NdiReading
from regie.media.reading import Reading, reading_of

LISTEN_NS = 1_000_000_000
PICTURES = 75
BLACK_LUMA = 24
"""Mean luma under which a picture is black (limited range: black is 16)."""
SILENCE_DBFS = -120.0
MEASURED = 10
"""Steps between pictures that are enough to measure a rate; with fewer, the stream is believed."""


class Answer(msgspec.Struct, kw_only=True):
    """What was seen and heard. ``reason`` is a stable code when the source failed; ``peak_dbfs`` is of the loudest channel."""

    reason: str = ""
    video: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    sound: str = ""
    channels: int = 0
    sample_rate: int = 0
    peak_dbfs: float = SILENCE_DBFS
    first_picture_ms: int | None = None
    black: bool = False


def probe(config: SourceConfig, clock: Clock) -> Answer:
    """Open a source, look and listen for a second. Never raises for what the source does."""
    answer = Answer()
    if config.genre is SourceKind.BARS:
        return answer
    start_ns = clock.monotonic_ns()
    reading = reading_of(config, threading.Event())
    try:
        reading.open()
        _describe(reading, answer)
        _watch(reading, answer, clock, start_ns)
    except DeviceError as error:
        # A short file ends before the second is over.
        if answer.first_picture_ms is None and answer.peak_dbfs == SILENCE_DBFS:
            answer.reason = error.stable_code
    finally:
        reading.close()
    if reading.video is not None and answer.first_picture_ms is None and not answer.reason:
        answer.reason = "sans_image"
    return answer


def _describe(reading: Reading | NdiReading, answer: Answer) -> None:
    if reading.video is not None:
        answer.video = reading.video.codec_context.name
        answer.width, answer.height = reading.video.width, reading.video.height
        answer.fps = float(reading.video.average_rate or reading.video.guessed_rate or 0)
    if reading.sound is not None:
        answer.sound = reading.sound.codec_context.name
        answer.channels, answer.sample_rate = reading.sound.channels, reading.sound.rate


def _watch(reading: Reading | NdiReading, answer: Answer, clock: Clock, start_ns: int) -> None:
    opened_ns, pictures = clock.monotonic_ns(), 0
    times: list[float] = []
    for packet in reading.packets():
        late = clock.monotonic_ns() - opened_ns > LISTEN_NS or pictures >= PICTURES
        if packet is None or (late and (reading.video is None or answer.first_picture_ms is not None)):
            break
        if clock.monotonic_ns() - opened_ns > 5 * LISTEN_NS:
            break  # packets come, but no picture that can be decoded
        try:
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    pictures += 1
                    if frame.time is not None:
                        times.append(frame.time)
                    if answer.first_picture_ms is None:
                        answer.first_picture_ms = (clock.monotonic_ns() - start_ns) // 1_000_000
                    answer.black = _mean_luma(frame) < BLACK_LUMA
                elif isinstance(frame, av.AudioFrame):
                    answer.peak_dbfs = max(answer.peak_dbfs, _peak(frame))
        except av.error.FFmpegError:
            continue  # the first packets of a live stream often refer to what we have not received
    answer.fps = rate(times) or answer.fps


def rate(times: list[float]) -> float:
    """Pictures a second, from their stamps in seconds: a stream without timing in its headers is often declared in fields.

    The median step bears a picture lost on the way. 0 when there are too few to tell.
    """
    steps = [after - before for before, after in pairwise(times) if after > before]
    return round(1 / median(steps), 2) if len(steps) >= MEASURED else 0.0


def _mean_luma(frame: av.VideoFrame) -> float:
    return float(frame.reformat(width=32, height=18, format="gray").to_ndarray().mean())


def _peak(frame: av.AudioFrame) -> float:
    samples = frame.to_ndarray()
    scale = 1.0 if samples.dtype.kind == "f" else float(1 << (8 * samples.dtype.itemsize - 1))
    peak = float(np.abs(samples.astype(np.float64)).max(initial=0.0)) / scale
    return max(SILENCE_DBFS, 20 * math.log10(peak)) if peak > 0 else SILENCE_DBFS


def main() -> int:
    """Entry of the process."""
    parser = argparse.ArgumentParser(prog="regie-probe")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--source", required=True)
    options = parser.parse_args()
    sources = {source.id: source for source in load(options.config).source}
    av.logging.set_level(av.logging.PANIC)
    sys.stdout.buffer.write(msgspec.json.encode(probe(sources[options.source], SystemClock())))
    return 0


if __name__ == "__main__":
    sys.exit(main())

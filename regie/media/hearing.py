"""Sound packets of any codec, rate and number of channels to float blocks at 48 kHz: stereo, or a lane for each microphone."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler

from regie.domain.timeline import SAMPLE_RATE
from regie.media.frames import Sound

LOUDEST = 4.0
"""A float stream may say anything; nothing above +12 dBFS goes on, and no NaN ever."""
KEPT = 16
"""Packets kept of a sound that nobody hears (a third of a second of Opus): eight for its decoder to find its feet (within 1 dB
after four), the rest for what the source's delay still has to be heard."""
_TIME_BASE = Fraction(1, SAMPLE_RATE)
_SCALES = {"u8": 1 / 128, "s16": 1 / 32768, "s32": 1 / 2147483648, "s64": 2.0**-63, "flt": 1.0, "dbl": 1.0}


def channels_of(frame: av.AudioFrame) -> Sound:
    """A decoded block as float32, shape (channels, n), nominally in [-1, 1]."""
    name = frame.format.name
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, frame.layout.nb_channels).T
    line = data.astype(np.float32)
    if name.startswith("u8"):
        line -= 128.0
    return line * np.float32(_SCALES[name.removesuffix("p")])


def to_stereo(line: Sound, chosen: tuple[int, ...]) -> Sound:
    """Channels (c, n) to stereo (2, n): those chosen (numbered from 1) summed to the middle; else one to both sides, two as they
    are, and more summed to the middle. Chosen channels that do not exist are left out."""
    if chosen:
        rows = [n - 1 for n in chosen if 0 < n <= line.shape[0]]
        line = line[rows].sum(axis=0, keepdims=True) if rows else np.zeros((1, line.shape[1]), np.float32)
    elif line.shape[0] > 2:
        line = line.sum(axis=0, keepdims=True)
    return np.repeat(line, 2, axis=0) if line.shape[0] == 1 else line


def bounded(line: Sound) -> Sound:
    """The same with nothing that could harm a sum."""
    if not np.isfinite(line).all():
        line = np.nan_to_num(line, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(line, -LOUDEST, LOUDEST)


def kept_apart(line: Sound, channels: tuple[int, ...]) -> Sound:
    """These channels (numbered from 1), a row each; silence for those that do not exist."""
    out = np.zeros((len(channels), line.shape[1]), np.float32)
    for row, channel in enumerate(channels):
        if channel <= line.shape[0]:
            out[row] = line[channel - 1]
    return out


class SoundDecoder:
    """The sound of one connection. One thread's.

    ``chosen``: channels to sum, numbered from 1. ``apart``: channels that are microphones; blocks then have a row for each of them.
    """

    def __init__(
        self, context: av.AudioCodecContext, chosen: tuple[int, ...] = (), apart: tuple[int, ...] = ()
    ) -> None:
        self._context = context
        self._chosen = chosen
        self._apart = apart
        self._resamplers: list[AudioResampler] = []
        self._downmixer: AudioResampler | None = None
        self._form: tuple[str, str, int] | None = None
        self.errors = 0

    def feed(self, packet: av.Packet[av.AudioStream]) -> list[tuple[int, Sound]]:
        """What a packet (its stamps in media time) yields: blocks (rows, n) and where they begin. Never raises for bad data."""
        try:
            blocks: list[tuple[int, Sound]] = []
            for frame in self._context.decode(packet):
                blocks += self._convert(frame)
            return blocks
        except (av.error.FFmpegError, ValueError, KeyError):
            self.errors += 1
            self._form = None
            return []

    def forget(self) -> None:
        """What comes next does not follow what came."""
        self._context.flush_buffers()

    def _convert(self, frame: av.AudioFrame) -> list[tuple[int, Sound]]:
        if frame.samples == 0 or frame.sample_rate <= 0:
            return []
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form:
            self._prepare(frame)
            self._form = form
        at = frame.pts or 0
        frames = [frame] if self._downmixer is None else self._downmixer.resample(frame)
        blocks: list[tuple[int, Sound]] = []
        for one in frames:
            channels = channels_of(one)
            kept = kept_apart(channels, self._apart) if self._apart else to_stereo(channels, self._chosen)
            rows = bounded(kept)
            if not self._resamplers:
                blocks.append((at, rows))
                at += rows.shape[1]
            else:
                blocks += self._resample(rows, at, one.sample_rate)
        return blocks

    def _prepare(self, frame: av.AudioFrame) -> None:
        """The sound changed form (or begins): new converters."""
        rate = frame.sample_rate
        # Two by two: every layout of two channels has a name, few of thirty have.
        pairs = 0 if rate == SAMPLE_RATE else (max(2, len(self._apart)) + 1) // 2
        self._resamplers = [AudioResampler("fltp", "stereo", SAMPLE_RATE) for _ in range(pairs)]
        # Cinema layouts (5.1…) have a known way down to two; a bunch of microphones ("34 channels") has none: they are summed.
        cinema = (
            frame.layout.nb_channels > 2
            and not frame.layout.name.endswith("channels")
            and not self._chosen
            and not self._apart
        )
        self._downmixer = AudioResampler("fltp", "stereo", rate) if cinema else None

    def _resample(self, rows: Sound, at: int, rate: int) -> list[tuple[int, Sound]]:
        out: list[tuple[int, Sound]] = []
        count = rows.shape[0]
        even = np.concatenate((rows, rows[-1:])) if count % 2 else rows
        frames = [
            resampler.resample(_stereo_frame(even[2 * n : 2 * n + 2], at, rate))
            for n, resampler in enumerate(self._resamplers)
        ]
        for pieces in zip(*frames, strict=True):
            base = pieces[0].time_base or _TIME_BASE
            begins = (pieces[0].pts or 0) * SAMPLE_RATE * base.numerator // base.denominator
            block = np.concatenate([piece.to_ndarray() for piece in pieces])[:count]
            out.append((begins, block.astype(np.float32, copy=False)))
        return out


class Dozing:
    """The sound of a connection that is decoded only while it is heard; the last packets are kept, so that it is there at once when
    it is to be heard again. One thread's."""

    def __init__(self, decoder: SoundDecoder) -> None:
        self._decoder = decoder
        self._kept: deque[av.Packet[av.AudioStream]] = deque(maxlen=KEPT)
        self._awake = True

    def feed(self, packet: av.Packet[av.AudioStream], heard: bool) -> list[tuple[int, Sound]]:
        """What a packet yields, as :meth:`SoundDecoder.feed` says; nothing while it is not heard."""
        self._kept.append(packet)
        if not heard:
            self._awake = False
            return []
        if not self._awake:
            self._awake = True
            self._decoder.forget()
        due = tuple(self._kept)
        self._kept.clear()
        return [block for one in due for block in self._decoder.feed(one)]


def _stereo_frame(pair: Sound, at: int, rate: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pair), "fltp", "stereo")
    frame.sample_rate = rate
    frame.pts = at
    frame.time_base = _TIME_BASE
    return frame

"""AAC-LC of a continuous stereo timeline, fed with blocks of any length."""

import os
from collections.abc import Iterator

import av
import numpy as np

from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.frames import EncodedSound, Sound

FRAME = 1024
"""Samples of an AAC access unit; also the encoder's priming, by which the first unit comes before the first sample."""


FAST_FROM = 64_000
"""Bits a second from which FFmpeg's fast coder is as good as its slow one, for a third of the cost."""


class AacEncoder:
    """One AAC encoder: samples in, in order and without holes, access units out. Not thread-safe.

    The unit that holds the samples from ``t`` on is stamped ``t``; the very first, made of priming, is stamped
    ``start - 1024``, as muxers and players expect of AAC. ``tier`` says which rendition the units are for.
    """

    def __init__(self, bitrate: int, tier: str = "main", start: int = 0) -> None:
        self.tier = tier
        self._container = av.open(os.devnull, "w", format="null")
        coder = "fast" if bitrate >= FAST_FROM else "twoloop"
        stream = self._container.add_stream("aac", rate=SAMPLE_RATE, options={"aac_coder": coder})
        stream.layout, stream.bit_rate = "stereo", bitrate
        stream.codec_context.format = "fltp"
        self._container.start_encoding()
        self._stream = stream
        self._shelf = av.open(os.devnull, "w", format="null")
        self.template: av.AudioStream = self._shelf.add_stream_from_template(stream)
        self._start = start
        self._sent = 0
        self._left = np.zeros((2, 0), np.float32)

    def encode(self, samples: Sound) -> Iterator[EncodedSound]:
        """Add samples (2, n); yields the units that are complete."""
        self._left = np.concatenate((self._left, samples), axis=1)
        while self._left.shape[1] >= FRAME:
            chunk = np.ascontiguousarray(self._left[:, :FRAME])
            self._left = self._left[:, FRAME:]
            yield from self._unit(chunk)

    def _unit(self, chunk: Sound) -> Iterator[EncodedSound]:
        frame = av.AudioFrame.from_ndarray(chunk, "fltp", "stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._sent
        self._sent += FRAME
        for packet in self._stream.encode(frame):
            yield EncodedSound(bytes(packet), MediaTime(self._start + (packet.pts or 0)), FRAME, self.tier)

    def restart_at(self, t: MediaTime) -> None:
        """The timeline jumped: what comes next is at ``t``. What was not complete is lost."""
        self._left = np.zeros((2, 0), np.float32)
        self._start = MediaTime(t - self._sent)

    def close(self) -> None:
        """Free the encoder."""
        self._container.close()
        self._shelf.close()

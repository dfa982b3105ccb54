"""Slates that fit a file, whoever encoded it: the parameters of its encoder are found again from its parameter sets."""

import threading
from collections.abc import Iterator, Sequence

from regie.domain.model import SlateName
from regie.domain.timeline import FRAME_RATES
from regie.media.encoder import H264Encoder, TierSpec
from regie.media.h264 import length_prefixed, parameter_sets
from regie.media.slate_gops import DrawSlate, ParameterSetsDiffer, encode_gop

_PRESETS = ("veryfast", "superfast", "ultrafast", "faster", "fast", "medium")
_BITRATES = (100_000, 300_000, 400_000, 1_000_000, 2_500_000, 4_000_000, 8_000_000, 14_000_000, 20_000_000)
"""x264 writes into the parameter sets the level that a size, a rate and a bit rate need: these cover the levels.

The smallest that fits is taken: a slate must find room where the programme was.
"""
_LEGIBLE = 80
"""Pixels a second for one bit a second: less, and the words of a slate cannot be read."""
SLATE = SlateName.MASKED


class MatchingSlates:
    """GOPs of the slate « passage masqué » for pictures already encoded. Thread-safe; what was found once is kept.

    ``hints``: specs that are tried first, those of the configuration.
    """

    def __init__(self, draw: DrawSlate, utc_ns: int, hints: Sequence[TierSpec] = ()) -> None:
        self._draw = draw
        self._utc_ns = utc_ns
        self._hints = tuple(hints)
        self._lock = threading.Lock()
        self._found: dict[tuple[bytes, bytes, int], tuple[bytes, ...]] = {}

    def units(self, sps: bytes, pps: bytes, width: int, height: int, fps: int) -> tuple[bytes, ...]:
        """Access units of a second, length-prefixed, the first an IDR. Raises ParameterSetsDiffer when no encoder of ours fits."""
        with self._lock:
            key = (sps, pps, fps)
            if key not in self._found:
                self._found[key] = self._encode(sps, pps, width, height, fps)
            return self._found[key]

    def _encode(self, sps: bytes, pps: bytes, width: int, height: int, fps: int) -> tuple[bytes, ...]:
        if fps not in FRAME_RATES:
            raise ParameterSetsDiffer("a rate that the régie does not make", fps=fps)
        for spec in self._candidates(width, height, fps):
            encoder = H264Encoder(spec)
            made = parameter_sets(encoder.parameter_sets)
            encoder.close()
            if (made.sps, made.pps) == (sps, pps):
                gop = encode_gop(spec, SLATE, self._draw(SLATE, self._utc_ns))
                return tuple(length_prefixed(unit) for unit in gop.units)
        raise ParameterSetsDiffer("no encoder of ours made this file", width=width, height=height)

    def _candidates(self, width: int, height: int, fps: int) -> Iterator[TierSpec]:
        hints = [h for h in self._hints if (h.width, h.height, h.fps) == (width, height, fps)]
        legible = [b for b in _BITRATES if b * _LEGIBLE >= width * height * fps]
        for preset in (*(hint.preset for hint in hints), *_PRESETS):
            for bitrate in legible:
                yield TierSpec("", width, height, fps, bitrate, preset)
        yield from hints

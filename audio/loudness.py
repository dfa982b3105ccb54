"""Loudness of the programme: momentary, short term, integrated (ITU-R BS.1770, EBU R128), and its true peak."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from audio.dsp import SILENCE_DB, Block, db_of, true_peaks
from audio.filters import K_WEIGHTING, SAMPLE_RATE, FilterBank

_STEP = SAMPLE_RATE // 10
_MOMENTARY, _SHORT = 4, 30
"""In steps of 100 ms."""
_FLOOR, _BIN, _BINS = -70.0, 0.1, 800
"""The integrated loudness is kept as a histogram: a session of hours takes no more memory than a minute."""
_BOTH = np.arange(2)


def lufs(power: float) -> float:
    """K-weighted power of the channels together, to LUFS."""
    return 10 * math.log10(power) - 0.691 if power > 1e-12 else SILENCE_DB


class LoudnessMeter:
    """Fed with the programme's blocks by one thread, read by any."""

    def __init__(self) -> None:
        self._filter = FilterBank([K_WEIGHTING, K_WEIGHTING])
        self._steps: deque[float] = deque(maxlen=_SHORT)
        self._sum, self._count = 0.0, 0
        self._histogram = np.zeros(_BINS, np.int64)
        self._edges: NDArray[np.float64] = _FLOOR + _BIN * (np.arange(_BINS, dtype=np.float64) + 0.5)
        self._tail = np.zeros((2, 0), np.float32)
        self._peak = 0.0
        self._restart = False
        self.momentary = self.short_term = self.integrated = SILENCE_DB

    @property
    def true_peak_db(self) -> float:
        """Highest true peak since the beginning, in dBTP."""
        return db_of(self._peak)

    def restart(self) -> None:
        """The integrated loudness and the peak begin again. From any thread."""
        self._restart = True

    def feed(self, block: Block) -> None:
        """One block (2, n), n a multiple of 64."""
        if self._restart:
            self._restart = False
            self._histogram[:] = 0
            self._peak, self.integrated = 0.0, SILENCE_DB
        line = np.concatenate((self._tail, block), axis=1)
        self._peak = max(self._peak, float(true_peaks(line).max(initial=0.0)))
        self._tail = block[:, -16:]
        weighted = self._filter.process(block, _BOTH)
        power = np.square(weighted, dtype=np.float64).sum(axis=0)
        while power.size:
            part, power = power[: _STEP - self._count], power[_STEP - self._count :]
            self._sum += float(part.sum())
            self._count += part.size
            if self._count == _STEP:
                self._close_step()

    def _close_step(self) -> None:
        self._steps.append(self._sum / _STEP)
        self._sum, self._count = 0.0, 0
        recent = list(self._steps)
        momentary = sum(recent[-_MOMENTARY:]) / _MOMENTARY
        self.momentary = lufs(momentary)
        self.short_term = lufs(sum(recent) / _SHORT)
        if len(recent) >= _MOMENTARY and self.momentary > _FLOOR:
            self._histogram[min(_BINS - 1, int((self.momentary - _FLOOR) / _BIN))] += 1
            self.integrated = _gated(self._histogram, self._edges)


def _gated(histogram: NDArray[np.int64], edges: NDArray[np.float64]) -> float:
    """Mean power of the blocks above −70 LUFS, then of those above that mean less 10 LU."""
    powers = 10 ** ((edges + 0.691) / 10)
    relative = lufs(float(histogram @ powers) / int(histogram.sum())) - 10
    kept = histogram * (edges > relative)
    return lufs(float(kept @ powers) / max(1, int(kept.sum())))

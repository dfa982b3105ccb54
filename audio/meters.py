"""Peaks and powers of the last 300 ms, of all inputs at once."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from audio.dsp import SAMPLE_RATE, SILENCE_DB

Values = NDArray[np.float64]
WINDOW = SAMPLE_RATE * 300 // 1000


class Meters:
    """Fed by one thread, read by any."""

    def __init__(self, count: int) -> None:
        self._parts: deque[tuple[int, Values, Values]] = deque()
        self._samples = 0
        silent = np.full(count, SILENCE_DB)
        self._reading = (silent, silent)

    def feed(self, peak: Values, power: Values, samples: int) -> None:
        """Count one block in: highest absolute value and mean power of each input over ``samples``."""
        self._parts.append((samples, peak, power * samples))
        self._samples += samples
        while len(self._parts) > 1 and self._samples - self._parts[0][0] >= WINDOW:
            self._samples -= self._parts.popleft()[0]
        peaks = np.max([part[1] for part in self._parts], axis=0)
        powers = np.sum([part[2] for part in self._parts], axis=0) / self._samples
        self._reading = (decibels(peaks**2), decibels(powers))

    @property
    def reading(self) -> tuple[Values, Values]:
        """Peak and RMS of each, in dBFS."""
        return self._reading


def decibels(power: Values) -> Values:
    """Powers (1.0 is full scale) to dB, never below :data:`~audio.dsp.SILENCE_DB`."""
    found: Values = np.round(10 * np.log10(np.maximum(power, 1e-12)), 1)
    return found

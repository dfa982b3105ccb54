"""Sound arithmetic on numpy blocks: gain by ramps, sum, limiter, meters.

A block is float32, shape (2, n), at 48 kHz, 1.0 full scale. Everything here is a value or a small machine fed block after block;
the result does not depend on how the sound is cut into blocks.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]

SAMPLE_RATE = 48_000
SILENCE_DB = -120.0
"""What a meter says of digital silence."""
CEILING_DB = -1.0
"""No sample of the programme goes above: leaves room for what AAC decoding overshoots."""
RAMP = 240
"""Samples of a gain change (5 ms): no click, and a closed microphone is closed at once."""
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


def sane(block: Block) -> Block:
    """The block without what is not sound: NaN and infinities become zero, absurd values are bounded."""
    peak = float(np.max(np.abs(block))) if block.size else 0.0
    if peak <= SANE:  # False for NaN as well
        return block
    return np.clip(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0), -SANE, SANE)


class Gain:
    """A fader: each new value is reached by a straight ramp of :data:`RAMP` samples, so nothing clicks.

    Starts at ``value``. After a ramp to 0 the output is exact zero.
    """

    def __init__(self, value: float) -> None:
        self._now = value
        self._target = value
        self._step = 0.0
        self._left = 0

    def set(self, value: float) -> None:
        """Go to ``value`` (a factor) from the next sample on."""
        if value == self._target:
            return
        self._target = value
        self._left = RAMP
        self._step = (value - self._now) / RAMP

    @property
    def closed(self) -> bool:
        """Nothing passes any more."""
        return self._left == 0 and self._now == 0.0

    def curve(self, samples: int) -> NDArray[np.float32]:
        """The factor of each of the next samples."""
        moving = min(self._left, samples)
        factors = np.full(samples, self._target, np.float32)
        if moving:
            factors[:moving] = self._now + self._step * np.arange(1, moving + 1)
            self._left -= moving
            if self._left:
                self._now += self._step * moving
            else:
                self._now = self._target
                factors[moving - 1] = self._target
        return factors

    def apply(self, block: Block) -> Block:
        """The block at this gain; the block itself is left as it is."""
        if self._left:
            return block * self.curve(block.shape[1])
        if self._now == 0.0:
            return np.zeros_like(block)
        return block if self._now == 1.0 else block * np.float32(self._now)


class Limiter:
    """Look-ahead peak limiter: no output sample above the ceiling, whatever comes in.

    The gain is down before a peak arrives (:attr:`delay` samples of look-ahead, which is also the latency) and comes back
    slowly. Both channels share one gain, so the stereo image stands still. Sound below the ceiling passes unchanged.
    """

    def __init__(self, ceiling_db: float = CEILING_DB, lookahead: int = RAMP, release_ms: int = 150) -> None:
        self.delay = lookahead
        self._ceiling = np.float32(gain_of(ceiling_db))
        self._keep = math.exp(-1000.0 / (SAMPLE_RATE * release_ms))
        self._held = silence(lookahead)
        self._need = np.zeros(lookahead)  # reduction that the samples held ask for
        self._depth = 0.0  # reduction in force, 1 - gain
        self._smooth = np.zeros(lookahead)

    def process(self, block: Block) -> Block:
        """As many samples as came in, :attr:`delay` samples later."""
        heard = np.concatenate((self._held, block), axis=1)
        out, self._held = heard[:, : block.shape[1]], heard[:, block.shape[1] :]
        peak = np.max(np.abs(block), axis=0).astype(np.float64) if block.size else np.zeros(0)
        quiet = not block.size or float(peak.max()) <= self._ceiling
        if quiet and self._depth < 1e-6 and not self._need.any():
            self._depth = 0.0
            self._smooth[:] = 0.0
            return out
        gain = self._gain(peak)
        # The clip only ever removes the rounding of float32 (one part in ten million).
        return np.clip(out * gain.astype(np.float32), -self._ceiling, self._ceiling)

    def _gain(self, peak: NDArray[np.float64]) -> NDArray[np.float64]:
        """The gain of each sample going out, from the peaks coming in.

        A sample of peak p wants a reduction 1 - c/p. Holding the largest wish of the next ``delay`` samples, letting it decay,
        then averaging over ``delay`` samples gives a smooth curve that has reached each wish when its sample goes out.
        """
        n, window = peak.size, self.delay
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


class Meter:
    """Peak and RMS of the last 300 ms, in dBFS; fed by one thread, read by any."""

    WINDOW = SAMPLE_RATE * 300 // 1000

    def __init__(self) -> None:
        self._parts: deque[tuple[int, float, float, float]] = deque()
        self._samples = 0
        self._reading = (SILENCE_DB, SILENCE_DB, SILENCE_DB)

    def feed(self, block: Block) -> None:
        """Count one block in."""
        n = block.shape[1]
        if n == 0:
            return
        left, right = (float(v) for v in np.max(np.abs(block), axis=1))
        power = float(np.mean(np.square(block)))
        self._parts.append((n, left, right, power * n))
        self._samples += n
        while len(self._parts) > 1 and self._samples - self._parts[0][0] >= self.WINDOW:
            self._samples -= self._parts.popleft()[0]
        self._reading = (
            db_of(max(p[1] for p in self._parts)),
            db_of(max(p[2] for p in self._parts)),
            db_of(math.sqrt(sum(p[3] for p in self._parts) / self._samples)),
        )

    @property
    def peak_rms(self) -> tuple[float, float]:
        """Highest peak of both channels, RMS of both."""
        left, right, rms = self._reading
        return max(left, right), rms

    @property
    def left_right(self) -> tuple[float, float]:
        """Peak of each channel."""
        return self._reading[0], self._reading[1]

"""Gains that move without a corner, for all inputs at once: a path of gains, one a sub-block, and its application to the lanes."""

import numpy as np
from numpy.typing import NDArray

from audio.automix import SUB
from audio.dsp import Block

Values = NDArray[np.float64]

OPENING = 3
"""Sub-blocks that a fader takes to move or a microphone to open (20 ms)."""
_CURVE = np.asarray(0.5 - 0.5 * np.cos(np.pi * np.arange(1, SUB + 1) / SUB), np.float32)
"""From one gain to the next, flat at both ends."""
_HYSTERESIS = 10**-0.6
_GATE_CLOSES = 0.1


def moved(now: Values, target: Values, parts: int) -> Values:
    """From ``now`` to ``target`` in :data:`OPENING` sub-blocks: the gains at the end of each of ``parts`` (inputs, parts)."""
    steps = np.minimum(1.0, np.arange(1, parts + 1) / min(OPENING, parts))
    path = now[:, None] + (target - now)[:, None] * steps
    return np.where(steps < 1.0, path, target[:, None])


def opened(now: Values, target: Values, parts: int) -> Values:
    """The same for what opens and closes: it closes in one sub-block (7 ms), to exact zero."""
    return np.where(target[:, None] == 0.0, 0.0, moved(now, target, parts))


class Gates:
    """Noise gates: open at their threshold within the sub-block, closed in 70 ms once 6 dB under it."""

    def __init__(self, count: int) -> None:
        self._gain: Values = np.ones(count)

    def step(self, envelope: Values, thresholds: Values) -> Values:
        """The gain of each after one sub-block. Powers; no gate is a threshold of 0."""
        closing = np.maximum(0.0, self._gain - _GATE_CLOSES)
        kept = np.where(envelope < thresholds * _HYSTERESIS, closing, self._gain)
        self._gain = np.where(envelope >= thresholds, 1.0, kept)
        return self._gain


def shaped(lanes: Block, owner: NDArray[np.intp], before: Values, path: Values) -> Block:
    """The lanes at the gains of their owners, from ``before`` along ``path``; what is closed throughout is exact zero."""
    gains = np.concatenate((before[:, None], path), axis=1).astype(np.float32)[owner]
    out = np.zeros_like(lanes)
    passing = np.flatnonzero(gains.any(axis=1))
    if passing.size:
        gains = gains[passing]
        curve = gains[:, :-1, None] + np.diff(gains, axis=1)[:, :, None] * _CURVE
        # The last sample has the target itself: no rounding leaves a microphone a little open.
        curve[:, :, -1] = gains[:, 1:]
        out[passing] = lanes[passing] * curve.reshape(passing.size, -1)
    return out

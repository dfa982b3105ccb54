"""Recursive filters over many lanes at once, without a loop over samples.

A cascade of second-order sections is a small state machine; over a stretch of :data:`STRETCH` samples its output is one matrix
product of the input plus one of the state. Only the states at the stretches' beginnings are found one after the other, for all
lanes together. Exact, but for rounding.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
STRETCH = 64
"""Divides the samples of a tick at 25, 30 and 50 pictures a second. Products of this size stay on one thread of OpenBLAS."""

Lanes = NDArray[np.float32]
Section = tuple[float, float, float, float, float]
"""b0, b1, b2, a1, a2, with a0 = 1."""

K_WEIGHTING: tuple[Section, ...] = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585),
    (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621),
)
"""ITU-R BS.1770, at 48 kHz: the head's shelf, then the high-pass."""


def high_pass(hertz: float) -> tuple[Section, ...]:
    """Second-order Butterworth high-pass (−3 dB at ``hertz``); 0 lets everything pass."""
    if hertz <= 0:
        return ((1.0, 0.0, 0.0, 0.0, 0.0),)
    w = math.tan(math.pi * hertz / SAMPLE_RATE)
    norm = 1 / (1 + math.sqrt(2) * w + w * w)
    return ((norm, -2 * norm, norm, 2 * (w * w - 1) * norm, (1 - math.sqrt(2) * w + w * w) * norm),)


@dataclass(frozen=True, slots=True)
class _Matrices:
    """What one stretch needs: output from input and from state, next state from input and from state."""

    from_input: NDArray[np.float32]
    from_state: NDArray[np.float32]
    to_state: NDArray[np.float32]
    onward: NDArray[np.float64]


def _matrices(sections: Sequence[Section]) -> _Matrices:
    a, b, c, d = _state_space(sections)
    power = np.eye(len(a))
    observed, reached, response = [], [], [d]
    for _ in range(STRETCH):
        observed.append(c @ power)
        reached.append(power @ b)
        response.append(float(c @ power @ b))
        power = a @ power
    lag = np.subtract.outer(np.arange(STRETCH), np.arange(STRETCH))
    toeplitz = np.where(lag >= 0, np.array(response)[np.maximum(lag, 0)], 0.0)
    return _Matrices(
        toeplitz.T.astype(np.float32),
        np.array(observed).T.astype(np.float32),
        np.array(reached[::-1]).astype(np.float32),
        power.T,
    )


def _state_space(
    sections: Sequence[Section],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """s' = A s + B x, y = C s + D x, for sections one after the other (transposed direct form II)."""
    order = 2 * len(sections)
    a, b, c = np.zeros((order, order)), np.zeros(order), np.zeros(order)
    d = 1.0
    for n, (b0, b1, b2, a1, a2) in enumerate(sections):
        # The section's input is what the ones before give: c·s + d·x.
        enters = np.array([b1 - a1 * b0, b2 - a2 * b0])
        rows = slice(2 * n, 2 * n + 2)
        a[rows] = np.outer(enters, c)
        a[rows, rows] += np.array([[-a1, 1.0], [-a2, 0.0]])
        b[rows] = enters * d
        c = b0 * c
        c[2 * n] += 1.0
        d *= b0
    return a, b, c, d


class FilterBank:
    """One filter a lane, each with its own state; :meth:`process` takes a choice of lanes."""

    def __init__(self, filters: Sequence[Sequence[Section]]) -> None:
        """All cascades have the same length."""
        made = [_matrices(sections) for sections in filters]
        self._from_input = np.stack([m.from_input for m in made])
        self._from_state = np.stack([m.from_state for m in made])
        self._to_state = np.stack([m.to_state for m in made])
        self._onward = np.stack([m.onward for m in made])
        self._state = np.zeros((len(made), self._onward.shape[1]))

    def change(self, lane: int, sections: Sequence[Section]) -> None:
        """Another filter for a lane, from the next sample on; its state is kept."""
        made = _matrices(sections)
        self._from_input[lane], self._from_state[lane] = made.from_input, made.from_state
        self._to_state[lane], self._onward[lane] = made.to_state, made.onward

    def rest(self, lanes: NDArray[np.intp]) -> None:
        """These lanes begin again from silence."""
        self._state[lanes] = 0.0

    def process(self, samples: Lanes, lanes: NDArray[np.intp]) -> Lanes:
        """Filter ``samples`` (one row for each of ``lanes``, a multiple of :data:`STRETCH` long)."""
        count, length = samples.shape
        stretches = samples.reshape(count, length // STRETCH, STRETCH)
        entering = stretches @ self._to_state[lanes]
        states = np.empty(entering.shape, np.float32)
        state, onward = self._state[lanes][:, None, :], self._onward[lanes]
        for n in range(entering.shape[1]):
            states[:, n] = state[:, 0]
            state = state @ onward + entering[:, n : n + 1]
        self._state[lanes] = state[:, 0]
        out = stretches @ self._from_input[lanes] + states @ self._from_state[lanes]
        return np.asarray(out.reshape(count, length), np.float32)

"""Which input goes to which mix, and on which side."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from audio.automix import SUB
from audio.dsp import Block
from audio.settings import BUSES, HEADPHONES, PROGRAMME, Setting, Strip, return_of

Matrix = NDArray[np.float32]
"""(2, lanes): what each lane gives to the left and to the right."""

_RISE = np.asarray(0.5 - 0.5 * np.cos(np.pi * np.arange(1, SUB + 1) / SUB), np.float32)


class Routing:
    """Turns settings into matrices. A microphone in the middle is on both sides at its own level."""

    def __init__(self, strips: Sequence[Strip], owner: NDArray[np.intp]) -> None:
        self._strips = tuple(strips)
        self._owner = owner
        self.mixes = (*BUSES, *(return_of(one.name) for one in strips if one.remote), HEADPHONES)

    def matrices(self, settings: Mapping[str, Setting]) -> dict[str, Matrix]:
        """One for each mix."""
        placed = self._placed(settings)
        found = {
            bus: placed * self._lanes([bus in settings[one.name].sends for one in self._strips])
            for bus in BUSES
        }
        for n, strip in enumerate(self._strips):
            if strip.remote:
                # Not the programme less oneself, which would leave what rounding leaves: oneself is not there.
                found[return_of(strip.name)] = found[PROGRAMME] * (self._owner != n)
        found[HEADPHONES] = placed * self._lanes([settings[one.name].solo for one in self._strips])
        return found

    def _placed(self, settings: Mapping[str, Setting]) -> Matrix:
        matrix = np.zeros((2, len(self._owner)), np.float32)
        lane = 0
        for strip in self._strips:
            pan = settings[strip.name].pan
            sides = (min(1.0, 1.0 - pan), min(1.0, 1.0 + pan))
            if strip.is_microphone:
                matrix[:, lane] = sides
            else:
                matrix[0, lane], matrix[1, lane + 1] = sides
            lane += len(strip.rows)
        return matrix

    def _lanes(self, chosen: Sequence[bool]) -> Matrix:
        """One an input, to one a lane."""
        return np.array(chosen, np.float32)[self._owner]


def routed(lanes: Block, before: Matrix, after: Matrix) -> Block:
    """The mix of the lanes (2, n); a change of matrix is crossfaded over the first sub-block."""
    out: Block = after @ lanes
    if before is not after and not np.array_equal(before, after):
        old = before @ lanes[:, :SUB]
        out[:, :SUB] = old + (out[:, :SUB] - old) * _RISE
    return out

"""Who is heard: activity of each microphone above its own noise, and the gain that open microphones share (Dugan).

One call a sub-block, all microphones at once, on mean powers (1.0 is a full-scale square). The sum of the squared gains of the
microphones that take part is always one: however many are open, the room's noise is that of a single microphone.
"""

import numpy as np
from numpy.typing import NDArray

SUB = 320
"""Samples of a sub-block (6.7 ms); divides the samples of a tick at 25, 30 and 50 pictures a second."""

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

_PER_SECOND = 48_000 // SUB
_ATTACK, _RELEASE = 0.6, 0.05
"""Of the envelope: it has risen within 15 ms and falls in 130 ms, longer than the gap between two syllables."""
ABOVE = 10**0.9
"""9 dB above its noise a microphone is active."""
LEAST = 1e-6
"""−60 dBFS: nothing quieter is active, however quiet the noise."""
HOLD = round(0.25 * _PER_SECOND)
_WINDOW = 2 * _PER_SECOND
"""Speech pauses within two seconds, noise does not: the quietest of the last two to four seconds is the noise."""
_BIAS = 2.0
"""By how much the quietest instant of a noise is under its mean."""
_FLOOR_LOW, _FLOOR_HIGH = 1e-9, 10**-3.6

_TAKE, _GIVE = 0.7, 0.12
"""A share is taken in 15 ms and given back in 60."""
_NOTHING = 1e-4
"""A share under this (−40 dB) is none: the microphone is exact zero."""


class Activity:
    """Follows the envelope and the noise of each microphone."""

    def __init__(self, count: int) -> None:
        self.envelope: Values = np.zeros(count)
        self._quietest: Values = np.zeros(count)
        self._before: Values = np.zeros(count)
        self._left = _WINDOW
        self._since: NDArray[np.int64] = np.full(count, HOLD)

    @property
    def floor(self) -> Values:
        """Power of each microphone's noise."""
        quietest = np.minimum(self._quietest, self._before)
        found: Values = np.clip(quietest * _BIAS, _FLOOR_LOW, _FLOOR_HIGH)
        return found

    def step(self, power: Values) -> Values:
        """One sub-block; returns what each microphone has above its noise, 0 when it is not active."""
        rising = power > self.envelope
        self.envelope += np.where(rising, _ATTACK, _RELEASE) * (power - self.envelope)
        np.minimum(self._quietest, self.envelope, out=self._quietest)
        self._left -= 1
        if self._left == 0:
            self._before, self._quietest, self._left = self._quietest, self.envelope.copy(), _WINDOW
        floor = self.floor
        above = self.envelope > np.maximum(floor * ABOVE, LEAST)
        self._since = np.where(above, 0, self._since + 1)
        return np.where(above, self.envelope - floor, 0.0)

    @property
    def active(self) -> Flags:
        """Was above its noise within the last quarter of a second."""
        return self._since < HOLD


class GainSharing:
    """The shares of the open microphones. The last one that was heard keeps its share until another takes it."""

    def __init__(self, count: int) -> None:
        self._shares: Values = np.zeros(count)

    def step(self, heard: Values, taking_part: Flags) -> Values:
        """One sub-block. ``heard``: see :meth:`Activity.step`. Returns the gain (a factor) of each; 0 for who takes no part."""
        wanted = np.where(taking_part, heard, 0.0)
        total = float(wanted.sum())
        shares = np.where(taking_part, self._shares, 0.0)
        if total > 0:
            wanted /= total
            shares += np.where(wanted > shares, _TAKE, _GIVE) * (wanted - shares)
        shares[shares < _NOTHING] = 0.0
        held = float(shares.sum())
        if held > 0:
            shares /= held
        else:
            shares = taking_part / max(1, int(taking_part.sum()))
        self._shares = shares
        gains: Values = np.sqrt(shares)
        return gains

"""Sound a little slower or faster at the same pitch, while the delay is stretched. Pure arrays.

Samples are copied as they are; when they have drifted from where the picture is by more than 10 ms, a copy is spliced on a little
earlier or later, where it looks most like what would have followed, under a cross-fade of 10 ms. So sound and picture never part
by more than that, and at both ends they are exactly together.
"""

from collections.abc import Callable

import numpy as np

from regie.domain.timeline import SAMPLE_RATE
from regie.media.frames import Sound

FADE = SAMPLE_RATE // 100
MOST = SAMPLE_RATE // 100
"""How far sound may be from its picture."""
REACH = MOST + FADE
"""How far outside the picture's own samples a splice may look."""
_RUN = SAMPLE_RATE // 200
_COARSE = 4
"""Splices are looked for on one sample in four: 12 kHz holds all that matters for a match of speech."""

Hear = Callable[[int, int], Sound]
"""``hear(t, n)``: the ``n`` samples of the programme from ``t`` on, what is hidden already replaced."""


class Stretcher:
    """Follows the picture's pace with the sound. ``block`` when it changes, ``rest`` once it does not any more."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._at: int | None = None

    @property
    def active(self) -> bool:
        """The sound that leaves may not be exactly where the picture is."""
        return self._at is not None

    def block(self, t: int, tick: int, n: int) -> Sound:
        """``n`` samples for the picture that shows the ``tick`` samples from ``t`` on."""
        at = t if self._at is None else self._at
        parts: list[Sound] = []
        done = 0
        while done < n:
            wanted = t + done * tick // n
            if abs(at - wanted) > MOST and n - done >= FADE:
                start = self._alike(at, wanted)
                parts.append(self._splice(at, start))
                at, done = start + FADE, done + FADE
            else:
                run = min(_RUN, n - done)
                parts.append(self._hear(at, run))
                at, done = at + run, done + run
        self._at = at
        return np.concatenate(parts, axis=1)

    def rest(self, t: int, n: int) -> Sound:
        """``n`` ≥ 10 ms samples from ``t`` on, exactly, after a last cross-fade."""
        at, self._at = self._at, None
        if at is None or at == t:
            return self._hear(t, n)
        return np.concatenate((self._splice(at, t), self._hear(t + FADE, n - FADE)), axis=1)

    def forget(self) -> None:
        """The timeline jumped."""
        self._at = None

    def _splice(self, old: int, new: int) -> Sound:
        rise = np.linspace(0.0, 1.0, FADE, dtype=np.float32)
        out: Sound = self._hear(old, FADE) * (1 - rise) + self._hear(new, FADE) * rise
        return out

    def _alike(self, old: int, wanted: int) -> int:
        """Where, around ``wanted``, the sound is most like what follows at ``old``."""
        pattern = self._hear(old, FADE).mean(axis=0)[::_COARSE]
        region = self._hear(wanted - MOST, 2 * MOST + FADE).mean(axis=0)[::_COARSE]
        products = np.correlate(region, pattern, "valid")
        energies = np.convolve(region**2, np.ones(pattern.size), "valid")
        likeness = products / np.sqrt(energies + 1e-9)
        return wanted - MOST + int(np.argmax(likeness)) * _COARSE

"""Which rendition of the programme a room's link bears: the whole one, the small one, or sound only. Pure: time is an argument.

Down quickly, up slowly: a link that has just failed is not tried again at once. What a receiver says it can take (REMB) is bounded
by what it is sent, so it is compared with that, never with what the rendition may cost at most: less than is sent means that
packets pile up on the way.
"""

from dataclasses import dataclass

DOWN_S = 2.0
UP_S = 15.0
MAX_UP_S = 120.0
BAD_LOSS = 0.08
GOOD_LOSS = 0.02
PILING_UP = 0.85
"""An estimate under that share of what is sent is a link that does not follow."""
SETTLING_S = 5.0
"""A connection's first estimates are about nothing."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A rendition: its name in the engine, empty for the main one, None for sound only."""

    tier: str | None


class Ladder:
    """Fed with what the receiver reports and what is sent; :attr:`rung` is what it should get."""

    def __init__(self, rungs: tuple[Rung, ...]) -> None:
        """``rungs``: best first, sound only last."""
        self._rungs = rungs
        self._at = 0
        self._began: float | None = None
        self._bad_since: float | None = None
        self._good_since: float | None = None
        self._patience = UP_S
        self._bps: int | None = None
        self._sent: int | None = None
        self._loss = 0.0

    @property
    def rung(self) -> Rung:
        """What to send."""
        return self._rungs[self._at]

    def estimate(self, bps: int) -> None:
        """The receiver's estimate of what it can take (REMB)."""
        self._bps = bps

    def loss(self, fraction: float) -> None:
        """The share of packets lost in the last report."""
        self._loss = fraction

    def step(self, sent_bps: int, now: float) -> bool:
        """Once a second, with what was sent meanwhile. True when the rung changed."""
        self._sent = sent_bps
        if self._began is None:
            self._began = now
        if now - self._began < SETTLING_S:
            return False
        last = self._at == len(self._rungs) - 1
        # Without pictures nobody reports on them: what was said of them is over.
        starved = not last and self._bps is not None and self._bps < PILING_UP * sent_bps
        loss = 0.0 if last else self._loss
        if loss > BAD_LOSS or starved:
            self._good_since = None
            self._bad_since = now if self._bad_since is None else self._bad_since
            return self._move(1, now) if now - self._bad_since >= DOWN_S else False
        self._bad_since = None
        if self._at == 0 or loss > GOOD_LOSS:
            self._good_since = None
            return False
        self._good_since = now if self._good_since is None else self._good_since
        return self._move(-1, now) if now - self._good_since >= self._patience else False

    def _move(self, by: int, now: float) -> bool:
        if by > 0:
            self._patience = min(self._patience * 1.5, MAX_UP_S)
        self._at += by
        self._began = now
        self._bad_since = self._good_since = None
        self._loss = 0.0
        self._bps = None
        return True

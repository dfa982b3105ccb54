"""One rendition in the delay line: its packets in order, and what stands in for those that may not leave."""

from collections import deque
from typing import Protocol

from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, from_ms
from regie.media.frames import EncodedPicture
from regie.media.frozen import Still
from regie.media.slate_gops import SlateGop

GRACE = from_ms(400)
"""How long a picture may be missing before the public gets the slate."""
NEAR = SAMPLE_RATE
"""A held picture is that old at most when what it stands for begins."""


class Slates(Protocol):
    """Where slate GOPs come from; must answer at once."""

    def gop(self, name: SlateName, tier: str) -> SlateGop:
        """The newest GOP of a slate in a rendition."""


class Tier:
    """One rendition in the line: what waits, and where its chain of references stands.

    ``_intact``: the next P picture of the programme has its reference at the players, because everything since the last IDR left.
    """

    def __init__(self, name: str, tick: int, room: int, slates: Slates, kept: int) -> None:
        self.name = name
        self.passing = False
        self.lost = 0
        self._tick = tick
        self.room = room
        self._slates = slates
        self._waiting: deque[EncodedPicture] = deque()
        self._kept = kept
        self._gone: deque[EncodedPicture] = deque()
        self._refusing = False
        self._intact = False
        self._last_passed = -(1 << 62)
        self._slate: SlateGop | None = None
        self._asked: SlateName | Still | None = None
        self._next_unit = 0

    def put(self, picture: EncodedPicture) -> None:
        """From the encoder's thread. A line that is full drops up to a keyframe, never half a GOP."""
        if len(self._waiting) >= self.room:
            self._refusing = True
        elif picture.key:
            self._refusing = False
        if self._refusing:
            self.lost += 1
            return
        self._waiting.append(picture)

    def complete(self, t: int) -> bool:
        """Has the picture of ``t`` come, or one after it?"""
        return bool(self._waiting) and self._waiting[-1].at >= t

    def gop_before(self, t: int) -> tuple[EncodedPicture, ...]:
        """What leads to the last picture that ends at ``t`` at the latest, its keyframe first; empty when there is none nearby."""
        known = [one for one in (*self._gone, *self._waiting) if one.at + self._tick <= t]
        first = next((n for n in reversed(range(len(known))) if known[n].key), None)
        if first is None or t - known[-1].at > NEAR:
            return ()
        return tuple(known[first:])

    def leave(self, t: int, hidden: SlateName | Still | None) -> tuple[bytes, bool] | None:
        """What leaves for the instant ``t``: an access unit and whether it is a key; None for a picture the mixer skipped."""
        picture = self._take(t)
        if hidden is None and picture is not None and (picture.key or self._intact):
            self._intact = self.passing = True
            self._last_passed = t
            self._slate = None
            return picture.data, picture.key
        if hidden is None and picture is None and self.passing and t - self._last_passed < GRACE:
            return None
        self.passing = False
        # Waiting for the programme's next keyframe, the public keeps the slate it has.
        return self.slate(t, hidden or self._standing() or SlateName.FAULT)

    def _standing(self) -> SlateName | Still | None:
        if self._slate is None:
            return None
        revoked = isinstance(self._asked, Still) and not self._asked.may_leave()
        return SlateName.MASKED if revoked else self._asked

    def _take(self, t: int) -> EncodedPicture | None:
        while self._waiting and self._waiting[0].at < t:
            self._next()
            self.lost += 1
            self._intact = False
        if self._waiting and self._waiting[0].at == t:
            return self._next()
        return None

    def _next(self) -> EncodedPicture:
        picture = self._waiting.popleft()
        if self._kept:
            self._gone.append(picture)
            while self._gone[0].at < picture.at - self._kept:
                self._gone.popleft()
        return picture

    def slate(self, t: int, name: SlateName | Still) -> tuple[bytes, bool]:
        """The next access unit of a slate, or of a held picture, and whether it is a key. ``t`` tells where the seconds begin."""
        self._intact = self.passing = False
        slate = self._slate
        second_begins = t % SAMPLE_RATE == 0
        if slate is None or self._asked is not name or second_begins or self._next_unit >= len(slate.units):
            if isinstance(name, Still):
                slate = self._slate = name.gops[self.name]
            else:
                slate = self._slate = self._slates.gop(name, self.name)
            self._asked = name
            self._next_unit = 0
        unit = self._next_unit
        self._next_unit += 1
        return slate.units[unit], unit == 0

    def skip_to(self, t: int) -> int:
        """The programme goes on at ``t``; how many pictures that leaves behind."""
        gone = 0
        while self._waiting and self._waiting[0].at < t:
            self._next()
            gone += 1
        self._intact = self.passing = False
        self._slate = None
        return gone

"""Turns to speak: who had the floor, from when to when."""

from collections.abc import Iterable

import msgspec


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn (UTC milliseconds). ``person``: a councillor's id, or the name of somebody who is not one."""

    person: str
    since_ms: int
    until_ms: int

    @property
    def lasts_ms(self) -> int:
        """How long it lasted."""
        return max(0, self.until_ms - self.since_ms)


def speaking_time(turns: Iterable[Turn]) -> dict[str, tuple[int, int]]:
    """Milliseconds and number of turns, by person, the longest first."""
    total: dict[str, tuple[int, int]] = {}
    for turn in turns:
        lasted, times = total.get(turn.person, (0, 0))
        total[turn.person] = (lasted + turn.lasts_ms, times + 1)
    return dict(sorted(total.items(), key=lambda one: (-one[1][0], one[0])))

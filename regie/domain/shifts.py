"""How the files of a séance date what they show, once the confidentiality delay has changed. Pure.

Files (playlists, recordings) date their first picture with the instant of the act, then count public time without a break, as
players want. A delay that grows by ten seconds makes all that follows look ten seconds later than it was said: a :class:`Shift` is
noted, and whoever goes from the hour of an act to a place in the files, or back, asks here. Instants are UTC milliseconds.
"""

from collections.abc import Sequence

import msgspec


class Shift(msgspec.Struct, frozen=True):
    """From ``date_ms`` on (as the files date it), the files date what they show ``late_ms`` later than it was."""

    date_ms: int
    late_ms: int


def dated(act_ms: int, shifts: Sequence[Shift]) -> int:
    """How the files date an act; the end of a part that never left (the delay was dropped) for what was in it."""
    for rank in range(len(shifts) - 1, -1, -1):
        shift = shifts[rank]
        if shift.date_ms - shift.late_ms <= act_ms:
            date = act_ms + shift.late_ms
            return min(date, shifts[rank + 1].date_ms) if rank + 1 < len(shifts) else date
    return min(act_ms, shifts[0].date_ms) if shifts else act_ms


def acted(date_ms: int, shifts: Sequence[Shift]) -> int:
    """When what the files show at a date was said; what comes next, for a slate behind which the delay was built."""
    for rank in range(len(shifts) - 1, -1, -1):
        shift = shifts[rank]
        if shift.date_ms <= date_ms:
            act = date_ms - shift.late_ms
            if rank + 1 < len(shifts):
                after = shifts[rank + 1]
                act = min(act, max(after.date_ms - after.late_ms, shift.date_ms - shift.late_ms))
            return act
    if not shifts:
        return date_ms
    return min(date_ms, shifts[0].date_ms - shifts[0].late_ms)

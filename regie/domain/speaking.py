"""Speaking time, from the real microphones: by seat and by item of the agenda. Pure.

A seat speaks from the first word of a confirmed burst to its last; pauses shorter than :data:`BREATH_MS` between two bursts of the
same seat on the same item are part of a speech. Two who speak at once both speak.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from regie.domain.director.state import Talk

BREATH_MS = 2000


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What one seat said on one item (empty: none was on the table): milliseconds, and how many speeches."""

    seat: str
    item: str = ""
    ms: int = 0
    speeches: int = 0


class SpeakingTime(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; ``last``: the instant of each seat's last word that was counted, and on which item."""

    spoken: dict[str, dict[str, Spoken]] = {}
    last: dict[str, tuple[int, str]] = {}

    def hear(self, talks: Iterable[Talk], item: str) -> "SpeakingTime":
        """With what confirmed speakers have said since."""
        changed: dict[str, dict[str, Spoken]] = {}
        last = self.last
        for talk in talks:
            if not talk.confirmed:
                continue
            before, where = last.get(talk.seat, (talk.began - BREATH_MS - 1, item))
            if talk.last <= before:
                continue
            goes_on = talk.began - before <= BREATH_MS and where == item
            since = before if talk.began <= before or goes_on else talk.began
            seats = changed.get(talk.seat) or self.spoken.get(talk.seat, {})
            own = seats.get(item, Spoken(seat=talk.seat, item=item))
            grown = Spoken(
                seat=talk.seat,
                item=item,
                ms=own.ms + talk.last - since,
                speeches=own.speeches + (0 if goes_on or talk.began <= before and own.speeches else 1),
            )
            changed[talk.seat] = {**seats, item: grown}
            last = {**last, talk.seat: (talk.last, item)}
        return SpeakingTime(spoken={**self.spoken, **changed}, last=last) if changed else self

    def rows(self) -> tuple[Spoken, ...]:
        """Every seat and item, by seat."""
        return tuple(one for seat in sorted(self.spoken) for _, one in sorted(self.spoken[seat].items()))


def by(rows: Iterable[Spoken], group_of: Mapping[str, str]) -> dict[str, int]:
    """Milliseconds by whatever ``group_of`` makes of a seat (a group of the council, a person); seats it ignores are left out."""
    found: dict[str, int] = {}
    for row in rows:
        if row.seat in group_of:
            found[group_of[row.seat]] = found.get(group_of[row.seat], 0) + row.ms
    return found


def by_item(rows: Iterable[Spoken], order: Sequence[str]) -> dict[str, int]:
    """Milliseconds by item, those of ``order`` first and as there; the empty one is what was said on none."""
    found: dict[str, int] = {}
    for row in rows:
        found[row.item] = found.get(row.item, 0) + row.ms
    rank = {item: n for n, item in enumerate(order)}
    return {item: found[item] for item in sorted(found, key=lambda one: (rank.get(one, len(rank)), one))}

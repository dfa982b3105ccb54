"""What happened within the items, as anybody may know it: who spoke, votes, suspensions. The finer chapters come from here."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from regie.domain.register.breaks import BreakKind
from regie.domain.register.items import Item
from regie.domain.register.state import Register


class MomentKind(StrEnum):
    """What a moment is."""

    TURN = "parole"
    VOTE = "vote"
    PAUSE = "suspension"
    DOORS = "huis_clos"


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """From an instant to another (UTC ms, None: still). ``item``: its rank, 0 outside the items; ``who`` speaks."""

    kind: MomentKind
    since_ms: int
    until_ms: int | None = None
    item: int = 0
    who: str = ""


def moments(register: Register) -> tuple[Moment, ...]:
    """Every moment of the séance, in the order of time. Nothing is told of who spoke or voted behind closed doors."""
    closed = [one for one in register.breaks if one.kind is BreakKind.DOORS]
    found = [
        moment
        for moment in (*_turns(register), *_votes(register))
        if not any(one.touches(moment.since_ms, moment.until_ms) for one in closed)
    ]
    found += (
        Moment(kind=MomentKind(one.kind.value), since_ms=one.since_ms, until_ms=one.until_ms)
        for one in register.breaks
    )
    return tuple(sorted(found, key=lambda one: one.since_ms))


Hidden = tuple[int, int | None]
"""A passage that nobody may hear (UTC ms of the act), None while it lasts."""


def unheard(found: Iterable[Moment], hidden: Sequence[Hidden]) -> tuple[Moment, ...]:
    """The same, but that nothing says who spoke where nobody may hear it: a turn begins and ends outside what is masked (P6)."""
    spans = sorted(hidden, key=lambda one: one[0])
    left = (_outside(one, spans) if one.kind is MomentKind.TURN else one for one in found)
    return tuple(sorted((one for one in left if one is not None), key=lambda one: one.since_ms))


def _outside(turn: Moment, hidden: Sequence[Hidden]) -> Moment | None:
    since, until = turn.since_ms, turn.until_ms
    for start, end in hidden:
        if start <= since and (end is None or since < end):
            if end is None:
                return None
            since = end
    for start, end in reversed(hidden):
        if until is not None and start < until and (end is None or until <= end):
            until = start
    if until is not None and until <= since:
        return None
    return msgspec.structs.replace(turn, since_ms=since, until_ms=until)


def _turns(register: Register) -> Iterator[Moment]:
    ranks = {item.id: rank for rank, item in enumerate(register.items, 1)}
    for turn in register.floor.turns:
        speaker = register.roster.find(turn.person)
        # A floor given and taken back at once was a slip of the hand.
        if speaker is not None and turn.until_ms != turn.since_ms:
            yield Moment(
                kind=MomentKind.TURN,
                since_ms=turn.since_ms,
                until_ms=turn.until_ms,
                item=ranks.get(turn.item, 0),
                who=speaker.name,
            )


def _votes(register: Register) -> Iterator[Moment]:
    for rank, item in enumerate(register.items, 1):
        yield from _votes_of(item, rank)


def _votes_of(item: Item, rank: int) -> Iterator[Moment]:
    for vote in item.votes:
        if not vote.annulled:
            yield Moment(
                kind=MomentKind.VOTE, since_ms=vote.opened_ms, until_ms=vote.proclaimed_ms, item=rank
            )
    if item.candidates_ms is not None:
        yield Moment(kind=MomentKind.VOTE, since_ms=item.candidates_ms, until_ms=item.appointed_ms, item=rank)

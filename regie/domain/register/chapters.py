"""What anybody may know of the agenda: items, when each began, what became of it once proclaimed. Chapters come from here."""

import msgspec

from regie.domain.register.items import Item, ItemState
from regie.domain.register.state import Register
from regie.domain.register.votes import Mode


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A proclaimed result. Counts are those of the last vote; none for an appointment, whose ``appointed`` is a name."""

    adopted: bool
    secret: bool = False
    for_: int = 0
    against: int = 0
    abstentions: int = 0
    refusals: int = 0
    blanks: int = 0
    nulls: int = 0
    casting: bool = False
    appointed: str = ""
    at_ms: int = 0


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the agenda. ``number``: its rank, from 1; ``title``: as anybody may read it.

    ``called_ms``: when the council came to it (UTC ms); None for one that was set aside, until it is called again.
    """

    item: str
    number: int
    title: str
    rapporteur: str = ""
    state: ItemState = ItemState.LISTED
    called_ms: int | None = None
    result: Result | None = None


_NOT_PROCLAIMED = {ItemState.VOTE_OPEN, ItemState.VOTE_CLOSED}


def chapters(register: Register) -> tuple[Chapter, ...]:
    """The agenda in its order, results only once proclaimed (V12)."""
    return tuple(_chapter(register, item, rank) for rank, item in enumerate(register.items, 1))


def _chapter(register: Register, item: Item, rank: int) -> Chapter:
    rapporteur = register.roster.find(item.agenda.rapporteur)
    return Chapter(
        item=item.id,
        number=rank,
        title=item.agenda.public_title,
        rapporteur=rapporteur.name if rapporteur else "",
        state=item.state,
        called_ms=None if item.state is ItemState.LISTED else item.called_ms,
        result=result_of(item),
    )


def result_of(item: Item) -> Result | None:
    """What was proclaimed, the newest first; None while nothing is, whatever the count already says."""
    if item.appointed:
        name = next((one.name for one in item.candidates if one.id == item.appointed), "")
        return Result(adopted=True, secret=bool(item.rounds), appointed=name, at_ms=item.appointed_ms or 0)
    done = [vote for vote in item.votes if vote.proclaimed_ms is not None and not vote.annulled]
    if not done:
        return None
    vote = done[-1]
    if vote.tally is None or vote.outcome is None or vote.proclaimed_ms is None:
        return None
    tally = vote.tally
    return Result(
        adopted=vote.outcome.adopted,
        secret=vote.mode is Mode.SECRET,
        for_=tally.for_,
        against=tally.against,
        abstentions=tally.abstentions,
        refusals=tally.refusals,
        blanks=tally.blanks,
        nulls=tally.nulls,
        casting=vote.outcome.casting,
        at_ms=vote.proclaimed_ms,
    )


def shots_restricted(register: Register | None) -> bool:
    """Is a secret ballot going on? No shot of a seat may then be put on the picture: a hand must not be read (P14).

    From the opening of the vote, or from the call for candidates, to the proclamation.
    """
    if register is None:
        return False
    for item in register.on_the_table:
        vote = item.vote
        if vote is not None and vote.mode is Mode.SECRET and vote.proclaimed_ms is None:
            return True
        waived = item.waiver is not None and item.waiver.granted
        if item.agenda.is_election and item.candidates_ms is not None and not item.appointed and not waived:
            return True
    return False

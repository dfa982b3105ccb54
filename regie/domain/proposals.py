"""Passages that a person may want to hide, from what the register alone knows: no speech is recognised. Pure.

Afterwards, an item that was flagged, or whose title, report or beneficiary names somebody who is not of the council, is proposed
from its call to the next one's. Live, what is said when such an item is called, or when somebody begins to speak of it, is proposed
as long as it can still be caught in the delay. Nothing is done of it: a person listens, and decides.
"""

import re
from collections.abc import Iterable

import msgspec

from regie.domain.register.state import Register

_CIVILITY = r"(?:MM?\.|Mmes?|Monsieur|Madame|Mademoiselle|Mlle)"
_BEFORE = re.compile(rf"^{_CIVILITY}\s+")
_NAME = re.compile(rf"\b{_CIVILITY}\s+((?:[A-ZÀ-Ý][\w'’-]*)(?:\s+(?:de\s+|du\s+|d['’])?[A-ZÀ-Ý][\w'’-]*)*)")


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An item to listen to again: UTC ms from its call to the next call, or to the end; ``names``: who it names."""

    item: str
    title: str
    names: tuple[str, ...]
    flagged: bool
    start_ms: int
    end_ms: int


def proposals(register: Register, flagged: Iterable[str] = (), now_ms: int = 0) -> tuple[Proposal, ...]:
    """In the order in which they were called.

    ``flagged``: ids of items flagged elsewhere than as sensitive in the register;
    ``now_ms``: the end of one that is still discussed.
    """
    marked = frozenset(flagged)
    called = sorted(
        ((item.called_ms, item) for item in register.items if item.called_ms is not None),
        key=lambda pair: pair[0],
    )
    found = []
    for rank, (start_ms, item) in enumerate(called):
        agenda = item.agenda
        names = named(register, agenda.title, agenda.report, agenda.beneficiary)
        sensitive = agenda.sensitive or item.id in marked
        after = next((at for at, _ in called[rank + 1 :] if at > start_ms), None)
        end_ms = after or register.closed_ms or max(now_ms, register.last_ms)
        if (names or sensitive) and end_ms > start_ms:
            found.append(
                Proposal(
                    item=item.id,
                    title=agenda.title,
                    names=names,
                    flagged=sensitive,
                    start_ms=start_ms,
                    end_ms=end_ms,
                )
            )
    return tuple(found)


LAST_CALL_MS = 2000
"""A live proposal is over when its beginning is that close to leaving."""
_WORTH_MS = 2000
"""It stands that long at least, or is not made."""


class LiveProposal(msgspec.Struct, frozen=True, kw_only=True):
    """What has been said since ``start_ms`` (UTC) may name somebody; it is proposed for ``lasts_ms``.

    ``names``: who the item names, nobody when it was only flagged; ``speaker``: because somebody has begun to speak.
    """

    item: str
    names: tuple[str, ...]
    speaker: bool
    start_ms: int
    lasts_ms: int


def live_proposal(
    register: Register, flagged: Iterable[str], now_ms: int, held_ms: int, lead_ms: int
) -> LiveProposal | None:
    """The proposal that stands now, if any. ``held_ms``: the delay that is held; ``lead_ms``: the words may come that long before
    the register is told."""
    lead_ms = min(lead_ms, held_ms - LAST_CALL_MS - _WORTH_MS)
    if lead_ms < 0:
        return None
    marked, turn = frozenset(flagged), register.floor.turn
    for item in register.on_the_table:
        agenda = item.agenda
        spoken = turn is not None and turn.item == item.id and turn.since_ms > (item.called_ms or 0)
        began_ms = turn.since_ms if turn is not None and spoken else item.called_ms
        lasts_ms = held_ms - lead_ms - LAST_CALL_MS
        if began_ms is None or not began_ms <= now_ms <= began_ms + lasts_ms:
            continue
        names = named(register, agenda.title, agenda.report, agenda.beneficiary)
        if names or agenda.sensitive or item.id in marked:
            return LiveProposal(
                item=item.id,
                names=names,
                speaker=spoken,
                start_ms=began_ms - lead_ms,
                lasts_ms=lasts_ms,
            )
    return None


def named(register: Register, *texts: str) -> tuple[str, ...]:
    """Persons whom these texts name after a civility, those of the council left out: what they say in public is public.

    A family name alone is a councillor's when one bears it; with another first name it is somebody else.
    """
    council = [
        _BEFORE.sub("", one.name).casefold().split() for one in register.roster.councillors if one.name
    ]
    known = {" ".join(words) for words in council} | {words[-1] for words in council if words}
    found = (" ".join(name.split()) for text in texts for name in _NAME.findall(text))
    return tuple(dict.fromkeys(name for name in found if name.casefold() not in known))

"""Passages that a person may want to take out, from what the register alone knows: no speech is recognised. Pure.

An item that was flagged, or whose title, report or beneficiary names somebody who is not of the council, is proposed from its call
to the next one's. Nothing is done of it: a person listens, and decides.
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

    ``flagged``: ids of items that the configuration flags; ``now_ms``: the end of one that is still discussed.
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

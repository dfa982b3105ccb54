"""The chapters of a file that plays anywhere: one list without overlap, in French, from the register."""

from collections.abc import Iterator, Sequence

from regie.domain.register.chapters import Chapter, chapters
from regie.domain.register.moments import Hidden, Moment, MomentKind, moments, unheard
from regie.domain.register.state import Register

_WORDS = {
    MomentKind.VOTE: "Vote",
    MomentKind.PAUSE: "Suspension de séance",
    MomentKind.DOORS: "Huis clos",
}

Mark = tuple[int, str]
"""Where a chapter begins (UTC ms of the act) and what it is called."""


def said(moment: Moment) -> str:
    """« Mme Diallo », « Vote », « Suspension de séance »."""
    return moment.who or _WORDS[moment.kind]


def marks(register: Register, hidden: Sequence[Hidden] = ()) -> tuple[Mark, ...]:
    """Items, speakers, votes and suspensions, each until the next one; nothing for a register of which nothing was called.

    ``hidden``: where nobody may hear who spoke.
    """
    items = [one for one in chapters(register) if one.called_ms is not None]
    found = [
        *((one.called_ms or 0, _titled(one)) for one in items),
        *_within(unheard(moments(register), hidden), items),
    ]
    return tuple(sorted(found, key=lambda one: one[0]))


def _titled(item: Chapter) -> str:
    return f"{item.number}. {' '.join(item.title.split())}"


def _within(found: Sequence[Moment], items: Sequence[Chapter]) -> Iterator[Mark]:
    titles = {one.number: _titled(one) for one in items}
    for moment in found:
        title = titles.get(moment.item)
        yield moment.since_ms, f"{title} – {said(moment)}" if title else said(moment)

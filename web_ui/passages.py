"""What is hidden of a séance, live and afterwards, at the hours of the acts: what citizens are told of it goes by this."""

from collections.abc import Sequence

from regie.documents.hidden import closed, listed
from regie.domain.masks import MaskKind
from regie.domain.register.moments import Hidden, Moment, unheard
from regie.domain.shifts import acted
from regie.journal import JournalError
from regie.media.removed import kept
from regie.media.shifting import shifts
from web_ui.agenda import speaker_at
from web_ui.services import Services

Passage = tuple[MaskKind, int, int | None]
"""What is hidden, from when to when (UTC ms, None while it lasts)."""


def passages(services: Services, seance: str) -> tuple[Passage, ...]:
    """Those of the current séance, or of one that is over. Raises JournalError when the register of that one cannot be read."""
    directory = services.seances_dir / seance
    current = services.core.view()
    if current is None or current.id != seance:
        return tuple((row.hides, row.start_ms, row.end_ms) for row in listed(directory))
    return (*_live(services), *_afterwards(services, seance))


def heard_moments(services: Services, seance: str) -> tuple[Moment, ...]:
    """Who spoke, votes and suspensions of a séance; nothing of who spoke where nobody may hear it."""
    return unheard(services.core.moments(seance), _unheard_of(services, seance))


def heard_speaker(services: Services, public_ms: int) -> str:
    """Who has the floor at the instant that citizens receive; nobody where nobody may hear it."""
    view = services.core.view()
    hidden = _unheard_of(services, view.id) if view is not None else []
    if any(start <= public_ms and (end is None or public_ms < end) for start, end in hidden):
        return ""
    return speaker_at(services.core.register(), public_ms)


def _unheard_of(services: Services, seance: str) -> list[Hidden]:
    try:
        found, doors = passages(services, seance), _closed(services, seance)
    except JournalError:
        return [(0, None)]  # what cannot be known to be clean is not shown
    return [*doors, *((start, end) for kind, start, end in found if kind.hides_sound)]


def _closed(services: Services, seance: str) -> Sequence[Hidden]:
    current = services.core.view()
    if current is not None and current.id == seance:
        return services.secrecy.closed
    return closed(services.seances_dir / seance)


def _live(services: Services) -> tuple[Passage, ...]:
    instant = services.secrecy.utc_ms
    found = []
    for line in services.secrecy.book:
        first, last = line.stretches[0], line.stretches[-1]
        start = instant(first.run, first.start)
        if start is not None:
            end = line.closed_ms if last.end is None else instant(last.run, last.end)
            found.append((line.hides, start, end))
    return tuple(found)


def _afterwards(services: Services, seance: str) -> tuple[Passage, ...]:
    directory = services.seances_dir / seance
    changes = shifts(directory)
    return tuple(
        (one.hides, acted(one.start_ms, changes), acted(one.end_ms, changes)) for one in kept(directory)
    )

"""The life of a séance: à venir → en direct ⇄ suspendue → terminée. Pure: state and command in, events or a refusal out."""

from collections.abc import Iterable
from functools import reduce
from typing import assert_never

import msgspec

from regie.domain.commands import (
    EndSeance,
    PauseSeance,
    PrepareSeance,
    ResumeSeance,
    SeanceCommand,
    StartSeance,
)
from regie.domain.events import (
    LIFE_EVENTS,
    Event,
    SeanceEnded,
    SeancePaused,
    SeancePrepared,
    SeanceResumed,
    SeanceStarted,
)
from regie.domain.model import SeanceState
from regie.errors import Refusal


class Seance(msgspec.Struct, frozen=True, kw_only=True):
    """One sitting of the council. ``due_utc`` in UTC seconds; ``opened_ms`` and ``ended_ms`` in UTC milliseconds."""

    id: str
    title: str
    state: SeanceState = SeanceState.COMING
    due_utc: int
    opened_ms: int | None = None
    ended_ms: int | None = None

    @property
    def opened_utc(self) -> int | None:
        """When the president opened it, UTC seconds."""
        return None if self.opened_ms is None else self.opened_ms // 1000

    @property
    def ended_utc(self) -> int | None:
        """When the president closed it, UTC seconds."""
        return None if self.ended_ms is None else self.ended_ms // 1000

    @property
    def is_open(self) -> bool:
        """Opened and not closed."""
        return self.state in (SeanceState.LIVE, SeanceState.PAUSED)


def decide(seance: Seance | None, command: SeanceCommand, now_ms: int, new_id: str) -> tuple[Event, ...]:
    """What a command makes happen at ``now_ms`` (UTC); ``new_id``, which begins with its local date, names the séance that it may
    create. Raises Refusal."""
    match command:
        case PrepareSeance():
            if seance is not None and seance.is_open:
                raise Refusal("a séance is open", code="seance_en_cours")
            name = seance.id if seance is not None and _is_corrected(seance, new_id) else new_id
            return (
                SeancePrepared(at_utc_ms=now_ms, seance=name, title=command.title, due_utc=command.due_utc),
            )
        case StartSeance():
            _expect(seance, SeanceState.COMING)
            return (SeanceStarted(at_utc_ms=now_ms),)
        case PauseSeance():
            _expect(seance, SeanceState.LIVE)
            return (SeancePaused(at_utc_ms=now_ms),)
        case ResumeSeance():
            _expect(seance, SeanceState.PAUSED)
            return (SeanceResumed(at_utc_ms=now_ms),)
        case EndSeance():
            _expect(seance, SeanceState.LIVE, SeanceState.PAUSED)
            return (SeanceEnded(at_utc_ms=now_ms),)
        case _:
            assert_never(command)


_DAY = len("2026-11-24")


def _is_corrected(seance: Seance, new_id: str) -> bool:
    """Is it the pending séance whose title or hour changes? Another day makes another séance: ids begin with their local date."""
    return seance.state is SeanceState.COMING and seance.id[:_DAY] == new_id[:_DAY]


_WHY_NOT = {
    SeanceState.COMING: "seance_pas_ouverte",
    SeanceState.LIVE: "seance_deja_ouverte",
    SeanceState.PAUSED: "seance_suspendue",
    SeanceState.ENDED: "seance_terminee",
}


def _expect(seance: Seance | None, *states: SeanceState) -> None:
    if seance is None:
        raise Refusal("no séance is prepared", code="seance_absente")
    if seance.state not in states:
        raise Refusal(
            f"the séance is {seance.state.value}", code=_WHY_NOT[seance.state], etat=seance.state.value
        )


def apply(seance: Seance | None, event: Event) -> Seance:
    """The séance after an event. Events come from the register: they are obeyed, not judged."""
    match event:
        case SeancePrepared():
            return Seance(id=event.seance, title=event.title, due_utc=event.due_utc)
        case _ if seance is None:
            raise ValueError("the first event of a register prepares its séance")
        case SeanceStarted():
            return msgspec.structs.replace(seance, state=SeanceState.LIVE, opened_ms=event.at_utc_ms)
        case SeancePaused():
            return msgspec.structs.replace(seance, state=SeanceState.PAUSED)
        case SeanceResumed():
            return msgspec.structs.replace(seance, state=SeanceState.LIVE)
        case SeanceEnded():
            return msgspec.structs.replace(seance, state=SeanceState.ENDED, ended_ms=event.at_utc_ms)
        case _:
            raise ValueError(f"{event.KIND} does not concern the life of a séance")


def fold(events: Iterable[Event]) -> Seance | None:
    """The séance that a register tells; what the legal register adds to it is not its life."""
    return reduce(apply, (event for event in events if isinstance(event, LIFE_EVENTS)), None)

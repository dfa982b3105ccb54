"""A séance and its legal register together: one command, one list of events. The séance's life follows the sitting.

Without a convened council the séance is only opened, suspended and closed, as :mod:`regie.domain.seance` says. Once it is convened,
those same commands mean what the law means by them: no opening without quorum, no close over a vote that is not proclaimed.
"""

from collections.abc import Iterable, Iterator
from functools import reduce

import msgspec

from regie.domain import seance as life
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
from regie.domain.register import commands as cmd
from regie.domain.register import decide as law
from regie.domain.register import events as ev
from regie.domain.register import evolve
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase, Register
from regie.domain.seance import Seance
from regie.errors import Refusal


class Sitting(msgspec.Struct, frozen=True):
    """What one register tells: the séance's life, and the council's acts once it is convened."""

    seance: Seance | None = None
    register: Register | None = None


def decide(
    sitting: Sitting, command: SeanceCommand | cmd.AnyCommand, now_ms: int, new_id: str
) -> tuple[Event, ...]:
    """What a command makes happen at ``now_ms`` (UTC); ``new_id`` names the séance that it may create.

    Raises Refusal, Unlawful among them.
    """
    if isinstance(command, SeanceCommand):
        act = None if isinstance(command, PrepareSeance) else _as_the_law_says(sitting.register, command)
        if act is None:
            return life.decide(sitting.seance, command, now_ms, new_id)
        command = act
    _expect_convenable(sitting, command)
    # A wall clock that was set back must not stop the register: acts keep their order.
    at_ms = max(now_ms, sitting.register.last_ms if sitting.register else 0)
    acts = law.decide(sitting.register, command, at_ms).events
    return tuple(event for act in acts for event in (act, *_life_of(act, sitting.seance)))


OF_THEIR_ENTRY = (
    cmd.Convene,
    cmd.ProveConvocation,
    cmd.AddItem,
    cmd.EndMandate,
    cmd.CorrectStay,
    cmd.Arrive,
    cmd.Leave,
    cmd.LodgeProxy,
)
"""Commands that say their own hour (``when_ms``), or whose hour is that of their entry whenever they were typed."""


def decide_typed(
    sitting: Sitting, then: Sitting | None, command: cmd.AnyCommand, typed_ms: int
) -> tuple[Event, ...]:
    """What a command that was typed at ``typed_ms`` (UTC) without the register makes happen: dated, and judged, as of that instant.

    ``then``: the sitting as it stood at that instant; None when nothing has happened since. What has happened since must not
    contradict it; a quorum lost since does not, for it is that of the hour that counts. Raises Refusal, Unlawful among them.
    """
    events = decide(sitting if then is None else then, command, typed_ms, "")
    if then is not None:
        try:
            decide(sitting, command, typed_ms, "")
        except Unlawful as refusal:
            if not refusal.rule.id.startswith("QU"):
                raise
    return events


def _as_the_law_says(register: Register | None, command: SeanceCommand) -> cmd.AnyCommand | None:
    """The act that a command on the séance is once the council is convened; None when the law has nothing to say."""
    if register is None or register.phase is Phase.CLOSED:
        return None
    if register.phase is Phase.CONVENED and not isinstance(command, StartSeance):
        return None  # opened by the technician, not yet by the president
    match command:
        case StartSeance():
            return cmd.OpenSitting(president=register.president)
        case PauseSeance():
            return cmd.SuspendSitting()
        case ResumeSeance():
            return cmd.ResumeSitting()
        case EndSeance():
            return cmd.CloseSitting()
        case _:
            return None


def _expect_convenable(sitting: Sitting, command: cmd.AnyCommand) -> None:
    """A council is convened to a séance that is prepared; to one that was opened without it too, so that its register may begin."""
    if not isinstance(command, cmd.Convene) or sitting.register is not None:
        return
    if sitting.seance is None:
        raise Refusal("no séance is prepared", code="seance_absente")
    if sitting.seance.state is SeanceState.ENDED:
        raise Refusal("the séance is over", code="seance_terminee")


def _life_of(act: ev.Act, seance: Seance | None) -> Iterator[Event]:
    """What an act of the sitting does to the séance's life, which may have begun before the register."""
    match act:
        case ev.Opened():
            if seance is not None and seance.state is SeanceState.PAUSED:
                yield SeanceResumed(at_utc_ms=act.at_utc_ms)
            elif seance is None or not seance.is_open:
                yield SeanceStarted(at_utc_ms=act.at_utc_ms)
        case ev.Suspended():
            yield SeancePaused(at_utc_ms=act.at_utc_ms)
        case ev.Resumed():
            yield SeanceResumed(at_utc_ms=act.at_utc_ms)
        case ev.Closed() | ev.QuorumFailed():
            yield SeanceEnded(at_utc_ms=act.at_utc_ms)
        case _:
            return


def apply(sitting: Sitting, event: Event) -> Sitting:
    """The sitting after an event."""
    if isinstance(event, LIFE_EVENTS):
        after = life.apply(sitting.seance, event)
        another = (
            isinstance(event, SeancePrepared) and sitting.seance is not None and after.id != sitting.seance.id
        )
        return Sitting(after, None if another else sitting.register)
    if isinstance(event, ev.Act):
        return Sitting(sitting.seance, evolve.apply(sitting.register, event))
    return sitting  # masks and the like are told in the same register, and move neither


def fold(events: Iterable[Event]) -> Sitting:
    """What a whole register tells."""
    return reduce(apply, events, Sitting())

"""A séance and its legal register together: one command, one list of events. The séance's life follows the sitting.

Without a convened council the séance is only opened, suspended and closed, as :mod:`regie.domain.seance` says. Once it is convened,
those same commands mean what the law means by them: no opening without quorum, no close over a vote that is not proclaimed.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

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
    _expect_alive(sitting, command)
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
    contradict it; a quorum lost since does not, for it is that of the hour that counts. Where it would not be the same act now, or
    would undo what was entered since, nothing is guessed: ``contredit_depuis``. Raises Refusal, Unlawful among them.
    """
    events = decide(sitting if then is None else then, command, typed_ms, "")
    if then is None:
        return events
    try:
        now = decide(sitting, command, typed_ms, "")
    except Unlawful as refusal:
        if not refusal.rule.id.startswith("QU"):
            raise
    else:
        if [essence(event) for event in _acts(events)] != [essence(event) for event in _acts(now)]:
            raise Refusal("it would not be the same act now", code="contredit_depuis")
    if then.register is not None and sitting.register is not None:
        _expect_nothing_undone(then.register, sitting.register, command, events)
    return events


_OF_THE_HOUR = frozenset(
    {
        "at_utc_ms",
        "opened_ms",
        "count",
        "quorum",
        "snapshot",
        "voices",
        "absent",
        "present",
        "needed",
        "president",
    }
)
"""Fields that are an instant, or what is frozen of who was there then: they are those of the hour of typing."""


def essence(event: Event) -> Any:
    """An event without its instants and without who was there: what makes two acts the same one."""
    return event.KIND, _without_the_hour(msgspec.to_builtins(event))


def _without_the_hour(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_the_hour(one) for name, one in value.items() if name not in _OF_THE_HOUR}
    if isinstance(value, list | tuple):
        return [_without_the_hour(one) for one in value]
    return value


def _acts(events: Iterable[Event]) -> Iterator[Event]:
    """What was done; what the register remarks by itself on the way is that of the hour."""
    return (
        event for event in events if not isinstance(event, ev.Flagged | ev.QuorumLost | ev.QuorumRegained)
    )


_OF_THE_PHASE = (cmd.SuspendSitting, cmd.ResumeSitting, cmd.CloseSitting, cmd.DeclareNoQuorum)


def _expect_nothing_undone(
    then: Register, now: Register, command: cmd.AnyCommand, events: Iterable[Event]
) -> None:
    """The council did not work on after it was suspended or closed, and what an act replaces was not replaced since."""
    before = (then.phase, then.resumptions, then.items, then.floor.turns)
    went_on = before != (now.phase, now.resumptions, now.items, now.floor.turns)
    if isinstance(command, _OF_THE_PHASE) and went_on:
        raise Refusal("the sitting went on since", code="contredit_depuis")
    if any(_replaced(then, event) != _replaced(now, event) for event in events):
        raise Refusal("something newer would be undone", code="contredit_depuis")


def _replaced(register: Register, event: Event) -> object:
    """What an event takes the place of in a register."""
    match event:
        case ev.BallotsCast():
            votes = register.item(event.item).votes
            seats = {ballot.seat for ballot in event.ballots}
            return len(votes), {
                ballot for ballot in votes[-1].ballots if ballot.seat in seats
            } if votes else ()
        case ev.VoteClosed():
            vote = register.item(event.item).votes[-1]
            # Names that it says otherwise than they were heard; the count that it corrects.
            return vote.number, vote.tally, {one for one in vote.ballots if one not in event.ballots}
        case ev.Recused() | ev.RecusalLifted():
            return [one for one in register.item(event.item).recusals if one.seat == event.seat]
        case ev.CandidatesCalled():
            return register.item(event.item).candidates
        case ev.SecrecyWaived():
            return register.item(event.item).waiver
        case ev.FloorGiven() | ev.FloorTaken() | ev.TimeExtended():
            return register.floor.turns
        case ev.PresidencyPassed():
            return register.president
        case ev.SecretaryAppointed():
            return register.secretaries
        case ev.AgendaReordered():
            return [item.id for item in register.items]
        case _:
            return None


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


def _expect_alive(sitting: Sitting, command: cmd.AnyCommand) -> None:
    """A council is convened to a séance that is prepared; to one that was opened without it too, so that its register may begin.

    One that ended before its council opened stays over.
    """
    if sitting.register is not None:
        ended = sitting.seance is not None and sitting.seance.state is SeanceState.ENDED
        if ended and sitting.register.phase is Phase.CONVENED:
            raise Refusal("the séance is over", code="seance_terminee")
        return
    if not isinstance(command, cmd.Convene):
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

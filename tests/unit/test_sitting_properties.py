"""Whatever the sequence of commands, the life of the séance and its sitting tell the same story, and replay tells it again."""

import contextlib
from collections.abc import Sequence
from functools import reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regie.domain import events as stored
from regie.domain.commands import (
    EndSeance,
    PauseSeance,
    PrepareSeance,
    ResumeSeance,
    SeanceCommand,
    StartSeance,
)
from regie.domain.model import SeanceState
from regie.domain.register import commands as cmd
from regie.domain.register.chapters import chapters, shots_restricted
from regie.domain.register.items import OPEN_STATES
from regie.domain.register.state import Phase
from regie.domain.register.votes import Mode
from regie.domain.sitting import OF_THEIR_ENTRY, Sitting, apply, decide, decide_typed, fold
from regie.errors import Refusal
from tests.unit.council import START_MS
from tests.unit.test_register_properties import (
    CANDIDATES,
    MEMBERS,
    Step,
    choices,
    close_by_names,
    fixed,
    one_place,
    onward,
    steps,
)

pytestmark = pytest.mark.unit

PREPARE = PrepareSeance(title="Conseil", due_utc=START_MS // 1000)
LIFE = (StartSeance(), PauseSeance(), ResumeSeance(), ResumeSeance(), EndSeance(), PREPARE)
SAME = {
    Phase.CONVENED: SeanceState.COMING,
    Phase.OPEN: SeanceState.LIVE,
    Phase.SUSPENDED: SeanceState.PAUSED,
    Phase.CLOSED: SeanceState.ENDED,
}
natural_steps = st.lists(choices, min_size=1, max_size=6).map(onward)
life_or_act = st.one_of(st.sampled_from(LIFE), steps, steps, steps, steps)
# As in the properties of the register: between acts at random, some that follow.
sequences = st.lists(
    st.tuples(life_or_act, life_or_act, natural_steps, natural_steps), min_size=4, max_size=14
).map(lambda turns: [act for turn in turns for act in turn])
REACHED: set[str] = set()
"""Kinds of events that the sequences made happen."""


def begun() -> tuple[list[stored.Event], Sitting]:
    """A council of nine, convened, seven there, opened."""
    prepared = stored.SeancePrepared(
        at_utc_ms=START_MS, seance="s", title="Conseil", due_utc=START_MS // 1000
    )
    told: list[stored.Event] = [prepared]
    for act in one_place().told:
        told.append(act)
        if act.KIND == "sitting_opened":
            told.append(stored.SeanceStarted(at_utc_ms=act.at_utc_ms))
    return told, fold(told)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(sequence=sequences)
def test_the_life_of_the_seance_is_that_of_the_sitting(sequence: list[object]) -> None:
    told, sitting = begun()
    now = START_MS + 3_600_000
    for wanted in sequence:
        assert sitting.register is not None and sitting.seance is not None
        now += 1000
        command = wanted if isinstance(wanted, SeanceCommand) else wanted(sitting.register)  # type: ignore[operator]
        try:
            happened = decide(sitting, command, now, "autre")
        except Refusal:
            continue
        if isinstance(command, PrepareSeance) and sitting.seance.state is SeanceState.ENDED:
            continue  # another séance begins: its own file
        told += happened
        REACHED.update(event.KIND for event in happened)
        for event in happened:
            sitting = apply(sitting, event)
        assert sitting.register is not None and sitting.seance is not None
        assert sitting.seance.state is SAME[sitting.register.phase]
        check(sitting)
    assert fold(stored.decode(one.KIND, one.VERSION, stored.encode(one)) for one in told) == sitting


def test_the_sequences_reach_what_matters() -> None:
    """A property over sequences that never close a vote, nor suspend, proves nothing."""
    if not REACHED:
        test_the_life_of_the_seance_is_that_of_the_sitting()
    wanted = {
        "seance_paused",
        "seance_resumed",
        "seance_ended",
        "sitting_suspended",
        "sitting_closed",
        "item_called",
        "vote_opened",
        "vote_closed",
        "result_proclaimed",
        "appointed",
        "councillor_left",
        "quorum_lost",
    }
    assert wanted - REACHED == set()


def check(sitting: Sitting) -> None:
    register = sitting.register
    assert register is not None and len(register.roster.councillors) >= MEMBERS
    for item, chapter in zip(register.items, chapters(register), strict=True):
        pending = item.vote is not None and item.vote.proclaimed_ms is None
        if (
            pending
            and item.vote is not None
            and item.vote.mode is Mode.SECRET
            and item in register.on_the_table
        ):
            assert shots_restricted(register)
        if chapter.result is not None and not item.appointed:
            assert any(vote.proclaimed_ms == chapter.result.at_ms for vote in item.votes)  # V12


# -- what was typed without the register -------------------------------------------------------------------------------------

OTHERS: Sequence[cmd.AnyCommand] = (
    cmd.SuspendSitting(),
    cmd.ResumeSitting(),
    cmd.PassPresidency(president="e1"),
    cmd.PassPresidency(president="e2"),
    cmd.AppointSecretaries(secretaries=("e3",)),
    cmd.CallCandidates(item="n", candidates=CANDIDATES[:1]),
    cmd.AskFloor(person="e3"),
    cmd.GiveFloor(person="e4"),
    cmd.Leave(person="e6"),
    cmd.Arrive(person="e6", room="hall"),
)
casting = st.builds(close_by_names, st.lists(choices, min_size=1, max_size=3), st.just(2))
others = st.one_of(
    casting,
    st.sampled_from(OTHERS).map(fixed),
    natural_steps,
)
"""What somebody else enters meanwhile: acts that take the place of another one, and acts that touch nothing."""
turns = st.tuples(
    st.lists(natural_steps, max_size=3),
    st.one_of(natural_steps, natural_steps, casting, others, steps),
    st.lists(others, min_size=1, max_size=2),
)
"""How the séance goes on, what a tablet without network types then, and what others enter before it is heard."""
LATE: set[str] = set()
"""Late commands that were taken, and why others were not."""


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(sequence=st.lists(turns, min_size=3, max_size=10))
def test_what_was_typed_late_is_lawful_of_then_and_undoes_nothing_newer(
    sequence: list[tuple[list[Step], Step, list[Step]]],
) -> None:
    told, sitting = begun()
    now = START_MS + 3_600_000

    def enter(happened: Sequence[stored.Event]) -> Sitting:
        told.extend(happened)
        return reduce(apply, happened, sitting)

    def go_on(with_steps: list[Step]) -> Sitting:
        nonlocal now, sitting
        for step in with_steps:
            now += 1000
            assert sitting.register is not None
            with contextlib.suppress(Refusal):
                sitting = enter(decide(sitting, step(sitting.register), now, ""))
        return sitting

    for onwards, step, meanwhile in sequence:
        then, typed, seen = go_on(onwards), now + 1, len(told)
        assert then.register is not None
        command = step(then.register)
        go_on(meanwhile)
        late = len(told) > seen
        if isinstance(command, OF_THEIR_ENTRY):
            continue  # of the hour of its entry, whenever it was typed
        try:
            happened = decide_typed(sitting, then if late else None, command, typed)
        except Refusal as refusal:
            LATE.add(refusal.stable_code if late else "")
            continue
        assert happened == decide(then, command, typed, ""), "lawful as of then, its flags with it"
        newer = facts(sitting) - facts(then)
        sitting = enter(happened)
        assert newer <= facts(sitting), newer - facts(sitting)
        LATE.update([type(command).__name__] if late and happened else [])
    assert fold(stored.decode(one.KIND, one.VERSION, stored.encode(one)) for one in told) == sitting


def facts(sitting: Sitting) -> set[object]:
    """What somebody entered, as the register shows it: nothing of it may go by an entry that was typed before."""
    register = sitting.register
    assert register is not None
    known: set[object] = {("phase", register.phase, register.resumptions)}
    known |= {("president", register.president), ("secretaries", register.secretaries)}
    known |= {("stay", stay.person, stay.room, stay.since_ms, stay.until_ms) for stay in register.stays}
    known |= {("proxy", proxy.id, proxy.status) for proxy in register.proxies}
    known |= {("turn", turn) for turn in register.floor.turns}
    if register.phase is not Phase.CLOSED:
        known |= {("asks the floor", wish.person, wish.since_ms) for wish in register.floor.queue}
    for item in register.items:
        known |= {("state", item.id, item.state)} if item.state not in OPEN_STATES else set()
        known |= {("recused", item.id, one) for one in item.recusals}
        known |= {("round", item.id, held.number) for held, _ in item.rounds}
        known |= {("appointed", item.id, item.appointed), ("candidates", item.id, item.candidates)}
        for vote in item.votes:
            known |= {("ballot", item.id, vote.number, ballot) for ballot in vote.ballots}
            known |= {("counted", item.id, vote.number, vote.tally, vote.outcome, vote.proclaimed_ms)}
    return known


def test_late_entries_are_taken_and_refused_for_what_matters() -> None:
    if not LATE:
        test_what_was_typed_late_is_lawful_of_then_and_undoes_nothing_newer()
    taken = {kind for kind in LATE if kind[:1].isupper()}
    assert len(taken) >= 5 and "contredit_depuis" in LATE, LATE

"""Whatever the sequence of commands, the life of the séance and its sitting tell the same story, and replay tells it again."""

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
from regie.domain.register.chapters import chapters, shots_restricted
from regie.domain.register.state import Phase
from regie.domain.register.votes import Mode
from regie.domain.sitting import Sitting, apply, decide, fold
from regie.errors import Refusal
from tests.unit.council import START_MS
from tests.unit.test_register_properties import MEMBERS, choices, one_place, onward, steps

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

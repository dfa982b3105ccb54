"""The life of a séance: what each command does in each state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain import events
from regie.domain.commands import (
    EndSeance,
    PauseSeance,
    PrepareSeance,
    ResumeSeance,
    SeanceCommand,
    StartSeance,
)
from regie.domain.events import EVENTS, Event, SeancePrepared, SeanceStarted, UnknownEvent
from regie.domain.model import SeanceState
from regie.domain.seance import Seance, apply, decide, fold
from regie.errors import Refusal

pytestmark = pytest.mark.unit

PREPARE = PrepareSeance(title="Conseil de novembre", due_utc=1_795_000_000)
COMING, LIVE, PAUSED, ENDED = SeanceState.COMING, SeanceState.LIVE, SeanceState.PAUSED, SeanceState.ENDED


def after(*commands: SeanceCommand) -> Seance | None:
    seance: Seance | None = None
    for step, command in enumerate(commands):
        for event in decide(seance, command, 1000 * step, f"2026-11-24-{step}"):
            seance = apply(seance, event)
    return seance


STATES = {
    None: (),
    COMING: (PREPARE,),
    LIVE: (PREPARE, StartSeance()),
    PAUSED: (PREPARE, StartSeance(), PauseSeance()),
    ENDED: (PREPARE, StartSeance(), EndSeance()),
}
OUTCOMES: dict[SeanceState | None, dict[type, SeanceState | str]] = {
    None: {PrepareSeance: COMING, StartSeance: "seance_absente", EndSeance: "seance_absente"},
    COMING: {
        PrepareSeance: COMING,
        StartSeance: LIVE,
        PauseSeance: "seance_pas_ouverte",
        ResumeSeance: "seance_pas_ouverte",
        EndSeance: "seance_pas_ouverte",
    },
    LIVE: {
        PrepareSeance: "seance_en_cours",
        StartSeance: "seance_deja_ouverte",
        PauseSeance: PAUSED,
        ResumeSeance: "seance_deja_ouverte",
        EndSeance: ENDED,
    },
    PAUSED: {
        PrepareSeance: "seance_en_cours",
        StartSeance: "seance_suspendue",
        PauseSeance: "seance_suspendue",
        ResumeSeance: LIVE,
        EndSeance: ENDED,
    },
    ENDED: {
        PrepareSeance: COMING,
        StartSeance: "seance_terminee",
        PauseSeance: "seance_terminee",
        ResumeSeance: "seance_terminee",
        EndSeance: "seance_terminee",
    },
}


@pytest.mark.parametrize(
    ("state", "kind", "outcome"),
    [(state, kind, out) for state, row in OUTCOMES.items() for kind, out in row.items()],
)
def test_each_command_in_each_state(
    state: SeanceState | None, kind: type, outcome: SeanceState | str
) -> None:
    command = PREPARE if kind is PrepareSeance else kind()
    if isinstance(outcome, SeanceState):
        seance = after(*STATES[state], command)
        assert seance is not None and seance.state is outcome
    else:
        with pytest.raises(Refusal) as caught:
            after(*STATES[state], command)
        assert caught.value.stable_code == outcome


def test_a_correction_keeps_the_seance_and_a_new_one_gets_its_own_name() -> None:
    corrected = after(PREPARE, PrepareSeance(title="Conseil extraordinaire", due_utc=5))
    assert corrected == Seance(id="2026-11-24-0", title="Conseil extraordinaire", due_utc=5)
    following = after(PREPARE, StartSeance(), EndSeance(), PREPARE)
    assert following is not None and following.id == "2026-11-24-3" and following.opened_ms is None


def test_the_hours_are_those_of_the_acts() -> None:
    seance = after(PREPARE, StartSeance(), PauseSeance(), ResumeSeance(), EndSeance())
    assert seance is not None
    assert (seance.opened_utc, seance.ended_utc) == (1, 4)


COMMANDS = st.sampled_from([PREPARE, StartSeance(), PauseSeance(), ResumeSeance(), EndSeance()])


@given(st.lists(COMMANDS, max_size=30))
def test_whatever_is_asked_the_register_tells_the_same_seance(commands: list[SeanceCommand]) -> None:
    seance: Seance | None = None
    register: list[Event] = []
    for step, command in enumerate(commands):
        try:
            happened = decide(seance, command, step, f"s{step}")
        except Refusal:
            continue
        register += happened
        for event in happened:
            seance = apply(seance, event)
        assert seance is not None
        assert (seance.opened_ms is not None) == (seance.state is not COMING)
        assert (seance.ended_ms is not None) == (seance.state is ENDED)
    stored = [events.decode(event.KIND, event.VERSION, events.encode(event)) for event in register]
    assert stored == register
    assert fold(stored) == seance


def test_an_event_of_the_future_or_damaged_is_not_guessed() -> None:
    started = SeanceStarted(at_utc_ms=1)
    for kind, version, payload in (
        ("seance_abolished", 1, "{}"),
        (started.KIND, started.VERSION + 1, events.encode(started)),
        (started.KIND, 1, '{"at_utc_ms":1,"who":"x"}'),
        (started.KIND, 1, "not json"),
    ):
        with pytest.raises(UnknownEvent):
            events.decode(kind, version, payload)


def test_an_old_version_is_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SeancePrepared, "VERSION", 3)
    monkeypatch.setattr(
        events,
        "UPGRADES",
        {
            ("seance_prepared", 1): lambda old: old | {"title": old["titre"]},
            ("seance_prepared", 2): lambda old: {key: value for key, value in old.items() if key != "titre"},
        },
    )
    event = events.decode("seance_prepared", 1, '{"at_utc_ms":1,"seance":"s","titre":"T","due_utc":2}')
    assert event == SeancePrepared(at_utc_ms=1, seance="s", title="T", due_utc=2)


def test_every_event_has_its_own_kind() -> None:
    def leaves(base: type[Event]) -> list[type[Event]]:
        below = base.__subclasses__()
        return [leaf for kind in below for leaf in leaves(kind)] if below else [base]

    assert sorted(EVENTS) == sorted(kind.KIND for kind in leaves(Event))

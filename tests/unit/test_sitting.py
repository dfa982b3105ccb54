"""The séance and its legal register in one core: the law drives the life, one file tells both, and a restart finds both again."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from config.chamber import Item, Person
from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Server, Town
from regie import demo_council
from regie.core import Core
from regie.documents.dossier import load
from regie.domain import sitting
from regie.domain.commands import EndSeance, PauseSeance, PrepareSeance, ResumeSeance, StartSeance
from regie.domain.event import Event
from regie.domain.model import SeanceState
from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase
from regie.domain.register.votes import Ballot, Choice, Mode, Tally
from regie.domain.sitting import Sitting
from regie.errors import Refusal
from regie.journal import FILE_NAME, read, verify
from tests.unit.council import convene
from tests.unit.test_core import NOON_S, PREPARE, FixedClock, Media, state_of, with_core

pytestmark = pytest.mark.unit


async def gather(core: Core, clock: FixedClock, present: int = 5, of: int = 9) -> None:
    """A council of nine is convened and some come."""
    await core.submit(convene(of), "greffe")
    for rank in range(1, present + 1):
        clock.now_s += 1
        await core.submit(cmd.Arrive(person=f"e{rank}", room="hall"), "auxiliaire")


def test_the_sitting_drives_the_life_of_the_seance(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await gather(core, clock, present=4)
        with pytest.raises(Unlawful) as refused:
            await core.submit(StartSeance(), "technicien")
        assert (refused.value.rule.id, refused.value.facts["article"]) == ("QU4", "L.2121-17")
        assert state_of(core) is SeanceState.COMING
        await core.submit(cmd.Arrive(person="e5", room="hall"), "auxiliaire")
        await core.submit(StartSeance(), "technicien")
        assert state_of(core) is SeanceState.LIVE
        await core.submit(cmd.SuspendSitting(), "president")
        assert state_of(core) is SeanceState.PAUSED
        await core.submit(ResumeSeance(), "technicien")
        assert state_of(core) is SeanceState.LIVE
        await core.submit(PauseSeance(), "technicien")
        await core.submit(cmd.ResumeSitting(), "president")
        await core.submit(cmd.CloseSitting(), "president")
        assert state_of(core) is SeanceState.ENDED
        register = core.register()
        assert register is not None and register.phase is Phase.CLOSED

    with_core(tmp_path, clock, work, media=Media())
    (file,) = tmp_path.glob(f"*/{FILE_NAME}")
    assert verify(file).faults == ()
    opened = next(entry for entry in read(file) if entry.kind == "sitting_opened")
    suspended = next(entry for entry in read(file) if entry.kind == "sitting_suspended")
    assert (opened.times.seance_ms, suspended.times.seance_ms) == (None, 0)
    assert (opened.times.live, opened.times.public, opened.author) == (960_000, 480_000, "technicien")


def test_a_seance_without_quorum_ends(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await gather(core, clock, present=3)
        await core.submit(cmd.DeclareNoQuorum(), "president")
        assert state_of(core) is SeanceState.ENDED
        with pytest.raises(Refusal, match="terminee"):
            await core.submit(EndSeance(), "technicien")

    with_core(tmp_path, clock, work)


def test_a_council_is_convened_to_a_seance_that_is_not_over(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        with pytest.raises(Refusal, match="not convened"):
            await core.submit(cmd.Arrive(person="e1", room="hall"), "auxiliaire")
        await core.submit(StartSeance(), "technicien")
        await core.submit(EndSeance(), "technicien")
        with pytest.raises(Refusal) as refused:
            await core.submit(convene(9), "greffe")
        assert refused.value.stable_code == "seance_terminee"
        await core.submit(PrepareSeance(title="La suivante", due_utc=NOON_S), "technicien")
        await core.submit(convene(9), "greffe")
        assert core.register() is not None
        await core.submit(PrepareSeance(title="Le bon titre", due_utc=NOON_S), "technicien")
        assert core.register() is not None  # another title, the same séance

    with_core(tmp_path, clock, work)


def test_a_seance_that_was_opened_without_convocation_gets_its_register(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await core.submit(StartSeance(), "technicien")
        opened_s = clock.now_s
        clock.now_s += 60
        await gather(core, clock)
        await core.submit(PauseSeance(), "technicien")  # not opened by the president: these keys still go
        await core.submit(cmd.OpenSitting(president="e1"), "president")
        seance, register = core.view(), core.register()
        assert seance is not None and register is not None
        assert (seance.state, register.phase) == (SeanceState.LIVE, Phase.OPEN)
        assert seance.opened_ms == opened_s * 1000 < (register.opened_ms or 0)
        await core.submit(EndSeance(), "technicien")
        register = core.register()
        assert register is not None and register.phase is Phase.CLOSED

    with_core(tmp_path, clock, work)


def test_what_was_typed_without_the_register_is_dated_and_judged_as_of_then(tmp_path: Path) -> None:
    clock = FixedClock()

    def ms(seconds: float) -> int:
        return int(clock.now_s + seconds) * 1000

    async def work(core: Core) -> None:
        await gather(core, clock)
        clock.now_s += 600
        # Nothing else was entered meanwhile: a whole item, each act at its hour.
        called, voted, closed = ms(-300), ms(-200), ms(-100)
        heard: list[bool] = []
        core.listen(lambda: heard.append(core.late))
        await core.submit(cmd.OpenSitting(president="e1"), "aux", typed_ms=ms(-400))
        await core.submit(cmd.CallItem(items=("1",)), "aux", typed_ms=called)
        await core.submit(cmd.OpenVote(), "aux", typed_ms=voted)
        await core.submit(cmd.CloseVote(), "aux", typed_ms=closed)
        await core.submit(cmd.Proclaim(), "president")
        register = core.register()
        assert register is not None
        item = register.item("1")
        assert (item.called_ms, item.votes[0].opened_ms, item.votes[0].closed_ms) == (called, voted, closed)
        assert item.votes[0].proclaimed_ms == ms(0)
        assert heard == [True, True, True, True, False]
        # Since then one has left, the quorum with him: the call was typed when it was there.
        clock.now_s += 60
        await core.submit(cmd.Leave(person="e5"), "seconde")
        with pytest.raises(Unlawful) as refused:
            await core.submit(cmd.CallItem(items=("2",)), "aux", typed_ms=ms(0))
        assert refused.value.rule.id == "QU4"
        await core.submit(cmd.CallItem(items=("2",)), "aux", typed_ms=ms(-30))
        register = core.register()
        assert register is not None and register.item("2").called is not None
        assert len(register.item("2").called.present) == 5  # type: ignore[union-attr]
        # An item is on the table since: that contradicts, and is asked.
        with pytest.raises(Refusal) as contradicted:
            await core.submit(cmd.CallItem(items=("3",)), "aux", typed_ms=ms(-20))
        assert contradicted.value.stable_code == "point_en_cours"

    with_core(tmp_path, clock, work)
    (file,) = tmp_path.glob(f"*/{FILE_NAME}")
    assert verify(file).faults == ()


def test_what_was_typed_late_undoes_nothing_that_was_entered_since(tmp_path: Path) -> None:
    clock = FixedClock()

    async def refused(core: Core, command: cmd.AnyCommand, typed_s: float) -> str:
        before = core.register()
        with pytest.raises(Refusal) as contradicted:
            await core.submit(command, "seconde", typed_ms=int(typed_s * 1000))
        assert core.register() == before
        return contradicted.value.stable_code

    async def work(core: Core) -> None:
        await gather(core, clock, present=7)
        for command in (StartSeance(), cmd.CallItem(items=("1",)), cmd.OpenVote()):
            clock.now_s += 1
            await core.submit(command, "aux")
        opened_s = clock.now_s
        clock.now_s += 3
        await core.submit(cmd.CastBallots(ballots=(Ballot("e5", Choice.AGAINST),)), "aux")
        clock.now_s += 55
        # « Unanimité » was typed before that voice was heard; so was another sense of it.
        assert await refused(core, cmd.CloseVote(), opened_s + 2) == "contredit_depuis"
        other = cmd.CastBallots(ballots=(Ballot("e5", Choice.FOR),))
        assert await refused(core, other, opened_s + 2) == "contredit_depuis"
        named = cmd.CloseVote(ballots=tuple(Ballot(f"e{rank}", Choice.FOR) for rank in range(1, 8)))
        assert await refused(core, named, opened_s + 2) == "contredit_depuis"
        await core.submit(
            cmd.CastBallots(ballots=(Ballot("e4", Choice.ABSTAINS),)),
            "seconde",
            "",
            int((opened_s + 2) * 1000),
        )
        await core.submit(cmd.CloseVote(), "aux")
        closed_s = clock.now_s
        clock.now_s += 10
        await core.submit(cmd.CorrectVote(ballots=(Ballot("e6", Choice.AGAINST),), reason="revu"), "aux")
        recount = cmd.CorrectVote(ballots=(Ballot("e6", Choice.ABSTAINS),), reason="recomptage")
        assert await refused(core, recount, closed_s + 5) == "contredit_depuis"
        await core.submit(cmd.Proclaim(), "president")
        register = core.register()
        assert register is not None and register.item("1").votes[-1].tally == Tally(
            for_=4, against=2, abstentions=1
        )
        # Closed, or suspended, before that: the council went on.
        for act in (cmd.CloseSitting(), cmd.SuspendSitting()):
            assert await refused(core, act, opened_s + 2) in ("contredit_depuis", "vote_en_cours")
            assert await refused(core, act, opened_s - 1.5) == "contredit_depuis"
        assert state_of(core) is SeanceState.LIVE

    with_core(tmp_path, clock, work)
    (file,) = tmp_path.glob(f"*/{FILE_NAME}")
    assert verify(file).faults == ()


def test_what_a_tablet_typed_is_not_judged_before_what_it_had_sent_as_the_link_went(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await gather(core, clock)
        for command in (StartSeance(), cmd.CallItem(items=("1",)), cmd.OpenVote()):
            clock.now_s += 1
            await core.submit(command, "aux")
        typed_ms = int(clock.now_s + 2) * 1000
        clock.now_s += 20
        # It left as it was typed, and was heard twenty seconds later; the next entry was typed meanwhile, without network.
        closed = await core.submit(cmd.CloseVote(), "aux", "tap-1")
        again = await core.submit(cmd.CloseVote(), "aux", "tap-1", typed_ms - 1000)
        assert again == closed
        clock.now_s += 1
        with pytest.raises(Refusal) as refused:
            await core.submit(cmd.Proclaim(), "aux", "tap-2", typed_ms)
        assert refused.value.stable_code == "point_vote_ouvert"
        await core.submit(cmd.Proclaim(), "aux", "tap-2", typed_ms, again.n)
        register = core.register()
        assert register is not None and register.item("1").votes[-1].proclaimed_ms == (clock.now_s - 1) * 1000
        with pytest.raises(Refusal):  # an entry that is not there holds nothing back
            await core.submit(cmd.CallItem(items=("2",)), "aux", "tap-3", typed_ms + 1, 10**6)

    with_core(tmp_path, clock, work)


def test_what_was_typed_late_takes_the_floor_from_nobody_who_has_it_since(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await gather(core, clock, present=7)
        clock.now_s += 1
        await core.submit(StartSeance(), "president")
        began_ms = int(clock.now_s * 1000)
        clock.now_s += 60
        await core.submit(cmd.GiveFloor(person="e3"), "president")
        await core.submit(cmd.AskFloor(person="e4"), "seconde")
        # The call, and another one to speak, were typed before; so was the vote.
        await core.submit(cmd.CallItem(items=("1",)), "aux", typed_ms=began_ms + 1000)
        with pytest.raises(Refusal) as refused:
            await core.submit(cmd.GiveFloor(person="e5"), "aux", typed_ms=began_ms + 2000)
        assert refused.value.stable_code == "contredit_depuis"
        await core.submit(cmd.OpenVote(), "aux", typed_ms=began_ms + 3000)
        register = core.register()
        assert register is not None and register.floor.turn is not None
        assert (register.floor.turn.person, [wish.person for wish in register.floor.queue]) == ("e3", ["e4"])

    with_core(tmp_path, clock, work)


def test_a_seance_that_ended_before_its_council_opened_stays_over(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await gather(core, clock)
        await core.submit(StartSeance(), "technicien")
        await core.submit(PauseSeance(), "technicien")

    async def ended(core: Core) -> None:
        await core.submit(StartSeance(), "technicien")
        await core.submit(convene(9), "greffe")
        await core.submit(EndSeance(), "technicien")
        for command in (convene(9), cmd.Arrive(person="e1", room="hall"), cmd.OpenSitting(president="e1")):
            with pytest.raises(Refusal) as refused:
                await core.submit(command, "greffe")
            assert refused.value.stable_code == "seance_terminee"
        assert state_of(core) is SeanceState.ENDED

    with_core(tmp_path / "a", clock, work)
    with_core(tmp_path / "b", clock, ended)


def test_the_register_is_there_again_after_a_restart_and_warnings_are_told_twice(tmp_path: Path) -> None:
    clock = FixedClock()
    kept: list[object] = []

    async def first(core: Core) -> None:
        await gather(core, clock)
        await core.submit(StartSeance(), "technicien")
        written = await core.submit(cmd.CallItem(items=("1",)), "president", "tap-1")
        assert written.flagged == ("PV1",)
        kept.extend((core.register(), core.cursor, written))

    async def after(core: Core) -> None:
        assert [core.register(), core.cursor] == kept[:2]
        assert await core.submit(cmd.CallItem(items=("1",)), "president", "tap-1") == kept[2]
        assert [entry.n for entry in await core.entries(core.cursor - 2)] == [core.cursor - 1, core.cursor]

    with_core(tmp_path, clock, first)
    with_core(tmp_path, clock, after)


def test_a_clock_set_back_does_not_stop_the_register(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await gather(core, clock)
        clock.now_s -= 3600
        await core.submit(cmd.Arrive(person="e9", room="hall"), "auxiliaire")
        register = core.register()
        assert register is not None and len(assembly.seated(register)) == 6

    with_core(tmp_path, clock, work)


def test_a_secret_ballot_leaves_no_link_between_voter_and_choice_on_disk(tmp_path: Path) -> None:
    clock = FixedClock()

    async def work(core: Core) -> None:
        await gather(core, clock)
        for command in (
            StartSeance(),
            cmd.CallItem(items=("1",)),
            cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e1", "e2")),
            cmd.OpenVote(),
            cmd.CloseVote(tally=Tally(for_=3, against=1, blanks=1)),
            cmd.Proclaim(),
        ):
            clock.now_s += 1
            await core.submit(command, "auxiliaire")

    with_core(tmp_path, clock, work)
    (file,) = tmp_path.glob(f"*/{FILE_NAME}")
    assert {entry.kind for entry in read(file)} >= {"vote_opened", "vote_closed", "result_proclaimed"}
    for entry in read(file):
        assert not list(choices_beside_names(json.loads(entry.payload)))


def choices_beside_names(value: Any) -> Any:
    """Objects that hold a sense of vote and anything that names a seat."""
    if isinstance(value, dict):
        if "choice" in value:
            yield value
        for inner in value.values():
            yield from choices_beside_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from choices_beside_names(inner)


def test_events_of_other_families_move_nothing() -> None:
    assert sitting.apply(Sitting(), Event(at_utc_ms=0)) == Sitting()


def test_the_demonstration_convenes_a_lawful_council_that_may_open(tmp_path: Path) -> None:
    clock = FixedClock()
    config = Config(
        ville=Town(nom="Valmont"),
        serveur=Server(dossier=tmp_path / "data"),
        source=(SourceConfig(id="mire", nom="Mire", genre=SourceKind.BARS),),
        elu=tuple(Person(id=f"e{rank}", nom=f"Élu {rank}") for rank in range(1, 34)),
        point=tuple(Item(numero=number, titre=f"Point {number}") for number in range(1, 6)),
    )

    async def work(core: Core) -> None:
        await demo_council.convene_by_itself(core, config, NOON_S * 1000)
        await demo_council.convene_by_itself(core, config, NOON_S * 1000)
        await core.submit(StartSeance(), demo_council.AUTHOR)
        await demo_council.name_secretary(core)
        register = core.register()
        assert register is not None
        quorum = assembly.snapshot(register)
        assert (len(quorum.present), len(quorum.represented), quorum.needed) == (22, 4, 17)
        assert register.secretaries == ("e2",)
        changed, enough = asyncio.Event(), asyncio.Event()
        core.listen(changed.set)
        keeping = asyncio.create_task(demo_council.keep_convened(core, config, clock, changed))
        await core.submit(cmd.CloseSitting(), "president")
        await core.submit(PREPARE, "technicien")

        def look() -> None:
            register = core.register()
            if register is not None and len(register.stays) == 22:
                enough.set()

        core.listen(look)
        await enough.wait()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    with_core(tmp_path, clock, work)
    (first, _) = sorted(tmp_path.glob(f"*/{FILE_NAME}"))
    flagged = {json.loads(entry.payload)["rule"] for entry in read(first) if entry.kind == "rule_flagged"}
    assert flagged == set()
    assert load(tmp_path / "data" / "seances" / first.parent.name).item("p3").matter == "7.5"

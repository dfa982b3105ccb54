"""The single writer: what is decided is on disk before anybody hears of it, and is there again after a restart."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from regie.clock import Clock
from regie.core import CONFIGURATION, Core, Written
from regie.domain.commands import (
    EndSeance,
    PauseSeance,
    PrepareSeance,
    ResumeSeance,
    StartSeance,
)
from regie.domain.model import SeanceState
from regie.domain.register import commands as cmd
from regie.domain.register.delays import paris_day
from regie.domain.register.rules import Unlawful
from regie.errors import LinkLost, Refusal
from regie.journal import FILE_NAME, Entry, read, verify
from tests.unit.council import convene, convocation, writing

pytestmark = pytest.mark.unit

NOON_S = 1_795_000_000
PREPARE = PrepareSeance(title="Conseil", due_utc=NOON_S)
HOUR_S = 3600


@dataclass
class FixedClock:
    """A clock that moves when told to."""

    now_s: float = NOON_S

    def monotonic_ns(self) -> int:
        return int(self.now_s * 1e9)

    def utc_ns(self) -> int:
        return int(self.now_s * 1e9)


@dataclass(frozen=True)
class Media:
    run: str = "run-1"
    live: int = 960_000
    public: int = 480_000


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


Work = Callable[[Core], Awaitable[None]]


def with_core(
    folder: Path,
    clock: Clock,
    work: Work,
    prepare: PrepareSeance = PREPARE,
    dated: bool = False,
    media: Media | None = None,
) -> None:
    asyncio.run(beside_core(folder, clock, work, prepare, dated, media))


async def beside_core(
    folder: Path,
    clock: Clock,
    work: Work,
    prepare: PrepareSeance = PREPARE,
    dated: bool = False,
    media: Media | None = None,
) -> None:
    """Do some work beside a core that runs."""
    core = Core(folder, clock, lambda: media)
    await core.load(prepare, dated)
    task = asyncio.create_task(core.run())
    try:
        await work(core)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await core.close()


def state_of(core: Core) -> SeanceState | None:
    seance = core.view()
    return seance.state if seance else None


def test_the_configuration_prepares_a_first_seance(tmp_path: Path, clock: FixedClock) -> None:
    async def work(core: Core) -> None:
        seance = core.view()
        assert seance is not None
        assert (seance.title, seance.due_utc, seance.state) == ("Conseil", NOON_S, SeanceState.COMING)
        assert (tmp_path / seance.id / FILE_NAME).is_file()

    with_core(tmp_path, clock, work)


def test_a_session_from_end_to_end_survives_restarts(tmp_path: Path, clock: FixedClock) -> None:
    for command, expected in (
        (StartSeance(), SeanceState.LIVE),
        (PauseSeance(), SeanceState.PAUSED),
        (ResumeSeance(), SeanceState.LIVE),
        (EndSeance(), SeanceState.ENDED),
    ):

        async def work(core: Core) -> None:
            clock.now_s += 60
            await core.submit(command, "technicien")  # noqa: B023 - run before the loop goes on
            assert state_of(core) is expected  # noqa: B023

        with_core(tmp_path, clock, work, media=Media())

    async def after(core: Core) -> None:
        seance = core.view()
        assert seance is not None and seance.state is SeanceState.ENDED
        assert (seance.opened_utc, seance.ended_utc) == (NOON_S + 60, NOON_S + 240)
        assert list(core.past()) == [seance]

    with_core(tmp_path, clock, after)
    (file,) = tmp_path.glob(f"*/{FILE_NAME}")
    assert verify(file).faults == ()
    last = list(read(file))[-1]
    assert last.author == "technicien"
    assert (last.times.seance_ms, last.times.run, last.times.live, last.times.public) == (
        180_000,
        "run-1",
        960_000,
        480_000,
    )


def test_a_refusal_writes_nothing(tmp_path: Path, clock: FixedClock) -> None:
    async def work(core: Core) -> None:
        with pytest.raises(Refusal) as caught:
            await core.submit(EndSeance(), "president")
        assert caught.value.stable_code == "seance_pas_ouverte"

    with_core(tmp_path, clock, work)
    (file,) = tmp_path.glob(f"*/{FILE_NAME}")
    assert [entry.kind for entry in read(file)] == ["seance_prepared"]


def test_the_same_command_twice_happens_once(tmp_path: Path, clock: FixedClock) -> None:
    async def work(core: Core) -> None:
        receipts = await asyncio.gather(
            *(core.submit(StartSeance(), "president", "click-1") for _ in range(3))
        )
        assert set(receipts) == {Written(2)}
        with pytest.raises(Refusal):
            await core.submit(StartSeance(), "president", "click-2")

    with_core(tmp_path, clock, work)
    (file,) = tmp_path.glob(f"*/{FILE_NAME}")
    assert [entry.command for entry in read(file)][1:] == ["click-1"]


def test_listeners_hear_after_the_disk(tmp_path: Path, clock: FixedClock) -> None:
    async def work(core: Core) -> None:
        seen: list[tuple[SeanceState | None, int]] = []

        def heard() -> None:
            (file,) = tmp_path.glob(f"*/{FILE_NAME}")
            seen.append((state_of(core), len(list(read(file)))))

        stop = core.listen(heard)
        await core.submit(StartSeance(), "president")
        stop()
        stop()
        await core.submit(EndSeance(), "president")
        assert seen == [(SeanceState.LIVE, 2)]

    with_core(tmp_path, clock, work)


def test_a_reader_gets_what_is_there_and_what_comes(tmp_path: Path, clock: FixedClock) -> None:
    async def work(core: Core) -> None:
        await core.submit(StartSeance(), "president")
        got: list[Entry] = []
        two = asyncio.Event()

        async def follow() -> None:
            async for entry in core.follow(1):
                got.append(entry)
                if len(got) == 2:
                    two.set()

        reader = asyncio.create_task(follow())
        await core.submit(EndSeance(), "president")
        await two.wait()
        assert [entry.kind for entry in got] == ["seance_started", "seance_ended"]
        await core.submit(PREPARE, "technicien")
        await reader  # another register: this reader is done

    with_core(tmp_path, clock, work)


def test_the_next_seance_has_its_own_register(tmp_path: Path, clock: FixedClock) -> None:
    async def work(core: Core) -> None:
        await core.submit(StartSeance(), "president")
        with pytest.raises(Refusal):
            await core.submit(PREPARE, "technicien")
        await core.submit(EndSeance(), "president")
        first = core.view()
        await core.submit(PrepareSeance(title="La suivante", due_utc=NOON_S), "technicien")
        second = core.view()
        assert first and second and second.id == f"{first.id}-2"
        assert list(core.past()) == [first]

    with_core(tmp_path, clock, work)


def test_another_day_is_another_seance_and_the_last_prepared_is_found_again(
    tmp_path: Path, clock: FixedClock
) -> None:
    async def work(core: Core) -> None:
        first = core.view()
        await core.submit(PrepareSeance(title="Deux heures plus tard", due_utc=NOON_S + 7200), "technicien")
        assert first and core.view() and core.view().id == first.id  # type: ignore[union-attr]
        await core.submit(PrepareSeance(title="Dans dix jours", due_utc=NOON_S + 240 * HOUR_S), "technicien")
        clock.now_s += 1
        await core.submit(PrepareSeance(title="Dans trois jours", due_utc=NOON_S + 72 * HOUR_S), "technicien")
        third = core.view()
        assert third and third.id[:10] > first.id[:10]

    async def after(core: Core) -> None:
        seance = core.view()
        assert seance is not None and seance.title == "Dans trois jours"

    with_core(tmp_path, clock, work)
    clock.now_s += 60
    with_core(tmp_path, clock, after)
    assert len(list(tmp_path.glob(f"*/{FILE_NAME}"))) == 3


@pytest.mark.parametrize(("later_s", "kept"), [(HOUR_S, True), (13 * HOUR_S, False)])
def test_what_has_just_ended_stays_for_a_while(
    tmp_path: Path, clock: FixedClock, later_s: int, kept: bool
) -> None:
    async def session(core: Core) -> None:
        await core.submit(StartSeance(), "president")
        await core.submit(EndSeance(), "president")

    async def after(core: Core) -> None:
        assert state_of(core) is (SeanceState.ENDED if kept else SeanceState.COMING)
        assert len(core.past()) == 1

    with_core(tmp_path, clock, session)
    clock.now_s += later_s
    with_core(tmp_path, clock, after, PrepareSeance(title="Conseil", due_utc=int(clock.now_s)))


def test_an_open_seance_is_gone_on_with_however_old(tmp_path: Path, clock: FixedClock) -> None:
    async def session(core: Core) -> None:
        await core.submit(StartSeance(), "president")

    async def after(core: Core) -> None:
        assert state_of(core) is SeanceState.LIVE

    with_core(tmp_path, clock, session)
    clock.now_s += 100 * HOUR_S
    with_core(tmp_path, clock, after)


def test_what_the_configuration_prepared_follows_it(tmp_path: Path, clock: FixedClock) -> None:
    async def nothing(core: Core) -> None:
        pass

    async def corrected(core: Core) -> None:
        seance = core.view()
        assert seance is not None and (seance.title, seance.due_utc) == (
            "Conseil extraordinaire",
            NOON_S + 60,
        )
        await core.submit(PrepareSeance(title="Dit par une personne", due_utc=NOON_S), "technicien")

    async def left_alone(core: Core) -> None:
        seance = core.view()
        assert seance is not None and seance.title == "Dit par une personne"

    with_core(tmp_path, clock, nothing)
    extraordinary = PrepareSeance(title="Conseil extraordinaire", due_utc=NOON_S + 60)
    with_core(tmp_path, clock, corrected, extraordinary, dated=True)
    assert len(list(tmp_path.iterdir())) == 1
    with_core(tmp_path, clock, left_alone, extraordinary, dated=True)


def test_a_seance_that_never_opened_is_not_waited_for(tmp_path: Path, clock: FixedClock) -> None:
    async def work(core: Core) -> None:
        seance = core.view()
        assert seance is not None and seance.due_utc == int(clock.now_s)

    with_core(tmp_path, clock, work)
    clock.now_s += 48 * HOUR_S
    with_core(tmp_path, clock, work, PrepareSeance(title="Conseil", due_utc=int(clock.now_s)))


def test_pr5_a_writing_is_refused_at_its_fourth_seance_in_a_row(tmp_path: Path, clock: FixedClock) -> None:
    paper = writing(6, 1)

    async def held(core: Core) -> None:
        clock.now_s += 35 * 24 * HOUR_S
        day = paris_day(clock.utc_ns() // 1_000_000)
        await core.submit(PrepareSeance(title="Conseil", due_utc=int(clock.now_s)), "greffe")
        await core.submit(convene(9, call=convocation(day=day, sent=day - timedelta(days=12))), "greffe")
        await core.submit(cmd.LodgeProxy(proxy="p", writing=paper), "greffe")
        for rank in range(1, 6):
            await core.submit(cmd.Arrive(person=f"e{rank}", room="hall"), "greffe")
        await core.submit(cmd.OpenSitting(president="e1"), "greffe")
        await core.submit(cmd.CloseSitting(), "greffe")

    with_core(tmp_path, clock, held)
    with_core(tmp_path, clock, held)

    async def work(core: Core) -> None:
        await held(core)
        with pytest.raises(Unlawful) as refusal:
            await held(core)
        assert (refusal.value.rule.id, refusal.value.facts["seances"]) == ("PR5", 4)
        ill = replace(paper, illness="certificat 2027-3")
        await core.submit(cmd.LodgeProxy(proxy="p", writing=ill), "greffe")
        assert (register := core.register()) is not None
        assert register.proxies[0].writing == replace(ill, consecutive=4, consecutive_of_giver=4)

    with_core(tmp_path, clock, work)


def test_a_damaged_register_is_left_alone(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "2020-01-01").mkdir()
    (tmp_path / "2020-01-01" / FILE_NAME).write_text("damaged" * 100)

    async def work(core: Core) -> None:
        assert state_of(core) is SeanceState.COMING

    with_core(tmp_path, clock, work)
    assert (tmp_path / "2020-01-01" / FILE_NAME).read_text().startswith("damaged")


def test_without_a_disk_commands_are_refused_and_nothing_falls(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "seances").write_text("a file where a folder should be")

    async def work(core: Core) -> None:
        assert core.view() is None
        with pytest.raises(LinkLost) as caught:
            await core.submit(PREPARE, CONFIGURATION)
        assert caught.value.stable_code == "registre_indisponible"

    with_core(tmp_path / "seances", clock, work)

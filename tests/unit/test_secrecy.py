"""What control keeps of confidentiality: hidden first and written after, written first and shown after, whoever dies meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import reduce
from pathlib import Path

import msgspec
import pytest

from regie.board import AntennaStatus, EngineStatus, Latest, MaskStatus
from regie.core import Core
from regie.documents.hidden import closed
from regie.domain import doors
from regie.domain.commands import (
    CloseMask,
    EngineCommand,
    OpenMask,
    PauseSeance,
    ResumeSeance,
    SetAntenna,
    StartSeance,
)
from regie.domain.event import Event
from regie.domain.events import SeancePaused, SeanceResumed
from regie.domain.masks import DoorsShut, MadePublic, MaskKind
from regie.domain.model import SlateName
from regie.domain.register.events import DoorsReopened
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost, Refusal
from regie.journal import FILE_NAME, Entry
from regie.secrecy import KEY, MACHINE, Secrecy
from tests.unit.test_core import NOON_S, FixedClock, Media, with_core
from tests.unit.web_fakes import status

pytestmark = pytest.mark.unit

SECOND = 48_000


class Engine:
    """An engine of one line a command, whose state can be lost, or its link."""

    def __init__(self, run: str = "run-1") -> None:
        self.status: Latest[EngineStatus | None] = Latest(None)
        self.now = status(epoch=Epoch(run=run, utc_ns=0), antenna=AntennaStatus(on=True))
        self.commands: list[EngineCommand] = []
        self.away = False
        self.telling = True
        self.publish()

    def publish(self, **changes: object) -> None:
        self.now = msgspec.structs.replace(self.now, **changes)
        if self.telling:
            self.status.put(None if self.away else self.now)

    async def call(self, command: EngineCommand) -> None:
        if self.away:
            raise LinkLost("away", code="moteur_absent")
        self.commands.append(command)
        masks = {mask.id: mask for mask in self.now.masks}
        match command:
            case OpenMask():
                masks[command.mask] = MaskStatus(
                    id=command.mask, hides=command.hides, start=10 * SECOND, public_start=20 * SECOND,
                    by=command.by, item=command.item, opened_ms=1_795_000_000_000,
                )  # fmt: skip
            case CloseMask():
                held = masks[command.mask]
                masks[command.mask] = msgspec.structs.replace(
                    held, end=20 * SECOND, public_end=30 * SECOND, closed_ms=1_795_000_005_000
                )
            case SetAntenna(on=on, slate=slate):
                self.publish(antenna=AntennaStatus(on=on, slate=slate or SlateName.PAUSE))
        self.publish(masks=tuple(masks.values()))


Work = Callable[[Core, Secrecy, Engine], Awaitable[None]]


def with_secrecy(
    folder: Path, work: Work, engine: Engine | None = None, clock: FixedClock | None = None
) -> None:
    clock, playing = clock or FixedClock(), engine or Engine()

    async def run(core: Core) -> None:
        secrecy = Secrecy(playing, playing.status, core, clock, Media, guard_ms=100)
        task = asyncio.create_task(secrecy.run())
        try:
            await asyncio.wait_for(work(core, secrecy, playing), 10)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    with_core(folder, clock, run, media=Media())


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never became true")


def test_what_the_engine_hid_is_written_after(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await engine.call(OpenMask(mask="m", by="technicien", item="p3"))
        await until(lambda: secrecy.book)
        (line,) = secrecy.book
        assert (line.who, line.item, line.hides, line.is_open) == ("technicien", "p3", MaskKind.BOTH, True)
        assert secrecy.utc_ms("run-1", 48 * 1000) is not None and secrecy.utc_ms("autre", 0) is None

    with_secrecy(tmp_path, work)


def test_a_mask_is_shown_only_once_its_end_is_written(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await engine.call(OpenMask(mask="m", by="technicien"))
        engine.away = True
        with pytest.raises(LinkLost):
            await secrecy.release(CloseMask(mask="m"), "president")
        await until(lambda: secrecy.book and not secrecy.book[0].is_open)
        assert engine.now.masks[0].is_open, "still hidden: the engine was not told yet"
        engine.away = False
        engine.publish()
        await until(lambda: not engine.now.masks[0].is_open)
        entries = await core.entries()
        assert [e.author for e in entries if e.kind.startswith("mask_")] == ["technicien", "president"]

    with_secrecy(tmp_path, work)


def test_a_register_that_cannot_be_written_keeps_it_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await engine.call(OpenMask(mask="m", by="technicien"))
        await until(lambda: secrecy.book)

        async def refuse(*_: object) -> None:
            raise LinkLost("the disk is full", code="registre_indisponible")

        monkeypatch.setattr(core, "note", refuse)
        with pytest.raises(LinkLost):
            await secrecy.release(CloseMask(mask="m"), "technicien")
        assert engine.now.masks[0].is_open

    with_secrecy(tmp_path, work)


def test_control_that_was_away_writes_what_it_missed_once(tmp_path: Path) -> None:
    engine = Engine()

    async def hidden(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await engine.call(OpenMask(mask="m", by="auxiliaire"))
        await until(lambda: secrecy.book)

    async def after(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await until(lambda: secrecy.book and not secrecy.book[0].is_open)
        assert [e.kind for e in await core.entries()] == ["seance_prepared", "mask_opened", "mask_closed"]

    with_secrecy(tmp_path, hidden, engine)
    asyncio.run(engine.call(CloseMask(mask="m")))
    with_secrecy(tmp_path, after, engine)
    with_secrecy(tmp_path, after, engine)


def test_a_mask_that_the_engine_lost_is_hidden_again(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await engine.call(OpenMask(mask="m", by="technicien"))
        await until(lambda: secrecy.book)
        engine.publish(epoch=Epoch(run="run-2", utc_ns=0), masks=())
        await until(lambda: engine.now.masks)
        assert engine.now.masks[0].id == "m" and engine.now.masks[0].is_open
        await until(lambda: len(secrecy.book[0].stretches) == 2)
        assert [s.run for s in secrecy.book[0].stretches] == ["run-1", "run-2"]
        entries = await core.entries()
        assert entries[-1].author == MACHINE

    with_secrecy(tmp_path, work)


def test_a_press_that_was_answered_is_asked_again_when_the_engine_dies_before_it_told(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        engine.telling = False
        await secrecy.hide(OpenMask(mask="m", by="technicien"))
        engine.now = msgspec.structs.replace(engine.now, epoch=Epoch(run="run-2", utc_ns=0), masks=())
        engine.telling = True
        engine.publish()
        await until(lambda: engine.now.masks and secrecy.book)
        assert engine.now.masks[0].is_open
        await asyncio.sleep(0.05)
        assert [c for c in engine.commands if isinstance(c, OpenMask)] == [
            OpenMask(mask="m", by="technicien")
        ] * 2

    with_secrecy(tmp_path, work)


def test_a_key_let_go_before_the_engine_told_of_its_mask_shows_once_it_has(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        engine.telling = False
        await secrecy.hide(OpenMask(mask="m", by="technicien"))
        releasing = asyncio.create_task(secrecy.release(CloseMask(mask="m"), "technicien"))
        await asyncio.sleep(0.06)
        assert not releasing.done()
        engine.telling = True
        engine.publish()
        await releasing
        assert not engine.now.masks[0].is_open
        with pytest.raises(Refusal):
            await secrecy.release(CloseMask(mask="unknown"), "technicien")

    with_secrecy(tmp_path, work)


def test_the_huis_clos_wants_the_president_before_the_technician(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        give = SetAntenna(on=True)
        secrecy.expect_public(give)
        await secrecy.shut_doors("technicien")
        assert engine.commands[0] == SetAntenna(on=False, slate=SlateName.CLOSED_DOORS)
        with pytest.raises(Refusal) as refused:
            secrecy.expect_public(give)
        assert refused.value.stable_code == "huis_clos_en_cours"
        secrecy.expect_public(SetAntenna(on=False))
        await until(lambda: core.cursor == 2)
        await secrecy.make_public("president")
        await until(lambda: not secrecy.shut)
        secrecy.expect_public(give)
        with pytest.raises(Refusal):
            await secrecy.make_public("president")

    with_secrecy(tmp_path, work)


def test_only_the_words_that_say_it_reopen_the_doors() -> None:
    shut = DoorsShut(at_utc_ms=1, run="r", start=0, public_start=0)
    assert not doors.fold(())
    assert doors.fold((shut, SeancePaused(at_utc_ms=2), SeanceResumed(at_utc_ms=3)))
    assert not doors.fold((shut, DoorsReopened(at_utc_ms=2)))
    assert not doors.fold((shut, MadePublic(at_utc_ms=2)))


def test_the_time_behind_shut_doors_begins_with_what_was_still_held_and_ends_with_the_word() -> None:
    shut = DoorsShut(at_utc_ms=60_000, run="r", start=0, public_start=10 * 48_000)
    told: tuple[Event, ...] = (
        shut,
        msgspec.structs.replace(shut, at_utc_ms=65_000),
        SeanceResumed(at_utc_ms=70_000),
        DoorsReopened(at_utc_ms=80_000),
        MadePublic(at_utc_ms=81_000),
        MadePublic(at_utc_ms=82_000),
        msgspec.structs.replace(shut, at_utc_ms=100_000),
    )
    nothing: tuple[doors.Closed, ...] = ()
    assert reduce(doors.closed, told, nothing) == ((50_000, 80_000), (90_000, None))


def test_a_suspension_reopens_no_doors_and_shut_doors_outlive_control(tmp_path: Path) -> None:
    engine, told = Engine(), list[doors.Closed]()

    async def shut(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await core.submit(StartSeance(), "president")
        await secrecy.shut_doors("technicien")

    async def resumed(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        with pytest.raises(Refusal):
            secrecy.expect_public(SetAntenna(on=True))
        await until(lambda: secrecy.shut)
        # What a technician alone may do.
        await core.submit(PauseSeance(), "technicien")
        await core.submit(ResumeSeance(), "technicien")
        read: list[bool] = []
        secrecy.listen(lambda: read.append(secrecy.shut))
        await secrecy.make_public("president")
        await until(lambda: not secrecy.shut)
        assert read.index(False) == len(read) - 1, "not before the president said so"
        told.extend(secrecy.closed)

    with_secrecy(tmp_path, shut, engine)
    with_secrecy(tmp_path, resumed, engine)
    assert [end is None for _, end in told] == [False]
    assert closed(next(tmp_path.rglob(FILE_NAME)).parent) == tuple(told), (
        "what is given out afterwards knows it too"
    )


def _doors(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    return [(e.kind, e.author) for e in entries if e.kind in ("antenna_shut", "made_public")]


def test_a_huis_clos_pressed_while_control_was_away_is_hidden_at_once_then_written(tmp_path: Path) -> None:
    engine, clock = Engine(), FixedClock()
    closed = AntennaStatus(slate=SlateName.CLOSED_DOORS, since_ms=30_000)
    give = SetAntenna(on=True)

    async def before(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await until(lambda: core.cursor == 1)
        assert not secrecy.shut

    async def after(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        def hidden() -> bool:
            return secrecy.shut

        assert hidden(), "before anything is read"
        assert tuple(secrecy.closed) == (((NOON_S + 30) * 1000, None),)
        await until(lambda: core.cursor == 2)
        (told,) = [e for e in await core.entries() if e.kind == "antenna_shut"]
        assert (told.author, told.event.at_utc_ms) == (KEY, (NOON_S + 30) * 1000)
        with pytest.raises(Refusal):
            secrecy.expect_public(give)
        await secrecy.make_public("president")
        await until(lambda: not hidden())
        # The slate stays until the technician gives the antenna, even across the engine's death: that is no new huis clos.
        engine.publish()
        engine.publish(epoch=Epoch(run="run-2", utc_ns=0), now=MediaTime(SECOND), antenna=closed)
        await asyncio.sleep(0.05)
        assert not hidden() and core.cursor == 3
        secrecy.expect_public(give)
        # The key once more, by its own way: hidden at once, written once it is clear that nobody is known to have pressed it.
        clock.now_s += 60
        now = MediaTime(600 * SECOND)
        engine.publish(now=now, antenna=msgspec.structs.replace(closed, since_ms=0))
        assert hidden()
        await asyncio.sleep(0.05)
        assert core.cursor == 3
        clock.now_s += 5
        engine.publish(antenna=msgspec.structs.replace(closed, since_ms=5000))
        await until(lambda: core.cursor == 4)
        # Another slate shown since takes nothing back.
        engine.publish(antenna=AntennaStatus(slate=SlateName.FAULT))
        assert hidden()
        assert _doors(await core.entries()) == [
            ("antenna_shut", KEY), ("made_public", "president"), ("antenna_shut", KEY)
        ]  # fmt: skip

    with_secrecy(tmp_path, before, engine, clock)
    clock.now_s += 60
    engine.publish(now=MediaTime(600 * SECOND), antenna=closed)
    with_secrecy(tmp_path, after, engine, clock)


def test_a_huis_clos_that_could_not_be_written_is_written_later_by_the_same_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FixedClock()

    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        write = core.note

        async def refuse(*_: object) -> None:
            raise LinkLost("the disk is full", code="registre_indisponible")

        monkeypatch.setattr(core, "note", refuse)
        with pytest.raises(LinkLost):
            await secrecy.shut_doors("technicien")
        assert secrecy.shut
        monkeypatch.setattr(core, "note", write)
        clock.now_s += 5
        engine.publish()
        await until(lambda: core.cursor == 2)
        assert _doors(await core.entries()) == [("antenna_shut", "technicien")]
        assert secrecy.shut

    with_secrecy(tmp_path, work, clock=clock)


def test_an_antenna_that_is_on_while_the_doors_are_shut_is_cut(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        await secrecy.shut_doors("technicien")
        await until(lambda: core.cursor == 2)
        engine.publish(antenna=AntennaStatus(on=True), now=MediaTime(1))
        await until(lambda: not engine.now.antenna.on)

    with_secrecy(tmp_path, work)


def test_a_mask_gets_its_reason_afterwards(tmp_path: Path) -> None:
    async def work(core: Core, secrecy: Secrecy, engine: Engine) -> None:
        with pytest.raises(Refusal):
            await secrecy.explain("m", "motif", "", "technicien")
        await engine.call(OpenMask(mask="m", by="technicien"))
        await until(lambda: secrecy.book)
        await secrecy.explain("m", "situation d'un agent", "p3", "secretaire")
        await until(lambda: secrecy.book[0].reason)
        assert (secrecy.book[0].reason, secrecy.book[0].who) == ("situation d'un agent", "technicien")

    with_secrecy(tmp_path, work)

"""The engine in step with the séance: what it is told, when, and what a person may not ask."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from regie.binding import Binding, owed
from regie.board import AntennaStatus, EngineStatus, Latest, WebTvStatus
from regie.domain.commands import (
    CloseSeance,
    EngineCommand,
    OpenSeance,
    SetAntenna,
    SetLogo,
    SetRecess,
    SetRecording,
)
from regie.domain.model import SeanceState, Shot, SlateName
from regie.domain.seance import Seance
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost, Refusal
from regie.settling import SETTLES_S
from tests import virtual_loop
from tests.virtual_loop import VirtualLoop

pytestmark = pytest.mark.unit

FOLDER = Path("/seances")
OPEN = OpenSeance(seance="s1", directory="/seances/s1", recording=True)
HIDE_PAUSE = SetAntenna(on=False, slate=SlateName.PAUSE, at_once=False)
HIDE_QUORUM = SetAntenna(on=False, slate=SlateName.QUORUM, at_once=False)
HIDE_END = SetAntenna(on=False, slate=SlateName.END, at_once=False)
HIDE_BEFORE = SetAntenna(on=False, slate=SlateName.BEFORE)
HUSH, SPEAK = SetRecess(on=True), SetRecess(on=False)
BARS = Shot(("mire",))


def seance(state: SeanceState, name: str = "s1") -> Seance:
    return Seance(id=name, title="Conseil", state=state, due_utc=0)


def status(bound: str = "", on: bool = False, run: str = "r1") -> EngineStatus:
    return EngineStatus(
        epoch=Epoch(run, 0),
        now=MediaTime(0),
        width=1280,
        height=720,
        fps=25,
        programme=BARS,
        preview=BARS,
        antenna=AntennaStatus(on=on),
        webtv=WebTvStatus(seance=bound),
    )


@pytest.mark.parametrize(
    ("state", "bound", "on", "expected"),
    [
        (SeanceState.COMING, "", False, ()),
        (SeanceState.COMING, "s1", True, ()),
        (SeanceState.COMING, "s0", False, (CloseSeance(),)),
        (SeanceState.LIVE, "", False, (OPEN,)),
        (SeanceState.LIVE, "s1", False, ()),
        (SeanceState.LIVE, "s1", True, ()),
        (SeanceState.LIVE, "s0", False, (CloseSeance(), OPEN)),
        (SeanceState.PAUSED, "s1", True, (HUSH, HIDE_PAUSE)),
        (SeanceState.PAUSED, "s1", False, (HUSH,)),
        (SeanceState.PAUSED, "", False, (HUSH, OPEN)),
        (SeanceState.ENDED, "s1", True, (HIDE_END, CloseSeance())),
        (SeanceState.ENDED, "s1", False, (HIDE_END, CloseSeance())),
        (SeanceState.ENDED, "", False, ()),
    ],
)
def test_what_the_engine_is_owed(
    state: SeanceState, bound: str, on: bool, expected: tuple[EngineCommand, ...]
) -> None:
    commands = owed(seance(state), status(bound, on), FOLDER, True)
    assert commands == expected
    assert not any(isinstance(command, SetAntenna) and command.on for command in commands)


@pytest.mark.parametrize(
    ("state", "calling", "expected"),
    [
        (SeanceState.PAUSED, False, ()),
        (SeanceState.PAUSED, True, (SPEAK,)),
        (SeanceState.LIVE, False, (SPEAK,)),
        (SeanceState.COMING, False, (SPEAK,)),
        (SeanceState.ENDED, False, (HIDE_END, CloseSeance())),
    ],
)
def test_silence_lasts_as_long_as_the_suspension_but_for_a_room_to_call(
    state: SeanceState, calling: bool, expected: tuple[EngineCommand, ...]
) -> None:
    suspended = msgspec.structs.replace(status("s1"), recess=True)
    assert owed(seance(state), suspended, FOLDER, True, calling=calling) == expected


def test_nothing_is_owed_without_a_seance() -> None:
    assert owed(None, status("s0", True), FOLDER, True) == ()


class FakeEngine:
    """Carries out what it is told, on its status, like the real one; may be away."""

    def __init__(self) -> None:
        self.status: Latest[EngineStatus | None] = Latest(status())
        self.told: list[EngineCommand] = []
        self.away = False
        self.heard = asyncio.Event()

    async def call(self, command: EngineCommand) -> None:
        if self.away:
            raise LinkLost("away", code="moteur_absent")
        self.told.append(command)
        now = self.status.get()
        assert now is not None
        match command:
            case OpenSeance():
                now = msgspec.structs.replace(now, webtv=WebTvStatus(seance=command.seance))
            case CloseSeance():
                now = msgspec.structs.replace(now, webtv=WebTvStatus())
            case SetRecess():
                now = msgspec.structs.replace(now, recess=command.on)
            case SetAntenna():
                slate = command.slate or now.antenna.slate
                now = msgspec.structs.replace(now, antenna=AntennaStatus(on=command.on, slate=slate))
        self.status.put(now)
        self.heard.set()

    async def until(self, *expected: EngineCommand) -> None:
        async with asyncio.timeout(5):
            while self.told != list(expected):
                self.heard.clear()
                await self.heard.wait()


class Stage:
    """A binding that runs beside a fake engine."""

    async def __aenter__(self) -> tuple[Binding, FakeEngine]:
        self.engine = FakeEngine()
        self.binding = Binding(self.engine, self.engine.status, FOLDER, True)
        self.task = asyncio.create_task(self.binding.run())
        return self.binding, self.engine

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regie.binding.RETRY_S", 0.001)


async def quiet() -> None:
    """Let everything that is ready run."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_whole_seance() -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.COMING))
            await quiet()
            assert engine.told == []
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN)
            await binding.call(SetAntenna(on=True))
            binding.seance_is(seance(SeanceState.PAUSED))
            await engine.until(OPEN, SetAntenna(on=True), HUSH, HIDE_PAUSE)
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN, SetAntenna(on=True), HUSH, HIDE_PAUSE, SPEAK)
            await quiet()
            assert len(engine.told) == 5, "going on does not give the antenna"
            engine.told.clear()
            binding.seance_is(seance(SeanceState.ENDED))
            await engine.until(HIDE_END, CloseSeance())
            binding.seance_is(seance(SeanceState.COMING, "s2"))
            await engine.until(HIDE_END, CloseSeance(), HIDE_BEFORE)

    asyncio.run(run())


def test_a_pause_for_want_of_quorum_says_so_until_it_is_back() -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN)
            await binding.call(SetAntenna(on=True))
            binding.seance_is(seance(SeanceState.LIVE), short=True)
            await quiet()
            engine.told.clear()
            binding.seance_is(seance(SeanceState.PAUSED), short=True)
            await engine.until(HUSH, HIDE_QUORUM)
            binding.seance_is(seance(SeanceState.PAUSED))
            await engine.until(HUSH, HIDE_QUORUM, HIDE_PAUSE)
            # Who goes out during a pause is no news of the quorum.
            binding.seance_is(seance(SeanceState.PAUSED), short=True)
            binding.seance_is(seance(SeanceState.PAUSED))
            await quiet()
            assert engine.told == [HUSH, HIDE_QUORUM, HIDE_PAUSE]

    asyncio.run(run())


def test_a_slate_that_somebody_chose_stays_when_the_quorum_is_back() -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            binding.seance_is(seance(SeanceState.PAUSED), short=True)
            await engine.until(HIDE_QUORUM, HUSH, OPEN)
            await binding.call(SetAntenna(on=False, slate=SlateName.FAULT))
            binding.seance_is(seance(SeanceState.PAUSED))
            await quiet()
            assert engine.told[-1] == SetAntenna(on=False, slate=SlateName.FAULT)

    asyncio.run(run())


def test_a_pause_says_so_on_the_slate_even_without_antenna() -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN)
            binding.seance_is(seance(SeanceState.PAUSED))
            await engine.until(OPEN, HIDE_PAUSE, HUSH)

    asyncio.run(run())


def test_an_engine_that_comes_back_is_bound_again_and_stays_off() -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN)
            await binding.call(SetAntenna(on=True))
            engine.told.clear()
            engine.status.put(None)
            await quiet()
            engine.status.put(status(run="r2"))
            await engine.until(OPEN)
            await quiet()
            assert engine.told == [OPEN]

    asyncio.run(run())


def test_what_could_not_be_said_is_said_later() -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN)
            await binding.call(SetAntenna(on=True))
            engine.told.clear()
            engine.away = True
            binding.seance_is(seance(SeanceState.PAUSED))
            await quiet()
            assert engine.told == []
            engine.away = False
            await engine.until(HUSH, HIDE_PAUSE)

    asyncio.run(run())


def test_the_slate_that_a_person_chose_stays() -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            binding.seance_is(seance(SeanceState.PAUSED))
            await engine.until(HIDE_PAUSE, HUSH, OPEN)
            closed_doors = SetAntenna(on=False, slate=SlateName.CLOSED_DOORS)
            await binding.call(closed_doors)
            engine.status.put(msgspec.structs.replace(status("s1"), recess=True))
            await quiet()
            assert engine.told == [HIDE_PAUSE, HUSH, OPEN, closed_doors]

    asyncio.run(run())


def test_a_past_that_is_merged_takes_no_antenna_away_where_it_ends_does() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN)
            await binding.call(SetAntenna(on=True))
            engine.told.clear()
            # Suspended and resumed without the network, ten minutes ago; merged one upon the other.
            binding.seance_is(seance(SeanceState.PAUSED), late=True)
            await asyncio.sleep(0.3)
            binding.seance_is(seance(SeanceState.LIVE), late=True)
            await asyncio.sleep(30)
            assert engine.told == []
            # Suspended without the network, and still so.
            binding.seance_is(seance(SeanceState.PAUSED), late=True)
            began = loop.time()
            await engine.until(HUSH, HIDE_PAUSE)
            assert loop.time() - began == pytest.approx(SETTLES_S)

    virtual_loop.run(main)


def test_who_suspends_during_a_merge_is_obeyed_at_once() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.LIVE))
            await engine.until(OPEN)
            await binding.call(SetAntenna(on=True))
            engine.told.clear()
            binding.seance_is(seance(SeanceState.LIVE), late=True)
            await asyncio.sleep(0.1)
            began = loop.time()
            binding.seance_is(seance(SeanceState.PAUSED))
            await engine.until(HUSH, HIDE_PAUSE)
            assert loop.time() == pytest.approx(began)

    virtual_loop.run(main)


@pytest.mark.parametrize("command", [SetAntenna(on=True), SetRecording(on=True)])
def test_before_the_opening_the_seance_is_bound_first(command: EngineCommand) -> None:
    async def run() -> None:
        async with Stage() as (binding, engine):
            binding.seance_is(seance(SeanceState.COMING))
            await binding.call(command)
            assert engine.told == [OPEN, command]
            await binding.call(command)
            assert engine.told == [OPEN, command, command]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("state", "command", "code"),
    [
        (None, SetAntenna(on=True), "seance_absente"),
        (SeanceState.PAUSED, SetAntenna(on=True), "seance_suspendue"),
        (SeanceState.ENDED, SetAntenna(on=True), "seance_terminee"),
        (SeanceState.ENDED, SetRecording(on=True), "seance_terminee"),
        (SeanceState.LIVE, OPEN, "commande_reservee"),
        (SeanceState.LIVE, CloseSeance(), "commande_reservee"),
    ],
)
def test_what_a_person_may_not_ask(state: SeanceState | None, command: EngineCommand, code: str) -> None:
    async def run() -> None:
        engine = FakeEngine()
        binding = Binding(engine, engine.status, FOLDER, True)
        binding.seance_is(seance(state) if state else None)
        with pytest.raises(Refusal) as caught:
            await binding.call(command)
        assert caught.value.stable_code == code
        assert engine.told == []
        await binding.call(SetLogo(visible=False))
        await binding.call(SetAntenna(on=False, slate=SlateName.FAULT))
        assert len(engine.told) == 2, "hiding is always possible"

    asyncio.run(run())

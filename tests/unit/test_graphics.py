"""What the register puts on the picture by itself: after the proclamation only, never over a person's title; a huis clos cuts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest

from regie.board import EngineStatus, Latest
from regie.core import Core
from regie.domain.commands import EngineCommand, SetTitle
from regie.domain.model import Title
from regie.domain.register import commands as cmd
from regie.domain.register.proxies import Writing
from regie.domain.register.votes import Ballot, Choice
from regie.errors import LinkLost
from regie.graphics import Graphics
from tests.unit.council import convene, counts
from tests.unit.test_core import PREPARE, FixedClock, with_core
from tests.unit.web_fakes import status

pytestmark = pytest.mark.unit


class Hall:
    """An engine that shows titles, and doors that are shut."""

    def __init__(self) -> None:
        self.status: Latest[EngineStatus | None] = Latest(status(title=None))
        self.said: list[str] = []
        self.failures = 0
        self.heard = asyncio.Event()

    async def call(self, command: EngineCommand) -> None:
        assert isinstance(command, SetTitle)
        now = self.status.get()
        assert now is not None
        self.status.put(msgspec.structs.replace(now, title=command.title))
        self._note(f"{command.title.name} | {command.title.function}" if command.title else "-")

    async def shut_doors(self, who: str) -> None:
        if self.failures:
            self.failures -= 1
            raise LinkLost("away", code="moteur_absent")
        self._note(f"cut by {who}")

    async def make_public(self, who: str) -> None:
        self._note(f"public by {who}")

    def _note(self, what: str) -> None:
        self.said.append(what)
        self.heard.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.said) < count:
                self.heard.clear()
                await self.heard.wait()


def live(folder: Path, work: Callable[[Core, Hall], Awaitable[None]], titles: bool = True) -> None:
    """A council of nine, seven there, not opened; graphics follow its register."""
    clock = FixedClock()

    async def run(core: Core) -> None:
        hall = Hall()
        await core.submit(convene(9), "greffe")
        for rank in range(1, 8):
            await core.submit(cmd.Arrive(person=f"e{rank}", room="hall"), "auxiliaire")
        graphics = Graphics(core, hall, hall, hall.status, titles)
        following = asyncio.create_task(graphics.run())
        await asyncio.sleep(0)
        try:
            await work(core, hall)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    with_core(folder, clock, run)


OPEN = cmd.OpenSitting(president="e1")


def test_items_and_results_are_shown_the_result_once_proclaimed(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        for command in (OPEN, cmd.CallItem(items=("1",)), cmd.OpenVote()):
            await core.submit(command, "president")
        await core.submit(cmd.CloseVote(ballots=(Ballot("e3", Choice.AGAINST),)), "auxiliaire")
        await hall.until(2)
        assert hall.said == ["Séance ouverte | 7 présents sur 9", "Point 1 | Point 1"]
        await core.submit(cmd.Proclaim(), "president")
        await hall.until(3)
        assert hall.said[2] == "Adopté | 6 pour, 1 contre"

    live(tmp_path, work)


def test_a_graphic_goes_by_itself_and_leaves_a_persons_title_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regie.graphics.SHOWN_S", 0.02)

    async def work(core: Core, hall: Hall) -> None:
        await core.submit(OPEN, "president")
        await hall.until(2)
        assert hall.said[1] == "-"
        hall.status.put(status(title=Title(name="Mme Diallo")))
        await core.submit(cmd.CallItem(items=("1",)), "president")
        await core.submit(cmd.NoteItem(item="1"), "president")
        await asyncio.sleep(0.05)
        assert len(hall.said) == 2
        # It waited: when that title goes, it comes.
        hall.status.put(status(title=None))
        await hall.until(3)
        assert hall.said[2] == "Point 1 | Point 1"

    live(tmp_path, work)


def test_what_waited_too_long_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regie.graphics.WAITS_S", 0.0)

    async def work(core: Core, hall: Hall) -> None:
        hall.status.put(status(title=Title(name="Mme Diallo")))
        await core.submit(OPEN, "president")
        await core.submit(cmd.AskFloor(person="e2"), "president")  # the graphics have seen the opening
        await asyncio.sleep(0.02)
        hall.status.put(status(title=None))
        await asyncio.sleep(0.02)
        assert hall.said == []

    live(tmp_path, work)


def test_the_count_follows_who_comes_while_it_is_on(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        await core.submit(OPEN, "president")
        await hall.until(1)
        await core.submit(cmd.Arrive(person="e8", room="hall"), "auxiliaire")
        await hall.until(2)
        writing = Writing(giver="e9", holder="e2", dated=date(2026, 3, 4))
        await core.submit(cmd.LodgeProxy(proxy="p", writing=writing), "auxiliaire")
        await core.submit(cmd.CallItem(items=("1",)), "president")
        await core.submit(cmd.Leave(person="e8"), "auxiliaire")
        await hall.until(3)
        assert hall.said[:2] == ["Séance ouverte | 7 présents sur 9", "Séance ouverte | 8 présents sur 9"]
        assert hall.said[-1] == "Point 1 | Point 1"  # another graphic is on: nobody counts any more

    live(tmp_path, work)


def test_closed_doors_cut_until_the_engine_obeys_and_show_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regie.graphics.RETRY_S", 0.001)

    async def work(core: Core, hall: Hall) -> None:
        hall.failures = 3
        await core.submit(OPEN, "president")
        await core.submit(cmd.AskClosedDoors(by_head=True, reason="santé d'un agent"), "president")
        await core.submit(cmd.DecideClosedDoors(tally=counts(7, 0, 0)), "auxiliaire")
        await hall.until(1)
        assert hall.said == ["cut by auxiliaire"]
        await core.submit(cmd.CallItem(items=("1",)), "president")
        await core.submit(cmd.ConfirmPublicOut(room="hall"), "auxiliaire")
        await core.submit(cmd.ReopenDoors(), "president")
        await hall.until(2)
        assert hall.said[1] == "public by president"

    live(tmp_path, work, titles=False)


def test_the_next_seance_is_followed_too(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        await core.submit(OPEN, "president")
        await core.submit(cmd.CloseSitting(), "president")
        await core.submit(PREPARE, "technicien")
        await core.submit(convene(9), "greffe")
        for rank in range(1, 8):
            await core.submit(cmd.Arrive(person=f"e{rank}", room="hall"), "auxiliaire")
        await core.submit(OPEN, "president")
        await hall.until(2)
        assert set(hall.said) == {"Séance ouverte | 7 présents sur 9"}

    live(tmp_path, work)

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
from regie.graphics import SHOWN_S, WAITS_S, Graphics
from tests import virtual_loop
from tests.unit.council import convene, counts
from tests.unit.test_core import PREPARE, beside_core
from tests.unit.web_fakes import status

pytestmark = pytest.mark.unit


class Hall:
    """An engine that shows titles, and doors that are shut."""

    def __init__(self) -> None:
        self.status: Latest[EngineStatus | None] = Latest(status(title=None))
        self.said: list[str] = []
        self.failures = 0
        self.refuses = False
        self.answers_after_s = 0.0
        self.heard = asyncio.Event()

    async def call(self, command: EngineCommand) -> None:
        assert isinstance(command, SetTitle)
        if self.refuses:
            raise LinkLost("away", code="moteur_absent")
        now = self.status.get()
        assert now is not None
        self.status.put(msgspec.structs.replace(now, title=command.title))
        self._note(f"{command.title.name} | {command.title.function}" if command.title else "-")
        delay_s, self.answers_after_s = self.answers_after_s, 0.0
        await asyncio.sleep(delay_s)

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
        async with asyncio.timeout(60):
            while len(self.said) < count:
                self.heard.clear()
                await self.heard.wait()


def live(folder: Path, work: Callable[[Core, Hall], Awaitable[None]], titles: bool = True) -> None:
    """A council of nine, seven there, not opened; graphics follow its register, in virtual time."""

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

    virtual_loop.run(lambda loop: beside_core(folder, loop, run))


OPEN = cmd.OpenSitting(president="e1")


def test_items_and_results_are_shown_the_result_once_proclaimed(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        for command in (OPEN, cmd.CallItem(items=("1",)), cmd.OpenVote()):
            await core.submit(command, "president")
        await core.submit(cmd.CloseVote(ballots=(Ballot("e3", Choice.AGAINST),)), "auxiliaire")
        await hall.until(2)
        assert hall.said == ["Séance ouverte | Quorum atteint : 7 présents sur 9", "Point 1 | Point 1"]
        await core.submit(cmd.Proclaim(), "president")
        await hall.until(3)
        assert hall.said[2] == "Adopté | 6 pour, 1 contre"

    live(tmp_path, work)


def test_a_graphic_goes_by_itself_and_leaves_a_persons_title_alone(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        await core.submit(OPEN, "president")
        await hall.until(2)
        assert hall.said[1] == "-"
        hall.status.put(status(title=Title(name="Mme Diallo")))
        await core.submit(cmd.CallItem(items=("1",)), "president")
        await core.submit(cmd.NoteItem(item="1"), "president")
        await asyncio.sleep(WAITS_S - 1)
        assert len(hall.said) == 2
        # It waited: when that title goes, it comes.
        hall.status.put(status(title=None))
        await hall.until(3)
        assert hall.said[2] == "Point 1 | Point 1"

    live(tmp_path, work)


def test_a_resumption_says_that_the_quorum_is_there(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        for command in (OPEN, cmd.SuspendSitting()):
            await core.submit(command, "president")
        await hall.until(2)
        await core.submit(cmd.Leave(person="e7"), "auxiliaire")
        await core.submit(cmd.ResumeSitting(), "president")
        await hall.until(3)
        assert hall.said[1:] == ["-", "Séance reprise | Quorum atteint : 6 présents sur 9"]

    live(tmp_path, work)


def test_what_waited_too_long_is_not_shown(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        hall.status.put(status(title=Title(name="Mme Diallo")))
        await core.submit(OPEN, "president")
        await asyncio.sleep(WAITS_S + 1)
        hall.status.put(status(title=None))
        await asyncio.sleep(1)
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
        assert hall.said[:2] == [
            "Séance ouverte | Quorum atteint : 7 présents sur 9",
            "Séance ouverte | Quorum atteint : 8 présents sur 9",
        ]
        assert hall.said[-1] == "Point 1 | Point 1"  # another graphic is on: nobody counts any more

    live(tmp_path, work)


def test_a_count_that_the_engine_refused_does_not_leave_the_title_there(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        await core.submit(OPEN, "president")
        await hall.until(1)
        hall.refuses = True
        await core.submit(cmd.Arrive(person="e8", room="hall"), "auxiliaire")
        await asyncio.sleep(1)
        hall.refuses = False
        await hall.until(2)
        assert hall.said == ["Séance ouverte | Quorum atteint : 7 présents sur 9", "-"]

    live(tmp_path, work)


def test_a_count_that_comes_back_after_its_time_goes_too(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        await core.submit(OPEN, "president")
        await hall.until(1)
        await asyncio.sleep(SHOWN_S - 1)
        hall.answers_after_s = 2
        await core.submit(cmd.Arrive(person="e8", room="hall"), "auxiliaire")
        await asyncio.sleep(SHOWN_S)
        now = hall.status.get()
        assert now is not None and now.title is None, hall.said

    live(tmp_path, work)


def test_what_happened_long_before_it_was_written_is_no_longer_news(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        await core.submit(OPEN, "president")
        await hall.until(2)
        opened = core.register()
        assert opened is not None
        await asyncio.sleep(600)
        calls = (("1", 60), ("2", 120), ("3", 610))
        for item, after_s in calls:
            await core.submit(cmd.CallItem(items=(item,)), "aux", typed_ms=opened.last_ms + after_s * 1000)
            done_ms = opened.last_ms + (after_s + 1) * 1000
            await core.submit(cmd.NoteItem(item=item), "aux", typed_ms=done_ms)
        await hall.until(3)
        await asyncio.sleep(60)
        assert hall.said[2:] == ["Point 3 | Point 3", "-"]

    live(tmp_path, work)


def test_what_waited_is_not_shown_after_closed_doors_nor_in_another_seance(tmp_path: Path) -> None:
    async def work(core: Core, hall: Hall) -> None:
        hall.status.put(status(title=Title(name="Mme Diallo")))
        await core.submit(OPEN, "president")
        await core.submit(cmd.AskClosedDoors(by_head=True, reason="santé d'un agent"), "president")
        await core.submit(cmd.DecideClosedDoors(tally=counts(7, 0, 0)), "auxiliaire")
        await hall.until(1)
        hall.status.put(status(title=None))
        await asyncio.sleep(1)
        assert hall.said == ["cut by auxiliaire"]
        await core.submit(cmd.ReopenDoors(), "president")
        hall.status.put(status(title=Title(name="Mme Diallo")))
        await core.submit(cmd.CallItem(items=("1",)), "president")
        await core.submit(cmd.NoteItem(item="1"), "president")
        await core.submit(cmd.CloseSitting(), "president")
        await asyncio.sleep(1)
        await core.submit(PREPARE, "technicien")
        await asyncio.sleep(1)
        hall.status.put(status(title=None))
        await asyncio.sleep(1)
        assert hall.said == ["cut by auxiliaire", "public by president"]

    live(tmp_path, work)


def test_closed_doors_cut_until_the_engine_obeys_and_show_nothing(tmp_path: Path) -> None:
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
        assert set(hall.said) == {"Séance ouverte | Quorum atteint : 7 présents sur 9"}

    live(tmp_path, work)

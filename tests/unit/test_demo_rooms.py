"""The demonstration's rooms: its president, its roll, a room lost and regained."""

import asyncio
from collections.abc import Callable

import pytest

from regie import demo_rooms
from regie.domain.commands import EngineCommand, SetAntenna
from regie.domain.register import commands as cmd
from regie.domain.register.assembly import room_of
from regie.domain.register.remote import Link as RegisterLink
from regie.domain.register.state import Phase as Sitting
from regie.domain.register.votes import Mode
from regie.rooms import protocol as say
from tests.unit.rooms_rig import Core, Rig, run, three_places

pytestmark = pytest.mark.unit


def test_the_demonstrations_president_gives_the_floor_to_each_room_in_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo_rooms, "ROOMS", {"sud": "Salle Sud", "est": "Salle Est"})
    monkeypatch.setattr(demo_rooms, "CHAMBER_S", 0.001)
    monkeypatch.setattr(demo_rooms, "REMOTE_S", 0.001)

    async def scenario() -> None:
        core = Core(three_places())
        spoke: list[str] = []
        enough = asyncio.Event()

        def heard() -> None:
            register = core.register()
            turn = register.floor.turn if register is not None else None
            if register is not None and turn is not None:
                spoke.append(room_of(register, turn.person))
            if len(spoke) == 3:
                enough.set()

        core.listen(heard)
        job = asyncio.create_task(demo_rooms.hold_the_floor(core))
        await enough.wait()
        job.cancel()
        assert spoke[:3] == ["sud", "est", "sud"]

    run(scenario)


def test_the_demonstration_calls_the_roll_of_a_room_that_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_rooms, "ROLL_S", 0.001)

    async def scenario() -> None:
        council = three_places()
        core = Core(council)
        council.do(cmd.ReportLinkLost(room="sud", since_ms=council.now - 40_000))
        council.do(cmd.ReportLinkBack(room="sud"))
        called = asyncio.Event()
        core.listen(called.set)
        job = asyncio.create_task(demo_rooms.call_the_roll(core))
        await called.wait()
        job.cancel()
        assert {room.id: room.link for room in council.register.rooms}["sud"] is RegisterLink.UP

    run(scenario)


class Air:
    """The engine, of which only the antenna is asked for."""

    def __init__(self) -> None:
        self.given: list[bool] = []

    async def call(self, command: EngineCommand) -> None:
        assert isinstance(command, SetAntenna)
        self.given.append(command.on)


def test_a_room_is_lost_and_regained_in_the_middle_of_a_lawful_seance_in_three_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole way: the link, the page, the law, the president's choice, the roll, the vote done again."""
    for name in ("ROLL_S", "PRESIDE_S"):
        monkeypatch.setattr(demo_rooms, name, 0.001)

    async def until(so: Callable[[], bool]) -> None:
        while not so():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.001)

    async def scenario() -> None:
        rig, air = Rig(three_places()), Air()
        council = rig.core.council
        assert council is not None
        await rig.admitted()
        jobs = [
            asyncio.create_task(demo_rooms.preside(rig.core, air, rig.clock)),
            asyncio.create_task(demo_rooms.call_the_roll(rig.core)),
        ]
        council.do(cmd.CallItem(items=("1",)))
        council.do(cmd.OpenVote(mode=Mode.PUBLIC))
        present = council.register.opening
        # The laptop of the south sleeps. Nothing comes any more.
        for _ in range(40):
            rig.later(1_000)
            await rig.step()
        await until(lambda: council.register.phase is Sitting.SUSPENDED)
        assert council.register.room("sud").link is RegisterLink.LOST
        assert council.register.item("1").vote is None, "the vote that was open is void (TL3)"
        assert air.given == []
        # It wakes: same identity, a new connection; the roll, then the president resumes.
        await rig.reception.hear("sud", say.Offered(id=2, sdp="v=0"), "")
        rig.flow()
        await rig.step()
        await until(lambda: air.given == [True])
        register = council.register
        assert register.phase is Sitting.OPEN and register.room("sud").link is RegisterLink.UP
        assert register.resumptions[-1].weight == (present.weight if present is not None else 0)
        council.do(cmd.OpenVote(mode=Mode.PUBLIC))
        assert council.register.item("1").vote is not None
        for job in jobs:
            job.cancel()

    run(scenario)

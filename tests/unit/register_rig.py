"""The pages over a real core and its registers: an application, a council of nine, one auxiliary for each room."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from regie.core import Core
from regie.domain.commands import PrepareSeance
from regie.domain.model import Role
from regie.domain.register import commands as cmd
from tests.unit.council import EPCI, convene, convocation, rooms
from tests.unit.web_fakes import PASSWORD, Rig, make_rig
from web_ui.app import create_app

HERE = "/api/v1/registre"
_keys = itertools.count()


@dataclass
class Office:
    """The application and its core."""

    rig: Rig
    core: Core

    async def enter(self, browser: httpx.AsyncClient, key: str = "", **command: Any) -> httpx.Response:
        """One entry, a second later."""
        self.rig.clock.advance(1)
        body = {"cle": key or f"tap-{next(_keys):06d}", "commande": command}
        return await browser.post(HERE, json=body)

    async def register(self, browser: httpx.AsyncClient) -> dict[str, Any]:
        """What the pages are told."""
        answer = await browser.get(HERE)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["registre"])


@contextlib.asynccontextmanager
async def office(
    directory: Path, *, several_places: bool = False, convened: bool = True
) -> AsyncIterator[Office]:
    """A council of nine, convened, e1 to e5 in the hall; with ``several_places``, in the hall and the room « sud »."""
    rig = make_rig(directory)
    core = Core(rig.services.seances_dir, rig.clock, lambda: None)
    await core.load(PrepareSeance(title="Conseil", due_utc=rig.clock.utc_ns() // 10**9), dated=False)
    running = asyncio.create_task(core.run())
    services = replace(rig.services, core=core)
    services.accounts.add("sud", (Role.AUXILIARY,), PASSWORD, must_change=False, room="sud")
    services.accounts.add("greffe", (Role.AUXILIARY, Role.PRESIDENT), PASSWORD, must_change=False)
    rig = replace(rig, services=services, app=create_app(services))
    try:
        if convened:
            await core.submit(_convocation(several_places), "greffe")
            places = ("hall", "sud") if several_places else ()
            for room in places:
                await core.submit(cmd.OpenRoom(room=room), "greffe")
                await core.submit(cmd.AttestRoom(room=room, passed=True), "greffe")
                await core.submit(cmd.AdmitPublic(room=room), "greffe")
            if several_places:
                await core.submit(cmd.ReportStream(up=True), "greffe")
            for rank in range(1, 6):
                rig.clock.advance(1)
                await core.submit(cmd.Arrive(person=f"e{rank}", room="hall"), "greffe")
        yield Office(rig, core)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await core.close()


def _convocation(several_places: bool) -> cmd.Convene:
    if not several_places:
        return convene(9)
    day = convocation().day
    call = convocation(several_places=True, says_remote=True, other_sessions=((day.replace(day=2), False),))
    return convene(9, body=EPCI, call=call, rooms=rooms("hall", "sud"))

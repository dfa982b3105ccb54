"""Microphones told by a desk, a contact or an automaton: by requests, and by a WebSocket that stays open."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from config.chamber import Conference, ConferenceSystem
from regie.domain.director.events import Button
from tests.unit.web_fakes import FakeDirection, Rig, make_rig, served

pytestmark = pytest.mark.unit
WORD = {"Authorization": "Bearer mot"}


def rig_of(folder: Path) -> tuple[Rig, FakeDirection]:
    conference = Conference(systeme=ConferenceSystem.GENERIC_HTTP, mot_de_passe=SecretStr("mot"))
    rig = make_rig(folder, conference=conference)
    direction = rig.services.direction
    assert isinstance(direction, FakeDirection)
    return rig, direction


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def refused(uri: str, code: int, **more: object) -> None:
    with pytest.raises(ConnectionClosed) as closed:
        async with connect(uri, proxy=None, **more) as desk:  # type: ignore[arg-type]
            await desk.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == code


def test_requests(tmp_path: Path) -> None:
    async def story() -> None:
        rig, direction = rig_of(tmp_path)
        async with rig.browser("192.168.1.20") as desk:
            path = "/api/v1/realisation/micros"
            said = {"micro": "7", "etat": "ouvert"}
            assert (await desk.post(path, json=said)).status_code == 403
            assert (await desk.post(path, json=said, headers=WORD)).status_code == 200
            assert (await desk.post(path, json=said | {"etat": "?"}, headers=WORD)).status_code == 422
        assert direction.told == [("7", Button.ON)]
        async with make_rig(tmp_path).browser("192.168.1.20") as desk:
            assert (await desk.post(path, json=said)).status_code == 404

    asyncio.run(story())


def test_a_desk_that_stays_connected(tmp_path: Path) -> None:
    async def story() -> None:
        rig, direction = rig_of(tmp_path)
        async with served(rig) as host:
            uri = f"ws://{host}/api/v1/realisation/micros"
            await refused(uri, 4403)
            await refused(uri, 4403, additional_headers=WORD, origin=Origin("http://ailleurs.example"))
            async with connect(uri, additional_headers=WORD, proxy=None) as desk:
                await desk.send('{"micro": "7", "etat": "demande"}')
                await desk.send(b'[{"mic": 7, "open": true}, {"mic": "x"}]')
                await desk.send("n'importe quoi")
                async with connect(uri, additional_headers=WORD, proxy=None) as contact:
                    await contact.send('{"micro": "m3", "etat": "ferme"}')
                    await until(lambda: len(direction.told) == 3)
                assert "perdu" not in direction.links
            await until(lambda: direction.links[-1] == "perdu")
            assert set(direction.told) == {("7", Button.REQUEST), ("7", Button.ON), ("m3", Button.OFF)}
            async with contextlib.AsyncExitStack() as desks:
                for _ in range(8):
                    await desks.enter_async_context(connect(uri, additional_headers=WORD, proxy=None))
                await refused(uri, 4429, additional_headers=WORD)

    asyncio.run(story())

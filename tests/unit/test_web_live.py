"""The event stream on a real socket: dialogues of one or two consoles with a scripted engine."""

import asyncio
import contextlib
import json
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from regie.board import Levels
from regie.core import Written
from regie.domain.commands import Cut, EndSeance, SetTransition, StartSeance, Watch
from regie.domain.model import SeanceState
from regie.errors import LinkLost, Refusal
from regie.messages import ThumbnailNews
from tests.unit.web_fakes import Rig, make_rig, served, status
from web_ui.hub import MAX_ANSWERS, MAX_CLIENTS, Client, LevelsNews
from web_ui.live import MAX_IN_FLIGHT
from web_ui.sessions import LIFETIME_S

pytestmark = pytest.mark.unit


async def _cookie(rig: Rig, name: str = "technicien") -> str:
    async with rig.logged_in(name) as browser:
        return f"regie_session={browser.cookies['regie_session']}"


@contextlib.asynccontextmanager
async def _console(rig: Rig, host: str, name: str = "technicien") -> AsyncIterator[ClientConnection]:
    headers = {"Cookie": await _cookie(rig, name)}
    async with connect(
        f"ws://{host}/api/v1/ws",
        additional_headers=headers,
        origin=Origin(f"http://{host}"),
        proxy=None,
        max_queue=None,
    ) as console:
        yield console


async def _say(console: ClientConnection, **message: Any) -> None:
    await console.send(json.dumps(message))


async def _hear(console: ClientConnection, kind: str) -> dict[str, Any]:
    """The next text of that type; others are passed over."""
    async with asyncio.timeout(10):
        while True:
            message = await console.recv()
            if isinstance(message, str) and (news := json.loads(message))["type"] == kind:
                return dict(news)


async def _thumbnail(console: ClientConnection) -> tuple[str, bytes]:
    async with asyncio.timeout(10):
        while True:
            message = await console.recv()
            if isinstance(message, bytes):
                end = 1 + message[0]
                return message[1:end].decode(), message[end:]


async def _closing(console: ClientConnection) -> int:
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await console.recv()
    return console.close_code or 0


def test_the_state_comes_at_once_then_at_each_change(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host, _console(rig, host) as console:
            first = await _hear(console, "etat")
            assert (first["moteur"], first["seance"]["etat"]) == (None, "a_venir")
            rig.board.status.put(status(now=48_000))
            while (news := await _hear(console, "etat"))["moteur"] is None:
                pass
            assert news["moteur"]["now"] == 48_000
            rig.core.become(SeanceState.LIVE)
            assert (await _hear(console, "etat"))["seance"]["etat"] == "en_direct"
            rig.board.levels.put(Levels(inputs={"cam1": (-6.0, -18.0)}, programme=(-9.0, -9.5)))
            levels = await _hear(console, "niveaux")
            assert levels["inputs"] == {"cam1": [-6.0, -18.0]}
            assert levels["programme"] == [-9.0, -9.5]

    asyncio.run(scenario())


def test_commands_are_carried_out_and_answered_by_their_number(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host, _console(rig, host) as console:
            await _say(console, type="commande", id=7, commande={"type": "cut"})
            assert await _hear(console, "reponse") == {
                "type": "reponse",
                "id": 7,
                "code": "",
                "message": "",
                "faits": {},
            }
            rig.engine.failure = Refusal("not ready", code="source_absente", source="cam2")
            await _say(console, type="commande", id=8, commande={"type": "cut"})
            refused = await _hear(console, "reponse")
            assert (refused["id"], refused["code"], refused["faits"]) == (
                8,
                "source_absente",
                {"source": "cam2"},
            )
            assert refused["message"].endswith(".")
            await _say(console, type="commande", id=9, commande={"type": "explode"})
            wrong = await _hear(console, "reponse")
            assert (wrong["id"], wrong["code"]) == (9, "requete_invalide")
            await _say(console, type="seance", id=10, commande={"type": "start"})
            assert (await _hear(console, "reponse"))["id"] == 10
            await _say(console, type="ping", t=12.5)
            assert await _hear(console, "pong") == {"type": "pong", "t": 12.5}
        assert rig.engine.commands == [Cut(), Cut()]
        assert rig.core.submitted == [(StartSeance(), "technicien")]

    asyncio.run(scenario())


def test_two_consoles_stay_in_step_and_know_of_each_other(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host, _console(rig, host) as one:
            async with _console(rig, host, "president") as two:
                while (await _hear(one, "etat"))["comptes"]["consoles"] != 2:
                    pass
                rig.board.status.put(status(now=99))
                for console in (one, two):
                    while ((await _hear(console, "etat"))["moteur"] or {}).get("now") != 99:
                        pass
            while (await _hear(one, "etat"))["comptes"]["consoles"] != 1:
                pass

    asyncio.run(scenario())


def test_each_may_only_what_its_role_allows(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host, _console(rig, host, "auxiliaire") as console:
            await _say(console, type="commande", id=1, commande={"type": "antenna", "on": True})
            assert (await _hear(console, "reponse"))["code"] == "interdit"
            await _say(console, type="seance", id=2, commande={"type": "end"})
            assert (await _hear(console, "reponse"))["code"] == "interdit"
        assert (rig.engine.commands, rig.core.submitted) == ([], [])

    asyncio.run(scenario())


def test_thumbnails_come_only_to_who_looks_and_the_engine_is_told_sparingly(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.board.thumbnails.put({"cam1": ThumbnailNews(source="cam1", at=0, jpeg=b"old")})
        async with served(rig) as host, _console(rig, host) as looking, _console(rig, host) as other:
            await _say(looking, type="regarder", vignettes=True)
            assert await _thumbnail(looking) == ("cam1", b"old")
            await _say(other, type="regarder", vignettes=True)
            assert await _thumbnail(other) == ("cam1", b"old")
            assert rig.engine.commands == [Watch()]
            await _say(other, type="regarder", vignettes=False)
            await _say(other, type="ping", t=0)
            await _hear(other, "pong")
            rig.board.thumbnails.put({"caméra": ThumbnailNews(source="caméra", at=1, jpeg=b"new")})
            assert await _thumbnail(looking) == ("caméra", b"new")
            rig.board.status.put(status(now=1))
            await _hear(other, "etat")
            rig.clock.advance(2)
            await _say(looking, type="regarder", vignettes=True)
            await _say(looking, type="ping", t=0)
            await _hear(looking, "pong")
            assert rig.engine.commands == [Watch(), Watch()]
            # A page that went to sleep no longer asks: its lease ends.
            rig.clock.advance(6)
            rig.board.thumbnails.put({"cam1": ThumbnailNews(source="cam1", at=2, jpeg=b"newer")})
            rig.board.status.put(status(now=2))
            async with asyncio.timeout(10):
                while isinstance(message := await looking.recv(), str):
                    if ((json.loads(message).get("moteur")) or {}).get("now") == 2:
                        break
            assert isinstance(message, str)

    asyncio.run(scenario())


def test_looking_while_the_engine_is_away_is_no_failure(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.engine.failure = LinkLost("away")
        async with served(rig) as host, _console(rig, host) as console:
            await _say(console, type="regarder", vignettes=True)
            await _say(console, type="ping", t=1)
            assert (await _hear(console, "pong"))["t"] == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("cookie", "origin", "code"),
    [
        ("", "http://{host}", 4401),
        ("regie_session=faux", "http://{host}", 4401),
        ("{cookie}", "http://ailleurs.test", 4403),
        ("{cookie}", "null", 4403),
    ],
)
def test_strangers_and_pages_of_other_sites_are_closed_with_their_code(
    tmp_path: Path, cookie: str, origin: str, code: int
) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host:
            headers = {"Cookie": cookie.format(cookie=await _cookie(rig))}
            async with connect(
                f"ws://{host}/api/v1/ws",
                additional_headers=headers,
                origin=Origin(origin.format(host=host)),
                proxy=None,
            ) as console:
                assert await _closing(console) == code
        assert rig.app.state.hub.clients == 0

    asyncio.run(scenario())


def test_the_end_of_the_session_ends_the_connection(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host, _console(rig, host) as console:
            await _hear(console, "etat")
            rig.clock.advance(LIFETIME_S + 1)
            await _say(console, type="commande", id=1, commande={"type": "cut"})
            assert await _closing(console) == 4401
        assert rig.engine.commands == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "message", ["", "{", "[]", '{"type":"danser"}', '{"type":"ping","t":"x"}', b"\x00\xff"]
)
def test_nonsense_is_dismissed(tmp_path: Path, message: str | bytes) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host, _console(rig, host) as console:
            await console.send(message)
            assert await _closing(console) == 4400

    asyncio.run(scenario())


def test_too_many_consoles_are_turned_away(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with served(rig) as host, contextlib.AsyncExitStack() as room:
            for _ in range(MAX_CLIENTS):
                await _hear(await room.enter_async_context(_console(rig, host)), "etat")
            async with _console(rig, host) as late:
                assert await _closing(late) == 4429

    asyncio.run(scenario())


def test_a_command_is_carried_out_even_if_the_page_leaves(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.engine.gate = asyncio.Event()
        finished = asyncio.Event()
        inner = rig.core.submit

        async def slow(command: Any, author: str, *more: Any, **others: Any) -> Written:
            assert rig.engine.gate is not None
            await rig.engine.gate.wait()
            written = await inner(command, author, *more, **others)
            finished.set()
            return written

        rig.core.submit = slow  # type: ignore[method-assign]
        async with served(rig) as host:
            async with _console(rig, host) as console:
                await _say(console, type="seance", id=1, commande={"type": "end"})
                await _say(console, type="ping", t=0)
                await _hear(console, "pong")
            rig.engine.gate.set()
            async with asyncio.timeout(5):
                await finished.wait()
        assert rig.core.submitted == [(EndSeance(), "technicien")]

    asyncio.run(scenario())


def test_commands_leave_in_the_order_they_were_given_and_not_too_many_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.engine.gate = asyncio.Event()
        async with served(rig) as host, _console(rig, host) as console:
            for i in range(MAX_IN_FLIGHT + 1):
                await _say(console, type="commande", id=i, commande={"type": "transition", "permille": i})
            refused = await _hear(console, "reponse")
            assert (refused["id"], refused["code"]) == (MAX_IN_FLIGHT, "trop_de_commandes")
            rig.engine.gate.set()
            answered = [(await _hear(console, "reponse"))["id"] for _ in range(MAX_IN_FLIGHT)]
            assert answered == list(range(MAX_IN_FLIGHT))
        assert rig.engine.commands == [SetTransition(permille=i) for i in range(MAX_IN_FLIGHT)]

    asyncio.run(scenario())


def test_a_slow_console_holds_one_slot_a_subject() -> None:
    async def scenario() -> None:
        client = Client()
        for i in range(1000):
            client.tell_state(b"etat %d" % i)
            client.tell_levels(b"niveaux %d" % i)
            client.show(ThumbnailNews(source="cam1", at=i, jpeg=b"%d" % i))
        client.answer(b"reponse")
        assert list(await client.take()) == ["reponse", "etat 999", "niveaux 999", b"\x04cam1999"]
        assert client.replaced == 3 * 999

    asyncio.run(scenario())


def test_a_console_that_takes_no_answer_is_to_be_dismissed() -> None:
    client = Client()
    for _ in range(MAX_ANSWERS):
        client.answer(b"x")
    assert not client.overrun
    client.answer(b"x")
    assert client.overrun


def test_a_console_that_stops_reading_costs_no_memory_and_is_let_go(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        hub = rig.app.state.hub
        async with served(rig) as host, _console(rig, host) as other:
            with socket.socket() as raw:
                # A window this small fills at once: the server then waits for us.
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                raw.setblocking(False)
                await asyncio.get_running_loop().sock_connect(
                    raw, (host.split(":")[0], int(host.split(":")[1]))
                )
                mute = connect(
                    f"ws://{host}/api/v1/ws",
                    sock=raw,
                    additional_headers={"Cookie": await _cookie(rig)},
                    origin=Origin(f"http://{host}"),
                    max_queue=1,
                    close_timeout=0.1,
                )
                stalled = await mute
                await _say(stalled, type="regarder", vignettes=True)
                noise = random.Random(1).randbytes(500_000)  # like a JPEG, it cannot be compressed
                async with asyncio.timeout(15):
                    at = 0
                    while hub.replaced < 20:
                        at += 1
                        picture = ThumbnailNews(source="cam1", at=at, jpeg=noise)
                        rig.board.thumbnails.put({"cam1": picture})
                        rig.board.status.put(status(now=at))
                        await _hear(other, "etat")
                    for _ in range(MAX_ANSWERS + 2):
                        await _say(stalled, type="ping", t=0)
                    while hub.clients > 1:
                        rig.board.status.put(status(now=at))
                        await _hear(other, "etat")
                await stalled.close()

    asyncio.run(scenario())


def test_every_meter_of_the_board_is_told() -> None:
    """A field that the news lacks ends the whole stream of news."""
    assert set(LevelsNews.__struct_fields__) == set(Levels.__struct_fields__)

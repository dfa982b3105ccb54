"""The register: an entry from its asking to the disk, the fold of a long séance, thirty pages that are told of an entry."""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.results import Figure
from regie.clock import SystemClock
from regie.core import Core
from regie.domain import sitting
from regie.domain.commands import PrepareSeance
from regie.domain.register import commands as cmd
from regie.domain.register.attending import UNDO_MS
from tests.unit.council import Council, convene
from tests.unit.register_rig import office
from tests.unit.web_fakes import served

WRITES = 400
EVENTS = 20_000
PAGES = 30
NEWS = 40
MEMBERS = 69


def run() -> Sequence[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory() as folder:
        written = sorted(asyncio.run(_writes(Path(folder) / "writes")))
        fold_s, read_s = _fold()
        told = sorted(asyncio.run(_pages(Path(folder) / "pages")))
    council = f"{MEMBERS} members"
    return [
        Figure("write_p50", written[len(written) // 2], "ms", None, f"{council}, decide, chain, SQLite FULL"),
        Figure(
            "write_p99",
            written[int(len(written) * 0.99)],
            "ms",
            10,
            f"{len(written)} entries one after the other",
        ),
        Figure("fold_20000", fold_s * 1000, "ms", None, f"{EVENTS} events, {council}, once decoded"),
        Figure("decode_20000", read_s * 1000, "ms", None, f"{EVENTS} events from their JSON"),
        Figure(
            "pages_p50", told[len(told) // 2], "ms", None, f"{PAGES} pages over WebSocket, entry asked → told"
        ),
        Figure("pages_p99", told[int(len(told) * 0.99)], "ms", 200, f"{len(told)} news"),
    ]


async def _writes(folder: Path) -> list[float]:
    clock = SystemClock()
    core = Core(folder, clock, lambda: None)
    await core.load(PrepareSeance(title="Conseil", due_utc=clock.utc_ns() // 10**9), dated=False)
    running = asyncio.create_task(core.run())
    await core.submit(convene(MEMBERS), "greffe")
    took: list[float] = []
    for n in range(WRITES):
        person = f"e{n % MEMBERS + 1}"
        going = (n // MEMBERS) % 2 == 1
        command = cmd.Leave(person=person) if going else cmd.Arrive(person=person, room="hall")
        began = time.perf_counter()
        await core.submit(command, "auxiliaire")
        took.append((time.perf_counter() - began) * 1000)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await core.close()
    assert core.cursor >= WRITES
    return took


def _fold() -> tuple[float, float]:
    """People come and go until there are enough events; half an hour of them in a real séance is a few hundred."""
    from regie.domain.events import decode, encode

    council = Council(convene(MEMBERS))
    council.open(40)
    while len(council.told) < EVENTS:
        for rank in range(41, 60):
            council.come(rank)
            council.wait(UNDO_MS // 1000)
            council.do(cmd.Leave(person=f"e{rank}"))
        if len(council.register.stays) > 400:
            # The stays of one day are some hundreds: go on from there, the fold is what is measured.
            break
    told = (council.told * (EVENTS // len(council.told) + 1))[:EVENTS]
    stored = [(event.KIND, event.VERSION, encode(event)) for event in told]
    began = time.perf_counter()
    events = [decode(*one) for one in stored]
    decoded = time.perf_counter()
    sitting.fold(events)
    return time.perf_counter() - decoded, decoded - began


async def _pages(folder: Path) -> list[float]:
    took: list[float] = []
    async with office(folder) as there, served(there.rig) as host, there.rig.logged_in("auxiliaire") as clerk:
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in clerk.cookies.items())}
        pages = [await connect(f"ws://{host}/api/v1/ws", additional_headers=cookie) for _ in range(PAGES)]
        for page in pages:
            await page.send(json.dumps({"type": "suivre", "registre": True, "niveaux": False}))
            await _told(page, 0)
        for n in range(NEWS):
            command = {"type": "leave" if n % 2 else "arrive", "person": "e6"} | (
                {} if n % 2 else {"room": "hall"}
            )
            began = time.perf_counter()
            waiting = [asyncio.create_task(_told(page, there.core.cursor + 1)) for page in pages]
            await pages[0].send(
                json.dumps({"type": "registre", "id": n, "cle": f"entree-{n:04d}", "commande": command})
            )
            ends = await asyncio.gather(*waiting)
            took += [(end - began) * 1000 for end in ends]
        for page in pages:
            await page.close()
    return took


async def _told(page: ClientConnection, n: int) -> float:
    """When this page was told of the ``n``-th entry."""
    while True:
        news = json.loads(await page.recv())
        if news["type"] == "registre" and news["n"] >= n:
            return time.perf_counter()

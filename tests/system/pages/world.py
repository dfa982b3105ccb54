"""The pages on their real server, over a stage that behaves: buses that move, sources that show, a WebTV that grows.

The engine is replaced by :class:`Stage` (the true machine of the buses, drawn thumbnails), the core by a séance that changes
state at once; the rest is the product's: HTTP, WebSocket, accounts, rights, media files.
"""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from config.chamber import Item, Person, Place
from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Server, Town
from regie.clock import SystemClock
from regie.core import Written
from regie.domain.commands import (
    EndSeance,
    PauseSeance,
    PrepareSeance,
    SeanceCommand,
)
from regie.domain.model import Role, SeanceState
from regie.domain.register.chapters import Chapter
from regie.domain.register.commands import AnyCommand
from regie.domain.register.moments import Moment
from regie.domain.register.state import Register
from regie.errors import LinkLost, Refusal
from regie.journal import Entry
from tests.system.pages.stage import SEANCE, Stage
from tests.system.pages.webtv import WebTv
from tests.unit.web_fakes import FakeArming, FakeCameras, FakeDirection, FakePaperwork, FakeSecrecy
from web_ui.accounts import Accounts
from web_ui.app import create_app
from web_ui.passwords import Cost
from web_ui.services import Board, Cameras, Services
from web_ui.sessions import Sessions

PASSWORD = "quatre-mots-tout-simples"
_CHEAP = Cost(n=2, r=1, p=1)
_ROSTER = (
    ("Mme Aïssata Diallo", "Adjointe à la culture", "Majorité municipale"),
    ("M. Hervé Leroy", "Conseiller municipal", "Osons demain"),
    (
        "Mme Jeanne Le Goff-Martinière",
        "Première adjointe, finances et marchés publics",
        "Majorité municipale",
    ),
    ("M. Étienne Bœuf", "Maire", ""),
    ("Mme Nadia Haddad", "Conseillère déléguée à la petite enfance", "Écologie et solidarité"),
    ("M. Paul Nguyen", "Conseiller municipal", "Écologie et solidarité"),
    ("M. Luc d’Argenteuil", "Adjoint aux sports", "Majorité municipale"),
)
_AGENDA = (
    "Approbation du procès-verbal de la séance du 12 février",
    "Compte rendu des décisions du maire",
    "Subventions aux associations culturelles et sportives",
    "Réaménagement de la place du marché : choix du maître d’œuvre",
    "Tarifs de la restauration scolaire",
)


@dataclass(frozen=True)
class Sitting:
    """A séance as the core tells it."""

    id: str
    title: str
    state: SeanceState
    due_utc: int | None = None
    opened_utc: int | None = None
    ended_utc: int | None = None


class Sittings:
    """A core without a register."""

    def __init__(self) -> None:
        now = int(time.time())
        self.current: Sitting | None = Sitting(
            SEANCE, "Conseil municipal du 12 mars", SeanceState.LIVE, now - 3700, now - 3600
        )
        self.over: tuple[Sitting, ...] = ()
        self.chapters: tuple[Chapter, ...] = ()
        self.told: tuple[Moment, ...] = ()
        self._listeners: list[Callable[[], None]] = []

    async def submit(
        self,
        command: SeanceCommand | AnyCommand,
        author: str,
        command_id: str = "",
        typed_ms: int | None = None,
        after: int = 0,
    ) -> Written:
        """Obey at once; refuse what the present state does not allow, as the domain does."""
        now = int(time.time())
        if isinstance(command, PrepareSeance):
            self.become(Sitting("nouvelle", command.title, SeanceState.COMING, command.due_utc))
            return Written(0)
        if self.current is None:
            raise Refusal("no séance is prepared", code="seance_absente")
        if isinstance(command, EndSeance):
            self.become(_changed(self.current, SeanceState.ENDED, ended_utc=now))
        elif isinstance(command, PauseSeance):
            self.become(_changed(self.current, SeanceState.PAUSED))
        else:
            self.become(_changed(self.current, SeanceState.LIVE, opened_utc=self.current.opened_utc or now))
        return Written(0)

    def register(self) -> Register | None:
        """There is none."""
        return None

    def agenda(self, seance: str) -> Sequence[Chapter]:
        """What the tests put there."""
        return self.chapters

    def moments(self, seance: str) -> Sequence[Moment]:
        """What the tests put there."""
        return self.told

    @property
    def cursor(self) -> int:
        """Nothing is written."""
        return 0

    async def entries(self, n: int = 0) -> Sequence[Entry]:
        """Nothing is written."""
        return ()

    def become(self, sitting: Sitting | None) -> None:
        """Another state of affairs, told at once."""
        self.current = sitting
        for listener in tuple(self._listeners):
            listener()

    def view(self) -> Sitting | None:
        """The current one."""
        return self.current

    def past(self) -> Sequence[Sitting]:
        """Those that ended."""
        return self.over

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of changes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


def _changed(sitting: Sitting, state: SeanceState, **changes: int) -> Sitting:
    values = {name: getattr(sitting, name) for name in ("due_utc", "opened_utc", "ended_utc")} | changes
    return Sitting(sitting.id, sitting.title, state, **values)


class NoRtc:
    """No low-latency monitor: the console shows its other pictures."""

    async def offer(self, stream: str, sdp: str, client: str) -> tuple[str, str]:
        """Away."""
        raise LinkLost("no rtc process here")

    async def hangup(self, session: str) -> None:
        """Nothing to do."""

    async def hangup_screens(self) -> None:
        """Nothing to do."""


@dataclass
class World:
    """A server of pages and what stands behind it."""

    url: str
    stage: Stage
    sittings: Sittings
    webtv: WebTv
    host: "Host"
    secrecy: FakeSecrecy
    arming: FakeArming
    direction: FakeDirection

    def go_live(self, first: int = 10) -> None:
        """The WebTV grows in real time from ``first`` segments on."""
        self.host.background(self.webtv.run(first))

    def do(self, action: Callable[[], None]) -> None:
        """Run something on the server's loop and wait for it."""
        done = threading.Event()

        def run() -> None:
            action()
            done.set()

        self.host.loop.call_soon_threadsafe(run)
        assert done.wait(5)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(directory: Path) -> Config:
    return Config(
        ville=Town(nom="Saint-Exemple-sur-Loire", couleur="#1d4e89"),
        source=(SourceConfig(id="cam1", nom="Perchoir", genre=SourceKind.BARS),),
        elu=tuple(Person(id=f"elu{i}", nom=n, fonction=f, groupe=g) for i, (n, f, g) in enumerate(_ROSTER)),
        point=tuple(Item(numero=i, titre=title) for i, title in enumerate(_AGENDA, 1)),
        place=tuple(Place(id=f"p{n}", nom=f"Place {n}", elu=f"elu{n - 1}") for n in range(1, 4)),
        serveur=Server(dossier=directory),
    )


class Host:
    """The thread of the server: one loop for ever, one uvicorn at a time on the same port."""

    def __init__(self, services: Services, stage: Stage) -> None:
        self._services = services
        self.loop = asyncio.new_event_loop()
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._thread = threading.Thread(target=self.loop.run_forever, name="pages", daemon=True)
        self._thread.start()
        self._jobs: list[Future[None]] = []
        self.background(stage.run())
        self.on_loop(self._start())

    def background(self, job: Coroutine[None, None, None]) -> None:
        """Something that runs until the end of the world."""
        self._jobs.append(asyncio.run_coroutine_threadsafe(job, self.loop))

    def on_loop(self, job: Coroutine[None, None, None]) -> None:
        """Run something there and wait for its end."""
        asyncio.run_coroutine_threadsafe(job, self.loop).result(20)

    async def _start(self) -> None:
        settings = uvicorn.Config(
            create_app(self._services), host="127.0.0.1", port=self.port, log_config=None, access_log=False,
            ws="websockets-sansio", timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _Server(settings)
        self._serving = asyncio.create_task(self._server.serve())
        await self._server.listening.wait()

    async def _stop(self) -> None:
        assert self._server is not None and self._serving is not None
        self._server.should_exit = True
        await self._serving

    def stop(self) -> None:
        """The server goes away."""
        self.on_loop(self._stop())

    def start(self) -> None:
        """A fresh server on the same address."""
        self.on_loop(self._start())

    async def _end(self) -> None:
        for job in self._jobs:
            job.cancel()
        await self._stop()

    def close(self) -> None:
        """End everything."""
        self.on_loop(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextlib.contextmanager
def world(directory: Path, made: Path, cameras: Cameras | None = None) -> Iterator[World]:
    """A whole world in ``directory``, its WebTV from what :func:`make_webtv` left in ``made``; ``cameras``: else they are faked."""
    clock = SystemClock()
    accounts = Accounts(directory, cost=_CHEAP)
    accounts.add("technicien", (Role.TECHNICIAN,), PASSWORD, must_change=False)
    accounts.add("president", (Role.PRESIDENT,), PASSWORD, must_change=False)
    accounts.add("neuf", (Role.TECHNICIAN,), PASSWORD, must_change=True)
    news, sittings = Board(), Sittings()
    stage = Stage(news)
    secrecy, arming = FakeSecrecy(stage), FakeArming()
    direction = FakeDirection()
    services = Services(
        config=_config(directory), clock=clock, board=news, engine=stage, core=sittings, rtc=NoRtc(),
        cameras=cameras or FakeCameras(),
        accounts=accounts, sessions=Sessions(directory, clock), secrecy=secrecy, arming=arming,
        paperwork=FakePaperwork(),
        direction=direction,
    )  # fmt: skip
    webtv = WebTv(made, services.seances_dir / SEANCE / "hls")
    host = Host(services, stage)
    try:
        yield World(f"http://127.0.0.1:{host.port}", stage, sittings, webtv, host, secrecy, arming, direction)
    finally:
        host.close()

"""A control process without an engine: fakes of the ports of the pages, scripted and inspected by the tests."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from camera_drivers.base import CameraState, Speeds
from config.chamber import Conference, Item, Person
from config.inputs import SourceConfig, SourceKind
from config.outputs import WebTv
from config.schema import Config, Server, Town
from regie.arming import Armed
from regie.board import AntennaStatus, EngineStatus, OutputState, OutputStatus, SourceState, SourceStatus
from regie.cameras.book import Book
from regie.cameras.commands import CameraCommand
from regie.cameras.news import BookView, CamerasStatus, CameraStatus, Panorama
from regie.core import Written
from regie.directing.news import DirectorCommand
from regie.domain.commands import CloseMask, EngineCommand, OpenMask, SeanceCommand, SetAntenna
from regie.domain.director.events import Button
from regie.domain.doors import Closed
from regie.domain.masks import MaskLine
from regie.domain.model import Role, SeanceState, Shot, SlateName
from regie.domain.register.chapters import Chapter
from regie.domain.register.commands import AnyCommand
from regie.domain.register.moments import Moment
from regie.domain.register.state import Register
from regie.domain.speaking import SpeakingTime
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost
from regie.journal import Entry
from web_ui.accounts import Accounts
from web_ui.app import create_app
from web_ui.passwords import Cost
from web_ui.services import Board, Engine, Services
from web_ui.sessions import Sessions

BASE = "http://regie.test"
PASSWORD = "quatre-mots-tout-simples"
CHEAP = Cost(n=2, r=1, p=1)
PEOPLE = {
    "technicien": (Role.TECHNICIAN, Role.ADMIN),
    "president": (Role.PRESIDENT,),
    "auxiliaire": (Role.AUXILIARY,),
}


class FakeClock:
    """Moves when told to."""

    def __init__(self) -> None:
        self.ns = 1_800_000_000 * 10**9

    def monotonic_ns(self) -> int:
        return self.ns

    def utc_ns(self) -> int:
        return self.ns

    def advance(self, seconds: float) -> None:
        self.ns += int(seconds * 1e9)


@dataclass
class FakeEngine:
    """Keeps the commands it is given; raises ``failure`` when there is one; waits for ``gate`` when it is closed."""

    commands: list[EngineCommand] = field(default_factory=list)
    failure: Exception | None = None
    gate: asyncio.Event | None = None

    async def call(self, command: EngineCommand) -> None:
        self.commands.append(command)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure


@dataclass(frozen=True)
class FakeSeance:
    """A séance as the core would tell it."""

    id: str
    title: str = "Séance du 12 mars"
    state: SeanceState = SeanceState.COMING
    due_utc: int | None = 1_800_003_600
    opened_utc: int | None = None
    ended_utc: int | None = None


class FakeCore:
    """Keeps what it is given, with its author."""

    def __init__(self) -> None:
        self.submitted: list[tuple[SeanceCommand | AnyCommand, str]] = []
        self.typed_ms: list[int | None] = []
        self.failure: Exception | None = None
        self.current: FakeSeance | None = FakeSeance("2027-01-15-conseil")
        self.ended: tuple[FakeSeance, ...] = ()
        self.chapters: dict[str, tuple[Chapter, ...]] = {}
        self.told: dict[str, tuple[Moment, ...]] = {}
        self.convened: Register | None = None
        self._listeners: list[Callable[[], None]] = []

    async def submit(
        self,
        command: SeanceCommand | AnyCommand,
        author: str,
        command_id: str = "",
        typed_ms: int | None = None,
        after: int = 0,
    ) -> Written:
        self.submitted.append((command, author))
        self.typed_ms.append(typed_ms)
        if self.failure is not None:
            raise self.failure
        return Written(len(self.submitted))

    def register(self) -> Register | None:
        return self.convened

    def agenda(self, seance: str) -> Sequence[Chapter]:
        return self.chapters.get(seance, ())

    def moments(self, seance: str) -> Sequence[Moment]:
        return self.told.get(seance, ())

    @property
    def cursor(self) -> int:
        return len(self.submitted)

    async def entries(self, n: int = 0) -> Sequence[Entry]:
        return ()

    def view(self) -> FakeSeance | None:
        return self.current

    def past(self) -> Sequence[FakeSeance]:
        return self.ended

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def become(self, state: SeanceState) -> None:
        assert self.current is not None
        self.current = replace(self.current, state=state)
        for listener in tuple(self._listeners):
            listener()


@dataclass
class FakeSecrecy:
    """Keeps what it is asked."""

    engine: Engine
    book: Sequence[MaskLine] = ()
    shut: bool = False
    closed: Sequence[Closed] = ()
    done: list[tuple[object, ...]] = field(default_factory=list)

    def item(self) -> str:
        return ""

    def live(self) -> int | None:
        return None

    def utc_ms(self, run: str, t: int) -> int | None:
        return t // 48 if run == "r1" else None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    async def hide(self, command: OpenMask) -> None:
        await self.engine.call(command)

    async def release(self, command: CloseMask, who: str) -> None:
        self.done.append(("release", command.mask, who))
        await self.engine.call(command)

    async def shut_doors(self, who: str) -> None:
        self.done.append(("shut", who))
        await self.engine.call(SetAntenna(on=False, slate=SlateName.CLOSED_DOORS))

    async def make_public(self, who: str) -> None:
        self.done.append(("public", who))

    async def explain(self, mask: str, reason: str, item: str, who: str) -> None:
        self.done.append(("explain", mask, reason, item, who))


@dataclass
class FakeArming:
    """Says what it is told."""

    armed: Armed = Armed()
    refusal: Exception | None = None

    def expect_callable(self, command: AnyCommand) -> None:
        if self.refusal is not None:
            raise self.refusal


@dataclass
class FakePaperwork:
    """Keeps what it is asked."""

    made: list[str] = field(default_factory=list)
    failure: Exception | None = None
    busy: str = ""

    async def make(self, seance: str) -> None:
        self.made.append(seance)
        if self.failure is not None:
            raise self.failure


@dataclass
class FakeDirection:
    """Keeps what it is asked and told."""

    asked: list[DirectorCommand] = field(default_factory=list)
    told: list[tuple[str, Button]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    times: SpeakingTime = field(default_factory=SpeakingTime)
    failure: Exception | None = None

    def carry_out(self, command: DirectorCommand) -> None:
        self.asked.append(command)
        if self.failure is not None:
            raise self.failure

    def button(self, microphone: str, button: Button) -> None:
        self.told.append((microphone, button))

    def conference_is(self, state: str) -> None:
        self.links.append(state)


@dataclass
class FakeRtc:
    """Answers every offer."""

    offers: list[tuple[str, str, str]] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    screens_cut: int = 0
    away: bool = False

    async def offer(self, stream: str, sdp: str, client: str) -> tuple[str, str]:
        self.offers.append((stream, sdp, client))
        return "s1", "v=0 answer"

    async def hangup(self, session: str) -> None:
        self.hung_up.append(session)

    async def hangup_screens(self) -> None:
        if self.away:
            raise LinkLost("away", code="moniteur_absent")
        self.screens_cut += 1


class FakeCameras:
    """One camera; keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[CameraCommand] = []
        self.driven: list[tuple[str, Speeds]] = []
        self.gone = asyncio.Event()
        self.failure: Exception | None = None
        self.kept = Book()

    def status(self) -> CamerasStatus:
        return CamerasStatus(cameras=(CameraStatus(source="cam1", name="Salle", state=CameraState.READY),))

    def book(self) -> BookView:
        return BookView(version=self.kept.version, presets=(), zones={}, fields={})

    def stored(self) -> Book:
        return self.kept

    def picture(self, preset: str) -> bytes | None:
        return b"\xff\xd8jpeg" if preset == "p1" else None

    def panorama(self, camera: str) -> Panorama | None:
        between = (-90.0, 90.0)
        return (
            Panorama(camera=camera, pan=between, tilt=between, taken_utc_ms=5) if camera == "cam1" else None
        )

    def panorama_image(self, camera: str) -> bytes | None:
        return b"\xff\xd8wide" if camera == "cam1" else None

    async def carry_out(self, command: CameraCommand) -> None:
        self.asked.append(command)
        if self.failure is not None:
            raise self.failure

    def drive(self, owner: object, camera: str, speeds: Speeds) -> None:
        if self.failure is not None:
            raise self.failure
        self.driven.append((camera, speeds))

    def let_go(self, owner: object) -> None:
        self.gone.set()

    async def replace_book(self, book: Book, pictures: Mapping[str, bytes]) -> None:
        self.kept = book


def status(now: int = 0, **changes: object) -> EngineStatus:
    """A status of the engine with one camera on programme and one destination."""
    whole: dict[str, object] = {
        "epoch": Epoch(run="r1", utc_ns=0),
        "now": MediaTime(now),
        "width": 1280,
        "height": 720,
        "fps": 25,
        "programme": Shot(("cam1",)),
        "preview": Shot(("cam2",)),
        "antenna": AntennaStatus(on=True),
        "sources": (SourceStatus(id="cam1", name="Salle", kind="rtsp", state=SourceState.LIVE, drops=3),),
        "outputs": (OutputStatus(id="ville", name="Ville", host="live.test", state=OutputState.RETRYING),),
    }
    return EngineStatus(**(whole | changes))  # type: ignore[arg-type]


@dataclass
class Rig:
    """An application on fakes."""

    services: Services
    clock: FakeClock
    engine: FakeEngine
    core: FakeCore
    secrecy: FakeSecrecy
    arming: FakeArming
    rtc: FakeRtc
    cameras: FakeCameras
    paperwork: FakePaperwork
    app: FastAPI

    @property
    def board(self) -> Board:
        return self.services.board

    def media(self, *parts: str) -> Path:
        """A path below the current séance's HLS directory, its parents made."""
        assert self.core.current is not None
        path = self.services.seances_dir.joinpath(self.core.current.id, "hls", *parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def browser(self, address: str = "8.8.4.4") -> httpx.AsyncClient:
        """A client that keeps cookies, at an address."""
        transport = httpx.ASGITransport(app=self.app, client=(address, 50000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE)

    @contextlib.asynccontextmanager
    async def logged_in(
        self, name: str = "technicien", address: str = "8.8.4.4"
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client with a session of that account, its CSRF token in every request."""
        async with self.browser(address) as browser:
            answer = await browser.post("/api/v1/session", json={"nom": name, "mot_de_passe": PASSWORD})
            assert answer.status_code == 200, answer.text
            browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield browser


def make_rig(
    directory: Path,
    *,
    proxy: bool = False,
    origins: tuple[str, ...] = ("*",),
    logo: Path | None = None,
    conference: Conference | None = None,
) -> Rig:
    """An application whose data directory is ``directory``, with one account a role."""
    config = Config(
        ville=Town(nom="Saint-Exemple", logo=logo),
        source=(SourceConfig(id="cam1", nom="Salle", genre=SourceKind.BARS),),
        elu=(Person(id="diallo", nom="Mme Diallo", fonction="Adjointe"),),
        point=(Item(numero=1, titre="Budget"),),
        webtv=WebTv(origines_autorisees=origins),
        serveur=Server(dossier=directory, mandataire=proxy),
        conference=conference or Conference(),
    )
    clock = FakeClock()
    accounts = Accounts(directory, cost=CHEAP)
    for name, roles in PEOPLE.items():
        if accounts.get(name) is None:
            accounts.add(name, roles, PASSWORD, must_change=False)
    engine, core, rtc, cameras = FakeEngine(), FakeCore(), FakeRtc(), FakeCameras()
    secrecy, arming, paperwork = FakeSecrecy(engine), FakeArming(), FakePaperwork()
    services = Services(
        config=config,
        clock=clock,
        board=Board(),
        engine=engine,
        core=core,
        secrecy=secrecy,
        arming=arming,
        rtc=rtc,
        paperwork=paperwork,
        cameras=cameras,
        direction=FakeDirection(),
        accounts=accounts,
        sessions=Sessions(directory, clock),
    )
    return Rig(services, clock, engine, core, secrecy, arming, rtc, cameras, paperwork, create_app(services))


@contextlib.asynccontextmanager
async def served(rig: Rig) -> AsyncIterator[str]:
    """The application on a free port of the loopback, its lifespan running; gives ``host:port``."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # who comes before the server has started waits
        server = uvicorn.Server(
            uvicorn.Config(rig.app, ws="websockets-sansio", log_config=None, lifespan="on")
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving

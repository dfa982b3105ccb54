"""A control process whose engine and cameras obey at once, around the director at work."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from camera_drivers.base import CameraState
from config.chamber import Directing, Microphone, Person, Place
from config.inputs import CameraConfig, CameraProtocol, SourceConfig, SourceKind
from config.schema import Config, Server, Town
from regie.board import EngineStatus, InputStatus, Latest, Levels, SourceState, SourceStatus
from regie.cameras.news import CamerasStatus, CameraStatus, PresetView
from regie.clock import SystemClock
from regie.directing.direction import Direction
from regie.directing.hands import HandsOnEngine
from regie.directing.news import DirectorNews
from regie.domain.commands import DeclareOpen, EngineCommand, SetClosed, SetTitle, TakeShot
from regie.domain.model import SeanceState, Shot
from regie.domain.presets import Preset
from regie.domain.register import commands as cmd
from regie.domain.register.state import Register
from regie.domain.seance import Seance
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost, Refusal
from tests.unit.council import Council, convene

LIMIT_S = 15.0


def preset(name: str, camera: str, *places: str, room: bool = False) -> PresetView:
    one = Preset(id=name, camera=camera, name=name, pan=0, tilt=0, zoom=2, places=places, room=room)
    return PresetView(preset=one, scope=one.scope, usable=True)


@dataclass
class Rig:
    """A control process whose engine and cameras obey at once."""

    folder: Path
    refuses: set[str] = field(default_factory=set)
    commands: list[EngineCommand] = field(default_factory=list)
    recalled: list[str] = field(default_factory=list)
    seance: Seance = field(
        default_factory=lambda: Seance(id="s1", title="x", state=SeanceState.LIVE, due_utc=0)
    )
    shut: bool = False
    away: bool = False
    refused: int = 0
    run: str = "r"
    withdrew: tuple[str, ...] = ()
    """Members who withdrew from the item on the table."""
    closed: tuple[str, ...] = ()
    objects: bool = False
    """Does who sits at p2 object to being filmed?"""
    declare_open: Callable[[tuple[str, ...] | None], None] = lambda microphones: None  # noqa: E731

    def __post_init__(self) -> None:
        self.config = Config(
            ville=Town(nom="Ville"),
            source=tuple(
                SourceConfig(id=name, nom=name.upper(), genre=SourceKind.RTSP, adresse="rtsp://x")
                for name in ("cam1", "cam2", "cam3", "pupitre")
            ),
            camera=tuple(
                CameraConfig(source=name, protocole=CameraProtocol.VISCA, adresse="x")
                for name in ("cam1", "cam2", "cam3")
            ),
            elu=(Person(id="e1", nom="Mme Un", groupe="A"), Person(id="e2", nom="M. Deux", groupe="B")),
            place=(
                Place(id="p1", nom="Place 1", elu="e1"),
                Place(id="p2", nom="Place 2", elu="e2", refus_image=self.objects),
            ),
            micro=tuple(
                Microphone(id=f"m{n}", nom=f"Micro {n}", source="cam1", canal=n, place=f"p{n}")
                for n in (1, 2)
            ),
            serveur=Server(dossier=self.folder),
            realisation=Directing(
                automatique=True,
                presidence="p1",
                confirmation_bouton_ms=100,
                confirmation_voix_ms=100,
                plan_minimum_s=0.5,
                stabilisation_ms=0,
                reprise_s=2,
                synthe_s=1,
            ),
        )
        self.status: Latest[EngineStatus | None] = Latest(None)
        self.levels: Latest[Levels] = Latest(Levels())
        self.heads: Latest[CamerasStatus] = Latest(CamerasStatus())
        self.news: Latest[DirectorNews] = Latest(DirectorNews())
        self.at = {"cam1": "large", "cam2": "p1", "cam3": "p2"}
        self.shot = Shot(("cam1",))
        self.title: SetTitle | None = None
        self.tell()
        self.direction = Direction(
            self.config,
            SystemClock(),
            self,
            self,
            self,
            self,
            self.status,
            self.levels,
            self.heads,
            self.news,
        )
        self.hands = HandsOnEngine(self, self.direction.acted, self.config.objecting_names)

    # engine, cameras, core, secrecy
    async def call(self, command: EngineCommand) -> None:
        if self.away:
            self.refused += 1
            raise LinkLost("the engine is away")
        self.commands.append(command)
        if isinstance(command, TakeShot):
            self.shot = command.shot
        if isinstance(command, SetTitle):
            self.title = command
        if isinstance(command, SetClosed):
            self.closed = command.inputs
        if isinstance(command, DeclareOpen):
            self.declare_open(command.microphones)
        self.tell()

    def presets(self) -> tuple[PresetView, ...]:
        return (preset("large", "cam1", room=True), preset("p1", "cam2", "p1"), preset("p2", "cam3", "p2"))

    async def recall(self, preset: str, speed: float = 1.0, seconds: float | None = None) -> None:
        self.recalled.append(preset)
        if preset in self.refuses:
            raise Refusal("no", code="camera_zone")
        self.at[{"large": "cam1", "p1": "cam2", "p2": "cam3"}[preset]] = preset
        self.tell()

    def view(self) -> Seance | None:
        return self.seance

    def register(self) -> Register | None:
        if not self.withdrew:
            return None
        council = Council(convene(5))
        council.come(*range(1, 6))
        for command in (cmd.OpenSitting(president="e1"), cmd.CallItem(items=("1",))):
            council.do(command)
        for seat in self.withdrew:
            council.do(cmd.Recuse(item="1", seat=seat))
        return council.register

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def tell(self) -> None:
        """The board, as things are."""
        self.heads.put(
            CamerasStatus(
                cameras=tuple(
                    CameraStatus(source=name, name=name, state=CameraState.ARRIVED, preset=where)
                    for name, where in self.at.items()
                )
            )
        )
        sources = tuple(
            SourceStatus(id=name, name=name, kind="rtsp", state=SourceState.LIVE)
            for name in ("cam1", "cam2", "cam3", "pupitre")
        )
        self.status.put(
            EngineStatus(
                epoch=Epoch(self.run, 0),
                now=MediaTime(0),
                width=1280,
                height=720,
                fps=25,
                programme=self.shot,
                preview=Shot(("cam1",)),
                sources=sources,
                inputs=tuple(InputStatus(source=f"m{n}", closed=f"m{n}" in self.closed) for n in (1, 2)),
                title=self.title.title if self.title is not None else None,
            )
        )

    async def until(self, true: Callable[[], bool], voices: dict[str, float] | None = None) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not true():
                if voices is not None:
                    self.levels.put(Levels(voices=voices))
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.direction.run())
        try:
            await self.until(lambda: self.news.get().active)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

"""The director in control: told by the board, it cuts through the engine, sends cameras, names, stands back, remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from camera_drivers.base import CameraState
from config.schema import (
    CameraConfig,
    CameraProtocol,
    Config,
    Directing,
    Microphone,
    Person,
    Place,
    Server,
    SourceConfig,
    SourceKind,
    Town,
)
from regie.board import EngineStatus, Latest, Levels, SourceState, SourceStatus
from regie.cameras.news import CamerasStatus, CameraStatus, PresetView
from regie.clock import SystemClock
from regie.directing import news as ask
from regie.directing.direction import Direction
from regie.directing.hands import HandsOnEngine
from regie.directing.news import DirectorNews
from regie.directing.recording import read
from regie.directing.replay import Directed, Replay
from regie.domain.commands import Cut, EngineCommand, SetTitle, TakeShot
from regie.domain.director import Settings
from regie.domain.director.events import Button
from regie.domain.model import SeanceState, Shot
from regie.domain.presets import Preset
from regie.domain.register.state import Register
from regie.domain.seance import Seance
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import Refusal

pytestmark = pytest.mark.unit
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

    def __post_init__(self) -> None:
        self.config = Config(
            ville=Town(nom="Ville"),
            source=tuple(
                SourceConfig(id=name, nom=name.upper(), genre=SourceKind.RTSP, adresse="rtsp://x")
                for name in ("cam1", "cam2", "cam3")
            ),
            camera=tuple(
                CameraConfig(source=name, protocole=CameraProtocol.VISCA, adresse="x")
                for name in ("cam1", "cam2", "cam3")
            ),
            elu=(Person(id="e1", nom="Mme Un", groupe="A"), Person(id="e2", nom="M. Deux", groupe="B")),
            place=(Place(id="p1", nom="Place 1", elu="e1"), Place(id="p2", nom="Place 2", elu="e2")),
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
        self.hands = HandsOnEngine(self, self.direction.acted)

    # engine, cameras, core, secrecy
    async def call(self, command: EngineCommand) -> None:
        self.commands.append(command)
        if isinstance(command, TakeShot):
            self.shot = command.shot
        if isinstance(command, SetTitle):
            self.title = command
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
        return None

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
            for name in ("cam1", "cam2", "cam3")
        )
        self.status.put(
            EngineStatus(
                epoch=Epoch("r", 0),
                now=MediaTime(0),
                width=1280,
                height=720,
                fps=25,
                programme=self.shot,
                preview=Shot(("cam1",)),
                sources=sources,
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


def test_it_cuts_to_who_speaks_names_him_and_remembers(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            await rig.until(lambda: rig.shot == Shot(("cam3",)), {"m2": 0.9})
            await rig.until(lambda: rig.title is not None, {"m2": 0.9})
            assert rig.title is not None and rig.title.title is not None and rig.title.title.name == "M. Deux"
            await rig.until(lambda: rig.title is not None and rig.title.title is None, {"m2": 0.9})
            await rig.until(lambda: bool(rig.news.get().cuts))
            assert rig.news.get().cuts[0].why.startswith("M. Deux (micro 2) depuis")
            await rig.until(lambda: any(s.ms > 1000 for s in rig.direction.times.rows()), {"m2": 0.9})
        # What it was told is on disk, and can be replayed; so are the speaking times.
        (file,) = (tmp_path / "seances" / "s1" / "realisation").glob("*.jsonl")
        head, lines = read(file)
        run = Replay(head, Directed(head.chamber, Settings(least_shot_ms=0, confirm_voice_ms=100))).through(
            lines
        )
        assert Shot(("cam3",)) in [aired.shot for aired in run.aired]
        again = Rig(tmp_path)
        async with again.running():
            assert [row.seat for row in again.direction.times.rows()] == ["p2"]

    asyncio.run(story())


def test_a_hand_on_the_picture_suspends_it(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            await rig.hands.call(Cut())
            news = rig.news.get()
            assert news.mode == "manuel" and news.back_ms is not None and news.back_of_ms == 2000
            rig.commands.clear()
            await rig.until(lambda: rig.news.get().mode == "auto", {"m2": 0.9})
            await rig.until(lambda: rig.shot == Shot(("cam3",)), {"m2": 0.9})
            await rig.hands.call(Cut())
            rig.direction.carry_out(ask.Keep())
            assert rig.news.get().back_ms is None and rig.news.get().mode == "manuel"

    asyncio.run(story())


def test_a_seat_is_chosen_excluded_or_unknown(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.direction.carry_out(ask.ChooseSeat(seat="p1"))
            await rig.until(lambda: rig.shot == Shot(("cam2",)))
            assert rig.news.get().mode == "semi"
            rig.direction.carry_out(ask.Exclude(seat="p1"))
            await rig.until(lambda: rig.shot == Shot(("cam1",)))
            for command, code in (
                (ask.ChooseSeat(seat="p1"), "place_exclue"),
                (ask.ChooseSeat(seat="p9"), "place_inconnue"),
            ):
                with pytest.raises(Refusal) as refused:
                    rig.direction.carry_out(command)
                assert refused.value.stable_code == code

    asyncio.run(story())


def test_closed_doors_hide_everybody_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.shut = True
            rig.tell()
            await rig.until(lambda: rig.shot == Shot(("slate.huis_clos",)))

    asyncio.run(story())


def test_a_camera_that_refuses_is_not_hammered(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path, refuses={"p2"})
        rig.at["cam3"] = "ailleurs"
        rig.tell()
        async with rig.running():
            await rig.until(lambda: rig.recalled.count("p2") == 1, {"m2": 0.9})
            await rig.until(lambda: rig.news.get().holder == "p2", {"m2": 0.9})
            for _ in range(10):
                rig.levels.put(Levels(voices={"m2": 0.9}))
                await asyncio.sleep(0.05)
            assert rig.recalled.count("p2") == 1

    asyncio.run(story())


def test_the_seat_map_is_learnt_by_pressing_microphones(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.direction.carry_out(ask.Learn(seat="p1"))
            rig.direction.button("m2", Button.ON)
            learning = rig.news.get().learning
            assert learning is not None and learning.seat == "p2"
            rig.direction.button("m1", Button.ON)
            assert rig.news.get().learning is None
            rig.direction.button("m1", Button.OFF)
            await rig.until(lambda: rig.news.get().holder == "p1", {"m2": 0.9})
        assert msgspec.json.decode((tmp_path / "micros.json").read_bytes()) == {"m2": "p1", "m1": "p2"}

    asyncio.run(story())


def test_the_conference_system_lost_leaves_the_voices(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        async with rig.running():
            rig.direction.conference_is("lie")
            rig.direction.button("m2", Button.OFF)
            rig.direction.conference_is("perdu")
            await rig.until(lambda: rig.news.get().holder == "p2", {"m2": 0.9})
            assert rig.news.get().conference == "perdu"

    asyncio.run(story())

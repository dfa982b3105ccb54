"""A fleet on simulated cameras and a recorded engine: real drivers, real sockets, no pictures."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import msgspec
import numpy as np

from camera_drivers.base import CameraState
from config.chamber import Place
from config.inputs import CameraConfig, CameraProtocol, SourceConfig, SourceKind
from config.schema import Config, Town
from hardware_mocks.visca_camera import Quirks
from hardware_mocks.visca_camera import ViscaCamera as Simulated
from hardware_mocks.visca_head import STEPS_PER_DEGREE
from hardware_mocks.visca_server import ViscaServer
from regie.board import EngineStatus, Latest
from regie.cameras.airwatch import AirWatch
from regie.cameras.book import BookFile
from regie.cameras.factory import Workshop
from regie.cameras.fleet import Fleet
from regie.cameras.news import CamerasStatus, CameraStatus
from regie.cameras.pictures import Pictures
from regie.clock import SystemClock
from regie.domain.commands import EngineCommand, SetExcluded, SetPreview, TakeShot, Watch
from regie.domain.model import Shot, SourceId
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import Refusal
from regie.messages import ThumbnailNews

JPEG = cv2.imencode(".jpg", np.full((180, 320, 3), 120, np.uint8))[1].tobytes()


@dataclass
class RecordedEngine:
    """Does what the real one does with shots and exclusions, and notes when."""

    status: Latest[EngineStatus | None]
    thumbnails: Latest[Mapping[SourceId, ThumbnailNews]]
    excluded: list[tuple[float, tuple[SourceId, ...]]] = field(default_factory=list)

    async def call(self, command: EngineCommand) -> None:
        status = self.status.get()
        assert status is not None
        match command:
            case SetExcluded(sources=sources, veils=veils):
                self.excluded.append((asyncio.get_running_loop().time(), sources))
                self.status.put(msgspec.structs.replace(status, excluded=sources, veils=veils))
            case TakeShot(shot=shot):
                if set(shot.sources) & set(status.excluded):
                    raise Refusal("no", code="source_exclue")
                self.status.put(msgspec.structs.replace(status, programme=shot))
            case SetPreview(shot=shot):
                self.status.put(msgspec.structs.replace(status, preview=shot))
            case Watch():
                asyncio.get_running_loop().call_later(0.8, self._show)
            case _:
                pass

    def on_air(self, *sources: SourceId, preview: SourceId = "large") -> None:
        status = self.status.get()
        assert status is not None
        self.status.put(msgspec.structs.replace(status, programme=Shot(sources), preview=Shot((preview,))))

    def _show(self) -> None:
        news = {name: ThumbnailNews(source=name, at=1, jpeg=JPEG) for name in ("cam1", "cam2")}
        self.thumbnails.put(news)


@dataclass
class Chamber:
    """The fleet at work."""

    fleet: Fleet
    engine: RecordedEngine
    air: AirWatch
    servers: dict[SourceId, ViscaServer]
    news: Latest[CamerasStatus]
    folder: Path

    def camera(self, source: SourceId = "cam1") -> CameraStatus:
        return next(one for one in self.fleet.status().cameras if one.source == source)

    def simulated(self, source: SourceId = "cam1") -> Simulated:
        return self.servers[source].camera

    def looks(self, source: SourceId = "cam1") -> tuple[float, float]:
        """Where the simulator really looks, degrees."""
        head = self.simulated(source).head
        return head.pan.position / STEPS_PER_DEGREE, head.tilt.position / STEPS_PER_DEGREE

    async def until(self, happened: Callable[[], bool], seconds: float = 15.0) -> float:
        """Wait for it; how long it took."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        while not happened():
            assert loop.time() - start < seconds, (self.fleet.status(), self.engine.excluded[-3:])
            await asyncio.sleep(0.005)
        return loop.time() - start

    async def arrives(self, source: SourceId = "cam1") -> None:
        await self.until(lambda: self.camera(source).state is CameraState.ARRIVED)

    async def ready(self) -> None:
        settled = (CameraState.READY, CameraState.ARRIVED)
        await self.until(
            lambda: all(one.state in settled and not one.excluded for one in self.fleet.status().cameras)
        )


def configuration(folder: Path, ports: Mapping[SourceId, int]) -> Config:
    sources = ("large", "cam1", "cam2")
    protocols = {"cam1": CameraProtocol.VISCA, "cam2": CameraProtocol.VISCA_TCP}
    return Config(
        ville=Town(nom="Saint-Exemple"),
        source=tuple(SourceConfig(id=one, nom=one, genre=SourceKind.BARS) for one in sources),
        camera=tuple(
            CameraConfig(
                source=one,
                protocole=protocols[one],
                adresse="127.0.0.1",
                port=port,
                modele="sony",
                champ_deg=62,
            )
            for one, port in ports.items()
        ),
        place=(Place(id="p1", nom="Place 1"), Place(id="p2", nom="Place 2")),
    )


@contextlib.asynccontextmanager
async def chamber(folder: Path, mock: Quirks | None = None) -> AsyncIterator[Chamber]:
    servers = {name: ViscaServer(Simulated(quirks=mock)) for name in ("cam1", "cam2")}
    await servers["cam1"].start(sony=0, raw_udp=None, tcp=None)
    await servers["cam2"].start(sony=None, raw_udp=None, tcp=0)
    ports = {"cam1": servers["cam1"].ports["sony"], "cam2": servers["cam2"].ports["tcp"]}
    config = configuration(folder, ports)
    first = EngineStatus(
        epoch=Epoch("r", 0),
        now=MediaTime(0),
        width=1280,
        height=720,
        fps=25,
        programme=Shot(("large",)),
        preview=Shot(("large",)),
    )
    status: Latest[EngineStatus | None] = Latest(first)
    thumbnails: Latest[Mapping[SourceId, ThumbnailNews]] = Latest({})
    engine = RecordedEngine(status, thumbnails)
    air = AirWatch(engine, status)
    news = Latest(CamerasStatus())
    fleet = Fleet(
        config,
        SystemClock(),
        engine,
        air,
        status,
        Pictures(engine, thumbnails),
        BookFile(folder / "cameras"),
        news,
        Workshop(port=0),
    )
    running = asyncio.create_task(fleet.run())
    try:
        async with asyncio.timeout(50):
            yield Chamber(fleet, engine, air, servers, news, folder)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        for server in servers.values():
            await server.stop()


def play(folder: Path, scene: Callable[[Chamber], Awaitable[None]], mock: Quirks | None = None) -> None:
    """One scene with the fleet found and ready."""

    async def run() -> None:
        async with chamber(folder, mock) as c:
            await c.ready()
            await scene(c)

    asyncio.run(run())

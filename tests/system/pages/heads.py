"""Real cameras behind the pages: the product's fleet and drivers, on simulated VISCA cameras, over the stage's buses."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.chamber import Place
from config.inputs import CameraConfig, CameraProtocol, SourceConfig, SourceKind
from config.schema import Config, Town
from hardware_mocks.visca_camera import ViscaCamera as Simulated
from hardware_mocks.visca_head import STEPS_PER_DEGREE
from hardware_mocks.visca_server import ViscaServer
from regie.cameras.airwatch import AirWatch
from regie.cameras.book import BookFile
from regie.cameras.factory import Workshop
from regie.cameras.fleet import Fleet
from regie.cameras.pictures import Pictures
from regie.clock import SystemClock
from tests.system.pages import world as worlds
from tests.system.pages.stage import Stage

NAMES = {"cam1": "Perchoir", "cam2": "Hémicycle gauche"}


class Heads:
    """Two cameras. Stands for the fleet, which is made once there is a loop to live on."""

    def __init__(self) -> None:
        self.simulated: dict[str, Simulated] = {}
        self.fleet: Any = None
        self._servers: list[ViscaServer] = []
        self._running: list[asyncio.Task[None]] = []
        self.moved: list[tuple[float, bool]] = []
        """Instants, and whether the second camera was moving."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.fleet, name)

    def pan(self, name: str = "cam2") -> float:
        """Where it really looks, degrees."""
        return self.simulated[name].head.pan.position / STEPS_PER_DEGREE

    def moving(self, name: str = "cam2") -> bool:
        """Does it turn?"""
        return self.simulated[name].head.moving

    async def start(self, folder: Path, stage: Stage) -> None:
        """On the server's loop, cameras and book as new."""
        self.simulated = {name: Simulated() for name in NAMES}
        ports: dict[str, int] = {}
        for name, simulated in self.simulated.items():
            server = ViscaServer(simulated)
            await server.start(sony=None, raw_udp=None, tcp=0)
            ports[name] = server.ports["tcp"]
            self._servers.append(server)
        board = stage.news
        self.fleet = Fleet(
            _config(ports),
            SystemClock(),
            stage,
            AirWatch(stage, board.status),
            board.status,
            Pictures(stage, board.thumbnails),
            BookFile(folder / "cameras"),
            board.cameras,
            Workshop(port=0),
        )
        self._running = [asyncio.create_task(self.fleet.run()), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """End, on the same loop."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for server in self._servers:
            await server.stop()
        self._servers.clear()

    async def _watch(self) -> None:
        while True:
            self.moved.append((time.monotonic(), self.moving()))
            await asyncio.sleep(0.01)


def _config(ports: dict[str, int]) -> Config:
    return Config(
        ville=Town(nom="Saint-Exemple"),
        source=tuple(SourceConfig(id=one, nom=name, genre=SourceKind.BARS) for one, name in NAMES.items()),
        camera=tuple(
            CameraConfig(
                source=one, protocole=CameraProtocol.VISCA_TCP, adresse="127.0.0.1", port=port, modele="sony"
            )
            for one, port in ports.items()
        ),
        place=(
            *(Place(id=f"p{n}", nom=f"Place {n}") for n in range(1, 4)),
            Place(id="greffe", nom="Greffe", refus_image=True),
        ),
    )


@contextlib.contextmanager
def heads_on(whole: worlds.World, heads: Heads, folder: Path) -> Iterator[None]:
    """Cameras as new on a world that was made for them; its buses as they were at first."""
    first = whole.stage.buses
    whole.host.on_loop(heads.start(folder, whole.stage))
    try:
        yield
    finally:
        whole.host.on_loop(heads.stop())
        whole.stage.buses = first

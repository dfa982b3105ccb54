"""A camera that never tells where it looks (NDI): its presets are its own memories, and a zone keeps them off the programme."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from camera_drivers.base import CameraState, Capabilities, PlainHead, Position, Report, Speeds
from camera_drivers.geometry import Lens
from camera_drivers.zones import Zone
from config.chamber import Place
from config.inputs import CameraConfig, CameraProtocol, SourceConfig, SourceKind
from config.schema import Config, Town
from regie.board import EngineStatus, Latest
from regie.cameras import commands as do
from regie.cameras.airwatch import AirWatch
from regie.cameras.book import BookFile
from regie.cameras.factory import Driver, Workshop
from regie.cameras.fleet import Fleet
from regie.cameras.news import CamerasStatus, CameraStatus
from regie.cameras.pictures import Pictures
from regie.clock import SystemClock
from regie.domain.commands import EngineCommand, SetExcluded
from regie.domain.model import Shot
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import Refusal

pytestmark = pytest.mark.unit


class Blind(PlainHead):
    """Three memories, no angles."""

    def __init__(self) -> None:
        self.lens, self.firmware = Lens(70.0), ""
        self.memory: int | None = None
        self.speed = 0.0
        self.stored: list[int] = []
        self.told: Callable[[], None] = lambda: None

    async def run(self) -> None:
        self.told()
        await asyncio.Event().wait()

    def listen(self, listener: Callable[[], None]) -> None:
        self.told = listener

    def watch_closely(self, every: float | None) -> None: ...

    def foresee(self, target: Position, speed: float) -> float | None:
        return None

    def report(self) -> Report:
        return Report(CameraState.ARRIVED, 0.0, memory=self.memory)

    def capabilities(self) -> Capabilities:
        return Capabilities(reads_position=False, absolute=False, presets=3)

    async def go_to(self, target: Position, speed: float = 1.0) -> None:
        raise AssertionError("it goes to no angle")

    async def drive(self, speeds: Speeds) -> None:
        self.memory = None
        self.told()

    async def stop(self) -> None: ...

    async def set_tally(self, red: bool, green: bool) -> None: ...

    async def store_preset(self, number: int) -> None:
        self.stored.append(number)
        self.memory = number
        self.told()

    async def recall_preset(self, number: int, speed: float = 1.0) -> None:
        self.memory, self.speed = number, speed
        self.told()


class OneHead(Workshop):
    def __init__(self, head: Blind) -> None:
        super().__init__()
        self._head = head

    async def make(self, config: CameraConfig, lens: object, learnt: object) -> Driver:
        return Driver(self._head, self._head.run)


class Engine:
    def __init__(self, status: Latest[EngineStatus | None]) -> None:
        self.status = status

    async def call(self, command: EngineCommand) -> None:
        status = self.status.get()
        if isinstance(command, SetExcluded) and status is not None:
            self.status.put(msgspec.structs.replace(status, excluded=command.sources, veils=command.veils))


def test_presets_of_a_camera_without_angles_are_its_memories(tmp_path: Path) -> None:
    async def run() -> None:
        shot = Shot(("large",))
        status: Latest[EngineStatus | None] = Latest(
            EngineStatus(
                epoch=Epoch("r", 0),
                now=MediaTime(0),
                width=1280,
                height=720,
                fps=25,
                programme=shot,
                preview=shot,
            )
        )
        head, engine = Blind(), Engine(status)
        config = Config(
            ville=Town(nom="Saint-Exemple"),
            source=tuple(SourceConfig(id=one, nom=one, genre=SourceKind.BARS) for one in ("large", "cam1")),
            camera=(CameraConfig(source="cam1", protocole=CameraProtocol.NDI, adresse="ndi://127.0.0.1/a"),),
            place=(
                *(Place(id=one, nom=one) for one in ("p1", "p2")),
                Place(id="greffe", nom="Greffe", refus_image=True),
            ),
        )
        book, news = BookFile(tmp_path), Latest(CamerasStatus())
        fleet = Fleet(
            config, SystemClock(), engine, AirWatch(engine, status), status, Pictures(engine, Latest({})), book, news,
            OneHead(head),
        )  # fmt: skip
        running = asyncio.create_task(fleet.run())

        def camera() -> CameraStatus:
            return fleet.status().cameras[0]

        try:
            async with asyncio.timeout(10):
                found = asyncio.Event()
                stop = news.listen(lambda: found.set() if news.get().cameras else None)
                await found.wait()
                stop()
                assert camera().state is CameraState.ARRIVED
                await fleet.carry_out(do.RecallMemory(camera="cam1", memory=3))
                await fleet.carry_out(do.StorePreset(camera="cam1", name="Maire", places=("p1",)))
                await fleet.carry_out(do.StorePreset(camera="cam1", name="Greffe", places=("p2",)))
                mayor, clerk = (view.preset for view in fleet.presets())
                assert (mayor.memory, mayor.by_memory, clerk.memory) == (1, True, 2)
                assert camera().preset == clerk.id
                await fleet.carry_out(do.RecallPlace(place="p1", speed=0.4))
                assert head.memory == 1 and camera().preset == mayor.id and head.speed == 0.4
                await fleet.carry_out(do.Recall(preset=clerk.id, seconds=16.0))
                assert (head.memory, head.speed) == (2, 0.25), "four seconds at full speed (trajet_s)"
                await fleet.carry_out(do.RecallMemory(camera="cam1", memory=3, speed=0.5))
                assert (head.memory, head.speed) == (3, 0.5)
                await fleet.carry_out(do.Recall(preset=mayor.id, speed=0.7))
                assert (head.memory, head.speed) == (1, 0.7)
                await fleet.carry_out(do.StorePreset(camera="cam1", preset=mayor.id))
                assert head.stored == [1, 2, 1], "stored again in its own memory"
                await head.drive(Speeds(pan=0.1))
                assert camera().preset is None
                await fleet.carry_out(do.StorePreset(camera="cam1", name="Salle", room=True))
                here = fleet.presets()[-1].preset
                await fleet.carry_out(
                    do.EditPreset(preset=here.id, name="Agent", places=("greffe",), room=False)
                )
                assert not fleet.presets()[-1].usable
                with pytest.raises(Refusal) as objects:
                    await fleet.carry_out(do.Recall(preset=here.id))
                assert objects.value.stable_code == "place_refus_image"
                with pytest.raises(Refusal) as full:
                    await fleet.carry_out(do.StorePreset(camera="cam1", name="De trop"))
                assert full.value.stable_code == "livre_plein"
                bench = Zone("Public", ((30.0, -20.0), (60.0, -20.0), (60.0, 10.0)))
                await fleet.carry_out(do.SetZones(camera="cam1", zones=(bench,)))
                assert not any(view.usable for view in fleet.presets()), "nobody knows what it would show"
                assert fleet.presets()[0].zones == ("Public",) and not fleet.usable_on_air("cam1")
                # Whoever turns it, it says nothing: the engine shows it no more, at its preset or not.
                hidden = asyncio.Event()
                stop = status.listen(hidden.set)
                while (told := status.get()) is not None and told.excluded != ("cam1",):
                    hidden.clear()
                    await hidden.wait()
                stop()
                await fleet.carry_out(do.Recall(preset=mayor.id))
                await asyncio.sleep(1.2)
                assert camera().preset == mayor.id and camera().framing is None and camera().excluded
                with pytest.raises(Refusal):
                    await fleet.carry_out(do.StorePreset(camera="cam1", preset=mayor.id))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())

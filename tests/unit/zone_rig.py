"""Cameras with exclusion zones before the real mixer, on virtual time: is a zone ever in a programme picture?

Everything of ours is real: drivers, fleet, clearance, exclusion, mixer with its rescue. The simulated heads and lenses are the
hall's. What must not be shown is painted on their plates in a colour that nothing else has, and is looked for in the pictures that
the mixer puts out: our own geometry is not asked. Who objects to being filmed wears fine stripes of it, which a veil washes out.
Pictures reach the mixer 280 ms after they were taken (the default ``synchronisation_ms``), answers of cameras after 8 ms, commands
to the engine after 4 ms.
"""

import asyncio
import contextlib
import math
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np

from camera_drivers.base import Camera, Speeds
from camera_drivers.visca_camera import ViscaCamera
from camera_drivers.zones import Zone
from config.chamber import Place
from config.inputs import CameraConfig, CameraProtocol, SourceConfig, SourceKind
from config.schema import Config, Town
from hardware_mocks.brush import PAN_REACH, PER_DEGREE, SIZE, TILT_UP
from hardware_mocks.chamber import Plate
from hardware_mocks.geometry import VIEWPOINTS
from hardware_mocks.turret import WIDE_FIELD, Scene, Turret
from hardware_mocks.visca_camera import ViscaCamera as Simulated
from regie.board import Decoding, EngineStatus, Latest, SourceState, SourceStatus
from regie.cameras import commands as do
from regie.cameras.airwatch import AirWatch
from regie.cameras.book import Book, BookFile
from regie.cameras.factory import Driver, Workshop
from regie.cameras.fleet import Fleet
from regie.cameras.news import CamerasStatus
from regie.cameras.pictures import Pictures
from regie.clock import MediaClock
from regie.domain.commands import Auto, Cut, EngineCommand, SetExcluded, SetPreview, TakeShot
from regie.domain.model import Layout, Shot, SourceId
from regie.domain.presets import Preset
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import RegieError
from regie.media.colour import blank, planes_of
from regie.media.frames import Picture, ProgrammeFormat, Sound
from regie.media.mixer import Mixer
from tests.virtual_loop import VirtualLoop

FORMAT = ProgrammeFormat(320, 180, 25)
TOWN = Town(nom="Saint-Exemple")
SYNC_TICKS = 7
"""280 ms at 25 pictures a second."""
ANSWER_S, COMMAND_S, STATUS_S = 0.008, 0.004, 0.1
MARK, PLAIN, SEEN = 240, 90, 190
"""Chroma (U) of what must not be shown, of everything else, and between both: slates stay below too."""
NAMES = ("cam1", "cam2", "cam3")
Close = tuple[float, float, float]
"""A close shot: pan, tilt, zoom."""
PERSON, STRIPE = 0.42, 0.8
"""What a person takes of the width of his close shot, and the degrees that one of his stripes is wide."""
QUIET = Scene({}, 10, 0, 0)


class Lens:
    """One camera: the hall's turret over a painted plate, its VISCA side, and the source that the mixer reads."""

    def __init__(self, number: int, zones: list[Zone], seats: list[Close]) -> None:
        self.id = NAMES[number]
        plate = Plate(VIEWPOINTS[number], *_planes(zones, seats), {}, None)
        self.turret = Turret(number + 1, plate, (FORMAT.width, FORMAT.height), with_marks=False)
        self.turret.point(0.0, 0.0, 3.0)
        self.simulated = Simulated(self.turret.head)
        self.silent = False
        self._coming: deque[Picture] = deque()
        self._shown: Picture | None = None
        self._drawn: tuple[tuple[float, float, float], av.VideoFrame] | None = None

    def film(self, tick: int) -> None:
        """Take the picture of this tick."""
        self.turret.advance(1 / FORMAT.fps)
        self.simulated.complete()
        framing = self.turret.framing
        if self._drawn is None or self._drawn[0] != framing:
            frame = blank(FORMAT.width, FORMAT.height)
            for plane, made in zip(planes_of(frame), self.turret.picture(QUIET, 0, 0), strict=True):
                plane[:] = made
            self._drawn = (framing, frame)
        self._coming.append(Picture(self._drawn[1], MediaTime(tick * FORMAT.tick)))
        if len(self._coming) > SYNC_TICKS:
            self._shown = self._coming.popleft()

    # -- a source of the mixer --------------------------------------------------------------------------------------

    def picture_at(self, t: MediaTime) -> Picture | None:
        return None if self._shown is None else Picture(self._shown.frame, t)

    def sound_at(self, t: MediaTime, samples: int) -> Sound | None:
        return None

    def want(self, decoding: Decoding) -> None: ...

    def is_ready(self) -> bool:
        return self._shown is not None

    def status(self) -> SourceStatus:
        return SourceStatus(id=self.id, name=self.id, kind="rtsp", state=SourceState.LIVE)

    def start(self) -> None: ...

    def stop(self) -> None: ...


def _planes(zones: list[Zone], seats: list[Close]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    width, height = SIZE
    y = np.full((height, width), 90, np.uint8)
    u = np.full((height // 2, width // 2), PLAIN, np.uint8)
    for zone in zones:
        corners = [
            ((pan + PAN_REACH) * PER_DEGREE / 2, (TILT_UP - tilt) * PER_DEGREE / 2)
            for pan, tilt in zone.corners
        ]
        cv2.fillPoly(u, [np.array(corners, np.int32)], (MARK,))
    for pan, tilt, zoom in seats:
        field = 2 * math.degrees(math.atan(math.tan(math.radians(WIDE_FIELD / 2)) / zoom))
        half, tall = field * PERSON / 2, field * PERSON * 9 / 16
        top, bottom = (round((TILT_UP - tilt + side * tall) * PER_DEGREE / 2) for side in (-1, 1))
        for n in range(0, round(2 * half / STRIPE), 2):
            edges = (pan + PAN_REACH - half + (n + side) * STRIPE for side in (0, 1))
            left, right = (round(edge * PER_DEGREE / 2) for edge in edges)
            u[top:bottom, left:right] = MARK
    return y, u, np.full_like(u, 128)


class _Wire:
    """Bytes between a driver and its simulated camera, Sony's header on, a few milliseconds each way."""

    def __init__(self, camera: ViscaCamera, lens: Lens) -> None:
        self._camera, self._lens = camera, lens
        self._loop = asyncio.get_running_loop()

    def send(self, data: bytes) -> None:
        if not self._lens.silent:
            self._loop.call_later(ANSWER_S / 2, self._arrive, data)

    def close(self) -> None: ...

    def _arrive(self, data: bytes) -> None:
        sequence = data[4:8]
        if data[:2] == b"\x02\x00":
            self._answer(b"\x02\x01\x00\x01" + sequence + b"\x01")
            return
        payload = data[8 : 8 + data[3]]
        self._lens.simulated.handle(
            payload, lambda answer: self._answer(b"\x01\x11\x00" + bytes((len(answer),)) + sequence + answer)
        )

    def _answer(self, data: bytes) -> None:
        if not self._lens.silent:
            self._loop.call_later(ANSWER_S / 2, self._camera.conversation.received, data)


class VirtualWorkshop(Workshop):
    """Drivers whose sockets are wires of ours."""

    def __init__(self, lenses: Mapping[SourceId, Lens]) -> None:
        super().__init__()
        self._lenses = lenses

    async def make(self, config: CameraConfig, lens: object, learnt: object) -> Driver:
        camera = ViscaCamera(lens=lens)  # type: ignore[arg-type]
        camera.conversation.attach(_Wire(camera, self._lenses[config.source]))
        as_camera: Camera = camera
        return Driver(as_camera, camera.run)


@dataclass
class Stage:
    """The whole, and what came out of it."""

    loop: VirtualLoop
    folder: Path
    zones: Mapping[SourceId, list[Zone]]
    seats: Mapping[SourceId, list[Close]] = field(default_factory=dict)
    ticks: int = 0
    shown: int = 0
    """Programme pictures in which a zone is seen."""
    stood_in: int = 0
    veiled: int = 0
    """Words of the engine by which what is on air is under a veil."""
    moves: int = 0
    refused: int = 0
    first: str = ""
    status: Latest[EngineStatus | None] = field(default_factory=lambda: Latest(None))

    def __post_init__(self) -> None:
        self.lenses = {
            name: Lens(n, self.zones.get(name, []), self.seats.get(name, [])) for n, name in enumerate(NAMES)
        }
        self.mixer = Mixer(
            FORMAT, self.lenses, MediaClock(self.loop, 0), self._made, lambda block: None, TOWN,
            Shot(("cam1",)), Shot(("cam2",)), stand_ins=NAMES,
        )  # fmt: skip
        self.mixer._book._draw_all()
        self.mixer.set_logo(False)
        # Only pictures are looked at: the sound desk would take half the time.
        self.mixer._sounds = lambda t: None  # type: ignore[method-assign]

    async def call(self, command: EngineCommand) -> None:
        """The engine, as far as shots go."""
        await asyncio.sleep(COMMAND_S)
        match command:
            case SetExcluded(sources=sources, veils=veils):
                self.mixer.exclude(sources, veils)
            case TakeShot(shot=shot):
                self.mixer.take(shot)
            case SetPreview(shot=shot):
                self.mixer.set_preview(shot)
            case Cut():
                self.mixer.cut()
            case Auto():
                self.mixer.auto(400)
            case _:
                pass

    def _made(self, picture: Picture) -> None:
        u = planes_of(picture.frame)[1]
        if int(u.max()) > SEEN:
            self.shown += 1
            shown = self.mixer.snapshot()
            self.first = self.first or (
                f"at {self.loop.time():.2f} s: {shown}, "
                f"{ {name: lens.turret.framing for name, lens in self.lenses.items()} }"
            )

    async def film(self) -> None:
        """Ticks for ever, on time; the engine's word ten times a second."""
        while True:
            for lens in self.lenses.values():
                lens.film(self.ticks)
            self.mixer.make(MediaTime(self.ticks * FORMAT.tick))
            if self.ticks % round(STATUS_S * FORMAT.fps) == 0:
                self._tell()
            self.ticks += 1
            await asyncio.sleep(self.ticks / FORMAT.fps - self.loop.time())

    def _tell(self) -> None:
        shown = self.mixer.snapshot()
        self.stood_in += shown.stand_in is not None
        self.veiled += any(s in shown.veils and s not in shown.excluded for s in shown.programme.sources)
        self.status.put(
            EngineStatus(
                epoch=Epoch("r", 0),
                now=MediaTime(self.ticks * FORMAT.tick),
                width=FORMAT.width,
                height=FORMAT.height,
                fps=FORMAT.fps,
                programme=shown.programme,
                preview=shown.preview,
                transition_permille=shown.transition_permille,
                pending=shown.pending,
                stand_in=shown.stand_in,
                excluded=shown.excluded,
                veils=shown.veils,
            )
        )

    def fleet(self) -> tuple[Fleet, AirWatch]:
        """The cameras, as control keeps them."""
        config = Config(
            ville=TOWN,
            source=tuple(SourceConfig(id=name, nom=name, genre=SourceKind.BARS) for name in NAMES),
            camera=tuple(
                CameraConfig(
                    source=name, protocole=CameraProtocol.VISCA, adresse="127.0.0.1", champ_deg=WIDE_FIELD
                )
                for name in NAMES
            ),
            place=(
                Place(id="p1", nom="Place 1"),
                *(
                    Place(id=f"{name}-{n}", nom=f"Agent {n}", refus_image=True)
                    for name, seats in self.seats.items()
                    for n in range(len(seats))
                ),
            ),
        )
        air = AirWatch(self, self.status)
        pictures = Pictures(self, Latest({}))
        book = BookFile(self.folder / "cameras")
        news = Latest(CamerasStatus())
        return (
            Fleet(
                config, self.loop, self, air, self.status, pictures, book, news, VirtualWorkshop(self.lenses)
            ),
            air,
        )

    def close_presets(self) -> Book:
        """The book of a technician who stored the seats of those who object."""
        return Book(
            presets=tuple(
                Preset(
                    id=f"{name}-{n}", camera=name, name="Agent", pan=pan, tilt=tilt, zoom=zoom,
                    places=(f"{name}-{n}",),
                )
                for name, seats in self.seats.items()
                for n, (pan, tilt, zoom) in enumerate(seats)
            )
        )  # fmt: skip


class Mob:
    """Whoever may touch the cameras, at random: the technician, automation, a second controller, bad luck."""

    def __init__(self, stage: Stage, fleet: Fleet, air: AirWatch, seed: int) -> None:
        self._stage, self._fleet, self._air = stage, fleet, air
        self._chance = random.Random(seed)

    async def act(self) -> None:
        """One thing, then a moment."""
        chance = self._chance
        camera = chance.choice(NAMES)
        acts = (self._go, self._go, self._drive, self._by_hand, self._cut, self._layout, self._vanish)
        try:
            await chance.choices(acts, (4, 4, 3, 2, 3, 1, 0.2))[0](camera)
        except RegieError:
            self._stage.refused += 1
        await asyncio.sleep(chance.uniform(0.05, 2.0))

    def _target(self) -> tuple[float, float, float]:
        chance = self._chance
        return chance.uniform(-55, 55), chance.uniform(-16, 8), math.exp(chance.uniform(0, math.log(8)))

    async def _go(self, camera: SourceId) -> None:
        pan, tilt, zoom = self._target()
        if self._chance.random() < 0.5:
            await self._fleet.carry_out(do.AllowMove(camera=camera))
        self._stage.moves += 1
        speed = self._chance.uniform(0.1, 1.0)
        await self._fleet.carry_out(do.GoTo(camera=camera, pan=pan, tilt=tilt, zoom=zoom, speed=speed))

    async def _drive(self, camera: SourceId) -> None:
        chance = self._chance
        speeds = Speeds(
            chance.uniform(-1, 1) ** 3, chance.uniform(-1, 1) ** 3, chance.choice((0, 0, -1, -0.5, 1))
        )
        if chance.random() < 0.7:
            await self._fleet.carry_out(do.AllowMove(camera=camera))
        self._stage.moves += 1
        for _ in range(chance.randrange(1, 20)):
            self._fleet.drive(self, camera, speeds)
            await asyncio.sleep(0.1)
        self._fleet.drive(self, camera, Speeds())

    async def _by_hand(self, camera: SourceId) -> None:
        """Another controller turns it, on air or not, and takes the mechanical limits away first."""
        pan, tilt, zoom = self._target()
        head = self._stage.lenses[camera].turret.head
        head.pan.low, head.pan.high, head.tilt.low, head.tilt.high = -8704.0, 8704.0, -1024.0, 4608.0
        self._stage.moves += 1
        self._stage.lenses[camera].turret.move_to(pan, tilt, zoom, self._chance.uniform(0.1, 1.0))

    async def _cut(self, camera: SourceId) -> None:
        await self._air.call(SetPreview(shot=Shot((camera,))))
        await self._air.call(self._chance.choice((Cut(), Auto(), TakeShot(shot=Shot((camera,))))))

    async def _layout(self, camera: SourceId) -> None:
        pair = tuple(self._chance.sample(NAMES, 2))
        await self._air.call(TakeShot(shot=Shot(pair, self._chance.choice((Layout.TWO, Layout.PIP)))))

    async def _vanish(self, camera: SourceId) -> None:
        self._stage.lenses[camera].silent = True
        await asyncio.sleep(self._chance.uniform(1, 6))
        self._stage.lenses[camera].silent = False


async def torment(
    loop: VirtualLoop,
    folder: Path,
    zones: Mapping[SourceId, list[Zone]],
    moves: int,
    seed: int,
    seats: Mapping[SourceId, list[Close]] | None = None,
) -> Stage:
    """So many moves at random; what came of it. ``seats``: where those sit who object to being filmed."""
    stage = Stage(loop, folder, zones, seats or {})
    filming = loop.create_task(stage.film())
    await asyncio.sleep(0.5)
    fleet, air = stage.fleet()
    running = loop.create_task(fleet.run())
    await asyncio.sleep(4.0)
    await fleet.replace_book(stage.close_presets(), {})
    for name, areas in zones.items():
        await fleet.carry_out(do.SetZones(camera=name, zones=tuple(areas)))
    await asyncio.sleep(2.0)
    stage.shown, stage.first = 0, ""
    mob = Mob(stage, fleet, air, seed)
    while stage.moves < moves and not stage.shown:
        await mob.act()
        assert not filming.done() and not running.done()
    for task in (running, filming):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return stage

"""Cameras: how soon a move is seen to begin and to have arrived, how well its duration is foreseen, what watching four costs.

VISCA over IP on the loopback. Delays against one simulated camera in this process, whose own state tells the truth; the cost with
four simulated cameras in processes of their own, on air (asked five times a second) and at rest (once a second).
"""

import asyncio
import random
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from benchmarks.results import Figure
from camera_drivers.base import CameraState, Position
from camera_drivers.visca_camera import ViscaCamera
from camera_drivers.visca_io import SharedSocket
from camera_drivers.visca_keep import keep
from hardware_mocks.visca_camera import ViscaCamera as Simulated
from hardware_mocks.visca_head import Head
from hardware_mocks.visca_server import ViscaServer

MOVES = 16
LEARNT = 6
"""Moves after which the durations are compared with what was foreseen."""
COST_SECONDS = 8.0
PATIENCE = 15.0
STEP = 0.002
PICTURE = 1 / 25


def run() -> Sequence[Figure]:
    """The figures."""
    return [*asyncio.run(_delays()), *asyncio.run(_first_pictures()), *asyncio.run(_cost())]


@asynccontextmanager
async def _watched(host: str, port: int, shared: SharedSocket) -> AsyncIterator[ViscaCamera]:
    camera = ViscaCamera()
    keeping = asyncio.create_task(keep(camera, host, port, shared))
    try:
        await _until(lambda: camera.report().state is CameraState.READY)
        yield camera
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _until(happened: Callable[[], bool]) -> float:
    """When it happened, to two milliseconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    while not happened():
        if loop.time() > end:
            raise RuntimeError("the simulated camera did not do what it was asked")
        await asyncio.sleep(STEP)
    return loop.time()


async def _delays() -> list[Figure]:
    simulated = Simulated()
    server = ViscaServer(simulated)
    await server.start(sony=0, raw_udp=None, tcp=None)
    shared = await SharedSocket.open("127.0.0.1", 0)
    begun, arrived, foreseen = [], [], []
    chance = random.Random(3)
    try:
        async with _watched("127.0.0.1", server.ports["sony"], shared) as camera:
            for n in range(MOVES):
                target = Position(chance.uniform(5, 40) * (1 if n % 2 else -1), chance.uniform(-3, 3), 1.0)
                move = await _move(camera, simulated, target)
                begun.append(move.begun)
                arrived.append(move.detected)
                if n >= LEARNT:
                    foreseen.append(abs(move.foreseen / move.lasted - 1) * 100)
    finally:
        shared.close()
        await server.stop()
    note = f"{MOVES} moves, simulated BRC-X400 on the loopback, 0.2 s settle time"
    return [
        Figure("command_to_position_seen_moving_p50", _share(begun, 0.5) * 1000, "ms", None, note),
        Figure("command_to_position_seen_moving_max", max(begun) * 1000, "ms", None, note),
        Figure("arrival_detection_p50", _share(arrived, 0.5) * 1000, "ms", None, note),
        Figure("arrival_detection_max", max(arrived) * 1000, "ms", None, note),
        Figure("travel_error_max", max(foreseen), "%", 15.0, f"after {LEARNT} moves"),
    ]


@dataclass(frozen=True, slots=True)
class _Move:
    """Seconds: until it was seen to begin, that it lasted, from its true end to « arrived », that were foreseen."""

    begun: float
    lasted: float
    detected: float
    foreseen: float


async def _move(camera: ViscaCamera, simulated: Simulated, target: Position) -> _Move:
    start = camera.report().position
    assert start is not None
    sent = asyncio.get_running_loop().time()
    await camera.go_to(target)
    foreseen = camera.report().eta or 0.0
    begun = await _until(lambda: _shifted(camera, start))
    rested = await _until(lambda: not simulated.head.moving)
    told = await _until(lambda: camera.report().state is CameraState.ARRIVED)
    return _Move(begun - sent, rested - sent, told - rested, foreseen)


async def _first_pictures() -> list[Figure]:
    """From the command to the first picture that the moving head takes, at 25 pictures a second."""
    head = Head()
    simulated = Simulated(head)
    server = ViscaServer(simulated, turns=False)
    await server.start(sony=0, raw_udp=None, tcp=None)
    shared = await SharedSocket.open("127.0.0.1", 0)
    filming = asyncio.create_task(_film(head))
    delays = []
    chance = random.Random(4)
    loop = asyncio.get_running_loop()
    try:
        async with _watched("127.0.0.1", server.ports["sony"], shared) as camera:
            for n in range(MOVES):
                before, sent = head.pan.position, loop.time()
                await camera.go_to(Position(chance.uniform(4, 8) * (1 if n % 2 else -1), 0.0, 1.0))
                delays.append(await _until(lambda was=before: head.pan.position != was) - sent)  # type: ignore[misc]
                await _until(lambda: camera.report().state is CameraState.ARRIVED)
    finally:
        filming.cancel()
        await asyncio.gather(filming, return_exceptions=True)
        shared.close()
        await server.stop()
    note = f"{MOVES} moves, simulated BRC-X400 that films at 25 pictures a second"
    return [
        Figure("command_to_first_moving_picture_p50", _share(delays, 0.5) * 1000, "ms", None, note),
        Figure("command_to_first_moving_picture_max", max(delays) * 1000, "ms", None, note),
    ]


async def _film(head: Head) -> None:
    """Time passes for a head by whole pictures, as its camera takes them."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += PICTURE
        await asyncio.sleep(due - loop.time())
        head.advance(PICTURE)


def _shifted(camera: ViscaCamera, start: Position) -> bool:
    here = camera.report().position
    return here is not None and abs(here.pan - start.pan) > 0.05


async def _cost() -> list[Figure]:
    ports = [_free_port() for _ in range(4)]
    module = ("-m", "hardware_mocks.visca_server", "--raw-udp", "0", "--tcp", "0")
    simulators = [
        await asyncio.create_subprocess_exec(
            sys.executable, *module, "--port", str(port), stdout=asyncio.subprocess.DEVNULL
        )
        for port in ports
    ]
    shared = await SharedSocket.open("127.0.0.1", 0)
    try:
        async with AsyncExitStack() as stack:
            cameras = [await stack.enter_async_context(_watched("127.0.0.1", port, shared)) for port in ports]
            idle = await _spent()
            for camera in cameras:
                camera.watch_closely(0.2)
            watched = await _spent()
    finally:
        shared.close()
        for simulator in simulators:
            simulator.terminate()
            await simulator.wait()
    note = "four VISCA cameras, driver's process only"
    return [
        Figure("four_cameras_at_rest", idle, "CPU", None, note),
        Figure("four_cameras_on_air", watched, "CPU", None, note),
    ]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _spent() -> float:
    before, start = time.process_time(), time.monotonic()
    await asyncio.sleep(COST_SECONDS)
    return (time.process_time() - before) / (time.monotonic() - start)


def _share(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]

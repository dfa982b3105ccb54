"""PanasonicCamera against the simulated camera, on sockets of the loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from camera_drivers.base import CameraLost, CameraRefused, CameraState, Position, Speeds, Superseded
from camera_drivers.panasonic import PanasonicCamera
from camera_drivers.panasonic_line import LIMIT, Line
from camera_drivers.panasonic_wire import Request
from hardware_mocks.panasonic_camera import Faults
from hardware_mocks.panasonic_camera import PanasonicCamera as Simulated
from hardware_mocks.visca_head import STEPS_PER_DEGREE

pytestmark = pytest.mark.system

SEAT = Position(15.0, -5.0, 2.0)


@dataclass
class Hall:
    """A camera and its simulator."""

    camera: PanasonicCamera
    simulated: Simulated

    async def until(self, state: CameraState, seconds: float = 8.0) -> float:
        return await self.when(lambda: self.camera.report().state is state, seconds)

    async def when(self, happened: Callable[[], bool], seconds: float = 8.0) -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        while not happened():
            assert loop.time() - start < seconds, self.camera.report()
            await asyncio.sleep(0.01)
        return loop.time() - start

    def is_near(self, target: Position) -> bool:
        head = self.simulated.head
        pan, tilt = head.pan.position / STEPS_PER_DEGREE, head.tilt.position / STEPS_PER_DEGREE
        return abs(pan - target.pan) < 0.15 and abs(tilt - target.tilt) < 0.15


def play(scene: Callable[[Hall], Awaitable[None]], faults: Faults | None = None) -> None:
    async def run() -> None:
        simulated = Simulated(faults=faults)
        await simulated.start()
        camera = PanasonicCamera("127.0.0.1", simulated.port, listen="127.0.0.1")
        running = asyncio.create_task(camera.run())
        try:
            async with asyncio.timeout(25):
                hall = Hall(camera, simulated)
                await hall.until(CameraState.READY)
                await scene(hall)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert simulated.listeners == 0 or simulated.faults.silent, (
                "it must not be left among its five listeners"
            )
            await simulated.stop()

    asyncio.run(run())


def test_a_move_arrives_and_its_pace_is_kept() -> None:
    async def scene(h: Hall) -> None:
        assert h.camera.report().model == "Panasonic AW-HE40"
        await h.camera.go_to(SEAT)
        assert h.camera.report().state is CameraState.MOVING
        await h.until(CameraState.ARRIVED)
        assert h.is_near(SEAT)
        position = h.camera.report().position
        assert position is not None and position.zoom == pytest.approx(2, rel=0.02)
        assert h.simulated.too_fast == 0

    play(scene)


def test_a_drive_is_stopped_by_its_owner_s_silence() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.drive(Speeds(pan=-0.4, zoom=0.5))
        await h.until(CameraState.MOVING)
        await h.when(lambda: not h.simulated.head.moving, 3)
        assert h.camera.dead_man.fired == 1 and h.simulated.head.pan.position < 0
        await h.until(CameraState.READY)

    play(scene)


def test_turned_by_its_remote_control() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.go_to(SEAT)
        await h.until(CameraState.ARRIVED)
        h.camera.watch_closely(0.2)
        h.simulated.move_by_hand(40, 0)
        assert await h.until(CameraState.ALTERED) < 1.2

    play(scene)


def test_its_lamp_is_told_whole_and_once() -> None:
    async def scene(h: Hall) -> None:
        for _ in range(3):
            await h.camera.set_tally(True, False)
        await h.camera.set_tally(False, True)
        assert [c for c in h.simulated.received if c.startswith("TL")] == ["TLR:1", "TLG:0", "TLR:0", "TLG:1"]
        assert h.simulated.green and not h.simulated.head.red

    play(scene)


def test_stand_by_is_notified_even_byte_by_byte() -> None:
    async def scene(h: Hall) -> None:
        h.simulated.switch_off()
        await h.until(CameraState.UNKNOWN, 2)
        assert h.camera.report().detail == "stand-by" and h.camera.notified == 1
        with pytest.raises(CameraRefused, match="stand-by") as refusal:
            await h.camera.go_to(SEAT)
        assert refusal.value.retry_later
        h.simulated.switch_on()
        await h.until(CameraState.READY, 3)

    play(scene, Faults(split_notifications=True))


def test_memories() -> None:
    async def scene(h: Hall) -> None:
        h.simulated.move_by_hand(-10, 4)
        await h.when(lambda: h.is_near(Position(-10, 4, 1)))
        await h.camera.store_preset(7)
        assert list(h.simulated.head.presets) == [6]
        await h.camera.go_to(Position(0, 0, 1))
        await h.until(CameraState.ARRIVED)
        await h.camera.recall_preset(7)
        assert h.camera.report().state is CameraState.MOVING
        await h.until(CameraState.ARRIVED)
        assert h.is_near(Position(-10, 4, 1))

    play(scene)


def test_lost_and_back_with_its_lamp_and_without_its_move() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.set_tally(True, False)
        h.simulated.faults.silent = True
        await h.until(CameraState.LOST, 6)
        with pytest.raises(CameraLost):
            await h.camera.go_to(SEAT)
        h.simulated.head.red = False
        h.simulated.received.clear()
        h.simulated.faults.silent = False
        await h.until(CameraState.READY, 6)
        await h.when(lambda: h.simulated.head.red, 3)
        assert not [c for c in h.simulated.received if c.startswith(("#APS", "#R"))]

    play(scene)


def test_the_line_is_bounded_and_a_newer_command_replaces_an_unsent_one() -> None:
    async def run() -> None:
        line = Line("127.0.0.1", 9)
        older = asyncio.create_task(line.ask(Request("#PTS6050", "pan_tilt")))
        await asyncio.sleep(0)
        newer = asyncio.create_task(line.ask(Request("#PTS7050", "pan_tilt")))
        with pytest.raises(Superseded):
            await older
        waiting = [asyncio.create_task(line.ask(Request(f"#R{n:02d}"))) for n in range(LIMIT - 1)]
        await asyncio.sleep(0)
        with pytest.raises(CameraLost, match="too many"):
            await line.ask(Request("#GZ"))
        for task in (newer, *waiting):
            task.cancel()
        await asyncio.gather(newer, *waiting, return_exceptions=True)

    asyncio.run(run())


def test_something_else_that_answers_http_is_no_camera() -> None:
    async def run() -> None:
        simulated = Simulated()
        await simulated.start()
        try:
            with pytest.raises(CameraLost, match="HTTP"):
                await Line("127.0.0.1", simulated.port).get("/index.html")
        finally:
            await simulated.stop()

    asyncio.run(run())

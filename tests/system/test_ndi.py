"""NDI with its real library, on the loopback: found, seen and heard by a source of the mixer, turned and lit by the driver."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from camera_drivers import ndi
from camera_drivers.base import CameraLost, CameraRefused, CameraState, Position, Speeds
from camera_drivers.ndi import NdiCamera
from camera_drivers.ndi_library import NdiUnknown, locate, parse
from config.inputs import CameraConfig, SourceConfig, SourceKind
from hardware_mocks import marks
from hardware_mocks.ndi_camera import NdiCamera as Simulated
from regie.board import Decoding, SourceState
from regie.cameras.factory import Workshop
from regie.cameras.probe import examine
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import MediaTime
from regie.media.colour import planes_of
from regie.media.frames import ProgrammeFormat
from regie.media.probe import probe
from regie.media.source import StreamSource

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(find_spec("NDIlib") is None, reason="NDI's library is not free: make ndi installs it"),
]
ADDRESS = "ndi://127.0.0.1/Tribune"
WANTED = ProgrammeFormat(1280, 720, 25)


@pytest.fixture(scope="module")
def camera() -> Iterator[Simulated]:
    """One for the module: two seconds go into painting its hall."""
    simulated = Simulated("Tribune", 2)
    simulated.start()
    yield simulated
    simulated.stop()


def when(happened: Callable[[], object], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def config(**more: object) -> SourceConfig:
    known = {"id": "cam2", "nom": "Tribune", "genre": SourceKind.NDI, "adresse": ADDRESS, "delai_s": 4.0}
    return SourceConfig.model_validate(known | more)


def test_found_by_asking_its_machine_and_by_its_port(camera: Simulated) -> None:
    found = locate(parse(ADDRESS), 5.0)
    assert found.ndi_name == camera.full_name
    assert locate(parse(f"ndi://{found.url_address}"), 0.0).url_address == found.url_address
    with pytest.raises(NdiUnknown):
        locate(parse("ndi://127.0.0.1/Nulle part"), 0.3)


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
def test_found_by_the_name_that_mdns_announces(tmp_path: Path) -> None:
    alone = ["unshare", "--net", "--mount"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no network of one's own")
    command = [*alone, sys.executable, "-m", "tests.system.mdns", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout.splitlines()[-1])
    assert len(set(names)) == 1 and names[0].endswith("(Tribune)")


def test_what_the_check_says_of_it(camera: Simulated) -> None:
    answer = probe(config(), SystemClock())
    assert not answer.reason and (answer.width, answer.height) == (640, 360)
    assert answer.fps == pytest.approx(25, abs=1)
    assert answer.channels == 2 and answer.peak_dbfs == pytest.approx(-20, abs=1)
    assert not answer.black and answer.first_picture_ms is not None


class Watched:
    """A source read at the programme's ticks, as the mixer does."""

    def __init__(self, source: StreamSource, clock: MediaClock) -> None:
        self.source, self.clock = source, clock

    def look(self, ticks: int) -> tuple[list[int], np.ndarray]:
        """Times burnt in the pictures, and the sound, of so many ticks."""
        times: list[int] = []
        heard: list[np.ndarray] = []
        t = self.clock.now() // WANTED.tick * WANTED.tick
        for n in range(ticks):
            at = MediaTime(t + n * WANTED.tick)
            self.clock.wait_until(at, threading.Event())
            picture = self.source.picture_at(at)
            sound = self.source.sound_at(at, WANTED.tick)
            if picture is not None and (mark := marks.read(planes_of(picture.frame)[0])) is not None:
                assert mark.camera == 2
                times.append(mark.ms)
            heard.append(np.zeros((2, WANTED.tick), np.float32) if sound is None else sound)
        return times, np.concatenate(heard, axis=1)


def test_its_picture_and_sound_come_like_any_other_and_come_back(camera: Simulated) -> None:
    with ExitStack() as stack:
        clock = MediaClock(SystemClock())
        source = StreamSource(config(), WANTED, clock, 80)
        stack.callback(source.stop)
        source.start()
        source.want(Decoding.FULL)
        when(lambda: source.status().state is SourceState.LIVE and source.is_ready())
        watched = Watched(source, clock)
        watched.look(50)
        times, heard = watched.look(50)
        steps = np.diff(times)
        # Each picture once, but for what the sender's own thread lets slip on a loaded machine.
        assert len(times) == 50 and np.count_nonzero(steps == 40) >= 30 and (steps >= 0).all(), steps
        assert np.sqrt((heard[0] ** 2).mean()) == pytest.approx(0.1 / 2**0.5, rel=0.1)
        assert source.status().has_sound and source.status().width == 640
        camera.stop()
        when(lambda: source.status().state is not SourceState.LIVE)
        assert source.picture_at(clock.now()) is not None, "the last picture stays"
        # Restarted, it takes another port.
        camera.start()
        when(lambda: source.status().state is SourceState.LIVE)
        assert source.status().reconnects >= 1


async def until(happened: Callable[[], object], seconds: float = 10.0) -> None:
    loop = asyncio.get_running_loop()
    late = loop.time() + seconds
    while not happened():
        assert loop.time() < late, "it did not happen"
        await asyncio.sleep(0.01)


def test_turned_lit_and_left_by_the_driver(camera: Simulated) -> None:
    async def scene() -> None:
        driver = NdiCamera(ADDRESS, travel=1.2)
        running = asyncio.create_task(driver.run())
        try:
            with pytest.raises(CameraLost):
                await driver.drive(Speeds(pan=1))
            await until(lambda: driver.report().state is CameraState.READY)
            await until(lambda: driver.model == "Hall SIM-NDI")
            able = driver.capabilities()
            assert able.presets == 100 and able.tally and not able.reads_position and not able.absolute
            with pytest.raises(CameraRefused):
                await driver.go_to(Position(0, 0, 1))
            await _memories(driver, camera)
            await _drives(driver, camera)
            await driver.set_tally(True, False)
            await until(lambda: camera.red and not camera.green)
            await driver.set_tally(False, True)
            await until(lambda: camera.green and not camera.red)
            camera.stop()
            await until(lambda: driver.report().state is CameraState.LOST)
            camera.green = False
            camera.start()
            await until(lambda: driver.report().state is CameraState.READY and camera.green)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scene())


async def _memories(driver: NdiCamera, camera: Simulated) -> None:
    pan = camera.turret.head.pan
    left = pan.position
    await driver.store_preset(7)
    await until(lambda: 6 in camera.turret.head.presets)
    camera.turret.move_to(20, 0, 2)
    await until(lambda: not camera.turret.head.moving)
    await driver.recall_preset(7)
    moving = driver.report()
    assert moving.state is CameraState.MOVING and moving.eta == pytest.approx(1.2, abs=0.2)
    await until(lambda: driver.report().state is CameraState.ARRIVED)
    assert pan.position == pytest.approx(left, abs=2)
    with pytest.raises(CameraRefused):
        await driver.store_preset(101)


async def _drives(driver: NdiCamera, camera: Simulated) -> None:
    """To the right until its owner falls silent."""
    head = camera.turret.head
    before = head.pan.position
    await driver.drive(Speeds(pan=0.5, zoom=0.2))
    assert driver.report().state is CameraState.MOVING
    await until(lambda: head.pan.position > before + 50)
    await until(lambda: not head.moving, 3)
    assert driver.dead_man.fired == 1
    await until(lambda: driver.report().state is CameraState.READY)
    assert camera.received[-1] == '<ntk_ptz_zoom_speed zoom_speed="0.000000"/>'


def test_a_source_that_cannot_be_turned_says_so() -> None:
    async def scene() -> None:
        still = Simulated("Fixe", 1, turns=False)
        still.start()
        driver = NdiCamera("ndi://127.0.0.1/Fixe")
        running = asyncio.create_task(driver.run())
        try:
            await until(lambda: driver.model == "Hall SIM-NDI")
            with pytest.raises(CameraRefused, match="cannot be turned"):
                await driver.recall_preset(1)
            assert driver.capabilities().presets == 0
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            still.stop()

    asyncio.run(scene())


def test_what_the_check_says_of_a_head(camera: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndi, "LOCATING", 1.0)

    async def scene() -> None:
        workshop = Workshop()
        head = {"source": "cam2", "protocole": "ndi"}
        found = await examine(CameraConfig.model_validate(head | {"adresse": ADDRESS}), workshop)
        assert not found.wrong and "never tells where it looks" in found.answer, found
        nobody = CameraConfig.model_validate(head | {"adresse": "ndi://127.0.0.1/Personne"})
        found = await examine(nobody, workshop)
        assert found.wrong and "nobody announces" in found.answer, found

    asyncio.run(scene())

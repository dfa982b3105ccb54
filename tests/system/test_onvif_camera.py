"""OnvifCamera against the simulated camera; the simulated camera against another client, which validates by ONVIF's own WSDL."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from onvif import ONVIFCamera

from camera_drivers import onvif, onvif_line
from camera_drivers.base import CameraLost, CameraRefused, CameraState, Position, Speeds
from camera_drivers.onvif import OnvifCamera
from camera_drivers.onvif_line import Account
from camera_drivers.onvif_scale import Reach
from hardware_mocks.onvif_camera import Faults
from hardware_mocks.onvif_camera import OnvifCamera as Simulated
from hardware_mocks.visca_head import STEPS_PER_DEGREE

pytestmark = pytest.mark.system

SEAT = Position(15.0, -5.0, 2.0)
ACCOUNT = Account("regie", "a real secret")
REACH = Reach(pan=(-170.0, 170.0), tilt=(-20.0, 90.0), zoom=20.0)


@dataclass
class Hall:
    """A camera and its simulator."""

    camera: OnvifCamera
    simulated: Simulated

    async def until(self, state: CameraState, seconds: float = 10.0) -> None:
        await self.when(lambda: self.camera.report().state is state, seconds)

    async def when(self, happened: Callable[[], bool], seconds: float = 10.0) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        while not happened():
            assert loop.time() - start < seconds, self.camera.report()
            await asyncio.sleep(0.01)

    def is_near(self, target: Position) -> bool:
        head = self.simulated.head
        pan, tilt = head.pan.position / STEPS_PER_DEGREE, head.tilt.position / STEPS_PER_DEGREE
        return abs(pan - target.pan) < 0.15 and abs(tilt - target.tilt) < 0.15


def play(
    scene: Callable[[Hall], Awaitable[None]],
    faults: Faults | None = None,
    account: Account = ACCOUNT,
    ready: bool = True,
) -> None:
    async def run() -> None:
        simulated = Simulated(user=ACCOUNT.user, password=ACCOUNT.password, faults=faults)
        await simulated.start()
        camera = OnvifCamera("127.0.0.1", simulated.port, account, reach=REACH)
        running = asyncio.create_task(camera.run())
        try:
            async with asyncio.timeout(30):
                hall = Hall(camera, simulated)
                if ready:
                    await hall.until(CameraState.READY)
                await scene(hall)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await simulated.stop()

    asyncio.run(run())


async def a_move(h: Hall) -> None:
    await h.camera.go_to(SEAT)
    assert h.camera.report().state is CameraState.MOVING
    await h.until(CameraState.ARRIVED)
    assert h.is_near(SEAT)
    position = h.camera.report().position
    assert position is not None and position.zoom == pytest.approx(2, rel=0.02)


def test_a_move_a_memory_and_somebody_else() -> None:
    async def scene(h: Hall) -> None:
        assert h.camera.report().model == "Chambre PTZ-20" and h.camera.firmware == "2.4"
        await a_move(h)
        await h.camera.store_preset(7)
        assert [name for name, _ in h.simulated.presets.values()] == ["regie 7"]
        await h.camera.store_preset(7)
        assert len(h.simulated.presets) == 1, "stored again in the same place"
        h.simulated.move_by_hand(30, 0)
        await h.until(CameraState.ALTERED)
        await h.camera.recall_preset(7, speed=0.5)
        await h.until(CameraState.ARRIVED)
        assert h.is_near(SEAT) and h.simulated.recalled_at == 0.5
        far = Position(75.0, -5.0, 2.0)
        await h.camera.go_to(far)
        await h.until(CameraState.ARRIVED)
        assert any(axis == 0 for axis, *_ in h.camera.travel.moves()), "how fast it turns is learnt"
        back = h.camera.foresee(SEAT, 1.0)
        assert back is not None and 0.6 < back < 2.0, "97 degrees a second, and not the 60 of the guess"
        with pytest.raises(CameraRefused, match="no memory"):
            await h.camera.recall_preset(8)
        with pytest.raises(CameraRefused, match="reach"):
            await h.camera.go_to(Position(0, -60, 1))

    play(scene)


def test_a_drive_is_stopped_by_its_owner_s_silence_or_by_the_camera_itself() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.drive(Speeds(pan=-0.4, zoom=0.5))
        await h.until(CameraState.MOVING)
        await h.when(lambda: not h.simulated.head.moving)
        assert h.camera.dead_man.fired == 1 and h.simulated.head.pan.position < 0
        await h.until(CameraState.READY)
        h.camera.dead_man.close()
        await h.camera.line.drive(0.2, 0.0, 0.0, onvif.HELD)
        await h.when(lambda: h.simulated.head.moving)
        await h.when(lambda: not h.simulated.head.moving)

    play(scene)


def test_one_that_takes_no_time_with_a_drive_tells_degrees_and_not_whether_it_moves() -> None:
    async def scene(h: Hall) -> None:
        await a_move(h)
        await h.camera.drive(Speeds(tilt=0.3))
        await h.camera.stop()
        assert h.simulated.received.count("ContinuousMove") == 2
        await h.until(CameraState.READY)

    play(scene, Faults(no_timeout=True, spherical=True, no_move_status=True))


def test_a_clock_that_is_wrong_does_not_keep_us_out() -> None:
    play(a_move, Faults(clock_off_s=-86_400.0))


def test_one_that_asks_for_http_s_digest() -> None:
    play(a_move, Faults(http_digest=True))


def test_a_wrong_password_is_told_and_not_insisted_on() -> None:
    async def scene(h: Hall) -> None:
        await h.when(lambda: bool(h.camera.report().detail))
        report = h.camera.report()
        assert report.state is CameraState.UNKNOWN and "password" in report.detail
        assert len(h.simulated.received) < 8

    play(scene, account=Account("regie", "wrong"), ready=False)


@pytest.mark.parametrize(
    ("faults", "said"),
    [(Faults(no_head=True), "cannot be turned"), (Faults(no_position=True), "does not tell where it looks")],
)
def test_one_that_cannot_serve_says_why(faults: Faults, said: str) -> None:
    async def scene(h: Hall) -> None:
        await h.when(lambda: said in h.camera.report().detail)

    play(scene, faults, ready=False)


def test_lost_and_back_without_its_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif_line, "ANSWER_SECONDS", 0.3)

    async def scene(h: Hall) -> None:
        h.simulated.faults.silent = True
        await h.until(CameraState.LOST)
        with pytest.raises(CameraLost):
            await h.camera.go_to(SEAT)
        h.simulated.received.clear()
        h.simulated.faults.silent = False
        await h.until(CameraState.READY)
        assert not {"AbsoluteMove", "ContinuousMove"} & set(h.simulated.received)

    play(scene)


def test_the_simulator_satisfies_a_client_that_validates_by_onvif_s_wsdl() -> None:
    """onvif-zeep-async is the client of Home Assistant: what it reads is checked against the schemas that ONVIF publishes."""

    async def run() -> None:
        simulated = Simulated(user=ACCOUNT.user, password=ACCOUNT.password)
        await simulated.start()
        client = ONVIFCamera("127.0.0.1", simulated.port, ACCOUNT.user, ACCOUNT.password, no_cache=True)
        try:
            device = await client.create_devicemgmt_service()
            assert (await device.GetDeviceInformation()).Model == "PTZ-20"
            services = await device.GetServices({"IncludeCapability": False})
            assert [s.Namespace.split("/")[-2] for s in services] == ["device", "media", "ptz"]
            client.xaddrs = {
                s.Namespace: f"http://127.0.0.1:{simulated.port}/onvif/service" for s in services
            }
            media, ptz = await client.create_media_service(), await client.create_ptz_service()
            token = (await media.GetProfiles())[1].token
            node = (await ptz.GetNodes())[0]
            assert node.SupportedPTZSpaces.AbsolutePanTiltPositionSpace[0].XRange.Max == 1.0
            turn = {"PanTilt": {"x": 0.1, "y": -0.5}, "Zoom": {"x": 0.2}}
            await ptz.AbsoluteMove({"ProfileToken": token, "Position": turn})
            assert (await ptz.GetStatus({"ProfileToken": token})).MoveStatus.PanTilt == "MOVING"
            stored = await ptz.SetPreset({"ProfileToken": token, "PresetName": "Place 1"})
            assert (await ptz.GetPresets({"ProfileToken": token}))[0].token == stored
            await ptz.GotoPreset({"ProfileToken": token, "PresetToken": stored})
            await ptz.ContinuousMove({"ProfileToken": token, "Velocity": turn, "Timeout": "PT1S"})
            await ptz.Stop({"ProfileToken": token})
        finally:
            await client.close()
            await simulated.stop()

    asyncio.run(run())

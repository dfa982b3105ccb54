"""ViscaCamera against the simulated camera, on sockets of the loopback: what it says must be what the simulator does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from camera_drivers import quirks
from camera_drivers import visca_commands as visca
from camera_drivers.base import CameraLost, CameraRefused, CameraState, Position, Speeds
from camera_drivers.quirks import Model, Transport
from camera_drivers.visca_camera import ViscaCamera
from camera_drivers.visca_events import Options
from camera_drivers.visca_io import Conversation, SharedSocket
from camera_drivers.visca_keep import keep
from hardware_mocks.visca_camera import Faults, Quirks
from hardware_mocks.visca_camera import ViscaCamera as Simulated
from hardware_mocks.visca_head import STEPS_PER_DEGREE
from hardware_mocks.visca_server import ViscaServer

pytestmark = pytest.mark.system

SEAT = Position(12.0, -4.0, 2.0)
OTHER_SEAT = Position(-9.0, 3.0, 1.0)
MOVES = (b"\x81\x01\x06\x01", b"\x81\x01\x06\x02", b"\x81\x01\x04\x47", b"\x81\x01\x04\x3f")


@dataclass
class Hall:
    """A camera, its simulator, and its server."""

    camera: ViscaCamera
    simulated: Simulated
    server: ViscaServer

    async def until(self, state: CameraState, seconds: float = 8.0) -> float:
        """Wait for a state; how long it took."""
        return await self.when(lambda: self.camera.report().state is state, seconds)

    async def when(self, happened: Callable[[], bool], seconds: float = 8.0) -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        while not happened():
            assert loop.time() - start < seconds, self.camera.report()
            await asyncio.sleep(0.005)
        return loop.time() - start

    def rests(self) -> bool:
        return self.camera.report().state not in (CameraState.MOVING, CameraState.LOST, CameraState.UNKNOWN)

    @property
    def truly(self) -> tuple[float, float]:
        """Where the simulator really looks, degrees."""
        return (
            self.simulated.head.pan.position / STEPS_PER_DEGREE,
            self.simulated.head.tilt.position / STEPS_PER_DEGREE,
        )

    def is_there(self, target: Position) -> bool:
        return self.is_near(target) and not self.simulated.head.moving

    def is_near(self, target: Position) -> bool:
        pan, tilt = self.truly
        return abs(pan - target.pan) < 0.1 and abs(tilt - target.tilt) < 0.1

    def moves_received(self) -> list[bytes]:
        return [m for m in self.simulated.received if m.startswith(MOVES)]


@contextlib.asynccontextmanager
async def hall(
    family: Model = quirks.SONY, mock: Quirks | None = None, faults: Faults | None = None
) -> AsyncIterator[Hall]:
    simulated = Simulated(quirks=mock, faults=faults)
    server = ViscaServer(simulated)
    await server.start(sony=0, raw_udp=0, tcp=0)
    shared = await SharedSocket.open("127.0.0.1", 0)
    camera = ViscaCamera(family)
    port = server.ports[
        {Transport.SONY_UDP: "sony", Transport.RAW_UDP: "raw_udp", Transport.RAW_TCP: "tcp"}[family.transport]
    ]
    keeping = asyncio.create_task(keep(camera, "127.0.0.1", port, shared))
    try:
        async with asyncio.timeout(30):
            yield Hall(camera, simulated, server)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        shared.close()
        await server.stop()


def play(
    scene: Callable[[Hall], Awaitable[None]],
    family: Model = quirks.SONY,
    mock: Quirks | None = None,
    faults: Faults | None = None,
) -> None:
    async def run() -> None:
        async with hall(family, mock, faults) as h:
            await h.until(CameraState.READY)
            await scene(h)

    asyncio.run(run())


async def again(h: Hall, action: Callable[[], Awaitable[None]], tries: int = 12) -> None:
    """Ask again what was lost on the way, as an operator would, once the camera is back."""
    for left in reversed(range(tries)):
        await h.when(lambda: h.camera.report().state is not CameraState.LOST, 15)
        try:
            await action()
            return
        except CameraLost:
            if not left:
                raise


def test_it_tells_its_model_and_where_it_is() -> None:
    async def scene(h: Hall) -> None:
        report = h.camera.report()
        assert report.model == "Sony BRC-X400" and report.position is not None
        assert (report.position.pan, report.position.tilt, report.position.zoom) == (0, 0, 1)
        shown = h.camera.capabilities()
        assert shown.tally and shown.limits and shown.zoom == 20

    play(scene)


def test_a_move_arrives_when_it_is_there_and_never_before() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.go_to(SEAT)
        assert h.camera.report().state is CameraState.MOVING and h.camera.report().target == SEAT
        await h.until(CameraState.ARRIVED)
        assert h.is_there(SEAT)
        position = h.camera.report().position
        assert position is not None and position.zoom == pytest.approx(2.0, rel=0.01)

    play(scene)


def test_sent_elsewhere_on_its_way() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.go_to(Position(100.0, 0, 8.0))
        await h.when(lambda: h.truly[0] > 3)
        await h.camera.go_to(OTHER_SEAT)
        assert h.camera.report().target == OTHER_SEAT
        await h.until(CameraState.ARRIVED)
        assert h.is_there(OTHER_SEAT)

    play(scene)


def test_a_drive_lasts_as_long_as_its_owner_speaks() -> None:
    async def scene(h: Hall) -> None:
        for _ in range(6):
            await h.camera.drive(Speeds(pan=0.5, zoom=0.4))
            await asyncio.sleep(0.1)
        assert h.camera.dead_man.fired == 0 and h.simulated.head.moving
        drives = [m for m in h.simulated.received if m.startswith(MOVES[0])]
        assert len(drives) == 1, "the same speed is sent once"
        spoke = asyncio.get_running_loop().time()
        await h.when(lambda: not h.simulated.head.moving, 2)
        assert asyncio.get_running_loop().time() - spoke < 0.8
        assert h.camera.dead_man.fired == 1
        await h.until(CameraState.READY)

    play(scene)


def test_released_it_stops_at_once_and_is_ready_where_it_is() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.drive(Speeds(pan=1.0, tilt=-0.3))
        await h.until(CameraState.MOVING)
        await h.when(lambda: h.truly[0] > 2)
        await h.camera.drive(Speeds())
        await h.when(lambda: not h.simulated.head.moving, 1)
        await h.until(CameraState.READY)
        assert h.camera.dead_man.fired == 0

    play(scene)


def test_a_drive_takes_over_a_move() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.go_to(Position(150, 0, 10))
        await h.when(lambda: h.truly[0] > 3)
        await h.camera.drive(Speeds(pan=-0.3))
        await h.when(lambda: h.simulated.head.pan.velocity < 0, 2)
        await h.camera.stop()
        await h.until(CameraState.READY)

    play(scene)


@pytest.mark.parametrize("seed", range(2))
def test_with_a_fifth_of_the_datagrams_lost_nothing_is_said_that_is_not(seed: int) -> None:
    async def scene(h: Hall) -> None:
        for target in (SEAT, OTHER_SEAT):
            await again(h, lambda target=target: h.camera.go_to(target))  # type: ignore[misc]
            while True:
                await h.when(h.rests, 12)
                if h.camera.report().state is CameraState.ARRIVED:
                    break
                await again(h, lambda target=target: h.camera.go_to(target))  # type: ignore[misc]
            assert h.is_there(target)
        await again(h, lambda: h.camera.drive(Speeds(pan=0.4)))
        await again(h, h.camera.stop)
        await h.when(lambda: not h.simulated.head.moving, 2)
        assert h.camera.conversation.session.counters.repeated > 0

    play(scene, faults=Faults(seed=seed, loss=0.2, duplicate=0.1, reorder=0.1, delay_s=0.002))


def test_lost_while_it_moved_it_comes_back_by_itself_and_nothing_is_replayed() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.set_tally(True, False)
        await h.camera.go_to(Position(60, 0, 1))
        await h.when(lambda: h.truly[0] > 2)
        h.simulated.faults.silent = True
        h.simulated.reboot()
        assert await h.until(CameraState.LOST) < 1.5
        for moving in (h.camera.drive(Speeds(pan=0.2)), h.camera.go_to(SEAT), h.camera.recall_preset(1)):
            with pytest.raises(CameraLost):
                await moving
        h.simulated.head.red = False
        h.simulated.received.clear()
        h.simulated.faults.silent = False
        await h.until(CameraState.READY)
        await h.when(lambda: h.simulated.head.red, 3)
        moved = [m for m in h.moves_received() if m != visca.stop().payload]
        assert moved == [], "nobody knows how far it got: no movement is said again"

    play(scene)


def test_a_drive_that_could_not_be_stopped_is_stopped_when_it_is_back() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.drive(Speeds(pan=0.1))
        h.simulated.faults.silent = True
        await h.until(CameraState.LOST)
        assert h.simulated.head.moving, "out of reach, it goes on"
        h.simulated.faults.silent = False
        await h.when(lambda: not h.simulated.head.moving, 4)

    play(scene)


def test_another_controller_turns_it() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.go_to(SEAT)
        await h.until(CameraState.ARRIVED)
        h.camera.watch_closely(0.2)
        await asyncio.sleep(0.3)
        other_socket = await SharedSocket.open("127.0.0.1", 0)
        other = Conversation(Options())
        other_socket.add("127.0.0.1", h.server.ports["sony"], other)
        try:
            await other.do(visca.drive(-1, 0, 3, 3))
            took = await h.until(CameraState.ALTERED)
            assert took < 0.6, "on air it is asked five times a second"
            await other.do(visca.stop())
        finally:
            other.close()
            other_socket.close()
        assert "another" in h.camera.report().detail
        await h.camera.go_to(SEAT)
        await h.until(CameraState.ARRIVED)

    play(scene)


def test_with_its_menu_open_it_refuses_and_says_why() -> None:
    async def scene(h: Hall) -> None:
        h.simulated.open_menu()
        with pytest.raises(CameraRefused, match="menu") as refusal:
            await h.camera.go_to(SEAT)
        assert refusal.value.retry_later
        assert h.camera.report().state is CameraState.READY
        h.simulated.open_menu(False)
        await h.camera.go_to(SEAT)
        await h.until(CameraState.ARRIVED)

    play(scene)


def test_out_of_reach_is_refused_before_anything_is_sent() -> None:
    async def scene(h: Hall) -> None:
        for target in (Position(171, 0, 1), Position(0, 95, 1), Position(0, 0, 25), Position(0, 0, 0.5)):
            with pytest.raises(CameraRefused, match="reach"):
                await h.camera.go_to(target)
        assert h.moves_received() == []

    play(scene)


def test_in_stand_by_its_place_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camera_drivers.visca_watch.POWER_POLL", 0.3)

    async def scene(h: Hall) -> None:
        h.simulated.switch_off()
        await h.until(CameraState.UNKNOWN)
        assert h.camera.report().detail == "stand-by"
        with pytest.raises(CameraRefused):
            await h.camera.go_to(SEAT)
        h.simulated.head.power = True
        await h.until(CameraState.READY)

    play(scene)


def test_memories_of_the_camera() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.go_to(SEAT)
        await h.until(CameraState.ARRIVED)
        await h.camera.store_preset(4)
        assert list(h.simulated.head.presets) == [3], "Sony counts from 0"
        await h.camera.go_to(OTHER_SEAT)
        await h.until(CameraState.ARRIVED)
        await h.camera.recall_preset(4)
        assert h.camera.report().state is CameraState.MOVING
        await h.until(CameraState.ARRIVED)
        assert h.is_there(SEAT)
        with pytest.raises(CameraRefused, match="memory"):
            await h.camera.recall_preset(101)

    play(scene)


def test_the_lamp_does_not_flicker_and_limits_are_obeyed() -> None:
    async def scene(h: Hall) -> None:
        for _ in range(3):
            await h.camera.set_tally(True, False)
        await h.camera.set_tally(False, True)
        lamp = [m[6] for m in h.simulated.received if m.startswith(b"\x81\x01\x7e\x01\x0a")]
        assert lamp == [2, 3] and not h.simulated.head.red
        await h.camera.set_limits((-20.0, 5.0), (-10.0, 60.0))
        await h.camera.drive(Speeds(pan=1.0))
        await h.when(lambda: h.truly[0] >= 4.9, 3)
        await h.camera.stop()
        assert h.truly[0] == pytest.approx(5.0, abs=0.1)
        await h.camera.clear_limits()
        assert h.simulated.head.pan.high == pytest.approx(170 * STEPS_PER_DEGREE)

    play(scene)


@pytest.mark.parametrize(
    ("family", "mock"),
    [
        (quirks.PTZOPTICS, Quirks(socket_always_one=True, network_change_at_start=True, model=b"\x01\x02\x03\x04\x05\x06")),
        (quirks.AKVANS, Quirks(model=b"\x01\x02\x03\x04\x05\x06")),
        (quirks.CISCO, Quirks(no_acknowledgement=True, model=b"\x01\x02\x03\x04\x05\x06")),
        (quirks.AVER, Quirks(rejects_clear=True, model=b"\x01\x02\x03\x04\x05\x06")),
    ],
    ids=lambda v: v.name if isinstance(v, Model) else "",
)  # fmt: skip
def test_cameras_that_stray_from_the_standard(family: Model, mock: Quirks) -> None:
    async def scene(h: Hall) -> None:
        assert h.camera.model.name == family.name
        # The simulator counts 51.2 steps a degree; this family is told 14.4, so the same steps are another angle.
        scale = family.pan.per_degree / STEPS_PER_DEGREE
        target = Position(40.0, 8.0, 2.0)
        await h.camera.go_to(target)
        await h.when(lambda: h.truly[0] > 1)
        assert h.camera.report().state is CameraState.MOVING
        await h.until(CameraState.ARRIVED)
        # Without a status its last hundredths of a degree cannot be told from rest.
        assert h.is_near(Position(target.pan * scale, target.tilt * scale, 2.0))
        await h.camera.drive(Speeds(pan=-0.5))
        await h.when(lambda: h.simulated.head.pan.velocity < 0)
        await h.camera.stop()
        await h.until(CameraState.READY)

    play(scene, family, mock)


def test_a_stop_that_is_acknowledged_and_not_obeyed_is_said_again() -> None:
    async def scene(h: Hall) -> None:
        await h.camera.drive(Speeds(pan=0.5))
        await h.when(lambda: h.truly[0] > 0.5)
        deaf = h.simulated._drive
        missed: list[bytes] = []

        def once(body: bytes) -> None:
            if body[4:6] == b"\x03\x03" and not missed:
                missed.append(body)
            else:
                deaf(body)

        h.simulated._commands[b"\x06\x01"] = once
        await h.camera.stop()
        assert missed and not h.simulated.head.pan.wanted

    play(scene, quirks.TENVEO, Quirks(model=b"\x01\x02\x03\x04\x05\x06"))


def test_the_end_of_the_program_stops_a_drive() -> None:
    async def run() -> None:
        async with hall() as h:
            await h.until(CameraState.READY)
            await h.camera.drive(Speeds(pan=0.3))
            head = h.simulated.head
            assert head.moving
        assert not head.pan.wanted

    asyncio.run(run())


def test_an_unplugged_tcp_camera_is_found_again() -> None:
    async def scene(h: Hall) -> None:
        port = h.server.ports["tcp"]
        await h.server.stop()
        await h.until(CameraState.LOST)
        h.server = ViscaServer(h.simulated)
        await h.server.start(sony=None, raw_udp=None, tcp=port)
        try:
            await h.until(CameraState.READY, 15)
        finally:
            await h.server.stop()

    play(scene, quirks.PTZOPTICS, Quirks(model=b"\x01\x02\x03\x04\x05\x06"))

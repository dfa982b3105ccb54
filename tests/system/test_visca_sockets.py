"""Our VISCA driver and one that is not ours, against the simulated camera, on real sockets of the loopback."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from camera_drivers import visca_commands as visca
from camera_drivers.base import CameraLost, CameraRefused
from camera_drivers.visca_events import Options
from camera_drivers.visca_io import Conversation, SharedSocket, keep_tcp, open_raw_udp
from hardware_mocks.visca_camera import Faults, Quirks, ViscaCamera
from hardware_mocks.visca_server import ViscaServer

pytestmark = pytest.mark.system

Scene = Callable[[Conversation, ViscaCamera], Awaitable[None]]


def on_sony(scene: Scene, quirks: Quirks | None = None, faults: Faults | None = None) -> None:
    async def run() -> None:
        camera = ViscaCamera(quirks=quirks, faults=faults)
        server = ViscaServer(camera)
        await server.start(sony=0, raw_udp=None, tcp=None)
        shared = await SharedSocket.open("127.0.0.1", 0)
        conversation = Conversation(Options())
        shared.add("127.0.0.1", server.ports["sony"], conversation)
        try:
            async with asyncio.timeout(30):
                await scene(conversation, camera)
        finally:
            conversation.close()
            shared.close()
            await server.stop()

    asyncio.run(run())


async def position(conversation: Conversation) -> tuple[int, int]:
    data = await conversation.do(visca.PAN_TILT_POSITION)
    return visca.from_nibbles(data[:4], signed=True), visca.from_nibbles(data[4:], signed=True)


def test_a_move_is_done_when_the_camera_says_so() -> None:
    async def scene(conversation: Conversation, camera: ViscaCamera) -> None:
        await conversation.do(visca.absolute(1024, -512, 0x18))
        assert await position(conversation) == (1024, -512)
        assert not camera.head.moving

    on_sony(scene)


def test_a_stop_ends_a_drive_at_once() -> None:
    async def scene(conversation: Conversation, camera: ViscaCamera) -> None:
        await conversation.do(visca.drive(1, 0, 0x18, 0x17))
        while camera.head.pan.velocity < 1000:
            await position(conversation)
        await conversation.do(visca.stop())
        while camera.head.moving:
            await position(conversation)
        assert camera.head.pan.position < camera.head.pan.high

    on_sony(scene)


@pytest.mark.parametrize("seed", range(3))
def test_a_fifth_of_the_datagrams_lost_some_doubled_some_late_and_nothing_is_believed_done_that_is_not(
    seed: int,
) -> None:
    async def scene(conversation: Conversation, camera: ViscaCamera) -> None:
        done = 0
        for n in range(12):
            target = 100 * (n % 7)
            try:
                async with asyncio.timeout(1):
                    await conversation.do(visca.absolute(target, 0, 0x18))
                done += 1
                assert round(camera.head.pan.position) == target, "said done, and is not there"
            except (CameraLost, CameraRefused, TimeoutError):
                continue
        assert done >= 4
        assert conversation.session.counters.repeated > 0

    on_sony(scene, faults=Faults(seed=seed, loss=0.2, duplicate=0.1, reorder=0.1, delay_s=0.002))


def test_a_refusal_names_its_reason() -> None:
    async def scene(conversation: Conversation, camera: ViscaCamera) -> None:
        camera.open_menu()
        with pytest.raises(CameraRefused, match="menu open") as refusal:
            await conversation.do(visca.zoom_to(0x1000))
        assert refusal.value.retry_later
        assert len([m for m in camera.received if m[1] == 1]) == 1, "asked once, not hammered"

    on_sony(scene)


def test_a_dead_camera_is_told_lost() -> None:
    async def scene(conversation: Conversation, camera: ViscaCamera) -> None:
        camera.faults.silent = True
        started = asyncio.get_running_loop().time()
        with pytest.raises(CameraLost):
            await conversation.do(visca.VERSION)
        assert asyncio.get_running_loop().time() - started < 3

    on_sony(scene)


def test_two_cameras_of_one_shared_socket_do_not_hear_each_other() -> None:
    async def run() -> None:
        servers = [ViscaServer(ViscaCamera(), f"127.0.0.{n}") for n in (2, 3)]
        shared = await SharedSocket.open("0.0.0.0", 0)
        conversations = []
        for server in servers:
            await server.start(sony=0, raw_udp=None, tcp=None)
            conversation = Conversation(Options())
            shared.add(server.host, server.ports["sony"], conversation)
            conversations.append(conversation)
        try:
            async with asyncio.timeout(20):
                await asyncio.gather(
                    *(c.do(visca.absolute(100 * (n + 1), 0, 8)) for n, c in enumerate(conversations))
                )
                assert [await position(c) for c in conversations] == [(100, 0), (200, 0)]
        finally:
            for conversation in conversations:
                conversation.close()
            shared.close()
            for server in servers:
                await server.stop()

    asyncio.run(run())


@pytest.mark.parametrize("transport", ["tcp", "raw_udp"])
def test_raw_visca_over_tcp_and_udp(transport: str) -> None:
    async def run() -> None:
        camera = ViscaCamera(quirks=Quirks(socket_always_one=True, network_change_at_start=True))
        server = ViscaServer(camera)
        await server.start(sony=None, raw_udp=0, tcp=0)
        conversation = Conversation(Options(header=False))
        keeping: asyncio.Task[None] | None = None
        if transport == "tcp":
            keeping = asyncio.create_task(keep_tcp("127.0.0.1", server.ports["tcp"], conversation))
        else:
            await open_raw_udp("127.0.0.1", server.ports["raw_udp"], conversation)
        try:
            async with asyncio.timeout(20):
                await conversation.connected()
                await asyncio.gather(
                    conversation.do(visca.absolute(300, 0, 8)), conversation.do(visca.zoom_to(0x800))
                )
                assert await position(conversation) == (300, 0)
        finally:
            if keeping is not None:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
            conversation.close()
            await server.stop()

    asyncio.run(run())


CLIENT = """
import time
from visca_over_ip import Camera
camera = Camera("127.0.0.2")
camera.pantilt_home()
camera.pantilt(pan_speed=10, tilt_speed=0, pan_position=256, tilt_position=0)
while camera.get_pantilt_position()[0] != 256:
    pass
time.sleep(0.2)
camera.save_preset(4)
print(camera.get_pantilt_position(), camera.get_zoom_position())
camera.close_connection()
"""


def test_a_client_that_is_not_ours_drives_the_simulator() -> None:
    async def run() -> None:
        camera = ViscaCamera()
        server = ViscaServer(camera, "127.0.0.2")
        await server.start(raw_udp=None, tcp=None)
        try:
            client = await asyncio.create_subprocess_exec(
                sys.executable, "-c", CLIENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            output, _ = await asyncio.wait_for(client.communicate(), 20)
            assert client.returncode == 0, output.decode()
            assert output.decode().splitlines()[-1] == "(256, 0) 0"
            assert 4 in camera.head.presets
        finally:
            await server.stop()

    asyncio.run(run())

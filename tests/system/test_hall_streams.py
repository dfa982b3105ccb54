"""The hall on its sockets: each camera read by software that is not ours, troubles seen from outside, lips and sound."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

import av
import numpy as np
import pytest

from hardware_mocks import marks
from hardware_mocks.encoding import RATE
from hardware_mocks.hall import CHANNELS, Hall, Options

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]
SMALL = {"width": 640, "height": 360, "synthesiser": False}


def with_hall(scene: Callable[[Hall], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        async with Hall(Options(**(SMALL | options))) as hall, asyncio.timeout(75):
            await scene(hall)

    asyncio.run(run())


def read(url: str, seconds: float, **options: str) -> tuple[list[tuple[float, Any]], list[tuple[float, Any]]]:
    """Pictures and sound of a source for so many seconds of its time: (instant, luma) and (instant, samples)."""
    pictures: list[tuple[float, Any]] = []
    sounds: list[tuple[float, Any]] = []
    known = {"probesize": "300000", "analyzeduration": "500000"} | options
    with av.open(url, options=known, timeout=(10, 10)) as container:
        for packet in container.demux():
            for frame in packet.decode():
                assert isinstance(frame, av.VideoFrame | av.AudioFrame)
                if frame.time is None:
                    continue  # FFmpeg does not time the very first picture of an RTSP session
                if isinstance(frame, av.VideoFrame):
                    pictures.append((frame.time, frame.to_ndarray(format="gray")))
                else:
                    sounds.append((frame.time, frame.to_ndarray().reshape(-1)))
            if pictures and pictures[-1][0] - pictures[0][0] >= seconds:
                break
    return pictures, sounds


async def probe(url: str, *options: str) -> dict[str, Any]:
    quick = ["-probesize", "300000", "-analyzeduration", "500000"]
    command = ["ffprobe", "-v", "error", *quick, *options, "-show_streams", "-of", "json", url]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, errors.decode()
    result: dict[str, Any] = json.loads(output)
    return result


def test_every_camera_is_read_by_ffprobe() -> None:
    async def scene(hall: Hall) -> None:
        described = hall.describe()
        assert [c["url"].split(":")[0] for c in described["cameras"]] == ["rtsp", "srt", "udp", "tcp"]
        for camera in described["cameras"]:
            streams = (await probe(camera["url"]))["streams"]
            video = next(s for s in streams if s["codec_type"] == "video")
            assert (video["codec_name"], video["width"], video["height"]) == ("h264", 640, 360)
        sound = await probe(described["cameras"][0]["url"])
        assert any(s["codec_name"] == "aac" and s["sample_rate"] == "48000" for s in sound["streams"])
        microphones = await probe(described["microphones"]["url"], "-f", "wav")
        assert microphones["streams"][0]["channels"] == CHANNELS

    with_hall(scene)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_rtsp_over_both_transports_to_two_clients_at_once(transport: str) -> None:
    async def scene(hall: Hall) -> None:
        url = hall.describe()["cameras"][0]["url"]
        clients = [asyncio.to_thread(read, url, 2.0, rtsp_transport=transport) for _ in range(2)]
        for pictures, sounds in await asyncio.gather(*clients):
            times = [mark.ms for _, luma in pictures if (mark := marks.read(luma)) is not None]
            assert len(times) >= 45
            assert all(b - a == 40 for a, b in zip(times, times[1:], strict=False))
            assert sounds

    with_hall(scene)


def test_flash_and_beep_leave_together() -> None:
    async def scene(hall: Hall) -> None:
        url = hall.describe()["cameras"][0]["url"]
        pictures, sounds = await asyncio.to_thread(read, url, 11.0, rtsp_transport="tcp")
        flashes = [t for t, luma in pictures if marks.flashing(luma)]
        assert flashes
        start = sounds[0][0]
        heard = np.concatenate([s for _, s in sounds])
        tone = np.exp(-2j * np.pi * 1000 * np.arange(len(heard)) / RATE)
        energy = np.abs(np.convolve(heard * tone, np.ones(480) / 480, "valid"))
        around = slice(int((flashes[0] - start - 0.5) * RATE), int((flashes[0] - start + 0.5) * RATE))
        beep = (
            (around.start + int(np.argmax(energy[around] > energy[around].max() / 2))) / RATE + start + 0.005
        )
        assert abs(beep - flashes[0]) <= 0.02

    with_hall(scene)


def test_troubles_are_seen_from_outside() -> None:
    async def scene(hall: Hall) -> None:
        url = hall.describe()["cameras"][3]["url"]
        reader, writer = await asyncio.open_connection("127.0.0.1", hall.control_port)

        async def order(**what: Any) -> dict[str, Any]:
            writer.write(json.dumps(what).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
            return answer

        assert (await order(do="fault", camera="cam4", fault="freeze", seconds=30))["ok"]
        pictures, _ = await asyncio.to_thread(read, url, 1.0)
        times = {mark.ms for _, luma in pictures[-10:] if (mark := marks.read(luma)) is not None}
        assert len(times) == 1, "frozen: the same time on every picture"
        assert (await order(do="clear", camera="cam4"))["ok"]
        assert (await order(do="fault", camera="cam4", fault="black"))["ok"]
        pictures, _ = await asyncio.to_thread(read, url, 1.0)
        assert pictures[-1][1][:200].mean() < 20
        await order(do="clear", camera="cam4")
        assert (await order(do="ptz", camera="cam4", pan=0, tilt=0, zoom=2))["ok"]
        refused = await order(do="ptz", camera="cam9")
        assert not refused["ok"] and "cam9" in refused["error"]
        assert not (await order(do="dance"))["ok"]
        state = await order(do="state")
        assert {c["id"] for c in state["cameras"]} == {"cam1", "cam2", "cam3", "cam4"}
        writer.close()
        await writer.wait_closed()

    with_hall(scene)


def test_a_reboot_closes_the_connection_and_the_camera_is_back_at_the_same_address() -> None:
    async def scene(hall: Hall) -> None:
        camera = hall.describe()["cameras"][3]
        host, port = "127.0.0.1", int(camera["url"].rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.read(188)
        hall.do({"do": "fault", "camera": "cam4", "fault": "reboot", "seconds": 1})
        while await reader.read(65536):
            pass
        writer.close()
        await writer.wait_closed()
        for _ in range(100):
            try:
                _, writer = await asyncio.open_connection(host, port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
        writer.close()
        await writer.wait_closed()
        assert len((await asyncio.to_thread(read, camera["url"], 0.5))[0]) > 5

    with_hall(scene)


def test_each_councillor_speaks_in_his_own_channel() -> None:
    async def scene(hall: Hall) -> None:
        hall.debate.force(12)
        reader, writer = await asyncio.open_connection("127.0.0.1", hall.microphones.port)
        await reader.readexactly(44)
        loud: set[int] = set()
        for _ in range(25 * 20):
            block = np.frombuffer(await reader.readexactly(1920 * CHANNELS * 2), np.int16).reshape(
                -1, CHANNELS
            )
            loud |= {int(c) for c in np.flatnonzero(np.abs(block).max(axis=0) > 1000)}
            if 12 in loud:
                break
        writer.close()
        await writer.wait_closed()
        assert 12 in loud
        assert loud <= {0, *range(1, 34)}

    with_hall(scene, cameras=1)

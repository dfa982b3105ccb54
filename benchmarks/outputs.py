"""CPU of each further output on the same packets, and how soon a server that came back is fed again.

Packets of 720p25 at 2.5 Mbit/s are encoded once and played in real time into the outputs of this process; servers are nginx.
A figure is the difference between runs back to back with few and with many outputs, divided by how many more there were.
"""

import asyncio
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import Figure
from regie.board import OutputState
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import Epoch
from regie.media.fanout import Fanout
from regie.media.hls import HlsOutput
from regie.media.recording import Recorder
from regie.media.rtmp import RtmpOutputs
from regie.media.rtmp_protocol import target
from regie.media.rtmp_publisher import Destination
from tests.encoded import Programme, feed, forever, programme
from tests.system.peers import Nginx

SECONDS = 10
TURNS = 2
MORE = 8
RETURNS = 3


def run() -> Sequence[Figure]:
    """The figures. Raises OSError when nginx is not installed."""
    if not shutil.which("nginx") and not Path("/usr/sbin/nginx").exists():
        raise OSError("nginx and its RTMP module are not installed (make debian)")
    stream = programme(8, 2_500_000, 1280)
    with tempfile.TemporaryDirectory() as name:
        server = Nginx(Path(name) / "nginx", record=False)
        server.start()
        try:
            # Turns are interleaved, so that a machine that slows down slows all of them.
            turns = [_turn(stream, server, Path(name) / str(n)) for n in range(TURNS)]
            back = asyncio.run(_returns(stream, server))
        finally:
            server.stop()
    rtmp, recording, webtv = (statistics.median(costs) for costs in zip(*turns, strict=True))
    note = f"720p25 2.5 Mbit/s, {SECONDS} s, {MORE} more"
    return [
        Figure("each further RTMP output", rtmp, "CPU s/s", 0.002, note),
        Figure("each further recording", recording, "CPU s/s", 0.01, note),
        Figure("WebTV, three renditions", webtv, "CPU s/s", None, "720p25, 360p25 and sound"),
        Figure(
            "RTMP back on air after its server returns, worst",
            max(back),
            "s",
            3.0,
            f"{RETURNS} kills of nginx",
        ),
    ]


def _turn(stream: Programme, server: Nginx, directory: Path) -> tuple[float, float, float]:
    one = asyncio.run(_cpu(stream, server, directory / "a", rtmp=1))
    many = asyncio.run(_cpu(stream, server, directory / "b", rtmp=1 + MORE))
    recorded = asyncio.run(_cpu(stream, server, directory / "c", rtmp=1, recordings=MORE))
    webtv = asyncio.run(_cpu(stream, server, directory / "d", rtmp=1, webtv=True))
    return (many - one) / MORE, (recorded - one) / MORE, webtv - one


async def _cpu(
    stream: Programme, server: Nginx, directory: Path, *, rtmp: int, recordings: int = 0, webtv: bool = False
) -> float:
    """CPU seconds of this process for each second of programme."""
    fanout = Fanout()
    files: list[Recorder | HlsOutput] = [
        Recorder(directory / f"{n}.mp4", stream.main, Epoch("bench", time.time_ns()))
        for n in range(recordings)
    ]
    if webtv:
        files.append(HlsOutput(directory / "hls", stream.tiers, 2, Epoch("bench", time.time_ns())))
    for n, file in enumerate(files):
        file.start()
        fanout.add(f"file {n}", file)
    outputs = RtmpOutputs([_to(server, str(n)) for n in range(rtmp)], stream.main)
    await outputs.start()
    fanout.add("rtmp", outputs)
    for n in range(rtmp):
        outputs.set_on(str(n), True)
    player = _Player(stream, fanout)
    try:
        await _until_live(outputs, 5)
        before = time.process_time()
        await asyncio.sleep(SECONDS)
        return (time.process_time() - before) / SECONDS
    finally:
        await asyncio.to_thread(player.stop)
        await outputs.stop()
        for file in files:
            if isinstance(file, Recorder):
                await asyncio.to_thread(file.close, verify_it=False)
            else:
                await asyncio.to_thread(file.close, ended=True)


async def _returns(stream: Programme, server: Nginx) -> list[float]:
    """Seconds from the return of a killed server to being fed again."""
    outputs = RtmpOutputs([_to(server, "back")], stream.main)
    await outputs.start()
    outputs.set_on("back", True)
    player = _Player(stream, outputs)
    times = []
    try:
        for _ in range(RETURNS):
            await _until_live(outputs, 5)
            server.kill()
            await asyncio.sleep(2)
            await asyncio.to_thread(server.start)
            times.append(await _until_live(outputs, 10))
    finally:
        await asyncio.to_thread(player.stop)
        await outputs.stop()
    return times


async def _until_live(outputs: RtmpOutputs, seconds: float) -> float:
    start = time.monotonic()
    while any(status.state is not OutputState.LIVE for status in outputs.statuses()):
        if time.monotonic() - start > seconds:
            raise RuntimeError("nginx does not take the stream")
        await asyncio.sleep(0.01)
    return time.monotonic() - start


def _to(server: Nginx, name: str) -> Destination:
    return Destination(name, name, target(server.address(), name))


class _Player:
    """The programme in real time, from a thread."""

    def __init__(self, stream: Programme, reader: Fanout | RtmpOutputs) -> None:
        self._stream = stream
        self._reader = reader
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="public")
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        clock = MediaClock(SystemClock())
        for packet in forever(self._stream):
            if not clock.wait_until(packet.at, self._stop):
                return
            feed(self._reader, packet)

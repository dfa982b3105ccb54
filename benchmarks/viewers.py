"""CPU of each further WebRTC viewer of the programme: the rtc process alone, fed by an engine of straw with 720p25 at 2.5 Mbit/s.

Viewers are in a process of their own and decode nothing. A figure is the difference between few and many viewers, divided by how
many more there were.
"""

import asyncio
import itertools
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import psutil

from benchmarks.results import Figure
from regie.domain.timeline import SAMPLE_RATE
from regie.errors import LinkLost
from regie.link import LinkServer, Peer, connect
from regie.messages import Answer, Call, PictureNews, SoundNews, Subscribe
from tests.encoded import FPS, MAIN, programme

COUNTS = (1, 4, 8)
SECONDS = 10
BITRATE = 2_500_000
TICK = SAMPLE_RATE // FPS
GOAL = 0.03


def run() -> Sequence[Figure]:
    """The figures. Raises RuntimeError when a viewer did not get the pictures."""
    with tempfile.TemporaryDirectory() as name:
        cpu, received = asyncio.run(_measure(Path(name)))
    few, many = COUNTS[0], COUNTS[-1]
    note = f"720p25 {BITRATE / 1e6:g} Mbit/s and Opus, {SECONDS} s; worst viewer got {100 * received:.0f} % of the pictures"
    return [
        *(Figure(f"rtc process, viewers: {count}", cpu[count], "CPU s/s", None, note) for count in COUNTS),
        Figure("each further WebRTC viewer", (cpu[many] - cpu[few]) / (many - few), "CPU s/s", GOAL, note),
    ]


async def _measure(directory: Path) -> tuple[dict[int, float], float]:
    """CPU by number of viewers, and the least share of the pictures that any viewer got."""
    engine = _Engine(directory / "engine.sock")
    await engine.server.start()
    playing = asyncio.create_task(engine.play())
    cpu, worst = {}, 1.0
    try:
        for count in COUNTS:
            async with _process("regie.rooms.rtc", "--config", "unused", "--run", str(directory)) as rtc:
                await _listening(directory / "rtc.sock")
                cpu[count], received = await _with(count, directory, psutil.Process(rtc.pid))
            worst = min(worst, received / (SECONDS * FPS))
    finally:
        playing.cancel()
        await engine.server.stop()
    if worst < 0.9:
        raise RuntimeError(f"a viewer got {100 * worst:.0f} % of the pictures only")
    return cpu, worst


async def _with(count: int, directory: Path, rtc: psutil.Process) -> tuple[float, int]:
    """CPU seconds a second of the rtc process while so many watch, and what the worst served of them got."""
    async with _process("benchmarks._receivers", "--run", str(directory), "--count", str(count)) as receivers:
        assert receivers.stdout is not None and receivers.stdin is not None
        if await receivers.stdout.readline() != b"ready\n":
            raise RuntimeError(f"{count} viewers could not connect")
        before = _used(rtc)
        await asyncio.sleep(SECONDS)
        used = _used(rtc) - before
        receivers.stdin.close()
        got: dict[str, list[int]] = json.loads(await receivers.stdout.readline())
    return used / SECONDS, min(got["video"])


async def _listening(socket: Path) -> None:
    for _ in range(200):
        with suppress(LinkLost):
            peer = await connect(socket)
            peer.close()
            await peer.closed()
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the rtc process did not start")


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def _process(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()


class _Engine:
    """Sends the same encoded seconds for ever, in real time, to whoever subscribes."""

    def __init__(self, path: Path) -> None:
        self.server = LinkServer(path, self._serve)
        self._peers: set[Peer] = set()
        self._pictures = [p for p in programme(8, BITRATE, 1280).packets if getattr(p, "tier", "") == MAIN]

    async def _serve(self, peer: Peer) -> None:
        async for message in peer.messages():
            if isinstance(message, Subscribe):
                (self._peers.add if message.streams else self._peers.discard)(peer)
            elif isinstance(message, Call):
                peer.send(Answer(id=message.id))
        self._peers.discard(peer)

    def _news(self) -> Iterator[tuple[PictureNews, SoundNews]]:
        wave = (8000 * np.sin(2 * np.pi * 440 * np.arange(TICK) / SAMPLE_RATE)).astype("<i2")
        tone = np.repeat(wave, 2).tobytes()
        for n, picture in enumerate(itertools.cycle(self._pictures)):
            at = n * TICK
            key = n % FPS == 0
            yield (
                PictureNews(stream="programme", tier="720p", at=at, key=key, data=picture.data),
                SoundNews(stream="programme", at=at, data=tone),
            )

    async def play(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for n, both in enumerate(self._news()):
            await asyncio.sleep(max(0.0, start + n / FPS - loop.time()))
            for peer in tuple(self._peers):
                for news in both:
                    peer.send(news)

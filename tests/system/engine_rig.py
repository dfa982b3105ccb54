"""The engine's process as its neighbours see it: a configuration file, a socket, signals."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from regie.board import EngineStatus, Levels
from regie.domain.commands import EngineCommand
from regie.errors import LinkLost
from regie.link import Peer, connect
from regie.media.encoder import planes
from regie.messages import (
    Answer,
    Call,
    LevelsNews,
    PictureNews,
    SoundNews,
    StatusNews,
    Subscribe,
    ThumbnailNews,
)

LUMA = {"gris": 70, "clair": 200}
"""The clips: one grey each, so that a mean luma tells what is on air."""


def clip(path: Path, luma: int, size: tuple[int, int], hertz: int, seconds: int = 2) -> Path:
    """A short H.264 and AAC file: one grey under a moving bar, one tone."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "25", "bf": "0"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        sound = out.add_stream("aac", rate=48000)
        sound.layout = "stereo"
        for n in range(25 * seconds):
            frame = av.VideoFrame(*size, "yuv420p")
            y, u, v = planes(frame)
            y[:], u[:], v[:] = luma, 128, 128
            y[:16, (n * 16) % size[0] : (n * 16) % size[0] + 16] = 235
            frame.pts, frame.time_base = n, Fraction(1, 25)
            out.mux(video.encode(frame))
        wave = 0.2 * np.sin(np.arange(48000 * seconds) * 2 * np.pi * hertz / 48000)
        for start in range(0, wave.size - 1023, 1024):
            block = np.stack([wave[start : start + 1024]] * 2).astype(np.float32)
            tone = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
            tone.sample_rate, tone.pts, tone.time_base = 48000, start, Fraction(1, 48000)
            out.mux(sound.encode(tone))
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    return path


def write_config(folder: Path, *, delay_s: int = 1, programme: str = "", extra: str = "") -> Path:
    """Two clips of 1280x720; ``programme``: more lines of that section."""
    for name, luma in LUMA.items():
        clip(folder / f"{name}.mp4", luma, (1280, 720), 440)
    sources = "".join(
        f'[[source]]\nid = "{name}"\nnom = "{name}"\ngenre = "fichier"\nadresse = "{name}.mp4"\ntoujours_chaude = true\n'
        for name in LUMA
    )
    path = folder / "config.toml"
    path.write_text(
        f'[ville]\nnom = "Ville"\n[programme]\nretard_s = {delay_s}\npreset = "ultrafast"\ndebit_kbps = 1000\n{programme}\n'
        f'[serveur]\ndossier = "{folder}/var"\n{sources}{extra}',
        encoding="utf-8",
    )
    return path


class EngineProcess:
    """One engine, started as the supervisor does."""

    def __init__(self, config: Path, run: Path) -> None:
        self.run = run
        self._log = (run.parent / "engine.log").open("ab")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "regie.media.engine", "--config", str(config), "--run", str(run)],
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def log(self) -> str:
        """What it said so far."""
        return (self.run.parent / "engine.log").read_text(encoding="utf-8")

    def end(self, number: int = signal.SIGTERM, within_s: float = 4.0) -> int:
        """Signal it and wait; its code."""
        os.kill(self.process.pid, number)
        try:
            return self.process.wait(within_s)
        finally:
            self.close()

    def close(self) -> None:
        """Make sure that it is gone."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()


class Follower:
    """A peer of the engine that keeps what comes, with the instant of its arrival."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._changed = asyncio.Event()
        self.statuses: list[EngineStatus] = []
        self.levels: list[Levels] = []
        self.pictures: list[tuple[float, PictureNews]] = []
        self.sounds: list[SoundNews] = []
        self.thumbnails: dict[str, ThumbnailNews] = {}
        self._task = asyncio.create_task(self._follow())

    @classmethod
    async def of(cls, engine: EngineProcess, *streams: str) -> "Follower":
        """Connect as soon as it listens, and subscribe."""
        while True:
            try:
                return await cls.at(engine.run, *streams)
            except LinkLost:
                assert engine.process.poll() is None, engine.log()
                await asyncio.sleep(0.02)

    @classmethod
    async def at(cls, run: Path, *streams: str) -> "Follower":
        """Connect to the engine that listens there, and subscribe. Raises LinkLost."""
        peer = await connect(run / "engine.sock")
        follower = cls(peer)
        peer.send(Subscribe(streams=streams))
        return follower

    async def _follow(self) -> None:
        async for message in self._peer.messages():
            match message:
                case Answer():
                    self._answers.pop(message.id).set_result(message)
                case StatusNews():
                    self.statuses.append(message.status)
                case LevelsNews():
                    self.levels.append(message.levels)
                case PictureNews():
                    self.pictures.append((time.monotonic(), message))
                case SoundNews():
                    self.sounds.append(message)
                case ThumbnailNews():
                    self.thumbnails[message.source] = message
            self._changed.set()

    async def call(self, command: EngineCommand) -> str:
        """Carry out; the refusal's code, empty when done."""
        number = next(self._ids)
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._peer.send(Call(id=number, command=command))
        return (await asyncio.wait_for(self._answers[number], 5)).code

    async def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        """Wait for news that make the condition true."""
        async with asyncio.timeout(within_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    @property
    def status(self) -> EngineStatus:
        """The newest status."""
        return self.statuses[-1]

    def of_stream(self, stream: str, tier: str = "360p") -> list[tuple[float, PictureNews]]:
        """Pictures of one rendition, with their instants."""
        return [(at, news) for at, news in self.pictures if news.stream == stream and news.tier == tier]

    async def close(self) -> None:
        """Hang up."""
        self._peer.close()
        await self._peer.closed()
        await asyncio.wait([self._task], timeout=2)


class Eyes:
    """Decodes a rendition as it comes: what luma has each picture?"""

    def __init__(self) -> None:
        codec = av.CodecContext.create("h264", "r")
        assert isinstance(codec, av.VideoCodecContext)
        codec.thread_count = 1
        codec.thread_type = "SLICE"
        self._codec = codec
        self._seen = 0

    def look(self, pictures: list[tuple[float, PictureNews]]) -> list[tuple[float, int, float]]:
        """(arrival, media time, mean luma below the moving bar) of the pictures that were not looked at yet."""
        fresh, self._seen = pictures[self._seen :], len(pictures)
        seen = []
        for arrival, news in fresh:
            for frame in self._codec.decode(av.Packet(news.data)):
                luma = planes(frame)[0]
                seen.append((arrival, news.at, float(luma[luma.shape[0] // 8 :].mean())))
        return seen

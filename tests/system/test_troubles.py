"""Every trouble a camera can have, against a running engine: the programme never skips, the other cameras notice nothing, the
state is told, and the camera comes back by itself."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import Any

import av
import pytest

from hardware_mocks import marks
from hardware_mocks.marks import Mark
from regie.board import Decoding, SourceState, SourceStatus
from regie.domain import commands as do
from regie.domain.model import Layout, Shot
from regie.media.encoder import planes
from regie.messages import PictureNews
from tests.system.engine_rig import EngineProcess, Follower

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

TICK = 1920
CAMERAS = ("cam1", "cam2", "cam3", "cam4")
GENRE = {"rtsp": "rtsp", "srt": "srt", "udp": "mpegts", "tcp": "mpegts"}
LOST = frozenset({SourceState.STALE, SourceState.DOWN})
ALIVE = frozenset({SourceState.LIVE})


class Hall:
    """The simulated hall in its own process, small to be cheap, and its fault knobs."""

    def __init__(self, folder: Path) -> None:
        self._ready = folder / "hall.json"
        self._log = (folder / "hall.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hardware_mocks.hall", "--no-speech", "--size", "640x360", "--ready-file", str(self._ready)],
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )  # fmt: skip

    async def described(self) -> dict[str, Any]:
        """Where everything is, once it is there."""
        async with asyncio.timeout(30):
            while not self._ready.exists():
                assert self.process.poll() is None
                await asyncio.sleep(0.05)
        description: dict[str, Any] = json.loads(self._ready.read_text("utf-8"))
        self._control: int = description["control"]
        return description

    async def order(self, **order: Any) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._control)
        writer.write(json.dumps(order).encode() + b"\n")
        answer = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        assert answer["ok"], answer

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._log.close()


def write_config(folder: Path, description: dict[str, Any]) -> Path:
    """The hall's four cameras, all warm; no delay, so that what is seen is what happens."""
    sources = "".join(
        f'[[source]]\nid = "{camera["id"]}"\nnom = "{camera["name"]}"\ngenre = "{GENRE[camera["url"].split(":")[0]]}"\n'
        f'adresse = "{camera["url"]}"\ndelai_s = 2.0\ntoujours_chaude = true\n'
        for camera in description["cameras"]
    )
    path = folder / "config.toml"
    path.write_text(
        '[ville]\nnom = "Ville"\n[programme]\nretard_s = 0\npreset = "ultrafast"\ndebit_kbps = 1000\n'
        f'[serveur]\ndossier = "{folder}/var"\n{sources}',
        encoding="utf-8",
    )
    return path


@dataclass(frozen=True)
class Trouble:
    """A fault of one camera for some seconds, and the states that it may be told to have meanwhile; ``told``: one it must have."""

    camera: str
    fault: str
    seconds: float
    may: frozenset[SourceState]
    told: frozenset[SourceState]
    value: float = 0.05


ROUNDS = (
    (
        Trouble("cam2", "reboot", 2.0, ALIVE | LOST | {SourceState.CONNECTING}, LOST),
        Trouble("cam3", "lie", 3.0, ALIVE, ALIVE),
    ),
    (
        Trouble("cam3", "garbage", 2.5, ALIVE | LOST | {SourceState.CONNECTING}, LOST),
        Trouble("cam1", "mute", 3.0, ALIVE, ALIVE),
    ),
    (
        Trouble("cam4", "slow", 2.5, ALIVE | LOST | {SourceState.CONNECTING}, LOST),
        Trouble("cam2", "resize", 2.5, ALIVE, ALIVE),
    ),
    (
        Trouble("cam1", "drop", 2.0, ALIVE | LOST, ALIVE, 0.05),
        Trouble("cam4", "garbage", 1.5, ALIVE | LOST | {SourceState.CONNECTING}, LOST),
    ),
)


class Room:
    """The engine, watched."""

    def __init__(self, hall: Hall, follower: Follower) -> None:
        self.hall = hall
        self.follower = follower
        self._from = 0

    def since(self) -> list[dict[str, SourceStatus]]:
        """What was told of each source since :meth:`begin`."""
        return [{s.id: s for s in status.sources} for status in self.follower.statuses[self._from :]]

    def begin(self) -> None:
        self._from = len(self.follower.statuses)

    def source(self, camera: str) -> SourceStatus:
        return next(s for s in self.follower.status.sources if s.id == camera)

    def states(self, camera: str) -> set[SourceState]:
        return {one[camera].state for one in self.since()}

    def is_well(self) -> bool:
        return bool(self.follower.statuses) and all(
            s.state is SourceState.LIVE and s.decoding is Decoding.FULL for s in self.follower.status.sources
        )

    async def all_well(self, within_s: float) -> None:
        try:
            await self.follower.until(self.is_well, within_s)
        except TimeoutError:
            pytest.fail(f"not back within {within_s} s: {self.follower.status.sources}")

    async def show(self, *cameras: str) -> None:
        shot = Shot(sources=cameras, layout=Layout.FULL if len(cameras) == 1 else Layout.FOUR)
        assert await self.follower.call(do.TakeShot(shot=shot)) == ""
        await self.follower.until(lambda: self.follower.status.programme == shot, 5)

    async def trouble(self, trouble: Trouble) -> None:
        await self.hall.order(
            do="fault",
            camera=trouble.camera,
            fault=trouble.fault,
            seconds=trouble.seconds,
            value=trouble.value,
        )


def seen_in(pictures: Iterable[PictureNews]) -> list[tuple[int, Mark | None]]:
    """(media time, what the hall's strip says or None) of each picture of a rendition, from its first keyframe on."""
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, av.VideoCodecContext)
    codec.thread_count, codec.thread_type = 1, "SLICE"
    seen = []
    for news in pictures:
        for frame in codec.decode(av.Packet(news.data)):
            seen.append((news.at, marks.read(planes(frame)[0])))
    return seen


def no_hole(pictures: list[PictureNews]) -> None:
    """A picture each tick, but for those that a machine loaded by other tests makes too late. A source that held the mixer, or the
    interpreter, would show as a longer hole."""
    at = [news.at for news in pictures]
    steps = [b - a for a, b in zip(at, at[1:], strict=False)]
    assert all(step % TICK == 0 and step > 0 for step in steps)
    assert max(steps) <= 12 * TICK, "the programme stopped"
    assert sum(step != TICK for step in steps) <= len(steps) // 20, "the programme skips"


@asynccontextmanager
async def room(folder: Path) -> AsyncIterator[Room]:
    hall = Hall(folder)
    try:
        engine = EngineProcess(write_config(folder, await hall.described()), folder / "run")
        try:
            follower = await Follower.of(engine, "status", "programme")
            try:
                watched = Room(hall, follower)
                await watched.all_well(25)
                yield watched
            finally:
                await follower.close()
            assert engine.end() == 0, engine.log()
            assert "Traceback" not in engine.log()
        finally:
            engine.close()
    finally:
        hall.close()


async def _round(room: Room, troubles: tuple[Trouble, ...]) -> None:
    before = {camera: room.source(camera) for camera in CAMERAS}
    room.begin()
    await asyncio.gather(*(room.trouble(trouble) for trouble in troubles))
    await asyncio.sleep(max(trouble.seconds for trouble in troubles))
    troubled = {trouble.camera for trouble in troubles}
    for trouble in troubles:
        what = f"{trouble.camera} {trouble.fault}"
        assert room.states(trouble.camera) <= trouble.may, what
        assert room.states(trouble.camera) & trouble.told, what
    if "mute" in {trouble.fault for trouble in troubles}:
        assert not room.source("cam1").has_sound
    if "resize" in {trouble.fault for trouble in troubles}:
        assert 320 in {one["cam2"].width for one in room.since()}
    await room.all_well(5)
    for camera in set(CAMERAS) - troubled:
        assert room.states(camera) == ALIVE, (camera, troubles)
        assert room.source(camera).reconnects == before[camera].reconnects
    await room.follower.until(lambda: room.source("cam1").has_sound and room.source("cam2").width == 640, 4)


async def _all_lost(room: Room) -> None:
    """The switch of the cameras loses its power: no other camera can stand in for the one on air."""
    await room.show("cam4")
    await asyncio.sleep(0.5)
    room.begin()
    start = len(room.follower.of_stream("programme"))
    loop = asyncio.get_running_loop()
    cut = loop.time()
    for camera in CAMERAS:
        await room.trouble(Trouble(camera, "stop", 4.0, LOST, LOST))
    await room.follower.until(lambda: all(room.source(camera).state in LOST for camera in CAMERAS), 3)
    assert loop.time() - cut < 1.0, "their badges"
    await asyncio.sleep(4.0 - (loop.time() - cut))
    await room.all_well(5)
    # The first camera back stands in; the operator's own takes its place again once it is steady.
    await room.follower.until(lambda: room.follower.status.stand_in is None, 6)
    await asyncio.sleep(0.5)
    pictures = [news for _, news in room.follower.of_stream("programme")]
    first = max(n for n in range(start) if pictures[n].key)
    # A picture that cannot be read before any that can is the end of the shot before.
    seen = list(dropwhile(lambda one: one[1] is None, seen_in(pictures[first:])))
    slate = [at for at, mark in seen if mark is None]
    before = [(at, mark.ms) for at, mark in seen if mark is not None and at < slate[0]]
    last_ms = before[-1][1]
    # A demultiplexer keeps a picture or two that it lets go when its connection ends.
    froze_at = next(at for at, ms in before if ms >= last_ms - 120)
    # The last picture for two and a half seconds after it was due, then the slate: never black, never something else.
    assert 2.0 <= (slate[0] - froze_at) / 48_000 <= 2.6
    back = [mark.ms for at, mark in seen if mark is not None and mark.camera == 4 and at > slate[-1]]
    assert len(back) > 5 and back[0] > last_ms, "it comes back by itself"
    assert all(b >= a for a, b in zip(back, back[1:], strict=False))


async def _seen_by_citizens(room: Room, fault: str, alarm: str) -> None:
    """A camera that sends a picture that is none: its state is live, and the public stream's monitor tells."""
    await room.show("cam2")
    loop = asyncio.get_running_loop()
    began = loop.time()
    await room.trouble(Trouble("cam2", fault, 30.0, ALIVE, ALIVE))

    def codes() -> list[str]:
        return [one.code for one in room.follower.status.alarms]

    await room.follower.until(lambda: alarm in codes(), 8)
    # Five seconds on the encoded stream; the frame-sync delay and the second of the GOP under way come first.
    assert loop.time() - began < 6.5
    await room.hall.order(do="clear", camera="cam2")
    await room.follower.until(lambda: alarm not in codes(), 5)


async def _troubles(folder: Path) -> None:
    async with room(folder) as watched:
        assert await watched.follower.call(do.SetAntenna(on=True)) == ""
        await watched.show(*CAMERAS)
        for troubles in ROUNDS:
            await _round(watched, troubles)
        await _all_lost(watched)
        await _seen_by_citizens(watched, "freeze", "image_figee")
        await _seen_by_citizens(watched, "black", "image_noire")
        for tier in ("720p", "360p", "240p"):
            no_hole([news for _, news in watched.follower.of_stream("programme", tier)])


def test_no_trouble_of_a_camera_harms_the_programme_or_the_others(tmp_path: Path) -> None:
    asyncio.run(_troubles(tmp_path))

"""The engine's socket: who asked gets what he asked for, pictures from a keyframe on, refusals with their code."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from regie.board import EngineStatus, Levels
from regie.domain import commands as do
from regie.domain.model import Shot
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import Refusal
from regie.link import Peer, connect
from regie.media.engine_link import EngineLink
from regie.media.frames import EncodedPicture, SoundBlock
from regie.media.rooms import RoomInbox
from regie.messages import (
    Answer,
    Call,
    LevelsNews,
    Message,
    PictureNews,
    SoundNews,
    StatusNews,
    Subscribe,
    ThumbnailNews,
)

pytestmark = pytest.mark.unit

SHOT = Shot(sources=("a",))
STATUS = EngineStatus(
    epoch=Epoch("run", 0), now=MediaTime(0), width=1, height=1, fps=25, programme=SHOT, preview=SHOT
)


def picture(at: int, key: bool, tier: str = "360p") -> EncodedPicture:
    return EncodedPicture(b"data", MediaTime(at), 1920, key, tier)


class World:
    """A link whose engine notes its commands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commands: list[do.EngineCommand] = []
        self.fresh: list[frozenset[str]] = []
        self.subscribed = asyncio.Event()
        self.link = EngineLink(path, self._carry_out, self._subscribe, RoomInbox(frozenset()))

    def _carry_out(self, command: do.EngineCommand) -> None:
        self.commands.append(command)
        if isinstance(command, do.Cut):
            raise Refusal("changed", code="preparation_changee")
        if isinstance(command, do.CloseSeance):
            raise KeyError("a fault of ours")

    def _subscribe(self, fresh: frozenset[str]) -> None:
        self.fresh.append(fresh)
        self.subscribed.set()

    async def join(self, *streams: str) -> Peer:
        self.subscribed.clear()
        peer = await connect(self.path)
        peer.send(Subscribe(streams=streams))
        await self.subscribed.wait()
        return peer


@asynccontextmanager
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path / "engine.sock")
    await made.link.start()
    try:
        async with asyncio.timeout(10):
            yield made
    finally:
        await made.link.stop()


async def take(peer: Peer, count: int) -> list[Message]:
    got: list[Message] = []
    async for message in peer.messages():
        got.append(message)
        if len(got) == count:
            break
    return got


def from_thread(*work: Callable[[], None]) -> None:
    def run() -> None:
        for each in work:
            each()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


async def _answers(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        peer = await w.join()
        peer.send(Call(id=1, command=do.SetLogo(visible=True)))
        peer.send(Call(id=2, command=do.Cut()))
        peer.send(Call(id=3, command=do.CloseSeance()))
        peer.send(Call(id=4, command=do.SetLogo(visible=False)))
        assert await take(peer, 4) == [
            Answer(id=1),
            Answer(id=2, code="preparation_changee", detail="changed"),
            Answer(id=3, code="erreur", detail="KeyError"),
            Answer(id=4),
        ]
        assert len(w.commands) == 4
        peer.close()


def test_commands_are_answered_in_order_and_a_fault_hangs_up_on_nobody(tmp_path: Path) -> None:
    asyncio.run(_answers(tmp_path))


async def _pictures(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        late = await w.join("programme")
        link = w.link
        from_thread(
            lambda: link.picture_from_thread("programme", picture(0, False)),
            lambda: link.picture_from_thread("programme", picture(1920, True)),
            lambda: link.picture_from_thread("antenne", picture(1920, True)),
            lambda: link.picture_from_thread("programme", picture(3840, False, "720p")),
            lambda: link.picture_from_thread("programme", picture(3840, False)),
        )
        got = [m for m in await take(late, 2) if isinstance(m, PictureNews)]
        assert [(m.stream, m.tier, m.at, m.key) for m in got] == [
            ("programme", "360p", 1920, True),
            ("programme", "360p", 3840, False),
        ]
        late.close()


def test_pictures_begin_at_a_keyframe_for_each_rendition(tmp_path: Path) -> None:
    asyncio.run(_pictures(tmp_path))


async def _sound_and_status(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        control = await w.join("status")
        rtc = await w.join("antenne")
        w.link.status(STATUS)
        w.link.levels(Levels(programme=(-3.0, -9.0)))
        block = SoundBlock(np.array([[0.5, 2.0], [-0.5, -2.0]], np.float32), MediaTime(7))
        from_thread(lambda: w.link.sound_from_thread("antenne", block))
        assert await take(control, 2) == [
            StatusNews(status=STATUS),
            LevelsNews(levels=Levels(programme=(-3.0, -9.0))),
        ]
        (sound,) = await take(rtc, 1)
        assert isinstance(sound, SoundNews) and sound.at == 7
        assert np.frombuffer(sound.data, "<i2").tolist() == [16383, -16383, 32767, -32767]
        control.close()
        rtc.close()


def test_each_gets_what_he_asked_for_and_no_more(tmp_path: Path) -> None:
    asyncio.run(_sound_and_status(tmp_path))


async def _thumbnails(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        first = await w.join("thumbnails")
        from_thread(lambda: w.link.thumbnail_from_thread("cam1", 5, b"jpeg"))
        news = ThumbnailNews(source="cam1", at=5, jpeg=b"jpeg")
        assert await take(first, 1) == [news]
        second = await w.join("thumbnails")
        assert await take(second, 1) == [news]
        first.close()
        second.close()


def test_who_comes_later_gets_the_last_thumbnails(tmp_path: Path) -> None:
    asyncio.run(_thumbnails(tmp_path))


async def _leaving(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        peer = await w.join("programme", "nonsense")
        assert w.fresh == [frozenset({"programme"})]
        assert w.link.wanted("programme")
        peer.send(Subscribe(streams=("status",)))
        w.subscribed.clear()
        await w.subscribed.wait()
        assert not w.link.wanted("programme") and w.link.wanted("status")
        peer.close()
    assert not w.link.wanted("status")


def test_what_nobody_wants_any_more_is_not_made(tmp_path: Path) -> None:
    asyncio.run(_leaving(tmp_path))

"""Links to the engine and to rtc: calls always end, news reach the board, the link comes back by itself."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from regie.board import DelayStatus, EngineStatus, Latest, Levels
from regie.domain.commands import CloseSeance, SetLogo
from regie.domain.model import Shot
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost, Refusal
from regie.link import LinkServer, Peer
from regie.messages import (
    Answer,
    Call,
    Hangup,
    LevelsNews,
    Message,
    Offer,
    StatusNews,
    Subscribe,
    ThumbnailNews,
)
from regie.remote import EngineLink, MediaNow, RtcLink

pytestmark = pytest.mark.unit

BARS = Shot(("mire",))
STATUS = EngineStatus(
    epoch=Epoch("run-1", 0),
    now=MediaTime(48_000),
    width=1280,
    height=720,
    fps=25,
    programme=BARS,
    preview=BARS,
    delay=DelayStatus(held_ms=500),
)


class FakeProcess:
    """The other end: answers calls as told, remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.peers: list[Peer] = []
        self.met = asyncio.Event()
        self.greeted = asyncio.Event()
        self.answer = True
        self.code = ""

    async def serve(self, peer: Peer) -> None:
        self.peers.append(peer)
        self.met.set()
        async for message in peer.messages():
            self.told.append(message)
            if isinstance(message, Call | Offer) and self.answer:
                peer.send(Answer(id=message.id, code=self.code, detail="why" if self.code else "", sdp="v=0"))
            if isinstance(message, Subscribe | Hangup):
                self.greeted.set()


class Clock:
    """A clock that moves when told to."""

    now_ns = 0

    def monotonic_ns(self) -> int:
        return self.now_ns

    def utc_ns(self) -> int:
        return self.now_ns


class Stage:
    """An engine link with a fake engine at the other end."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "engine.sock"
        self.clock = Clock()
        self.process = FakeProcess()
        self.status: Latest[EngineStatus | None] = Latest(None)
        self.levels: Latest[Levels] = Latest(Levels())
        self.thumbnails: Latest[Mapping[str, ThumbnailNews]] = Latest({})
        self.link = EngineLink(self.path, self.clock, self.status, self.levels, self.thumbnails)

    async def __aenter__(self) -> "Stage":
        self.server = LinkServer(self.path, self.process.serve)
        await self.server.start()
        self.task = asyncio.create_task(self.link.run())
        await self.process.greeted.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.server.stop()

    async def changed(self, slot: Latest[EngineStatus | None], there: bool) -> None:
        loop, event = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(event.set)

        stop = slot.listen(tell)
        while (slot.get() is not None) is not there:
            await event.wait()
            event.clear()
        stop()


def test_a_call_ends_well_or_with_the_engines_reason(tmp_path: Path) -> None:
    async def run() -> None:
        async with Stage(tmp_path) as stage:
            assert stage.process.told == [Subscribe(streams=("status", "thumbnails"))]
            await stage.link.call(SetLogo(visible=True))
            stage.process.code = "source_inconnue"
            with pytest.raises(Refusal) as caught:
                await stage.link.call(SetLogo(visible=True))
            assert caught.value.stable_code == "source_inconnue"

    asyncio.run(run())


def test_a_mute_or_absent_engine_never_holds_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regie.remote.CALL_S", 0.05)

    async def run() -> None:
        async with Stage(tmp_path) as stage:
            stage.process.answer = False
            with pytest.raises(LinkLost, match="does not answer"):
                await stage.link.call(CloseSeance())
            hanging = asyncio.create_task(stage.link.call(CloseSeance()))
            await asyncio.sleep(0)
            stage.process.peers[0].close()
            await stage.changed(stage.status, False)
            with pytest.raises(LinkLost) as caught:
                await hanging
            assert caught.value.stable_code == "moteur_absent"

    asyncio.run(run())

    async def away() -> None:
        slots: tuple[Latest[EngineStatus | None], Latest[Levels]] = (Latest(None), Latest(Levels()))
        link = EngineLink(tmp_path / "none.sock", Clock(), *slots, Latest({}))
        with pytest.raises(LinkLost) as caught:
            await link.call(CloseSeance())
        assert caught.value.stable_code == "moteur_absent"
        assert link.media_now() is None

    asyncio.run(away())


def test_news_reach_the_board_and_leave_it_with_the_engine(tmp_path: Path) -> None:
    async def run() -> None:
        async with Stage(tmp_path) as stage:
            engine = stage.process.peers[0]
            engine.send(ThumbnailNews(source="cam1", at=1, jpeg=b"1"))
            engine.send(ThumbnailNews(source="cam2", at=1, jpeg=b"2"))
            engine.send(LevelsNews(levels=Levels(programme=(-20.0, -21.0))))
            engine.send(StatusNews(status=STATUS))
            await stage.changed(stage.status, True)
            assert {name: news.jpeg for name, news in stage.thumbnails.get().items()} == {
                "cam1": b"1",
                "cam2": b"2",
            }
            assert stage.levels.get().programme == (-20.0, -21.0)
            engine.close()
            await stage.changed(stage.status, False)
            assert stage.levels.get() == Levels()

    asyncio.run(run())


def test_media_time_goes_on_between_two_news(tmp_path: Path) -> None:
    async def run() -> None:
        async with Stage(tmp_path) as stage:
            stage.process.peers[0].send(StatusNews(status=STATUS))
            await stage.changed(stage.status, True)
            stage.clock.now_ns += 250_000_000
            assert stage.link.media_now() == MediaNow("run-1", 60_000, 36_000)

    asyncio.run(run())


def test_the_link_comes_back_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regie.remote.RETRY_S", 0.01)

    async def run() -> None:
        async with Stage(tmp_path) as stage:
            stage.process.peers[0].send(StatusNews(status=STATUS))
            await stage.changed(stage.status, True)
            stage.process.greeted.clear()
            await stage.server.stop()
            await stage.changed(stage.status, False)
            await stage.server.start()
            await stage.process.greeted.wait()
            await stage.link.call(SetLogo(visible=True))

    asyncio.run(run())


def test_rtc_answers_offers_and_hears_of_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        process, link = FakeProcess(), RtcLink(tmp_path / "rtc.sock")
        with pytest.raises(LinkLost) as caught:
            await link.hangup("s")
        assert caught.value.stable_code == "moniteur_absent"
        server = LinkServer(tmp_path / "rtc.sock", process.serve)
        await server.start()
        task = asyncio.create_task(link.run())
        await process.met.wait()
        await asyncio.sleep(0)
        session, sdp = await link.offer("programme", "v=0 offer", "192.0.2.7")
        assert sdp == "v=0"
        (offer,) = process.told
        assert isinstance(offer, Offer)
        assert (offer.session, offer.stream, offer.sdp, offer.client) == (
            session,
            "programme",
            "v=0 offer",
            "192.0.2.7",
        )
        await link.hangup(session)
        await process.greeted.wait()
        assert process.told[-1] == Hangup(session=session)
        process.greeted.clear()
        await link.hangup_screens()
        await process.greeted.wait()
        assert process.told[-1] == Hangup(screens=True)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.stop()

    asyncio.run(run())

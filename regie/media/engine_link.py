"""The engine's side of its socket: commands in, news out to whoever subscribed.

Everything here lives on the loop, but for the ``…_from_thread`` methods, which cost nothing when nobody subscribed.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from regie.board import EngineStatus, Levels
from regie.domain.commands import EngineCommand
from regie.errors import Refusal
from regie.link import LinkServer, Peer
from regie.media.frames import Cleared, EncodedPicture, EncodedSound, SoundBlock
from regie.media.handoff import call_soon
from regie.media.rooms import RoomInbox
from regie.media.sound_out import SoundOutputs
from regie.messages import (
    Answer,
    Call,
    LevelsNews,
    Message,
    PictureNews,
    RoomGone,
    RoomMedia,
    SoundNews,
    StatusNews,
    Subscribe,
    ThumbnailNews,
)

log = logging.getLogger(__name__)

STATUS, THUMBNAILS, PROGRAMME, ANTENNA, PROGRAMME_JPEG = (
    "status",
    "thumbnails",
    "programme",
    "antenne",
    "programme_jpeg",
)
MIXES = frozenset({"casque", "salle"})
"""Sound alone: what the technician listens to, and what the hall's loudspeakers get."""
STREAMS = frozenset({STATUS, THUMBNAILS, PROGRAMME, ANTENNA, PROGRAMME_JPEG}) | MIXES

MINUS = "n-1."
"""Prefix of the streams that carry, for a room, everybody's sound but its own."""

CarryOut = Callable[[EngineCommand], None]


class _Listener:
    """A connected peer and what it wants. Pictures of a rendition begin for it at a keyframe."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.streams: frozenset[str] = frozenset()
        self._begun: set[tuple[str, str]] = set()

    def subscribe(self, streams: frozenset[str]) -> frozenset[str]:
        """Change what it wants; returns what is new."""
        fresh = streams - self.streams
        self.streams = streams
        self._begun = {(stream, tier) for stream, tier in self._begun if stream in streams - fresh}
        return fresh

    def picture(self, news: PictureNews) -> None:
        rendition = (news.stream, news.tier)
        if rendition not in self._begun:
            if not news.key:
                return
            self._begun.add(rendition)
        self.peer.send(news)


class EngineLink:
    """Serves control and rtc. ``on_subscribe`` is told the streams that a peer newly wants."""

    def __init__(
        self,
        path: Path,
        carry_out: CarryOut,
        on_subscribe: Callable[[frozenset[str]], None],
        rooms: RoomInbox,
    ) -> None:
        self._carry_out = carry_out
        self._on_subscribe = on_subscribe
        self._rooms = rooms
        self._server = LinkServer(path, self._serve)
        self._listeners: set[_Listener] = set()
        self._wanted: frozenset[str] = frozenset()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thumbnails: dict[str, ThumbnailNews] = {}

    async def start(self) -> None:
        """Listen."""
        self._loop = asyncio.get_running_loop()
        await self._server.start()

    async def stop(self) -> None:
        """Hang up on everybody."""
        await self._server.stop()

    @property
    def mixes(self) -> tuple[str, ...]:
        """The mixes of the sound, other than the programme, that somebody listens to. From any thread."""
        return tuple(sorted(one for one in self._wanted if one in MIXES or one.startswith(MINUS)))

    def wanted(self, stream: str) -> bool:
        """Does anybody want it? From any thread."""
        return stream in self._wanted

    def status(self, status: EngineStatus) -> None:
        """Push the engine's state."""
        self._push(STATUS, StatusNews(status=status))

    def levels(self, levels: Levels) -> None:
        """Push the meters, to those who follow the state."""
        self._push(STATUS, LevelsNews(levels=levels))

    def picture_from_thread(self, stream: str, picture: EncodedPicture) -> None:
        """Push an encoded picture of a stream."""
        if stream in self._wanted and self._loop is not None:
            news = PictureNews(
                stream=stream, tier=picture.tier, at=picture.at, key=picture.key, data=picture.data
            )
            call_soon(self._loop, self._picture, news)

    def sound_from_thread(self, stream: str, block: SoundBlock) -> None:
        """Push a block of a stream's sound."""
        if stream in self._wanted and self._loop is not None:
            whole = np.clip(block.samples, -1.0, 1.0) * 32767
            data = whole.T.astype("<i2").tobytes()
            call_soon(self._loop, self._push, stream, SoundNews(stream=stream, at=block.at, data=data))

    def thumbnail_from_thread(self, source: str, at: int, jpeg: bytes) -> None:
        """Push a thumbnail; the last of each is kept for who comes later."""
        if self._loop is not None:
            call_soon(self._loop, self._thumbnail, ThumbnailNews(source=source, at=at, jpeg=jpeg))

    def _picture(self, news: PictureNews) -> None:
        for listener in self._listeners:
            if news.stream in listener.streams:
                listener.picture(news)

    def _thumbnail(self, news: ThumbnailNews) -> None:
        self._thumbnails[news.source] = news
        for listener in self._listeners:
            if listener.streams & {THUMBNAILS, PROGRAMME_JPEG}:
                listener.peer.send(news)

    def _push(self, stream: str, news: Message) -> None:
        for listener in self._listeners:
            if stream in listener.streams:
                listener.peer.send(news)

    async def _serve(self, peer: Peer) -> None:
        listener = _Listener(peer)
        self._listeners.add(listener)
        try:
            async for message in peer.messages():
                self._heard(listener, message)
        finally:
            self._listeners.discard(listener)
            self._count()

    def _heard(self, listener: _Listener, message: Message) -> None:
        match message:
            case Call():
                listener.peer.send(self._answer(message))
            case Subscribe():
                known = frozenset(s for s in message.streams if s in STREAMS or s.startswith(MINUS))
                fresh = listener.subscribe(known)
                self._count()
                self._greet(listener.peer, fresh)
                self._on_subscribe(fresh)
            case RoomMedia():
                self._rooms.put(message)
            case RoomGone():
                self._rooms.gone(message.source)
            case _:
                log.warning("link: a message that the engine does not take: %s", type(message).__name__)

    def _answer(self, call: Call) -> Answer:
        try:
            self._carry_out(call.command)
        except Refusal as refusal:
            return Answer(id=call.id, code=refusal.stable_code, detail=refusal.message)
        except Exception as error:  # noqa: BLE001 - a fault in one command must not hang up on the peer
            log.exception("command %s failed", type(call.command).__name__)
            return Answer(id=call.id, code="erreur", detail=type(error).__name__)
        return Answer(id=call.id)

    def _greet(self, peer: Peer, fresh: frozenset[str]) -> None:
        if THUMBNAILS in fresh:
            for news in self._thumbnails.values():
                peer.send(news)

    def _count(self) -> None:
        self._wanted = frozenset[str]().union(*(listener.streams for listener in self._listeners))


class AntennaReader:
    """Public reader for the peers that follow what citizens get."""

    def __init__(self, link: EngineLink) -> None:
        self._link = link

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        """One picture."""
        self._link.picture_from_thread(ANTENNA, packet.value)

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        """They take the sound before its encoding."""


class Listeners:
    """Who listens to other mixes than the programme: by the link, and the building's loudspeakers."""

    def __init__(self, link: EngineLink, outputs: SoundOutputs) -> None:
        self._link = link
        self._outputs = outputs

    def wanted(self) -> Sequence[str]:
        """Their mixes."""
        return (*self._link.mixes, *self._outputs.mixes)

    def take(self, name: str, block: SoundBlock) -> None:
        """A block of one of them."""
        self._link.sound_from_thread(name, block)
        self._outputs.take(name, block)

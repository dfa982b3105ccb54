"""Typed messages between our processes, over a Unix socket.

Wire: a 4-byte big-endian length, then one MessagePack value of :data:`regie.messages.Message`. A reader that does not keep up
loses news, never answers: pictures until the next keyframe of their stream, other news one by one (:class:`Outbox`). A peer that
sends garbage, or is so slow that its answers pile up, is disconnected.
"""

import asyncio
import contextlib
import logging
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec

from regie.errors import LinkLost
from regie.messages import (
    LevelsNews,
    Message,
    PictureNews,
    RoomMedia,
    SoundNews,
    StatusNews,
    ThumbnailNews,
)

log = logging.getLogger(__name__)

MAX_MESSAGE = 16 * 1024 * 1024
NEWS_LIMIT = 4 * 1024 * 1024
HARD_LIMIT = 32 * 1024 * 1024
_HEADER = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_NEWS = (StatusNews, LevelsNews, ThumbnailNews, PictureNews, SoundNews, RoomMedia)


def encode(message: Message) -> bytes:
    """A message as it goes on the wire, length included."""
    body = _encoder.encode(message)
    return _HEADER.pack(len(body)) + body


async def read(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end. Raises LinkLost when the peer talks nonsense."""
    try:
        (length,) = _HEADER.unpack(await reader.readexactly(_HEADER.size))
        if length > MAX_MESSAGE:
            raise LinkLost(f"a message of {length} bytes is too long", code="liaison_trame")
        return _decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except msgspec.MsgspecError as error:
        raise LinkLost("the peer sent something that is not a message", code="liaison_trame") from error


class Peer:
    """One end of a connection: sends without waiting, iterates over what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting_key: set[tuple[str, str]] = set()
        self.dropped = 0

    def send(self, message: Message) -> bool:
        """Queue a message; False when it was dropped (news to a slow reader) or the peer is gone."""
        if self._writer.is_closing():
            return False
        waiting = self._writer.transport.get_write_buffer_size()
        if isinstance(message, _NEWS) and not self._may_pass(message, waiting):
            self.dropped += 1
            return False
        if waiting > HARD_LIMIT:
            self.close()
            return False
        self._writer.write(encode(message))
        return True

    def _may_pass(self, message: Message, waiting: int) -> bool:
        stream = _pictures_of(message)
        if stream is None or not isinstance(message, PictureNews | RoomMedia):
            return waiting <= NEWS_LIMIT
        if waiting > NEWS_LIMIT:
            self._waiting_key.add(stream)
            return False
        if stream in self._waiting_key and not message.key:
            return False
        self._waiting_key.discard(stream)
        return True

    async def messages(self) -> AsyncIterator[Message]:
        """What the peer says, until it leaves. Raises LinkLost when it talks nonsense."""
        while (message := await read(self._reader)) is not None:
            yield message

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def closed(self) -> None:
        """Wait for the end of the connection."""
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


def _pictures_of(message: Message) -> tuple[str, str] | None:
    """The stream of pictures that a message belongs to, of which nothing may be lost but up to a keyframe."""
    match message:
        case PictureNews():
            return message.stream, message.tier
        case RoomMedia(picture=True):
            return "salle", message.source
        case _:
            return None


Handler = Callable[[Peer], Awaitable[None]]


class LinkServer:
    """Listens on a Unix socket; ``handler`` runs once a peer and the connection ends with it."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path = path
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._peers: set[Peer] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; a socket left by a dead process is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, path=str(self._path), limit=1 << 20)
        self._path.chmod(0o600)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self._peers.add(peer)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._handler(peer)
        except LinkLost as error:
            log.warning("link: peer dismissed: %s", error.stable_code)
        finally:
            self._peers.discard(peer)
            peer.close()
            await peer.closed()
            self._serving.discard(task)

    async def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        if self._server is None:
            return
        self._server.close()
        for peer in tuple(self._peers):
            peer.close()
        await self._server.wait_closed()
        if self._serving:
            await asyncio.wait(tuple(self._serving), timeout=2)
        self._path.unlink(missing_ok=True)


async def connect(path: Path) -> Peer:
    """Connect to a process of ours. Raises LinkLost when it is not there."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 20)
    except OSError as error:
        raise LinkLost(f"nobody listens on {path.name}") from error
    return Peer(reader, writer)

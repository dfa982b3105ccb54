"""The parsers on their sockets: listens or connects, for ever, with back-off; never raises for what the other end does."""

import asyncio
import contextlib
import logging
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import websockets
from websockets.asyncio.client import connect

from audio.conference import cocon, dicentis, shure
from audio.conference.events import ConferenceEvent
from audio.conference.tlvcam import TlvcamParser

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
OPEN_S = 5.0
SILENCE_S = 30.0
"""Shure answers a question asked as often; more silence than twice that is a dead link."""
MAX_MESSAGE = 1 << 20
POLL_S = 75.0
"""A CoCon server forgets a client that did not ask for a minute: its own answers come sooner."""
HASTY_S = 0.2

Tell = Callable[[ConferenceEvent], None]
Linked = Callable[[bool], None]


class DatagramParser(Protocol):
    """Reads datagrams."""

    ignored: int

    def feed(self, datagram: bytes) -> tuple[ConferenceEvent, ...]:
        """One of them."""


class Link(Protocol):
    """A way to a conference system."""

    port: int

    async def run(self, tell: Tell, linked: Linked) -> None:
        """Follow it until cancelled: ``tell`` each event, ``linked`` whether it is reached (for a listener: whether it listens)."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, parser: DatagramParser, tell: Tell) -> None:
        self._parser, self._tell = parser, tell

    def datagram_received(self, data: bytes, addr: object) -> None:
        for event in self._parser.feed(data):
            self._tell(event)


@dataclass(slots=True)
class UdpLink:
    """For systems that send to us: Televic, OSC. ``bound`` is the port once it listens."""

    address: str
    port: int
    parser: DatagramParser
    bound: int = 0

    async def run(self, tell: Tell, linked: Linked) -> None:
        """Listen."""
        tries = 0
        while True:
            try:
                transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: _Datagrams(self.parser, tell), local_addr=(self.address, self.port)
                )
            except OSError as error:
                log.error("the conference system cannot be listened to", extra={"errno": error.errno or 0})
                linked(False)
                await _pause(tries)
                tries += 1
                continue
            try:
                self.bound = transport.get_extra_info("sockname")[1]
                linked(True)
                await asyncio.Event().wait()
            finally:
                transport.close()


@dataclass(slots=True)
class _StreamLink:
    """Systems to which we connect over TCP."""

    address: str
    port: int

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tell: Tell) -> None:
        """One connection, until it ends. May raise OSError, TimeoutError."""
        raise NotImplementedError

    async def run(self, tell: Tell, linked: Linked) -> None:
        """Stay connected."""
        tries = 0
        while True:
            try:
                async with asyncio.timeout(OPEN_S):
                    reader, writer = await asyncio.open_connection(self.address, self.port)
            except (OSError, TimeoutError):
                linked(False)
                await _pause(tries)
                tries += 1
                continue
            try:
                tries = 0
                linked(True)
                await self._follow(reader, writer, tell)
            except (OSError, TimeoutError) as error:
                log.warning("the conference system is lost", extra={"error": type(error).__name__})
            finally:
                linked(False)
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            await _pause(tries)


class ShureLink(_StreamLink):
    """Shure: we connect, ask how everything stands, and hear what changes."""

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tell: Tell) -> None:
        parser = shure.ShureParser()
        writer.write(shure.ASK_ALL)
        silent = False
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    data = await reader.read(4096)
            except TimeoutError:
                if silent:
                    raise
                silent = True
                writer.write(shure.ASK_ALL)
                continue
            if not data:
                return
            silent = False
            for event in parser.feed(data):
                tell(event)


class TlvcamLink(_StreamLink):
    """Televic's camera protocols: we connect, hear what changes, and acknowledge it."""

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tell: Tell) -> None:
        _keep_alive(writer)
        parser = TlvcamParser()
        while data := await reader.read(4096):
            for event in parser.feed(data):
                tell(event)
            writer.write(parser.acks())


@dataclass(slots=True)
class CoconLink:
    """Televic CoCon: connects, asks how things stand, then asks for news, again and again."""

    address: str
    port: int

    async def run(self, tell: Tell, linked: Linked) -> None:
        """Stay connected."""
        tries = 0
        while True:
            try:
                parser = cocon.CoconParser()
                await self._ask(parser, cocon.CONNECT, OPEN_S)
                if parser.connection:
                    events = await self._ask(parser, cocon.STATE, OPEN_S)
                    linked(True)
                    tries = 0
                    await self._follow(parser, events, tell)
            except (OSError, TimeoutError, ValueError) as error:
                log.warning("the conference system is lost", extra={"error": type(error).__name__})
            linked(False)
            await _pause(tries)
            tries += 1

    async def _follow(
        self, parser: cocon.CoconParser, events: tuple[ConferenceEvent, ...], tell: Tell
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for event in events:
                tell(event)
            asked = loop.time()
            events = await self._ask(parser, cocon.notification(parser.connection), POLL_S)
            if not parser.connection:
                return  # the server forgot us: it began again, and so do we
            if loop.time() - asked < HASTY_S:
                # A server that does not hold its answers back is not asked a thousand times a second.
                await asyncio.sleep(HASTY_S)

    async def _ask(
        self, parser: cocon.CoconParser, path: str, patience_s: float
    ) -> tuple[ConferenceEvent, ...]:
        """One GET, of HTTP/1.0 so that its answer comes in one piece. Raises OSError, TimeoutError, ValueError (not a 200)."""
        async with asyncio.timeout(OPEN_S):
            reader, writer = await asyncio.open_connection(self.address, self.port)
        try:
            _keep_alive(writer)
            writer.write(
                f"GET {path} HTTP/1.0\r\nHost: {self.address}:{self.port}\r\nAccept: application/json\r\n\r\n".encode()
            )
            async with asyncio.timeout(patience_s):
                answer = await _to_the_end(reader)
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].split()
        if len(status) < 2 or status[1] != b"200":
            raise ValueError("not what was asked for")
        return parser.feed(body)


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while data := await reader.read(65536):
        answer += data
        head, found, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length:\s*(\d{1,9})", head)
        if len(answer) > MAX_MESSAGE or (found and length and len(body) >= int(length[1])):
            break
    return answer


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """A peer that vanished without a word is found out within half a minute."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


@dataclass(slots=True)
class DicentisLink:
    """Bosch DICENTIS: a WebSocket, a log-in, the discussion. ``tls`` None speaks in the clear, for a server behind a tunnel.

    ``refused``: the server did not take the account, the last time it was asked.
    """

    address: str
    port: int
    user: str
    password: str
    tls: ssl.SSLContext | None
    refused: bool = False

    async def run(self, tell: Tell, linked: Linked) -> None:
        """Stay connected."""
        tries = 0
        uri = f"{'wss' if self.tls else 'ws'}://{self.address}:{self.port}{dicentis.PATH}"
        while True:
            try:
                async with connect(
                    uri,
                    ssl=self.tls,
                    subprotocols=[websockets.Subprotocol(dicentis.SUBPROTOCOL)],
                    open_timeout=OPEN_S,
                    ping_interval=10,
                    ping_timeout=10,
                    max_size=MAX_MESSAGE,
                    proxy=None,
                ) as socket:
                    tries = await self._follow(socket, tell, linked, tries)
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                log.warning("the conference system is lost", extra={"error": type(error).__name__})
            linked(False)
            await _pause(tries)
            tries += 1

    async def _follow(
        self, socket: websockets.ClientConnection, tell: Tell, linked: Linked, tries: int
    ) -> int:
        parser = dicentis.DicentisParser()
        await socket.send(dicentis.log_in(self.user, self.password))
        await socket.send(dicentis.ask_discussion())
        async for message in socket:
            events = parser.feed(message)
            self.refused = parser.logged_in is False
            if self.refused:
                log.error("the conference system refuses the account")
                return tries
            if events or parser.logged_in:
                linked(True)
                tries = 0
            for event in events:
                tell(event)
        return tries


async def _pause(tries: int) -> None:
    await asyncio.sleep(BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)])

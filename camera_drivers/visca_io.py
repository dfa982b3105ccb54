"""Asyncio shells of VISCA: a shared UDP socket, raw UDP, raw TCP. Each carries :class:`camera_drivers.visca.Session`.

Some cameras answer to port 52381 of the controller whatever port the question came from, so all Sony cameras share one socket
bound there and are told apart by sender. When another program holds that port, an ephemeral one is used and said so.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from camera_drivers.base import CameraError, CameraLost, CameraRefused, Superseded
from camera_drivers.visca import Session
from camera_drivers.visca_commands import Command, Inquiry, cancel, stop
from camera_drivers.visca_events import Back, Ending, Lost, Options, Outcome
from camera_drivers.visca_wire import ErrorCode

log = logging.getLogger(__name__)

SONY_PORT = 52381
RAW_TCP_PORT = 5678
RAW_UDP_PORT = 1259
CONNECT_SECONDS = 2.0
BACKOFF = (0.2, 10.0)

REASONS: dict[int, str] = {
    ErrorCode.LENGTH: "message length error",
    ErrorCode.SYNTAX: "syntax error: this model does not know the command",
    ErrorCode.BUFFER_FULL: "its command buffer stays full",
    ErrorCode.CANCELLED: "cancelled",
    ErrorCode.NOT_EXECUTABLE: "not executable now (menu open, stand-by, automatic mode?)",
}
LATER = frozenset({ErrorCode.BUFFER_FULL, ErrorCode.NOT_EXECUTABLE})


class BufferFull(CameraRefused):
    """All its sockets are taken, and stay so."""

    code = "camera_occupee"


class Transport(Protocol):
    """Carries bytes to one camera."""

    def send(self, data: bytes) -> None:
        """Send without waiting; a loss is the session's business."""

    def close(self) -> None:
        """No more."""


class Conversation:
    """A session on the running loop: messages become awaitables, deadlines become timers.

    ``on_presence`` is told when the camera is lost and when it is back.
    """

    def __init__(self, options: Options, on_presence: Callable[[bool], None] = lambda _: None) -> None:
        self.session = Session(options)
        self._on_presence = on_presence
        self._loop = asyncio.get_running_loop()
        self._transport: Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: dict[int, _Exchange] = {}
        self._connected = asyncio.Event()

    async def connected(self) -> None:
        """Wait until a transport is there."""
        await self._connected.wait()

    def attach(self, transport: Transport) -> None:
        """A transport is there (again)."""
        self._transport = transport
        self._connected.set()
        self.session.reconnected(self._loop.time())
        self._pump()

    def detach(self) -> None:
        """The transport is gone: what was under way is lost."""
        self._transport = None
        self._connected.clear()
        self.session.reconnected(self._loop.time())
        self._pump()

    def received(self, data: bytes) -> None:
        """Bytes from the camera."""
        self.session.receive(data, self._loop.time())
        self._pump()

    async def do(self, message: Command | Inquiry) -> bytes:
        """Send a message and wait for its end: an inquiry's data, nothing for a command.

        Raises CameraLost, CameraRefused with the camera's reason, Superseded.
        """
        return await self._submit(message).ended

    async def start(self, command: Command) -> asyncio.Future[bytes]:
        """Send a command and wait until the camera accepts it; the future returned ends with the command itself.

        Raises like :meth:`do` when the camera does not accept it.
        """
        exchange = self._submit(command)
        await exchange.accepted
        if exchange.ended.done():
            exchange.ended.result()
        return exchange.ended

    async def make_way(self, *, blindly: bool = False) -> bool:
        """Free the camera's sockets: what it carries out is cancelled, or stopped where sockets mean nothing.

        A Sony with two moves under way refuses a third. ``blindly``: all its sockets, for it may hold one that we know nothing
        of, when a command repeated after a lost acknowledgement was carried out twice. Was there anything? Raises CameraLost.
        """
        options = self.session.options
        sockets = list(range(1, options.sockets + 1)) if blindly else self.session.sockets_in_use()
        if not sockets:
            return False
        numbered = options.header and not options.meaningless_error_socket
        with contextlib.suppress(CameraRefused):
            for command in [cancel(n) for n in sockets if n] if numbered else [stop()]:
                await self.do(command)
        self.session.forget_running(self._loop.time())
        self._pump()
        return True

    def _submit(self, message: Command | Inquiry) -> "_Exchange":
        if self._transport is None:
            raise CameraLost("not connected")
        ticket = self.session.submit(message, self._loop.time())
        exchange = _Exchange(message, self._loop.create_future(), self._loop.create_future())
        # Whoever asked may be gone by then: an error that nobody awaits any more is no news.
        exchange.ended.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._waiting[ticket] = exchange
        self._pump()
        return exchange

    def _pump(self) -> None:
        for data in self.session.outgoing():
            if self._transport is not None:
                self._transport.send(data)
        for ticket in self.session.accepted():
            if ticket in self._waiting:
                self._waiting[ticket].accept()
        for event in self.session.events():
            if isinstance(event, Outcome):
                exchange = self._waiting.pop(event.ticket, None)
                if exchange is not None:
                    exchange.end(event)
            elif isinstance(event, Back | Lost):
                self._on_presence(isinstance(event, Back))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.session.deadline()
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.session.tick(self._loop.time())
        self._pump()

    def close(self) -> None:
        """End: whoever waits is told that the camera is lost."""
        if self._transport is not None:
            self._transport.close()
        self.detach()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@dataclass(slots=True)
class _Exchange:
    message: Command | Inquiry
    accepted: asyncio.Future[None]
    ended: asyncio.Future[bytes]

    def accept(self) -> None:
        if not self.accepted.done():
            self.accepted.set_result(None)

    def end(self, outcome: Outcome) -> None:
        self.accept()
        if self.ended.done():
            return
        try:
            self.ended.set_result(_result(outcome, self.message))
        except CameraError as error:
            self.ended.set_exception(error)


def _result(outcome: Outcome, message: Command | Inquiry) -> bytes:
    match outcome.ending:
        case Ending.DONE:
            return outcome.data
        case Ending.REFUSED:
            reason = REASONS.get(outcome.error, f"error {outcome.error:#04x}")
            refusal = BufferFull if outcome.error == ErrorCode.BUFFER_FULL else CameraRefused
            raise refusal(reason, outcome.error in LATER)
        case Ending.REPLACED:
            raise Superseded(f"{message.name} gave way to a newer command")
        case Ending.LOST | Ending.DROPPED:
            raise CameraLost(f"no answer to {message.name}")


class SharedSocket(asyncio.DatagramProtocol):
    """One UDP socket for all the cameras that speak VISCA over IP."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._by_address: dict[tuple[str, int], Conversation] = {}
        self._by_host: dict[str, Conversation] = {}
        self.port = 0
        self.strangers = 0

    @classmethod
    async def open(cls, host: str = "0.0.0.0", port: int = SONY_PORT) -> "SharedSocket":
        """Bind; falls back to any free port when ``port`` is taken."""
        loop = asyncio.get_running_loop()
        try:
            _, shared = await loop.create_datagram_endpoint(cls, local_addr=(host, port))
        except OSError:
            log.warning("UDP port %d is taken: cameras that only answer there will look lost", port)
            _, shared = await loop.create_datagram_endpoint(cls, local_addr=(host, 0))
        return shared

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Called by asyncio. Sender and port first; some cameras answer from another port."""
        conversation = self._by_address.get(address[:2]) or self._by_host.get(address[0])
        if conversation is None:
            self.strangers += 1
        else:
            conversation.received(data)

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio: an ICMP refusal. Silence tells the session as much."""

    def add(self, host: str, port: int, conversation: Conversation, *, alone: bool = False) -> None:
        """Talk to a camera (numeric address). ``alone``: the socket ends with the conversation."""
        self._by_address[host, port] = conversation
        self._by_host[host] = conversation
        conversation.attach(_Datagrams(self, host, port, alone))

    def remove(self, host: str, port: int) -> None:
        """Talk to it no more."""
        conversation = self._by_address.pop((host, port), None)
        if self._by_host.get(host) is conversation:
            self._by_host.pop(host, None)

    def send(self, data: bytes, host: str, port: int) -> None:
        """One datagram."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, (host, port))

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()


class _Datagrams:
    def __init__(self, shared: SharedSocket, host: str, port: int, alone: bool = False) -> None:
        self._shared, self._host, self._port, self._alone = shared, host, port, alone

    def send(self, data: bytes) -> None:
        self._shared.send(data, self._host, self._port)

    def close(self) -> None:
        self._shared.remove(self._host, self._port)
        if self._alone:
            self._shared.close()


class _Stream:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def send(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    def close(self) -> None:
        self._writer.close()


async def keep_tcp(host: str, port: int, conversation: Conversation) -> None:
    """Hold a raw TCP connection open for ever, with back-off; ends by cancellation."""
    pause = BACKOFF[0]
    while True:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            await asyncio.sleep(pause)
            pause = min(BACKOFF[1], 2 * pause)
            continue
        pause = BACKOFF[0]
        conversation.attach(_Stream(writer))
        try:
            while data := await reader.read(1024):
                conversation.received(data)
        except OSError:
            log.debug("the camera's connection broke")
        finally:
            conversation.detach()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await asyncio.sleep(pause)


async def open_raw_udp(host: str, port: int, conversation: Conversation) -> None:
    """Talk raw VISCA to one camera on a socket of its own."""
    shared = await SharedSocket.open(port=0)
    shared.add(host, port, conversation, alone=True)

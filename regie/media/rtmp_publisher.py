"""One RTMP or RTMPS destination: connect, publish, notice that the server is gone, deaf or stuck, come back.

An asyncio task a destination, fed by a bounded ring. Nothing here is opened through FFmpeg, which would hold the interpreter during
connections.
"""

import asyncio
import logging
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regie.board import OutputState
from regie.errors import DeviceError
from regie.media import flv, rtmp_protocol
from regie.media.flv import Tag
from regie.media.frames import TierFormat
from regie.media.h264 import ParameterSets
from regie.media.handoff import Ring
from regie.media.rtmp_protocol import RtmpClient, State, Target

log = logging.getLogger(__name__)

RING = 512
"""About 7 s at 25 pictures a second: how long a server may hesitate before it loses pictures up to a keyframe."""
CONNECT_S = 3.0
ANSWER_S = 3.0
STALL_S = 3.0
_SEND_BUFFER = 256 * 1024
_HIGH_WATER = 128 * 1024
"""Both small, so that a server that stops reading shows within STALL_S and a second or two of programme."""
_QUICK_DELAYS = (0.3, 0.5, 0.75)
_STEADY_DELAY, _LATE_DELAY, _REFUSED_DELAY = 1.0, 2.0, 5.0
_LATE_AFTER_S = 60.0
_SETTLED_S = 5.0
"""A connection that lasted less does not count as a success: a server that hangs up at once is not hammered."""
_GOODBYE_S = 2.0
_METER_S = 1.0


class OutputError(DeviceError):
    """A destination failed us; ``stable_code`` says how."""

    code = "sortie"


@dataclass(frozen=True, slots=True)
class Destination:
    """A server to push to. Its target holds the key: never printed."""

    id: str
    name: str
    target: Target
    verify: bool = True
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A tag, with the bytes that most servers get for it."""

    tag: Tag
    framed: bytes


USUAL_STREAM = 1
"""Message stream that nearly all servers give: the one that :class:`Item` is framed for."""


def _may_resume(item: Item) -> bool:
    return item.tag.key


class Publisher:
    """One destination while it is on: a task of the loop, and the ring that the ``public`` thread fills while it is live."""

    def __init__(self, to: Destination, tier: TierFormat) -> None:
        self._to = to
        self._tier = tier
        self._wake = asyncio.Event()
        self.ring: Ring[Item] | None = None
        self.state = OutputState.CONNECTING
        self.reason = ""
        self.connections = 0
        self.dropped = 0
        self.since = asyncio.get_running_loop().time()
        self._writer: asyncio.StreamWriter | None = None
        self._leaving: asyncio.StreamWriter | None = None
        self._sent = 0
        self._metered = (self.since, 0)
        self._kbps = 0

    def wake(self) -> None:
        """There is something in the ring."""
        self._wake.set()

    async def run(self) -> None:
        """Publish, again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        attempt, failing_since = 0, loop.time()
        while True:
            code, detail = "connexion_perdue", ""
            try:
                await self._session()
            except (OSError, OutputError) as error:
                code, detail = _explain(error)
            if self.state is OutputState.LIVE and loop.time() - self.since >= _SETTLED_S:
                attempt, failing_since = 0, loop.time()
            self._failed(code, detail)
            await asyncio.sleep(_delay(attempt, loop.time() - failing_since, code))
            attempt += 1

    def _failed(self, code: str, detail: str) -> None:
        if self.state is not OutputState.RETRYING or self.reason != code:
            log.warning("output %s: %s %s", self._to.id, code, detail)
        self._enter(OutputState.RETRYING)
        self.reason = code

    def _enter(self, state: OutputState) -> None:
        if state is not self.state:
            self.state = state
            self.since = asyncio.get_running_loop().time()

    async def _session(self) -> None:
        """One connection, from its opening to its end. Raises OSError or OutputError; never returns otherwise."""
        to = self._to.target
        context = _tls(self._to) if to.tls else None
        name = to.host if to.tls else None
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(
                to.host, to.port, ssl=context, server_hostname=name
            )
        _tune(writer)
        client = RtmpClient(to)
        self._writer, self._sent, self._metered = writer, 0, (asyncio.get_running_loop().time(), 0)
        try:
            await self._publish(client, reader, writer)
            self.connections += 1
            self.ring = Ring(RING, _may_resume)
            await self._both(client, reader, writer, self.ring)
        except asyncio.CancelledError:
            client.close()
            writer.write(client.data_to_send())
            raise
        finally:
            ring, self.ring = self.ring, None
            self.dropped += ring.dropped if ring else 0
            self._writer = None
            if client.state is State.CLOSED:
                self._leaving = writer
                writer.close()
                asyncio.get_running_loop().call_later(_GOODBYE_S, writer.transport.abort)
            else:
                writer.transport.abort()

    async def gone(self) -> None:
        """Once cancelled: wait until the goodbye has left, or the server was too slow to take it."""
        if self._leaving is not None:
            with suppress(OSError):
                await self._leaving.wait_closed()

    async def _publish(
        self, client: RtmpClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                while client.state is not State.LIVE:
                    self._write(client, writer)
                    await self._receive(client, reader)
        except TimeoutError:
            raise OutputError("the server does not answer", code="serveur_muet") from None

    async def _both(
        self,
        client: RtmpClient,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ring: Ring[Item],
    ) -> None:
        failure: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(client, reader, writer), name=f"rtmp-in:{self._to.id}")
                group.create_task(self._feed(client, writer, ring), name=f"rtmp-out:{self._to.id}")
        except* (OSError, OutputError) as several:
            failure = several.exceptions[0]
        if failure is not None:
            raise failure

    async def _listen(
        self, client: RtmpClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            await self._receive(client, reader)
            self._write(client, writer)

    async def _receive(self, client: RtmpClient, reader: asyncio.StreamReader) -> None:
        data = await reader.read(65536)
        if not data:
            # Servers that check keys by themselves often just hang up on a wrong one.
            refused = client.state is State.PUBLISHING
            raise OutputError(
                "the server hung up", code=rtmp_protocol.KEY_REFUSED if refused else "connexion_perdue"
            )
        client.receive(data)
        if client.state is State.FAILED:
            raise OutputError(client.failure_detail, code=client.failure)

    async def _feed(self, client: RtmpClient, writer: asyncio.StreamWriter, ring: Ring[Item]) -> None:
        sets: ParameterSets | None = None
        start = 0
        while True:
            self._wake.clear()
            while len(ring) and (item := ring.get(0)) is not None:
                tag = item.tag
                if sets is None:
                    start = tag.milliseconds
                if tag.sets is not None and tag.sets != sets:
                    sets = tag.sets
                    for header in flv.headers(self._tier, sets, tag.milliseconds):
                        client.send(header.kind, header.body, header.milliseconds)
                # Sound may come a little after its picture: what is older than the first keyframe stays out.
                if sets is None or tag.milliseconds < start:
                    continue
                if client.stream == USUAL_STREAM:
                    client.send_framed(item.framed)
                else:
                    client.send(tag.kind, tag.body, tag.milliseconds)
            self._write(client, writer)
            if sets is not None and self.state is not OutputState.LIVE:
                log.info("output %s: live", self._to.id)
                self._enter(OutputState.LIVE)
                self.reason = ""
            await _drained(writer)
            await self._wake.wait()

    def _write(self, client: RtmpClient, writer: asyncio.StreamWriter) -> None:
        if data := client.data_to_send():
            self._sent += len(data)
            writer.write(data)

    def kbps(self, now: float) -> int:
        """Kilobits a second that really left, over the last second or more."""
        if self._writer is None:
            return 0
        left = self._sent - self._writer.transport.get_write_buffer_size()
        since, before = self._metered
        if now - since >= _METER_S:
            self._kbps = round(max(0, left - before) * 8 / 1000 / (now - since))
            self._metered = (now, left)
        return self._kbps

    def lost(self) -> int:
        """Packets this destination did not get because it was too slow."""
        return self.dropped + (self.ring.dropped if self.ring else 0)


async def _drained(writer: asyncio.StreamWriter) -> None:
    """Wait until there is room to write. Raises OutputError when not one byte leaves in STALL_S."""
    left = writer.transport.get_write_buffer_size()
    while True:
        try:
            async with asyncio.timeout(STALL_S):
                await writer.drain()
            return
        except TimeoutError:
            before, left = left, writer.transport.get_write_buffer_size()
            if left >= before:
                raise OutputError("the server stopped reading", code="serveur_bloque") from None


def _tune(writer: asyncio.StreamWriter) -> None:
    writer.transport.set_write_buffer_limits(high=_HIGH_WATER)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)


def _tls(to: Destination) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(to.ca) if to.ca else None)
    if not to.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _explain(error: Exception) -> tuple[str, str]:
    """Stable code of a failure, and a detail for the log that holds no secret."""
    match error:
        case OutputError():
            return error.stable_code, error.message
        case ssl.SSLCertVerificationError():
            return "certificat_refuse", str(getattr(error, "verify_message", ""))
        case ssl.SSLError():
            return "tls_impossible", str(getattr(error, "reason", ""))
        case socket.gaierror():
            return "nom_inconnu", ""
        case ConnectionRefusedError():
            return "connexion_refusee", ""
        case TimeoutError():
            return "injoignable", ""
        case ConnectionError():
            return "connexion_perdue", ""
        case _:
            return "injoignable", type(error).__name__


def _delay(attempt: int, failing_s: float, code: str) -> float:
    """Seconds before the next try: soon at first, then each second for a minute, then a little less often."""
    if code == rtmp_protocol.KEY_REFUSED and failing_s > _LATE_AFTER_S:
        return _REFUSED_DELAY
    if attempt < len(_QUICK_DELAYS):
        return _QUICK_DELAYS[attempt]
    return _STEADY_DELAY if failing_s < _LATE_AFTER_S else _LATE_DELAY

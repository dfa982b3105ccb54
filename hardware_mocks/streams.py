"""MPEG-TS of a camera over TCP and UDP, microphones as an endless WAV over TCP. Slow readers are let go, never waited for."""

import asyncio
import struct
from collections.abc import Callable

from hardware_mocks.encoding import SoundEncoder, TransportStream, Unit
from hardware_mocks.feed import Feed

BACKLOG = 4 * 1024 * 1024
DATAGRAM = 7 * 188


class Broadcast:
    """Bytes to every TCP client; a new one first gets ``greeting``."""

    def __init__(self, host: str, greeting: bytes = b"") -> None:
        self.host = host
        self.port = 0
        self._greeting = greeting
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.on_client: Callable[[], None] = lambda: None

    async def start(self, port: int) -> None:
        """Listen (0 picks a port)."""
        self._server = await asyncio.start_server(self._serve, self.host, port or self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._greeting)
        self._writers.add(writer)
        self.on_client()
        try:
            while await reader.read(1024):
                pass
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def send(self, data: bytes) -> None:
        """To everybody."""
        for writer in tuple(self._writers):
            if writer.transport.get_write_buffer_size() > BACKLOG:
                writer.transport.abort()
                self._writers.discard(writer)
            else:
                writer.write(data)

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.close()
            await self._server.wait_closed()
            self._server = None


class TsOverTcp:
    """A camera that listens, and sends MPEG-TS to who connects."""

    def __init__(
        self, feed: Feed, host: str, size: tuple[int, int], fps: int, sound: SoundEncoder | None
    ) -> None:
        self.feed = feed
        self._out = Broadcast(host)
        self._ts = TransportStream(*size, fps, sound)

    async def start(self, port: int) -> None:
        """Listen."""
        await self._out.start(port)
        self.feed.subscribe(self._unit)

    def _unit(self, unit: Unit) -> None:
        data = self.feed.spoil(self._ts.write(unit))
        if data:
            self._out.send(data)

    async def stop(self) -> None:
        """Hang up."""
        self.feed.unsubscribe(self._unit)
        await self._out.stop()

    @property
    def url(self) -> str:
        """Where it is to be read."""
        return f"tcp://{self._out.host}:{self._out.port}"


class TsOverUdp:
    """A camera that sends MPEG-TS to an address, whether somebody listens or not."""

    def __init__(
        self, feed: Feed, host: str, size: tuple[int, int], fps: int, sound: SoundEncoder | None
    ) -> None:
        self.feed = feed
        self._host = host
        self._port = 0
        self._ts = TransportStream(*size, fps, sound)
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, port: int) -> None:
        """Begin to send to ``port``."""
        self._port = port or self._port
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(self._host, 0)
        )
        self._transport = transport
        self.feed.subscribe(self._unit)

    def _unit(self, unit: Unit) -> None:
        data = self._ts.write(unit)
        for n in range(0, len(data), DATAGRAM):
            piece = self.feed.spoil(data[n : n + DATAGRAM])
            if piece is not None and self._transport is not None:
                self._transport.sendto(piece, (self._host, self._port))

    async def stop(self) -> None:
        """Fall silent."""
        self.feed.unsubscribe(self._unit)
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    @property
    def url(self) -> str:
        """Where to listen."""
        return f"udp://{self._host}:{self._port}"


def wav_header(channels: int, rate: int = 48_000) -> bytes:
    """Header of a WAV that does not end: s16, its sizes unknown."""
    block = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, 16)
    return b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", len(form)) + form + b"data\xff\xff\xff\xff"

"""The RTSP server of a simulated camera (RFC 2326): RTP over UDP or interleaved in the connection, several clients at once."""

import asyncio
import random
import re
import struct
import time

from hardware_mocks.encoding import Unit
from hardware_mocks.feed import Feed
from hardware_mocks.rtp import AUDIO, VIDEO, Track, describe

BACKLOG = 4 * 1024 * 1024
REPORT_S = 2.0
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
TRACK = re.compile(r"track([01])")
PORTS = re.compile(r"client_port=(\d+)-(\d+)")
CHANNELS = re.compile(r"interleaved=(\d+)-(\d+)")


class _Carrier:
    """Where one track's packets go."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.channel: int | None = None
        self.sockets: list[asyncio.DatagramTransport] = []
        self.target: tuple[str, int, int] = ("", 0, 0)
        self.reported = 0.0


class Client:
    """One connection and what it set up."""

    def __init__(
        self, server: "RtspServer", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._carriers: dict[int, _Carrier] = {}
        self._session = f"{random.getrandbits(48):012x}"
        self._playing = False
        self._started = False

    async def serve(self) -> None:
        """Answer requests until the client leaves."""
        try:
            while (request := await self._request()) is not None:
                method, url, headers = request
                if not await self._answer(method, url, headers):
                    break
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            pass
        finally:
            self.close()

    async def _request(self) -> tuple[str, str, dict[str, str]] | None:
        while True:
            first = await self._reader.readexactly(1)
            if first == b"$":
                _, length = struct.unpack(">BH", await self._reader.readexactly(3))
                await self._reader.readexactly(length)
                continue
            text = (first + await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lstrip("\r\n")
            if not text:
                continue
            head, *lines = text.split("\r\n")
            method, url, _ = head.split(" ", 2)
            headers = {
                k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines) if k
            }
            if length := int(headers.get("content-length", "0")):
                await self._reader.readexactly(length)
            return method, url, headers

    async def _answer(self, method: str, url: str, headers: dict[str, str]) -> bool:
        sequence = headers.get("cseq", "0")
        feed = self._server.feed
        if method == "OPTIONS":
            self._reply(sequence, Public=METHODS)
        elif method == "DESCRIBE":
            await feed.ready.wait()
            assert feed.sets is not None
            self._reply(
                sequence, describe(self._server.host, feed.sets, feed.aac), Content_Base=url.rstrip("/") + "/"
            )
        elif method == "SETUP":
            await self._setup(sequence, url, headers.get("transport", ""))
        elif method == "PLAY":
            self._reply(sequence, Session=self._session, Range="npt=now-")
            self._playing = True
            feed.subscribe(self.unit)
        elif method == "TEARDOWN":
            self._reply(sequence, Session=self._session)
            return False
        else:
            self._reply(sequence, Session=self._session)
        return True

    async def _setup(self, sequence: str, url: str, transport: str) -> None:
        found = TRACK.search(url)
        number = int(found[1]) if found else 0
        if number == 1 and self._server.feed.aac is None:
            self._reply(sequence, status="404 Not Found")
            return
        kind = AUDIO if number else VIDEO
        carrier = _Carrier(Track(kind, random.getrandbits(32), random.getrandbits(16)))
        if "TCP" in transport.upper():
            channels = CHANNELS.search(transport)
            carrier.channel = int(channels[1]) if channels else 2 * number
            answer = f"RTP/AVP/TCP;unicast;interleaved={carrier.channel}-{carrier.channel + 1}"
        else:
            ports = PORTS.search(transport)
            if ports is None:
                self._reply(sequence, status="461 Unsupported Transport")
                return
            peer = self._writer.get_extra_info("peername")[0]
            carrier.target = (peer, int(ports[1]), int(ports[2]))
            mine = await self._open_pair(carrier)
            answer = f"RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};server_port={mine[0]}-{mine[1]}"
        self._carriers[number] = carrier
        self._reply(sequence, Session=f"{self._session};timeout=60", Transport=answer)

    async def _open_pair(self, carrier: _Carrier) -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        host = self._server.host
        for _ in range(50):
            port = random.randrange(20_000, 60_000, 2)
            opened: list[asyncio.DatagramTransport] = []
            try:
                for n in (0, 1):
                    transport, _ = await loop.create_datagram_endpoint(
                        asyncio.DatagramProtocol, local_addr=(host, port + n)
                    )
                    opened.append(transport)
            except OSError:
                for transport in opened:
                    transport.close()
                continue
            carrier.sockets = opened
            return port, port + 1
        raise ConnectionError("no pair of ports is free")

    def _reply(self, sequence: str, body: str = "", status: str = "200 OK", **headers: str) -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {sequence}", "Server: simulated camera"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body.encode())}"]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def unit(self, unit: Unit) -> None:
        """One access unit of the camera; the first one sent is a keyframe."""
        if not self._started:
            if unit.sound or not unit.key:
                return
            self._started = True
        carrier = self._carriers.get(1 if unit.sound else 0)
        if carrier is None or not self._playing:
            return
        if self._writer.transport.get_write_buffer_size() > BACKLOG:
            self.close()
            return
        now = time.monotonic()
        if now - carrier.reported > REPORT_S:
            carrier.reported = now
            self._send(carrier, carrier.track.report(unit.pts, self._server.feed.utc(unit.pts)), control=True)
        for packet in carrier.track.packetize(unit):
            spoiled = self._server.feed.spoil(packet)
            if spoiled is not None:
                self._send(carrier, spoiled)

    def _send(self, carrier: _Carrier, data: bytes, control: bool = False) -> None:
        if carrier.channel is not None:
            self._writer.write(struct.pack(">cBH", b"$", carrier.channel + control, len(data)) + data)
        elif carrier.sockets:
            carrier.sockets[control].sendto(data, (carrier.target[0], carrier.target[1 + control]))

    def close(self) -> None:
        """Hang up."""
        self._server.feed.unsubscribe(self.unit)
        self._server.clients.discard(self)
        for carrier in self._carriers.values():
            for socket in carrier.sockets:
                socket.close()
        self._writer.close()


class RtspServer:
    """Serves one camera's feed at ``rtsp://host:port/<camera>``."""

    def __init__(self, feed: Feed, host: str) -> None:
        self.feed = feed
        self.host = host
        self.port = 0
        self.clients: set[Client] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        """Listen (0 picks a port)."""
        self._server = await asyncio.start_server(self._serve, self.host, port or self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(self, reader, writer)
        self.clients.add(client)
        await client.serve()

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
            for client in tuple(self.clients):
                client.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        """Where it is to be read."""
        return f"rtsp://{self.host}:{self.port}/{self.feed.id}"

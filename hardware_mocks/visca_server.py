"""A simulated VISCA camera on its sockets, with faults on the way. By hand: ``python -m hardware_mocks.visca_server --help``."""

import argparse
import asyncio
import contextlib
import socket
import time
from typing import cast

from hardware_mocks.visca_camera import Faults, ViscaCamera

TICK_S = 0.02


class ViscaServer:
    """The camera on its sockets: UDP with header, raw UDP, raw TCP, each on its own port (0 picks one, None leaves it out)."""

    def __init__(self, camera: ViscaCamera, host: str = "127.0.0.1", turns: bool = True) -> None:
        """``turns``: let the head move; False when somebody else does."""
        self._turns = turns
        self.camera = camera
        self.host = host
        self.ports: dict[str, int] = {}
        self._transports: list[asyncio.DatagramTransport] = []
        self._tcp: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._moving: asyncio.Task[None] | None = None

    async def start(
        self, sony: int | None = 52381, raw_udp: int | None = 1259, tcp: int | None = 5678
    ) -> None:
        """Listen, and let the head move."""
        loop = asyncio.get_running_loop()
        for name, port, header in (("sony", sony, True), ("raw_udp", raw_udp, False)):
            if port is not None:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda header=header: _Datagrams(self.camera, header),  # type: ignore[misc]
                    sock=_shareable(self.host, port),
                )
                self._transports.append(transport)
                self.ports[name] = transport.get_extra_info("sockname")[1]
        if tcp is not None:
            self._tcp = await asyncio.start_server(self._serve, self.host, tcp)
            self.ports["tcp"] = self._tcp.sockets[0].getsockname()[1]
        self._moving = loop.create_task(self._move())

    async def _move(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if self._turns:
                self.camera.advance(now - last)
            else:
                self.camera.complete()
            last = now

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self.camera.quirks.network_change_at_start:
            writer.write(bytes.fromhex("9038ff"))
        try:
            while True:
                message = await reader.readuntil(b"\xff")
                if not self.camera.faults.silent:
                    self.camera.handle(message, writer.write)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def stop(self) -> None:
        """Close everything."""
        if self._moving is not None:
            self._moving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._moving
        for transport in self._transports:
            transport.close()
        if self._tcp is not None:
            self._tcp.close()
            for writer in tuple(self._writers):
                writer.close()
            await self._tcp.wait_closed()


def _shareable(host: str, port: int) -> socket.socket:
    """A UDP socket beside which a controller of the same machine may hold the same port on all addresses."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    sock.bind((host, port))
    return sock


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, camera: ViscaCamera, header: bool) -> None:
        self._camera = camera
        self._header = header
        self._transport: asyncio.DatagramTransport | None = None
        self._held: tuple[bytes, tuple[str, int]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        camera = self._camera
        if camera.faults.silent or camera.random.random() < camera.faults.loss:
            return
        if not self._header:
            camera.handle(data, lambda answer: self._send(answer, address))
            return
        if len(data) < 9:
            return
        kind, sequence, payload = data[:2], data[4:8], data[8 : 8 + data[3]]
        if kind == b"\x02\x00":
            self._send(b"\x02\x01\x00\x01" + sequence + b"\x01", address)
        elif kind in (b"\x01\x00", b"\x01\x10"):
            camera.handle(payload, lambda answer: self._send(wrap(answer, sequence), address))

    def _send(self, data: bytes, address: tuple[str, int]) -> None:
        faults, chance = self._camera.faults, self._camera.random.random
        if self._camera.quirks.answers_on_port:
            address = (address[0], self._camera.quirks.answers_on_port)
        if chance() < faults.loss:
            return
        if chance() < faults.garbage:
            data = self._camera.random.randbytes(len(data))
        if self._held is not None:
            held, self._held = self._held, None
            self._later(data, address)
            self._later(*held)
        elif chance() < faults.reorder:
            self._held = (data, address)
        else:
            self._later(data, address)
        if chance() < faults.duplicate:
            self._later(data, address)

    def _later(self, data: bytes, address: tuple[str, int]) -> None:
        asyncio.get_running_loop().call_later(self._camera.faults.delay_s, self._now, data, address)

    def _now(self, data: bytes, address: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, address)


def wrap(answer: bytes, sequence: bytes) -> bytes:
    """An answer with its Sony header: type, length, the sequence number of the question."""
    return b"\x01\x11\x00" + bytes((len(answer),)) + sequence + answer


async def _run(options: argparse.Namespace) -> None:
    server = ViscaServer(ViscaCamera(faults=Faults(seed=options.seed, loss=options.loss)), options.host)
    await server.start(options.port, options.raw_udp, options.tcp)
    print(f"VISCA camera: {server.host} {server.ports}")
    await asyncio.Event().wait()


def main() -> None:
    """Start a camera by hand."""
    parser = argparse.ArgumentParser(prog="python -m hardware_mocks.visca_camera")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=52381)
    parser.add_argument("--raw-udp", type=int, default=1259)
    parser.add_argument("--tcp", type=int, default=5678)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loss", type=float, default=0.0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()

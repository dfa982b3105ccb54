"""Conference systems that do not exist: Televic, Shure, DICENTIS, a desk that speaks OSC. Bytes from their makers' documents.

Each is a state (microphones by number: off, on, request, next, priority) and a service on a real socket. Faults, seeded: ``lose``
datagrams, ``repeat`` them, send ``garbage`` between words, ``split`` streams in odd pieces. By hand:
``python -m hardware_mocks.conference televic --to 127.0.0.1:8000``, then lines like ``12 on``.
"""

import argparse
import asyncio
import json
import random
import socket
import struct
import sys
from dataclasses import dataclass, field

from websockets import Subprotocol
from websockets.asyncio.server import ServerConnection, serve

OFF, ON, REQUEST, NEXT, PRIORITY = "off", "on", "request", "next", "priority"
CONFIDEA = {OFF: 0, ON: 1, REQUEST: 2, NEXT: 2, PRIORITY: 3}
CERNO = {OFF: 0, ON: 1, REQUEST: 2, NEXT: 4, PRIORITY: 8}


@dataclass
class Mishaps:
    """Faults of a link; shares from 0 to 1."""

    lose: float = 0.0
    repeat: float = 0.0
    garbage: float = 0.0
    split: bool = False
    seed: int = 1
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def datagrams(self, data: bytes) -> list[bytes]:
        """What really leaves."""
        sent = [] if self.draw.random() < self.lose else [data]
        if sent and self.draw.random() < self.repeat:
            sent.append(data)
        if self.draw.random() < self.garbage:
            sent.insert(0, self.draw.randbytes(self.draw.randint(1, 60)))
        return sent

    def pieces(self, data: bytes) -> list[bytes]:
        """A stream's bytes as they are cut."""
        if self.draw.random() < self.garbage:
            data = self.draw.randbytes(9).replace(b"<", b"?") + data
        if not self.split:
            return [data]
        cuts = sorted(self.draw.sample(range(1, len(data)), min(3, len(data) - 1)))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


class _Sender:
    """Datagrams to one address."""

    def __init__(self, host: str, port: int, mishaps: Mishaps | None = None) -> None:
        self._to = (host, port)
        self._mishaps = mishaps or Mishaps()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, data: bytes) -> None:
        for datagram in self._mishaps.datagrams(data):
            self._socket.sendto(datagram, self._to)

    def close(self) -> None:
        self._socket.close()


class Televic(_Sender):
    """Confidea G3, Plixus, Confero; with ``cerno`` a D-Cerno. ``quirks``: the manual's typographic quotes and its comma."""

    def __init__(
        self, host: str, port: int, mishaps: Mishaps | None = None, cerno: bool = False, quirks: bool = False
    ) -> None:
        super().__init__(host, port, mishaps)
        self._cerno, self._quirks = cerno, quirks
        self.state: dict[int, str] = {}

    def press(self, number: int, state: str) -> None:
        """A microphone changes."""
        self.state[number] = state
        if self._cerno:
            on = sum(s in (ON, PRIORITY) for s in self.state.values())
            asks = sum(s in (REQUEST, NEXT) for s in self.state.values())
            text = (
                f'{{"serial":"{number:08X}","status":{CERNO[state]},"totalMicOn":{on},"totalMicReq":{asks}}}'
            )
        else:
            text = f'{{"UID": {number},"status": {CONFIDEA[state]}}}'
        if self._quirks:
            text = text.replace('"totalMicReq":', '"totalMicReq",').replace('"', "“", 1).replace('"', "”", 1)
        self.send(text.encode())

    def change_mode(self) -> None:
        """Everybody is off."""
        self.state.clear()
        self.send(b'{"serial":"00000000","status":0,"totalMicOn":0,"totalMicReq":0}')


class OscDesk(_Sender):
    """A mixing desk that sends its channel keys."""

    def press(self, number: int, state: str) -> None:
        """A channel opens or closes; anything else goes as a word."""
        address = _padded(f"/micro/{number}")
        if state in (ON, OFF):
            self.send(address + _padded(",i") + struct.pack(">i", int(state == ON)))
        else:
            self.send(address + _padded(",s") + _padded(state))


def _padded(text: str) -> bytes:
    data = text.encode() + b"\0"
    return data + b"\0" * (-len(data) % 4)


class Shure:
    """A server on TCP: answers ``GET``, and tells what changes."""

    def __init__(self, channels: int = 8, mishaps: Mishaps | None = None) -> None:
        self.state = dict.fromkeys(range(1, channels + 1), OFF)
        self.port = 0
        self._mishaps = mishaps or Mishaps()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self.asked: list[bytes] = []

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody."""
        assert self._server is not None
        self._server.close()
        for client in self._clients:
            client.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while True:
                question = await reader.readuntil(b">")
                self.asked.append(question)
                if b"GET 0 ALL" in question:
                    await self._say(writer, b"< REP DEVICE_ID {Salle du conseil    } >")
                    for number in self.state:
                        await self._say(writer, self._sentence(number))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    def _sentence(self, number: int) -> bytes:
        state = self.state[number]
        if state in (ON, OFF):
            return f"< REP {number} AUDIO_MUTE {'OFF' if state == ON else 'ON'} >".encode()
        return f"< REP {number} MIC_STATUS {state.upper()} >".encode()

    async def press(self, number: int, state: str) -> None:
        """A channel changes."""
        self.state[number] = state
        for client in tuple(self._clients):
            await self._say(client, self._sentence(number))

    async def _say(self, writer: asyncio.StreamWriter, sentence: bytes) -> None:
        for piece in self._mishaps.pieces(sentence):
            writer.write(piece)
            await writer.drain()


class Dicentis:
    """A WebSocket server: log-in, then the discussion. ``account``: the only one it takes."""

    def __init__(self, account: tuple[str, str] = ("regie", "secret"), garbage: bool = False) -> None:
        self._account = account
        self._garbage = garbage
        self.speakers: list[str] = []
        self.waiting: list[str] = []
        self.port = 0
        self.logins = 0
        self._clients: set[ServerConnection] = set()

    async def __aenter__(self) -> "Dicentis":
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            subprotocols=[Subprotocol("DICENTIS_1_0")],
            ping_interval=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, client: ServerConnection) -> None:
        async for text in client:
            said = json.loads(text)
            if said.get("operation") == "login":
                given = (said["parameters"]["user"], said["parameters"]["password"])
                self.logins += 1
                await client.send(json.dumps({"operation": "login", "success": given == self._account}))
                if given != self._account:
                    await client.close()
                    return
            elif said.get("operation") == "subscribe":
                self._clients.add(client)
                await client.send(self._discussion())

    def _discussion(self) -> str:
        return json.dumps(
            {
                "event": "DiscussionUpdated",
                "discussion": {
                    "speakers": [{"seatId": seat, "state": "Speaking"} for seat in self.speakers],
                    "waitingList": [{"seatId": seat, "state": "Waiting"} for seat in self.waiting],
                },
            }
        )

    async def tell(self) -> None:
        """Everybody hears how the discussion stands."""
        for client in tuple(self._clients):
            if self._garbage:
                await client.send("[not json")
                await client.send('{"event": "BatteryLow", "percent": 12}')
            await client.send(self._discussion())


def main() -> None:
    """Press microphones by hand."""
    parser = argparse.ArgumentParser(prog="python -m hardware_mocks.conference")
    parser.add_argument("system", choices=("televic", "cerno", "osc"))
    parser.add_argument("--to", default="127.0.0.1:8000", metavar="HOST:PORT")
    given = parser.parse_args()
    host, _, port = given.to.rpartition(":")
    if given.system == "osc":
        press = OscDesk(host, int(port)).press
    else:
        press = Televic(host, int(port), cerno=given.system == "cerno").press
    for line in sys.stdin:
        number, _, state = line.strip().partition(" ")
        if number.isdigit() and state in CONFIDEA:
            press(int(number), state)


if __name__ == "__main__":
    main()

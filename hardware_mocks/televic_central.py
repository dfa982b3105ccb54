"""Televic's central units that do not exist: a Plixus that speaks TLVCAM1 or TLVCAM2 over TCP, a CoCon room server over HTTP.

Bytes from their maker's manuals. The Plixus repeats a frame that is not acknowledged, three times at most; the CoCon holds a
notification back until something changes (``hold_s`` at most), and answers a JSON string that holds the JSON.
"""

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass, field

from hardware_mocks.conference import OFF, ON, PRIORITY, REQUEST, Mishaps

ACK = b"\x06"
TRIES = 3
OPEN = (ON, PRIORITY)


def signed(body: str) -> bytes:
    """A TLVCAM1 frame."""
    return f"%{body}{sum(map(ord, body)) & 0xFFFF:04X}\r".encode()


def frame(number: int, state: str, chair: int = 1, second: bool = False) -> bytes:
    """What says that a microphone opened or closed; a request is not told."""
    opened = state in OPEN
    if second:
        return f"${1 if opened else 2}{number:04}\r\n".encode()
    letter = "P" if number == chair else "M"
    return signed(f"{letter if opened else letter.lower()}{number:04}")


class Plixus:
    """A TCP server for camera systems. ``lost``: frames that never were acknowledged, ``sent`` and ``acknowledged`` all told."""

    def __init__(self, mishaps: Mishaps | None = None, second: bool = False, retry_s: float = 0.3) -> None:
        self._mishaps = mishaps or Mishaps()
        self._second = second
        self._retry_s = retry_s
        self.state: dict[int, str] = {}
        self.port = 0
        self.sent = self.acknowledged = self.lost = 0
        self._acks = asyncio.Semaphore(0)
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody."""
        self._server.close()
        for client in self._clients:
            client.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while data := await reader.read(64):
                for _ in range(data.count(ACK)):
                    self.acknowledged += 1
                    self._acks.release()
        except ConnectionError:
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    async def press(self, number: int, state: str) -> None:
        """A microphone changes."""
        self.state[number] = state
        if state != REQUEST:
            await self._say(frame(number, state, second=self._second))

    async def synchronize(self) -> None:
        """The list of all that are open."""
        opened = [f"{number:04}" for number, state in sorted(self.state.items()) if state in OPEN]
        await self._say(signed("S" + ("".join(opened) or "0000")))

    async def close_all(self) -> None:
        """Everybody is off."""
        self.state.clear()
        await self._say(b"&30000\r\n" if self._second else signed("V0000"))

    async def _say(self, data: bytes) -> None:
        for _ in range(1 if self._second else TRIES):
            self.sent += 1
            for client in tuple(self._clients):
                for piece in self._mishaps.pieces(data):
                    client.write(piece)
                    await client.drain()
            if self._second:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._retry_s):
                    await self._acks.acquire()
                    return
        self.lost += 1


@dataclass
class Cocon:
    """A room server. ``manual``: answers as the manual prints them, semicolons for commas. ``polls`` counts what was asked."""

    manual: bool = False
    hold_s: float = 10.0
    port: int = 0
    polls: int = 0
    state: dict[int, str] = field(default_factory=dict)
    _ids: dict[str, list[str]] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self, port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._clients: set[asyncio.StreamWriter] = set()

    async def stop(self) -> None:
        """Hang up on everybody, forget all connections."""
        self._server.close()
        self._ids.clear()
        for client in self._clients:
            client.transport.abort()
        await self._server.wait_closed()

    async def press(self, seat: int, state: str) -> None:
        """A microphone changes."""
        self.state[seat] = state
        async with self._news:
            for waiting in self._ids.values():
                waiting.append(self._microphones())
            self._news.notify_all()

    async def tell(self, news: str) -> None:
        """Anything else that such a server tells."""
        async with self._news:
            for waiting in self._ids.values():
                waiting.append(news)
            self._news.notify_all()

    def _microphones(self) -> str:
        speakers = [seat for seat, state in self.state.items() if state in OPEN]
        requests = [seat for seat, state in self.state.items() if state not in (*OPEN, OFF)]
        told = json.dumps({"MicrophoneState": {"Speakers": speakers, "Requests": requests}})
        return told.replace('], "Requests"', ']; "Requests"') if self.manual else told

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            body = await self._answer(head.split()[1].decode())
            status = "404 Not Found" if body is None else "200 OK"
            said = "" if not body else body if self.manual else json.dumps(body)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(said.encode())}\r\n\r\n{said}".encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _answer(self, path: str) -> str | None:
        if path == "/CoCon/Connect":
            named = str(uuid.uuid4())
            self._ids[named] = []
            return json.dumps({"Connect": True, "id": named})
        if path == "/CoCon/Microphone/GetState":
            return self._microphones()
        waiting = self._ids.get(path.removeprefix("/CoCon/Notification/id="))
        if waiting is None:
            return None
        self.polls += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.hold_s), self._news:
                await self._news.wait_for(lambda: bool(waiting))
        return waiting.pop(0) if waiting else ""

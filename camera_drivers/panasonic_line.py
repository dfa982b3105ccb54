"""Asking a Panasonic camera: one HTTP request at a time, spaced as it wants, the most urgent first."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass

from camera_drivers.base import CameraLost, Superseded
from camera_drivers.panasonic_wire import SPACING, Request, checked

ANSWER_SECONDS = 1.0
TRIES = 2
STOP_TRIES = 4
LIMIT = 32
LONGEST = 4096


@dataclass(slots=True)
class _Asked:
    request: Request
    answer: asyncio.Future[str]


class Line:
    """The queue to one camera. Bounded: past its limit a request is lost at once. Counters: ``sent``, ``failed``."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._queue: deque[_Asked] = deque()
        self._more = asyncio.Event()
        self.sent = 0
        self.failed = 0

    async def ask(self, request: Request) -> str:
        """The camera's answer. Raises CameraLost, CameraRefused with its reason, Superseded."""
        if len(self._queue) >= LIMIT:
            raise CameraLost("too many requests wait")
        asked = _Asked(request, asyncio.get_running_loop().create_future())
        if request.merge:
            for older in [
                a for a in self._queue if a.request.merge == request.merge and not a.request.urgent
            ]:
                self._queue.remove(older)
                if not older.answer.done():
                    older.answer.set_exception(
                        Superseded(f"{older.request.command} gave way to a newer command")
                    )
        if request.urgent:
            self._queue.appendleft(asked)
        else:
            self._queue.append(asked)
        self._more.set()
        return checked(await asked.answer)

    async def run(self) -> None:
        """Send what waits, for ever; ends by cancellation."""
        try:
            while True:
                while not self._queue:
                    self._more.clear()
                    await self._more.wait()
                asked = self._queue.popleft()
                if asked.answer.done():
                    continue
                await self._carry(asked)
                await asyncio.sleep(SPACING)
        finally:
            for asked in self._queue:
                asked.answer.cancel()
            self._queue.clear()

    async def _carry(self, asked: _Asked) -> None:
        """Repeat what names a state, a stop above all; a drive that is lost is told lost."""
        drives = asked.request.command.startswith(("#PTS", "#Z"))
        tries = STOP_TRIES if asked.request.urgent else 1 if drives else TRIES
        try:
            for left in reversed(range(tries)):
                try:
                    answer = await self.get(asked.request.path)
                except CameraLost as lost:
                    if not left and not asked.answer.done():
                        asked.answer.set_exception(lost)
                else:
                    if not asked.answer.done():
                        asked.answer.set_result(answer)
                    return
        except asyncio.CancelledError:
            asked.answer.cancel()
            raise

    async def get(self, path: str) -> str:
        """One GET on a connection of its own (these cameras keep none alive); the first line of the body."""
        self.sent += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection(self.host, self.port)
                try:
                    head = f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n"
                    writer.write(head.encode("ascii"))
                    data = await reader.read(LONGEST)
                    while b"\r\n\r\n" not in data or not _whole(data):
                        more = await reader.read(LONGEST)
                        if not more or len(data) > LONGEST:
                            break
                        data += more
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError) as error:
            self.failed += 1
            raise CameraLost(f"no answer: {type(error).__name__}") from error
        head_bytes, _, body = data.partition(b"\r\n\r\n")
        status = head_bytes.split(b" ", 2)[1:2]
        if status not in ([b"200"], [b"204"]):
            self.failed += 1
            raise CameraLost("it answers HTTP with an error")
        return body.decode("ascii", "replace").strip()


def _whole(data: bytes) -> bool:
    """Has the body its announced length? Without one it lasts until the end of the connection."""
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return head.split(b" ", 2)[1:2] == [b"204"]

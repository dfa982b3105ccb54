"""The keys process: what hides goes from a page to the engine by a way of its own, whatever the rest of the machine is doing.

``python -m regie.keys --config FILE --run DIR``. Control hands it the connections of pages that may hide
(:mod:`regie.handover`): nothing else runs here, so a press waits for no page, no register and no document. It can only hide: open
a mask, keep it, put the public on a slate. The page says the same to control under the same id; whichever comes first acts, the
other changes nothing, and control writes what the engine did. Control may be dead, hung or starved meanwhile. This process may be
killed at any time too: pages come back through control, which carries their keys until then.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import msgspec
import uvloop
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from regie import log as logs
from regie.domain.commands import KeepMask, OpenMask, SetAntenna
from regie.errors import Refusal, RegieError
from regie.handover import Handed, Receiver, Word
from regie.heartbeat import Heart
from regie.messages import Call
from regie.remote import Remote

log = logging.getLogger(__name__)

SOCKET = "keys.sock"
NICE = -10
"""As the engine: needs a right (systemd: LimitNICE)."""
ANSWER_S = 4.0
SILENT_S = 20.0
"""Pages say something every two seconds."""
MAX_MESSAGE = 4096
MAX_IN_FLIGHT = 8
MAX_LINES = 64
MAX_ITEM = 64


class Pressed(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="commande"):
    """A key that hides; the answer repeats ``id``."""

    id: int
    commande: OpenMask | KeepMask | SetAntenna


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ping"):
    """Comes back as ``pong``."""

    t: float


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """The echo of a ping."""

    t: float


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reponse"):
    """In force when ``code`` is empty."""

    id: int
    code: str = ""


_said: msgspec.json.Decoder[Pressed | Ping] = msgspec.json.Decoder(Pressed | Ping)


class Line(asyncio.Protocol):
    """A page's connection, from the moment control handed it on."""

    def __init__(self, keys: "Keys", handed: Handed) -> None:
        self._keys = keys
        self._handed = handed
        self._socket = ServerProtocol(max_size=MAX_MESSAGE)
        self._transport: asyncio.Transport | None = None
        self._in_flight: set[asyncio.Task[None]] = set()
        self.heard_s = 0.0

    @property
    def session(self) -> str:
        """By which its operator is logged in."""
        return self._handed.session

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake that control left unanswered."""
        # uvloop's transports are none by their class.
        self._transport = cast(asyncio.Transport, transport)
        self._keys.lines.add(self)
        self.data_received(self._handed.request)

    def connection_lost(self, exc: Exception | None) -> None:
        """What was pressed is carried out to its end."""
        self._keys.lines.discard(self)
        self._transport = None

    def pause_writing(self) -> None:
        """It reads nothing of what it is answered: it is gone, or hostile."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of the page."""
        self.heard_s = asyncio.get_running_loop().time()
        self._socket.receive_data(data)
        for event in self._socket.events_received():
            match event:
                case Request():
                    self._socket.send_response(self._socket.accept(event))
                case Frame(opcode=Opcode.TEXT, fin=True, data=text):
                    self._heard(bytes(text))
                case Frame(opcode=Opcode.PING | Opcode.PONG | Opcode.CLOSE):
                    pass
                case _:
                    self._socket.fail(CloseCode.UNSUPPORTED_DATA)
        self._flush()

    def close(self, code: CloseCode) -> None:
        """Hang up."""
        self._socket.fail(code)
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _heard(self, text: bytes) -> None:
        try:
            said = _said.decode(text)
        except msgspec.MsgspecError:
            self._socket.fail(CloseCode.INVALID_DATA)
            return
        match said:
            case Ping():
                self._say(Pong(t=said.t))
            case Pressed(commande=SetAntenna(on=True)):
                self._socket.fail(CloseCode.POLICY_VIOLATION)
            case Pressed():
                task = asyncio.get_running_loop().create_task(self._carry_out(said))
                self._in_flight.add(task)
                task.add_done_callback(self._in_flight.discard)

    async def _carry_out(self, pressed: Pressed) -> None:
        code = ""
        try:
            if len(self._in_flight) > MAX_IN_FLIGHT:
                raise Refusal("too many keys at once", code="trop_de_commandes")
            await self._keys.hide(pressed.commande, self._handed.who)
        except RegieError as error:
            code = error.stable_code
        self._say(Reply(id=pressed.id, code=code))
        self._flush()

    def _say(self, word: Reply | Pong) -> None:
        # Answers of a page that is gone have nowhere to go.
        if self._transport is not None and not self._socket.close_expected():
            self._socket.send_text(msgspec.json.encode(word))

    def _flush(self) -> None:
        if self._transport is None:
            return
        for data in self._socket.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


class Keys:
    """The pages' lines, and the engine."""

    def __init__(self, run: Path) -> None:
        self._engine = Remote(run / "engine.sock", "engine", "moteur_absent")
        self._receiver = Receiver(run / SOCKET, self._word)
        self._joining: set[asyncio.Task[None]] = set()
        self.lines: set[Line] = set()

    async def hide(self, command: OpenMask | KeepMask | SetAntenna, who: str) -> None:
        """Carried out at once by the engine. Raises Refusal, LinkLost."""
        if isinstance(command, OpenMask):
            command = msgspec.structs.replace(command, by=who, item=command.item[:MAX_ITEM], at=None)
        await self._engine.ask(lambda number: Call(id=number, command=command), ANSWER_S)

    async def run(self, stop: asyncio.Event, heart: Heart) -> None:
        """Serve until told to stop."""
        self._receiver.start()
        tasks = [
            asyncio.create_task(job)
            for job in (self._engine.run(), self._tend(), heart.beat_while(lambda: True))
        ]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            self._receiver.stop()
            for line in tuple(self.lines):
                line.close(CloseCode.GOING_AWAY)

    def _word(self, word: Word, fd: int | None) -> None:
        if fd is None:
            for line in tuple(self.lines):
                if line.session == word.session:
                    line.close(CloseCode.POLICY_VIOLATION)
            return
        page = socket.socket(fileno=fd)
        if not isinstance(word, Handed) or len(self.lines) >= MAX_LINES:
            page.close()
            return
        task = asyncio.get_running_loop().create_task(self._join(page, word))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join(self, page: socket.socket, handed: Handed) -> None:
        page.setblocking(False)
        with contextlib.suppress(OSError):
            page.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: Line(self, handed), page)
        except OSError:
            page.close()

    async def _tend(self) -> None:
        """A page that is gone without a word does not keep its place."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SILENT_S / 4)
            for line in tuple(self.lines):
                if loop.time() - line.heard_s > SILENT_S:
                    line.close(CloseCode.GOING_AWAY)


async def _serve(run: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gc.freeze()
    await Keys(run).run(stop, Heart.inherited())


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the process."""
    parser = argparse.ArgumentParser(prog="regie-keys")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    options = parser.parse_args(arguments)
    logs.setup("keys")
    logging.getLogger("websockets").setLevel(logging.WARNING)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options.run))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""A Panasonic AW camera: its HTTP commands and its pushed notifications, as the interface specification of the AW-HE40 and AW-UE80
describes them; every text and byte is written out here. By hand: ``python -m hardware_mocks.panasonic_camera --help``.

Pan counts upwards to the right from 8000h, tilt downwards when it looks up, 121.37 counts a degree; zoom 555h to FFFh. A command
that comes less than 130 ms after the one before is answered « busy ».
"""

import argparse
import asyncio
import contextlib
import math
import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from urllib.parse import unquote

from hardware_mocks.visca_head import STEPS_PER_DEGREE, ZOOM_TELE, Axis, Head

COUNTS_PER_DEGREE = 121.37
SPACING_S = 0.13
TICK_S = 0.02
LISTENERS = 5
MOST = 30.0
"""Magnification at the tele end."""


@dataclass
class Faults:
    """Knobs of trouble."""

    silent: bool = False
    """It takes connections and says nothing."""
    spacing_s: float = SPACING_S
    split_notifications: bool = False
    """Notifications leave byte by byte."""


class PanasonicCamera:
    """The camera. Its use cases are its plain methods."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        model: str = "AW-HE40",
        faults: Faults | None = None,
        head: Head | None = None,
        lens: tuple[Callable[[float], float], Callable[[float], float]] | None = None,
    ) -> None:
        """``head``: one that somebody else moves; ``lens``: magnification of a position of its lens, and back."""
        self._turns = head is None
        self._lens = lens
        self.host = host
        self.model = model
        self.faults = faults or Faults()
        self.head = head or Head(
            pan=Axis(low=-175 * STEPS_PER_DEGREE, high=175 * STEPS_PER_DEGREE),
            tilt=Axis(low=-30 * STEPS_PER_DEGREE, high=90 * STEPS_PER_DEGREE),
        )
        self.green = False
        self.received: list[str] = []
        self.too_fast = 0
        self.port = 0
        self._listeners: dict[tuple[str, int], None] = {}
        self._last = -1.0
        self._recalled: int | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.StreamWriter] = set()

    # -- use cases --------------------------------------------------------------------------------------------------

    def switch_off(self) -> None:
        """To stand-by, by its remote control."""
        self.head.power = False
        self._notify("p0")

    def switch_on(self) -> None:
        """From stand-by."""
        self.head.power = True
        self._notify("p1")

    def move_by_hand(self, pan_degrees: float, tilt_degrees: float) -> None:
        """Somebody else turns it; nothing of a movement is notified."""
        self.head.pan.go(pan_degrees * STEPS_PER_DEGREE, 3000.0)
        self.head.tilt.go(tilt_degrees * STEPS_PER_DEGREE, 3000.0)

    @property
    def listeners(self) -> int:
        """Who asked for notifications."""
        return len(self._listeners)

    # -- sockets ----------------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listen, and let the head move."""
        self._server = await asyncio.start_server(self._serve, self.host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._spawn(self._move())

    async def stop(self) -> None:
        """Close everything."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._connections):
                writer.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if self.faults.silent:
                await reader.read()
                return
            target = head.split(b" ", 2)[1].decode("ascii")
            status, body = self._answer(target, writer.get_extra_info("peername")[0])
            text = f"HTTP/1.0 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n{body}"
            writer.write(text.encode("ascii"))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    def _answer(self, target: str, peer: str) -> tuple[str, str]:
        event = re.fullmatch(r"/cgi-bin/event\?connect=(start|stop)&my_port=(\d+)&uid=0", target)
        if event is not None:
            return self._subscribe(event[1], (peer, int(event[2])))
        command = re.fullmatch(r"/cgi-bin/aw_(ptz|cam)\?cmd=([^&]*)&res=1", target)
        if command is None:
            return "404 Not Found", ""
        return "200 OK", self._command(command[1], unquote(command[2])) + "\r\n"

    def _subscribe(self, what: str, listener: tuple[str, int]) -> tuple[str, str]:
        if what == "stop":
            self._listeners.pop(listener, None)
        elif listener not in self._listeners and len(self._listeners) >= LISTENERS:
            return "503 Service Unavailable", ""
        else:
            self._listeners[listener] = None
        return "204 No Content", ""

    async def _move(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if self._turns:
                self.head.advance(now - last)
            last = now
            if self._recalled is not None and not self.head.moving:
                self._notify(f"q{self._recalled:02d}")
                self._recalled = None

    # -- commands ---------------------------------------------------------------------------------------------------

    def _command(self, kind: str, command: str) -> str:
        self.received.append(command)
        now = time.monotonic()
        early = now - self._last < self.faults.spacing_s
        self._last = now
        error = "eR" if kind == "ptz" else "ER"
        if early:
            self.too_fast += 1
            return f"{error}2:{command.lstrip('#')}"
        actions = self._head_commands() if kind == "ptz" else self._image_commands()
        for pattern, action in actions:
            found = re.fullmatch(pattern, command)
            if found is not None:
                if not self.head.power and not command.startswith(("#O", "Q")):
                    return f"{error}2:{command.lstrip('#')}"
                return action(*found.groups()) or f"{error}3:{command.lstrip('#')}"
        return f"{error}1:{command.lstrip('#')}"

    def _head_commands(self) -> list[tuple[str, Callable[..., str]]]:
        return [
            (r"#O", lambda: f"p{int(self.head.power)}"),
            (r"#O([01])", self._power),
            (r"#APC", lambda: f"aPC{self._pan():04X}{self._tilt():04X}"),
            (r"#APC(\w{4})(\w{4})", lambda p, t: self._go(p, t, "1D", "aPC" + p + t)),
            (r"#APS(\w{4})(\w{4})(\w{2})[012]", lambda p, t, s: self._go(p, t, s, "aPS" + p + t + s)),
            (r"#PTS(\d\d)(\d\d)", self._drive),
            (r"#GZ", lambda: f"gz{0x555 + round(self._share() * 0xAAA):03X}"),
            (r"#AXZ(\w{3})", self._zoom),
            (r"#Z(\d\d)", self._zoom_drive),
            (r"#AXF(\w{3})", lambda f: "axf" + f),
            (r"#M(\d\d)", self._store),
            (r"#R(\d\d)", self._recall),
        ]

    def _image_commands(self) -> list[tuple[str, Callable[..., str]]]:
        return [
            (r"QID", lambda: f"OID:{self.model}"),
            (r"TLR:([01])", self._red),
            (r"TLG:([01])", self._green),
        ]

    def _pan(self) -> int:
        return 0x8000 + round(self.head.pan.position / STEPS_PER_DEGREE * COUNTS_PER_DEGREE)

    def _tilt(self) -> int:
        return 0x8000 - round(self.head.tilt.position / STEPS_PER_DEGREE * COUNTS_PER_DEGREE)

    def _share(self) -> float:
        """How far the lens is from its wide end, 0 to 1: the logarithm of what it enlarges, on a ×30."""
        if self._lens is None:
            return self.head.zoom.position / ZOOM_TELE
        return math.log(self._lens[0](self.head.zoom.position)) / math.log(MOST)

    def _place(self, share: float) -> float:
        return share * ZOOM_TELE if self._lens is None else self._lens[1](MOST**share)

    def _power(self, on: str) -> str:
        self.head.power = on == "1"
        self._notify(f"p{on}")
        return f"p{on}"

    def _go(self, pan: str, tilt: str, speed: str, answer: str) -> str:
        fastest = 5000.0 * (int(speed, 16) + 1) / 0x1E
        self.head.pan.go((int(pan, 16) - 0x8000) / COUNTS_PER_DEGREE * STEPS_PER_DEGREE, fastest)
        self.head.tilt.go((0x8000 - int(tilt, 16)) / COUNTS_PER_DEGREE * STEPS_PER_DEGREE, fastest)
        return answer

    def _drive(self, pan: str, tilt: str) -> str:
        if "00" in (pan, tilt):
            return ""
        self.head.pan.drive((int(pan) - 50) / 49 * 4600.0)
        self.head.tilt.drive((int(tilt) - 50) / 49 * 4600.0)
        return f"pTS{pan}{tilt}"

    def _zoom(self, position: str) -> str:
        wanted = int(position, 16)
        if not 0x555 <= wanted <= 0xFFF:
            return ""
        self.head.zoom.go(self._place((wanted - 0x555) / 0xAAA), 8000.0)
        return "axz" + position

    def _zoom_drive(self, speed: str) -> str:
        self.head.zoom.drive((int(speed) - 50) / 49 * 8000.0)
        return "zS" + speed

    def _store(self, slot: str) -> str:
        head = self.head
        head.presets[int(slot)] = (head.pan.position, head.tilt.position, head.zoom.position)
        return "s" + slot

    def _recall(self, slot: str) -> str:
        stored = self.head.presets.get(int(slot))
        if stored is not None:
            self.head.pan.go(stored[0], 5000.0)
            self.head.tilt.go(stored[1], 5000.0)
            self.head.zoom.go(stored[2], 8000.0)
            self._recalled = int(slot)
        return "s" + slot

    def _red(self, on: str) -> str:
        self.head.red = on == "1"
        self._notify(f"TLR:{on}")
        return f"TLR:{on}"

    def _green(self, on: str) -> str:
        self.green = on == "1"
        self._notify(f"TLG:{on}")
        return f"TLG:{on}"

    # -- notifications ----------------------------------------------------------------------------------------------

    def _notify(self, text: str) -> None:
        for host, port in self._listeners:
            self._spawn(self._push(host, port, notification(text)))

    async def _push(self, host: str, port: int, frame: bytes) -> None:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            pieces = [bytes((b,)) for b in frame] if self.faults.split_notifications else [frame]
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def notification(text: str) -> bytes:
    """A pushed frame: 22 bytes, size, 4 bytes, information padded to a multiple of four, 24 bytes."""
    information = b"\r\n" + text.encode("ascii") + b"\r\n"
    information += bytes(-len(information) % 4)
    # The first bytes are the camera's address, port and clock; 0D 0A may well be among them.
    head = bytes.fromhex("c0a80d0a30be1a070d0a030a00010080000000000001")
    return head + (len(information) + 8).to_bytes(2, "big") + b"\x01\x00\x00\x00" + information + bytes(24)


async def _run(options: argparse.Namespace) -> None:
    camera = PanasonicCamera(options.host, options.model)
    await camera.start(options.port)
    print(f"{camera.model}: http://{camera.host}:{camera.port}")
    await asyncio.Event().wait()


def main() -> None:
    """Start a camera by hand."""
    parser = argparse.ArgumentParser(prog="python -m hardware_mocks.panasonic_camera")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--model", default="AW-HE40")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()

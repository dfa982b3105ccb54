"""The simulated hall: a council in session, four cameras that see it, a microphone each. All real network sources.

``python -m hardware_mocks.hall --help``. Use cases while it runs, as JSON lines on the control port (one answer a line):
``{"do": "ptz", "camera": "cam1", "pan": 10, "tilt": -8, "zoom": 3}``, ``{"do": "fault", "camera": "cam2", "fault": "freeze",
"seconds": 5}``, ``{"do": "clear", "camera": "cam2"}``, ``{"do": "speak", "seat": 12}``, ``{"do": "listen", "seconds": 20}``,
``{"do": "state"}``.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware_mocks import srt_out
from hardware_mocks.chamber import mark_area, paint, stripe_person
from hardware_mocks.conference import Televic
from hardware_mocks.encoding import SoundEncoder
from hardware_mocks.faults import Fault, Planned, Troubles
from hardware_mocks.feed import Feed
from hardware_mocks.framings import GROUPS, framings, public_area
from hardware_mocks.geometry import SEATS, VIEWPOINTS
from hardware_mocks.marks import FLASH_PERIOD_MS
from hardware_mocks.people import council
from hardware_mocks.remote import Remote
from hardware_mocks.rtsp import RtspServer
from hardware_mocks.script import Debate
from hardware_mocks.simulated_camera import Server, SimulatedCamera
from hardware_mocks.streams import Broadcast, TsOverTcp, TsOverUdp, wav_header
from hardware_mocks.turret import Scene, Turret
from hardware_mocks.voices import RATE, Voices, opening

BLOCK = RATE // 25
CHANNELS = 34
"""Channel 1 is the sync beep, channel 1 + n the microphone of seat n."""
CONFERENCE_AGAIN_S = 10
"""The conference system says all of its open microphones again so often: whoever comes late hears of them."""
BEEP_MS = 40
NOISE = 20.0
"""Room noise of the camera's microphone, about −64 dBFS."""
MICROPHONE_NOISE = 6.0
"""That of each microphone, about −75 dBFS: an open microphone is never digital silence."""


@dataclass
class Options:
    """How to start a hall."""

    host: str = "127.0.0.1"
    port_base: int = 0
    seed: int = 7
    width: int = 1280
    height: int = 720
    fps: int = 25
    kbps: int = 3000
    gop: int = 25
    cameras: int = 4
    marks: bool = True
    mark_public: bool = False
    striped: frozenset[int] = frozenset()
    """Seats whose members a machine makes out on a picture."""
    synthesiser: bool = True
    faults: list[Planned] = field(default_factory=list)
    conference_port: int = 0
    """Where the conference system (Televic) sends its words; 0: there is none."""
    silent: frozenset[int] = frozenset()
    """Seats where nobody speaks: their members are elsewhere."""


class Hall:
    """The whole hall. ``async with Hall(options) as hall:`` runs it; :meth:`describe` says where everything is."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.people = council(self.options.seed)
        self.voices = Voices(self.options.seed, self.options.synthesiser)
        self.debate = Debate(self.people, self.options.seed, self.voices, self.options.silent)
        self.cameras: list[SimulatedCamera] = []
        self.remotes: list[Remote] = []
        self.microphones = Broadcast(self.options.host, wav_header(CHANNELS))
        self.conference = (
            Televic(self.options.host, self.options.conference_port) if self.options.conference_port else None
        )
        self._pressed: dict[int, str] = {}
        self.epoch_ns = 0
        self.control_port = 0
        self._scene: Scene = Scene({}, 0, 0, 0)
        self._control: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = threading.Event()
        self._sound = threading.Thread(target=self._hear, name="hall:sound", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._noise = np.random.default_rng(self.options.seed)
        self._hiss = self._noise.normal(0, MICROPHONE_NOISE, (RATE, CHANNELS)).astype(np.int16)

    async def __aenter__(self) -> "Hall":
        cv2.setNumThreads(1)
        self._loop = asyncio.get_running_loop()
        views = VIEWPOINTS[: self.options.cameras]
        plates = await asyncio.gather(
            *(asyncio.to_thread(paint, view, self.people, n) for n, view in enumerate(views))
        )
        if self.options.mark_public:
            for plate in plates:
                mark_area(plate, public_area(plate.view))
        for plate in plates:
            for seat in (seat for seat in SEATS if seat.id in self.options.striped & plate.faces.keys()):
                stripe_person(plate, seat)
        self.epoch_ns = time.monotonic_ns()
        epoch_utc = time.time()
        base = self.options.port_base
        for number, plate in enumerate(plates, 1):
            turret = Turret(number, plate, (self.options.width, self.options.height), self.options.marks)
            self.cameras.append(self._camera(number, turret, epoch_utc))
        self.debate.start()
        for number, camera in enumerate(self.cameras):
            self.remotes.append(Remote(camera.turret, self.options.host))
            await self.remotes[-1].start(base + 20 + number if base else 0)
            await camera.start(base + 10 + number if base else _free(self.options.host, number))
            self._tasks.append(asyncio.create_task(camera.watch_reboots()))
        await self.microphones.start(base + 5 if base else 0)
        self._control = await asyncio.start_server(self._serve_control, self.options.host, base)
        self.control_port = self._control.sockets[0].getsockname()[1]
        self._sound.start()
        for camera in self.cameras:
            await camera.feed.ready.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.to_thread(self.debate.stop)
        if self._sound.ident is not None:
            await asyncio.to_thread(self._sound.join, 3)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for remote in self.remotes:
            await remote.stop()
        for camera in self.cameras:
            await camera.stop()
        await self.microphones.stop()
        if self.conference is not None:
            self.conference.close()
        if self._control is not None:
            self._control.close()
            await self._control.wait_closed()

    def _camera(self, number: int, turret: Turret, epoch_utc: float) -> SimulatedCamera:
        options = self.options
        name = f"cam{number}"
        troubles = Troubles(options.seed + number, [p for p in options.faults if p.camera == name])
        sound = SoundEncoder() if number == 1 else None
        feed = Feed(name, self.epoch_ns, epoch_utc, troubles, sound.config if sound else None)
        assert self._loop is not None
        return SimulatedCamera(
            turret,
            feed,
            self._server(number, feed, sound),
            troubles,
            fps=options.fps,
            kbps=options.kbps,
            gop=options.gop,
            first_key=(number - 1) * options.gop // 4,
            sound=sound,
            epoch_ns=self.epoch_ns,
            scene=lambda ms: self._scene,
            loop=self._loop,
        )

    def _server(self, number: int, feed: Feed, sound: SoundEncoder | None) -> Server:
        """Each camera speaks its own protocol, as in a real hall."""
        options = self.options
        size = (options.width, options.height)
        if number == 1:
            return RtspServer(feed, options.host)
        if number == 2 and srt_out.available():
            return srt_out.TsOverSrt(feed, options.host, size, options.fps, sound)
        if number == 3:
            return TsOverUdp(feed, options.host, size, options.fps, sound)
        return TsOverTcp(feed, options.host, size, options.fps, sound)

    # -- sound ------------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        """Blocks of 40 ms, on time: every microphone's channel, and the room as the first camera hears it."""
        number = 0
        while not self._stop.is_set():
            wait = (self.epoch_ns + number * 40_000_000 - time.monotonic_ns()) / 1e9
            if wait > 0 and self._stop.wait(wait):
                return
            self._block(number)
            number += 1

    def _block(self, number: int) -> None:
        start = number * BLOCK
        heard = self.debate.block(start, BLOCK)
        self._press(start)
        beep = self._beep(number * 40)
        now = datetime.now(UTC).astimezone()
        self._scene = Scene({seat: opening(s) for seat, s in heard.items()}, now.hour, now.minute, now.second)
        # A second of noise, entered somewhere new each time.
        where = int(self._noise.integers(0, RATE - BLOCK))
        channels = self._hiss[where : where + BLOCK].copy()
        channels[:, 0] = beep
        room = self._noise.normal(0, NOISE, BLOCK) + beep * 0.5
        for seat, samples in heard.items():
            channels[:, seat] += samples
            room += samples * 0.7
        for camera in self.cameras:
            camera.hear(np.clip(room, -32768, 32767).astype(np.int16), start)
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.microphones.send, channels.tobytes())

    def _press(self, now: int) -> None:
        """The conference system tells of the buttons that changed."""
        if self.conference is None:
            return
        state = self.debate.microphones(now)
        again = now % (CONFERENCE_AGAIN_S * RATE) < BLOCK
        for seat in {*state, *self._pressed}:
            if again or state.get(seat, "off") != self._pressed.get(seat, "off"):
                self.conference.press(seat, state.get(seat, "off"))
        self._pressed = state

    def _beep(self, ms: int) -> NDArray[np.float64]:
        """A 1 kHz beep of 40 ms at −20 dBFS with each flash of the marks."""
        if not self.options.marks or ms < FLASH_PERIOD_MS or ms % FLASH_PERIOD_MS >= BEEP_MS:
            return np.zeros(BLOCK)
        return 3277 * np.sin(2 * np.pi * 1000 * np.arange(BLOCK) / RATE)

    # -- use cases --------------------------------------------------------------------------------------------------

    def camera(self, name: str) -> SimulatedCamera:
        """A camera by its id. Raises KeyError."""
        return {camera.feed.id: camera for camera in self.cameras}[name]

    def do(self, order: dict[str, Any]) -> dict[str, Any]:
        """One use case, as the control port takes it. Raises KeyError or ValueError for an order that makes no sense."""
        match order["do"]:
            case "ptz":
                camera = self.camera(order["camera"])
                pan, tilt, zoom = camera.turret.framing
                camera.turret.move_to(
                    float(order.get("pan", pan)),
                    float(order.get("tilt", tilt)),
                    float(order.get("zoom", zoom)),
                )
            case "fault":
                camera = self.camera(order["camera"])
                value = float(order.get("value", 0.05))
                camera.troubles.set(Fault(order["fault"]), camera.feed.seconds(), order.get("seconds"), value)
            case "clear":
                self.camera(order["camera"]).troubles.clear()
            case "speak":
                self.debate.force(int(order["seat"]))
            case "listen":
                self.debate.listen(float(order["seconds"]))
            case "state":
                return {"cameras": [self._state(camera) for camera in self.cameras]}
            case other:
                raise ValueError(f"unknown order {other!r}")
        return {}

    def _state(self, camera: SimulatedCamera) -> dict[str, Any]:
        pan, tilt, zoom = camera.turret.framing
        return {
            "id": camera.feed.id,
            "pan": round(pan, 2),
            "tilt": round(tilt, 2),
            "zoom": round(zoom, 2),
            "moving": camera.turret.head.moving,
            "pictures": camera.pictures,
            "skipped": camera.skipped,
        }

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                try:
                    answer = {"ok": True} | self.do(json.loads(line))
                except (KeyError, ValueError, TypeError) as error:
                    answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    def describe(self) -> dict[str, Any]:
        """Where everything is, and who sits where."""
        formats = {"rtsp": None, "srt": "mpegts", "udp": "mpegts", "tcp": "mpegts"}
        cameras = [
            {
                "id": camera.feed.id,
                "name": camera.turret.plate.view.name,
                "url": camera.server.url,
                "format": formats[camera.server.url.split(":")[0]],
                "head": remote.describe(),
                "public": public_area(camera.turret.plate.view),
            }
            for camera, remote in zip(self.cameras, self.remotes, strict=True)
        ]
        shown = {camera["id"] for camera in cameras}
        where = {seat.id: seat for seat in SEATS}
        return {
            "cameras": cameras,
            "microphones": {
                "url": f"tcp://{self.options.host}:{self.microphones.port}",
                "format": "wav",
                "channels": CHANNELS,
            },
            "conference": {"system": "televic", "port": self.options.conference_port}
            if self.options.conference_port
            else None,
            "control": self.control_port,
            "seats": [
                {k: v for k, v in asdict(p).items() if k not in ("seed", "voice", "woman")}
                | {"channel": p.id + 1, "x": where[p.id].x, "y": where[p.id].y}
                for p in self.people
            ],
            "groups": [{"id": key, "name": name, "seats": seats} for key, (name, seats) in GROUPS.items()],
            "framings": [asdict(framing) for framing in framings() if framing.camera in shown],
            "speech": self.voices.intelligible,
        }


def _free(host: str, number: int) -> int:
    """A UDP port for the camera that sends rather than listens; 0 for the others, which pick theirs."""
    return srt_out._free_port(host) if number == 2 else 0


async def _run(options: Options, seconds: float | None, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Hall(options) as hall:
        description = hall.describe()
        if ready_file is not None:
            partial = ready_file.with_suffix(".partial")
            partial.write_text(json.dumps(description, ensure_ascii=False), "utf-8")
            partial.replace(ready_file)
        for camera in description["cameras"]:
            print(f"{camera['id']}  {camera['name']:12}  {camera['url']}", flush=True)
        print(f"micros  {CHANNELS} channels   {description['microphones']['url']}  (wav)", flush=True)
        print(f"control                {options.host}:{hall.control_port}", flush=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hardware_mocks.hall", description="A simulated council chamber."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port-base", type=int, default=0, help="first port (control); 0 picks free ones")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--bitrate", type=int, default=3000, help="kbit/s a camera")
    parser.add_argument("--gop", type=int, default=25)
    parser.add_argument("--no-marks", action="store_true", help="no machine-readable marks, no beep")
    parser.add_argument(
        "--mark-public", action="store_true", help="the public's area in a colour that nothing else has"
    )
    parser.add_argument(
        "--striped", default="", metavar="SEAT,SEAT…", help="members in stripes of that colour"
    )
    parser.add_argument(
        "--no-speech", action="store_true", help="synthetic voices even where a synthesiser is installed"
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="CAMERA:FAULT[=VALUE][@START][+LENGTH]"
    )
    parser.add_argument(
        "--conference-port", type=int, default=0, help="UDP port to which the conference system sends"
    )
    parser.add_argument("--silent", default="", metavar="SEAT,SEAT…", help="seats where nobody speaks")
    parser.add_argument("--for", dest="seconds", type=float, default=None)
    parser.add_argument("--ready-file", type=Path, default=None)
    parser.add_argument("--describe", action="store_true", help="print who sits where, as JSON, and stop")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Start the hall by hand."""
    given = _arguments(argv)
    try:
        width, height = (int(n) for n in given.size.split("x"))
        faults = [Planned.parse(text) for text in given.fault]
        silent, striped = (
            frozenset(int(seat) for seat in seats.split(",") if seat)
            for seats in (given.silent, given.striped)
        )
    except ValueError as error:
        print(f"hall: {error}", file=sys.stderr)
        return 2
    options = Options(
        host=given.host,
        port_base=given.port_base,
        seed=given.seed,
        width=width,
        height=height,
        fps=given.fps,
        kbps=given.bitrate,
        gop=given.gop,
        marks=not given.no_marks,
        mark_public=given.mark_public,
        striped=striped,
        synthesiser=not given.no_speech,
        faults=faults,
        conference_port=given.conference_port,
        silent=silent,
    )
    if given.describe:
        print(json.dumps([asdict(person) for person in council(options.seed)], ensure_ascii=False, indent=1))
        return 0
    try:
        asyncio.run(_run(options, given.seconds, given.ready_file))
    except OSError as error:
        print(f"hall: a port is taken or forbidden: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A whole séance: the simulated hall, two RTMP servers that are not ours, and `regie serve` with its processes."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import psutil

from hardware_mocks import marks
from regie.domain.model import Role
from tests.system.peers import Nginx, free_port, wait_for
from web_ui.accounts import Accounts

ACCOUNT, PASSWORD = "technicien", "une phrase de passe"
READY_S = 40.0
WITH_SOUND = 1
DELAY_S = 2


class Session:
    """Starts everything, logs in, and plays the technician through the API."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "var"
        self.servers = [Nginx(folder / "rtmp1"), Nginx(folder / "rtmp2")]
        for server in self.servers:
            server.start()
        self._logs = (folder / "regie.log").open("wb")
        self.hall = self._start_hall()
        self.port = free_port()
        (folder / "salle.toml").write_text(self._configuration(), encoding="utf-8")
        Accounts(self.data).add(ACCOUNT, (Role.TECHNICIAN, Role.PRESIDENT), PASSWORD, must_change=False)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)
        self.switch_on()
        try:
            wait_for(self._healthy, READY_S, "the régie is well")
            self.log_in()
        except BaseException:
            self.close()
            raise

    def switch_on(self) -> None:
        """Start the régie, as the machine's boot does."""
        command = [sys.executable, "-m", "regie", "serve", "--config", str(self.folder / "salle.toml")]
        self.regie = subprocess.Popen(command, stdout=self._logs, stderr=self._logs)

    def cut_power(self) -> None:
        """kill -9 of all its processes at once: not one has the time to see another go."""
        parent = psutil.Process(self.regie.pid)
        for process in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self.regie.wait(5)

    def _start_hall(self) -> subprocess.Popen[bytes]:
        ready = self.folder / "hall.json"
        command = [
            sys.executable,
            "-m",
            "hardware_mocks.hall",
            "--no-speech",
            "--mark-public",
            "--ready-file",
            str(ready),
        ]
        process = subprocess.Popen(command, stdout=self._logs, stderr=self._logs)
        wait_for(ready.exists, READY_S, "the hall is ready")
        self.described: dict[str, Any] = json.loads(ready.read_text("utf-8"))
        return process

    def _configuration(self) -> str:
        lines = [
            '[ville]\nnom = "Valmont-sur-Loire"',
            f'[programme]\npreset = "ultrafast"\ndebit_kbps = 1500\nretard_s = {DELAY_S}',
            '[webtv]\nrejeu = "immediat"',
            f'[serveur]\nadresse = "127.0.0.1"\nport = {self.port}\ndossier = "{self.data}"',
        ]
        genre = {"rtsp": "rtsp", "srt": "srt", "udp": "mpegts", "tcp": "mpegts"}
        for camera in self.described["cameras"]:
            kind = genre[camera["url"].split(":")[0]]
            lines.append(
                f'[[source]]\nid = "{camera["id"]}"\nnom = "{camera["name"]}"\ngenre = "{kind}"\nadresse = "{camera["url"]}"'
            )
            head = camera["head"]
            lines.append(
                f'[[camera]]\nsource = "{camera["id"]}"\nprotocole = "{head["protocol"]}"\nadresse = "{head["host"]}"\n'
                f"port = {head['port']}\nchamp_deg = {head['field']}"
                + (f'\nmodele = "{head["family"]}"' if head["family"] else "")
            )
        for n, server in enumerate(self.servers, 1):
            lines.append(
                f'[[destination]]\nid = "rtmp{n}"\nnom = "Serveur {n}"\nadresse = "{server.address()}"\ncle_env = "CLE_{n}"'
            )
        return "\n\n".join(lines) + "\n"

    def _healthy(self) -> bool:
        assert self.regie.poll() is None, "the régie stopped by itself"
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def log_in(self) -> None:
        """As the console does."""
        answer = self.client.post("/api/v1/session", json={"nom": ACCOUNT, "mot_de_passe": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf"]

    def command(self, **command: Any) -> None:
        """One command to the engine."""
        answer = self.client.post("/api/v1/commandes", json=command)
        assert answer.status_code == 200, answer.text

    def seance(self, kind: str) -> None:
        """One act of the séance."""
        answer = self.client.post("/api/v1/seance", json={"type": kind})
        assert answer.status_code == 200, answer.text

    def state(self) -> dict[str, Any]:
        """Everything, as the console sees it."""
        answer = self.client.get("/api/v1/etat")
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    def cameras(self, **command: Any) -> None:
        """One command to the cameras."""
        answer = self.client.post("/api/v1/cameras/commandes", json=command)
        assert answer.status_code == 200, answer.text

    def camera(self, source: str) -> dict[str, Any]:
        """One camera, as the console sees it."""
        found = self.client.get("/api/v1/cameras").json()["cameras"]
        return next(one for one in found if one["source"] == source)

    def trouble(self, camera: str, fault: str, seconds: float) -> None:
        """A knob of the hall."""
        self.hall_does(do="fault", camera=camera, fault=fault, seconds=seconds)

    def hall_does(self, **order: Any) -> None:
        """A use case of the hall."""
        with socket.create_connection(("127.0.0.1", self.described["control"]), 5) as control:
            control.sendall(json.dumps(order).encode() + b"\n")
            assert json.loads(control.makefile().readline())["ok"]

    def engine(self) -> dict[str, Any]:
        """The engine's status; empty while it is away."""
        return self.state()["moteur"] or {}

    def process(self, module: str) -> psutil.Process:
        """One of its processes, by its module."""
        for child in psutil.Process(self.regie.pid).children(recursive=True):
            # One that has just died is a zombie until the supervisor reads its code.
            with contextlib.suppress(psutil.Error):
                if module in child.cmdline():
                    return child
        raise AssertionError(f"{module} does not run")

    def kill(self, module: str) -> float:
        """kill -9; the instant of it."""
        self.process(module).send_signal(signal.SIGKILL)
        return time.monotonic()

    @property
    def seance_folder(self) -> Path:
        """Where the séance's files are."""
        (folder,) = (self.data / "seances").iterdir()
        return folder

    def playlist(self, rendition: str = "720p") -> str:
        """A rendition's playlist as it lies on disk."""
        return (self.seance_folder / "hls" / rendition / "index.m3u8").read_text("utf-8")

    def segments(self, rendition: str = "720p") -> int:
        """How many segments the playlist lists."""
        try:
            return self.playlist(rendition).count("#EXTINF")
        except (FileNotFoundError, ValueError):
            return 0

    def snapshot(self, rendition: str = "720p") -> Path:
        """What a rendition holds now, as a playlist that ends: readers of a live one begin near its edge."""
        file = self.seance_folder / "hls" / rendition / "essai.m3u8"
        text = self.playlist(rendition)
        file.write_text(text if "ENDLIST" in text else text + "#EXT-X-ENDLIST\n", "utf-8")
        return file

    def close(self) -> int:
        """SIGTERM; the exit code of the régie. Safe to call twice."""
        self.client.close()
        code = self.regie.returncode
        if code is None:
            self.regie.terminate()
            code = self.regie.wait(20)
        self.hall.terminate()
        self.hall.wait(10)
        for server in self.servers:
            server.stop()
        self._logs.close()
        return code


class Seen:
    """What a medium really holds: each picture's time and luma, and the sound from its first sample on."""

    def __init__(self, where: str | Path, seconds: float | None = None, start: float = 0.0) -> None:
        self.pictures: list[tuple[float, Any]] = []
        blocks: list[Any] = []
        self.sound_start = 0.0
        with av.open(str(where), timeout=(20, 20)) as container:
            for frame in (f for p in container.demux() for f in p.decode()):
                if (
                    not isinstance(frame, av.VideoFrame | av.AudioFrame)
                    or frame.time is None
                    or frame.time < start
                ):
                    continue
                if seconds is not None and frame.time > start + seconds:
                    break
                if isinstance(frame, av.VideoFrame):
                    self.pictures.append((frame.time, frame.to_ndarray(format="gray")))
                else:
                    if not blocks:
                        self.sound_start = frame.time
                    blocks.append(frame.to_ndarray().mean(axis=0))
        self.sound = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def marks(self) -> list[tuple[float, marks.Mark]]:
        """The hall's time on each picture that bears one."""
        read = ((t, marks.read(luma)) for t, luma in self.pictures)
        return [(t, mark) for t, mark in read if mark is not None]

    def lip_sync(self) -> list[float]:
        """For each flash of the camera whose sound is heard, how late its beep is, in seconds."""
        flashes = [
            t
            for t, luma in self.pictures
            if marks.flashing(luma) and (mark := marks.read(luma)) is not None and mark.camera == WITH_SOUND
        ]
        flashes = [t for n, t in enumerate(flashes) if n == 0 or t - flashes[n - 1] > 1]
        tone = np.exp(-2j * np.pi * 1000 * np.arange(len(self.sound)) / 48_000)
        beep = 48 * 40
        # The hall beeps for 40 ms; somebody may be speaking meanwhile, so only a beep that stands out is counted.
        energy = np.abs(np.convolve(self.sound * tone, np.ones(beep) / beep, "same"))
        offsets = []
        for flash in flashes:
            middle = int((flash - self.sound_start) * 48_000) + beep // 2
            near, around = (
                energy[max(0, middle - 4800) : middle + 4800],
                energy[max(0, middle - 24_000) : middle + 24_000],
            )
            if len(near) == 9600 and near.max() > 4 * np.median(around):
                offsets.append((int(np.argmax(near)) - 4800) / 48_000)
        return offsets

"""A whole régie as `regie serve` runs it, driven by its public API and by signals."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx

from regie.domain.model import Role
from tests.system.peers import wait_for
from web_ui.accounts import Accounts

PASSWORD = "phrase d'essai assez longue"
SETTINGS = """
[ville]
nom = "Valmont"
[programme]
retard_s = 1
preset = "ultrafast"
debit_kbps = 600
[webtv]
segment_s = 1
[enregistrement]
espace_minimal_go = 0.0
[[source]]
id = "mire"
nom = "Mire"
genre = "mire"
[serveur]
adresse = "127.0.0.1"
port = 0
dossier = "var"
"""


class Regie:
    """`regie serve` on a folder: its processes, a logged-in technician, and what it logs."""

    def __init__(self, folder: Path, settings: str = SETTINGS) -> None:
        self.folder = folder
        file = folder / "salle.toml"
        file.write_text(settings, encoding="utf-8")
        (folder / "var").mkdir()
        Accounts(folder / "var").add("essai", (Role.TECHNICIAN,), PASSWORD, must_change=False)
        self._log: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "regie", "serve", "--config", str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_log, name="log")
        self._reader.start()
        assert self.process.stdout is not None
        found = re.search(r"http://[\d.:]+", self.process.stdout.readline())
        assert found is not None, self.process.communicate()[1]
        self.url = found.group()
        self.client = self.log_in()

    def log_in(self) -> httpx.Client:
        """One more browser of the same technician."""
        client = httpx.Client(base_url=self.url, timeout=20, headers={"Origin": self.url})
        answer = client.post("/api/v1/session", json={"nom": "essai", "mot_de_passe": PASSWORD})
        answer.raise_for_status()
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("{"):
                self._log.append(json.loads(line))

    def said(self, message: str, **facts: object) -> list[dict[str, Any]]:
        """The lines of the log with this message and these facts."""
        return [
            line for line in tuple(self._log) if line["message"] == message and facts.items() <= line.items()
        ]

    def pid(self, program: str) -> int:
        """The newest instance of a program."""
        return int(self.said("started", program=program)[-1]["pid"])

    def kill(self, program: str) -> None:
        """kill -9, and wait until the supervisor has noticed."""
        before = len(self.said("started", program=program))
        os.kill(self.pid(program), signal.SIGKILL)
        wait_for(
            lambda: len(self.said("started", program=program)) > before, 10, f"{program} is started again"
        )

    def state(self) -> dict[str, Any]:
        """What a console shows."""
        value: dict[str, Any] = self.client.get("/api/v1/etat").raise_for_status().json()
        return value

    def engine(self) -> dict[str, Any]:
        """The engine's part of it; empty while it is away."""
        return self.state()["moteur"] or {}

    def command(self, **command: object) -> None:
        """An operator's command, that must be accepted."""
        answer = self.client.post("/api/v1/commandes", json=command)
        assert answer.status_code == 200, answer.text

    def seance(self, kind: str) -> None:
        """A command on the séance, that must be accepted."""
        answer = self.client.post("/api/v1/seance", json={"type": kind})
        assert answer.status_code == 200, answer.text

    def seance_folder(self) -> Path:
        """The files of the only séance of this folder, found without asking control."""
        (folder,) = (self.folder / "var" / "seances").iterdir()
        return folder

    def playlist(self, rendition: str = "son") -> str:
        """A media playlist as it is on disk; empty when there is none yet."""
        file = self.seance_folder() / "hls" / rendition / "index.m3u8"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def stop(self) -> int:
        """A clean stop; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        self.client.close()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

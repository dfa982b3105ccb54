"""The control process by itself: without engine, killed, back in the state it had; a clean end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from regie.heartbeat import VARIABLE
from regie.supervise import listen
from web_ui.accounts import add_demo_accounts

pytestmark = pytest.mark.system


class Control:
    """The process, on a socket that outlives it, like under the supervisor."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "salle.toml"
        self.file.write_text(
            '[ville]\nnom = "Valmont"\n[[source]]\nid = "mire"\nnom = "Mire"\ngenre = "mire"\n'
            '[serveur]\ndossier = "var"\n[seance]\ntitre = "Conseil de novembre"\n',
            encoding="utf-8",
        )
        self.run = folder / "var" / "run"
        (_, self.password), *_ = add_demo_accounts(folder / "var")
        self.pages = listen("127.0.0.1", 0)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.pages.getsockname()[1]}", timeout=20)
        self.start()

    def start(self) -> None:
        """Start an instance and wait for its first heartbeat."""
        fd = self.pages.fileno()
        pulse, writing = os.pipe()
        command = [
            sys.executable,
            "-m",
            "regie.app",
            "--config",
            self.file,
            "--run",
            self.run,
            "--fd",
            str(fd),
        ]
        self.process = subprocess.Popen(
            [*map(str, command), "--demo"],
            pass_fds=(fd, writing),
            env={**os.environ, VARIABLE: str(writing)},
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(writing)
        try:
            assert os.read(pulse, 1) == b".", "it died before it served"
        finally:
            os.close(pulse)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code, and what it logged."""
        self.process.send_signal(number)
        _, logged = self.process.communicate(timeout=20)
        return self.process.returncode, logged

    def log_in(self) -> None:
        answer = self.client.post(
            "/api/v1/session", json={"nom": "technicien", "mot_de_passe": self.password}
        )
        assert answer.status_code == 200
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        self.client.headers["Origin"] = str(self.client.base_url)

    def seance(self) -> dict[str, object]:
        value: dict[str, object] = self.client.get("/api/v1/public").json()["seance"]
        return value


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    made = Control(tmp_path)
    with contextlib.closing(made.pages), made.client:
        yield made
        if made.process.poll() is None:
            made.process.kill()
            made.process.communicate()


def test_the_register_works_without_engine(control: Control) -> None:
    assert control.seance()["etat"] == "a_venir"
    control.log_in()
    assert control.client.post("/api/v1/seance", json={"type": "start"}).status_code == 200
    assert control.seance()["etat"] == "en_direct"
    refused = control.client.post("/api/v1/seance", json={"type": "start"})
    assert (refused.status_code, refused.json()["code"]) == (409, "seance_deja_ouverte")
    away = control.client.post("/api/v1/commandes", json={"type": "logo", "visible": True})
    assert (away.status_code, away.json()["code"]) == (503, "moteur_absent")
    assert control.client.get("/healthz").status_code == 503


def test_killed_it_comes_back_as_it_was_and_refuses_nobody(control: Control) -> None:
    control.log_in()
    control.client.post("/api/v1/seance", json={"type": "start"})
    before = control.seance()
    control.end(signal.SIGKILL)
    with socket.create_connection(("127.0.0.1", control.pages.getsockname()[1]), timeout=20) as early:
        early.sendall(b"GET /api/v1/public HTTP/1.1\r\nHost: regie\r\nConnection: close\r\n\r\n")
        control.start()
        assert early.recv(100).startswith(b"HTTP/1.1 200"), "whoever came in the meantime is served"
    assert control.seance() == before
    assert control.client.post("/api/v1/seance", json={"type": "pause"}).status_code == 200, "still logged in"


def test_it_ends_well_and_logs_nothing_secret(control: Control) -> None:
    control.log_in()
    code, logged = control.end(signal.SIGTERM)
    assert code == 0
    assert control.password not in logged
    assert all(line.startswith("{") for line in logged.splitlines())
    assert '"error"' not in logged


def test_a_configuration_that_went_bad_is_said_in_the_log(tmp_path: Path) -> None:
    file = tmp_path / "salle.toml"
    file.write_text("[ville]\n", encoding="utf-8")
    command = [sys.executable, "-m", "regie.app", "--config", str(file), "--run", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "the configuration is not valid" in done.stderr

"""`regie serve` with remote rooms, its technician, and Chromium as a room: for the tests and for `benchmarks/rooms.py`."""

import contextlib
import signal
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from playwright.sync_api import Browser, BrowserContext, Page

from regie.domain.model import Role
from tests.system.peers import free_port, wait_for
from web_ui.accounts import Accounts

ACCOUNT, PASSWORD = "technicien", "une phrase de passe"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
]
CONFIGURATION = """
[ville]
nom = "Valmont"
[programme]
preset = "ultrafast"
debit_kbps = 800
retard_s = 2
[serveur]
adresse = "127.0.0.1"
port = {port}
dossier = "{data}"
[[source]]
id = "mire"
nom = "Mire"
genre = "mire"
[[source]]
id = "b"
nom = "Salle B"
genre = "salle"
[[source]]
id = "c"
nom = "Salle C"
genre = "salle"
[[source]]
id = "b-doc"
nom = "Document de la salle B"
genre = "document"
adresse = "b"
"""


TONE = """
[[source]]
id = "film"
nom = "Film"
genre = "fichier"
adresse = "{file}"
"""
TURN = """
[salles]
turn_adresses = ["turn:127.0.0.1:{port}?transport=udp"]
turn_secret_fichier = "turn.secret"
"""
TURN_SECRET = "un secret de coturn, pour les essais"


@contextlib.contextmanager
def coturn(folder: Path) -> Iterator[int]:
    """Debian's TURN server on loopback; gives its port."""
    port = free_port()
    options = {
        "listening-ip": "127.0.0.1",
        "listening-port": str(port),
        "relay-ip": "127.0.0.1",
        "realm": "essais",
        "static-auth-secret": TURN_SECRET,
        "pidfile": str(folder / "turn.pid"),
        "log-file": str(folder / "turn.log"),
        "userdb": str(folder / "turn.db"),
    }
    flags = (
        "-n",
        "--use-auth-secret",
        "--allow-loopback-peers",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--simple-log",
    )
    command = ["turnserver", *flags, *(f"--{name}={value}" for name, value in options.items())]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


class Regie:
    """`regie serve` with rooms, and the technician through the API. ``turn``: port of the TURN server that rooms are told."""

    def __init__(
        self, folder: Path, turn: int | None = None, more: Sequence[str] = (), *, tone: bool = False
    ) -> None:
        """``more``: further rooms. ``tone``: a film that is a tone, which everybody hears."""
        self.port, data = free_port(), folder / "var"
        self.run = data / "run"
        file = folder / "salle.toml"
        text = CONFIGURATION.format(port=self.port, data=data)
        text += "".join(f'[[source]]\nid = "{one}"\nnom = "Salle {one}"\ngenre = "salle"\n' for one in more)
        if tone:
            film = folder / "film.wav"
            at = np.arange(5 * 48_000)
            with wave.open(str(film), "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(48_000)
                out.writeframes((6000 * np.sin(2 * np.pi * 400 * at / 48_000)).astype("<i2").tobytes())
            text += TONE.format(file=film)
        if turn is not None:
            text += TURN.format(port=turn)
            secret = folder / "turn.secret"
            secret.touch(mode=0o600)
            secret.write_text(TURN_SECRET, encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        Accounts(data).add(ACCOUNT, (Role.TECHNICIAN, Role.PRESIDENT), PASSWORD, must_change=False)
        self.log = (folder / "log").open("wb")
        command = [sys.executable, "-m", "regie", "serve", "--config", str(file)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)
        wait_for(self.well, 40, "the régie is well")
        answer = self.client.post("/api/v1/session", json={"nom": ACCOUNT, "mot_de_passe": PASSWORD})
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf"]

    def well(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def room(self, name: str = "b") -> dict[str, Any]:
        rooms: list[dict[str, Any]] = self.client.get("/api/v1/salles").json()["salles"]
        return next(room for room in rooms if room["id"] == name)

    def act(self, act: str, text: str = "", room: str = "b") -> None:
        answer = self.client.post(f"/api/v1/salles/{room}/acte", json={"acte": act, "texte": text})
        assert answer.status_code == 200, answer.text

    def engine(self) -> dict[str, Any]:
        return self.client.get("/api/v1/etat").json()["moteur"] or {}

    def source(self, name: str) -> dict[str, Any]:
        return next((s for s in self.engine().get("sources", []) if s["id"] == name), {"state": ""})

    def child(self, module: str) -> psutil.Process:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return next(child for child in children if module in child.cmdline())

    def kill(self, module: str) -> None:
        self.child(module).kill()

    def take(self, *sources: str) -> None:
        """Put a source on air, full screen; or four in a grid."""
        shot = {"sources": sources, "layout": "quatre" if len(sources) > 1 else "plein"}
        answer = self.client.post("/api/v1/commandes", json={"type": "take", "shot": shot})
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(15) == 0
        self.log.close()


def pictures(page: Page) -> int:
    """How many pictures of the programme the room has seen."""
    shown: int = page.evaluate(
        "document.getElementById('programme').getVideoPlaybackQuality().totalVideoFrames"
    )
    return shown


def moved(page: Page, before: int) -> bool:
    """Did pictures come since? A new connection counts from zero."""
    return not before - 1 <= pictures(page) <= before + 25


def joined(
    regie: Regie,
    browser: Browser,
    *,
    room: str = "b",
    by_code: bool = False,
    prepare: Callable[[BrowserContext], None] = lambda context: None,
    admit: Callable[[], None] | None = None,
) -> Page:
    """A room that passed its tests and was let in. ``prepare``: done to the context before its page is opened; ``admit``: lets
    it in, instead of the technician."""
    invitation = regie.client.post(f"/api/v1/salles/{room}/invitation").json()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    prepare(context)
    page = context.new_page()
    if by_code:
        page.goto(f"http://127.0.0.1:{regie.port}/salle/{room}")
        page.fill("#code", invitation["code"])
        page.press("#code", "Enter")
    else:
        page.goto(f"http://127.0.0.1:{regie.port}{invitation['lien']}")
    page.click("#entendu")
    page.wait_for_selector("#pret:not([disabled])", timeout=30_000)
    page.click("#pret")
    page.wait_for_selector("#attente:not([hidden])", timeout=20_000)
    if admit is None:
        regie.act("admettre", room=room)
    else:
        admit()
    page.wait_for_selector("#seance:not([hidden])", timeout=20_000)
    wait_for(lambda: pictures(page) > 25, 40, "the room sees the programme")
    return page

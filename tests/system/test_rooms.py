"""A remote room: a real Chromium with a camera and a microphone that beeps, the whole régie, both ways."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from regie.domain.model import Role
from tests.system.peers import free_port, wait_for
from web_ui.accounts import Accounts

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
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
id = "b-doc"
nom = "Document de la salle B"
genre = "document"
adresse = "b"
"""


class Regie:
    """`regie serve` with a room, and the technician through the API."""

    def __init__(self, folder: Path) -> None:
        self.port, data = free_port(), folder / "var"
        file = folder / "salle.toml"
        file.write_text(CONFIGURATION.format(port=self.port, data=data), encoding="utf-8")
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

    def room(self) -> dict[str, Any]:
        room: dict[str, Any] = self.client.get("/api/v1/salles").json()["salles"][0]
        return room

    def act(self, act: str, text: str = "") -> None:
        answer = self.client.post("/api/v1/salles/b/acte", json={"acte": act, "texte": text})
        assert answer.status_code == 200, answer.text

    def engine(self) -> dict[str, Any]:
        return self.client.get("/api/v1/etat").json()["moteur"] or {}

    def source(self, name: str) -> dict[str, Any]:
        return next((s for s in self.engine().get("sources", []) if s["id"] == name), {"state": ""})

    def kill(self, module: str) -> None:
        children = psutil.Process(self.process.pid).children(recursive=True)
        next(child for child in children if module in child.cmdline()).kill()

    def close(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(15) == 0
        self.log.close()


@pytest.fixture(scope="module")
def regie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regie]:
    regie = Regie(tmp_path_factory.mktemp("salles"))
    try:
        yield regie
    finally:
        regie.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


def pictures(page: Page) -> int:
    """How many pictures of the programme the room has seen."""
    shown: int = page.evaluate(
        "document.getElementById('programme').getVideoPlaybackQuality().totalVideoFrames"
    )
    return shown


def moved(page: Page, before: int) -> bool:
    """Did pictures come since? A new connection counts from zero."""
    return not before - 1 <= pictures(page) <= before + 25


def joined(regie: Regie, browser: Browser, *, by_code: bool = False) -> Page:
    """A room that passed its tests and was let in."""
    invitation = regie.client.post("/api/v1/salles/b/invitation").json()
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    if by_code:
        page.goto(f"http://127.0.0.1:{regie.port}/salle/b")
        page.fill("#code", invitation["code"])
        page.press("#code", "Enter")
    else:
        page.goto(f"http://127.0.0.1:{regie.port}{invitation['lien']}")
    page.click("#entendu")
    page.wait_for_selector("#pret:not([disabled])", timeout=30_000)
    page.click("#pret")
    page.wait_for_selector("#attente:not([hidden])", timeout=20_000)
    regie.act("admettre")
    page.wait_for_selector("#seance:not([hidden])", timeout=20_000)
    wait_for(lambda: pictures(page) > 25, 40, "the room sees the programme")
    return page


def test_a_room_joins_sees_is_seen_and_comes_back(regie: Regie, browser: Browser) -> None:
    page = joined(regie, browser)
    wait_for(lambda: regie.source("b")["state"] == "live", 30, "the régie sees the room")
    assert "#" not in page.url, "the token stays in no address"

    # Heard once the floor is given, and only then; the room is told.
    level = -200.0
    muted = next(i for i in regie.engine()["inputs"] if i["source"] == "b")
    assert muted["muted"], level
    page.click("#main")
    wait_for(lambda: regie.room()["rang"] == 1, 10, "the hand is up")
    page.locator("#rang", has_text="suivant").wait_for(timeout=10_000)
    regie.act("donner_parole")
    page.wait_for_selector("#mon-micro[data-open]", timeout=10_000)
    wait_for(
        lambda: not next(i for i in regie.engine()["inputs"] if i["source"] == "b").get("muted"), 10, "open"
    )
    page.click("#micro")
    wait_for(lambda: regie.room()["muette"], 10, "its own mute is known")
    page.click("#micro")

    # On air: red frame.
    answer = regie.client.post(
        "/api/v1/commandes", json={"type": "take", "shot": {"sources": ["b"], "layout": "plein"}}
    )
    assert answer.status_code == 200
    page.wait_for_selector("#cadre[data-air]", timeout=20_000)
    wait_for(lambda: regie.source("b")["decoding"] == "full", 20, "decoded in full once on air")

    # A screen on another machine, by a link that can only watch.
    page.click("#ecran-lien")
    page.wait_for_selector("#ecran-champ:not([hidden])", timeout=10_000)
    link = page.input_value("#ecran-adresse")
    screen = browser.new_context(viewport={"width": 640, "height": 360}).new_page()
    screen.goto(link)
    wait_for(lambda: pictures(screen) > 10, 30, "the screen shows the programme")
    assert "#" not in screen.url and screen.is_visible("#son")
    screen.context.close()

    # Ten seconds both ways, then the agent's word.
    page.wait_for_selector("#confirmer:not([disabled])", timeout=60_000)
    page.click("#confirmer")
    page.wait_for_selector("#refus:not([hidden])", timeout=10_000)
    page.check("#public")
    page.check("#affiche")
    page.click("#confirmer")
    wait_for(lambda: regie.room()["confirmee"], 10, "the agent confirmed")

    # The moderator's channel, both ways.
    page.fill("#message", "On vous entend mal.")
    page.press("#message", "Enter")
    regie.act("message", "Rapprochez le micro.")
    page.locator("#messages li >> nth=1").wait_for(timeout=10_000)

    # A reload, and each process that carries it killed: it comes back by itself, under the same identity.
    for victim in ("", "regie.rooms.rtc", "regie.app"):
        if victim:
            regie.kill(victim)
        else:
            page.reload()
            page.click("#passer", timeout=20_000)  # tests that passed may be skipped
        wait_for(regie.well, 20, "the régie is well")
        before = pictures(page)
        wait_for(partial(moved, page, before), 30, f"pictures again after {victim or chr(114)}")
        wait_for(lambda: regie.source("b")["state"] == "live", 30, "seen again")
    page.context.close()


@contextlib.contextmanager
def gstreamer(kind: str, regie: Regie, key: str) -> Iterator[Callable[[str], float]]:
    """GStreamer as an encoder (``whip``) or a receiver (``whep``); gives what waits for a line that it says."""
    command = ["/usr/bin/python3", str(Path(__file__).with_name("gst_whip.py")), kind]
    url = f"http://127.0.0.1:{regie.port}/api/v1/salles/b/{kind}"
    process = subprocess.Popen([*command, url, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(line.strip() for line in process.stdout or ()))
    reader.start()
    try:
        yield lambda line: wait_for(lambda: line in said, 30, line)
        process.stdin.close()
        wait_for(lambda: "ended 200" in said, 15, "hung up")
    finally:
        process.kill()
        process.wait()
        reader.join()


def test_an_encoder_is_a_room_by_whip_and_gets_its_return_by_whep(regie: Regie) -> None:
    given = regie.client.post("/api/v1/salles/b/encodeur").json()
    with gstreamer("whip", regie, given["cle"]) as sent:
        sent("connected")
        wait_for(lambda: regie.source("b")["state"] == "live", 30, "the encoder is seen")
        assert regie.room()["phase"] == "admise", "its key lets it in"
        with gstreamer("whep", regie, given["cle"]) as returned:
            returned("received video")
            returned("received audio")
        with httpx.Client(base_url=f"http://127.0.0.1:{regie.port}", timeout=10) as stranger:
            for kind in ("whip", "whep"):
                refused = stranger.post(
                    f"/api/v1/salles/b/{kind}",
                    content="v=0",
                    headers={"Content-Type": "application/sdp", "Authorization": "Bearer x"},
                )
                assert refused.status_code == 401
                assert stranger.patch(f"/api/v1/salles/b/{kind}/session").status_code == 405
        assert regie.room()["liaison"]["image_ms"] < 1500, "the receiver took nobody's place"
    wait_for(lambda: regie.source("b")["state"] != "live", 15, "gone")
    regie.act("renvoyer")


def test_a_room_that_vanishes_is_held_then_told_and_a_code_serves_once(
    regie: Regie, browser: Browser
) -> None:
    page = joined(regie, browser, by_code=True)
    wait_for(lambda: regie.source("b")["state"] == "live", 30, "seen")
    page.context.set_offline(True)
    page.goto("about:blank")
    wait_for(lambda: regie.room()["coupee_ms"] is not None, 10, "the loss is noticed")
    wait_for(lambda: regie.source("b")["state"] != "live", 10, "and seen by the mixer")
    page.context.close()
    regie.act("renvoyer")
    assert regie.room()["phase"] == "absente"
    with httpx.Client(base_url=f"http://127.0.0.1:{regie.port}", timeout=10) as stranger:
        answer = stranger.post("/api/v1/salles/entree", json={"secret": "000000"})
        assert (answer.status_code, answer.json()["code"]) == (409, "invitation_inconnue")
        assert stranger.get("/api/v1/salles").status_code == 401
        foreign = stranger.post(
            "/api/v1/salles/entree", json={"secret": "1"}, headers={"Origin": "https://ailleurs.example"}
        )
        assert foreign.status_code == 403

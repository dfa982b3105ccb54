"""Firefox, with H.264 in calls and without: as two rooms that see and hear each other, as a citizen, as the régie's people."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.firefox_tabs import SYSTEM_H264, Firefox, Tab, firefox
from tests.system.peers import wait_for
from tests.system.rooms_rig import ACCOUNT, PASSWORD, Regie

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def regie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regie]:
    regie = Regie(tmp_path_factory.mktemp("firefox"), tone=True)
    try:
        yield regie
    finally:
        regie.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """As it is just after it was installed: no H.264 in calls."""
    with firefox(tmp_path_factory.mktemp("profil")) as browser:
        yield browser


CONTRAST = """(() => {
  const video = document.getElementById("programme") ?? document.getElementById("video");
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 64, 36);
  const greens = pen.getImageData(0, 0, 64, 36).data.filter((_, n) => n % 4 === 1);
  return video.currentTime > 0.5 ? Math.max(...greens) - Math.min(...greens) : 0;
})()"""
"""Of the picture that is shown: between its lightest green and its darkest; 0 until it plays."""
LEVELS = """(async () => {
  const context = window.ear ??= new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  analyser.fftSize = 16384;
  const source = context.createMediaStreamSource(document.getElementById("programme").srcObject);
  source.connect(analyser);
  await new Promise((done) => setTimeout(done, 700));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  source.disconnect();
  const at = (hz) => Math.max(-200, ...bins.slice(Math.round((hz * 16384) / context.sampleRate) - 3).slice(0, 7));
  return JSON.stringify([at(400), at(1000)]);
})()"""
"""dB, in what it hears, of the film and of what a Firefox's microphone gives."""
REMEMBER = """() => {
  const Native = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(given) { super(given); window.peers.push(this); }
  };
  if (navigator.mediaDevices) navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d");
    setInterval(() => { pen.fillStyle = `hsl(${performance.now() / 10} 80% 50%)`; pen.fillRect(0, 0, 640, 360); }, 50);
    return canvas.captureStream(15);
  };
}"""
"""Keeps connections for :data:`CODECS`; no screen to share on a machine that has none."""
CODECS = """(async () => {
  const stats = [...(await window.peers.at(-1).getStats()).values()];
  const media = stats.filter((one) => one.kind === "video" && ["inbound-rtp", "outbound-rtp"].includes(one.type));
  return JSON.stringify(media.map((one) => stats.find((codec) => codec.id === one.codecId)?.mimeType ?? ""));
})()"""


def joined(regie: Regie, browser: Firefox, room: str) -> Tab:
    """A room that passed its tests and was let in, and sees the programme: at once in H.264 where it decodes it, even if it turns
    out that it encodes none."""
    link = regie.client.post(f"/api/v1/salles/{room}/invitation").json()["lien"]
    page = browser.tab(REMEMBER)
    page.goto(f"http://127.0.0.1:{regie.port}{link}")
    page.click("#entendu")
    page.click("#pret")
    page.shows("#attente")
    regie.act("admettre", room=room)
    page.until(f"{CONTRAST} > 100", 40)
    page.run(f"{CODECS}.then(codecs => window.first = codecs)")
    wait_for(lambda: regie.source(room)["state"] == "live", 30, f"the régie sees {room}")
    return page


def value(page: Tab, script: str) -> list[Any]:
    told: list[Any] = json.loads(page.run(script))
    return told


def test_two_rooms_with_h264_and_without(regie: Regie, plain: Firefox, tmp_path: Path) -> None:
    regie.take("mire")
    with firefox(tmp_path / "profil", SYSTEM_H264) as browser:
        b, c = joined(regie, plain, "b"), joined(regie, browser, "c")
        assert "video/H264" in c.run("window.first")
        assert set(value(b, CODECS)) == {"video/VP8"}

        # b has the floor: c hears it with the film, b the film alone.
        regie.act("donner_parole")
        b.until("document.querySelector('#mon-micro[data-open]') !== null")
        wait_for(lambda: value(c, LEVELS)[1] > -60, 20, "c hears b")
        film, own = value(b, LEVELS)
        assert film > -60 and own < film - 60, "all but itself"

        # On air, its picture is decoded in full and c sees it; a document beside it.
        regie.take("b")
        b.until("document.querySelector('#cadre[data-air]') !== null")
        wait_for(lambda: regie.source("b")["decoding"] == "full", 20, "decoded in full once on air")
        b.click("#document")
        wait_for(lambda: regie.source("b-doc")["state"] == "live", 30, "its document")
        assert regie.source("b")["state"] == "live"

        # Its public's screen, which asks for no device: its addresses are hidden behind names (mDNS).
        b.click("#ecran-lien")
        link = b.until("document.getElementById('ecran-adresse').value")
        screen = plain.tab(REMEMBER)
        screen.goto(link)
        screen.until(f"{CONTRAST} > 30", 40)
        assert ".local" in screen.run("window.peers.at(-1).localDescription.sdp")
        screen.close()

        # Another connection: a reload, then the process that carries it.
        b.goto(f"http://127.0.0.1:{regie.port}/salle/b")
        b.click("#passer")
        b.until(f"{CONTRAST} > 30", 40)
        regie.kill("regie.rooms.rtc")
        for room, page in (("b", b), ("c", c)):
            wait_for(lambda room=room: regie.source(room)["state"] == "live", 30, f"{room} is back")  # type: ignore[misc]
            page.until(f"{CONTRAST} > 30", 40)
        assert browser.troubles == plain.troubles == []
        b.close()
    for room in ("b", "c"):
        regie.act("renvoyer", room=room)


def test_a_citizen_watches(regie: Regie, plain: Firefox) -> None:
    regie.take("mire")
    assert regie.client.post("/api/v1/seance", json={"type": "start"}).status_code == 200
    assert regie.client.post("/api/v1/commandes", json={"type": "antenna", "on": True}).status_code == 200
    page = plain.tab()
    page.goto(f"http://127.0.0.1:{regie.port}/")
    page.click("#regarder")
    page.until(f"{CONTRAST} > 100", 40)
    page.close()
    assert plain.troubles == []


def test_pages_of_the_regie_say_nothing_wrong(regie: Regie, plain: Firefox) -> None:
    page = plain.tab()
    page.log_in(f"http://127.0.0.1:{regie.port}", ACCOUNT, PASSWORD)
    for path in ("/regie", "/auxiliaire", "/presidence", "/secretariat"):
        page.goto(f"http://127.0.0.1:{regie.port}{path}")
        page.until("document.body.innerText.trim().length > 40")
        page.run("new Promise((done) => setTimeout(done, 300))")
        assert plain.troubles == [], path
    page.close()

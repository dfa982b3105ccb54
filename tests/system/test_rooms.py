"""A remote room: a real Chromium with a camera and a microphone that beeps, the whole régie, both ways."""

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import pytest
from aiortc import RTCCertificate
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.system.engine_rig import Eyes, Follower
from tests.system.narrow import Link, Relay, through
from tests.system.peers import wait_for
from tests.system.rooms_rig import FLAGS, Regie, coturn, joined, moved, pictures

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def regie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regie]:
    folder = tmp_path_factory.mktemp("salles")
    with coturn(folder) as turn:
        regie = Regie(folder, turn, tone=True)
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


def test_a_room_joins_sees_is_seen_and_comes_back(regie: Regie, browser: Browser) -> None:
    page = joined(regie, browser)
    wait_for(lambda: regie.source("b")["state"] == "live", 30, "the régie sees the room")
    assert "#" not in page.url, "the token stays in no address"

    # Heard once the floor is given, and only then; the room is told.
    muted = next(i for i in regie.engine()["inputs"] if i["source"] == "b")
    assert muted["muted"]
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
    regie.take("b")
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
    # At closed doors the public's screen is cut, the councillors' page goes on.
    shut = {"type": "antenna", "on": False, "slate": "huis_clos"}
    assert regie.client.post("/api/v1/commandes", json=shut).status_code == 200
    screen.locator("#mot", has_text="huis clos").wait_for(timeout=20_000)
    before, last = pictures(page), pictures(screen)
    wait_for(lambda: pictures(page) > before + 10, 10, "the councillors see on")
    assert pictures(screen) == last
    assert regie.client.post("/api/v1/confidentialite/public", json={"publique": True}).status_code == 200
    wait_for(lambda: moved(screen, last), 30, "the public is back, its screen too")
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

    # A reload, and both processes that carry it killed: it comes back by itself, under the same identity.
    page.click("#micro")
    wait_for(lambda: regie.room()["muette"], 10, "muted")
    for victims in ((), ("regie.rooms.rtc", "regie.app")):
        for victim in victims:
            regie.kill(victim)
        if not victims:
            page.reload()
            page.click("#passer", timeout=20_000)  # tests that passed may be skipped
        wait_for(regie.well, 20, "the régie is well")
        before = pictures(page)
        wait_for(partial(moved, page, before), 30, f"pictures again after {victims or 'a reload'}")
        wait_for(lambda: regie.source("b")["state"] == "live", 30, "seen again")
        wait_for(lambda: regie.room()["muette"], 10, "what the room closed stays closed")
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
        process.stdin.close()
        process.stdout.close()


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


def test_ffmpeg_is_a_room_by_whip_with_a_certificate_of_its_own(regie: Regie, tmp_path: Path) -> None:
    given = regie.client.post("/api/v1/salles/c/encodeur").json()
    made = RTCCertificate.generateCertificate()  # on the curve that WebRTC asks for
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(made._cert.public_bytes(Encoding.PEM))
    key.write_bytes(made._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    url = f"http://127.0.0.1:{regie.port}/api/v1/salles/c/whip"
    command = [
        sys.executable,
        str(Path(__file__).with_name("ffmpeg_whip.py")),
        url,
        given["cle"],
        str(cert),
        str(key),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        wait_for(lambda: regie.source("c")["state"] == "live", 30, "FFmpeg is seen")
        process.stdin.close()
        assert process.wait(15) == 0, "it hung up"
    regie.act("renvoyer", room="c")


RELAY_ONLY = """
const Native = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
  constructor(given) { super({ ...given, iceTransportPolicy: "relay" }); }
};
"""


def relayed(context: BrowserContext) -> None:
    context.add_init_script(RELAY_ONLY)


def test_coturn_is_path_enough(regie: Regie, browser: Browser) -> None:
    page = joined(regie, browser, room="c", prepare=relayed)
    wait_for(lambda: regie.source("c")["state"] == "live", 30, "seen by the relay")
    # A person who follows it, by a link in his own name that serves on one screen at a time.
    link = regie.client.post("/api/v1/salles/c/participants", json={"nom": "M. Juriste"}).json()["lien"]
    first, second = (browser.new_context().new_page() for _ in range(2))
    first.goto(f"http://127.0.0.1:{regie.port}{link}")
    wait_for(lambda: pictures(first) > 10, 30, "he sees the programme")
    second.goto(f"http://127.0.0.1:{regie.port}{link}")
    second.locator("#mot", has_text="déjà sur un autre écran").wait_for(timeout=10_000)
    second.context.close()
    assert regie.room("c")["passifs"] == ["M. Juriste"]
    removal = regie.client.post("/api/v1/salles/c/participants/retrait", json={"nom": "M. Juriste"})
    assert removal.status_code == 200 and regie.room("c")["passifs"] == []
    first.locator("#mot:not([hidden])").wait_for(timeout=15_000)
    first.context.close()
    page.context.close()
    regie.act("renvoyer", room="c")


def president_lets_in(regie: Regie, browser: Browser) -> None:
    """From `/presidence`, as the president does."""
    context = browser.new_context()
    url = f"http://127.0.0.1:{regie.port}"
    context.add_cookies(
        [{"name": one.name, "value": one.value or "", "url": url} for one in regie.client.cookies.jar]
    )
    page = context.new_page()
    page.goto(f"{url}/presidence")
    page.click("#porte button", timeout=15_000)
    page.wait_for_selector("#porte", state="hidden", timeout=15_000)
    context.close()


def test_a_bad_network_another_address_and_a_code_that_serves_once(regie: Regie, browser: Browser) -> None:
    # One packet in twenty lost each way, 200 ms there and back; narrow links are in tests/soak.
    up, down = Link(loss=0.05, delay_s=0.1), Link(loss=0.05, delay_s=0.1)
    relays: list[Relay] = []
    page = joined(
        regie,
        browser,
        by_code=True,
        admit=partial(president_lets_in, regie, browser),
        prepare=lambda context: through(context, up, down, relays),
    )
    wait_for(lambda: regie.source("b")["state"] == "live", 30, "seen")
    assert regie.room()["coupee_ms"] is None and len(relays) == 1, "never taken for lost"

    # Behind another address: the same room, with its floor.
    regie.act("donner_parole")
    up.loss = down.loss = 0.0
    relays[0].move()
    page.wait_for_timeout(500)  # what was on its way
    before = pictures(page)
    wait_for(partial(moved, page, before), 40, "pictures again")
    # The page's messages pass the relays only while it is asked something.
    wait_for(lambda: page.evaluate("1") and regie.source("b")["state"] == "live", 30, "seen again")
    assert regie.room()["parole"] and regie.room()["phase"] == "admise"

    # It vanishes.
    page.context.set_offline(True)
    page.goto("about:blank")
    wait_for(lambda: regie.room()["coupee_ms"] is not None, 10, "the loss is noticed")
    wait_for(lambda: regie.source("b")["state"] != "live", 10, "and seen by the mixer")
    page.context.close()
    for relay in relays:
        relay.close()
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


HEARD = ("programme", "salle", "n-1.b", "antenne")


def loudest(follower: Follower, stream: str) -> int:
    """Of the last half second that came of a mix."""
    blocks = [np.frombuffer(news.data, np.int16) for news in follower.sounds if news.stream == stream][-12:]
    return max((int(np.abs(block.astype(np.int32)).max()) for block in blocks), default=-1)


async def suspended_and_resumed(regie: Regie) -> None:
    follower = await Follower.at(regie.run, "status", *HEARD)
    eyes = Eyes()

    async def says(seance: str) -> None:
        answer = await asyncio.to_thread(regie.client.post, "/api/v1/seance", json={"type": seance})
        assert answer.status_code == 200, answer.text

    async def gives() -> int:
        given = {"type": "antenna", "on": True}
        answer = await asyncio.to_thread(regie.client.post, "/api/v1/commandes", json=given)
        return answer.status_code

    def shown() -> float:
        seen = eyes.look(follower.of_stream("programme"))
        return seen[-1][2] if seen else -1.0

    async def opens(on: bool) -> None:
        command = {"type": "input", "source": "b", "muted": not on}
        assert (
            await asyncio.to_thread(regie.client.post, "/api/v1/commandes", json=command)
        ).status_code == 200

    await says("start")
    await opens(True)  # a room that is not heard is given the programme itself
    await asyncio.to_thread(regie.take, "mire")
    assert await gives() == 200
    await follower.until(lambda: all(loudest(follower, one) > 100 for one in HEARD), 20)
    bars = shown()

    await says("pause")
    await follower.until(lambda: follower.status.recess and not follower.status.antenna.on, 5)
    # A second for what was on its way; the public hears out what was said before, a delay later.
    await follower.until(lambda: all(loudest(follower, one) == 0 for one in HEARD[:-1]), 3)
    await follower.until(lambda: loudest(follower, "antenne") == 0, 6)
    assert abs(shown() - bars) > 8, "the rooms have the slate, not the hall"
    assert await gives() == 409, "a person is not enough"
    assert all(loudest(follower, one) == 0 for one in HEARD)

    await says("resume")
    await follower.until(lambda: not follower.status.recess, 5)
    await follower.until(lambda: all(loudest(follower, one) > 100 for one in HEARD[:-1]), 5)
    assert abs(shown() - bars) < 3, "the rooms are back where they were"
    assert not follower.status.antenna.on and loudest(follower, "antenne") == 0, "the president is not enough"
    assert await gives() == 200
    await follower.until(lambda: loudest(follower, "antenne") > 100, 10)
    await opens(False)
    await follower.close()


def test_during_a_suspension_no_microphone_reaches_anybody_and_the_public_waits_for_two_persons(
    regie: Regie,
) -> None:
    # Playwright's own loop runs in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(suspended_and_resumed(regie))).result(90)

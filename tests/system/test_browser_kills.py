"""A technician's console and a citizen's page in a real Chromium, on the real processes, while each process is killed in turn: the
pages repair themselves, without a reload and without an error."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.system.pages.operator import eventually
from tests.system.pages.tools import CHROMIUM, FLAGS, Visitors, number, until
from tests.system.peers import wait_for
from tests.system.screens import POSITION, RTC_SHOWN, hall_ms, shown, shows_camera
from tests.system.session_rig import ACCOUNT, PASSWORD, Session

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

JPEG_SHOWN = """!document.querySelector('#moniteur-programme').hasAttribute('data-rtc')
  && getComputedStyle(document.querySelector('#video-programme')).visibility === 'hidden'"""
DRAWN = "Number(document.querySelector('#image-programme').dataset.drawn ?? 0)"
BUFFERED = "(buffered => buffered.end(buffered.length - 1))(document.querySelector('#video').buffered)"


def slate_lasts(page: Page, seconds: float) -> Callable[[], bool]:
    """A condition: pictures without a mark for so long of play. One unreadable picture is not a slate."""
    since: list[float] = []

    def lasts() -> bool:
        if shown(page, "#video") is not None:
            since.clear()
            return False
        since.append(number(page, POSITION))
        return since[-1] - since[0] >= seconds

    return lasts


@dataclass
class People:
    """Who looks, and at what."""

    visitors: Visitors
    console: Page
    citizen: Page

    def stay(self) -> None:
        """A reload forgets this."""
        for page in (self.console, self.citizen):
            page.evaluate("window.stayed = true")

    def check_stayed(self) -> None:
        """Nobody reloaded, nobody was sent elsewhere, no page threw."""
        assert self.console.evaluate("window.stayed === true && location.pathname === '/regie'")
        assert self.citizen.evaluate("window.stayed === true && location.pathname === '/'")
        assert self.visitors.complaints == []

    def citizen_advances(self, seconds: float, within_s: float) -> None:
        """The citizen's picture goes on for so long from where it is now."""
        until(self.citizen, f"{POSITION} > {number(self.citizen, POSITION) + seconds}", within_s)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """An open séance, camera 1 on the antenna."""
    os.environ |= {"CLE_1": "secrete-1", "CLE_2": "secrete-2"}
    opened = Session(tmp_path_factory.mktemp("seance"))
    try:
        wait_for(
            lambda: all(s["state"] == "live" for s in opened.engine().get("sources", [{"state": ""}])),
            20,
            "cameras live",
        )
        opened.seance("start")
        opened.command(type="take", shot={"sources": ["cam1"], "layout": "plein"})
        opened.command(type="antenna", on=True)
        wait_for(lambda: opened.segments("360p") >= 3, 20, "there is a WebTV to look at")
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def people(session: Session) -> Iterator[People]:
    """The technician logged in, WebRTC up; the citizen watching the live."""
    flags = [*FLAGS, "--allow-loopback-in-peer-connection"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        visitors = Visitors(chromium, f"http://127.0.0.1:{session.port}")
        console = visitors.page()
        console.goto(visitors.url + "/regie")
        console.fill("#nom", ACCOUNT)
        console.fill("#mot-de-passe", PASSWORD)
        console.press("#mot-de-passe", "Enter")
        console.wait_for_selector(".tile", state="attached")
        citizen = visitors.citizen((800, 700))
        citizen.click("#regarder")
        together = People(visitors, console, citizen)
        together.stay()
        until(console, RTC_SHOWN, 20)
        until(citizen, f"{POSITION} > 0", 15)
        eventually(citizen, lambda: shows_camera(citizen, "#video", 1), 15)
        yield together
        visitors.leave()
        chromium.close()


def test_without_rtc_the_monitor_falls_back_to_jpeg_and_returns_to_webrtc(
    session: Session, people: People
) -> None:
    console = people.console
    session.kill("regie.rooms.rtc")
    until(console, JPEG_SHOWN, 10)
    expect(console.locator("#moniteur-programme .monitor-note")).to_have_text("vignettes, sans son")
    expect(console.locator("#moniteur-programme .monitor-note")).to_be_visible()
    before = number(console, DRAWN)
    until(console, f"{DRAWN} > {before + 2}", 5)
    assert shows_camera(console, "#image-programme", 1)
    until(console, RTC_SHOWN, 20)
    hall = hall_ms(console, "#image-programme")
    eventually(console, lambda: shows_camera(console, "#video-programme", 1, hall), 5)
    people.check_stayed()


def masked(session: Session) -> list[str]:
    """The masks that are open, as the engine keeps them for its next run: whatever control is doing."""
    state = json.loads((session.data / "run" / "engine-state.json").read_text(encoding="utf-8"))
    return [mask["id"] for mask in state["masks"] if mask.get("end") is None]


def test_a_key_that_hides_acts_by_either_way_while_the_other_hangs(session: Session, people: People) -> None:
    console = people.console
    keys, control = session.process("regie.keys"), session.process("regie.app")
    wait_for(
        lambda: any(one.status == "ESTABLISHED" for one in keys.net_connections("tcp")), 20, "the direct line"
    )
    for hung in (control, keys):
        hung.suspend()
        try:
            console.keyboard.down("b")
            pressed = time.monotonic()
            wait_for(lambda: bool(masked(session)), 5, "in force")
            assert time.monotonic() - pressed < 2.0
            console.wait_for_timeout(400)  # longer than a tap: letting go shows again
        finally:
            hung.resume()
        console.keyboard.up("b")
        wait_for(lambda: not masked(session), 15, "released by control, and written")
    held = [line["id"] for line in session.state()["secret"]["masques"]]
    assert len(held) == len(set(held)) == 2, "each press is one mask, whichever way it came first"
    people.check_stayed()


def test_without_control_the_console_says_so_then_repairs_itself_still_logged_in(
    session: Session, people: People
) -> None:
    console, citizen = people.console, people.citizen
    epoch = session.engine()["epoch"]
    session.kill("regie.app")
    held = number(citizen, BUFFERED)
    band = console.locator("#bande-liaison")
    expect(band).to_be_visible(timeout=5000)
    expect(band).to_contain_text("Liaison perdue depuis")
    expect(band).to_be_hidden(timeout=20_000)
    # Further than what was in the page at the kill: it found the server again.
    until(citizen, f"{POSITION} > {held + 1}", 20)
    expect(citizen.locator("#lien")).to_be_hidden(timeout=12_000)
    expect(citizen.locator("#ennui")).to_be_hidden()
    # Still logged in: a key of the console reaches the engine, which noticed nothing.
    console.keyboard.press("Digit2")
    eventually(console, lambda: session.engine()["preview"]["sources"] == ["cam2"], 5)
    assert session.engine()["epoch"] == epoch
    until(console, RTC_SHOWN, 15)
    people.check_stayed()


def test_without_the_engine_the_citizen_goes_on_with_the_slate_then_the_programme(
    session: Session, people: People
) -> None:
    console, citizen = people.console, people.citizen
    hall = hall_ms(citizen, "#video")
    session.kill("regie.media.engine")
    expect(console.locator("#antenne-mot")).to_have_text("Antenne coupée", timeout=10_000)
    expect(console.locator("#antenne-detail")).to_contain_text("reprise après incident")
    expect(citizen.locator("#etat")).to_have_text("En direct, image interrompue", timeout=10_000)
    eventually(citizen, slate_lasts(citizen, 2), 30)
    assert "#EXT-X-DISCONTINUITY\n" in session.playlist("360p")

    console.click("#donner")
    expect(console.locator("#antenne-mot")).to_have_text("À l’antenne", timeout=5000)
    eventually(citizen, lambda: shows_camera(citizen, "#video", 1, hall), 25)
    people.citizen_advances(1, 10)
    expect(citizen.locator("#etat")).to_have_text("En direct", timeout=10_000)
    expect(citizen.locator("#ennui")).to_be_hidden()
    until(console, RTC_SHOWN, 15)
    people.check_stayed()

"""What a newcomer does: `regie demo`, a citizen's page that hears and rewinds, a cut from the console, in a real Chromium."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.system.pages.operator import eventually
from tests.system.pages.tools import CHROMIUM, FLAGS, Visitors, number, until
from tests.system.peers import wait_for
from tests.system.screens import POSITION, RTC_SHOWN, hall_ms, shown, shows_camera

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

READY_S = 90.0
# What the page plays, through WebAudio: the loudest block so far, full scale being 1.
LISTEN = """video => {
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  const source = audio.createMediaElementSource(video);
  source.connect(analyser);
  source.connect(audio.destination);
  const block = new Float32Array(analyser.fftSize);
  window.loudest = 0;
  setInterval(() => {
    analyser.getFloatTimeDomainData(block);
    const power = block.reduce((sum, sample) => sum + sample * sample, 0) / block.length;
    window.loudest = Math.max(window.loudest, Math.sqrt(power));
  }, 50);
}"""
ANTENNA_SHOWN = """document.querySelector('#moniteur-antenne').hasAttribute('data-rtc')
  && document.querySelector('#video-antenne').currentTime > 0"""


class Demo:
    """The command, and what it said at its start: where to look, who may log in."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "regie", "demo", "--port", "0", "--data", str(folder / "donnees")]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.said = ""
        self._reader = threading.Thread(target=self._read, name="welcome")
        self._reader.start()
        try:
            wait_for(lambda: "Ctrl-C" in self.said, READY_S, "it says where to look")
        except BaseException:
            self.close()
            raise

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line

    def found(self, pattern: str) -> str:
        """Something of what it said."""
        match = re.search(pattern, self.said)
        assert match is not None, self.said
        return match[1]

    def close(self) -> int:
        """As Ctrl-C does; the exit code."""
        self._process.terminate()
        code = self._process.wait(30)
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"))
    yield running
    assert running.close() == 0


def counters(console: Page) -> dict[str, float]:
    """The numbers that the console shows of the engine's health, by their names."""
    shown: dict[str, str] = console.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#compteurs > div')]"
        ".map(one => [one.querySelector('dt').textContent, one.querySelector('dd').textContent]))"
    )
    found = {}
    for name, value in shown.items():
        digits = re.match(r"[\d\s\u202f\u00a0]+(?:,\d+)?", value)
        assert digits is not None, (name, value)
        found[name] = float(re.sub(r"\s", "", digits[0]).replace(",", "."))
    return found


def log_in(console: Page, demo: Demo) -> None:
    """The technician of the demonstration."""
    console.goto(demo.found(r"Console +(\S+)"))
    console.fill("#nom", "technicien")
    console.fill("#mot-de-passe", demo.found(r"technicien +(.+)").strip())
    console.press("#mot-de-passe", "Enter")
    console.wait_for_selector(".tile", state="attached")


def test_a_newcomer_watches_hears_rewinds_and_cuts_from_the_console(demo: Demo) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--allow-loopback-in-peer-connection"]
        )
        visitors = Visitors(chromium, demo.found(r"Citizens +(\S+)/"))
        console, citizen = visitors.page(), visitors.page((800, 700))
        log_in(console, demo)
        citizen.goto(visitors.url)
        citizen.click("#regarder", timeout=40_000)
        until(citizen, f"{POSITION} > 0", 15)
        citizen.locator("#video").evaluate(LISTEN)
        console.click("#onglet-sante")
        before = counters(console)

        # The keys of preview and programme, then the antenna's and the programme's pictures over WebRTC.
        until(console, RTC_SHOWN, 20)
        on_air = shown(console, "#video-programme")
        camera = 3 if on_air is None or on_air.camera != 3 else 2
        console.keyboard.press(f"Digit{camera}")
        expect(console.locator("#rang-preparation [aria-pressed='true']")).to_have_count(1)
        console.wait_for_timeout(300)
        console.keyboard.press("Space")
        eventually(console, lambda: shows_camera(console, "#video-programme", camera), 20)
        cut_at = hall_ms(console, "#video-programme")
        until(console, ANTENNA_SHOWN, 20)
        eventually(console, lambda: shown(console, "#video-antenne") is not None, 10)

        eventually(citizen, lambda: shows_camera(citizen, "#video", camera, cut_at), 40)
        live = hall_ms(citizen, "#video")
        until(citizen, "window.loudest > 0.01", 20)
        assert number(citizen, "document.querySelector('#video').webkitAudioDecodedByteCount") > 0

        # Back to the opening of the real WebTV.
        citizen.locator("#avance").focus()
        citizen.keyboard.press("Home")
        until(citizen, f"{POSITION} < 4 && document.querySelector('#video').readyState > 2", 15)
        opening = shown(citizen, "#video")
        assert opening is None or opening.ms < live - 5000, (
            "the slate of before the antenna, or its first pictures"
        )
        at = number(citizen, POSITION)
        until(citizen, f"{POSITION} > {at} + 0.5")
        expect(citizen.locator("#direct-mot")).to_have_text("Retour au direct")

        # What the console counts moves, and is what it should be.
        eventually(
            console, lambda: counters(console)["Images composées"] > before["Images composées"] + 100, 30
        )
        after = counters(console)
        assert after["Images sautées"] + after["Images non encodées"] < after["Images composées"] / 2
        assert 0 < after["Encodage d’une image"] < 1000 and 0 < after["Mélange d’une image"] < 1000
        assert after["Débit montant"] > 0, "it is pushed to a real server"
        assert after["Place sur le disque"] > 0
        expect(console.locator("#tete-disque")).to_have_text(re.compile(r"^[1-9]\d* h$"))
        visitors.leave()
        chromium.close()

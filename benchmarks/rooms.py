"""Remote rooms as their people live them: `regie serve`, two Chromium as rooms, marks in the picture and tones in the sound.

The room on air burns the machine's clock into what its camera gives. One way: read in the programme's packets as they leave, by a
receiver without a jitter buffer (:mod:`benchmarks._programme_eye`). Glass to glass: read on another room's page, both encodes and
what a browser holds back included. Its microphone gives bursts of 1 kHz, with a light in the picture; what its own return still
holds of them, against what the other room hears, is the leakage. The bad network is :mod:`tests.system.narrow`. CPU is the rtc
process's.
"""

import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks._programme_eye import Seen, watch
from benchmarks.results import Figure
from tests.system.narrow import Link, through
from tests.system.rooms_rig import FLAGS, Regie, joined

LOOK_S = 15.0
BACK_S = 75.0
ASLEEP_S = 20.0
SMALL_LINK_BPS = 500_000
LOSS, DELAY_S = 0.05, 0.1
WHAT = "640x360 at 25/s from Chromium, programme 720p 800 kbit/s ultrafast"

ROOM = (Path(__file__).parent / "room_marks.js").read_text(encoding="utf-8")


def run() -> Sequence[Figure]:
    """The figures. Raises RuntimeError, TimeoutError when a room does not come or does not come back."""
    with tempfile.TemporaryDirectory() as name:
        regie = Regie(Path(name))
        try:
            with sync_playwright() as player:
                browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
                try:
                    up, down = Link(), Link()
                    page = joined(regie, browser, prepare=lambda context: _bad(context, up, down))
                    other = joined(regie, browser, room="c", prepare=_marked)
                    regie.take("b")
                    regie.act("donner_parole")
                    _until(page, lambda: regie.source("b")["decoding"] == "full", "on air")
                    parts = (
                        partial(_clean, regie, page, other),
                        partial(_killed, regie, page),
                        partial(_asleep, page),
                        partial(_lossy, page, up, down),
                        partial(_small, regie, page, down),
                    )
                    return _measured(parts)
                finally:
                    browser.close()
        finally:
            regie.close()


def _measured(parts: Sequence[Callable[[], list[Figure]]]) -> list[Figure]:
    """What could be measured; a part that takes too long says so, and the others go on."""
    figures: list[Figure] = []
    for part in parts:
        try:
            figures += part()
        except TimeoutError as late:
            print(f"rooms: not measured: {late}", file=sys.stderr)
    if not figures:
        raise RuntimeError("nothing could be measured")
    return figures


def _marked(context: BrowserContext) -> None:
    context.add_init_script(ROOM)


def _bad(context: BrowserContext, up: Link, down: Link) -> None:
    _marked(context)
    through(context, up, down, [])


def _watched(page: Page, seconds: float) -> dict[str, Any]:
    """Ages (ms) of what came back, gaps between new pictures (ms), share of sound that was concealed."""
    page.evaluate("watch()")
    page.wait_for_timeout(seconds * 1000)
    seen: dict[str, Any] = page.evaluate("watched()")
    if len(seen["ages"]) < seconds:
        raise RuntimeError("the room does not see itself in the programme")
    return seen


def _programme(regie: Regie, page: Page) -> Seen:
    """What leaves for the rooms, read by who holds nothing back."""
    given = regie.client.post("/api/v1/salles/c/encodeur").json()
    url = f"http://127.0.0.1:{regie.port}{given['whep']}"
    found: list[Seen] = []
    reader = threading.Thread(target=lambda: found.append(asyncio.run(watch(url, given["cle"], LOOK_S))))
    reader.start()
    while reader.is_alive():
        page.wait_for_timeout(100)
    if not found or len(found[0].ages) < LOOK_S:
        raise RuntimeError("the programme does not show the room")
    return found[0]


def _clean(regie: Regie, page: Page, other: Page) -> list[Figure]:
    page.wait_for_timeout(5000)
    left = _programme(regie, page)
    one_way, lips = sorted(left.ages), left.lips_ms()
    rtc = psutil.Process(regie.child("regie.rooms.rtc").pid)
    before, begun = sum(rtc.cpu_times()[:2]), time.monotonic()
    # A page that is behind another one shows no picture.
    other.bring_to_front()
    seen = _watched(other, LOOK_S)
    used = (sum(rtc.cpu_times()[:2]) - before) / (time.monotonic() - begun)
    ages = sorted(seen["ages"])
    shown = other.evaluate("lips(10)")
    page.bring_to_front()
    own, others = (float(one.evaluate("loudest()")) for one in (page, other))
    return [
        Figure("room to programme, picture to packet, p50", statistics.median(one_way), "ms", None, WHAT),
        Figure(
            "room to programme, picture to packet, p95", one_way[int(len(one_way) * 0.95)], "ms", None, WHAT
        ),
        Figure(
            "room to programme to another room, glass to glass, p50",
            statistics.median(ages),
            "ms",
            None,
            WHAT,
        ),
        Figure(
            "room to programme to another room, glass to glass, p95",
            ages[int(len(ages) * 0.95)],
            "ms",
            250,
            WHAT,
        ),
        Figure("a room's sound after its picture, in the programme", _middle(lips), "ms", None, WHAT),
        Figure("a room's sound after its picture, on another room's page", _middle(shown), "ms", None, WHAT),
        Figure("longest stop of the picture, good network", max(seen["gaps"]), "ms", None, WHAT),
        Figure(
            "own voice in its return, against another room's",
            own - others,
            "dB",
            -60,
            f"other: {others:.0f} dB",
        ),
        Figure("rtc process, each of two rooms", used / 2, "CPU s/s", None, WHAT),
    ]


def _middle(late_ms: Sequence[float]) -> float:
    if not late_ms:
        raise TimeoutError("a beep and its light")
    return statistics.median(late_ms)


def _lossy(page: Page, up: Link, down: Link) -> list[Figure]:
    for link in (up, down):
        link.loss, link.delay_s = LOSS, DELAY_S
    page.wait_for_timeout(3000)
    seen = _watched(page, LOOK_S)
    for link in (up, down):
        link.loss, link.delay_s = 0.0, 0.0
    note = f"{LOSS:.0%} lost and {DELAY_S * 1000:.0f} ms more, each way; {WHAT}"
    ages = sorted(seen["ages"])
    return [
        Figure("bad network: glass to glass, p95", ages[int(len(ages) * 0.95)], "ms", None, note),
        Figure("bad network: longest stop of the picture", max(seen["gaps"]), "ms", None, note),
        Figure("bad network: sound concealed", 100 * seen["concealed"], "%", None, note),
    ]


def _small(regie: Regie, page: Page, down: Link) -> list[Figure]:
    _until(page, lambda: regie.room()["liaison"]["palier"] == "", "the whole picture")
    down.bps = SMALL_LINK_BPS
    fell = _until(page, lambda: regie.room()["liaison"]["palier"] != "", "a smaller picture")
    page.wait_for_timeout(4000)
    seen = _watched(page, LOOK_S)
    down.bps = None
    rose = _until(page, lambda: regie.room()["liaison"]["palier"] == "", "the whole picture again")
    note = f"{SMALL_LINK_BPS / 1000:.0f} kbit/s towards the room; {WHAT}"
    return [
        Figure("small link: time to a smaller picture", fell, "s", None, note),
        Figure("small link: longest stop of the picture then", max(seen["gaps"]), "ms", None, note),
        Figure("small link gone: time to the whole picture", rose, "s", None, note),
    ]


def _killed(regie: Regie, page: Page) -> list[Figure]:
    page.evaluate("watch()")
    regie.kill("regie.rooms.rtc")
    back = _until(page, lambda: bool(page.evaluate("watched().then((seen) => seen.fresh)")), "pictures again")
    return [Figure("rtc killed: the room sees itself on air again", back, "s", 10, WHAT)]


def _asleep(page: Page) -> list[Figure]:
    """A laptop that sleeps: the browser stops as a whole, longer than connections last."""
    browsers = [p for p in psutil.Process().children(recursive=True) if "chromium" in p.name()]
    page.evaluate("watch()")
    for process in browsers:
        process.suspend()
    time.sleep(ASLEEP_S)
    for process in browsers:
        process.resume()
    page.evaluate("watch()")
    back = _until(page, lambda: bool(page.evaluate("watched().then((seen) => seen.fresh)")), "pictures again")
    note = f"asleep for {ASLEEP_S:g} s; {WHAT}"
    return [Figure("laptop woken: the room sees itself on air again", back, "s", 10, note)]


def _until(page: Page, so: Callable[[], bool], what: str) -> float:
    """Seconds until it is so. The page's messages pass only while it is asked something."""
    begun = time.monotonic()
    while not so():
        if time.monotonic() - begun > BACK_S:
            raise TimeoutError(f"waited too long for {what}")
        page.wait_for_timeout(100)
    return time.monotonic() - begun

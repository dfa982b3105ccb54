"""A room's link at its worst: loss, delay and narrowness, together and one by one, between a real Chromium and the whole régie.

The suite keeps one of these cases, short (`tests/system/test_rooms.py`).
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.system.narrow import Link, Relay, through
from tests.system.peers import wait_for
from tests.system.rooms_rig import FLAGS, Regie, joined, pictures

pytestmark = [pytest.mark.soak, pytest.mark.timeout(240)]

HELD_S = 15.0


@pytest.fixture(scope="module")
def regie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regie]:
    made = Regie(tmp_path_factory.mktemp("salles"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize("loss", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("delay_s", [0.0, 0.1])
@pytest.mark.parametrize("bps", [None, 500_000])
def test_it_sees_and_is_seen_on_whatever_rendition_the_link_bears(
    regie: Regie, browser: Browser, loss: float, delay_s: float, bps: int | None
) -> None:
    """Each way loses as much, and there and back is twice the delay; 500 kbit/s is less than the whole picture needs."""
    up, down = Link(loss=loss, delay_s=delay_s), Link(loss=loss, delay_s=delay_s, bps=bps)
    relays: list[Relay] = []
    page = joined(regie, browser, prepare=lambda context: through(context, up, down, relays))
    wait_for(lambda: regie.source("b")["state"] == "live", 30, "seen")
    if bps is not None:
        wait_for(lambda: regie.room()["liaison"]["palier"] == "360p", 60, "a smaller picture")
        page.locator("#reseau-mot", has_text="image réduite").wait_for(timeout=10_000)
    before = pictures(page)
    page.wait_for_timeout(HELD_S * 1000)
    assert pictures(page) > before + HELD_S * 5, "it sees"
    assert regie.room()["coupee_ms"] is None and len(relays) == 1, "never taken for lost"
    page.context.close()
    for relay in relays:
        relay.close()
    regie.act("renvoyer")

"""The citizens' agenda is the seek list: an item that began leads to its instant, what is on is lit, results are told."""

import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from regie.domain.register.chapters import Chapter, Result
from regie.domain.register.items import ItemState
from regie.domain.register.moments import Moment, MomentKind
from tests.system.pages.tools import Visitors, number, until
from tests.system.pages.world import World

pytestmark = pytest.mark.system


def test_an_item_leads_to_its_instant(world: World, visitors: Visitors) -> None:
    now_ms = int(time.time() * 1000)
    world.webtv.began = datetime.fromtimestamp(now_ms / 1000 - 30, UTC)
    world.go_live(first=15)

    def begun() -> None:
        adopted = Result(adopted=True, for_=21, against=3, at_ms=now_ms - 15_000)
        world.sittings.chapters = (
            Chapter(
                item="1",
                number=1,
                title="Tarifs",
                state=ItemState.ADOPTED,
                called_ms=now_ms - 22_000,
                result=adopted,
            ),
            Chapter(item="2", number=2, title="Voirie", state=ItemState.DEBATE, called_ms=now_ms - 14_000),
            Chapter(item="3", number=3, title="Questions"),
        )
        world.sittings.told = (
            Moment(
                kind=MomentKind.TURN,
                since_ms=now_ms - 20_000,
                until_ms=now_ms - 15_000,
                item=1,
                who="Mme Diallo",
            ),
            Moment(kind=MomentKind.VOTE, since_ms=now_ms - 13_000, item=2),
        )

    world.do(begun)
    page = visitors.citizen()
    page.locator("#regarder").click()
    until(page, "document.getElementById('video').currentTime > 0")
    items = page.locator("#points li")
    expect(items.nth(0)).to_contain_text("Adopté : 21 pour, 3 contre")
    expect(items.nth(1)).to_have_attribute("aria-current", "true")
    expect(items.nth(1)).to_contain_text("en cours")
    expect(items.nth(2).locator("button")).to_have_count(0)
    first = items.nth(0).locator("button")
    expect(first).to_be_visible()
    wanted = page.evaluate(
        "fetch('/api/v1/public').then((answer) => answer.json()).then((state) => state.points[0].debut_s)"
    )
    before = number(page, "document.getElementById('video').currentTime")
    first.click()
    until(page, f"document.getElementById('video').currentTime < {before - 1}")
    at = number(page, "document.getElementById('video').currentTime")
    assert wanted - 3 <= at <= wanted + 5
    expect(items.nth(0)).to_have_attribute("aria-current", "true")
    assert page.locator("#points-barre span").count() == 2
    page.locator("#moments summary").click()
    finer = page.locator("#moments-liste li")
    expect(finer).to_have_count(2)
    expect(finer.nth(0)).to_contain_text("Mme Diallo")
    finer.nth(1).locator("button").click()
    expect(finer.nth(1)).to_have_attribute("aria-current", "true")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

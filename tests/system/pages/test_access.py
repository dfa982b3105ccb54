"""Accessibility that can be measured: names, contrast, targets, structure, focus, zoom. On every page, light and dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.system.pages.stage import alarm
from tests.system.pages.tools import DESK, PHONE, TABLET, Visitors, until
from tests.system.pages.world import World

pytestmark = pytest.mark.system

MEASURES = Path(__file__).with_name("measures.js").read_text()


def check(page: Page, least: int = 44) -> None:
    """All that can be measured on the page as it stands."""
    wrong = page.evaluate(
        f"(() => {{ const m = {MEASURES}; return [...m.names(), ...m.contrast(), ...m.targets({least}), ...m.structure()]; }})()"
    )
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK])
def test_citizens_page(world: World, visitors: Visitors, scheme: Any, size: tuple[int, int]) -> None:
    world.webtv.publish(12)
    page = visitors.citizen(size, color_scheme=scheme)
    expect(page.locator("#regarder")).to_be_visible()
    check(page)
    page.click("#regarder")
    until(page, "document.getElementById('video').currentTime > 0")
    page.locator("#avance").focus()
    page.keyboard.press("Home")
    page.click("#partager")
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_other_public_pages(world: World, visitors: Visitors, scheme: Any) -> None:
    page = visitors.citizen(PHONE, "/seances", color_scheme=scheme)
    expect(page.locator("#compte")).to_contain_text("Aucune séance passée")
    check(page)
    page.goto(visitors.url + "/connexion")
    check(page)


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_console(world: World, visitors: Visitors, size: tuple[int, int]) -> None:
    page = visitors.technician(size)
    page.click("[data-layout='pip']")
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            check(page)
    world.stage.refuses = "preparation_changee"
    world.do(lambda: world.stage.change(alarms=(alarm("programme_muet"), alarm("source_perdue", "cam1"))))
    page.click("#cut")
    page.click("#tete-alarmes")
    expect(page.locator(".takes > .refusal")).to_be_visible()
    check(page)
    page.keyboard.press("?")
    check(page)


def test_multiview_alone(visitors: Visitors) -> None:
    page = visitors.technician()
    page.goto(visitors.url + "/regie/multivue")
    expect(page.locator(".tile")).to_have_count(12)
    check(page)


def test_small_icons_are_touched_over_the_picture(visitors: Visitors) -> None:
    page = visitors.technician(TABLET)
    reach = """[...document.querySelectorAll('figcaption .btn')].every(key => { const box = key.getBoundingClientRect();
      return box.width >= 40 && key.contains(document.elementFromPoint(box.x + box.width / 2, box.y + 42)); })"""
    assert page.evaluate(reach)


def test_focus_is_seen_on_every_stop(world: World, visitors: Visitors) -> None:
    world.webtv.publish(12)
    page = visitors.citizen()
    expect(page.locator("#regarder")).to_be_visible()
    page.click("#regarder")
    until(page, "document.getElementById('video').currentTime > 0")
    page.locator("#lecteur").focus()
    stops: list[str] = []
    for _ in range(20):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(f"({MEASURES}).focused()")
        if not name or name in stops:
            break
        stops.append(name)
        assert outlined, name
    assert {"avance", "reculer", "lecture", "avancer", "muet", "volume", "plein", "partager"} <= set(stops)


def test_zoom_to_twice_the_size_loses_nothing(world: World, visitors: Visitors) -> None:
    world.webtv.publish(12)
    page = visitors.citizen((640, 450), device_scale_factor=2)
    page.click("#regarder")
    expect(page.locator("#commandes")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 640
    check(page)


def test_reduced_motion_is_respected(visitors: Visitors) -> None:
    page = visitors.page(reduced_motion="reduce")
    page.goto(visitors.url + "/connexion")
    assert (
        page.evaluate("parseFloat(getComputedStyle(document.querySelector('button')).transitionDuration)")
        < 0.001
    )

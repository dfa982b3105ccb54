"""The rundown on the console: where the council is in its agenda, and the next item, called by two presses of F10."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from regie.domain.register import commands as cmd
from tests.system.pages.council import TITLES, Chamber, chamber
from tests.system.pages.tools import Visitors

pytestmark = pytest.mark.system


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Chamber]:
    """Nine members, nobody there yet."""
    with chamber(tmp_path, members=9) as there:
        yield there


def test_the_next_item_is_called_in_two_presses_and_never_by_a_stray_one(
    browser: Browser, hall: Chamber
) -> None:
    page = Visitors(browser, hall.url).technician()
    page.click("#onglet-seance")
    items, key, band = page.locator("#ordre li"), page.locator("#point-suivant"), page.locator("#bande-point")
    expect(items).to_have_count(len(TITLES))
    expect(page.locator("#tete-point")).to_be_hidden()
    # Before the opening it is grey, and the key says why.
    expect(key).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("F10")
    expect(band).to_have_text(key.get_attribute("title") or "")
    page.keyboard.press("F10")
    assert hall.register.items[0].called_ms is None

    hall.do(
        *(cmd.Arrive(person=f"e{rank}", room="salle") for rank in range(1, 8)),
        cmd.OpenSitting(president="e1"),
    )
    expect(key).not_to_have_attribute("aria-disabled", "true")
    expect(items.first).to_have_attribute("data-state", "suivant")
    page.keyboard.press("F10")
    expect(band).to_contain_text(f"Encore une fois pour appeler le point 1 : {TITLES[0][:20]}")
    assert hall.register.items[0].called_ms is None
    page.keyboard.press("F9")
    expect(page.locator("#tete-point-rang")).to_have_text(f"1/{len(TITLES)}")
    expect(items.first).to_have_attribute("aria-current", "step")
    expect(items.nth(1)).to_contain_text("suivant")
    expect(band).to_be_hidden()
    # While it is open another one is refused, in words.
    expect(key).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("F10")
    expect(band).to_contain_text("point")

    hall.do(cmd.NoteItem(item=hall.register.items[0].id))
    expect(items.first).to_have_attribute("data-state", "traite")
    key.click()
    expect(page.locator("#tete-point-rang")).to_have_text(f"2/{len(TITLES)}")
    assert hall.register.items[1].called_ms is not None


def test_an_account_that_only_watches_calls_nothing(browser: Browser, hall: Chamber) -> None:
    hall.do(
        *(cmd.Arrive(person=f"e{rank}", room="salle") for rank in range(1, 8)),
        cmd.OpenSitting(president="e1"),
    )
    page = Visitors(browser, hall.url).technician(name="seconde")
    page.keyboard.press("F10")
    page.keyboard.press("F10")
    expect(page.locator("#bande-point")).to_contain_text("compte de la régie")
    assert hall.register.items[0].called_ms is None

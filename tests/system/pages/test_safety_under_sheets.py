"""Whatever opens over a page, the keys that hide stay where they are, within reach of the finger and of the keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from regie.domain.commands import CloseMask, OpenMask, SetAntenna
from regie.domain.register import commands as cmd
from tests.system.pages.council import Chamber, chamber, enter
from tests.system.pages.operator import eventually, given
from tests.system.pages.stage import Stage
from tests.system.pages.tools import DESK, PHONE, TABLET, Visitors
from tests.system.pages.world import World

pytestmark = pytest.mark.system

SIZES = (DESK, TABLET, PHONE)
MEASURE = """sheet => [...document.querySelectorAll('[data-safety] .safe')].map(key => {
  const box = key.getBoundingClientRect();
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const over = document.elementFromPoint(x, y);
  return [key.id || key.textContent.trim(), box.x, box.y, box.width, box.height, key.contains(over)]; })"""
ASIDE = (
    "sheet => sheet.getBoundingClientRect().bottom <= document.querySelector('[data-safety]').getBoundingClientRect().top + 1"
    " && sheet.scrollWidth <= sheet.clientWidth && !!document.querySelector('main').closest('[inert]')"
)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Chamber]:
    """A council of nineteen."""
    with chamber(tmp_path, members=19) as there:
        yield there


@pytest.fixture
def people(browser: Browser, hall: Chamber) -> Iterator[Visitors]:
    """Opens pages; at the end none may have thrown an error."""
    visitors = Visitors(browser, hall.url)
    yield visitors
    visitors.leave()


def pressed(page: Page, stage: Stage) -> None:
    """The BIP is pressed and let go by the finger; the engine has both."""
    masks = [one for one in stage.commands if isinstance(one, OpenMask)]
    closed = [one for one in stage.commands if isinstance(one, CloseMask)]
    page.hover("#bip")
    page.mouse.down()
    eventually(page, lambda: len([o for o in stage.commands if isinstance(o, OpenMask)]) == len(masks) + 1)
    page.wait_for_timeout(400)
    page.mouse.up()
    eventually(page, lambda: len([o for o in stage.commands if isinstance(o, CloseMask)]) == len(closed) + 1)


def stays(page: Page, stage: Stage, sheet: str, opener: str) -> None:
    """At each width: no key moves or is covered while the sheet is open, the sheet is whole above them, Escape closes it."""
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        before = page.evaluate(MEASURE)
        assert len(before) >= 8
        for name, x, y, width, height, on_top in before:
            assert on_top and x >= 0 and y >= 0 and x + width <= size[0] and y + height <= size[1], (
                size,
                name,
            )
            assert min(width, height) >= 64, (size, name)
        page.locator(opener).first.click()
        expect(page.locator(sheet)).to_be_visible()
        assert page.evaluate(MEASURE) == before, size
        assert page.locator(sheet).evaluate(ASIDE), size
        pressed(page, stage)
        expect(page.locator(sheet)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(sheet)).to_be_hidden()
        assert not page.evaluate("document.querySelectorAll('[inert]').length")


def test_on_the_presidents_screen(hall: Chamber, people: Visitors) -> None:
    hall.do(*(cmd.Arrive(person=f"e{rank}", room="salle") for rank in range(1, 12)))
    hall.do(cmd.OpenSitting(president="e1"))
    page = enter(people, hall.url, "president", "/presidence")
    stays(page, hall.stage, "#reglages", "#rappel")
    page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    page.click("#rappel")
    # By keyboard, the sheet open; a click beside closes it.
    masks = len([one for one in hall.stage.commands if isinstance(one, OpenMask)])
    page.keyboard.down("b")
    eventually(page, lambda: len([o for o in hall.stage.commands if isinstance(o, OpenMask)]) == masks + 1)
    page.keyboard.up("b")
    page.mouse.click(100, 300)
    expect(page.locator("#reglages")).to_be_hidden()
    expect(page.locator("#rappel")).to_be_focused()
    # On a quick machine two sheets closed one after the other by Escape are a panic already: from here, once more.
    page.wait_for_timeout(1000)
    cuts = len([o for o in hall.stage.commands if isinstance(o, SetAntenna)])
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    eventually(
        page, lambda: [o.on for o in hall.stage.commands if isinstance(o, SetAntenna)][cuts:] == [False]
    )


def test_on_the_auxiliarys_page(hall: Chamber, people: Visitors) -> None:
    page = enter(people, hall.url, "auxiliaire")
    stays(page, hall.stage, "#journal", "#ouvrir-journal")
    page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    # While one types: letters go to the search box, function keys hide.
    page.click("#chercher")
    page.keyboard.type("ab")
    masks = len([one for one in hall.stage.commands if isinstance(one, OpenMask)])
    page.keyboard.down("F1")
    eventually(page, lambda: len([o for o in hall.stage.commands if isinstance(o, OpenMask)]) == masks + 1)
    page.keyboard.up("F1")
    expect(page.locator("#chercher")).to_have_value("ab")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+F1")
    eventually(page, lambda: [o.on for o in hall.stage.commands if isinstance(o, SetAntenna)] == [False])


def test_on_the_console(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.evaluate(
        """async () => {
          const { openSheet } = await import('/static/js/common/sheet.js');
          const key = document.createElement('button');
          key.id = 'ouvre';
          key.style.cssText = 'position:fixed;top:60px;left:8px;z-index:14';
          key.textContent = 'Encodeur';
          key.onclick = () => openSheet(document.getElementById('encodeur'));
          document.body.prepend(key); }"""
    )
    stays(page, world.stage, "#encodeur", "#ouvre")
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.click("#ouvre")
    masks = len(given(world, OpenMask))
    # In a field of the sheet letters are typed; the function key hides.
    page.click("#encodeur-cle")
    page.keyboard.press("b")
    page.keyboard.down("F1")
    eventually(page, lambda: len(given(world, OpenMask)) == masks + 1)
    page.keyboard.up("F1")
    page.click("#encodeur-fermer")
    expect(page.locator("#encodeur")).to_be_hidden()
    before = page.evaluate(MEASURE)
    tile = page.locator("#multivue .tile").first
    tile.dblclick()
    box = tile.bounding_box()
    assert box is not None and box["width"] >= DESK[0] - 1 and page.evaluate(MEASURE) == before
    page.keyboard.press("Escape")
    expect(tile).not_to_have_attribute("data-large", "")

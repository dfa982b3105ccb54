"""The keys that hide, in a real browser: held, tapped, by keyboard, without a link; the delay; the register of masks."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from regie.arming import Armed
from regie.domain.commands import CloseMask, DelayBy, KeepMask, OpenMask, SetAntenna, SetDelay, SetFrozen
from regie.domain.masks import MaskKind, MaskLine, Stretch
from tests.system.pages.operator import eventually, given
from tests.system.pages.tools import DESK, PHONE, TABLET, Visitors
from tests.system.pages.world import World
from web_ui.secrecy_api import ProposalInfo

pytestmark = pytest.mark.system

KEYS = ("bip", "bip-3", "bip-5", "bip-10", "masquer-image", "couper-micros", "huis-clos", "panique")


def _bip(page: Page) -> None:
    page.hover("#bip")
    page.mouse.down()


def test_the_bip_hides_while_it_is_held_and_no_longer(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    _bip(page)
    expect(page.locator("#bip")).to_have_attribute("aria-pressed", "true")
    eventually(page, lambda: given(world, OpenMask))
    (asked,) = given(world, OpenMask)
    assert (asked.hides, asked.held, asked.look_back_ms, asked.by) == (
        MaskKind.BOTH,
        True,
        3000,
        "technicien",
    )
    eventually(page, lambda: given(world, KeepMask))
    page.mouse.up()
    eventually(page, lambda: given(world, CloseMask))
    assert given(world, CloseMask)[0].mask == asked.mask
    expect(page.locator("#bip")).to_have_attribute("aria-pressed", "false")


def test_a_short_press_leaves_it_in_place_and_another_takes_it_off(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#bip")
    eventually(page, lambda: [keep.held for keep in given(world, KeepMask)] == [False])
    expect(page.locator("#bip")).to_contain_text("démasquer")
    expect(page.locator(".mask-note")).to_have_text("Le public ne reçoit pas ce passage")
    page.click("#bip")
    eventually(page, lambda: given(world, CloseMask))
    expect(page.locator("#bip")).to_contain_text("maintenir")


def test_by_keyboard_even_when_another_key_has_the_focus(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.focus("#cut")
    page.keyboard.down("b")
    eventually(page, lambda: len(given(world, OpenMask)) == 1)
    page.wait_for_timeout(400)
    page.keyboard.up("b")
    eventually(page, lambda: len(given(world, CloseMask)) == 1)
    page.keyboard.press("Shift+B")
    eventually(page, lambda: len(given(world, OpenMask)) == 2)
    last = given(world, OpenMask)[1]
    assert (last.closes, last.look_back_ms) == (True, 5000)
    page.click("#titre-nom")
    page.keyboard.type("Bob")
    assert len(given(world, OpenMask)) == 2, "not while one types"


def test_each_press_is_answered_by_the_engine(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    for _ in range(9):
        page.click("#bip-3")
        expect(page.locator("#bip-3:not([data-asked])")).to_be_visible()
    assert len({mask.mask for mask in given(world, OpenMask)}) == 9


def test_without_the_stream_it_still_hides_and_a_dead_page_leaves_it_hidden(
    world: World, visitors: Visitors
) -> None:
    page = visitors.technician()
    _bip(page)
    eventually(page, lambda: given(world, OpenMask))
    page.close()
    eventually(page := visitors.technician(), lambda: world.stage.status.masks)
    assert world.stage.status.masks[0].is_open and not given(world, CloseMask)
    page.route_web_socket("**/api/v1/ws", lambda socket: socket.close())
    page.reload()
    expect(page.locator("#bande-liaison")).to_be_visible()
    page.click("#couper-micros")
    eventually(page, lambda: len(given(world, OpenMask)) == 2)
    cut = given(world, OpenMask)[1]
    assert (cut.hides, cut.silent, cut.look_back_ms) == (MaskKind.SOUND, True, 0)


def test_picture_and_microphones_are_hidden_apart(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#masquer-image")
    expect(page.locator("#masquer-image")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#couper-micros")).to_have_attribute("aria-pressed", "false")
    page.click("#masquer-image")
    expect(page.locator("#masquer-image")).to_have_attribute("aria-pressed", "false")
    assert [mask.hides for mask in given(world, OpenMask)] == [MaskKind.PICTURE]


def test_the_delay_is_changed_in_the_words_of_a_delay_unit(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#onglet-secret")
    expect(page.locator("#retard-mot")).to_have_text("sûr : 5,1 s suffisent")
    page.fill("#retard-voulu", "20")
    for key in ("reconstruire", "attendre", "zero", "sortir"):
        page.click(f"#retard-{key}")
    eventually(page, lambda: len(given(world, SetDelay)) == 4)
    assert [(d.seconds, d.by) for d in given(world, SetDelay)] == [
        (20, DelayBy.STRETCH),
        (20, DelayBy.SLATE),
        (0, DelayBy.STRETCH),
        (0, DelayBy.EXIT),
    ]
    expect(page.locator("#retard-change")).to_contain_text("vers 0 s")
    page.click("#retard-jeter")
    eventually(page, lambda: given(world, OpenMask))
    assert given(world, OpenMask)[0].look_back_ms == 60_000 and given(world, OpenMask)[0].closes


def test_masks_are_listed_explained_and_taken_off(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    world.secrecy.book = (
        MaskLine(
            id="m1", hides=MaskKind.BOTH, who="technicien", item="p3", gone=48_000, opened_ms=1000, closed_ms=9000,
            stretches=(Stretch("r1", 48_000, 96_000, 480_000, 528_000),),
        ),
        MaskLine(
            id="m2", hides=MaskKind.SOUND, who="auxiliaire", opened_ms=20_000,
            stretches=(Stretch("r1", 960_000, 1_440_000),),
        ),
    )  # fmt: skip
    world.do(lambda: world.stage.change(logo=False))
    page.click("#onglet-secret")
    lines = page.locator("#masques > li")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("en cours")
    expect(lines.nth(1)).to_contain_text("1 s déjà parties")
    lines.nth(1).locator("input").fill("Situation d’un agent")
    lines.nth(1).locator("input").press("Enter")
    eventually(
        page, lambda: ("explain", "m1", "Situation d’un agent", "p3", "technicien") in world.secrecy.done
    )
    world.do(
        lambda: world.stage._mask(OpenMask(mask="m2", hides=MaskKind.SOUND)),
    )
    lines.nth(0).get_by_role("button", name="Démasquer").click()
    eventually(page, lambda: ("release", "m2", "technicien") in world.secrecy.done)


def test_what_stands_for_a_masked_picture_is_chosen_at_the_console(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#onglet-secret")
    choice = page.locator("#image-masquee")
    expect(choice).to_have_value("panneau")
    choice.select_option("figee")
    eventually(page, lambda: [one.on for one in given(world, SetFrozen)] == [True])
    expect(choice).to_have_value("figee")
    world.do(lambda: world.stage.change(frozen=False))
    expect(choice).to_have_value("panneau")


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_what_the_register_proposes_is_hidden_in_one_press(
    world: World, visitors: Visitors, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    page = visitors.technician(size)
    expect(page.locator("#proposition")).to_be_hidden()
    before = {name: page.locator(f"#{name}").bounding_box() for name in KEYS}
    told = ProposalInfo(point="7", noms=("Anne de La Tour",), parole=False, debut_ms=1234, duree_ms=5000)
    monkeypatch.setattr("web_ui.secrecy_api._proposal", lambda services: told)
    world.do(lambda: world.stage.change(logo=False))
    offer = page.locator("#proposition")
    expect(offer).to_contain_text("Le point 7 nomme Anne de La Tour : masquer depuis l’appel du point")
    assert {name: page.locator(f"#{name}").bounding_box() for name in KEYS} == before, "no key moves"
    box = offer.bounding_box()
    assert box is not None and box["height"] >= 44 and 0 <= box["x"] and box["x"] + box["width"] <= size[0]
    page.keyboard.press("n")
    eventually(page, lambda: given(world, OpenMask))
    (asked,) = given(world, OpenMask)
    assert (asked.since_ms, asked.closes, asked.hides, asked.item) == (1234, True, MaskKind.BOTH, "7")
    monkeypatch.setattr("web_ui.secrecy_api._proposal", lambda services: None)
    world.do(lambda: world.stage.change(logo=True))
    expect(offer).to_be_hidden()
    page.keyboard.press("n")
    page.wait_for_timeout(100)
    assert len(given(world, OpenMask)) == 1


def test_after_a_huis_clos_the_antenna_waits_for_the_president(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#huis-clos")
    eventually(page, lambda: ("shut", "technicien") in world.secrecy.done)
    assert given(world, SetAntenna)[0].on is False
    world.secrecy.shut = True
    world.do(lambda: world.stage.change(logo=False))
    expect(page.locator("#donner")).to_have_attribute("aria-disabled", "true")
    page.click("#onglet-secret")
    expect(page.locator("#seance-publique")).to_have_attribute("aria-disabled", "true")


def test_outside_the_building_the_page_says_why_nothing_live_is_shown(visitors: Visitors) -> None:
    page = visitors.technician()
    expect(page.locator(".programme .monitor-note")).to_have_text("vignettes, sans son")

    def from_outside(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"dehors": True})

    page.route("**/api/v1/session", from_outside)
    page.reload()
    for monitor in ("preview", "programme"):
        note = page.locator(f".{monitor} .monitor-note")
        expect(note).to_be_visible()
        expect(note).to_contain_text("Hors du bâtiment")
    expect(page.locator("#ecouter-programme")).to_be_disabled()
    expect(page.locator("#ecouter-antenne")).to_be_enabled()
    page.unroute("**/api/v1/session")


def test_a_flagged_item_puts_the_key_under_the_hand(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    world.arming.armed = Armed(now="p3")
    world.do(lambda: world.stage.change(logo=False))
    expect(page.locator("#masquer")).to_have_attribute("data-armed", "")
    expect(page.locator(".mask-note")).to_have_text("Point signalé : BIP sous la main")


@pytest.mark.parametrize("size", [DESK, TABLET, PHONE])
def test_the_keys_are_all_there_large_enough_and_never_under_another(
    world: World, visitors: Visitors, size: tuple[int, int]
) -> None:
    page = visitors.technician(size)
    for tab in ("#onglet-synthes", "#onglet-son", "#onglet-secret"):
        page.click(tab)
        for name in KEYS:
            box = page.locator(f"#{name}").bounding_box()
            assert box is not None and box["height"] >= 64 and box["width"] >= 44, (name, box)
            assert box["x"] >= 0 and box["x"] + box["width"] <= size[0] + 0.5, (name, box)
            assert box["y"] + box["height"] <= size[1] + 0.5, (name, box)
            over = page.evaluate(
                "([x, y]) => document.elementFromPoint(x, y)?.closest('button')?.id",
                [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
            )
            assert over == name, (name, over)
    assert not re.search("undefined|NaN", page.inner_text("footer"))


def test_citizens_see_that_a_passage_is_masked_and_when(world: World, visitors: Visitors) -> None:
    told = '[{"genre":"son_et_image","debut_ms":6000,"fin_ms":14000,"debut_s":6.0,"fin_s":14.0}]'
    page = visitors.page(PHONE)
    page.route(
        "**/api/v1/public/masques", lambda route: route.fulfill(body=told, content_type="application/json")
    )
    world.go_live(10)
    page.goto(world.url)
    page.click("#regarder")
    expect(page.locator("#masques-liste li")).to_have_text(["0:06 (son et image, 8 s)"])
    mark, bar = page.locator("#masques-barre span"), page.locator("#avance")
    expect(mark).to_be_visible(timeout=15_000)
    inner, outer = mark.bounding_box(), bar.bounding_box()
    assert inner is not None and outer is not None
    assert outer["x"] < inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]

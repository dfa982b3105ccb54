"""The console in Chromium: buses, tally, keys, T-bar, layouts, pictures, two consoles in step."""

import pytest
from playwright.sync_api import expect

from regie.domain.commands import (
    Auto,
    Cut,
    SetPreview,
    SetTitle,
    SetTransition,
    TakeShot,
)
from regie.domain.model import Layout, Shot
from tests.system.pages.operator import eventually, given, on_preview, on_programme
from tests.system.pages.tools import DESK, PHONE, TABLET, Visitors, until
from tests.system.pages.world import World

pytestmark = pytest.mark.system
RED, GREEN = "rgb(229, 56, 59)", "rgb(47, 179, 68)"


def test_the_camera_that_stands_in_for_a_lost_one_says_so(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    tile = page.locator(".tile[data-source='cam3']")
    expect(tile).to_be_visible()
    world.do(lambda: world.stage.change(stand_in="cam3"))
    expect(tile.locator(".tile-tally")).to_have_text("Secours à l’antenne")
    expect(tile).to_have_attribute("data-tally", "programme")
    world.do(lambda: world.stage.change(stand_in=None))
    expect(tile).not_to_have_attribute("data-tally", "programme")


def test_tally_in_colour_and_in_words(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    tile = page.locator(".tile[data-source='cam3']")
    tile.click()
    expect(tile).to_have_css("border-top-color", GREEN)
    expect(tile.locator(".tile-tally")).to_have_text("Préparation")
    assert given(world, SetPreview)[-1].shot == Shot(("cam3",))
    page.click("#cut")
    expect(tile).to_have_css("border-top-color", RED)
    expect(tile.locator(".tile-tally")).to_have_text("Programme")
    expect(page.locator(".tile[data-source='cam1']")).to_have_css("border-top-color", GREEN)
    on_programme(page, "3Hémicycle droit")
    on_preview(page, "1Perchoir")
    assert given(world, Cut)[-1].expected == Shot(("cam3",))
    page.locator(".tile[data-source='cam4']").click(modifiers=["Control"])
    on_programme(page, "4Plan large")
    on_preview(page, "1Perchoir")
    assert given(world, TakeShot)[-1].shot == Shot(("cam4",))
    page.locator(".tile[data-source='cam4']").click()
    expect(page.locator(".tile[data-source='cam4'] .tile-tally")).to_have_text("Programme et préparation")
    page.click(".tile[data-source='slate.suspension']")
    expect(page.locator("#plan-preparation")).to_have_text("Suspension")
    page.click("#cut")
    expect(page.locator("#plan-programme")).to_have_text("Suspension")


def test_hotkeys(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.keyboard.press("3")
    on_preview(page, "3Hémicycle droit")
    page.keyboard.press(" ")
    on_programme(page, "3Hémicycle droit")
    page.keyboard.press("Control+4")
    on_programme(page, "4Plan large")
    page.keyboard.press("2")
    on_preview(page, "2Hémicycle gauche")
    page.fill("#duree-fondu", "200")
    page.locator("#duree-fondu").blur()
    page.keyboard.press("Enter")
    on_programme(page, "2Hémicycle gauche")
    assert given(world, Auto)[-1].duration_ms == 200
    page.keyboard.press("F12")
    on_programme(page, "4Plan large")
    assert len(given(world, Cut)) == 2
    page.check("#prendre-fondu", force=True)
    page.locator("#prendre-fondu").blur()
    page.keyboard.press("NumpadEnter")
    on_programme(page, "2Hémicycle gauche")
    assert len(given(world, Auto)) == 2
    page.keyboard.press("5")
    on_preview(page, "5Mire")
    page.keyboard.press("8")
    page.keyboard.press("9")
    on_preview(page, "5Mire")
    page.evaluate(
        "for (const code of ['Digit3', 'Space'])"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', {code, key: code, bubbles: true}))"
    )
    on_programme(page, "3Hémicycle droit")
    expect(page.locator(".refusal")).to_have_count(0)


def test_space_is_cut_after_a_click_and_presses_what_the_keyboard_focused(
    world: World, visitors: Visitors
) -> None:
    page = visitors.technician()
    page.click(".tile[data-source='cam3']")
    on_preview(page, "3Hémicycle droit")
    page.keyboard.press(" ")
    on_programme(page, "3Hémicycle droit")
    page.locator("#rang-preparation [data-source='cam4']").focus()
    page.keyboard.press(" ")
    on_preview(page, "4Plan large")
    assert len(given(world, Cut)) == 1


def test_keys_are_inert_while_one_types(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#chercher-elu")
    page.keyboard.type("12 t3")
    page.keyboard.press("Control+4")
    page.click("#titre-nom")
    page.keyboard.type("4 5 ?")
    page.keyboard.press("F12")
    expect(page.locator("#titre-nom")).to_have_value("4 5 ?")
    expect(page.locator("#touches")).to_be_hidden()
    assert not [c for c in world.stage.commands if isinstance(c, SetPreview | Cut | TakeShot | SetTitle)]


def test_t_bar_fades_by_hand_and_starts_again(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    bar = page.locator("#t-bar")
    box = bar.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 12, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, y, steps=6)
    eventually(page, lambda: 400 < world.stage.buses.permille < 600)
    on_programme(page, "1Perchoir")
    expect(page.locator("#auto")).to_have_attribute("data-running", "")
    page.mouse.move(box["x"] + box["width"] + 5, y, steps=6)
    on_programme(page, "2Hémicycle gauche")
    page.mouse.up()
    expect(bar).to_have_value("0")
    assert 1000 in [command.permille for command in given(world, SetTransition)]
    eventually(page, lambda: given(world, SetTransition)[-1].permille == 0)
    bar.focus()
    page.keyboard.press("End")
    on_programme(page, "1Perchoir")
    bar.blur()
    expect(bar).to_have_value("0")


def test_layouts_and_their_seats(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("[data-layout='pip']")
    eventually(page, lambda: world.stage.buses.preview == Shot(("cam2", "cam1"), Layout.PIP))
    seats = page.locator("#places button")
    expect(seats).to_have_count(2)
    expect(seats.first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("3")
    eventually(page, lambda: world.stage.buses.preview == Shot(("cam3", "cam1"), Layout.PIP))
    page.keyboard.press("4")
    eventually(page, lambda: world.stage.buses.preview == Shot(("cam3", "cam4"), Layout.PIP))
    page.click("[data-layout='document']")
    eventually(page, lambda: world.stage.buses.preview == Shot(("cam3", "cam4"), Layout.DOCUMENT))
    expect(page.get_by_role("button", name="Document et orateur")).to_have_attribute("aria-pressed", "true")
    page.click("[data-layout='quatre']")
    eventually(page, lambda: world.stage.buses.preview == Shot(("cam3", "cam4", "cam1", "cam2"), Layout.FOUR))
    page.keyboard.press(" ")
    expect(page.locator("#plan-programme")).to_contain_text("Hémicycle droit + Plan large")
    page.click("[data-layout='plein']")
    expect(page.locator("#places")).to_be_hidden()


def test_two_consoles_in_step_and_a_reload_loses_nothing(world: World, visitors: Visitors) -> None:
    one, two = visitors.technician(), visitors.technician(TABLET)
    one.keyboard.press("3")
    on_preview(two, "3Hémicycle droit")
    two.keyboard.press(" ")
    on_programme(one, "3Hémicycle droit")
    one.click("[data-layout='deux']")
    expect(two.locator("[data-layout='deux']")).to_have_attribute("aria-pressed", "true")
    two.reload()
    on_programme(two, "3Hémicycle droit")
    expect(two.locator("[data-layout='deux']")).to_have_attribute("aria-pressed", "true")


def test_keys_are_remapped_kept_and_listed(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.keyboard.press("?")
    row = page.locator("[data-action='cut']")
    row.get_by_role("button").click()
    page.keyboard.press("c")
    expect(row.locator("kbd")).to_have_text("C")
    page.click("#touches-fermer")
    page.reload()
    page.wait_for_selector(".tile")
    page.keyboard.press(" ")
    page.keyboard.press("c")
    on_programme(page, "2Hémicycle gauche")
    assert len(given(world, Cut)) == 1
    page.emulate_media(media="print")
    page.keyboard.press("?")
    expect(page.locator("#touches-liste")).to_be_visible()
    expect(page.locator(".head")).to_be_hidden()
    page.emulate_media(media="screen")
    page.click("#touches-retablir")
    expect(row.locator("kbd")).to_have_text("Espace")


@pytest.mark.parametrize("size", [DESK, TABLET, PHONE])
def test_nothing_overflows(visitors: Visitors, size: tuple[int, int]) -> None:
    page = visitors.technician(size)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    if size != PHONE:
        assert page.evaluate("document.documentElement.scrollHeight") == size[1], "one screen, no scrolling"


def test_a_pending_take_is_shown_until_it_lands(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    world.stage.not_ready.add("cam4")
    page.keyboard.press("Control+4")
    key = page.locator("#rang-programme [data-source='cam4']")
    expect(key).to_have_attribute("data-pending", "")
    expect(page.locator("#plan-programme")).to_contain_text("attend Plan large")
    on_programme(page, "1Perchoir")
    world.stage.not_ready.clear()
    on_programme(page, "4Plan large")
    expect(key).not_to_have_attribute("data-pending", "")


def test_pictures_of_every_source_move(visitors: Visitors) -> None:
    page = visitors.technician()
    until(
        page,
        "[...document.querySelectorAll('.tile:not([data-source^=slate]) canvas')].every(c => Number(c.dataset.drawn) > 3)",
    )
    pixels = "document.querySelector('.tile[data-source=cam{}] canvas').getContext('2d').getImageData(9, 9, 1, 1).data.join()"
    assert page.evaluate(pixels.format(1)) != page.evaluate(pixels.format(2))
    expect(page.locator(".tile[data-source='cam1'] .tile-latency")).to_have_text("294 ms")
    until(page, "Number(document.getElementById('image-preparation').dataset.drawn) > 3")


def test_without_webrtc_the_antenna_is_watched_on_the_webtv(world: World, visitors: Visitors) -> None:
    world.go_live()
    page = visitors.technician()
    video = "document.getElementById('video-antenne-hls')"
    until(page, f"{video}.currentTime > 0 && !{video}.paused && {video}.muted", 15)
    expect(page.locator("#moniteur-antenne .monitor-note")).to_be_hidden()
    expect(page.locator("#moniteur-programme .monitor-note")).to_have_text("vignettes, sans son")


def test_multiview_alone(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.goto(visitors.url + "/regie/multivue")
    expect(page.locator(".tile")).to_have_count(12)
    page.click(".tile[data-source='cam4']")
    expect(page.locator(".tile[data-source='cam4']")).to_have_css("border-top-color", GREEN)
    until(page, "Number(document.getElementById('image-programme').dataset.drawn) > 2")

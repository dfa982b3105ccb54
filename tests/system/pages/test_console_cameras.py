"""The panel of the cameras, over the product's fleet and simulated cameras."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from regie.cameras import commands as do
from regie.domain.commands import Auto, Cut
from regie.domain.model import Shot
from regie.media import bus
from tests.system.pages import world as worlds
from tests.system.pages.heads import Heads, heads_on
from tests.system.pages.operator import eventually
from tests.system.pages.tools import PHONE, Visitors

pytestmark = pytest.mark.system

GAMEPAD = """
window.pad = { id: "Manette d’essai", connected: true, mapping: "standard", axes: [0, 0, 0, 0],
  buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })) };
navigator.getGamepads = () => [window.pad];
"""


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory, made: Path) -> Iterator[tuple[worlds.World, Heads]]:
    """One server of pages for all; its cameras are as new for each test."""
    heads = Heads()
    with worlds.world(tmp_path_factory.mktemp("pages"), made, heads) as world:
        yield world, heads


@pytest.fixture
def cameras(
    tmp_path: Path, chamber: tuple[worlds.World, Heads], browser: Browser
) -> Iterator[tuple[worlds.World, Heads, Page]]:
    """The console open on its cameras; cam1 on programme, cam2 on preview."""
    world, heads = chamber
    with heads_on(world, heads, tmp_path):
        people = Visitors(browser, world.url)
        page = people.page()
        page.add_init_script(GAMEPAD)
        page = people.log_in(page)
        page.click("#onglet-cameras")
        expect(page.locator("#camera-etat")).to_contain_text("Hémicycle gauche : prête", timeout=15_000)
        yield world, heads, page
        people.leave()


def hold(page: Page, selector: str, seconds: float) -> None:
    page.locator(selector).scroll_into_view_if_needed()
    page.locator(selector).hover()
    page.mouse.down()
    page.wait_for_timeout(seconds * 1000)
    page.mouse.up()


def badge(page: Page, source: str) -> str:
    return page.locator(f'.tile[data-source="{source}"] .tile-head').inner_text()


def test_stored_by_a_hold_recalled_by_a_tap_and_shown_where_it_is(
    cameras: tuple[worlds.World, Heads, Page],
) -> None:
    _, heads, page = cameras
    page.fill("#prereglage-nom", "Mme Diallo")
    page.select_option("#prereglage-montre", "place:p1")
    hold(page, "#prereglage-ranger", 0.8)
    expect(page.locator(".pad")).to_have_count(0)
    hold(page, "#prereglage-ranger", 2.3)
    pad = page.locator(".pad", has_text="Mme Diallo")
    expect(pad).to_have_attribute("data-here", "")
    expect(pad.locator("img")).to_be_visible(timeout=8000)
    assert badge(page, "cam2") == "prête · Mme Diallo"
    heads.simulated["cam2"].move_by_hand(25, 0)
    expect(page.locator('.tile[data-source="cam2"] .tile-head')).to_have_text("modifiée", timeout=8000)
    expect(pad).not_to_have_attribute("data-here", "")
    pad.click()
    expect(page.locator('.tile[data-source="cam2"] .tile-head')).to_have_text(
        "arrivée · Mme Diallo", timeout=8000
    )
    assert abs(heads.pan()) < 0.3
    # Held: the preset is now where the camera was turned to.
    heads.simulated["cam2"].move_by_hand(-12, 0)
    expect(page.locator("#camera-etat")).to_contain_text("modifiée", timeout=8000)
    eventually(page, lambda: not heads.moving())
    page.wait_for_timeout(600)
    hold(page, ".pad", 2.3)
    expect(pad).to_have_attribute("data-here", "")
    assert heads.fleet.presets()[0].preset.pan == pytest.approx(-12, abs=0.2)


def test_a_drive_stops_when_it_is_let_go_and_when_the_browser_is_silent(
    cameras: tuple[worlds.World, Heads, Page],
) -> None:
    _, heads, page = cameras
    box = page.locator("#manche").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + box["height"] / 2)
    eventually(page, lambda: heads.pan() > 2)
    page.mouse.up()
    eventually(page, lambda: not heads.moving())
    expect(page.locator("#manche-mot")).to_have_text("Arrêtée, confirmé par la caméra.")
    untold = page.evaluate(
        "async () => (await import('/static/js/cameras/heads.js')).stopWords({ can: { absolute: false } }, '')"
    )
    assert "ne le confirme pas" in untold, "an NDI camera acknowledges nothing"
    asleep = page.evaluate(
        "async () => (await import('/static/js/cameras/heads.js')).headWords("
        "{ state: 'unknown', detail: 'stand-by', can: {} }, { preset: () => null })"
    )
    assert asleep == "en veille"
    there = heads.pan()
    page.locator("#manche").focus()
    page.keyboard.down("ArrowLeft")
    eventually(page, lambda: heads.pan() < there - 1)
    page.keyboard.up("ArrowLeft")
    eventually(page, lambda: not heads.moving())

    page.evaluate("dispatchEvent(new Event('gamepadconnected'))")
    there = heads.pan()
    page.evaluate("window.pad.axes[0] = 0.9")
    eventually(page, lambda: heads.pan() > there + 1)
    began = time.monotonic()
    page.evaluate("{ const t = performance.now(); while (performance.now() - t < 1500); }")
    stopped = [at - began for at, moving in heads.moved if began < at < began + 1.4 and not moving]
    assert stopped and stopped[0] < 0.9, "300 ms of silence, then the time to brake"
    page.evaluate("window.pad.axes[0] = 0")
    eventually(page, lambda: not heads.moving())

    one, other = heads.simulated["cam2"], heads.simulated["cam1"]
    one.image[0x43] = 0x6A
    page.click("#image-tenir")
    eventually(page, lambda: (one.image[0x35], one.image[0x39]) == (5, 3))
    expect(page.locator("#image-vers")).to_have_value("cam1")
    page.click("#image-copier")
    eventually(page, lambda: other.image[0x43] == 0x6A)
    page.click("#image-auto")
    eventually(page, lambda: (one.image[0x35], one.image[0x39]) == (0, 0))


def test_the_camera_on_air_is_held_until_it_is_allowed_to_move(
    cameras: tuple[worlds.World, Heads, Page],
) -> None:
    world, heads, page = cameras
    page.click("#apprendre")
    expect(page.locator("#lecon-place")).to_have_text("Mme Aïssata Diallo (Place 1)")
    page.click("#lecon-ranger")
    expect(page.locator("#lecon-place")).to_have_text("M. Hervé Leroy (Place 2)")
    expect(page.locator(".pad-name")).to_have_text(["Mme Aïssata Diallo"])
    heads.simulated["cam2"].move_by_hand(10, 0)
    eventually(page, lambda: heads.pan() > 9.8 and not heads.moving())
    world.do(lambda: _take(world, "cam2"))
    pad = page.locator(".pad")
    expect(pad).to_have_attribute("aria-disabled", "true")
    pad.click(force=True)
    expect(page.locator("#panneau-cameras .refusal")).to_contain_text("À l’antenne")
    page.mouse.move(0, 0)
    page.evaluate("dispatchEvent(new Event('gamepadconnected'))")
    page.evaluate("window.pad.axes[0] = 0.9")
    page.wait_for_timeout(400)
    page.evaluate("window.pad.axes[0] = 0")
    assert heads.pan() == pytest.approx(10, abs=0.3)
    page.click("#camera-mouvement")
    expect(page.locator("#camera-mouvement")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#camera-mouvement-reste")).to_have_text("10 s")
    pad.click()
    eventually(page, lambda: abs(heads.pan()) < 0.3 and not heads.moving())
    page.click("#camera-mouvement")
    expect(page.locator("#camera-mouvement")).to_have_attribute("aria-pressed", "false")
    expect(pad).to_have_attribute("aria-disabled", "true")


def _take(world: worlds.World, source: str) -> None:
    world.stage.buses = bus.take(world.stage.buses, Shot((source,)))
    world.stage.publish()


def test_zones_are_drawn_on_angles_with_their_reason(cameras: tuple[worlds.World, Heads, Page]) -> None:
    world, heads, page = cameras
    page.click("#prereglage-nom")
    page.fill("#prereglage-nom", "Vers le public")
    hold(page, "#prereglage-ranger", 2.3)
    expect(page.locator(".pad")).to_have_count(1)
    page.goto(page.url.replace("/regie", "/regie/zones?camera=cam2"))
    expect(page.locator("#camera")).to_have_value("cam2", timeout=10_000)
    box = page.locator("#panorama").bounding_box()
    assert box is not None

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    page.mouse.move(*at(0.45, 0.3))
    page.mouse.down()
    page.mouse.move(*at(0.55, 0.6))
    page.mouse.up()
    page.fill("#raison", "Public")
    page.click("#ajouter")
    expect(page.locator("#liste li")).to_have_count(1)
    expect(page.locator("#ecartes")).to_contain_text("Vers le public")
    page.check('[name="forme"][value="polygone"]', force=True)
    for corner in ((0.7, 0.2), (0.9, 0.2), (0.8, 0.7)):
        page.mouse.click(*at(*corner))
    page.keyboard.press("Enter")
    page.fill("#raison", "Table des agents")
    page.keyboard.press("Enter")
    expect(page.locator("#liste li b")).to_have_text(["Public", "Table des agents"])
    public, agents = heads.fleet.book().zones["cam2"]
    # The whole width is 240°, the height 70° from 30° down.
    assert public.corners[0] == pytest.approx((-12, 9), abs=0.5)
    assert public.corners[2] == pytest.approx((12, -12), abs=0.5)
    assert agents.corners[2] == pytest.approx((72, -19), abs=0.5)
    hold(page, "#liste li:first-child button", 1.2)
    expect(page.locator("#liste li b")).to_have_text(["Table des agents"])
    framed(world, heads, "cam2", "Greffe", "greffe")
    expect(page.locator("#liste li.seat b")).to_have_text(["Greffe : refuse d’être filmé"])
    expect(page.locator("#dessin .zone-seat")).to_have_count(1)
    expect(page.locator("#liste button")).to_have_count(1)


def framed(world: worlds.World, heads: Heads, camera: str, name: str, place: str) -> None:
    """A preset of where a camera looks."""
    world.host.on_loop(heads.fleet.carry_out(do.StorePreset(camera=camera, name=name, places=(place,))))


def at(heads: Heads, pan: float, camera: str = "cam2") -> bool:
    return abs(heads.pan(camera) - pan) < 0.3 and not heads.moving(camera)


def press(page: Page, button: int) -> None:
    """A button of the gamepad, held as long as it is read."""
    page.evaluate("n => window.pad.buttons[n].pressed = true", button)
    page.wait_for_timeout(150)
    page.evaluate("n => window.pad.buttons[n].pressed = false", button)
    page.wait_for_timeout(80)


def test_a_seat_by_a_free_camera_several_together_and_the_gamepad_s_buttons(
    cameras: tuple[worlds.World, Heads, Page],
) -> None:
    world, heads, page = cameras
    framed(world, heads, "cam2", "Diallo", "p1")
    framed(world, heads, "cam1", "Leroy", "p2")
    heads.simulated["cam2"].move_by_hand(9, 0)
    heads.simulated["cam1"].move_by_hand(-9, 0)
    eventually(page, lambda: at(heads, 9) and at(heads, -9, "cam1"))
    seat = page.locator('.seat-key[data-place="p1"]')
    expect(page.locator('.seat-key[data-place="p3"] span')).to_have_text("aucun cadrage")
    seat.click()
    eventually(page, lambda: at(heads, 0))
    expect(seat.locator("span")).to_have_text("Hémicycle gauche")
    page.locator('.seat-key[data-place="p2"]').click()
    expect(page.locator("#places-libres .refusal")).to_contain_text("Toutes les caméras")

    world.do(lambda: _take(world, "mire"))
    heads.simulated["cam2"].move_by_hand(9, 0)
    eventually(page, lambda: at(heads, 9))
    takes = [c for c in world.stage.commands if isinstance(c, Cut | Auto)]
    page.locator("#ensemble > summary").press("Enter")
    expect(page.locator("#ensemble-choix select").first).to_be_visible()
    assert [c for c in world.stage.commands if isinstance(c, Cut | Auto)] == takes, "unfolding is no AUTO"
    page.locator("#ensemble-choix select").first.select_option(label="Leroy")
    page.locator("#ensemble-choix select").last.select_option(label="Diallo")
    page.select_option("#ensemble-duree", "3")
    page.click("#ensemble-aller")
    eventually(page, lambda: at(heads, 0) and at(heads, 0, "cam1"), 8.0)

    heads.simulated["cam2"].move_by_hand(9, 0)
    eventually(page, lambda: at(heads, 9))
    expect(page.locator("#camera-etat")).to_contain_text("modifiée")
    page.evaluate("dispatchEvent(new Event('gamepadconnected'))")
    press(page, 15)
    expect(page.locator(".pad", has_text="Diallo")).to_have_attribute("data-pointed", "")
    press(page, 0)
    eventually(page, lambda: at(heads, 0))
    press(page, 5)
    expect(page.locator('#cameras-choix [data-camera="cam1"]')).to_have_attribute("aria-pressed", "true")
    press(page, 4)
    expect(page.locator('#cameras-choix [data-camera="cam2"]')).to_have_attribute("aria-pressed", "true")


def test_memories_focus_and_the_field_measured_on_a_thing_seen_twice(
    cameras: tuple[worlds.World, Heads, Page],
) -> None:
    world, heads, page = cameras
    one = heads.simulated["cam2"]
    framed(world, heads, "cam2", "Diallo", "p1")
    page.select_option("#prereglage-lequel", label="Diallo")
    page.fill("#miroir-numero", "3")
    page.click("#miroir-copier")
    expect(page.locator("#miroir-mot")).to_have_text("Recopié dans la mémoire 3.")
    one.move_by_hand(15, 0)
    eventually(page, lambda: at(heads, 15))
    expect(page.locator("#miroir-copier")).to_have_attribute("aria-disabled", "true")

    page.click("#champ > summary")
    canvas = page.locator("#champ-image canvas")
    canvas.scroll_into_view_if_needed()
    expect(page.locator("#camera-etat")).to_contain_text("15,0°")
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] / 2, "y": 40})
    expect(page.locator("#champ .refusal")).to_contain_text("Trop près du centre")
    # A thing straight ahead: at tan(15°)/tan(31°) of half the picture, on one side then on the other.
    half = 0.4459
    canvas.click(position={"x": box["width"] * (1 - half) / 2, "y": box["height"] / 2})
    expect(page.locator("#champ-mot")).to_contain_text("l’autre bord")
    one.move_by_hand(-15, 0)
    eventually(page, lambda: at(heads, -15))
    expect(page.locator("#camera-etat")).to_contain_text("−15,0°")
    canvas.click(position={"x": box["width"] * (1 + half) / 2, "y": box["height"] / 2})
    expect(page.locator("#champ-dit")).to_contain_text("mesuré.")
    assert heads.fleet.book().fields["cam2"] == pytest.approx(62, abs=1)

    page.click("#memoires > summary")
    page.locator(".memory-key").nth(2).click()
    eventually(page, lambda: at(heads, 0))
    hold(page, ".memory-key:nth-child(5)", 2.3)
    eventually(page, lambda: 4 in one.head.presets)
    page.click("#memoires-figer")
    eventually(page, lambda: bytes.fromhex("8101 7e04 3b02 ff") in one.received)
    page.click("#point-une-fois")
    eventually(page, lambda: (one.head.focus, one.head.focus_auto) == (0x2200, False))
    page.click("#point-auto")
    eventually(page, lambda: one.head.focus_auto)


def test_the_book_is_carried_away_and_taken_back_and_lessons_skip(
    cameras: tuple[worlds.World, Heads, Page], tmp_path: Path
) -> None:
    world, heads, page = cameras
    framed(world, heads, "cam2", "Diallo", "p1")
    heads.simulated["cam2"].move_by_hand(9, 0)
    eventually(page, lambda: at(heads, 9))
    page.click("#apprendre")
    expect(page.locator("#lecon-rang")).to_contain_text("place 2 sur 3 · 1 connue de cette caméra")
    expect(page.locator("#lecon-aller")).to_have_attribute("aria-disabled", "true")
    page.click("#lecon-apres")
    expect(page.locator("#lecon-rang")).to_contain_text("place 3 sur 3")
    page.click("#lecon-avant")
    page.click("#lecon-avant")
    page.click("#lecon-aller")
    eventually(page, lambda: at(heads, 0))
    with page.expect_download() as carried:
        page.click("#livre-emporter")
    carried.value.save_as(tmp_path / "cameras.json")
    page.select_option("#prereglage-lequel", label="Diallo")
    hold(page, "#prereglage-supprimer", 1.2)
    expect(page.locator(".pad")).to_have_count(0)
    page.set_input_files("#livre-reprendre", tmp_path / "cameras.json")
    expect(page.locator(".pad-name")).to_have_text(["Diallo"])
    (tmp_path / "liste.csv").write_text("Place;Nom")
    page.set_input_files("#livre-reprendre", tmp_path / "liste.csv")
    expect(page.locator("#apprentissage .refusal")).to_contain_text("n’est pas un livre")
    expect(page.locator(".pad")).to_have_count(1)

    page.goto(page.url.replace("/regie", "/regie/zones?camera=cam2"))
    page.click("#balayer")
    expect(page.locator("#balayage")).to_contain_text("Image 1 sur", timeout=8000)
    page.click("#arreter")
    expect(page.locator("#arreter")).to_be_hidden()
    for width, height in ((1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_telephone_a_tab_brings_its_panel_into_view(
    chamber: tuple[worlds.World, Heads], tmp_path: Path, browser: Browser
) -> None:
    world, heads = chamber
    with heads_on(world, heads, tmp_path):
        people = Visitors(browser, world.url)
        page = people.technician(PHONE)
        page.click("#onglet-cameras")
        expect(page.locator("#cameras-choix")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        people.leave()

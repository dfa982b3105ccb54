"""The console when something is wrong: safety keys, refusals, link lost, engine away, alarms."""

import msgspec
import pytest
from playwright.sync_api import WebSocketRoute, expect

from regie.board import AntennaStatus, SourceState
from regie.domain.commands import (
    CloseMask,
    Cut,
    OpenMask,
    SetAntenna,
)
from regie.domain.model import SlateName
from tests.system.pages.operator import eventually, given, on_preview, on_programme
from tests.system.pages.stage import alarm
from tests.system.pages.tools import DESK, TABLET, Visitors, until
from tests.system.pages.world import World

pytestmark = pytest.mark.system


def test_escape_twice_cuts_the_antenna_wherever_the_focus_is(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.keyboard.press("Escape")
    page.wait_for_timeout(800)
    page.keyboard.press("Escape")
    page.wait_for_timeout(800)
    assert given(world, SetAntenna) == [], "two presses far apart are not a panic"
    page.keyboard.press("?")
    expect(page.locator("#touches")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#antenne-mot")).to_have_text("Antenne coupée")
    assert given(world, SetAntenna) == [SetAntenna(on=False, slate=SlateName.FAULT)]
    page.click("#donner")
    expect(page.locator("#antenne-mot")).to_have_text("À l’antenne")
    page.click("#titre-nom")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#antenne-mot")).to_have_text("Antenne coupée")


def test_antenna_is_cut_to_the_chosen_slate_and_given_back(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    expect(page.locator("#donner")).to_have_attribute("aria-disabled", "true")
    page.click("[data-slate='huis_clos']")
    expect(page.locator("#antenne-detail")).to_contain_text("Huis clos")
    expect(page.locator("[data-slate='huis_clos']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#plan-antenne")).to_contain_text("Huis clos")
    expect(page.locator("#tete-direct")).not_to_have_attribute("data-on", "")
    page.click("#donner")
    expect(page.locator("#tete-direct")).to_have_attribute("data-on", "")


def test_a_safety_key_works_without_the_stream(world: World, visitors: Visitors) -> None:
    page = visitors.technician()

    def refuse(socket: WebSocketRoute) -> None:
        socket.close()

    page.route_web_socket("**/api/v1/ws", refuse)
    page.reload()
    expect(page.locator("#bande-liaison")).to_be_visible()
    expect(page.locator("#cut")).to_have_attribute("aria-disabled", "true")
    page.click("[data-slate='suspension']")
    eventually(page, lambda: given(world, SetAntenna) == [SetAntenna(on=False, slate=SlateName.PAUSE)])


def test_a_press_that_follows_a_release_at_once_hides_again(world: World, visitors: Visitors) -> None:
    """Until the state says that the first mask is lifted, the page must not take the second press for its lifting."""
    page = visitors.technician()
    page.keyboard.down("b")
    expect(page.locator("#bip")).to_contain_text("masqué")
    until(page, "document.querySelector('#bip:not([data-asked])')")
    page.wait_for_timeout(400)  # longer than a tap
    world.stage.answer_after_s = 1.0
    page.keyboard.up("b")
    page.keyboard.down("b")
    eventually(page, lambda: len(given(world, OpenMask)) == 2)
    first, second = given(world, OpenMask)
    eventually(page, lambda: given(world, CloseMask) == [CloseMask(mask=first.mask)])
    assert first.mask != second.mask
    page.wait_for_timeout(400)
    page.keyboard.up("b")
    eventually(page, lambda: CloseMask(mask=second.mask) in given(world, CloseMask))


def test_a_refusal_stays_beside_its_control_until_read(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    world.stage.refuses = "preparation_changee"
    page.keyboard.press(" ")
    note = page.locator(".takes > .refusal")
    expect(note).to_contain_text("La préparation a changé entre-temps")
    expect(note).to_have_attribute("role", "alert")
    world.stage.refuses = ""
    page.keyboard.press("3")
    on_preview(page, "3Hémicycle droit")
    expect(note).to_be_visible()
    note.get_by_role("button", name="Refus lu").click()
    expect(note).to_have_count(0)


def test_asked_is_seen_at_once_and_the_truth_after(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    world.stage.answer_after_s = 0.6
    seen_ms = page.evaluate(
        "new Promise(done => { const t = performance.now(); document.getElementById('cut').click();"
        " requestAnimationFrame(() => done(document.querySelector('#cut[data-asked]') ? performance.now() - t : 9999)); })"
    )
    assert seen_ms < 100
    on_programme(page, "1Perchoir")
    expect(page.locator("#cut[data-asked]")).to_have_count(0)
    on_programme(page, "2Hémicycle gauche")


def test_link_lost_is_said_and_repairs_itself(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.evaluate("window.sameDocument = true")
    world.host.stop()
    expect(page.locator("#bande-liaison")).to_contain_text("Liaison perdue depuis")
    clock = page.get_attribute("#tete-enreg-temps", "aria-label")
    until(page, f"document.getElementById('tete-enreg-temps').getAttribute('aria-label') > '{clock}'")
    expect(page.locator("#cut")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#cut")).to_have_attribute(
        "title", "Liaison perdue : la commande partira quand elle sera revenue."
    )
    expect(page.locator("#panique")).not_to_have_attribute("aria-disabled", "true")
    world.host.start()
    expect(page.locator("#bande-liaison")).to_be_hidden(timeout=10_000)
    page.keyboard.press("4")
    on_preview(page, "4Plan large")
    assert page.evaluate("window.sameDocument")
    expect(page.locator("#cut")).not_to_have_attribute("aria-disabled", "true")


def test_engine_away_is_an_alarm_with_what_to_do(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    world.stage.away = True
    world.do(world.stage.publish)
    expect(page.locator("#bande-alarme")).to_contain_text("Le moteur d’image ne répond plus")
    expect(page.locator("#tete-alarmes-nombre")).to_have_text("1")
    expect(page.locator("#cut")).to_have_attribute("title", "Le moteur d’image redémarre.")
    world.stage.away = False
    world.do(world.stage.publish)
    expect(page.locator("#tete-alarmes-nombre")).to_have_text("0")
    expect(page.locator("#bande-alarme")).to_be_hidden()


def test_alarms_name_the_source_and_the_remedy(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    lost = tuple(
        msgspec.structs.replace(source, state=SourceState.DOWN) if source.id == "cam3" else source
        for source in world.stage.status.sources
    )
    world.do(
        lambda: world.stage.change(
            sources=lost, alarms=(alarm("source_perdue", "cam3", 12_000), alarm("tout_neuf"))
        )
    )
    expect(page.locator("#bande-alarme")).to_contain_text("Hémicycle droit ne répond plus.")
    expect(page.locator(".tile[data-source='cam3'] .tile-badge")).to_have_text("perdue")
    page.click("#tete-alarmes")
    expect(page.locator("#alarmes-liste li")).to_have_count(2)
    expect(page.locator("#alarmes-liste")).to_contain_text("depuis 0:12")
    expect(page.locator("#alarmes-liste")).to_contain_text("Alarme tout neuf.")


def test_the_president_drives_the_seance_and_not_the_pictures(world: World, visitors: Visitors) -> None:
    page = visitors.technician(name="president")
    expect(page.locator("#cut")).to_have_attribute("title", "Réservé au technicien.")
    page.keyboard.press(" ")
    expect(page.locator(".takes > .refusal")).to_contain_text("Réservé au technicien.")
    assert not given(world, Cut)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#antenne-mot")).to_have_text("Antenne coupée")
    expect(page.locator("#donner")).to_have_attribute("title", "Réservé au technicien.")
    assert [command.on for command in given(world, SetAntenna)] == [False], (
        "to hide is everybody's, to show is not"
    )
    page.click("#onglet-seance")
    page.click("#seance-suspendre")
    expect(page.locator("#seance-etat")).to_have_text("séance suspendue")


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_safety_keys_never_move_nor_hide(world: World, visitors: Visitors, size: tuple[int, int]) -> None:
    page = visitors.technician(size)
    measure = """[...document.querySelectorAll('.safe')].map(key => {
      const box = key.getBoundingClientRect();
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return [key.textContent.trim(), box.x, box.y, box.width, box.height, key.contains(top)]; })"""
    first = page.evaluate(measure)
    assert len(first) == 11
    for name, x, y, width, height, on_top in first:
        assert on_top, name
        assert (
            x >= 0 and y >= 0 and x + width <= size[0] and y + height <= size[1] and min(width, height) >= 64
        ), name
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            assert page.evaluate(measure) == first
    world.do(
        lambda: world.stage.change(
            alarms=(alarm("programme_muet"), alarm("image_noire"), alarm("source_perdue", "cam1"))
        )
    )
    page.click("#tete-alarmes")
    page.keyboard.press("?")
    world.do(
        lambda: world.stage.change(antenna=AntennaStatus(on=False, slate=SlateName.FAULT, recovering=True))
    )
    expect(page.locator("#antenne-detail")).to_contain_text("reprise après incident")
    assert page.evaluate(measure) == first

"""The console in Chromium: buses, keys, safety, refusals, two consoles in step."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import msgspec
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from regie.board import AntennaStatus, OutputState, SourceState
from regie.domain.commands import (
    Auto,
    Cut,
    EngineCommand,
    SetAntenna,
    SetInput,
    SetOutput,
    SetPreview,
    SetRecording,
    SetTitle,
    SetTransition,
    TakeShot,
)
from regie.domain.model import Layout, SeanceState, Shot, SlateName, Title
from tests.system.pages.tools import DESK, PHONE, TABLET, Visitors, until
from tests.system.pages.world import PASSWORD, Sitting, World, alarm

pytestmark = pytest.mark.system
C = TypeVar("C", bound=EngineCommand)
RED, GREEN = "rgb(229, 56, 59)", "rgb(47, 179, 68)"


def given(world: World, kind: type[C]) -> list[C]:
    """The commands of one kind that reached the engine."""
    return [command for command in world.stage.commands if isinstance(command, kind)]


def eventually(page: Page, condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait for something on our side of the wire."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def on_programme(page: Page, name: str) -> None:
    """The red key of the programme's row is this one."""
    expect(page.locator("#rang-programme [aria-pressed='true']")).to_have_text([name])


def on_preview(page: Page, name: str) -> None:
    """The green key of the preview's row is this one."""
    expect(page.locator("#rang-preparation [aria-pressed='true']")).to_have_text([name])


def test_log_in_says_what_is_wrong_then_opens_the_console(visitors: Visitors) -> None:
    page = visitors.page()
    page.goto(visitors.url + "/regie")
    page.fill("#nom", "technicien")
    page.fill("#mot-de-passe", "faux mot de passe")
    page.click("#entrer button")
    expect(page.locator("#ennui")).to_contain_text("Nom ou mot de passe inconnu")
    page.fill("#mot-de-passe", PASSWORD)
    page.click("#entrer button")
    page.wait_for_url("**/regie")
    expect(page.locator("#tete-ville")).to_have_text("Saint-Exemple-sur-Loire")
    page.click("#deconnexion")
    page.wait_for_url("**/connexion**")


def test_first_password_must_be_changed(visitors: Visitors) -> None:
    page = visitors.page()
    page.goto(visitors.url + "/connexion")
    page.fill("#nom", "neuf")
    page.fill("#mot-de-passe", PASSWORD)
    page.click("#entrer button")
    expect(page.locator("#changer")).to_be_visible()
    page.fill("#nouveau", "une autre phrase")
    page.fill("#encore", "encore une autre")
    page.click("#changer button")
    expect(page.locator("#ennui-changer")).to_contain_text("diffèrent")
    page.fill("#encore", "une autre phrase")
    page.click("#changer button")
    page.wait_for_url("**/regie")


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
    page.click("[data-layout='quatre']")
    eventually(page, lambda: world.stage.buses.preview == Shot(("cam3", "cam4", "cam1", "cam2"), Layout.FOUR))
    page.keyboard.press(" ")
    expect(page.locator("#plan-programme")).to_contain_text("Hémicycle droit + Plan large")
    page.click("[data-layout='plein']")
    expect(page.locator("#places")).to_be_hidden()


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
    page.click("[data-slate='panne']")
    eventually(page, lambda: given(world, SetAntenna) == [SetAntenna(on=False, slate=SlateName.FAULT)])


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


def test_titles_are_found_composed_shown_and_taken_off(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    expect(page.locator("#elus li")).to_have_count(7)
    page.fill("#chercher-elu", "goff fin")
    expect(page.locator("#elus li")).to_have_count(1)
    page.fill("#chercher-elu", "boeuf")
    expect(page.locator("#elus li")).to_have_count(0)
    page.fill("#chercher-elu", "aissata")
    page.press("#chercher-elu", "Enter")
    expect(page.locator("#titre-fonction")).to_have_value("Adjointe à la culture")
    assert page.evaluate("document.activeElement.id") == "titre-afficher"
    page.keyboard.press("Enter")
    expect(page.locator("#titre-antenne-nom")).to_have_text("Mme Aïssata Diallo")
    wanted = Title("Mme Aïssata Diallo", "Adjointe à la culture", "Majorité municipale")
    assert given(world, SetTitle) == [SetTitle(title=wanted)]
    page.locator("#titre-afficher").blur()
    page.keyboard.press("t")
    expect(page.locator("#titre-antenne-nom")).to_have_text("Aucun synthé au programme")
    expect(page.locator("#titre-retirer")).to_have_attribute("aria-disabled", "true")


def test_sound_desk(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#onglet-son")
    line = page.locator(".sound-line", has_text="Micros de la salle")
    until(
        page,
        "parseFloat(document.querySelector('.sound-line .meter').style.getPropertyValue('--level')) > 0.3",
    )
    fader = line.get_by_role("slider")
    fader.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(line.locator(".gain")).to_have_text("−1,0 dB")
    eventually(page, lambda: given(world, SetInput)[-1] == SetInput(source="salle", gain_db=-1.0))
    line.get_by_role("button", name="Couper Micros de la salle").click()
    expect(line.get_by_role("button")).to_have_text("Coupé")
    until(page, "document.querySelector('.sound-line .meter').style.getPropertyValue('--level') === '0'")
    delay = line.get_by_role("spinbutton")
    delay.fill("120")
    delay.press("Tab")
    eventually(page, lambda: given(world, SetInput)[-1] == SetInput(source="salle", delay_ms=120))


def test_outputs_one_by_one_and_recording_held_to_stop(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    expect(page.locator("#onglet-sorties-etat")).to_have_text("1/1")
    page.click("#onglet-sorties")
    page.get_by_role("button", name="Démarrer Serveur de secours").click()
    expect(page.locator("#onglet-sorties-etat")).to_have_text("2/2")
    page.get_by_role("button", name="Arrêter Plateforme vidéo").click()
    expect(page.locator("#onglet-sorties-etat")).to_have_text("1/1")
    assert given(world, SetOutput) == [
        SetOutput(output="secours", on=True),
        SetOutput(output="video", on=False),
    ]
    retrying = msgspec.structs.replace(
        world.stage.status.outputs[1], state=OutputState.RETRYING, reconnects=3, dropped=12
    )
    world.do(lambda: world.stage.change(outputs=(world.stage.status.outputs[0], retrying)))
    expect(page.locator("#sorties")).to_contain_text("reconnexion")
    expect(page.locator("#sorties")).to_contain_text("3 reconnexions · 12 images sautées")
    stop = page.get_by_role("button", name="Arrêter (tenir) Enregistrement")
    stop.click()
    stop.click(delay=300)
    assert given(world, SetRecording) == []
    stop.click(delay=1000)
    expect(page.get_by_role("button", name="Enregistrer Enregistrement")).to_be_visible()
    assert given(world, SetRecording) == [SetRecording(on=False)]
    expect(page.locator("#tete-enreg")).not_to_have_attribute("data-on", "")


def test_seance_goes_through_its_states(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#onglet-seance")
    expect(page.locator("#ordre li")).to_have_count(5)
    expect(page.locator("#seance-ouvrir")).to_have_attribute("aria-disabled", "true")
    page.click("#seance-suspendre")
    expect(page.locator("#seance-etat")).to_have_text("séance suspendue")
    page.click("#seance-reprendre")
    expect(page.locator("#seance-etat")).to_have_text("séance ouverte")
    page.click("#seance-terminer")
    expect(page.locator("#seance-etat")).to_have_text("séance ouverte")
    page.locator("#seance-terminer").click(delay=1000)
    expect(page.locator("#seance-etat")).to_have_text("séance terminée")
    page.fill("#preparer-titre", "Séance du 9 avril")
    page.fill("#preparer-date", "2026-04-09T18:30")
    page.click("#preparer button")
    expect(page.locator("#seance-titre")).to_have_text("Séance du 9 avril")
    assert world.sittings.current is not None
    assert world.sittings.current.due_utc == 1_775_752_200
    expect(page.locator("#seance-quand")).to_have_text("jeudi 9 avril 2026 à 18 h 30")


def test_the_president_drives_the_seance_and_not_the_pictures(world: World, visitors: Visitors) -> None:
    page = visitors.technician(name="president")
    expect(page.locator("#cut")).to_have_attribute("title", "Réservé au technicien.")
    page.keyboard.press(" ")
    expect(page.locator(".takes > .refusal")).to_contain_text("Réservé au technicien.")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".safety > .refusal")).to_contain_text("Votre rôle ne permet pas cette commande.")
    assert not [c for c in world.stage.commands if isinstance(c, Cut | SetAntenna)]
    page.click("#onglet-seance")
    page.click("#seance-suspendre")
    expect(page.locator("#seance-etat")).to_have_text("séance suspendue")


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


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_safety_keys_never_move_nor_hide(world: World, visitors: Visitors, size: tuple[int, int]) -> None:
    page = visitors.technician(size)
    measure = """[...document.querySelectorAll('.safe')].map(key => {
      const box = key.getBoundingClientRect();
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return [key.textContent.trim(), box.x, box.y, box.width, box.height, key.contains(top)]; })"""
    first = page.evaluate(measure)
    assert len(first) == 6
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
        "[...document.querySelectorAll('.tile canvas')].every(canvas => Number(canvas.dataset.drawn) > 3)",
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
    expect(page.locator(".tile")).to_have_count(10)
    page.click(".tile[data-source='cam4']")
    expect(page.locator(".tile[data-source='cam4']")).to_have_css("border-top-color", GREEN)
    until(page, "Number(document.getElementById('image-programme').dataset.drawn) > 2")


def test_a_console_opened_before_any_seance(world: World, visitors: Visitors) -> None:
    world.do(lambda: world.sittings.become(None))
    page = visitors.technician()
    expect(page.locator("#tete-seance")).to_have_text("Aucune séance")
    page.click("#onglet-seance")
    page.click("#seance-ouvrir", force=True)
    expect(page.locator("#seance > .refusal")).to_contain_text("aucune n’est préparée")
    assert world.sittings.current is None
    world.do(lambda: world.sittings.become(replace(_sitting(world), state=SeanceState.COMING)))
    expect(page.locator("#tete-etat")).to_have_text("séance à venir")


def _sitting(world: World) -> Sitting:
    return world.sittings.current or Sitting("essai", "Séance d’essai", SeanceState.COMING)

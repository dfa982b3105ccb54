"""The panels of the console, and its log-in: titles, sound, outputs, séance."""

from dataclasses import replace

import msgspec
import pytest
from playwright.sync_api import Locator, expect

from regie.board import Counters, InputStatus, OutputState, SyncStatus
from regie.domain.commands import (
    MeasureSync,
    SetInput,
    SetOutput,
    SetRecording,
    SetTitle,
)
from regie.domain.model import SeanceState, Title
from tests.system.pages.operator import eventually, given
from tests.system.pages.tools import DESK, TABLET, Visitors, until
from tests.system.pages.world import PASSWORD, Sitting, World

pytestmark = pytest.mark.system


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


def test_counters_follow_the_engine_and_a_disk_that_fills_is_seen_in_the_head(
    world: World, visitors: Visitors
) -> None:
    page = visitors.technician()
    page.click("#onglet-sante")

    def fact(name: str) -> Locator:
        return page.locator("#compteurs > div", has_text=name).locator("dd")

    expect(fact("Images sautées")).to_have_text("2")
    expect(fact("Encodage d’une image")).to_have_text("11,4 ms")
    expect(fact("Débit montant")).to_have_text("4,1 Mb/s")
    expect(page.locator("#tete-debit")).to_have_text("4,1 Mb/s")
    expect(page.locator("#tete-disque")).to_have_text("61 h")
    expect(page.locator("#tete-disque-fait")).not_to_have_attribute("data-low", "")
    worse = Counters(
        frames=110_000,
        skipped=31,
        encoder_dropped=7,
        encoder_queue=9,
        encoder_ms=52.0,
        disk_free_gb=3,
        disk_hours=1.5,
    )
    world.do(lambda: world.stage.change(counters=worse))
    for name, value in (
        ("Images composées", "110\u202f000"),
        ("Images sautées", "31"),
        ("Images non encodées", "7"),
        ("File de l’encodeur", "9"),
        ("Encodage d’une image", "52,0 ms"),
        ("Débit montant", "0 kb/s"),
        ("Place sur le disque", "3 Go"),
    ):
        expect(fact(name)).to_have_text(value)
    expect(page.locator("#tete-disque")).to_have_text("1 h")
    expect(page.locator("#tete-disque-fait")).to_have_attribute("data-low", "")


def test_sound_desk(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    page.click("#onglet-son")
    cell = page.locator(".desk-cell", has_text="Micros de la salle")
    until(
        page,
        "parseFloat(document.querySelector('.desk-cell .meter').style.getPropertyValue('--level')) > 0.3",
    )
    cell.get_by_role("button", name="Régler Micros de la salle").click()
    strip = page.locator("#voie")
    expect(strip.locator(".strip-name")).to_have_text("Micros de la salle")
    fader = strip.get_by_role("slider", name="Gain de Micros de la salle")
    fader.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(strip.locator(".gain")).to_have_text("−1,0 dB")
    eventually(page, lambda: given(world, SetInput)[-1:] == [SetInput(source="salle", gain_db=-1.0)])
    cell.get_by_role("button", name="Couper Micros de la salle").click()
    expect(cell.locator(".mute")).to_have_text("Coupé")
    until(page, "document.querySelector('.desk-cell .meter').style.getPropertyValue('--level') === '0'")
    delay = strip.get_by_role("spinbutton")
    delay.fill("120")
    delay.press("Tab")
    eventually(page, lambda: given(world, SetInput)[-1:] == [SetInput(source="salle", delay_ms=120)])
    strip.get_by_label("Coupe-bas").select_option("80")
    eventually(page, lambda: given(world, SetInput)[-1:] == [SetInput(source="salle", high_pass_hz=80)])
    strip.get_by_label("Porte").select_option("-50")
    eventually(page, lambda: given(world, SetInput)[-1:] == [SetInput(source="salle", gate_db=-50.0)])
    strip.get_by_role("button", name="Écouter").click()
    expect(cell).to_have_attribute("data-solo", "")
    strip.get_by_role("button", name="Salle", exact=True).click()
    sent = SetInput(source="salle", sends=("programme", "enregistrement"))
    eventually(page, lambda: given(world, SetInput)[-1:] == [sent])
    sync = strip.get_by_role("button", name="Synchro")
    sync.click()
    eventually(page, lambda: given(world, MeasureSync)[-1:] == [MeasureSync(source="salle")])
    world.do(lambda: world.stage.change(sync=SyncStatus(source="salle", running=True)))
    expect(strip.get_by_text("Mesure…")).to_be_visible()
    world.do(lambda: world.stage.change(sync=SyncStatus(source="salle", offset_ms=40.2, events=3)))
    strip.get_by_text("Corriger +40 ms").click()
    eventually(page, lambda: given(world, SetInput)[-1:] == [SetInput(source="salle", delay_ms=80)])
    expect(strip.get_by_role("button", name="Synchro")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, TABLET])
def test_forty_microphones_are_worked_on_any_screen(
    world: World, visitors: Visitors, size: tuple[int, int]
) -> None:
    """Each keeps its place and can be reached; who speaks and who has the gain are seen; the choice shows its settings."""
    microphones = tuple(
        InputStatus(source=f"m{n}", name=f"Micro {n}", kind="micro", automix=True, levelled=True)
        for n in range(1, 41)
    )
    world.do(lambda: world.stage.change(inputs=microphones))
    page = visitors.technician(size)
    page.click("#onglet-son")
    expect(page.locator(".desk-cell")).to_have_count(40)
    if size == DESK:
        page.click("#son-large")
        bottom = page.evaluate("document.getElementById('entrees').getBoundingClientRect().bottom")
        last = page.locator(".desk-cell").nth(39).bounding_box()
        assert last is not None and last["y"] + last["height"] <= bottom + 1, "all are seen without scrolling"
    last_cell = page.locator(".desk-cell").nth(39)
    last_cell.get_by_role("button", name="Régler Micro 40").click()
    expect(page.locator("#voie .strip-name")).to_have_text("Micro 40")
    last_cell.get_by_role("button", name="Couper Micro 40").click()
    eventually(page, lambda: given(world, SetInput)[-1:] == [SetInput(source="m40", muted=True)])
    small = page.evaluate(
        "Array.from(document.querySelectorAll('.desk-cell button, #voie button'), (b) => b.getBoundingClientRect())"
        ".filter((r) => r.width && (r.height < 44 || r.width < 44)).length"
    )
    assert small == 0, "touch targets"
    expect(page.locator("#sonie-integree")).to_have_text("−16,4")
    expect(page.locator("#melanges .mix")).to_have_text(["N-1 · Micros de la salle", "Salle"])
    expect(page.locator(".desk-cell[data-voice]")).to_have_count(1)
    expect(page.locator(".desk-cell[data-shared]")).to_have_count(2)


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

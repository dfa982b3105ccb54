"""The check before a séance on the console: it comes first, the antenna waits for it, and its end tells when one may switch off."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from regie.board import AntennaStatus, SourceState
from regie.domain.commands import SetAntenna
from regie.domain.register import commands as cmd
from regie.domain.register.convocation import Posting, notice_places
from tests.encoded import programme
from tests.system.pages.council import Chamber, chamber
from tests.system.pages.tools import Visitors
from tests.unit.test_recording import record

pytestmark = pytest.mark.system


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Chamber]:
    """Nine members, nobody there yet, the notice at the door; the antenna not given, one camera lost."""
    with chamber(tmp_path, members=9) as there:
        lost = tuple(
            msgspec.structs.replace(one, state=SourceState.DOWN) if one.id == "cam2" else one
            for one in there.stage.status.sources
        )
        doors = notice_places(there.register.specs)
        there.do(
            cmd.ProveConvocation(
                postings=tuple(Posting(place=door, at_utc_ms=1, agent="accueil") for door in doors)
            )
        )
        there.tell(antenna=AntennaStatus(), sources=lost)
        yield there


def test_the_antenna_waits_for_a_red_line_or_for_two_steps(browser: Browser, hall: Chamber) -> None:
    page = Visitors(browser, hall.url).technician()
    # Before the public has anything, the check is what one sees first, what is red at its head.
    first = page.locator("#controle-lignes .check").first
    expect(first).to_contain_text("Sans image : Hémicycle gauche.")
    expect(first).to_have_attribute("data-state", "rouge")
    expect(page.locator("#controle-mot")).to_have_text("1 ligne rouge : l’antenne attend.")
    expect(page.locator("#multivue .tile").first).to_be_visible()
    page.click("#donner")
    expect(page.locator("#outre")).to_contain_text("Sans image : Hémicycle gauche.")
    page.locator("#outre-donner").click()
    page.locator("#outre-donner").click(delay=300)
    assert SetAntenna(on=True) not in hall.stage.commands
    page.click("#outre-fermer")
    expect(page.locator("#outre")).to_be_hidden()

    # The camera is back: one step is enough.
    hall.tell(
        sources=tuple(
            msgspec.structs.replace(one, state=SourceState.LIVE) for one in hall.stage.status.sources
        )
    )
    expect(page.locator("#controle-mot")).to_contain_text("Rien n’empêche de donner l’antenne")
    page.click("#donner")
    expect(page.locator("#antenne-mot")).to_have_text("À l’antenne")
    expect(page.locator("#controle")).to_be_hidden()
    assert hall.stage.commands.count(SetAntenna(on=True)) == 1


def test_in_spite_of_the_check_takes_a_key_that_is_held(browser: Browser, hall: Chamber) -> None:
    page = Visitors(browser, hall.url).technician()
    page.click("#donner")
    page.locator("#outre-donner").click(delay=1000)
    expect(page.locator("#outre")).to_be_hidden()
    expect(page.locator("#antenne-mot")).to_have_text("À l’antenne")
    view = hall.core.view()
    assert view is not None
    assert b'"outre":true' in (hall.folder / "seances" / view.id / "controle.json").read_bytes()


def test_after_the_end_the_recordings_are_read_again_before_one_switches_off(
    browser: Browser, hall: Chamber
) -> None:
    view = hall.core.view()
    assert view is not None
    folder = hall.folder / "seances" / view.id / "enregistrement"
    folder.mkdir(parents=True)
    record(folder / "20270115T180000Z-r1.mp4", programme().packets)
    hall.do(
        *(cmd.Arrive(person=f"e{rank}", room="salle") for rank in range(1, 8)),
        cmd.OpenSitting(president="e1"),
        cmd.CloseSitting(),
    )
    page = Visitors(browser, hall.url).technician()
    page.click("#onglet-seance")
    expect(page.locator("#apres-mot")).to_have_text("Avant d’éteindre : relire, et noter l’empreinte.")
    page.click("#relire-fichiers")
    expect(page.locator("#apres-mot")).to_have_text("Relu et sans défaut : on peut éteindre.")
    expect(page.locator("#apres-fichiers .digest")).to_contain_text("sha256 ")
    expect(page.locator("#apres-fichiers")).to_contain_text("0:06")

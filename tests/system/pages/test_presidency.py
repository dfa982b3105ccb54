"""The president's screen: what is possible now, why the rest is not, the floor, and the proclamation that alone shows a result."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from regie.board import AntennaStatus, InputStatus
from regie.domain.register import commands as cmd
from regie.domain.register.votes import Ballot, Choice
from regie.domain.speaking import SpeakingTime, Spoken
from tests.system.pages.council import Chamber, chamber, enter, name_of
from tests.system.pages.tools import PHONE, Visitors

pytestmark = pytest.mark.system


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Chamber]:
    """Nineteen members, nobody there yet."""
    with chamber(tmp_path, members=19) as there:
        yield there


def test_a_president_from_the_opening_to_the_proclamation(browser: Browser, hall: Chamber) -> None:
    visitors = Visitors(browser, hall.url)
    page = enter(visitors, hall.url, "president", "/presidence")
    # Impossible: grey, with its reason and article; a press says it too and changes nothing.
    opening = page.get_by_role("button", name="Ouvrir la séance")
    expect(opening).to_have_attribute("aria-disabled", "true")
    hall.do(*(cmd.Arrive(person=f"e{rank}", room="salle") for rank in range(2, 10)))
    hall.do(cmd.Arrive(person="e1", room="salle"))
    expect(page.locator(".act-why").first).to_contain_text("art. L.2121-17) : 9 présents, 10 requis")
    hall.do(cmd.Arrive(person="e10", room="salle"))
    expect(page.locator("#lampe-quorum")).to_contain_text("10 présents, 10 requis")
    opening.click()
    expect(page.locator("#point-rang")).to_have_text("Séance ouverte")
    page.get_by_role("button", name="Appeler le point 1").click()
    expect(page.locator("#point-titre")).to_contain_text("procès-verbal")
    assert page.locator(".act").count() <= 5

    # The floor: from the queue in one tap, a point of order first; taken back.
    hall.do(cmd.AskFloor(person="e3"), cmd.AskFloor(person="e4", point_of_order=True))
    page.get_by_role("button", name=f"1. {name_of(4)}").click()
    expect(page.locator("#orateur")).to_have_text(name_of(4))
    expect(page.locator("#file-titre")).to_have_text("Demandes de parole : 1")
    page.get_by_role("button", name="Reprendre la parole").click()
    expect(page.locator("#orateur")).to_have_text("Personne")
    page.locator("#donner select").select_option("e6")
    expect(page.locator("#orateur")).to_have_text(name_of(6))

    # Two taps: a point of order, which has the floor; a déport, out of the quorum of the item.
    page.get_by_role("button", name="Rappel au règlement…").click()
    page.locator("#reglages").get_by_role("button", name=name_of(5)).click()
    expect(page.locator("#orateur")).to_have_text(name_of(5))
    assert hall.register.floor.turn is not None and hall.register.floor.turn.person == "e5"
    hall.do(cmd.Arrive(person="e11", room="salle"))
    page.get_by_role("button", name="Déport…").click()
    page.locator("#reglages").get_by_role("button", name=name_of(11)).click()
    expect(page.locator("#reglages")).to_be_hidden()
    assert list(hall.register.item("p1").recused) == ["e11"]
    page.locator("#donner select").select_option("e6")
    expect(page.locator("#orateur")).to_have_text(name_of(6))

    # His own microphone: open and on air, open, closed.
    desk = page.locator("#lampe-micro")
    for on, muted, words in (
        (True, False, "Votre micro est ouvertà l’antenne"),
        (False, False, "Votre micro est ouverthors antenne, entendu dans la salle"),
        (True, True, "Votre micro est fermé"),
    ):
        hall.tell(
            antenna=AntennaStatus(on=on),
            inputs=(InputStatus(source="micro1", kind="micro", muted=muted), InputStatus(source="cam1")),
        )
        expect(desk).to_have_text(words)

    # Without network the floor is given by word of mouth: grey, with its reason.
    page.context.set_offline(True)
    expect(page.locator("#donner select")).to_be_disabled(timeout=20_000)
    expect(page.get_by_role("button", name="Reprendre la parole")).to_have_attribute("aria-disabled", "true")
    page.context.set_offline(False)
    expect(page.locator("#donner select")).to_be_enabled(timeout=20_000)
    # What this tablet had sent as the link went, and that was refused since, is told and settled here too.
    entry = {
        "key": "essai-0001",
        "command": {"type": "give_floor", "person": "e5"},
        "label": "Parole à quelqu’un",
        "at_ms": (hall.register.floor.turns[-1].since_ms - 1),
        "late": True,
        "seance": "",
    }
    kept = "entry => localStorage.setItem('regie.registre.attente/president/' + entry.key, JSON.stringify(entry))"
    page.evaluate(kept, entry)
    page.reload()
    asked = page.locator(".contradiction")
    expect(asked).to_contain_text("Parole à quelqu’un")
    asked.get_by_role("button", name="S’en tenir au registre").click()
    expect(asked).to_have_count(0)
    expect(page.locator("#orateur")).to_have_text(name_of(6))

    # What the microphones counted, by group, and on this item.
    said = {"place6": {"": Spoken(seat="place6", ms=61_000, speeches=1)}}
    said["place3"] = {"p1": Spoken(seat="place3", item="p1", ms=4_000, speeches=1)}
    hall.direction.times = SpeakingTime(spoken=said)

    page.get_by_role("button", name="Ouvrir le vote").click()
    expect(page.get_by_role("button", name="Clore : unanimité")).to_be_visible()
    spoken = "Ensemble1 min 05 · 100 %, dont 0 min 04 sur ce point"
    expect(page.locator("#temps-groupes")).to_have_text(spoken, timeout=15_000)
    hall.do(cmd.CloseVote(ballots=(Ballot("e3", Choice.AGAINST),)))
    expect(page.locator("#resultat")).to_contain_text("9 pour, 1 contre")
    told = page.evaluate("fetch('/api/v1/public').then((answer) => answer.text())")
    assert "1 contre" not in told
    proclaim = page.get_by_role("button", name="Proclamer")
    others = [box["width"] for act in page.locator(".act").all() if (box := act.bounding_box())]
    box = proclaim.bounding_box()
    assert box is not None and box["width"] == max(others)
    proclaim.click()
    expect(page.locator("#point-rang")).to_contain_text("adopté")
    # What suspends is held, not clicked.
    suspend = page.get_by_role("button", name="Suspendre (tenir)")
    suspend.click()
    expect(page.locator("#point-rang")).to_contain_text("adopté")
    suspend.hover()
    page.mouse.down()
    expect(page.locator("#point-rang")).to_have_text("Séance suspendue")
    page.mouse.up()
    page.get_by_role("button", name="Reprendre la séance").click()
    expect(page.get_by_role("button", name="Appeler le point 2")).to_be_visible()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitors.leave()

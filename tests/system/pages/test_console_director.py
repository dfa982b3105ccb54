"""The console's automatic director: modes, countdown, the reason of each cut, the seats."""

import os
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from regie.directing.news import (
    ChooseSeat,
    CutNews,
    DirectorNews,
    Exclude,
    Keep,
    Learn,
    LearningNews,
    SeatNews,
    SetMode,
    ShowDocument,
)
from regie.domain.model import Shot
from regie.domain.speaking import SpeakingTime, Spoken
from regie.errors import Refusal
from tests.system.pages.operator import eventually
from tests.system.pages.tools import DESK, Visitors
from tests.system.pages.world import World

pytestmark = pytest.mark.system
SEATS = tuple(
    SeatNews(
        id=f"p{n}",
        name=f"Place {n}",
        person=name,
        group="Majorité" if n % 2 else "Opposition",
        president=n == 1,
        cameras=("cam1",),
    )
    for n, name in enumerate(
        ("Mme Diallo", "M. Leroy", "Mme Haddad", "M. Quéméner", "Mme Perrot", "M. N'Diaye", "Mme Colin"), 1
    )
)
NEWS = DirectorNews(
    active=True,
    mode="auto",
    back_of_ms=15_000,
    why="Mme Diallo (micro 1) depuis 4 s — candidat : M. Leroy 0,3 s",
    holder="p1",
    seats=(
        msgspec.structs.replace(SEATS[0], speaking=True, on_air=True, button="ouvert"),
        SEATS[1],
        msgspec.structs.replace(SEATS[2], button="demande"),
        msgspec.structs.replace(SEATS[3], absent=True),
        *SEATS[4:],
    ),
    requests=("p3",),
    cuts=(CutNews(utc_ms=1_800_000_000_000, shot=Shot(("cam1",)), why="Mme Diallo (micro 1) depuis 0,4 s"),),
)


def tell(world: World, news: DirectorNews) -> None:
    world.do(lambda: world.stage.news.director.put(news))


def photograph(page: Page, name: str) -> None:
    """For who looks at the page by hand: REGIE_PHOTOS names a folder."""
    if folder := os.environ.get("REGIE_PHOTOS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize("size", [DESK, (1024, 768), (390, 844)], ids=["bureau", "tablette", "telephone"])
def test_the_line_says_why_and_the_modes_are_asked(
    world: World, visitors: Visitors, size: tuple[int, int]
) -> None:
    page = visitors.technician(size)
    expect(page.locator("#automatique")).to_be_hidden()
    tell(world, NEWS)
    expect(page.locator("#auto-pourquoi")).to_have_text(NEWS.why)
    expect(page.locator("[data-mode='auto'][role='radio']")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#auto-garder")).to_be_hidden()
    page.click("[data-mode='manuel'][role='radio']")
    eventually(page, lambda: world.direction.asked == [SetMode(mode="manuel")])
    tell(world, msgspec.structs.replace(NEWS, mode="manuel", back_ms=12_000))
    expect(page.locator("#auto-retour-mot")).to_contain_text("auto dans 1")
    page.click("#auto-garder")
    eventually(page, lambda: world.direction.asked[-1] == Keep())
    photograph(page, f"auto-{size[0]}")
    if size[0] > 820:
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_seat_is_shown_excluded_learnt(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    tell(world, NEWS)
    page.click("#onglet-auto")
    expect(page.locator("#auto-places li")).to_have_count(7)
    expect(page.locator("[data-seat='p1']")).to_contain_text("à l’antenne, parle")
    expect(page.locator("[data-seat='p3'] .auto-rank")).to_have_text("1")
    expect(page.locator("#auto-coupes li")).to_contain_text("Mme Diallo (micro 1) depuis 0,4 s")
    page.click("[data-seat='p2']")
    eventually(page, lambda: world.direction.asked == [ChooseSeat(seat="p2")])
    page.click("[data-seat='p4']", force=True)
    expect(page.locator(".auto-plan .refusal")).to_contain_text("n’est pas montrée")
    page.click("#auto-exclure")
    page.click("[data-seat='p2']")
    eventually(page, lambda: world.direction.asked[-1] == Exclude(seat="p2", out=True))
    page.click("#auto-apprendre")
    page.click("[data-seat='p5']")
    eventually(page, lambda: world.direction.asked[-1] == Learn(seat="p5"))
    tell(world, msgspec.structs.replace(NEWS, learning=LearningNews(seat="p5")))
    expect(page.locator("#auto-apprentissage-mot")).to_contain_text("Presser le micro de Mme Perrot")
    photograph(page, "auto-panneau")
    # Which source the council looks at: the bars here, no camera and no sound alone.
    document = page.locator("#auto-document")
    assert "son" not in {one.get_attribute("value") for one in document.locator("option").all()}
    expect(document.locator("option[value='cam1']")).to_have_count(0)
    document.select_option("mire")
    eventually(page, lambda: world.direction.asked[-1] == ShowDocument(source="mire"))
    tell(world, msgspec.structs.replace(NEWS, document="mire", learning=LearningNews(seat="p5")))
    expect(document).to_have_value("mire")
    document.select_option("")
    eventually(page, lambda: world.direction.asked[-1] == ShowDocument())
    page.click("#auto-fin-apprendre")
    eventually(page, lambda: world.direction.asked[-1] == Learn(seat=None))


def test_a_refusal_is_said_and_the_keyboard_works(world: World, visitors: Visitors) -> None:
    page = visitors.technician()
    world.direction.failure = Refusal("no", code="realisation_impossible")
    tell(world, NEWS)
    expect(page.locator("#automatique")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator(".auto-bar .refusal")).to_contain_text("n’a rien à conduire")
    assert world.direction.asked == [SetMode(mode="manuel")]


def test_speaking_times_are_shown_and_carried_away(world: World, visitors: Visitors) -> None:
    spoken = Spoken(seat="p1", item="1", ms=65_000, speeches=2)
    aside = Spoken(seat="p1", ms=5000, speeches=1)
    world.direction.times = SpeakingTime(spoken={"p1": {"1": spoken, "": aside}})
    page = visitors.technician()
    tell(world, NEWS)
    page.click("#onglet-auto")
    found = page.request.get(f"{visitors.url}/api/v1/realisation/temps-de-parole").json()
    assert [row["secondes"] for row in found["lignes"]] == [5.0, 65.0]
    assert list(found["par_point"].values()) == [5.0, 65.0] and "Hors ordre du jour" in found["par_point"]
    page.select_option("#auto-temps-par", "par_elu")
    expect(page.locator("#auto-temps")).to_contain_text("1 min 10 · 100 %")
    page.select_option("#auto-temps-par", "par_point")
    expect(page.locator("#auto-temps")).to_contain_text("Hors ordre du jour0 min 05")
    photograph(page, "auto-temps")
    table = page.request.get(f"{visitors.url}/api/v1/realisation/temps-de-parole.csv").text()
    assert table.splitlines()[2].endswith(";1;;65,0;2")

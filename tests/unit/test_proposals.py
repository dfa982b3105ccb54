"""Passages to listen to again, from the register alone: who is named in an item, and is not of the council."""

import msgspec
import pytest

from regie.domain.proposals import named, proposals
from tests.unit.council import Council, convene, counts, item

pytestmark = pytest.mark.unit


@pytest.fixture
def council() -> Council:
    council = Council(
        convene(
            9,
            (
                item("1", title="Budget primitif"),
                item("2", title="Protection fonctionnelle de Mme Anne de La Tour", report="Pour M. Le Gall."),
                item("3", title="Situation d'un agent", sensitive=True),
                item("4", title="Hommage à Madame Louise Petit"),
            ),
        )
    )
    council.open(8)
    return council


def test_an_item_that_names_somebody_or_is_flagged_is_proposed_from_its_call_to_the_next(
    council: Council,
) -> None:
    begun = {}
    for name in ("1", "2", "3"):
        council.call(name)
        begun[name] = council.register.items[int(name) - 1].called_ms
        council.wait(60)
        council.vote(counts(8, 0, 0))
    found = proposals(council.register, now_ms=council.now)
    assert [(one.item, one.flagged) for one in found] == [("2", False), ("3", True)]
    assert found[0].names == ("Anne de La Tour", "Le Gall") and found[1].names == ()
    assert (found[0].start_ms, found[0].end_ms) == (begun["2"], begun["3"])
    assert found[1].end_ms == council.now
    assert [one.item for one in proposals(council.register, ["1"], council.now)] == ["1", "2", "3"]


def test_councillors_are_not_persons_to_hide(council: Council) -> None:
    known = msgspec.structs.replace(council.register.roster.councillors[0], name="Mme Claire Diallo")
    roster = msgspec.structs.replace(council.register.roster, councillors=(known,))
    register = msgspec.structs.replace(council.register, roster=roster)
    assert named(register, "Proposition de Madame Diallo", "Rapport de Mme Claire Diallo") == ()
    assert named(register, "Subvention à M. Jean Diallo") == ("Jean Diallo",), "a namesake is somebody else"
    assert named(register, "Lecture par Monsieur le maire", "M. D'Ornano, Mme Ève Roy-Lafitte") == (
        "D'Ornano",
        "Ève Roy-Lafitte",
    )

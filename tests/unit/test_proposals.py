"""Passages to listen to again, from the register alone: who is named in an item, and is not of the council."""

import msgspec
import pytest

from regie.domain.proposals import LAST_CALL_MS, LiveProposal, live_proposal, named, proposals
from regie.domain.register import commands as cmd
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


def _live(council: Council, held_ms: int = 10_000, after_ms: int = 0) -> LiveProposal | None:
    return live_proposal(council.register, ["1"], council.now + after_ms, held_ms, lead_ms=3000)


def test_live_what_is_said_at_the_call_of_an_item_that_names_somebody_is_proposed_while_it_can_be_caught(
    council: Council,
) -> None:
    assert _live(council) is None
    council.call("2")
    found = _live(council)
    assert found is not None and (found.item, found.speaker) == ("2", False)
    assert found.names == ("Anne de La Tour", "Le Gall")
    assert found.start_ms == council.now - 3000
    for after_ms in range(0, found.lasts_ms + 1, 500):
        again = _live(council, after_ms=after_ms)
        assert again == found
        assert found.start_ms - (council.now + after_ms - 10_000) >= LAST_CALL_MS, "before it leaves"
    assert _live(council, after_ms=found.lasts_ms + 1) is None


def test_live_each_who_begins_to_speak_of_it_is_a_proposal_of_its_own(council: Council) -> None:
    council.call("2")
    called = council.now
    council.do(cmd.OpenDebate())
    council.wait(20)
    assert _live(council) is None
    council.do(cmd.GiveFloor(person="e4"))
    found = _live(council)
    assert found is not None and found.speaker and found.start_ms == council.now - 3000 > called
    council.vote(counts(8, 0, 0))
    assert _live(council) is None, "the council is done with it"


def test_live_a_flagged_item_is_proposed_and_another_is_not_nor_with_a_delay_that_is_too_short(
    council: Council,
) -> None:
    council.call("1")
    assert _live(council) is not None, "flagged by the configuration"
    assert live_proposal(council.register, [], council.now, 10_000, 3000) is None
    assert _live(council, held_ms=3900) is None
    short = _live(council, held_ms=5000)
    assert short is not None and short.lasts_ms >= 2000
    assert short.start_ms - (council.now - 5000) >= LAST_CALL_MS


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

"""The floor: asked for in order, given by the president, timed; what the law says of who may speak (V6, V7, DP2, HC2)."""

import pytest

from regie.domain.register import commands as cmd
from regie.domain.register import floor
from tests.unit.council import Council, convene, item

pytestmark = pytest.mark.unit


@pytest.fixture
def council() -> Council:
    """Nine members, seven there, item 1 on the table."""
    council = Council(convene(9, (item("1"), item("2"))))
    council.open(8)
    council.call("1")
    return council


def queue(council: Council) -> list[str]:
    return [wish.person for wish in council.register.floor.queue]


def test_who_asked_first_speaks_first_but_for_a_point_of_order(council: Council) -> None:
    for person in ("e3", "e4"):
        council.do(cmd.AskFloor(person=person))
    council.do(cmd.AskFloor(person="e5", point_of_order=True))
    council.do(cmd.AskFloor(person="e6", point_of_order=True))
    assert queue(council) == ["e5", "e6", "e3", "e4"]
    assert council.refused(cmd.AskFloor(person="e3")) == "parole_deja_demandee"
    council.do(cmd.WaiveFloor(person="e6"))
    assert council.refused(cmd.WaiveFloor(person="e6")) == "parole_pas_demandee"
    council.do(cmd.ReorderQueue(order=("e4", "e5", "e3")))
    assert council.refused(cmd.ReorderQueue(order=("e4", "e5"))) == "ordre_incomplet"
    assert queue(council) == ["e4", "e5", "e3"]


def test_one_speaks_at_a_time_and_every_turn_is_timed(council: Council) -> None:
    council.do(cmd.AskFloor(person="e3"))
    council.do(cmd.GiveFloor(person="e3"))
    assert council.refused(cmd.GiveFloor(person="e3")) == "parole_deja_donnee"
    council.wait(59)
    council.do(cmd.GiveFloor(person="e4"))  # an interruption: the president's word is enough
    council.wait(29)
    council.do(cmd.TakeFloor())
    assert council.refused(cmd.TakeFloor()) == "personne_ne_parle"
    assert queue(council) == []
    assert floor.spoken_ms(council.register.floor, council.now) == {"e3": 61_000, "e4": 30_000}
    assert [turn.item for turn in council.register.floor.turns] == ["1", "1"]


def test_time_is_allowed_extended_and_starts_anew(council: Council) -> None:
    assert council.refused(cmd.AllowTime(turn_ms=-1)) == "duree_incoherente"
    council.do(cmd.AllowTime(turn_ms=180_000, item_ms=1_200_000))
    assert council.refused(cmd.ExtendTime(by_ms=120_000)) == "personne_ne_parle"
    council.do(cmd.GiveFloor(person="e3"))
    council.do(cmd.ExtendTime(by_ms=120_000))
    assert council.register.floor.allowed_ms == 300_000
    council.do(cmd.GiveFloor(person="e4"))
    assert council.register.floor.allowed_ms == 180_000
    council.do(cmd.AllowTime())
    assert council.register.floor.allowed_ms == 0
    assert council.refused(cmd.ExtendTime(by_ms=1000)) == "duree_incoherente"


@pytest.mark.parametrize(
    "act",
    [
        cmd.Leave(person="e3"),
        cmd.SuspendSitting(),
        cmd.OpenVote(),
        cmd.CloseSitting(),
        cmd.TakeFloor(),
    ],
)
def test_the_turn_ends_with_what_ends_it(council: Council, act: cmd.AnyCommand) -> None:
    council.do(cmd.GiveFloor(person="e3"))
    council.do(act)
    assert council.register.floor.turn is None


def test_the_next_item_starts_with_an_empty_queue(council: Council) -> None:
    council.do(cmd.AskFloor(person="e3"))
    council.do(cmd.NoteItem(item="1"))
    council.call("2")
    assert queue(council) == []


def test_who_may_not_speak(council: Council) -> None:
    assert council.refused(cmd.GiveFloor(person="e9")) == "elu_absent"
    assert council.refused(cmd.AskFloor(person="nobody")) == "elu_inconnu"
    council.do(cmd.Recuse(item="1", seat="e4"))
    assert council.refused(cmd.GiveFloor(person="e4")) == "DP2"
    assert council.refused(cmd.AskFloor(person="e4")) == "DP2"
    council.do(cmd.GiveFloor(person="e3"))
    council.do(cmd.AskFloor(person="e5"))
    council.do(cmd.Recuse(item="1", seat="e3"))
    council.do(cmd.Recuse(item="1", seat="e5"))
    assert council.register.floor.turn is None and queue(council) == []
    council.do(cmd.OpenVote())
    assert council.refused(cmd.GiveFloor(person="e6")) == "vote_en_cours"


def test_nobody_debates_a_request_for_closed_doors(council: Council) -> None:
    council.do(cmd.AskClosedDoors(by_head=True, reason="données médicales"))
    assert council.refused(cmd.GiveFloor(person="e3")) == "HC2"


def test_a_proxy_handed_over_before_it_is_entered_counts_from_then(council: Council) -> None:
    from tests.unit.council import writing

    then = council.now - 5_000
    flags = council.flags(cmd.LodgeProxy(proxy="p", writing=writing(9, 2), when_ms=then))
    assert council.register.proxies[-1].received_ms == then and flags == {"QU4"}

"""Worked sessions, whole: SC1 arrivals and departures, SC3 thresholds and ties, SC8 closed doors."""

import pytest

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register.agenda import RecusalKind
from regie.domain.register.items import ItemState
from regie.domain.register.state import Phase
from regie.domain.register.votes import Choice, Mode, published
from tests.unit.council import EPCI, Council, ballots, convene, counts, item

pytestmark = pytest.mark.unit

FOR, AGAINST, ABSTAINS = Choice.FOR, Choice.AGAINST, Choice.ABSTAINS


def scdl(council: Council, name: str) -> tuple[int, ...]:
    """EFFECTIF/REEL/POUR/CONTRE/ABST."""
    vote = council.last_vote(name)
    assert vote.tally is not None
    one = published(vote.tally, vote.snapshot.in_office, len(council.item(name).recusals))
    return one.members, one.voters, one.for_, one.against, one.abstentions


def sc1() -> Council:
    council = Council(convene(35))
    council.do(cmd.EndMandate(councillor="e34"))
    council.do(cmd.EndMandate(councillor="e35"))
    for giver in range(18, 27):
        council.proxy(giver, giver - 10)
    council.open(17)
    return council


def test_sc1_a_commune_with_arrivals_and_departures() -> None:
    council = sc1()
    assert council.register.phase is Phase.OPEN
    now = assembly.snapshot(council.register)
    assert (now.in_office, now.needed, len(now.present), len(now.represented)) == (33, 17, 17, 9)

    council.call("1")
    council.vote(counts(14, 11, 1))
    outcome = council.last_vote("1").outcome
    assert outcome is not None and (outcome.adopted, outcome.needed) == (True, 13)
    assert scdl(council, "1") == (33, 26, 14, 11, 1)

    council.call("2")
    council.do(cmd.Leave(person="e8"))  # e8 holds e18's proxy
    council.vote(counts(12, 12, 0), president=FOR)
    outcome = council.last_vote("2").outcome
    assert outcome is not None and outcome.casting and outcome.rule == "VO7"
    assert council.state("2") is ItemState.ADOPTED
    assert council.last_vote("2").absent == ("e8",)
    assert scdl(council, "2") == (33, 24, 12, 12, 0)

    assert council.refused(cmd.CallItem(items=("3",))) == "QU3"
    council.do(cmd.Arrive(person="e26", room="hall"))  # had given a proxy to e16
    now = assembly.snapshot(council.register)
    assert (len(now.present), len(now.represented)) == (17, 7)
    council.call("3")
    council.vote(counts(20, 0, 4))
    outcome = council.last_vote("3").outcome
    assert outcome is not None and (outcome.adopted, outcome.needed) == (True, 11)
    assert scdl(council, "3") == (33, 24, 20, 0, 4)


def test_sc1_the_register_keeps_both_instants_of_the_lost_quorum() -> None:
    council = sc1()
    assert not assembly.falls_short(council.register)
    council.do(cmd.Leave(person="e8"))
    assert assembly.falls_short(council.register)
    council.do(cmd.Arrive(person="e27", room="hall"))
    assert not assembly.falls_short(council.register) and not assembly.falls_short(None)
    kinds = [event.KIND for event in council.told]
    assert kinds.index("quorum_lost") < kinds.index("quorum_regained")


def sc3() -> Council:
    council = Council(convene(19, [item(str(n)) for n in range(1, 7)]))
    for giver in range(15, 19):
        council.proxy(giver, giver - 10)
    council.open(14)
    return council


def test_sc3_ties_and_the_casting_vote() -> None:
    council = sc3()
    council.call("1")
    council.vote(counts(8, 8, 2), president=AGAINST)
    assert council.state("1") is ItemState.REJECTED
    council.call("2")
    council.vote(counts(8, 8, 2), president=FOR)
    assert council.state("2") is ItemState.ADOPTED
    assert scdl(council, "2") == (19, 18, 8, 8, 2)


def test_sc3_a_third_makes_a_secret_ballot_without_casting_vote() -> None:
    council = sc3()
    council.call("3")
    council.do(cmd.RequestBallot(item="3", mode=Mode.SECRET, requesters=("e2", "e3", "e4", "e5", "e6")))
    request = council.item("3").requests[-1]
    assert (request.present, request.needed, request.granted) == (14, 5, True)
    council.vote(counts(8, 8, 0, blancs=1, nuls=1))
    vote = council.last_vote("3")
    assert vote.mode is Mode.SECRET and vote.ballots == ()
    assert vote.outcome is not None and (vote.outcome.needed, vote.outcome.rule) == (9, "VO9")
    assert council.state("3") is ItemState.REJECTED


def test_sc3_a_quarter_makes_a_public_ballot_with_every_name() -> None:
    council = sc3()
    council.call("4")
    four = ("e2", "e3", "e4", "e5")
    council.do(cmd.RequestBallot(item="4", mode=Mode.SECRET, requesters=four))
    council.do(cmd.RequestBallot(item="4", mode=Mode.PUBLIC, requesters=four))
    secret, public = council.item("4").requests
    assert (secret.needed, secret.granted) == (5, False)
    assert (public.needed, public.granted) == (4, True)
    council.do(cmd.OpenVote())
    assert council.refused(cmd.CloseVote()) == "VO3"
    everybody = {voice.seat: FOR for voice in council.last_vote("4").voices}
    council.do(cmd.CloseVote(ballots=ballots(**everybody)))
    assert len(council.last_vote("4").ballots) == 18


def test_sc3_the_secret_prevails_over_the_public() -> None:
    council = sc3()
    council.call("5")
    council.do(cmd.RequestBallot(item="5", mode=Mode.PUBLIC, requesters=("e7", "e8", "e9", "e10")))
    council.do(cmd.RequestBallot(item="5", mode=Mode.SECRET, requesters=("e2", "e3", "e4", "e5", "e6")))
    assert council.refused(cmd.OpenVote(mode=Mode.PUBLIC)) == "VO5"
    council.do(cmd.OpenVote())
    assert council.last_vote("5").mode is Mode.SECRET


def test_sc3_a_president_who_abstains_has_no_casting_vote() -> None:
    council = sc3()
    council.call("6")
    council.do(cmd.OpenVote())
    assert council.refused(cmd.CloseVote(tally=counts(7, 7, 4))) == "VO7"
    assert council.flags(cmd.CloseVote(tally=counts(7, 7, 4), president=ABSTAINS)) == {"VO8"}
    council.do(cmd.Proclaim())
    assert council.state("6") is ItemState.REJECTED


def doors_are_closed(council: Council) -> bool:
    return council.register.doors.hold


def sc8() -> Council:
    council = Council(convene(35))
    for giver in range(22, 28):
        council.proxy(giver, giver - 10)
    council.open(21)
    return council


def test_sc8_closed_doors_weigh_abstentions_against() -> None:
    council = sc8()
    reason = "données médicales d'un agent"
    council.do(cmd.AskClosedDoors(requesters=("e2", "e3"), reason=reason))
    assert council.refused(cmd.DecideClosedDoors(tally=counts(13, 6, 8))) == "HC2"
    council.do(cmd.AskClosedDoors(requesters=("e4",), reason=reason))
    council.do(cmd.DecideClosedDoors(tally=counts(13, 6, 8)))
    assert not doors_are_closed(council)

    council.do(cmd.AskClosedDoors(by_head=True, reason=reason))
    council.do(cmd.DecideClosedDoors(tally=counts(14, 5, 8)))
    assert doors_are_closed(council)
    council.call("1")
    assert council.refused(cmd.OpenDebate()) == "HC4"
    council.do(cmd.ConfirmPublicOut(room="hall"))
    council.do(cmd.OpenDebate())
    council.vote(counts(15, 10, 2))
    assert council.state("1") is ItemState.ADOPTED
    assert scdl(council, "1") == (35, 27, 15, 10, 2)
    council.do(cmd.ReopenDoors())
    assert not doors_are_closed(council)


def test_sc8_an_epci_needs_five() -> None:
    council = Council(convene(35, body=EPCI))
    council.open(21)
    council.do(cmd.AskClosedDoors(requesters=("e2", "e3", "e4", "e5"), reason="x"))
    assert council.refused(cmd.DecideClosedDoors(tally=counts(21, 0, 0))) == "HC3"
    council.do(cmd.AskClosedDoors(requesters=("e6",), reason="x"))
    council.do(cmd.DecideClosedDoors(tally=counts(21, 0, 0)))
    assert doors_are_closed(council)


@pytest.mark.parametrize(
    "kind, needed, present, reached",
    [
        pytest.param(RecusalKind.INTERESTED, 10, 9, False, id="DP5-QU10"),
        pytest.param(RecusalKind.REPRESENTATIVE, 9, 9, True, id="DP5-QU11"),
    ],
)
def test_two_kinds_of_recusal_two_quorums(
    kind: RecusalKind, needed: int, present: int, reached: bool
) -> None:
    council = Council(convene(19))
    council.open(11)
    for seat in ("e4", "e5"):
        council.do(cmd.Recuse(item="1", seat=seat, kind=kind))
    now = assembly.snapshot(council.register, council.item("1"))
    assert (now.needed, len(now.present), now.reached) == (needed, present, reached)

"""Votes, designations, accounts, interests, presidency, minutes: the examples of the rules."""

from datetime import date

import pytest
from msgspec.structs import replace

from regie.domain.register import commands as cmd
from regie.domain.register.agenda import (
    AgendaItem,
    Base,
    ItemType,
    Majority,
    Qualified,
    RecusalKind,
    expected_recusal,
)
from regie.domain.register.events import VoterAssisted
from regie.domain.register.items import ItemState
from regie.domain.register.minutes import Block, Minutes, MinutesState, Missing, examined, missing_blocks
from regie.domain.register.roster import Interest, OrganisationKind
from regie.domain.register.rounds import Candidate, Election, Round, elect
from regie.domain.register.rules import Unlawful
from regie.domain.register.votes import Ballot, Choice, Mode, judge
from tests.unit.council import (
    Council,
    ballots,
    convene,
    counts,
    item,
    member,
)

pytestmark = pytest.mark.unit

FOR, AGAINST, ABSTAINS, REFUSES = Choice.FOR, Choice.AGAINST, Choice.ABSTAINS, Choice.REFUSES


@pytest.mark.parametrize(
    "tally, mode, majority, president, adopted, needed, rule",
    [
        pytest.param((4, 0, 6), Mode.ORDINARY, Majority.ABSOLUTE, None, True, 3, "VO1", id="VO1-a"),
        pytest.param((14, 11, 1), Mode.ORDINARY, Majority.ABSOLUTE, None, True, 13, "VO1", id="VO1-b"),
        pytest.param((8, 6, 0), Mode.ORDINARY, Majority.ABSOLUTE, None, True, 8, "VO1", id="QU5"),
        pytest.param((11, 14, 1), Mode.ORDINARY, Majority.ABSOLUTE, FOR, False, 13, "VO1", id="VO1-c"),
        pytest.param((12, 12, 0), Mode.ORDINARY, Majority.ABSOLUTE, FOR, True, 13, "VO7", id="VO7-pour"),
        pytest.param((12, 12, 0), Mode.PUBLIC, Majority.ABSOLUTE, AGAINST, False, 13, "VO7", id="VO7-contre"),
        pytest.param((7, 7, 4), Mode.ORDINARY, Majority.ABSOLUTE, ABSTAINS, False, 8, "VO8", id="VO8"),
        pytest.param((8, 8, 0, 0, 1, 1), Mode.SECRET, Majority.ABSOLUTE, None, False, 9, "VO9", id="VO9"),
        pytest.param((0, 0, 20), Mode.ORDINARY, Majority.ABSOLUTE, FOR, False, 1, "VO10", id="VO10"),
        pytest.param((8, 8, 1), Mode.ORDINARY, Majority.ACCOUNTS, None, True, 8, "VO15", id="VO15-tie"),
        pytest.param((6, 8, 3), Mode.ORDINARY, Majority.ACCOUNTS, None, False, 8, "VO15", id="VO15-contre"),
        pytest.param((18, 17, 0), Mode.PUBLIC, Majority.ABSOLUTE, FOR, True, 18, "VO1", id="VO18"),
    ],
)
def test_what_a_count_decides(
    tally: tuple[int, ...],
    mode: Mode,
    majority: Majority,
    president: Choice | None,
    adopted: bool,
    needed: int,
    rule: str,
) -> None:
    outcome = judge(counts(*tally), mode, majority, president=president)
    assert (outcome.adopted, outcome.needed, outcome.rule) == (adopted, needed, rule)
    assert outcome.warning == (rule if rule in {"VO8", "VO10"} else "")


@pytest.mark.parametrize(
    "qualified, tally, needed, adopted",
    [
        pytest.param(Qualified(Base.EXPRESSED, 2, 3), (18, 9, 4), 18, True, id="VO16-two-thirds"),
        pytest.param(Qualified(Base.EXPRESSED, 2, 3), (17, 10, 4), 18, False, id="VO16-short"),
        pytest.param(Qualified(Base.IN_OFFICE, 1, 2, strict=True), (16, 0, 4), 17, False, id="VO16-office"),
        pytest.param(Qualified(Base.PRESENT, 3, 5), (15, 5, 5), 15, True, id="VO16-present"),
        pytest.param(Qualified(Base.EXPRESSED, 2, 3), (0, 0, 9), 0, False, id="VO16-nobody"),
    ],
)
def test_qualified_majorities(
    qualified: Qualified, tally: tuple[int, ...], needed: int, adopted: bool
) -> None:
    outcome = judge(
        counts(*tally),
        Mode.ORDINARY,
        Majority.QUALIFIED,
        president=None,
        qualified=qualified,
        present=25,
        in_office=33,
    )
    assert (outcome.needed, outcome.adopted) == (needed, adopted)


def council(present: int = 26, *items: AgendaItem, members: int = 33) -> Council:
    made = Council(convene(members, items))
    made.open(present)
    return made


def test_vo2_counts_make_the_voters() -> None:
    here = council()
    here.call("1")
    here.do(cmd.OpenVote())
    for wrong in (counts(14, 11, 0), counts(14, 11, 2), counts(28, -2, 0), counts(14, 10, 1, blancs=1)):
        assert here.refused(cmd.CloseVote(tally=wrong)) == "VO2"
    contradicted = cmd.CloseVote(tally=counts(26, 0, 0), ballots=ballots(e4=AGAINST))
    assert here.refused(contradicted) == "VO2"
    here.do(cmd.CloseVote(tally=counts(14, 11, 1), ballots=ballots(e4=AGAINST)))


def test_vo2_unanimity_but_for_a_few() -> None:
    here = council()
    here.call("1")
    here.vote(named=ballots(e4=AGAINST, e5=ABSTAINS, e6=REFUSES))
    vote = here.last_vote("1")
    assert vote.tally == counts(23, 1, 1, nppv=1)
    assert len(vote.ballots) == 26


def test_vo6_a_request_is_for_one_item_only() -> None:
    here = council(14, members=19)
    here.call("1")
    here.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e2", "e3", "e4", "e5", "e6")))
    here.vote(counts(14, 0, 0))
    here.call("2")
    assert here.refused(cmd.OpenVote(mode=Mode.SECRET)) == "VO6"
    here.do(cmd.OpenVote())
    assert here.last_vote("2").mode is Mode.ORDINARY


def test_vo4_requesters_join_those_who_asked_before() -> None:
    here = council(14, members=19)
    here.call("1")
    here.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e2", "e3", "e4")))
    here.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e4", "e5", "e6")))
    first, second = here.item("1").requests
    assert (first.granted, second.granted, len(second.requesters)) == (False, True, 5)


def test_vo3_a_public_ballot_that_was_granted_is_held() -> None:
    here = council(14, members=19)
    here.call("1")
    here.do(cmd.RequestBallot(item="1", mode=Mode.PUBLIC, requesters=("e2", "e3", "e4", "e5")))
    assert here.refused(cmd.OpenVote(mode=Mode.ORDINARY)) == "VO3"


def test_vo9_p14_a_secret_ballot_keeps_no_name() -> None:
    here = council(14, members=19)
    here.call("1")
    here.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e2", "e3", "e4", "e5", "e6")))
    here.do(cmd.OpenVote())
    named = ballots(e4=AGAINST)
    assert here.refused(cmd.CastBallots(ballots=named)) == "P14"
    assert here.refused(cmd.CloseVote(tally=counts(13, 1, 0), ballots=named)) == "P14"
    assert here.refused(cmd.CloseVote(tally=counts(7, 7, 0), president=FOR)) == "P14"
    assert here.refused(cmd.CloseVote()) == "decompte_manquant"


APPOINTMENT = item("n", ItemType.APPOINTMENT)


def test_vo11_an_appointment_is_secret_unless_all_agree() -> None:
    here = council(25, APPOINTMENT)
    here.call("n")
    here.do(cmd.WaiveSecrecy(item="n", tally=counts(24, 1, 0)))
    assert here.refused(cmd.OpenVote()) == "VO11"
    here.do(cmd.WaiveSecrecy(item="n", tally=counts(25, 0, 0)))
    assert here.refused(cmd.OpenVote(mode=Mode.SECRET)) == "VO11"
    here.vote(counts(20, 5, 0))
    assert here.state("n") is ItemState.ADOPTED


@pytest.mark.parametrize("abstentions, refusals", [(1, 0), (0, 1)])
def test_vo11_an_abstention_is_not_unanimity(abstentions: int, refusals: int) -> None:
    here = council(25, APPOINTMENT)
    here.call("n")
    here.do(cmd.WaiveSecrecy(item="n", tally=counts(24, 0, abstentions, nppv=refusals)))
    waiver = here.item("n").waiver
    assert waiver is not None and not waiver.granted


def test_vo11_a_text_may_impose_the_secret() -> None:
    here = council(25, item("m", ItemType.PRESIDENT_ELECTION))
    here.call("m")
    assert here.refused(cmd.WaiveSecrecy(item="m", tally=counts(25, 0, 0))) == "VO11"


OLD, YOUNG = Candidate("a", "A", date(1950, 1, 1)), Candidate("b", "B", date(1980, 1, 1))
THIRD = Candidate("c", "C", date(1990, 1, 1))


@pytest.mark.parametrize(
    "held, expected",
    [
        (Round(number=1, counts=(("a", 13), ("b", 11))), Election("a", 13)),
        (Round(number=1, counts=(("a", 12), ("b", 11), ("c", 1))), Election(None, 13)),
        (Round(number=2, counts=(("a", 12), ("b", 12)), blanks=2), Election(None, 13)),
        (Round(number=3, counts=(("a", 8), ("b", 9), ("c", 7))), Election("b", 9)),
        (Round(number=3, counts=(("a", 10), ("b", 10), ("c", 4))), Election("a", 10, by_age=True)),
        (Round(number=3, counts=(("a", 0), ("b", 0)), blanks=20), Election(None, 0)),
    ],
)
def test_vo12_rounds(held: Round, expected: Election) -> None:
    assert elect(held, (OLD, YOUNG, THIRD)) == expected


def test_vo12_a_tie_needs_birth_dates() -> None:
    held = Round(number=3, counts=(("a", 10), ("b", 10)))
    with pytest.raises(Unlawful):
        elect(held, (OLD, Candidate("b", "B")))


def test_vo12_an_election_in_three_rounds() -> None:
    here = council(25, item("m", ItemType.PRESIDENT_ELECTION))
    here.call("m")
    first = Round(number=1, counts=(("a", 12), ("b", 12)), blanks=1)
    assert here.refused(cmd.HoldRound(item="m", round=first)) == "VO13"
    here.do(cmd.CallCandidates(item="m", candidates=(OLD, YOUNG)))
    assert here.refused(cmd.HoldRound(item="m", round=replace(first, number=2))) == "VO12"
    assert here.refused(cmd.HoldRound(item="m", round=replace(first, blanks=2))) == "VO2"
    here.do(cmd.HoldRound(item="m", round=first))
    assert here.refused(cmd.ProclaimAppointment(item="m")) == "pas_elu"
    here.do(cmd.HoldRound(item="m", round=replace(first, number=2)))
    here.do(cmd.HoldRound(item="m", round=replace(first, number=3)))
    assert here.refused(cmd.HoldRound(item="m", round=replace(first, number=4))) == "VO12"
    here.do(cmd.ProclaimAppointment(item="m"))
    assert (here.item("m").appointed, here.state("m")) == ("a", ItemState.ADOPTED)


@pytest.mark.parametrize("type_", [ItemType.APPOINTMENT, ItemType.OUTSIDE_BODIES], ids=["VO13", "VO19"])
def test_a_single_candidate_is_appointed_without_a_vote(type_: ItemType) -> None:
    here = council(25, item("n", type_))
    here.call("n")
    assert here.refused(cmd.ProclaimAppointment(item="n")) == "pas_elu"
    here.do(cmd.CallCandidates(item="n", candidates=(OLD,)))
    alone = Round(number=1, counts=(("a", 25),))
    assert here.refused(cmd.HoldRound(item="n", round=alone)) == "VO13"
    here.do(cmd.ProclaimAppointment(item="n"))
    assert here.item("n").appointed == "a"


def test_vo14_a_grouped_vote_needs_everybody_and_makes_one_record_each() -> None:
    subsidies = [item(f"s{n}") for n in range(12)]
    here = council(25, *subsidies, item("n", ItemType.APPOINTMENT))
    names = tuple(one.id for one in subsidies)
    assert here.refused(cmd.CallItem(items=names)) == "VO14"
    assert here.refused(cmd.CallItem(items=(*names, "n"), nobody_objects=True)) == "VO14"
    here.do(cmd.CallItem(items=names, nobody_objects=True))
    here.vote(counts(25, 0, 0))
    assert [here.item(name).number for name in names] == list(range(1, 13))
    assert {here.state(name) for name in names} == {ItemState.ADOPTED}


def test_vo15_the_mayor_neither_presides_nor_votes_on_his_accounts() -> None:
    here = Council(convene(33, [item("ca", ItemType.ACCOUNTS), item("2")]))
    here.proxy(30, 1)
    here.open(18)
    assert here.refused(cmd.CallItem(items=("ca",))) == "VO15"
    here.do(cmd.PassPresidency(president="e2"))
    here.call("ca")
    assert here.refused(cmd.OpenVote()) == "VO15"
    here.do(cmd.Leave(person="e1"))
    here.do(cmd.OpenVote())
    voices = {voice.seat for voice in here.last_vote("ca").voices}
    assert voices == {f"e{n}" for n in range(2, 19)}
    here.do(cmd.CloseVote(tally=counts(8, 8, 1)))
    here.do(cmd.Proclaim())
    assert here.state("ca") is ItemState.ADOPTED


def test_vo15_the_mayor_gives_no_proxy_for_his_accounts() -> None:
    here = Council(convene(33, [item("ca", ItemType.ACCOUNTS)]))
    here.proxy(1, 5)
    here.come(*range(2, 20))
    here.do(cmd.OpenSitting(president="e2"))
    here.call("ca")
    here.do(cmd.OpenVote())
    assert "e1" not in {voice.seat for voice in here.last_vote("ca").voices}


def test_vo17_before_the_proclamation_correct_after_it_vote_again() -> None:
    here = council()
    here.call("1")
    here.do(cmd.OpenVote())
    here.do(cmd.CloseVote(tally=counts(14, 11, 1)))
    here.do(cmd.CorrectVote(tally=counts(11, 14, 1), reason="recomptage"))
    here.do(cmd.Proclaim())
    assert here.state("1") is ItemState.REJECTED
    assert here.refused(cmd.CorrectVote(tally=counts(14, 11, 1), reason="x")) == "VO17"
    assert here.refused(cmd.OpenVote()) == "VO17"
    here.do(cmd.OpenVote(reason="erreur constatée"))
    here.do(cmd.CloseVote(tally=counts(14, 11, 1)))
    here.do(cmd.Proclaim())
    assert [vote.number for vote in here.item("1").votes] == [1, 2]
    assert (here.state("1"), here.item("1").number) == (ItemState.ADOPTED, 1)


def test_vo17_a_vote_is_annulled_with_a_reason_and_kept() -> None:
    here = council()
    here.call("1")
    here.do(cmd.OpenVote())
    assert here.refused(cmd.AnnulVote(reason=" ")) == "vote_absent"
    here.do(cmd.AnnulVote(reason="confusion"))
    assert here.item("1").vote is None and here.item("1").votes[0].annulled == "VO17"
    here.vote(counts(26, 0, 0))


def test_vo20_the_voice_that_breaks_a_tie_is_that_of_who_presides() -> None:
    here = council(20)
    here.do(cmd.PassPresidency(president="e3"))
    here.call("1")
    halves = {f"e{n}": FOR if n % 2 else AGAINST for n in range(1, 21)}
    here.vote(named=ballots(**halves))
    vote = here.last_vote("1")
    assert vote.outcome is not None and vote.outcome.casting and vote.outcome.adopted
    assert here.refused(cmd.PassPresidency(president="e30")) == "VO20"
    here.do(cmd.Leave(person="e3"))
    assert here.refused(cmd.CallItem(items=("2",))) == "VO20"


def test_vo20_a_recused_president_is_replaced() -> None:
    here = council(20)
    here.do(cmd.Recuse(item="1", seat="e1"))
    assert here.refused(cmd.CallItem(items=("1",))) == "VO20"
    here.do(cmd.PassPresidency(president="e2"))
    here.call("1")


def test_vo8_the_casting_vote_is_not_that_of_the_proxy_he_holds() -> None:
    here = Council(convene(33))
    here.proxy(30, 1)
    here.open(17)
    here.call("1")
    halves = {f"e{n}": FOR if n % 2 else AGAINST for n in range(2, 18)}
    here.do(cmd.OpenVote())
    here.do(cmd.CastBallots(ballots=ballots(**halves, e1=ABSTAINS, e30=REFUSES)))
    assert here.flags(cmd.CloseVote()) == {"VO8"}


CLUB = Interest("Club X")
SPL = Interest("SPL", OrganisationKind.PUBLIC, designated=True)


@pytest.mark.parametrize(
    "interest, subject, expected",
    [
        pytest.param(CLUB, item("1", beneficiary="Club X"), RecusalKind.INTERESTED, id="DP1"),
        pytest.param(SPL, item("1", beneficiary="SPL"), None, id="DP3"),
        pytest.param(SPL, item("1", ItemType.AWARD, beneficiary="SPL"), RecusalKind.REPRESENTATIVE, id="DP4"),
        pytest.param(CLUB, item("1", beneficiary="Club Y"), None, id="DP1-other"),
    ],
)
def test_what_a_declared_interest_entails(
    interest: Interest, subject: AgendaItem, expected: RecusalKind | None
) -> None:
    assert expected_recusal(subject, member(1, interests=(interest,))) is expected


def test_dp1_an_interested_member_who_votes_is_flagged() -> None:
    club = item("1", beneficiary="Club X")
    interested = member(4, interests=(CLUB,))
    here = Council(convene(33, [club, item("2")], extra=[interested]))
    here.open(18)
    here.call("1")
    assert here.flags(cmd.OpenVote()) == {"DP1"}
    here.do(cmd.Recuse(item="1", seat="e4"))
    here.do(cmd.CloseVote(tally=counts(17, 0, 0)))
    assert here.item("1").recused == {"e4": RecusalKind.INTERESTED}


def test_qu10_recusals_after_the_call_may_undo_its_quorum() -> None:
    here = council(17)
    here.call("1")
    here.do(cmd.Recuse(item="1", seat="e4"))
    assert here.refused(cmd.OpenVote()) == "QU10"
    here.do(cmd.PostponeItem(item="1"))


def test_hc6_closed_doors_without_a_reason_are_flagged() -> None:
    here = council(20)
    assert here.flags(cmd.AskClosedDoors(by_head=True)) == {"HC6"}


def test_pv1_a_secretary_is_a_member_who_is_there() -> None:
    here = Council(convene(33))
    here.come(*range(1, 18))
    here.do(cmd.OpenSitting(president="e1"))
    assert here.flags(cmd.CallItem(items=("1",))) == {"PV1"}
    assert here.refused(cmd.AppointSecretaries(secretaries=("e30",))) == "PV1"
    here.do(cmd.AppointSecretaries(secretaries=("e2", "e3")))


def finished() -> Council:
    here = council(26, item("1", report="rapport n° 1"), item("2", report="rapport n° 2"), item("3"))
    here.call("1")
    here.vote(counts(26, 0, 0))
    here.call("2")
    here.vote(counts(0, 26, 0))
    here.call("pv")
    here.do(cmd.NoteItem(item="pv"))
    here.do(cmd.CloseSitting())
    return here


def test_pv2_minutes_are_not_final_with_an_empty_block() -> None:
    here = finished()
    debates = {"1": "…", "2": "…"}
    assert [gap.block for gap in missing_blocks(here.register, debates)] == [Block.DEBATES]
    with pytest.raises(Unlawful) as refusal:
        Minutes().propose(here.register, debates)
    assert refusal.value.facts["regle"] == "PV2"
    early = council()
    blocks = {gap.block for gap in missing_blocks(early.register, {})}
    assert blocks == {Block.TIME}


def test_pv2_a_report_named_after_the_seance_fills_its_block() -> None:
    here = council(26, item("1"), item("2"))
    here.call("1")
    here.vote(counts(26, 0, 0))
    here.do(cmd.CloseSitting())
    assert missing_blocks(here.register, {"1": "…"}) == (Missing(Block.DELIBERATIONS, "1"),)
    reports = {"1": "rapport n° 1"}
    assert missing_blocks(here.register, {"1": "…"}, reports) == ()
    assert Minutes().propose(here.register, {"1": "…"}, reports).state is MinutesState.PROPOSED


def test_pv1_a_secretary_who_was_there_may_be_entered_after_the_close() -> None:
    here = Council(convene(33))
    here.come(*range(1, 18))
    here.do(cmd.OpenSitting(president="e1"))
    here.do(cmd.Leave(person="e2"))
    here.do(cmd.CloseSitting())
    assert Missing(Block.SECRETARY) in missing_blocks(here.register, {})
    assert here.refused(cmd.AppointSecretaries(secretaries=("e30",))) == "PV1"
    here.do(cmd.AppointSecretaries(secretaries=("e2",)))
    assert missing_blocks(here.register, {}) == ()


def test_ac3_who_is_helped_to_vote_is_written_and_nothing_of_the_vote() -> None:
    here = council(20)
    assert here.refused(cmd.NoteAssistance(item="1", person="e4")) == "point_inscrit"
    here.call("1")
    here.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=tuple(f"e{n}" for n in range(2, 10))))
    here.do(cmd.OpenVote())
    before = here.item("1")
    assert here.refused(cmd.NoteAssistance(item="1", person="e30")) == "elu_absent"
    (helped,) = here.do(cmd.NoteAssistance(item="1", person="e4")).events
    assert isinstance(helped, VoterAssisted) and (helped.item, helped.person) == ("1", "e4")
    assert here.item("1") == before


def test_pv3_pv4_the_life_of_minutes() -> None:
    here = finished()
    proposed = Minutes().propose(here.register, {"1": "…", "2": "…", "pv": "…"})
    with pytest.raises(Unlawful):
        proposed.publish(date(2026, 3, 12))
    adopted = proposed.adopt(date(2026, 3, 12))
    with pytest.raises(Unlawful):
        adopted.sign(here.register, ("e1",))
    signed = adopted.sign(here.register, ("e1", "e2"))
    assert signed.warning(date(2026, 3, 16)) == "" and signed.warning(date(2026, 3, 17)) == "PV4"
    published = signed.publish(date(2026, 3, 18))
    assert published.state is MinutesState.PUBLISHED and published.warning(date(2026, 3, 30)) == ""


def test_pv6_pv7_the_list_of_deliberations_has_no_hole() -> None:
    lines = examined(finished().register)
    assert [(line.number, line.item, line.state) for line in lines] == [
        (1, "1", ItemState.ADOPTED),
        (2, "2", ItemState.REJECTED),
        (None, "3", ItemState.POSTPONED),
    ]


def test_a_session_does_not_close_on_an_open_vote() -> None:
    here = council()
    here.call("1")
    here.do(cmd.OpenVote())
    for command in (cmd.CloseSitting(), cmd.SuspendSitting(), cmd.DeclareNoQuorum()):
        assert here.refused(command) == "vote_en_cours"
    assert here.refused(cmd.CallItem(items=("2",))) == "point_en_cours"
    assert here.refused(cmd.WithdrawItem(item="1")) == "point_vote_ouvert"


def test_the_agenda_is_reordered_for_what_remains() -> None:
    here = council()
    here.do(cmd.ReorderAgenda(order=("3", "1", "2", "pv")))
    assert [one.id for one in here.register.items] == ["3", "1", "2", "pv"]
    assert here.refused(cmd.ReorderAgenda(order=("3", "1"))) == "ordre_incomplet"
    here.call("3")
    here.do(cmd.WithdrawItem(item="3"))
    here.call("2")
    here.do(cmd.WithdrawItem(item="2"))
    assert here.refused(cmd.ReorderAgenda(order=("2", "3", "1", "pv"))) == "point_deja_appele"


def test_an_item_set_aside_is_called_again_with_its_quorum() -> None:
    here = council(17)
    here.call("1")
    here.do(cmd.SetAside(item="1"))
    assert here.state("1") is ItemState.LISTED and here.register.on_the_table == ()
    here.do(cmd.Leave(person="e17"))
    assert here.refused(cmd.CallItem(items=("1",))) == "QU4"


def test_what_was_meant_for_an_item_is_not_done_to_another() -> None:
    council = Council(convene(9))
    council.open(7)
    council.call("1")
    meant = (cmd.OpenDebate(items=("2",)), cmd.OpenVote(items=("2",)), cmd.OpenVote(items=("1", "2")))
    assert {council.refused(command) for command in meant} == {"point_different"}
    council.do(cmd.OpenVote(items=("1",)))
    other = cmd.CastBallots(items=("2",), ballots=(Ballot("e5", Choice.AGAINST),))
    for command in (other, cmd.CloseVote(items=("2",)), cmd.AnnulVote(items=("2",), reason="r")):
        assert council.refused(command) == "point_different"
    council.do(cmd.CloseVote(items=("1",)))
    assert council.refused(cmd.CorrectVote(items=("2",), reason="r")) == "point_different"
    assert council.refused(cmd.Proclaim(items=("2",))) == "point_different"
    council.do(cmd.Proclaim(items=("1",)))
    council.do(cmd.OpenVote(items=("1",), reason="erreur matérielle"))  # voted again

"""Presence, substitutes, proxies and quorum: the examples of the rules, one by one."""

from datetime import date

import pytest
from msgspec.structs import replace

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register.agenda import ItemType, RecusalKind
from regie.domain.register.convocation import Channel, FirstCall
from regie.domain.register.events import Arrived, Flagged, ProxyEnded
from regie.domain.register.items import ItemState
from regie.domain.register.presence import Cause, there_at
from regie.domain.register.proxies import Held, Proxy, ProxyEnd, ProxyStatus, find, in_a_row
from regie.domain.register.regimes import RegimeId
from regie.domain.register.remote import HouseRules
from regie.domain.register.votes import Choice, Mode
from tests.unit.council import (
    EPCI,
    Council,
    ballots,
    convene,
    convocation,
    counts,
    item,
    member,
    writing,
)

pytestmark = pytest.mark.unit

INTERESTED, REPRESENTATIVE = RecusalKind.INTERESTED, RecusalKind.REPRESENTATIVE


def quorum(council: Council, name: str = "") -> tuple[int, int, int, bool]:
    """N (or N'), Q, P, reached."""
    now = assembly.snapshot(council.register, council.item(name) if name else None)
    return now.counted, now.needed, len(now.present), now.reached


def status(council: Council, proxy: str) -> ProxyStatus:
    found = find(council.register.proxies, proxy)
    assert found is not None
    return found.status


def represented(council: Council, name: str = "") -> int:
    return len(assembly.represented(council.register, council.item(name) if name else None))


# --- quorum


def test_qu2_vacant_seats_are_not_in_office() -> None:
    gone = [member(34, until=date(2026, 3, 12)), member(35, until=date(2026, 1, 1))]
    council = Council(convene(35, extra=gone))
    assert quorum(council)[:2] == (33, 17)


def test_qu3_proxies_never_make_a_quorum() -> None:
    council = Council(convene(33))
    for giver in range(17, 32):
        council.proxy(giver, giver - 16)
    council.come(*range(1, 17))
    assert council.refused(cmd.OpenSitting(president="e1")) == "QU3"
    council.come(32)
    council.do(cmd.OpenSitting(president="e1"))


def test_qu4_the_quorum_is_that_of_the_call_not_of_the_vote() -> None:
    council = Council(convene(33))
    council.open(17)
    council.call("1")
    for n in (15, 16, 17):
        council.do(cmd.Leave(person=f"e{n}"))
    council.vote(counts(8, 6, 0))
    assert council.state("1") is ItemState.ADOPTED
    called = council.item("1").called
    assert called is not None and [one.seat for one in called.present] == [f"e{n}" for n in range(1, 18)]
    assert council.last_vote("1").absent == ("e15", "e16", "e17")  # QU5
    assert council.refused(cmd.CallItem(items=("2",))) == "QU4"


def test_qu4_the_quorum_is_checked_when_the_session_resumes() -> None:
    council = Council(convene(33))
    council.open(17)
    council.do(cmd.SuspendSitting())
    council.do(cmd.Leave(person="e17"))
    assert council.refused(cmd.ResumeSitting()) == "QU4"
    council.come(18)
    council.do(cmd.ResumeSitting())
    assert len(council.register.resumptions[0].present) == 17


def test_qu4_resuming_on_an_item_checks_the_quorum_of_that_item() -> None:
    council = Council(convene(33))
    council.open(18)
    council.call("1")
    council.do(cmd.SuspendSitting())
    for seat in ("e4", "e5"):
        council.do(cmd.Recuse(item="1", seat=seat))
    assert council.refused(cmd.ResumeSitting()) == "QU4"
    council.come(19)
    council.do(cmd.ResumeSitting())


@pytest.mark.parametrize(
    "members, present, recused, kind, expected",
    [
        pytest.param(19, 10, (4, 5), INTERESTED, (19, 10, 8, False), id="QU10"),
        pytest.param(55, 29, (4, 5, 6, 7, 54, 55), REPRESENTATIVE, (49, 25, 25, True), id="QU11"),
        pytest.param(55, 29, (4, 5, 6, 7), INTERESTED, (55, 28, 25, False), id="QU11-under-QU10"),
        pytest.param(19, 11, (4, 5), INTERESTED, (19, 10, 9, False), id="DP5-QU10"),
        pytest.param(19, 11, (4, 5), REPRESENTATIVE, (17, 9, 9, True), id="DP5-QU11"),
    ],
)
def test_two_kinds_of_recusal(
    members: int,
    present: int,
    recused: tuple[int, ...],
    kind: RecusalKind,
    expected: tuple[int, int, int, bool],
) -> None:
    council = Council(convene(members))
    council.open(present)
    for n in recused:
        council.do(cmd.Recuse(item="1", seat=f"e{n}", kind=kind))
    assert quorum(council, "1") == expected
    if not expected[-1]:
        assert council.refused(cmd.CallItem(items=("1",))) == "QU10"


def test_qu11_a_stricter_reading_that_fails_is_flagged() -> None:
    council = Council(convene(55))
    council.open(29)
    for n in (4, 5, 6, 7, 54, 55):
        council.do(cmd.Recuse(item="1", seat=f"e{n}", kind=REPRESENTATIVE))
    now = assembly.snapshot(council.register, council.item("1"))
    assert (now.middle_needed, now.strict_needed) == (26, 28)
    assert council.flags(cmd.CallItem(items=("1",))) == {"QU11"}


def test_qu11_before_2022_every_recused_member_stays_in_office() -> None:
    day = date(2021, 10, 4)
    call = convocation(day=day, sent=date(2021, 9, 1))
    council = Council(convene(55, call=call))
    council.come(*range(1, 30))
    council.do(cmd.Recuse(item="1", seat="e4", kind=REPRESENTATIVE))
    assert quorum(council, "1")[:2] == (55, 28)


def test_qu12_the_mayor_does_not_count_for_the_accounts() -> None:
    council = Council(convene(23, [item("ca", ItemType.ACCOUNTS)]))
    council.open(12)
    council.do(cmd.PassPresidency(president="e2"))
    assert quorum(council, "ca") == (23, 12, 11, False)
    assert council.refused(cmd.CallItem(items=("ca",))) == "QU12"


def test_qu13_refusing_to_vote_changes_nothing_to_the_quorum() -> None:
    council = Council(convene(33))
    council.open(17)
    council.call("1")
    council.vote(counts(7, 5, 0, nppv=5))
    assert quorum(council)[2:] == (17, True)


def test_qu14_rooms_add_up_and_nobody_is_in_two() -> None:
    council = Council(convene(45, body=EPCI))
    council.come(*range(1, 26))
    assert quorum(council)[2:] == (25, True)
    assert council.refused(cmd.Arrive(person="e1", room="hall")) == "elu_deja_present"


def with_substitute() -> Council:
    substitute = member(41, id="s5", substitute_of="e5")
    return Council(convene(9, body=EPCI, extra=[substitute]))


def test_qu15_the_substitute_sits_when_the_titular_gave_notice() -> None:
    council = with_substitute()
    council.do(cmd.NoticeSubstitute(titular="e5"))
    council.do(cmd.Arrive(person="s5", room="hall"))
    seats = assembly.seated(council.register)
    assert [(one.seat, one.person) for one in seats] == [("e5", "s5")]
    assert council.refused(cmd.LodgeProxy(proxy="p", writing=writing(5, 2))) == "QU15"


def test_qu15_a_seat_has_one_voice() -> None:
    council = with_substitute()
    council.proxy(5, 2)
    assert council.refused(cmd.NoticeSubstitute(titular="e5")) == "QU15"
    council.do(cmd.RevokeProxy(proxy="p5-2"))
    council.do(cmd.NoticeSubstitute(titular="e5"))
    council.do(cmd.Arrive(person="s5", room="hall"))
    assert council.flags(cmd.Arrive(person="e5", room="hall")) == {"QU16"}
    assert [(one.seat, one.person) for one in assembly.seated(council.register)] == [("e5", "e5")]


def test_qu16_without_notice_the_substitute_only_attends() -> None:
    council = with_substitute()
    council.proxy(5, 2)
    assert council.flags(cmd.Arrive(person="s5", room="hall")) == {"QU16"}
    assert assembly.seated(council.register) == ()
    assert status(council, "p5-2") is ProxyStatus.VALID


def test_covid_a_third_and_proxies_counted() -> None:
    call = convocation(day=date(2020, 4, 20), sent=date(2020, 4, 1))
    council = Council(convene(29, call=call, regime=RegimeId.COVID_A))
    for giver in (10, 11, 12, 13):
        council.proxy(giver, giver - 9)
    council.proxy(14, 1)
    council.come(*range(1, 6))
    now = assembly.snapshot(council.register)
    assert (now.needed, now.weight, now.reached) == (10, 10, True)
    assert council.refused(cmd.LodgeProxy(proxy="x", writing=writing(15, 1))) == "PR3"


# --- proxies


@pytest.mark.parametrize(
    "changes",
    [{"holder": ""}, {"holder": "e4"}, {"dated": None}, {"signed": False}, {"covers_session": False}],
    ids=lambda changes: next(iter(changes)),
)
def test_pr1_an_incomplete_writing_is_refused(changes: dict[str, object]) -> None:
    council = Council(convene(33))
    bad = replace(writing(4, 5), **changes)
    assert council.refused(cmd.LodgeProxy(proxy="p", writing=bad)) == "PR1"


def test_pr2_an_unknown_mailbox_does_not_count_until_authenticated() -> None:
    council = Council(convene(33))
    mail = writing(30, 1, channel=Channel.ELECTRONIC, authenticated=False)
    assert council.flags(cmd.LodgeProxy(proxy="p", writing=mail)) == {"PR2"}
    council.open(17)
    assert represented(council) == 0
    council.do(cmd.AuthenticateProxy(proxy="p"))
    assert represented(council) == 1 and council.register.proxies[0].writing.authenticated


def test_pr3_one_proxy_a_holder_in_the_order_of_receipt() -> None:
    council = Council(convene(33))
    council.proxy(4, 5)
    council.wait(4380)
    assert council.refused(cmd.LodgeProxy(proxy="p", writing=writing(6, 5))) == "PR3"


def test_pr4_a_revoked_proxy_is_void_at_once() -> None:
    council = Council(convene(33))
    council.proxy(30, 1)
    council.open(17)
    council.call("1")
    council.do(cmd.RevokeProxy(proxy="p30-1"))
    council.do(cmd.OpenVote())
    assert len(council.last_vote("1").voices) == 17
    assert council.refused(cmd.RevokeProxy(proxy="p30-1")) == "PR4"


def test_pr4_a_vote_counted_with_a_proxy_revoked_before_the_proclamation_is_void() -> None:
    council = Council(convene(33))
    council.proxy(30, 1)
    council.open(17)
    council.call("1")
    council.do(cmd.OpenVote())
    council.do(cmd.CloseVote(tally=counts(18, 0, 0)))
    council.do(cmd.RevokeProxy(proxy="p30-1"))
    assert council.item("1").votes[-1].annulled == "PR4"
    council.vote(counts(17, 0, 0))
    council.do(cmd.CallItem(items=("2",)))


@pytest.mark.parametrize("consecutive, lawful", [(1, True), (3, True), (4, False)])
def test_pr5_one_writing_covers_three_sessions(consecutive: int, lawful: bool) -> None:
    council = Council(convene(33))
    lodge = cmd.LodgeProxy(proxy="p", writing=writing(4, 5, consecutive=consecutive))
    if lawful:
        assert council.flags(lodge) == set()
    else:
        assert council.refused(lodge) == "PR5"
        ill = writing(4, 5, consecutive=consecutive, illness="pièce 2026-7")
        council.do(cmd.LodgeProxy(proxy="p", writing=ill))


def test_pr5_seances_in_a_row_are_counted_from_those_that_were_held() -> None:
    paper = writing(4, 5)
    kept, other = Proxy(id="p", writing=paper, received_ms=0), replace(paper, holder="e6")

    def held(month: int, *proxies: Proxy) -> Held:
        return Held(date(2026, month, 5), proxies)

    def ranks(*past: Held) -> tuple[int, int]:
        counted = in_a_row(paper, date(2026, 6, 5), past)
        return counted.consecutive, counted.consecutive_of_giver

    assert ranks() == (1, 1)
    assert ranks(held(3, kept), held(5, kept), held(4, kept)) == (4, 4)
    # The same giver by another writing, a séance where he came, one without him, a slip of the hand, one yet to be held.
    assert ranks(held(4, kept), held(5, replace(kept, writing=other))) == (1, 3)
    assert ranks(held(4, kept), held(5, replace(kept, end=ProxyEnd.GIVER_CAME))) == (3, 1)
    assert ranks(held(4, kept), held(5)) == (1, 1)
    assert ranks(held(4, kept), held(5, replace(kept, end=ProxyEnd.MISTAKE))) == (1, 1)
    assert ranks(held(7, kept)) == (1, 1)
    on_paper = in_a_row(replace(paper, consecutive=4), date(2026, 6, 5), ())
    assert (on_paper.consecutive, on_paper.consecutive_of_giver) == (4, 1)


def test_pr5_a_giver_too_often_away_is_flagged() -> None:
    council = Council(convene(33))
    often = writing(4, 5, consecutive_of_giver=4)
    assert council.flags(cmd.LodgeProxy(proxy="p", writing=often)) == {"PR5"}


def test_pr6_the_giver_who_comes_ends_the_proxy_for_good() -> None:
    council = Council(convene(33))
    council.proxy(30, 1)
    council.open(17)
    decision = council.do(cmd.Arrive(person="e30", room="hall"))
    arrived, ended = decision.events[:2]
    assert isinstance(arrived, Arrived) and isinstance(ended, ProxyEnded)
    assert ended.end is ProxyEnd.GIVER_CAME
    assert ended.count is not None and (ended.count.present, ended.count.represented) == (18, 0)
    council.do(cmd.Leave(person="e30"))
    assert status(council, "p30-1") is ProxyStatus.ENDED


def test_pr6_a_giver_who_is_still_there_votes_himself() -> None:
    council = Council(convene(33))
    council.open(18)
    council.proxy(18, 5)
    assert represented(council) == 0
    assert [voice.by for voice in assembly.voices(council.register) if voice.seat == "e18"] == ["e18"]


@pytest.mark.parametrize("holder_voted", [False, True])
def test_pr6_the_giver_votes_himself_unless_the_holder_has_voted(holder_voted: bool) -> None:
    council = Council(convene(33))
    council.proxy(30, 1)
    council.open(17)
    council.call("1")
    council.do(cmd.OpenVote())
    if holder_voted:
        council.do(cmd.CastBallots(ballots=ballots(e30=Choice.AGAINST)))
    council.come(30)
    council.do(cmd.CloseVote())
    voice = next(one for one in council.last_vote("1").voices if one.seat == "e30")
    assert voice.by == ("e1" if holder_voted else "e30")
    tally = council.last_vote("1").tally
    assert tally == (counts(17, 1, 0) if holder_voted else counts(18, 0, 0))


def test_pr7_a_holder_who_leaves_takes_two_voices_and_brings_them_back() -> None:
    council = Council(convene(33))
    council.proxy(30, 5)
    council.open(18)
    before = len(assembly.voices(council.register))
    assert council.flags(cmd.Leave(person="e5")) == {"PR7"}
    assert before - len(assembly.voices(council.register)) == 2
    assert status(council, "p30-5") is ProxyStatus.SUSPENDED
    council.come(5)
    assert len(assembly.voices(council.register)) == before


def test_pr7_the_giver_may_write_another_proxy() -> None:
    council = Council(convene(33))
    council.proxy(30, 5)
    council.open(18)
    council.do(cmd.Leave(person="e5"))
    council.proxy(30, 6)
    council.come(5)
    assert represented(council) == 1
    assert status(council, "p30-5") is ProxyStatus.ENDED


def test_pr8_no_cascade() -> None:
    council = Council(convene(33))
    council.proxy(20, 21)
    council.open(17)
    council.do(cmd.Arrive(person="e21", room="hall"))
    council.do(cmd.LodgeProxy(proxy="p21-3", writing=writing(21, 3)))
    council.do(cmd.Leave(person="e21"))
    seats = {one.seat: one.holder for one in assembly.represented(council.register)}
    assert seats == {"e21": "e3"}
    assert council.refused(cmd.LodgeProxy(proxy="x", writing=writing(22, 21))) in {"PR3", "PR8"}
    assert council.refused(cmd.LodgeProxy(proxy="x", writing=writing(22, 29))) == "PR8"


def test_pr8_who_gave_a_proxy_holds_none() -> None:
    council = Council(convene(33))
    council.proxy(21, 3)
    assert council.refused(cmd.LodgeProxy(proxy="x", writing=writing(22, 21))) == "PR8"


def test_pr9_a_proxy_during_the_session_keeps_the_voices() -> None:
    council = Council(convene(33))
    council.open(18)
    before = len(assembly.voices(council.register))
    council.proxy(18, 5)
    council.do(cmd.Leave(person="e18"))
    assert len(assembly.voices(council.register)) == before


def test_pr9_the_house_rules_may_exclude_it() -> None:
    council = Council(convene(33, house=HouseRules(proxies_during_session=False)))
    council.open(18)
    assert council.refused(cmd.LodgeProxy(proxy="x", writing=writing(30, 5))) == "PR9"


def test_pr10_the_holder_has_two_votes_that_may_differ() -> None:
    council = Council(convene(33))
    council.proxy(30, 5)
    council.open(17)
    council.call("1")
    council.do(cmd.OpenVote())
    both = ballots(e5=Choice.FOR, e30=Choice.AGAINST)
    assert council.refused(cmd.CastBallots(ballots=both + both[:1])) == "PR10"
    council.do(cmd.CastBallots(ballots=both))
    council.do(cmd.CloseVote())
    assert council.last_vote("1").tally == counts(17, 1, 0)


def test_pr12_proxies_are_out_of_the_third_and_in_the_closed_doors() -> None:
    council = Council(convene(27))
    for giver in range(20, 24):
        council.proxy(giver, giver - 10)
    council.open(14)
    council.call("1")
    four = ("e2", "e3", "e4", "e5")
    council.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=four))
    assert council.item("1").requests[-1].needed == 5
    absent = cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e20",))
    assert council.refused(absent) == "PR12"
    council.do(cmd.AskClosedDoors(by_head=True, reason="motif"))
    assert council.refused(cmd.DecideClosedDoors(tally=counts(14, 0, 0))) == "VO2"
    council.do(cmd.DecideClosedDoors(tally=counts(9, 0, 9)))
    assert not council.register.doors.hold


def test_pr13_proxies_given_or_held_by_a_recused_member_are_unusable() -> None:
    council = Council(convene(55))
    for giver in range(40, 52):
        council.proxy(giver, giver - 35)
    council.open(33)
    assert represented(council, "1") == 12
    for seat in ("e40", "e6", "e7"):
        council.do(cmd.Recuse(item="1", seat=seat, kind=INTERESTED))
    assert represented(council, "1") == 9
    assert represented(council, "2") == 12


def test_pr14_a_proxy_must_name_the_second_session() -> None:
    call = convocation(first_call=FirstCall(day=date(2026, 3, 2), regular=True))
    council = Council(convene(33, [item("1", returned=True)], call=call))
    for giver in range(20, 30):
        council.proxy(giver, giver - 19, names_second_session=giver < 24)
    council.open(12)
    assert represented(council) == 4


def test_pr15_a_result_that_hangs_on_contested_proxies_is_flagged() -> None:
    council = Council(convene(33))
    for giver in (30, 31, 32):
        council.proxy(giver, giver - 20)
    council.open(17)
    for giver in (30, 31, 32):
        council.do(cmd.ContestProxy(proxy=f"p{giver}-{giver - 20}"))
    council.call("1")
    council.do(cmd.OpenVote())
    assert council.flags(cmd.CloseVote(tally=counts(11, 9, 0))) == {"PR15"}
    corrected = cmd.CorrectVote(tally=counts(13, 7, 0), reason="erreur de compte")
    assert council.flags(corrected) == set()


def test_q25_a_substitute_neither_gives_nor_holds() -> None:
    council = with_substitute()
    substitute = replace(writing(2, 3), holder="s5")
    assert council.refused(cmd.LodgeProxy(proxy="p", writing=substitute)) == "Q25"


# --- mistakes


def test_an_arrival_is_undone_within_ten_seconds_and_its_proxy_stands_again() -> None:
    council = Council(convene(33))
    council.proxy(30, 5)
    council.open(17)
    council.come(30)
    council.do(cmd.UndoPresence(person="e30"))
    assert represented(council) == 1
    assert "e30" not in {one.person for one in assembly.seated(council.register)}
    assert [stay.void for stay in council.register.stays if stay.person == "e30"] == [True]


def test_a_departure_is_undone_and_the_held_proxy_revives() -> None:
    council = Council(convene(33))
    council.proxy(30, 5)
    council.open(17)
    council.do(cmd.Leave(person="e5"))
    council.do(cmd.UndoPresence(person="e5"))
    assert represented(council) == 1
    assert quorum(council)[2:] == (17, True)


def test_what_an_act_relied_on_is_corrected_not_undone() -> None:
    council = Council(convene(33))
    council.open(16 + 1)
    council.come(18)
    council.wait(11)
    assert council.refused(cmd.UndoPresence(person="e18")) == "annulation_impossible"
    council.come(19)
    council.call("1")
    assert council.refused(cmd.UndoPresence(person="e19")) == "annulation_impossible"


def test_a_correction_keeps_what_was_frozen_and_says_so() -> None:
    council = Council(convene(33))
    council.open(17)
    council.come(18)
    rank = len(council.register.stays) - 1
    since = council.register.stays[rank].since_ms
    council.wait(60)
    council.call("1")
    later = cmd.CorrectStay(rank=rank, since_ms=council.now + 500, until_ms=None, reason="oubli")
    assert council.flags(later) == {"QU4"}
    assert "e18" not in {stay.person for stay in there_at(council.register.stays, since)}
    called = council.item("1").called
    assert called is not None and "e18" in {one.seat for one in called.present}
    nothing = cmd.CorrectStay(rank=rank, since_ms=since, until_ms=council.now, reason="x")
    assert council.refused(nothing) == "correction_incoherente"


def test_a_correction_cannot_put_a_person_in_two_places() -> None:
    council = Council(convene(33))
    council.come(1)
    first = council.register.stays[0]
    council.do(cmd.Leave(person="e1", cause=Cause.FREE))
    council.come(1)
    overlap = cmd.CorrectStay(rank=1, since_ms=first.since_ms, until_ms=None, reason="x")
    assert council.refused(overlap) == "QU14"


def test_what_is_entered_late_keeps_its_own_time_and_is_flagged_beside_what_was_frozen() -> None:
    council = Council(convene(33))
    council.proxy(30, 5)
    council.open(17)
    council.wait(60)
    came = council.now
    council.call("1")
    council.wait(30)
    late = cmd.Arrive(person="e30", room="hall", when_ms=came)
    assert council.flags(late) == {"QU4"}
    stay = council.register.stays[-1]
    proxy = find(council.register.proxies, "p30-5")
    assert stay.since_ms == came and proxy is not None and proxy.ended_ms == came
    called = council.item("1").called
    assert called is not None and "e30" not in {one.seat for one in called.present}
    before = cmd.Leave(person="e30", when_ms=came - 1)
    assert council.refused(before) == "heure_incoherente"
    future = cmd.Leave(person="e30", when_ms=council.now + 60_000)
    assert council.refused(future) == "heure_incoherente"
    council.do(cmd.Leave(person="e30", when_ms=came + 500))
    again = cmd.Arrive(person="e30", room="hall", when_ms=came + 200)
    assert council.refused(again) == "QU14"


def test_an_act_older_than_the_newest_is_refused() -> None:
    council = Council(convene(33))
    council.come(1)
    council.now -= 60_000
    assert council.refused(cmd.Arrive(person="e2", room="hall")) == "heure_passee"


def test_a_mandate_that_ends_takes_the_seat_and_its_proxies_away() -> None:
    council = Council(convene(33))
    council.proxy(30, 5)
    council.open(18)
    council.do(cmd.EndMandate(councillor="e5"))
    assert quorum(council)[:3] == (32, 17, 17)
    assert status(council, "p30-5") is ProxyStatus.ENDED
    assert council.refused(cmd.Arrive(person="e5", room="hall")) == "elu_inconnu"
    assert not any(isinstance(event, Flagged) and event.rule == "PR7" for event in council.told)


def test_nobody_came_or_left_before_the_day_of_the_seance() -> None:
    council = Council(convene(9))
    a_week_ago = council.now - 7 * 86_400_000
    assert council.refused(cmd.Arrive(person="e1", room="hall", when_ms=a_week_ago)) == "heure_incoherente"
    council.come(1)
    assert council.refused(cmd.Leave(person="e1", when_ms=a_week_ago)) == "heure_incoherente"
    # A proxy may well be handed over before the day.
    council.do(cmd.LodgeProxy(proxy="p", writing=writing(2, 1), when_ms=a_week_ago))

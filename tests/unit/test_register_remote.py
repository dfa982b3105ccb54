"""Several places: designated rooms, effective access, public votes, lost links."""

from datetime import date

import pytest

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register.agenda import AgendaItem, ItemType
from regie.domain.register.events import Flagged
from regie.domain.register.items import ItemState
from regie.domain.register.proxies import ProxyStatus, find
from regie.domain.register.remote import (
    Advice,
    HouseRules,
    Link,
    Room,
    Step,
    Stream,
    pause_advice,
    room_advice,
    stream_advice,
)
from regie.domain.register.rules import Unlawful
from regie.domain.register.state import Phase
from regie.domain.register.votes import Choice, Mode
from tests.unit.council import EPCI, HOUSE, Council, ballots, convene, convocation, counts, item, rooms

pytestmark = pytest.mark.unit

NAMES = ("nord", "sud", "est")
IN_2021 = date(2021, 10, 4)


def remote(
    *items: AgendaItem, day: date = date(2026, 3, 12), members: int = 45, give_up_ms: int = 600_000
) -> Council:
    call = convocation(
        day=day,
        sent=day.replace(day=1).replace(month=day.month - 1),
        several_places=True,
        says_remote=True,
        other_sessions=((day.replace(day=2), False),),
    )
    house = HouseRules(
        reference=HOUSE.reference,
        identity_check=HOUSE.identity_check,
        retention=HOUSE.retention,
        give_up_after_ms=give_up_ms,
    )
    return Council(convene(members, items, body=EPCI, call=call, rooms=rooms(*NAMES), house=house))


def ready(council: Council, *names: str) -> None:
    for name in names or NAMES:
        council.do(cmd.OpenRoom(room=name))
        council.do(cmd.AttestRoom(room=name, passed=True))
        council.do(cmd.AdmitPublic(room=name))
    council.do(cmd.ReportStream(up=True))


def sitting(*items: AgendaItem, day: date = date(2026, 3, 12)) -> Council:
    """12 in nord, 8 in sud, 5 in est: 25 of 45."""
    council = remote(*items, day=day)
    ready(council)
    council.come(*range(1, 13), room="nord")
    council.come(*range(13, 21), room="sud")
    council.come(*range(21, 26), room="est")
    council.do(cmd.OpenSitting(president="e1"))
    council.do(cmd.AppointSecretaries(secretaries=("e2",)))
    return council


def present(council: Council) -> int:
    return len(assembly.snapshot(council.register).present)


def everybody(council: Council, name: str, **others: Choice) -> cmd.CloseVote:
    seats = {voice.seat: Choice.FOR for voice in council.last_vote(name).voices}
    return cmd.CloseVote(ballots=ballots(**{**seats, **others}))


def lose(council: Council, room: str) -> None:
    council.do(cmd.ReportLinkLost(room=room, since_ms=council.now))


def test_qu14_the_rooms_add_up() -> None:
    council = sitting()
    now = assembly.snapshot(council.register)
    assert (len(now.present), now.needed) == (25, 23)
    assert council.refused(cmd.Arrive(person="e1", room="sud")) == "QU14"


def test_tc7_the_session_waits_for_every_opened_room() -> None:
    council = remote()
    ready(council, "nord", "sud")
    council.come(*range(1, 24), room="nord")
    council.do(cmd.AttestRoom(room="sud", passed=False))
    assert council.refused(cmd.OpenSitting(president="e1")) == "TC7"
    council.do(cmd.AttestRoom(room="sud", passed=True))
    council.do(cmd.OpenSitting(president="e1"))
    assert council.refused(cmd.OpenRoom(room="est")) == "TC7"
    assert council.refused(cmd.Arrive(person="e30", room="est")) == "salle_fermee"


def test_tc2_the_public_and_the_live_broadcast_are_needed_since_2022() -> None:
    council = remote()
    ready(council)
    council.come(*range(1, 24), room="nord")
    council.do(cmd.AdmitPublic(room="sud", admitted=False))
    assert council.refused(cmd.OpenSitting(president="e1")) == "TC2"
    council.do(cmd.AdmitPublic(room="sud"))
    council.do(cmd.ReportStream(up=False))
    assert council.refused(cmd.OpenSitting(president="e1")) == "TC2"
    council.do(cmd.ReportStream(up=True))
    council.do(cmd.OpenSitting(president="e1"))
    assert council.flags(cmd.ReportStream(up=False)) == {"TL9"}
    assert council.flags(cmd.AdmitPublic(room="sud", admitted=False)) == {"TC2"}


@pytest.mark.parametrize(
    "day, article", [(IN_2021, "R.5211-2-1"), (date(2026, 3, 12), "L.5211-11-1, règlement intérieur")]
)
def test_tc7_is_cited_as_the_law_of_the_day_has_it(day: date, article: str) -> None:
    council = remote(day=day)
    ready(council, "nord")
    council.come(*range(1, 24), room="nord")
    council.do(cmd.AttestRoom(room="nord", passed=False))
    council.wait(1)
    with pytest.raises(Unlawful) as refusal:
        council.decide(cmd.OpenSitting(president="e1"))
    assert refusal.value.facts["article"] == article


def test_tc4_an_agent_is_in_every_room() -> None:
    council = remote()
    ready(council)
    council.come(*range(1, 24), room="nord")
    council.do(cmd.SetAgent(room="sud", there=False))
    assert council.refused(cmd.OpenSitting(president="e1")) == "TC4"
    council.do(cmd.SetAgent(room="sud", there=True))
    council.do(cmd.OpenSitting(president="e1"))
    assert council.flags(cmd.SetAgent(room="sud", there=False)) == {"TC4"}


@pytest.mark.parametrize("day, counted", [(IN_2021, True), (date(2026, 3, 12), False)])
def test_tc3_sound_alone_counted_in_2021_and_not_in_2026(day: date, counted: bool) -> None:
    council = sitting(day=day)
    audio = cmd.UseAudio(room="sud", reason="panne vidéo")
    if counted:
        assert council.refused(cmd.UseAudio(room="sud", reason="")) == "TC3"
        council.do(audio)
        assert present(council) == 25
    else:
        assert council.refused(audio) == "TC3"


def test_tc8_a_forbidden_item_added_later_is_refused_too() -> None:
    council = sitting()
    assert council.refused(cmd.AddItem(item=item("b", ItemType.BUDGET))) == "TC8"


def test_q12_another_act_of_the_budget_is_flagged_in_several_places_only() -> None:
    second = item("dm", ItemType.OTHER_BUDGET)
    flagged = [act for act in remote(second).told if isinstance(act, Flagged)]
    assert [(act.rule, act.subject) for act in flagged] == [("Q12", "dm")]
    there = Council(convene(45, [second], body=EPCI))
    assert not any(isinstance(act, Flagged) for act in there.told)


def test_q21_presiding_from_another_room_than_the_seat_is_flagged() -> None:
    council = remote()
    ready(council)
    council.come(1, *range(3, 13), room="sud")
    council.come(2, *range(13, 26), room="nord")
    assert "Q21" in council.flags(cmd.OpenSitting(president="e1"))
    assert council.flags(cmd.PassPresidency(president="e2")) == set()
    assert council.flags(cmd.PassPresidency(president="e3")) == {"Q21"}


def test_tc9_vo18_every_vote_is_public_with_its_names() -> None:
    council = sitting()
    council.call("1")
    for mode in (Mode.ORDINARY, Mode.SECRET):
        assert council.refused(cmd.OpenVote(mode=mode)) == "VO18"
    council.do(cmd.OpenVote())
    assert council.refused(cmd.CloseVote(tally=counts(25, 0, 0))) == "VO3"
    council.do(everybody(council, "1", e4=Choice.AGAINST))
    assert council.last_vote("1").tally == counts(24, 1, 0)
    council.do(cmd.Proclaim())
    council.do(cmd.AskClosedDoors(by_head=True, reason="motif"))
    assert council.refused(cmd.DecideClosedDoors(tally=counts(25, 0, 0))) == "TC9"


def test_vo18_thirty_five_names() -> None:
    council = sitting()
    for n in range(26, 36):
        council.proxy(n, n - 25)
    council.call("1")
    council.do(cmd.OpenVote())
    against = {f"e{n}": Choice.AGAINST for n in range(20, 36)}
    council.do(everybody(council, "1", **against, e19=Choice.ABSTAINS))
    vote = council.last_vote("1")
    assert vote.tally == counts(18, 16, 1) and len(vote.ballots) == 35
    assert vote.outcome is not None and vote.outcome.needed == 18


@pytest.mark.parametrize("asking, state", [(8, ItemState.CALLED), (9, ItemState.POSTPONED)])
def test_tc10_a_secret_request_postpones_the_item(asking: int, state: ItemState) -> None:
    council = sitting()
    council.call("1")
    requesters = tuple(f"e{n}" for n in range(1, asking + 1))
    council.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=requesters))
    assert council.state("1") is state
    assert council.item("1").agenda.single_place is (state is ItemState.POSTPONED)


def test_tc11_an_appointment_needs_unanimity_at_a_distance() -> None:
    council = sitting(item("n", ItemType.APPOINTMENT))
    council.call("n")
    assert council.refused(cmd.OpenVote()) == "TC11"
    seats = {f"e{n}": Choice.FOR for n in range(1, 26)}
    council.do(cmd.WaiveSecrecy(item="n", ballots=ballots(**{**seats, "e9": Choice.ABSTAINS})))
    assert council.refused(cmd.OpenVote()) == "TC11"
    council.do(cmd.WaiveSecrecy(item="n", ballots=ballots(**seats)))
    assert council.refused(cmd.OpenVote(mode=Mode.ORDINARY)) == "VO11"
    council.do(cmd.OpenVote())
    assert council.last_vote("n").mode is Mode.PUBLIC


def test_tl2_tl7_nothing_goes_on_while_a_room_is_missing() -> None:
    council = sitting()
    council.call("1")
    lose(council, "est")
    assert present(council) == 20
    assert council.refused(cmd.OpenVote()) == "TL7"
    assert council.refused(cmd.OpenDebate()) == "TL2"
    council.do(cmd.SuspendSitting())
    assert council.refused(cmd.ResumeSitting()) == "TL2"


def test_tl3_a_vote_that_is_open_is_void_with_its_names_kept() -> None:
    council = sitting()
    council.call("1")
    council.do(cmd.OpenVote())
    council.do(cmd.CastBallots(ballots=ballots(e1=Choice.FOR, e21=Choice.AGAINST)))
    lose(council, "est")
    annulled = council.item("1").votes[0]
    assert annulled.annulled == "TL3" and len(annulled.ballots) == 2
    assert council.state("1") is ItemState.DEBATE
    council.do(cmd.ReportLinkBack(room="est"))
    council.do(cmd.OpenVote())
    council.do(everybody(council, "1"))
    council.do(cmd.Proclaim())
    assert [vote.number for vote in council.item("1").votes] == [1, 2]


def test_tl3_counted_and_not_proclaimed_is_void_too_tl4_proclaimed_stands() -> None:
    council = sitting()
    council.call("1")
    council.do(cmd.OpenVote())
    council.do(everybody(council, "1"))
    lose(council, "est")
    assert council.item("1").votes[0].annulled == "TL3"
    council.do(cmd.ReportLinkBack(room="est"))
    council.do(cmd.OpenVote())
    council.do(everybody(council, "1"))
    council.do(cmd.Proclaim())
    lose(council, "est")
    assert council.state("1") is ItemState.ADOPTED


def test_tl5_after_a_long_loss_the_room_is_called_and_the_quorum_checked() -> None:
    council = sitting()
    council.call("1")
    lose(council, "est")
    council.do(cmd.SuspendSitting())
    council.wait(120)
    council.do(cmd.ReportLinkBack(room="est"))
    assert council.refused(cmd.ResumeSitting()) == "TL5"
    assert council.refused(cmd.CallRoomRoll(room="est", present=("e1",))) == "elu_absent"
    council.do(cmd.CallRoomRoll(room="est", present=("e21", "e22")))
    assert present(council) == 22
    assert council.refused(cmd.ResumeSitting()) == "QU4"
    council.come(23, room="est")
    council.do(cmd.ResumeSitting())
    assert council.register.phase is Phase.OPEN


def lost_for(council: Council, room: str, seconds: int) -> None:
    lose(council, room)
    if council.register.phase is Phase.OPEN:
        council.do(cmd.SuspendSitting())
    council.wait(seconds)


def test_tl6_the_president_resumes_without_a_room_that_does_not_come_back() -> None:
    council = sitting()
    council.come(26, 27, 28, room="nord")
    council.proxy(30, 21)
    council.call("1")
    lost_for(council, "est", 60)
    without = cmd.ResumeWithoutRoom(room="est", reason="câble coupé, accord des groupes")
    assert council.refused(without) == "TL6"
    council.wait(600)
    assert council.refused(cmd.ResumeWithoutRoom(room="est", reason="")) == "TL6"
    assert council.flags(without) == {"TL6", "PR7"}
    assert council.register.phase is Phase.OPEN
    assert present(council) == 23
    proxy = find(council.register.proxies, "p30-21")
    assert proxy is not None and proxy.status is ProxyStatus.SUSPENDED
    council.do(cmd.OpenVote())
    assert len(council.last_vote("1").voices) == 23


def test_tl6_not_without_the_quorum_of_those_connected() -> None:
    council = sitting()
    lost_for(council, "est", 900)
    refused = council.refused(cmd.ResumeWithoutRoom(room="est", reason="panne"))
    assert (refused, present(council)) == ("TL6", 20)


def test_a_room_left_out_comes_back_one_by_one() -> None:
    council = sitting()
    council.come(26, 27, 28, room="nord")
    lost_for(council, "est", 900)
    council.do(cmd.ResumeWithoutRoom(room="est", reason="panne"))
    council.do(cmd.ReportLinkBack(room="est"))
    assert present(council) == 23
    council.come(21, room="est")
    assert present(council) == 24


def test_tl8_a_frozen_face_is_an_exit_after_a_minute_only() -> None:
    council = sitting()
    assert council.refused(cmd.ReportFrozen(person="e21", lasted_ms=60_000)) == "TL8"
    council.do(cmd.ReportFrozen(person="e21", lasted_ms=61_000))
    assert present(council) == 24


def test_tl10_the_president_s_room_lost_suspends_at_once() -> None:
    council = sitting()
    lose(council, "nord")
    assert council.register.phase is Phase.SUSPENDED
    council.wait(900)
    assert council.refused(cmd.ResumeWithoutRoom(room="nord", reason="panne")) == "TL10"
    council.do(cmd.PassPresidency(president="e13"))
    assert council.refused(cmd.ResumeSitting()) == "TL10"
    council.do(cmd.CloseSitting())
    assert council.state("1") is ItemState.POSTPONED


def test_a_member_cut_off_is_not_represented_by_another() -> None:
    council = sitting()
    council.proxy(21, 2)  # e21 sits in est: unusable while he is there
    lose(council, "est")
    assert assembly.represented(council.register) == ()


@pytest.mark.parametrize(
    "lasted_ms, step",
    [
        (5_000, None),
        (5_001, Advice(Step.FREEZE, "TL1", "est")),
        (30_001, Advice(Step.SUSPEND, "TL2", "est")),
        (600_000, Advice(Step.GIVE_UP, "TL6", "est")),
    ],
)
def test_tl1_tl2_tl6_what_a_lost_room_asks_for(lasted_ms: int, step: Advice | None) -> None:
    room = Room(id="est", opened=True, link=Link.LOST, lost_ms=1_000)
    assert room_advice(room, HouseRules(), 1_000 + lasted_ms) == step


def test_tl5_tl9_what_a_room_that_is_back_and_a_stream_that_is_down_ask_for() -> None:
    back = Room(id="est", opened=True, link=Link.BACK)
    assert room_advice(back, HouseRules(), 0) == Advice(Step.CALL_ROOM, "TL5", "est")
    assert room_advice(Room(id="est"), HouseRules(), 0) is None
    down = Stream(up=False, since_ms=0)
    steps = [stream_advice(down, HouseRules(), at) for at in (9_999, 10_000, 60_000)]
    assert steps == [None, Advice(Step.STREAM_WARNING, "TL9"), Advice(Step.STREAM_SUSPEND, "TL9")]
    assert stream_advice(Stream(up=True), HouseRules(), 90_000) is None


def test_a_pause_is_proposed_each_forty_minutes_that_it_sits_without_one() -> None:
    council = sitting(item("1"))
    since = council.register.sitting_since_ms
    assert since is not None
    minutes = [n for n in range(130) if pause_advice(since, since + n * 60_000) == Advice(Step.PAUSE, "")]
    assert minutes == [40, 41, 80, 81, 120, 121]
    council.do(cmd.SuspendSitting())
    assert council.register.sitting_since_ms is None and pause_advice(None, 9_000_000) is None
    council.do(cmd.ResumeSitting())
    assert council.register.sitting_since_ms == council.now


def test_vo18_a_room_reads_the_voices_that_were_noted_of_it_before_the_proclamation() -> None:
    council = sitting(item("1"))
    council.do(cmd.CallItem(items=("1",)))
    council.do(cmd.OpenVote())
    check = cmd.CheckVote(room="sud", agrees=False)
    assert council.refused(check) == "vote_pas_clos"
    named = {f"e{n}": Choice.FOR for n in range(1, 26)}
    council.do(cmd.CloseVote(ballots=ballots(**named)))
    council.do(check)
    council.do(cmd.CheckVote(room="est", agrees=True))
    assert dict(council.register.item("1").checks) == {"sud": False, "est": True}
    # Corrected: it is read again.
    corrected = ballots(**named | {"e20": Choice.AGAINST})
    council.do(cmd.CorrectVote(ballots=corrected, reason="voix mal notée, salle Sud"))
    assert council.register.item("1").checks == ()
    council.do(cmd.CheckVote(room="sud", agrees=True))
    council.do(cmd.Proclaim())
    assert council.refused(check) == "vote_pas_clos"
    alone = Council(convene(33))
    alone.open(17)
    assert alone.refused(cmd.CheckVote(room="hall", agrees=True)) == "lieu_unique"


def test_links_make_no_sense_in_one_place() -> None:
    council = Council(convene(33))
    council.open(17)
    lost = cmd.ReportLinkLost(room="hall", since_ms=council.now)
    assert council.refused(lost) == "lieu_unique"
    assert council.refused(cmd.ReportFrozen(person="e1", lasted_ms=90_000)) == "lieu_unique"

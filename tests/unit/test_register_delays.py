"""Regimes and days: test vectors of quorum, clear days, convocations, semesters."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from regie.domain.register import commands as cmd
from regie.domain.register import delays
from regie.domain.register.agenda import ItemType
from regie.domain.register.convocation import (
    Channel,
    Convocation,
    FirstCall,
    Posting,
    Proof,
    notice_places,
    posting_places,
    proof_findings,
)
from regie.domain.register.events import Convened, Flagged, QuorumFailed
from regie.domain.register.evolve import apply
from regie.domain.register.items import ItemState
from regie.domain.register.regimes import REGIMES, Body, BodyKind, RegimeId, chosen_regime, regime_of
from regie.domain.register.remote import HouseRules, RoomSpec
from regie.domain.register.rules import Unlawful
from regie.domain.register.votes import quarter, third
from regie.errors import Refusal
from tests.unit.council import (
    COMMUNE,
    DAY,
    EPCI,
    START_MS,
    Council,
    convene,
    convocation,
    counts,
    item,
    rooms,
)

pytestmark = pytest.mark.unit

VILLAGE = Body(kind=BodyKind.COMMUNE, name="Petit-Bourg", population=900)
BUREAU = Body(kind=BodyKind.BUREAU, name="Bureau d'Ingeco", population=270_000)
MOSELLE = Body(kind=BodyKind.COMMUNE, name="Sierck", population=110_000, alsace_moselle=True)

MEMBERS = (7, 8, 9, 10, 11, 15, 19, 23, 27, 29, 33, 35, 45, 49, 53, 55, 61, 65, 69, 70, 90, 110)
HALVES = (4, 5, 5, 6, 6, 8, 10, 12, 14, 15, 17, 18, 23, 25, 27, 28, 31, 33, 35, 36, 46, 56)
THIRDS = (3, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 15, 17, 18, 19, 21, 22, 23, 24, 30, 37)
PRESENT = (8, 9, 10, 11, 12, 14, 16, 17, 18, 20, 21, 25, 33, 40)
QUARTERS = (2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 6, 7, 9, 10)
THIRDS_OF_PRESENT = (3, 3, 4, 4, 4, 5, 6, 6, 6, 7, 7, 9, 11, 14)


@pytest.mark.parametrize("members, half, a_third", list(zip(MEMBERS, HALVES, THIRDS, strict=True)))
def test_qu1_vectors_of_quorum(members: int, half: int, a_third: int) -> None:
    assert REGIMES[RegimeId.CM].quorum(members) == half
    assert REGIMES[RegimeId.COVID_B].quorum(members) == a_third


@pytest.mark.parametrize(
    "present, public, secret", list(zip(PRESENT, QUARTERS, THIRDS_OF_PRESENT, strict=True))
)
def test_vo3_vo4_vectors_of_requests(present: int, public: int, secret: int) -> None:
    assert (quarter(present), third(present)) == (public, secret)


@pytest.mark.parametrize(
    "body, day, expected",
    [
        (COMMUNE, date(2026, 3, 12), RegimeId.CM),
        (COMMUNE, date(2021, 1, 12), RegimeId.CM),
        (EPCI, date(2019, 12, 28), RegimeId.CM),
        (EPCI, date(2019, 12, 29), RegimeId.EPCI_2019),
        (EPCI, date(2022, 7, 31), RegimeId.EPCI_2019),
        (EPCI, date(2022, 8, 1), RegimeId.EPCI_3DS),
        (Body(kind=BodyKind.UNION, name="SIVOM", population=900), date(2022, 7, 31), RegimeId.CM),
        (Body(kind=BodyKind.MIXED_UNION, name="SM", population=900), date(2022, 8, 1), RegimeId.EPCI_3DS),
        (BUREAU, date(2026, 3, 12), RegimeId.CM),
    ],
)
def test_a_regime_is_chosen_by_body_and_date(body: Body, day: date, expected: RegimeId) -> None:
    assert regime_of(body, day).id is expected


@pytest.mark.parametrize(
    "regime, day, basis, lawful",
    [
        (RegimeId.COVID_B, date(2020, 7, 11), "", True),
        (RegimeId.COVID_B, date(2020, 8, 31), "", False),
        (RegimeId.COVID_C, date(2021, 10, 15), "", False),
        (RegimeId.COVID_C, date(2022, 7, 31), "", True),
        (RegimeId.COVID_C, date(2026, 3, 12), "", False),
        (RegimeId.COVID_C, date(2026, 3, 12), "loi n° 2026-1", True),
        (RegimeId.EPCI_3DS, date(2026, 3, 12), "loi n° 2026-1", False),
    ],
)
def test_rg1_a_crisis_regime_needs_its_time_or_a_legal_basis(
    regime: RegimeId, day: date, basis: str, lawful: bool
) -> None:
    if lawful:
        assert chosen_regime(COMMUNE, day, regime, basis).id is regime
    else:
        with pytest.raises(Unlawful) as refusal:
            chosen_regime(COMMUNE, day, regime, basis)
        assert refusal.value.facts["regle"] == "RG1"


def test_rg1_an_epci_cannot_escape_its_regime() -> None:
    with pytest.raises(Unlawful):
        chosen_regime(EPCI, DAY, RegimeId.CM, "")


@pytest.mark.parametrize(
    "body, installation, latest, rule",
    [
        pytest.param(COMMUNE, False, date(2026, 3, 6), "CV1", id="CV1"),
        pytest.param(EPCI, False, date(2026, 3, 6), "CV2", id="CV2"),
        pytest.param(VILLAGE, False, date(2026, 3, 8), "CV3", id="CV3"),
        pytest.param(COMMUNE, True, date(2026, 3, 8), "CV5", id="CV5-commune"),
        pytest.param(EPCI, True, date(2026, 3, 6), "CV2", id="CV5-epci"),
    ],
)
def test_latest_sending_days(body: Body, installation: bool, latest: date, rule: str) -> None:
    clear, named = delays.required_clear_days(body, installation=installation)
    assert (delays.latest_sending(DAY, clear), named) == (latest, rule)
    on_time = convocation(sent=latest, installation=installation)
    Council(convene(items=[item("1")], body=body, call=on_time))
    too_late = convocation(sent=latest.replace(day=latest.day + 1), installation=installation)
    assert refused(convene(items=[item("1")], body=body, call=too_late)) == rule


def refused(command: cmd.Convene) -> str:
    with pytest.raises(Refusal) as refusal:
        Council(command)
    return str(refusal.value.facts.get("regle", refusal.value.stable_code))


def flags(council: Council) -> set[str]:
    return {event.rule for event in council.told if isinstance(event, Flagged)}


def test_cv2_a_community_of_villages_sends_too_late() -> None:
    villages = Body(kind=BodyKind.EPCI, name="CC des 12 villages", population=2_000)
    call = convocation(sent=date(2026, 3, 7))
    assert delays.clear_days(call.sent, DAY) == 4
    assert refused(convene(items=[item("1")], body=villages, call=call)) == "CV2"
    assert refused(convene(body=villages, call=convocation(note=False))) == "CV2"
    Council(convene(body=VILLAGE, call=convocation(note=False)))


URGENT = (item("u", ItemType.URGENCY), item("1"), item("2"))


def test_cv4_an_urgent_convocation_leaves_one_clear_day() -> None:
    Council(convene(items=URGENT, call=convocation(sent=date(2026, 3, 10), urgent=True)))
    late = convocation(sent=date(2026, 3, 11), urgent=True)
    assert refused(convene(items=URGENT, call=late)) == "CV4"
    no_urgency_item = convocation(sent=date(2026, 3, 10), urgent=True)
    assert refused(convene(items=[item("1")], call=no_urgency_item)) == "CV4"


def urgent_council() -> Council:
    council = Council(convene(items=URGENT, call=convocation(sent=date(2026, 3, 10), urgent=True)))
    council.open(20)
    return council


def test_cv4_the_urgency_is_voted_first_and_its_refusal_postpones_the_rest() -> None:
    council = urgent_council()
    assert council.refused(cmd.CallItem(items=("1",))) == "CV4"
    assert council.refused(cmd.WithdrawItem(item="u")) == "CV4"
    assert council.refused(cmd.ReorderAgenda(order=("1", "u", "2", "pv"))) == "CV4"
    council.call("u")
    assert council.refused(cmd.NoteItem(item="u")) == "CV4"
    council.vote(counts(5, 15, 0))
    assert {council.state(name) for name in ("1", "2", "pv")} == {ItemState.POSTPONED}
    assert council.item("1").cause == "CV4"


def test_cv4_the_urgency_accepted_lets_the_rest_go_on() -> None:
    council = urgent_council()
    council.call("u")
    council.vote(counts(15, 5, 0))
    council.call("1")
    assert council.state("1") is ItemState.CALLED


def test_cv6_every_member_is_proved_reached_before_the_opening_stops_warning() -> None:
    council = Council(convene(55))
    council.come(*range(1, 29))
    channel = {True: Channel.PAPER, False: Channel.ELECTRONIC}
    proofs = tuple(
        Proof(councillor=f"e{n}", channel=channel[n > 51], at_utc_ms=START_MS, bounced=n == 7)
        for n in range(1, 56)
    )
    council.do(cmd.ProveConvocation(proofs=proofs[:54]))
    places = ("siege", "site", "hall", "affiche:hall")
    council.do(
        cmd.ProveConvocation(
            postings=tuple(Posting(place=place, at_utc_ms=START_MS, agent="a1") for place in places)
        )
    )
    again = Proof(councillor="e7", channel=Channel.PAPER, at_utc_ms=START_MS)
    council.do(cmd.ProveConvocation(proofs=(*proofs[54:], again)))
    assert council.flags(cmd.OpenSitting(president="e1")) == set()


def test_cv6_cv9_missing_proofs_are_flagged_at_the_opening() -> None:
    council = Council(convene(33))
    council.come(*range(1, 18))
    assert council.flags(cmd.OpenSitting(president="e1")) == {"CV6", "CV9", "P1"}
    assert refused(convene(call=convocation(time=""))) == "CV6"


def test_cv9_five_rooms_need_seven_postings() -> None:
    assert len(posting_places(rooms("a", "b", "c", "d", "e"))) == 7


def test_p1_each_room_has_its_notice_at_the_door() -> None:
    specs = rooms("a", "b")
    assert notice_places(specs) == ("affiche:a", "affiche:b")
    posted = Posting(place="affiche:a", at_utc_ms=1, agent="accueil")
    (missing,) = proof_findings((), (), (posted,), (), notice_places(specs))
    assert (missing.rule, missing.blocks, missing.figures) == ("P1", False, {"sans_affiche": 1})


def test_cv7_an_item_added_late_is_spoken_of_and_not_voted() -> None:
    council = Council(convene(33))
    assert council.flags(cmd.AddItem(item=item("14"))) == {"CV7"}
    council.open(17)
    council.call("14")
    assert council.refused(cmd.OpenVote()) == "CV7"
    council.do(cmd.NoteItem(item="14"))
    assert council.state("14") is ItemState.NOTED


def remote(**more: object) -> Convocation:
    one_place = ((date(2026, 2, 12), False),)
    told = {"several_places": True, "says_remote": True, "other_sessions": one_place}
    return convocation(**{**told, **more})


def test_cv8_a_single_place_session_cannot_become_multi_place() -> None:
    two = rooms("nord", "sud")
    assert refused(convene(body=EPCI, rooms=two)) == "CV8"
    assert refused(convene(body=EPCI, rooms=two, call=remote(says_remote=False))) == "CV8"
    Council(convene(body=EPCI, rooms=two, call=remote()))


def test_cv8_what_was_sent_for_one_place_cannot_become_several_by_a_correction() -> None:
    one, two = convene(body=EPCI), convene(body=EPCI, rooms=rooms("nord", "sud"), call=remote())
    assert Council(one).refused(two) == "CV8"
    assert Council(two).flags(two) == set()
    # A new sending, with its whole delay, may.
    early = Council(one, START_MS - 11 * 86_400_000)
    new_sending = remote(sent=date(2026, 3, 2))
    early.do(convene(body=EPCI, rooms=rooms("nord", "sud"), call=new_sending))
    assert early.register.several_places
    # Nor is another day told before today.
    assert Council(one).refused(convene(body=EPCI, call=convocation(day=date(2026, 3, 13)))) == "CV2"


def test_cv7_a_question_that_a_correction_adds_came_late_unless_it_is_sent_anew() -> None:
    first = convene(33, [item("1"), item("2")])
    added = [item("1", title="Point 1, mieux dit"), item("new", title="Vente du terrain"), item("2")]
    council = Council(first)
    assert council.flags(convene(33, added)) == {"CV7"}
    assert [one.id for one in council.register.items if one.agenda.late] == ["new"]
    # It stays late however often it is corrected.
    assert council.flags(convene(33, added)) == {"CV7"}
    early = Council(first, START_MS - 11 * 86_400_000)
    assert early.flags(convene(33, added, call=convocation(sent=date(2026, 3, 2)))) == set()


def test_cv11_the_last_session_of_a_semester_without_one_place_must_be_in_one_place() -> None:
    remote_ones = tuple((date(2026, month, 12), True) for month in (1, 2, 3))
    june = remote(day=date(2026, 6, 18), sent=date(2026, 6, 1), other_sessions=remote_ones)
    assert refused(convene(body=EPCI, rooms=rooms("a", "b"), call=june)) == "CV11"
    one = convocation(day=date(2026, 6, 18), sent=date(2026, 6, 1), other_sessions=remote_ones)
    Council(convene(body=EPCI, call=one))
    with_one = (*remote_ones, (date(2026, 4, 9), False))
    planned_after = (*remote_ones, (date(2026, 6, 25), False))
    for others in (with_one, planned_after):
        call = remote(day=date(2026, 6, 18), sent=date(2026, 6, 1), other_sessions=others)
        Council(convene(body=EPCI, rooms=rooms("a", "b"), call=call))


def test_cv11_a_quarter_without_session_is_seen() -> None:
    held = [date(2026, 3, 30)]
    assert delays.quarter_is_empty(held, date(2026, 4, 1))
    assert not delays.quarter_is_empty(held, date(2026, 1, 5))


def second(sent: date, day: date, **more: object) -> Convocation:
    first = FirstCall(day=date(2026, 3, 2), regular=True)
    return convocation(**{"sent": sent, "day": day, "first_call": first, **more})


TAKEN_OVER = (item("1", returned=True),)


def test_qu7_a_second_convocation_leaves_three_clear_days() -> None:
    sent = date(2026, 3, 2)
    assert delays.earliest_session(sent) == date(2026, 3, 6)
    early = convene(29, TAKEN_OVER, call=second(sent, date(2026, 3, 5)))
    assert refused(replace(early, agenda=TAKEN_OVER)) == "QU7"
    lawful = convene(29, TAKEN_OVER, call=second(sent, date(2026, 3, 6)))
    Council(replace(lawful, agenda=TAKEN_OVER))


def test_qu8_the_waiver_holds_for_items_taken_over_only() -> None:
    items = (item("1", returned=True), item("2"))
    council = Council(convene(29, items, call=second(date(2026, 3, 2), date(2026, 3, 12))))
    council.open(8)
    council.call("1")
    council.vote(counts(8, 0, 0))
    assert council.state("1") is ItemState.ADOPTED
    assert council.refused(cmd.CallItem(items=("2",))) == "QU8"
    short = second(date(2026, 3, 6), date(2026, 3, 10))
    assert refused(convene(29, items, call=short)) == "CV1"


@pytest.mark.parametrize("sent", [date(2026, 3, 10), date(2026, 3, 8)])
def test_qu9_an_urgent_reconvocation_is_no_second_convocation(sent: date) -> None:
    council = Council(convene(29, URGENT, call=second(sent, DAY, urgent=True)))
    council.come(*range(1, 9))
    assert council.refused(cmd.OpenSitting(president="e1")) == "QU4"
    assert "QU9" in flags(council)


def test_qu7_in_alsace_moselle_the_mention_replaces_the_interval() -> None:
    silent = convene(29, TAKEN_OVER, body=MOSELLE, call=second(date(2026, 3, 4), DAY))
    assert refused(silent) == "QU7"
    saying = second(date(2026, 3, 4), DAY, says_no_quorum_needed=True)
    council = Council(convene(29, TAKEN_OVER, body=MOSELLE, call=saying))
    council.open(3)
    council.call("1")


def test_qu6_no_quorum_ends_the_session_and_lists_what_remains() -> None:
    council = Council(convene(33))
    council.come(*range(1, 17))
    assert council.refused(cmd.OpenSitting(president="e1")) == "QU4"
    council.do(cmd.DeclareNoQuorum())
    failed = council.told[-1]
    assert isinstance(failed, QuorumFailed) and failed.remaining == ("1", "2", "3", "pv")


def test_tc12_a_council_or_a_bureau_cannot_sit_in_several_places() -> None:
    for body in (COMMUNE, BUREAU):
        assert refused(convene(body=body, rooms=rooms("a", "b"), call=remote())) == "TC12"


def test_tc6_the_house_rules_come_first() -> None:
    nothing = HouseRules()
    assert refused(convene(body=EPCI, rooms=rooms("a", "b"), call=remote(), house=nothing)) == "TC6"


@pytest.mark.parametrize(
    "type_",
    [
        ItemType.PRESIDENT_ELECTION,
        ItemType.BUREAU_ELECTION,
        ItemType.BUDGET,
        ItemType.EPCI_DELEGATES,
        ItemType.OUTSIDE_BODIES,
    ],
)
def test_tc8_a_forbidden_item_blocks_several_places_for_the_whole_session(type_: ItemType) -> None:
    items = [*(item(str(n)) for n in range(9)), item("x", type_)]
    assert refused(convene(items=items, body=EPCI, rooms=rooms("a", "b"), call=remote())) == "TC8"
    Council(convene(items=items, body=EPCI))


def test_tc10_an_item_postponed_by_a_secret_request_needs_one_place() -> None:
    items = [item("x", single_place=True)]
    assert refused(convene(items=items, body=EPCI, rooms=rooms("a", "b"), call=remote())) == "TC10"


def test_tc1_hc0_rooms_have_a_legal_basis() -> None:
    nowhere = RoomSpec(id="gym", name="Gymnase")
    assert refused(convene(rooms=(nowhere,))) == "HC0"
    Council(convene(rooms=(RoomSpec(id="gym", name="Gymnase", legal_basis="délib. 2024-031"),)))
    assert refused(convene(body=EPCI, rooms=(*rooms("a"), nowhere), call=remote())) == "TC1"


def test_tc5_a_remote_room_without_agreement_is_flagged() -> None:
    bare = RoomSpec(id="sud", name="Sud", legal_basis="délib. 2026-014")
    council = Council(convene(body=EPCI, rooms=(*rooms("nord"), bare), call=remote()))
    assert flags(council) == {"TC5"}


def test_pv3_an_agenda_without_the_last_minutes_is_flagged() -> None:
    command = convene(items=[item("1")])
    without = replace(command, agenda=(item("1"),))
    assert flags(Council(without)) == {"PV3"}


def test_deadlines_of_the_papers() -> None:
    adopted = date(2026, 3, 12)
    assert delays.minutes_deadline(adopted) == date(2026, 3, 19)  # PV4
    assert not delays.minutes_are_late(adopted, date(2026, 3, 16))
    assert delays.minutes_are_late(adopted, date(2026, 3, 17))
    assert delays.list_deadline(adopted) == date(2026, 3, 19)  # PV6
    assert delays.copies_deadline(adopted) == date(2026, 4, 11)  # CV10


@pytest.mark.parametrize(
    "instant, day",
    [
        (datetime(2026, 3, 5, 22, 59, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 5, 23, 0, tzinfo=UTC), date(2026, 3, 6)),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_a_day_is_a_day_in_paris(instant: datetime, day: date) -> None:
    assert delays.paris_day(round(instant.timestamp() * 1000)) == day


def test_cv6_a_convocation_that_came_back_proves_nothing_until_it_is_sent_again() -> None:
    sent, back = (
        Proof(councillor="e1", channel=Channel.ELECTRONIC, at_utc_ms=1, bounced=b) for b in (False, True)
    )
    assert proof_findings(("e1",), (sent,), (), ()) == ()
    assert [one.rule for one in proof_findings(("e1",), (sent, back), (), ())] == ["CV6"]
    assert proof_findings(("e1",), (sent, back, sent), (), ()) == ()


def test_cv6_a_corrected_convocation_keeps_what_was_entered_since() -> None:
    council = Council(convene(33))
    council.come(1, 2, 33)
    council.proxy(20, 3)
    council.do(
        cmd.ProveConvocation(
            proofs=tuple(
                Proof(councillor=f"e{n}", channel=Channel.PAPER, at_utc_ms=START_MS) for n in range(1, 34)
            ),
            postings=(Posting(place="siege", at_utc_ms=START_MS, agent="a1"),),
        )
    )
    council.do(cmd.AllowTime(turn_ms=180_000))
    before = council.register
    council.do(convene(33))
    after = council.register
    kept = ("proofs", "postings", "stays", "proxies", "floor", "rooms")
    assert [getattr(after, one) for one in kept] == [getattr(before, one) for one in kept]
    # Who is no longer of the council leaves the register with it; another hour was sent to nobody.
    council.do(convene(32, call=convocation(time="19:00")))
    after = council.register
    assert [stay.person for stay in after.stays] == ["e1", "e2"]
    assert [one.giver for one in after.proxies] == ["e20"]
    assert not after.proofs and not after.postings and after.floor == before.floor


def test_a_correction_of_before_it_kept_anything_begins_the_register_anew() -> None:
    council = Council(convene(33))
    council.come(1)
    first = council.told[0]
    assert isinstance(first, Convened) and not first.corrects
    assert apply(council.register, first).stays == ()

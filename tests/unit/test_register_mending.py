"""Mistakes of the hand taken back: each is one more act, and what a vote relied on stays."""

import pytest

from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.domain.register.items import ItemState
from regie.domain.register.proxies import ProxyEnd
from regie.domain.register.votes import Mode
from tests.unit.council import Council, convene, counts
from web_ui.register_lines import inverse_of

pytestmark = pytest.mark.unit


def council(present: int = 20) -> Council:
    here = Council(convene(33))
    here.open(present)
    return here


def test_a_recusal_entered_by_mistake_is_lifted_until_the_vote_opens() -> None:
    here = council()
    here.do(cmd.Recuse(item="1", seat="e5"))
    here.call("1")
    assert here.refused(cmd.LiftRecusal(item="1", seat="e6", reason="erreur")) == "deport_inconnu"
    assert here.refused(cmd.LiftRecusal(item="1", seat="e5", reason=" ")) == "motif_manquant"
    here.do(cmd.LiftRecusal(item="1", seat="e5", reason="erreur de nom"))
    assert "e5" in {one.person for one in assembly.snapshot(here.register, here.item("1")).present}
    here.do(cmd.Recuse(item="1", seat="e7"))
    here.do(cmd.OpenVote())
    assert here.refused(cmd.LiftRecusal(item="1", seat="e7", reason="erreur")) == "point_vote_ouvert"
    assert len(here.last_vote("1").voices) == 19


def test_a_request_taken_back_is_counted_again() -> None:
    here = council(20)  # a quarter is five
    here.call("1")
    five = tuple(f"e{rank}" for rank in range(1, 6))
    here.do(cmd.RequestBallot(item="1", mode=Mode.PUBLIC, requesters=five))
    assert here.item("1").ballot_granted is Mode.PUBLIC
    assert here.refused(cmd.WithdrawRequest(item="1", mode=Mode.SECRET, person="e3")) == "demande_inconnue"
    here.do(cmd.WithdrawRequest(item="1", mode=Mode.PUBLIC, person="e3"))
    assert here.item("1").ballot_granted is None
    assert here.item("1").requesters(Mode.PUBLIC) == ("e1", "e2", "e4", "e5")
    here.do(cmd.RequestBallot(item="1", mode=Mode.PUBLIC, requesters=("e6",)))
    assert here.item("1").ballot_granted is Mode.PUBLIC
    for person in ("e1", "e2", "e4", "e5", "e6"):
        here.do(cmd.WithdrawRequest(item="1", mode=Mode.PUBLIC, person=person))
    assert here.item("1").requests == ()


def test_an_item_ended_by_mistake_comes_back() -> None:
    here = council()
    here.call("1")
    here.do(cmd.WithdrawItem(item="1"))
    assert here.refused(cmd.RestoreItem(item="1", reason="")) == "motif_manquant"
    here.do(cmd.RestoreItem(item="1", reason="mauvaise touche"))
    assert (
        here.state("1") is ItemState.CALLED
    )  # nothing else was called: back on the table, its quorum as frozen
    here.vote(counts(20, 0, 0))
    assert here.refused(cmd.RestoreItem(item="1", reason="mauvaise touche")) == "point_adopte"
    here.do(cmd.PostponeItem(item="2"))
    here.call("3")
    here.do(cmd.RestoreItem(item="2", reason="mauvaise touche"))
    assert (here.state("2"), here.state("3")) == (ItemState.LISTED, ItemState.CALLED)


def test_what_a_rule_postponed_stays_postponed() -> None:
    from tests.unit.council import EPCI, convocation, rooms

    call = convocation(
        several_places=True, says_remote=True, other_sessions=((convocation().day.replace(day=2), False),)
    )
    here = Council(convene(9, body=EPCI, call=call, rooms=rooms("hall", "sud")))
    for room in ("hall", "sud"):
        here.do(cmd.OpenRoom(room=room))
        here.do(cmd.AttestRoom(room=room, passed=True))
        here.do(cmd.AdmitPublic(room=room))
    here.do(cmd.ReportStream(up=True))
    here.open(6)
    here.call("1")
    here.do(cmd.RequestBallot(item="1", mode=Mode.SECRET, requesters=("e1", "e2")))
    assert here.state("1") is ItemState.POSTPONED
    assert here.refused(cmd.RestoreItem(item="1", reason="erreur")) == "TC10"


def test_a_proxy_entered_by_mistake_is_not_said_revoked() -> None:
    here = council()
    name = here.proxy(30, 2)
    here.do(cmd.RevokeProxy(proxy=name, mistaken=True))
    assert here.register.proxies[0].end is ProxyEnd.MISTAKE
    here.proxy(31, 2)


def test_each_inverse_takes_its_entry_back() -> None:
    here = council()
    here.call("1")
    for command in (
        cmd.Arrive(person="e25", room="hall"),
        cmd.Leave(person="e6"),
        cmd.Recuse(item="1", seat="e5"),
        cmd.RequestBallot(item="1", mode=Mode.PUBLIC, requesters=("e7",)),
        cmd.AskFloor(person="e8"),
        cmd.OpenVote(),
        cmd.NoteItem(item="1"),
        cmd.PostponeItem(item="2"),
    ):
        before = here.register
        told = here.do(command).events[0]
        inverse = inverse_of(told)
        assert inverse is not None, command
        here.do(inverse)
        after = here.register
        assert [one.state for one in after.items][1:] == [one.state for one in before.items][1:]
        assert after.on_the_table != () and after.floor.queue == before.floor.queue
        assert len(assembly.seated(after)) == len(assembly.seated(before))
    called = inverse_of(next(event for event in here.told if isinstance(event, ev.ItemCalled)))
    assert called == cmd.SetAside(item="1")
    assert inverse_of(ev.Suspended(at_utc_ms=1)) is None

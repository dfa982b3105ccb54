"""The second convocation, prepared from the first: what is taken over, when, and what the law then says of it."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from regie.domain.register import commands as cmd
from regie.domain.register.agenda import AgendaItem
from regie.domain.register.convocation import Channel, Proof
from regie.domain.register.delays import paris_day
from regie.preparation.again import left_undone, second_call
from regie.preparation.plan import plan, sorted_tables
from regie.preparation.tables import Table, read_tables
from tests.unit.council import Council
from tests.unit.test_preparation import SAMPLES
from tests.unit.web_fakes import make_rig

pytestmark = pytest.mark.unit
LATER = date(2026, 6, 25)


def lists() -> dict[str, Table]:
    files = [SAMPLES / f"{name}.csv" for name in ("elus", "points", "seance")]
    tables = [table for file in files for table in read_tables(file.name, file.read_bytes())]
    return sorted_tables(tables)[0]


def without_quorum(*, proved: bool = True) -> Council:
    """The council of the samples: its first item was dealt with, then members left."""
    command = plan(lists()).convene
    assert command is not None
    council = Council(command, at_ms=1_782_405_000_000)  # 25 June 2026, in the evening
    members = council.register.members
    if proved:
        sent = (Proof(councillor=one, channel=Channel.ELECTRONIC, at_utc_ms=council.now) for one in members)
        council.do(cmd.ProveConvocation(proofs=tuple(sent)))
    room = council.register.specs[0].id
    for one in members[:4]:
        council.do(cmd.Arrive(person=one, room=room))
    council.do(cmd.OpenSitting(president=members[0]))
    council.call(council.register.items[0].id)
    council.vote()
    council.do(cmd.Leave(person=members[3]))
    council.do(cmd.DeclareNoQuorum())
    return council


def test_qu7_qu8_only_what_is_left_is_taken_over_on_the_fourth_day() -> None:
    council, first = without_quorum(), lists()
    left = [item.id for item in left_undone(council.register)]
    assert left == [item.id for item in council.register.items[1:]]
    made = plan(second_call(first, council.register, LATER))
    assert made.meeting is not None and made.convene is not None and made.ready
    call = made.meeting.convocation
    assert (call.sent, call.day) == (LATER, date(2026, 6, 29)) and call.says_no_quorum_needed
    assert call.first_call is not None and call.first_call.regular and call.first_call.day == LATER
    assert [item.id for item in made.convene.agenda] == left
    assert all(item.returned for item in made.convene.agenda)
    before = plan(first)
    assert before.agenda is not None and made.agenda is not None
    assert made.agenda.files == {name: before.agenda.files[name] for name in left}
    assert [one.title for one in made.agenda.items] == [one.title for one in before.agenda.items[1:]]


def test_qu9_a_first_convocation_that_was_not_proved_gives_no_waiver() -> None:
    council = without_quorum(proved=False)
    made = plan(second_call(lists(), council.register, LATER))
    assert made.meeting is not None and made.meeting.convocation.first_call is not None
    assert not made.meeting.convocation.first_call.regular
    assert "QU9" in {one.rule for one in made.law}


def test_items_that_the_list_lost_are_taken_from_the_register() -> None:
    council, tables = without_quorum(), lists()
    del tables["points"]
    made = plan(second_call(tables, council.register, LATER))
    assert made.agenda is not None and made.agenda.faults == ()
    kept = [(item.title, item.type) for item in left_undone_agenda(council)]
    assert [(item.title, item.type) for item in made.agenda.items] == kept


def left_undone_agenda(council: Council) -> list[AgendaItem]:
    return [item.agenda for item in left_undone(council.register)]


def test_the_page_offers_it_and_prepares_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        council = without_quorum()
        rig.clock.ns = council.now * 1_000_000
        async with rig.logged_in("auxiliaire") as browser:
            assert (await browser.get("/api/v1/preparation")).json()["seconde"] is None
            refused = await browser.post("/api/v1/preparation/seconde", json={})
            assert refused.json()["code"] == "rien_a_reprendre"
            rig.core.convened = council.register
            told = (await browser.get("/api/v1/preparation")).json()["seconde"]
            left = len(left_undone(council.register))
            day = paris_day(council.now)
            assert told == {"du": "2026-06-25", "points": left, "des": day.replace(day=29).isoformat()}
            after = (await browser.post("/api/v1/preparation/seconde", json={})).json()
            assert len(after["points"]) == left and after["seconde"] is None
            assert after["reglages"]["date"] == "2026-06-29"

    asyncio.run(scenario())

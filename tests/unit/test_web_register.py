"""The API of the legal register: entries that are durable, idempotent and lawful, rights by role and room, a journal in French."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from regie.domain.model import Role
from regie.domain.register import commands as cmd
from regie.domain.register import events as ev
from regie.errors import Refusal
from tests.unit.council import Council, convene
from tests.unit.register_rig import HERE, Office, office
from tests.unit.web_fakes import make_rig, served
from web_ui.reads import FILE_NAME as READS
from web_ui.register_acts import possible_acts
from web_ui.register_lines import line_of
from web_ui.register_rights import may_enter
from web_ui.texts import Texts

pytestmark = pytest.mark.unit

OPENING = (
    {"type": "open_sitting", "president": "e1"},
    {"type": "appoint_secretaries", "secretaries": ["e2"]},
)


def in_office(directory: Path, work: Callable[[Office], Awaitable[None]], **more: bool) -> None:
    async def scenario() -> None:
        async with office(directory, **more) as there:
            await work(there)

    asyncio.run(scenario())


def test_who_conducts_the_programme_may_call_the_next_item_and_nothing_else_of_the_debate() -> None:
    technician = {Role.TECHNICIAN}
    assert may_enter(technician, cmd.CallItem(items=("1",)))
    assert not any(
        may_enter(technician, one) for one in (cmd.OpenVote(), cmd.NoteItem(item="1"), cmd.Proclaim())
    )
    assert not may_enter({Role.ADMIN}, cmd.CallItem(items=("1",)))


def test_a_whole_item_from_the_call_to_the_proclamation(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("auxiliaire") as clerk, there.rig.logged_in("president") as president:
            for command in OPENING:
                assert (await there.enter(clerk, **command)).status_code == 200
            assert (await there.enter(clerk, type="call_item", items=["1"])).json()["avertissements"] == []
            assert (await there.enter(clerk, type="open_vote")).status_code == 200
            against = [{"seat": "e3", "choice": "contre"}]
            assert (await there.enter(clerk, type="close_vote", ballots=against)).status_code == 200
            before = await there.register(clerk)
            vote = before["points"][0]["vote"]
            assert (vote["decompte"]["pour"], vote["decompte"]["contre"], vote["proclame"]) == (4, 1, False)
            refused = await there.enter(clerk, type="proclaim")
            assert (refused.status_code, refused.json()["code"]) == (403, "president_seul")
            assert (await there.enter(president, type="proclaim")).status_code == 200
            after = await there.register(president)
            assert (after["points"][0]["etat"], after["points"][0]["deliberation"]) == ("adopte", 1)
            assert after["n"] == there.core.cursor and after["phase"] == "ouverte"

    in_office(tmp_path, work)


def test_the_same_entry_twice_is_written_once_and_answered_alike(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("auxiliaire") as clerk:
            first = await there.enter(clerk, "touche-0001", type="arrive", person="e6", room="hall")
            again = await there.enter(clerk, "touche-0001", type="arrive", person="e6", room="hall")
            assert first.json() == again.json() and first.status_code == again.status_code == 200
            other = await there.enter(clerk, type="arrive", person="e6", room="hall")
            assert (other.status_code, other.json()["code"]) == (409, "elu_deja_present")

    in_office(tmp_path, work)


def test_what_was_typed_for_another_seance_is_not_written_in_this_one(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("auxiliaire") as clerk:
            arrival = {"type": "arrive", "person": "e6", "room": "hall"}
            entry = {"cle": "tap-autre", "commande": arrival, "seance": "2020-01-01"}
            refused = await clerk.post(HERE, json=entry)
            assert (refused.status_code, refused.json()["code"]) == (409, "autre_seance")
            here = (await there.register(clerk))["seance"]
            assert (await clerk.post(HERE, json=entry | {"seance": here})).status_code == 200

    in_office(tmp_path, work)


def test_what_was_called_without_the_network_was_called_under_the_antenna_of_then(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("auxiliaire") as clerk:
            for command in OPENING:
                await there.enter(clerk, **command)
            opened_ms = there.rig.clock.utc_ns() // 1_000_000
            there.rig.clock.advance(60)
            there.rig.arming.refusal = Refusal("citizens receive the programme", code="antenne_en_direct")
            call = {"type": "call_item", "items": ["1"]}
            # A page that lags is no tablet without network: the antenna of now counts.
            for typed_ms in (None, opened_ms + 59_000):
                entry = {"cle": f"tap-{typed_ms}", "commande": call, "saisi_ms": typed_ms}
                refused = await clerk.post(HERE, json=entry)
                assert (refused.status_code, refused.json()["code"]) == (409, "antenne_en_direct")
            entry = {"cle": "tap-tard", "commande": call, "saisi_ms": opened_ms + 20_000}
            assert (await clerk.post(HERE, json=entry)).status_code == 200
            assert (await there.register(clerk))["points"][0]["appele_ms"] == opened_ms + 20_000

    in_office(tmp_path, work)


def test_the_hour_of_typing_goes_to_the_register(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("auxiliaire") as clerk:
            for typed_ms in (None, 1_799_999_990_000):
                command = {"type": "arrive", "person": "e1", "room": "hall"}
                entry = {"cle": f"tap-{typed_ms}", "commande": command, "saisi_ms": typed_ms}
                assert (await clerk.post(HERE, json=entry)).status_code == 200
        assert rig.core.typed_ms == [None, 1_799_999_990_000]

    asyncio.run(scenario())


def test_a_refusal_says_its_rule_and_article_in_french(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("auxiliaire") as clerk:
            for command in OPENING:
                await there.enter(clerk, **command)
            await there.enter(clerk, type="leave", person="e5")
            refused = (await there.enter(clerk, type="call_item", items=["1"])).json()
            assert refused["code"] == "regle_qu4" and refused["faits"]["article"] == "L.2121-17"
            assert refused["message"] == (
                "Le quorum doit être atteint à l'ouverture, à la reprise et à l'appel de chaque point "
                "(art. L.2121-17) : 4 présents, 5 requis."
            )
            shown = await there.register(clerk)
            assert shown["gestes"]["appeler"] == refused["message"]
            assert shown["gestes"]["suspendre"] is None
            assert shown["quorum"]["noms"] == ["e1", "e2", "e3", "e4"] and not shown["quorum"]["atteint"]

    in_office(tmp_path, work)


def test_the_auxiliary_of_a_room_enters_only_its_people(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("sud") as south, there.rig.logged_in("auxiliaire") as hall:
            assert (await south.get("/api/v1/session")).json()["salle"] == "sud"
            for command, allowed in (
                ({"type": "arrive", "person": "e6", "room": "sud"}, True),
                ({"type": "arrive", "person": "e7", "room": "hall"}, False),
                ({"type": "leave", "person": "e3"}, False),
                ({"type": "attest_room", "room": "sud", "passed": True}, True),
                ({"type": "attest_room", "room": "hall", "passed": True}, False),
                ({"type": "suspend_sitting"}, False),
                ({"type": "recuse", "item": "1", "seat": "e6"}, True),
                ({"type": "recuse", "item": "1", "seat": "e2"}, False),
                ({"type": "leave", "person": "e6"}, True),
            ):
                answer = await there.enter(south, **command)
                expected = (200, None) if allowed else (403, "salle_d_un_autre")
                assert (answer.status_code, answer.json().get("code")) == expected, command
            whole = await there.register(hall)
            assert [room["presents"] for room in whole["salles"]] == [5, 0]
        journal = [entry for entry in await there.core.entries() if entry.kind == "councillor_arrived"]
        assert json.loads(journal[-1].payload)["place"] == "sud"
        assert journal[-1].author == "sud"

    in_office(tmp_path, work, several_places=True)


@pytest.mark.parametrize(
    ("role", "command", "allowed"),
    [
        (Role.PRESIDENT, cmd.Proclaim(), True),
        (Role.AUXILIARY, cmd.Proclaim(), False),
        (Role.ADMIN, cmd.ProclaimAppointment(item="1"), False),
        (Role.PRESIDENT, cmd.GiveFloor(person="e1"), True),
        (Role.TECHNICIAN, cmd.GiveFloor(person="e1"), False),
        (Role.TECHNICIAN, cmd.SuspendSitting(), True),
        (Role.TECHNICIAN, cmd.ReportStream(up=True), True),
        (Role.TECHNICIAN, cmd.Arrive(person="e1", room="hall"), False),
        (Role.PRESIDENT, cmd.Arrive(person="e1", room="hall"), False),
        (Role.AUXILIARY, cmd.Arrive(person="e1", room="hall"), True),
        (Role.PRESIDENT, convene(9), False),
        (Role.ADMIN, convene(9), True),
    ],
)
def test_entries_have_rights_by_role(role: Role, command: cmd.AnyCommand, allowed: bool) -> None:
    assert may_enter((role,), command) is allowed
    assert not may_enter((), command)


def test_the_journal_is_in_french_with_three_times_and_by_cursor(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("auxiliaire") as clerk:
            for command in OPENING:
                await there.enter(clerk, **command)
            told = (await clerk.get(f"{HERE}/journal")).json()
            phrases = [line["phrase"] for line in told["lignes"]]
            assert "Arrivée : Élu 3" in phrases
            assert "Séance ouverte par Élu 1 · 5 présents pour 5 requis" in phrases
            assert not [phrase for phrase in phrases if "[" in phrase or "code" in phrase]
            more = (await clerk.get(f"{HERE}/journal?apres={told['n'] - 1}")).json()["lignes"]
            assert [line["phrase"] for line in more] == ["Secrétaire de séance : Élu 2"]
            assert more[0]["seance_ms"] == 1000 and more[0]["auteur"] == "auxiliaire"
            rules = (await clerk.get(f"{HERE}/regles")).json()
            assert rules["PR3"]["article"] == "L.2121-20"
        kept = [json.loads(line) for line in (tmp_path / READS).read_text().splitlines()]
        assert {(read["account"], read["what"]) for read in kept} == {("auxiliaire", "journal")}

    in_office(tmp_path, work)


def test_every_event_of_the_register_has_its_french_line() -> None:
    texts = Texts.load()
    assert [kind.KIND for kind in ev.REGISTER_EVENTS if not texts.has(f"acte.{kind.KIND}")] == []


def test_every_refusal_of_the_register_has_its_sentence() -> None:
    import re

    import regie.domain.register as register
    from regie.domain.register.items import ItemState
    from regie.domain.register.remote import Link
    from regie.domain.register.state import Phase

    found: set[str] = set()
    for path in (*Path(register.__path__[0]).rglob("*.py"), Path(register.__path__[0]).parent / "sitting.py"):
        found |= set(re.findall(r'code="([a-z_0-9]+)"', path.read_text(encoding="utf-8")))
    found |= {f"point_{state}" for state in ItemState} | {f"seance_{phase}" for phase in Phase}
    found |= {f"liaison_{link}" for link in Link}
    texts = Texts.load()
    assert sorted(code for code in found if not texts.has(code)) == []


def test_what_is_possible_is_what_the_law_would_do() -> None:
    council = Council(convene(9))
    texts = Texts.load()
    acts = possible_acts(council.register, council.now, texts)
    assert acts["ouvrir"] and acts["suspendre"] == texts.say("seance_convoquee")
    council.open(5)
    acts = possible_acts(council.register, council.now, texts)
    assert (acts["appeler"], acts["suspendre"], acts["ouvrir"]) == (None, None, texts.say("seance_ouverte"))
    for name in ("1", "2", "3", "pv"):
        council.call(name)
        council.do(cmd.NoteItem(item=name))
    assert possible_acts(council.register, council.now, texts)["appeler"] == texts.say("plus_de_point")


def test_without_a_convocation_there_is_no_register(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with there.rig.logged_in("auxiliaire") as clerk:
            assert (await clerk.get(HERE)).json() == {"registre": None}
            refused = await there.enter(clerk, type="arrive", person="e1", room="hall")
            assert (refused.status_code, refused.json()["code"]) == (409, "seance_absente")

    in_office(tmp_path, work, convened=False)


def test_pages_that_follow_are_told_and_enter_over_the_stream(tmp_path: Path) -> None:
    async def work(there: Office) -> None:
        async with served(there.rig) as host, there.rig.logged_in("auxiliaire") as clerk:
            cookie = "; ".join(f"{name}={value}" for name, value in clerk.cookies.items())
            async with connect(f"ws://{host}/api/v1/ws", additional_headers={"Cookie": cookie}) as page:

                async def heard(kind: str) -> dict[str, object]:
                    async with asyncio.timeout(5):
                        while True:
                            news = json.loads(await page.recv())
                            if news["type"] == kind:
                                return dict(news)

                await page.send(json.dumps({"type": "suivre", "registre": True, "niveaux": False}))
                assert (await heard("registre"))["n"] == there.core.cursor
                command = {"type": "arrive", "person": "e6", "room": "hall"}
                entry = {"type": "registre", "id": 7, "cle": "touche-0007", "commande": command}
                await page.send(json.dumps(entry))
                answer = await heard("reponse")
                assert answer["id"] == 7 and answer["code"] == ""
                assert answer["ecrit"] == {"n": there.core.cursor, "avertissements": []}
                while (await heard("registre"))["n"] != there.core.cursor:
                    pass
                await page.send(json.dumps(entry | {"id": 8, "cle": "touche-0008"}))
                assert (await heard("reponse"))["code"] == "elu_deja_present"
        kept = (tmp_path / READS).read_text()
        assert '"suivi"' in kept

    in_office(tmp_path, work)


def test_a_line_of_another_family_is_told_by_its_kind() -> None:
    council = Council(convene(9))
    texts = Texts({"acte.autre": "Autre entrée ({genre})"})
    from regie.domain.events import encode
    from regie.journal import Entry, Times

    event = council.told[0]
    entry = Entry(
        n=1,
        command="c",
        part=0,
        author="a",
        kind=event.KIND,
        version=1,
        payload=encode(event),
        times=Times(written_utc_ms=1, live=96_000, public=48_000),
        digest="",
    )
    line = line_of(entry, None, texts)
    assert (line.phrase, line.image_ms, line.public_ms) == ("Autre entrée (convened)", 2000, 1000)

"""The API of the secretariat: lists received, the council convened, documents read and written about."""

import asyncio
import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

import web_ui
from regie.documents import dossier
from regie.documents.after import FOLDER, export
from regie.documents.errors import DocumentError
from regie.documents.produce import Format
from regie.domain.commands import PrepareSeance
from regie.domain.model import Role
from regie.domain.register.commands import Convene
from regie.domain.register.decide import decide
from regie.domain.register.delays import utc_ms_in_paris
from regie.domain.register.evolve import apply
from regie.domain.register.state import Phase, Register
from regie.journal import FILE_NAME, Journal, Times
from tests.unit import documents_rig
from tests.unit.test_preparation import COUNCIL, MEETING, POINTS, SAMPLES, csv_of
from tests.unit.web_fakes import PASSWORD, FakeSeance, Rig, make_rig
from web_ui.reads import FILE_NAME as READS

pytestmark = pytest.mark.unit
RAW = {"Content-Type": "application/octet-stream"}
SEANCE = "2026-03-12"


def test_lists_are_received_checked_drawn_then_convened(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("auxiliaire") as browser:
            first = (await browser.get("/api/v1/preparation")).json()
            assert first["reglages"]["collectivite"] == rig.services.config.ville.nom
            assert not first["prete"] and any("ordre du jour" in one["phrase"] for one in first["fautes"])
            for name in ("elus", "points", "seance"):
                data = (SAMPLES / f"{name}.csv").read_bytes()
                answer = await browser.post(
                    f"/api/v1/preparation/fichier?nom={name}.csv", content=data, headers=RAW
                )
                assert answer.status_code == 200
            told = answer.json()
            assert told["prete"] and told["regime"] == "CM" and len(told["elus"]) == 7
            assert told["delai"] == {
                "francs": 6,
                "requis": 5,
                "dernier_jour": "2026-06-19",
                "regle": "CV1",
                "article": "L.2121-12",
            }
            paper = await browser.get("/api/v1/preparation/convocation.pdf")
            assert paper.content.startswith(b"%PDF")
            desks = await browser.get("/api/v1/preparation/salle.toml")
            assert len(tomllib.loads(desks.text)["elu"]) == 7
            done = await browser.post("/api/v1/preparation/convoquer", json={})
            assert done.status_code == 200
        (prepare, author), (convene, _) = rig.core.submitted
        due = int(datetime(2026, 6, 25, 16, 30, tzinfo=UTC).timestamp())
        assert (prepare, author) == (
            PrepareSeance(title="Conseil municipal du 25 juin", due_utc=due),
            "auxiliaire",
        )
        assert isinstance(convene, Convene) and convene.roster.head == "helene-aubert"
        assert rig.core.current is not None
        kept = dossier.load(rig.services.seances_dir / rig.core.current.id)
        assert kept.before == 41 and kept.item("p02").matter == "8.1"
        # The next look, of another process, finds the same lists.
        again = make_rig(tmp_path)
        async with again.logged_in("auxiliaire") as browser:
            assert (await browser.get("/api/v1/preparation")).json()["prete"]

    asyncio.run(scenario())


def test_cv11_a_quarter_without_a_seance_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.core.current = None
        rig.clock.ns = int(datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp() * 1_000_000_000)
        held = (FakeSeance("s", opened_utc=int(datetime(2026, 4, 2, 17, tzinfo=UTC).timestamp())),)

        async def warned() -> bool:
            async with rig.logged_in("auxiliaire") as browser:
                told = (await browser.get("/api/v1/preparation")).json()["droit"]
            assert not any(one["bloque"] for one in told)
            return "CV11" in {one["regle"] for one in told}

        assert await warned()
        rig.core.ended = held
        assert not await warned()
        rig.clock.ns += 60 * 86_400 * 1_000_000_000
        assert await warned()
        rig.core.current = FakeSeance("n", due_utc=int(rig.clock.ns // 1_000_000_000) + 86_400)
        assert not await warned()

    asyncio.run(scenario())


def test_seats_and_microphones_of_the_list_become_tables_of_the_configuration() -> None:
    from datetime import date

    from config.chamber import Microphone, Person, Place
    from config.inputs import SourceConfig, SourceKind
    from config.schema import Config, Town
    from regie.domain.register.roster import Councillor, Roster
    from regie.preparation.councillors import Council, Desk
    from regie.preparation.desks import desks_toml

    config = Config(
        ville=Town(nom="Valmont"),
        source=(SourceConfig(id="cam", nom="Cam", genre=SourceKind.SOUND, adresse="rtsp://x/y"),),
        elu=(Person(id="parti", nom="M. Parti"),),
        place=(
            Place(id="p1", nom="Tribune", elu="parti", x=1.5, y=0, groupe_plan="a"),
            Place(id="p9", nom="Vide"),
        ),
        micro=(Microphone(id="m1", nom="Micro 1", source="cam", canal=3, place="p1", gain_db=-2.5),),
    )
    people = (
        Councillor(id="e1", name="Mme « Une »", rank=1, seat="p2", group="Ensemble", since=date.min),
        Councillor(id="e2", name="M. Deux", rank=2, seat="p1", since=date.min),
    )
    desks = (
        Desk(councillor="e1", function="maire", microphone="m1", preset="serré tribune"),
        Desk(councillor="e2", microphone="m7"),
    )
    text = desks_toml(Council(roster=Roster(councillors=people, head="e1"), desks=desks), config)
    assert "serré tribune" in text and '# id = "m7"' in text
    tables = tomllib.loads(text)
    made = Config.model_validate(config.model_dump(exclude={"elu", "place", "micro"}) | tables)
    assert [(one.id, one.nom, one.fonction) for one in made.elu] == [
        ("e1", "Mme « Une »", "maire"),
        ("e2", "M. Deux", ""),
    ]
    assert [(one.id, one.elu, one.x, one.groupe_plan) for one in made.place] == [
        ("p2", "e1", None, ""),
        ("p1", "e2", 1.5, "a"),
        ("p9", None, None, ""),
    ]
    (micro,) = made.micro
    assert (micro.place, micro.canal, micro.gain_db) == ("p2", 3, -2.5)


def test_what_forbids_to_convene_is_told_with_its_article_and_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("auxiliaire") as browser:
            for name, grid in (("elus", COUNCIL), ("points", POINTS), ("seance", MEETING)):
                url = f"/api/v1/preparation/fichier?nom={name}.csv"
                await browser.post(url, content=csv_of(grid), headers=RAW)
            told = (
                await browser.put("/api/v1/preparation/seance", json={"envoi": "22/06/2026", "x": "y"})
            ).json()
            assert told["droit"] == [
                {
                    "regle": "CV1",
                    "article": "L.2121-12",
                    "phrase": "La convocation part cinq jours francs avant la séance, avec la note de synthèse.",
                    "sujet": "2 jours francs pour 5",
                    "bloque": True,
                }
            ]
            for refused in (
                await browser.post("/api/v1/preparation/convoquer", json={}),
                await browser.get("/api/v1/preparation/convocation.pdf"),
            ):
                assert (refused.status_code, refused.json()["code"]) == (409, "convocation_incomplete")
            broken = await browser.post("/api/v1/preparation/fichier?nom=a.xlsx", content=b"x", headers=RAW)
            assert broken.json()["message"].startswith("Cette liste n’a pas pu être lue : ce classeur")
            typed = await browser.post("/api/v1/preparation/fichier?nom=a.csv", json={})
            assert typed.status_code == 415
        assert rig.core.submitted == []

    asyncio.run(scenario())


def test_only_the_central_secretariat_prepares_and_reads(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.services.accounts.add("nord", (Role.AUXILIARY,), PASSWORD, must_change=False, room="nord")
        for name, code in (("president", "interdit"), ("nord", "secretariat_central")):
            async with rig.logged_in(name) as browser:
                for url in ("/api/v1/preparation", f"/api/v1/seances/{SEANCE}/documents"):
                    answer = await browser.get(url)
                    assert (answer.status_code, answer.json()["code"]) == (403, code)
        async with rig.browser() as browser:
            assert (await browser.get("/api/v1/preparation")).status_code == 401

    asyncio.run(scenario())


def held(rig: Rig) -> Path:
    """An evening on disk, its documents made without the secretary's words."""
    folder = rig.services.seances_dir / SEANCE
    with Journal(folder / FILE_NAME, SEANCE, 0) as journal:
        journal.append("all", "test", documents_rig.evening().told, Times(written_utc_ms=0))
    export(folder, formats=(Format.CSV, Format.SCDL))
    return folder


def test_a_correction_that_the_law_refuses_leaves_the_seance_as_it_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("auxiliaire") as browser:
            for name in ("elus", "points", "seance"):
                data = (SAMPLES / f"{name}.csv").read_bytes()
                await browser.post(f"/api/v1/preparation/fichier?nom={name}.csv", content=data, headers=RAW)
            await browser.post("/api/v1/preparation/convoquer", json={})
            convene = rig.core.submitted[1][0]
            assert isinstance(convene, Convene)
            sent_ms = utc_ms_in_paris(convene.convocation.sent, 9, 0)
            register: Register | None = None
            for event in decide(None, convene, sent_ms).events:
                register = apply(register, event)
            assert register is not None
            # Opened already: nothing may be corrected, nor the séance be named again.
            rig.core.convened = msgspec.structs.replace(register, phase=Phase.OPEN)
            refused = await browser.post("/api/v1/preparation/convoquer", json={})
            assert (refused.status_code, refused.json()["code"]) == (409, "seance_ouverte")
            assert len(rig.core.submitted) == 2
            proofs = (await browser.get("/api/v1/preparation/preuves")).json()
            assert (proofs["convoque"], proofs["jour"]) == (False, "2026-06-25")

    asyncio.run(scenario())


def test_documents_are_listed_read_and_written_about(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        folder = held(rig)
        url = f"/api/v1/seances/{SEANCE}"
        async with rig.logged_in("auxiliaire") as browser:
            told = (await browser.get(f"{url}/documents")).json()
            assert told["levee"] and told["manquants"] == [
                "teneur des discussions (points 1, 2, 3, 4, 5, 6 et 7)"
            ]
            assert any("COLL_SIRET" in fault for fault in told["defauts"])
            names = {one["fichier"]: one for one in told["fichiers"]}
            assert names["liste-des-deliberations.csv"]["publiable"] and not names["votes.csv"]["publiable"]
            file = await browser.get(names["votes.csv"]["adresse"])
            assert file.content == (folder / FOLDER / "votes.csv").read_bytes()
            for wrong in ("absent.pdf", "..%2Fregistre.sqlite", "manifeste.txt"):
                assert (await browser.get(f"{url}/documents/{wrong}")).status_code == 404
            for point in told["points"]:
                change = {"debats": "Il est débattu.", "matiere": "7.5", "rapport": "Rapport n° 1"}
                answer = await browser.put(f"{url}/secretariat/{point['id']}", json=change)
            assert answer.json()["manquants"] == []
            assert (await browser.put(f"{url}/secretariat/aucun", json={})).status_code == 404
            more = {
                "scrutateurs": ["Mme Un", "M. Deux"],
                "budget_annee": "2026",
                "budget_nom": "Budget principal",
                "recu_prefecture": "2026-03-16",
            }
            answer = await browser.put(f"{url}/secretariat/budget", json=more)
            point = next(one for one in answer.json()["points"] if one["id"] == "budget")
            assert {key: point[key] for key in more} == more
            wrong_day = await browser.put(f"{url}/secretariat/budget", json={"recu_prefecture": "2026-02-31"})
            assert wrong_day.status_code == 422
            copies = {"destinataires": [{"nom": "M. Trois", "commune": "Port-Nord", "envoye": "2026-03-20"}]}
            told = (await browser.put(f"{url}/destinataires", json=copies)).json()
            assert told["destinataires"][0] == {**copies["destinataires"][0], "adresse": ""}
            await browser.post(f"{url}/documents", json={})
            rig.paperwork.failure = DocumentError("no", code="documents_lents")
            slow = await browser.post(f"{url}/documents", json={})
            assert (slow.status_code, slow.json()["code"]) == (409, "documents_lents")
            for step, day, state in (
                ("proposer", "2026-03-13", "propose"),
                ("arreter", "2026-04-02", "arrete"),
                ("signer", "2026-04-02", "signe"),
                ("publier", "2026-04-03", "publie"),
            ):
                told = (await browser.post(f"{url}/proces-verbal", json={"geste": step, "jour": day})).json()
                assert told["proces_verbal"]["etat"] == state
            assert told["proces_verbal"]["avant"] == "2026-04-09" and told["proces_verbal"]["suivant"] is None
            again = await browser.post(f"{url}/proces-verbal", json={"geste": "signer", "jour": "2026-04-04"})
            assert (again.status_code, again.json()["code"]) == (409, "regle_pv3")
        assert dossier.load(folder).item("budget").debates == "Il est débattu."
        assert rig.paperwork.made == [SEANCE, SEANCE]
        readings = [json.loads(line) for line in (tmp_path / READS).read_text().splitlines()]
        assert [one["what"] for one in readings] == ["documents", "document votes.csv"]
        assert {one["account"] for one in readings} == {"auxiliaire"}

    asyncio.run(scenario())


@pytest.mark.parametrize("page", ["/secretariat", "/secretariat/documents", "/secretariat/conservation"])
def test_the_pages_ask_to_log_in(tmp_path: Path, page: str) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.browser() as browser:
            assert (await browser.get(page)).headers["location"].startswith("/connexion?suite=")

    asyncio.run(scenario())


def test_the_pages_of_the_secretariat_lead_to_the_same_places_each_saying_where_one_is() -> None:
    pages = {
        "preparation": "/secretariat",
        "documents": "/secretariat/documents",
        "conservation": "/secretariat/conservation",
    }
    links: set[tuple[tuple[str, str], ...]] = set()
    for name, address in pages.items():
        page = (Path(web_ui.__file__).parent / "templates" / f"{name}.html").read_text(encoding="utf-8")
        (nav,) = re.findall(r"<nav.*?</nav>", page, re.DOTALL)
        links.add(tuple(re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', nav)))
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', nav) == [address]
    assert len(links) == 1 and set(pages.values()) < {href for href, _ in links.pop()}

"""The papers of the items: what is taken, what is refused and why, what citizens get."""

import asyncio
import io
import zipfile
from pathlib import Path

import httpx
import pytest

from regie.documents.dossier import Dossier, ItemFile, save
from regie.domain.register.chapters import chapters
from tests.unit.council import Council, convene, item
from tests.unit.web_fakes import Rig, make_rig
from web_ui.pieces import MAX_BYTES, Kind, Pieces, kind_of, title_of

pytestmark = pytest.mark.unit
RAW = {"Content-Type": "application/octet-stream"}
PDF = b"%PDF-1.7\nun plan"


def opendocument(kind: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, Kind.PDF),
        (opendocument("text"), Kind.ODT),
        (opendocument("spreadsheet"), Kind.ODS),
        (opendocument("presentation"), None),
        (b"\x89PNG\r\n\x1a\n....", Kind.PNG),
        (b"\xff\xd8\xff\xe0", Kind.JPEG),
        (b"PK\x03\x04 not a zip", None),
        (b"<html><script>", None),
        (b"MZ\x90", None),
    ],
)
def test_a_paper_is_what_its_bytes_say(data: bytes, kind: Kind | None) -> None:
    assert kind_of(data) is kind


def test_a_title_is_the_name_of_the_file_in_plain_words() -> None:
    assert title_of("C:\\dépôt\\2026-06_Budget  primitif.pdf") == "2026-06 Budget primitif"
    assert title_of("../../etc/passwd") == "passwd"
    assert (title_of(".pdf"), title_of("a" * 300)) == ("Document", "a" * 120)


def put(rig: Rig) -> Council:
    council = Council(convene(5, (item("1"), item("2", sensitive=True))))
    rig.core.convened = council.register
    assert rig.core.current is not None
    rig.core.chapters[rig.core.current.id] = chapters(council.register)
    return council


async def send(
    browser: httpx.AsyncClient, data: bytes, name: str = "Plan.pdf", point: str = "1"
) -> httpx.Response:
    where = "/api/v1/preparation/pieces"
    return await browser.post(where, params={"point": point, "nom": name}, content=data, headers=RAW)


def test_a_paper_is_on_the_citizens_page_until_it_is_taken_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        put(rig)
        assert rig.core.current is not None
        folder = rig.services.seances_dir / rig.core.current.id
        folder.mkdir(parents=True, exist_ok=True)
        announced = ItemFile(documents=("plan_des_travaux.pdf", "devis.pdf"))
        save(folder, Dossier(items={"1": announced}))
        async with rig.logged_in("auxiliaire") as browser, rig.browser() as citizen:
            told = (await send(browser, PDF, "Plan_des travaux.pdf")).json()
            (paper,) = told["points"][0]["pieces"]
            assert (paper["titre"], paper["genre"], paper["octets"]) == ("Plan des travaux", "pdf", len(PDF))
            assert told["points"][0]["attendues"] == ["devis.pdf"]
            items = (await citizen.get("/api/v1/public")).json()["points"]
            assert items[0]["pieces"] == [
                {key: paper[key] for key in ("titre", "genre", "octets", "adresse")}
            ]
            assert items[1]["pieces"] == []
            got = await citizen.get(paper["adresse"])
            assert (got.content, got.headers["content-type"]) == (PDF, "application/pdf")
            assert "attachment" in got.headers["content-disposition"]
            assert (await citizen.get("/api/v1/preparation/pieces")).status_code == 401
            gone = await browser.delete(f"/api/v1/preparation/pieces/{paper['id']}")
            assert gone.json()["points"][0]["pieces"] == []
            assert (await citizen.get(paper["adresse"])).status_code == 404
            again = await browser.delete(f"/api/v1/preparation/pieces/{paper['id']}")
            assert again.json()["code"] == "piece_inconnue"
        assert rig.core.current is not None
        assert [
            one.name for one in (rig.services.seances_dir / rig.core.current.id / "pieces").iterdir()
        ] == ["pieces.json"]

    asyncio.run(scenario())


def test_what_is_refused_says_why_in_french(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        async with rig.logged_in("auxiliaire") as browser:
            assert (await send(browser, PDF)).json()["code"] == "registre_absent"
            assert (await browser.get("/api/v1/preparation/pieces")).json() == {
                "convoque": False,
                "points": [],
            }
            put(rig)
            for data, name, point, words in (
                (b"", "Rien.pdf", "1", "« Rien » est un fichier vide."),
                (b"MZ", "Virus.pdf", "1", "PDF, ODT, ODS, PNG ou JPEG"),
                (b"%PDF-" + bytes(MAX_BYTES), "Lourd.pdf", "1", "dépasse 20 Mo"),
                (PDF, "Agent.pdf", "2", "signalé comme sensible"),
                (PDF, "Plan.pdf", "9", "pas à l’ordre du jour"),
            ):
                answer = await send(browser, data, name, point)
                assert answer.status_code >= 400 and words in answer.json()["message"], answer.text
        async with rig.browser() as citizen:
            for name in ("../registre.sqlite", "0" * 16, "pieces.json"):
                assert (
                    await citizen.get(f"/api/v1/seances/2027-01-15-conseil/pieces/{name}")
                ).status_code == 404
        assert Pieces(tmp_path / "nulle-part").all() == ()

    asyncio.run(scenario())

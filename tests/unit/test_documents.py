"""Documents of a séance: their words against golden files, their files against software that is not ours."""

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from regie.documents import after, dossier
from regie.documents.errors import DocumentError
from regie.documents.pdf import pdf
from regie.documents.produce import MANIFEST, Batch, Format, papers, produce
from regie.documents.record import record_of
from regie.documents.sitting import view
from regie.documents.templates import Templates
from regie.domain.register import commands as cmd
from regie.domain.register.convocation import Channel
from regie.domain.register.events import Convened
from regie.domain.speaking import SpeakingTime, Spoken
from regie.journal import FILE_NAME, Journal, Times
from tests.unit import documents_rig as rig
from tests.unit.council import START_MS, Council, convene

pytestmark = pytest.mark.unit


def test_every_document_says_what_its_golden_file_says() -> None:
    made = rig.golden()
    kept = {str(file.relative_to(rig.GOLDEN)) for file in rig.GOLDEN.glob("*/*.txt")}
    assert set(made) == kept
    for name, text in made.items():
        assert text == (rig.GOLDEN / name).read_text(encoding="utf-8"), name


def test_every_table_and_value_is_byte_for_byte_its_golden_file() -> None:
    made = rig.golden_data()
    assert {"commune/votes.csv", "commune/seance.json", "quorum/points.csv"} <= set(made)
    kept = {
        str(file.relative_to(rig.GOLDEN))
        for kind in ("csv", "json")
        for file in rig.GOLDEN.glob(f"*/*.{kind}")
    }
    assert set(made) == kept
    for name, data in made.items():
        assert data == (rig.GOLDEN / name).read_bytes(), name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Batch]:
    out = tmp_path_factory.mktemp("documents")
    return out, produce(rig.evening_record(), rig.evening_dossier(), Templates(), out)


def test_pv5_a_batch_tells_every_file_with_its_digest(made: tuple[Path, Batch]) -> None:
    out, batch = made
    assert {file.name for file in batch.files} | {MANIFEST} == {file.name for file in out.iterdir()}
    codes = {file.code for file in batch.files}
    assert {"D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12", "D13"} <= codes
    assert batch.missing == () and batch.faults == ()
    told = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    assert len(told["files"]) == len(batch.files)


def test_the_same_record_makes_the_same_bytes(made: tuple[Path, Batch], tmp_path: Path) -> None:
    _, batch = made
    again = produce(rig.evening_record(), rig.evening_dossier(), Templates(), tmp_path)
    assert again.files == batch.files


def test_pv5_a_pdf_is_tagged_and_archivable(made: tuple[Path, Batch]) -> None:
    out, _ = made
    data = (out / "proces-verbal.pdf").read_bytes()
    assert data.startswith(b"%PDF-1.7") and b"/StructTreeRoot" in data and b"/MarkInfo" in data
    metadata = re.search(rb"<x:xmpmeta.*?</x:xmpmeta>", data, re.DOTALL)
    assert metadata is not None
    said = metadata[0].decode()
    assert re.search(r"pdfaid:part\W*2", said) and re.search(r"pdfaid:conformance\W*A", said)
    assert re.search(r"pdfuaid:part\W*1", said)


def test_poppler_reads_the_words_and_the_tags(made: tuple[Path, Batch]) -> None:
    out, _ = made
    file = str(out / "proces-verbal.pdf")
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, check=True, text=True
    ).stdout
    assert "Procès-verbal" in text and "Les *Amis* | du livre" in text and "2026-043" in text
    tags = subprocess.run(["pdfinfo", "-struct", file], capture_output=True, check=True).stdout.decode(
        errors="replace"
    )
    assert {"Document", "H1", "H2", "P", "L", "LI", "Figure", "Link"} <= set(re.findall(r"\w+", tags))
    links = subprocess.run(["pdfinfo", "-url", file], capture_output=True, check=True, text=True).stdout
    assert "https://webtv.ingeville.example/seances/2026-03-12#t=" in links


def test_an_odt_is_whole_xml_in_the_order_that_the_format_asks(made: tuple[Path, Batch]) -> None:
    out, _ = made
    for file in out.glob("*.odt"):
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
            first = archive.infolist()[0]
            assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
            for name in archive.namelist():
                if name.endswith((".xml", ".svg")):
                    ElementTree.fromstring(archive.read(name))


def test_libreoffice_opens_what_we_write(made: tuple[Path, Batch], tmp_path: Path) -> None:
    out, _ = made
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    odts = [shutil.copy(file, tmp_path) for file in out.glob("*.odt")]
    subprocess.run([*command, "--outdir", str(tmp_path), *odts], check=True, capture_output=True, timeout=55)
    opened = {file.stem for file in tmp_path.glob("*.pdf")}
    assert opened == {file.stem for file in out.glob("*.odt")} and len(opened) > 15
    text = subprocess.run(
        ["pdftotext", str(tmp_path / "proces-verbal.pdf"), "-"], capture_output=True, check=True, text=True
    ).stdout
    assert "Procès-verbal" in text and "Présents à l'ouverture (20)" in text and "Mme Aubert" in text


def test_minutes_that_lack_a_mention_are_a_draft_and_refused_when_final(tmp_path: Path) -> None:
    seance = tmp_path / "2026-03-12"
    council = rig.evening()
    with Journal(seance / FILE_NAME, "2026-03-12", 0) as journal:
        journal.append("all", "test", council.told, Times(written_utc_ms=0))
    dossier.save(seance, dossier.Dossier(town=rig.TOWN))
    batch = after.export(seance, formats=(Format.PDF,))
    assert batch.missing == ("teneur des discussions (points 1, 2, 3, 4, 5, 6 et 7)",)
    assert (seance / after.FOLDER / "proces-verbal.pdf").is_file()
    with pytest.raises(DocumentError) as refused:
        after.export(seance, final=True)
    assert refused.value.stable_code == "regle_pv2"
    dossier.save(seance, rig.evening_dossier())
    assert after.export(seance, formats=(Format.CSV,), final=True).missing == ()


def test_before_the_seance_there_are_the_convocation_its_proofs_and_a_sheet_to_sign() -> None:
    record = record_of(Council(convene()).told, "2026-03-12")
    made = rig.texts(record, dossier.Dossier())
    assert set(made) == {"convocation", "preuves-de-convocation", "feuille-d-emargement"}
    assert (
        "33\xa0membres en exercice" in made["feuille-d-emargement"]
        and "Élu 33" in made["feuille-d-emargement"]
    )


def test_p16_what_goes_online_holds_no_private_name() -> None:
    made = rig.texts(rig.evening_record(), rig.evening_dossier())
    assert "Untel" in made["proces-verbal"]
    for name in ("proces-verbal-en-ligne", "liste-des-deliberations"):
        assert "Untel" not in made[name] and "occulté" in made[name]


def test_p14_no_document_ties_a_secret_ballot_to_a_name() -> None:
    record = rig.evening_record()
    secret = next(item for item in record.register.items if item.id == "agent")
    assert secret.vote is not None and secret.vote.ballots == ()
    votes = rig.texts(record, rig.evening_dossier())["registre-des-votes"]
    part = votes.split("# 4. ")[1].split("# 5. ")[0]
    assert "- Pour" not in part and "- Contre" not in part


def test_a_town_changes_a_template_without_code(tmp_path: Path) -> None:
    (tmp_path / "liste.md").write_text("Affiché :\n\n{{ ville }}\n", encoding="utf-8")
    made = Templates(tmp_path).text("liste", {"ville": "Saint-*Jean*"})
    assert made == "Affiché :\n\nSaint\\-\\*Jean\\*"
    assert "Feuillet" in Templates(tmp_path).text("feuillet", rig.values())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{ seance.nexiste }}", "modele_faux"),
        ("{% if %}", "modele_faux"),
        ("{{ seance.__class__.__mro__ }}", "modele_faux"),
        ("{% include 'absent.md' %}", "modele_absent"),
    ],
)
def test_a_wrong_template_is_told_with_its_file(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "liste.md").write_text(f"une ligne\n{text}\n", encoding="utf-8")
    with pytest.raises(DocumentError) as wrong:
        Templates(tmp_path).text("liste", rig.values())
    assert wrong.value.stable_code == code
    assert wrong.value.facts["fichier"] == "liste.md"


def test_the_secretarys_file_is_read_back_and_keeps_french_keys(tmp_path: Path) -> None:
    wanted = rig.evening_dossier()
    dossier.save(tmp_path, wanted)
    assert dossier.load(tmp_path) == wanted
    keys = msgspec.json.decode((tmp_path / dossier.FILE_NAME).read_bytes())
    assert {"collectivite", "points", "numerotation"} <= set(keys)
    (tmp_path / dossier.FILE_NAME).write_text("{", encoding="utf-8")
    with pytest.raises(DocumentError):
        dossier.load(tmp_path)


def test_dossier_of_nothing_is_empty(tmp_path: Path) -> None:
    assert dossier.load(tmp_path) == dossier.Dossier()


def test_an_act_between_two_seconds_makes_documents_too() -> None:
    council = Council(convene(), at_ms=START_MS + 123)
    ((_, paper), *_) = papers(
        record_of(council.told, "2026-03-12"), dossier.Dossier(town=rig.TOWN), Templates()
    )
    assert pdf(paper).startswith(b"%PDF")


def test_without_turns_speaking_time_is_what_the_microphones_measured() -> None:
    record = msgspec.structs.replace(
        rig.remote_record(),
        spoken=SpeakingTime(
            spoken={
                "p1": {
                    "a": Spoken(seat="p1", item="a", ms=61_000, speeches=2),
                    "": Spoken(seat="p1", ms=1_000, speeches=1),
                },
                "p9": {"a": Spoken(seat="p9", item="a", ms=5_000, speeches=1)},
            }
        ),
    )
    seance = view(record, dossier.Dossier(seats={"p1": "Mme Diallo"}))
    assert [(one.nom, one.duree, one.prises) for one in seance.paroles] == [
        ("Mme Diallo", 62_000, 3),
        ("p9", 5_000, 1),
    ]
    assert seance.paroles_mesurees
    minutes = rig.texts(record, dossier.Dossier())["proces-verbal"]
    assert "Temps mesuré aux micros" in minutes and "Groupe |" not in minutes


def test_a_corrected_convocation_breaks_no_document_whatever_became_of_a_proxy_that_it_set_aside() -> None:
    council = Council(convene(33))
    ended, suspended = council.proxy(20, 2), council.proxy(33, 3)
    council.proxy(21, 4, authenticated=False, channel=Channel.ELECTRONIC)
    council.do(cmd.AuthenticateProxy(proxy="p21-4"))
    council.do(cmd.RevokeProxy(proxy=ended))
    council.come(3)
    council.do(cmd.Leave(person="e3"))
    council.do(convene(32))
    assert {proxy.id for proxy in council.register.proxies} == {ended, "p21-4"}
    council.open(17)
    council.do(cmd.CloseSitting())
    assert suspended
    record = record_of(council.told, "2026-03-12")
    told = [fact.fait for fact in view(record, dossier.Dossier()).mouvements]
    assert {"Pouvoir caduc", "Pouvoir authentifié", "Pouvoir suspendu"} <= set(told)
    # Of before corrections kept anything: the register began anew.
    acts = [
        msgspec.structs.replace(act, corrects=False) if isinstance(act, Convened) else act
        for act in council.told
    ]
    assert [one.fait for one in view(record_of(acts, "2026-03-12"), dossier.Dossier()).mouvements] == told

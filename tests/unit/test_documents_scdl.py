"""Open data of deliberations: the real Table Schema, read by frictionless, and the validator's own checks."""

import csv
import io
from pathlib import Path

import msgspec
import pytest
from frictionless import Resource, Schema

from regie.documents.actes import codes, is_matter, is_siret, matter
from regie.documents.dossier import Dossier
from regie.documents.scdl import COLUMNS, faults_of, scdl_files
from regie.documents.sitting import view
from regie.domain.register.agenda import HIDDEN
from tests.unit import documents_rig as rig

pytestmark = pytest.mark.unit
# Names, types, constraints and checks of the published schema, scdl/deliberations 2.1.5.
SCHEMA = Path(__file__).parents[1] / "golden" / "scdl-deliberations-2.1.5.json"


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_the_file_passes_the_table_schema(tmp_path: Path) -> None:
    record, dossier = rig.evening_record(), rig.evening_dossier()
    made = scdl_files(record, dossier, view(record, dossier))
    assert made.faults == ()
    assert made.name == "20260312_218601946_deliberations.csv"
    (tmp_path / made.name).write_bytes(made.csv)
    schema = Schema.from_descriptor(msgspec.json.decode(SCHEMA.read_bytes()))
    assert tuple(field.name for field in schema.fields) == COLUMNS
    report = Resource(path=made.name, basepath=str(tmp_path), schema=schema).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])


def test_rows_are_those_of_the_register() -> None:
    record, dossier = rig.evening_record(), rig.evening_dossier()
    rows = {row["DELIB_ID"]: row for row in rows_of(scdl_files(record, dossier, view(record, dossier)).csv)}
    # The wish was rejected: the schema covers adopted deliberations.
    assert list(rows) == ["2026-042", "2026-043", "2026-044", "2026-046", "2026-047"]
    votes = {name: tuple(row[column] for column in COLUMNS[11:16]) for name, row in rows.items()}
    # One member recused; his proxy lost with him.
    assert votes["2026-043"] == ("32", "24", "22", "1", "1")
    # Secret: two blanks and a null are counted as abstentions, so that the sum holds.
    assert votes["2026-046"] == ("33", "26", "15", "8", "3")
    assert votes["2026-047"] == ("", "", "", "", "")
    assert rows["2026-046"]["DELIB_OBJET"] == HIDDEN
    assert rows["2026-043"]["DELIB_MATIERE_NOM"] == "finances locales/subventions"


def test_an_empty_file_of_the_secretary_is_told_row_by_row() -> None:
    record = rig.evening_record()
    made = scdl_files(record, Dossier(), view(record, Dossier()))
    assert "Délibération 2026-001 : COLL_SIRET est obligatoire" in made.faults
    assert "Délibération 2026-001 : DELIB_MATIERE_CODE est obligatoire" in made.faults


def good() -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    return row | {
        "COLL_NOM": "Ville",
        "COLL_SIRET": rig.SIRET,
        "DELIB_ID": "1",
        "DELIB_DATE": "2026-03-12",
        "DELIB_MATIERE_CODE": "7.5",
        "DELIB_MATIERE_NOM": "finances locales/subventions",
        "DELIB_OBJET": "Objet",
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"COLL_SIRET": "21860194600014"}, "SIRET"),
        ({"DELIB_MATIERE_CODE": "7.11"}, "nomenclature ACTES"),
        ({"DELIB_MATIERE_NOM": "finances locales / subventions"}, "nomenclature ACTES"),
        ({"DELIB_MATIERE_NOM": "thème libre"}, "nomenclature ACTES"),
        ({"BUDGET_ANNEE": "2026"}, "vont ensemble"),
        ({"BUDGET_ANNEE": "2026/2025", "BUDGET_NOM": "principal"}, "AAAA/AAAA"),
        ({"PREF_DATE": "2026-03-11"}, "antérieure"),
        ({"VOTE_REEL": "3"}, "cinq champs"),
        (dict(zip(COLUMNS[11:16], ("2", "3", "3", "0", "0"), strict=True)), "dépasse"),
        (dict(zip(COLUMNS[11:16], ("5", "4", "3", "0", "0"), strict=True)), "somme"),
    ],
)
def test_what_the_validator_refuses_is_told(changes: dict[str, str], fault: str) -> None:
    found = list(faults_of(good() | changes))
    assert (found == []) if not fault else any(fault in one for one in found)


def test_every_code_of_the_nomenclature_has_a_name_that_passes() -> None:
    assert len(codes()) == 7 + 3 + 6 + 5 + 8 + 5 + 10 + 9 + 4
    assert all(is_matter(name) and matter(code) == name for code, name in codes())
    assert matter("7.10") == "finances locales/divers"
    assert matter("0.1") is matter("7") is matter("7.5.1") is None
    assert is_matter("Finances Locales/Subventions")


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        (rig.SIRET, True),
        ("35600000000048", True),
        ("35600000049837", True),  # La Poste's own key
        ("21860194600012", False),
        ("2186019460001", False),
        ("", False),
    ],
)
def test_siret(number: str, valid: bool) -> None:
    assert is_siret(number) is valid


def test_a_numbering_that_is_wrong_is_refused() -> None:
    record = rig.evening_record()
    wrong = msgspec.structs.replace(rig.evening_dossier(), numbering="{an}-{numero}")
    with pytest.raises(Exception, match="numbering"):
        view(record, wrong)

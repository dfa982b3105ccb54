"""The agenda: sheet « points ». One line a question, in the order of the agenda."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from regie.documents.actes import matter
from regie.documents.dossier import ItemFile
from regie.documents.french import listed
from regie.documents.names import TYPES
from regie.domain.register.agenda import AgendaItem, Base, ItemType, Qualified
from regie.domain.register.minutes import rests_on_a_report
from regie.domain.register.roster import Councillor
from regie.preparation.cells import Cells, Faults
from regie.preparation.councillors import who_is
from regie.preparation.tables import Fault, Table, bare

SHEET = "points"
COLUMNS = (
    "id",
    "numero",
    "titre",
    "type",
    "rapporteur",
    "rapport",
    "documents",
    "beneficiaire",
    "matiere",
    "secret",
    "majorite",
    "nominatif",
    "sensible",
    "huis_clos",
    "repris",
    "visas",
    "texte",
    "budget_annee",
    "budget_nom",
)
_NEEDED = ("titre",)
_TYPES = {bare(type_.value): type_ for type_ in ItemType} | {bare(TYPES[type_]): type_ for type_ in ItemType}
_TYPES |= {
    "budget": ItemType.BUDGET,
    "decision_modificative": ItemType.OTHER_BUDGET,
    "compte_administratif": ItemType.ACCOUNTS,
    "cfu": ItemType.ACCOUNTS,
    "designation": ItemType.OUTSIDE_BODIES,
    "subvention": ItemType.AWARD,
    "contrat": ItemType.AWARD,
    "proces_verbal": ItemType.MINUTES,
    "pv": ItemType.MINUTES,
}
_BASES = {
    "exprimes": Base.EXPRESSED,
    "presents": Base.PRESENT,
    "exercice": Base.IN_OFFICE,
    "en_exercice": Base.IN_OFFICE,
}
_MAJORITY = re.compile(r"(\d+)_(\d+)_(?:des_)?(?:suffrages_|membres_)?(\w+)")
# A civility, then a word that begins with a capital: a person is named (P6).
_PERSON = re.compile(r"\b(?:M\.|MM\.|Mme|Mmes|Monsieur|Madame|Mlle)\s+[A-ZÀ-Ý]")
_YEARS = re.compile(r"\d{4}(?:/\d{4})?")


class Agenda(msgspec.Struct, frozen=True, kw_only=True):
    """The agenda that was read, and what its list says for the secretary's file."""

    items: tuple[AgendaItem, ...] = ()
    files: dict[str, ItemFile] = {}
    faults: tuple[Fault, ...] = ()


def read_agenda(table: Table, councillors: tuple[Councillor, ...]) -> Agenda:
    """Read the sheet; rapporteurs are looked for among the councillors."""
    faults = Faults(SHEET, table.titles)
    if not faults.check_columns(table, COLUMNS, _NEEDED):
        return Agenda(faults=tuple(faults.found))
    people = who_is(councillors)
    items: list[AgendaItem] = []
    files: dict[str, ItemFile] = {}
    for rank, row in enumerate(table.rows, start=1):
        cells = Cells(row, faults)
        item = _read(cells, rank, people)
        if any(one.id == item.id for one in items):
            cells.fault(f"« {item.id} » est là deux fois", "id")
        items.append(item)
        files[item.id] = _file(cells)
    if not items:
        faults.add("l'ordre du jour est vide")
    _expect_reports(items, faults)
    return Agenda(items=tuple(items), files=files, faults=tuple(faults.found))


def _expect_reports(items: Sequence[AgendaItem], faults: Faults) -> None:
    """The minutes name the report that each deliberation rests on (PV2): it may still be written after the séance."""
    without = [str(rank) for rank, item in enumerate(items, 1) if rests_on_a_report(item) and not item.report]
    if without:
        points = f"points {listed(without)}" if len(without) > 1 else f"point {without[0]}"
        faults.add(
            f"sans rapport ({points}) : le procès-verbal devra le nommer (L.2121-15, PV2)",
            column="rapport",
            blocks=False,
        )


def ids(table: Table) -> tuple[str, ...]:
    """The ids of its items, row by row: those it says, or their rank."""
    return tuple(_id(row.cells.get("id", "").strip(), rank) for rank, row in enumerate(table.rows, start=1))


def _id(said: str, rank: int) -> str:
    return said or f"p{rank:02d}"


def _read(cells: Cells, rank: int, people: Mapping[str, str]) -> AgendaItem:
    called = cells.text("rapporteur")
    rapporteur = people.get(bare(called), "")
    if called and not rapporteur:
        cells.fault(f"« {called} » n'est pas dans la liste des élus", "rapporteur")
    title = cells.text("titre", needed=True, longest=356)
    nominal, sensitive = cells.yes("nominatif"), cells.yes("sensible")
    if not nominal and not sensitive and _PERSON.search(title):
        cells.fault(
            "une personne semble nommée : marquer le point « nominatif » ou « sensible » ? (P6, CNIL)",
            "titre",
            blocks=False,
        )
    type_ = cells.choice("type", _TYPES, ItemType.ORDINARY)
    beneficiary = cells.text("beneficiaire")
    if type_ is ItemType.AWARD and not beneficiary:
        cells.fault(
            "sans bénéficiaire, les intérêts déclarés ne peuvent pas être rapprochés (DP1)",
            "beneficiaire",
            blocks=False,
        )
    return AgendaItem(
        id=_id(cells.text("id"), rank),
        title=title,
        type=type_,
        rapporteur=rapporteur,
        report=cells.text("rapport"),
        beneficiary=beneficiary,
        secret_by_text=cells.yes("secret"),
        qualified=_majority(cells),
        nominal=nominal,
        sensitive=sensitive,
        closed_doors=cells.yes("huis_clos"),
        returned=cells.yes("repris"),
    )


def _majority(cells: Cells) -> Qualified | None:
    """« 2/3 des suffrages exprimés »."""
    text = cells.text("majorite")
    if not text or bare(text) in ("absolue", "majorite_absolue"):
        return None
    found = _MAJORITY.fullmatch(bare(text))
    base = _BASES.get(found[3]) if found else None
    if found is None or base is None or not 0 < int(found[1]) <= int(found[2]):
        cells.fault(
            f"« {text} » : attendu « 2/3 exprimés », « 3/5 présents » ou « 1/2 en exercice »", "majorite"
        )
        return None
    return Qualified(base, int(found[1]), int(found[2]))


def _file(cells: Cells) -> ItemFile:
    code = cells.text("matiere")
    if code and matter(code) is None:
        cells.fault(f"« {code} » n'est pas dans la nomenclature ACTES (attendu : 7.5)", "matiere")
    year, name = cells.text("budget_annee"), cells.text("budget_nom")
    if year and not _YEARS.fullmatch(year):
        cells.fault(f"« {year} » : attendu « 2026 » ou « 2026/2027 »", "budget_annee")
    if bool(year) != bool(name):
        cells.fault("l'année et le nom du budget vont ensemble", "budget_nom")
    documents = tuple(part.strip() for part in cells.text("documents").split(";") if part.strip())
    return ItemFile(
        matter=code,
        documents=documents,
        visas=cells.prose("visas"),
        text=cells.prose("texte"),
        budget_year=year,
        budget_name=name,
    )

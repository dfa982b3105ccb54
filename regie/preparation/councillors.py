"""The list of councillors: sheet « elus ». One line a member or a substitute, in the order of the table."""

import re
from collections.abc import Mapping
from datetime import date

import msgspec

from regie.domain.register.roster import Councillor, Interest, OrganisationKind, Roster
from regie.preparation.cells import Cells, Faults
from regie.preparation.tables import Fault, Table, bare

SHEET = "elus"
COLUMNS = (
    "id",
    "rang",
    "nom",
    "fonction",
    "groupe",
    "siege",
    "micro",
    "preset",
    "commune",
    "suppleant_de",
    "debut_mandat",
    "fin_mandat",
    "ne_le",
    "interets",
    "convocation",
    "courriel",
)
_NEEDED = ("nom",)
_HEADS = {"maire", "president", "presidente", "la_maire"}
_DEPUTIES = re.compile(
    r"(?:(\d+)(?:er|ere|e|eme)?_)?(?:adjoint|adjointe|vice_president|vice_presidente)(?:_au_maire)?.*"
)
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_KINDS = {
    "association": (OrganisationKind.PRIVATE, False),
    "societe": (OrganisationKind.PRIVATE, False),
    "prive": (OrganisationKind.PRIVATE, False),
    "public": (OrganisationKind.PUBLIC, False),
    "designe": (OrganisationKind.PUBLIC, True),
    "public_designe": (OrganisationKind.PUBLIC, True),
}
_PAPER = {"papier": True, "electronique": False, "courriel": False}


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the régie and the secretariat keep of a councillor besides the law: microphone, preset, how to convene."""

    councillor: str
    function: str = ""
    microphone: str = ""
    preset: str = ""
    paper: bool = False
    mail: str = ""


class Council(msgspec.Struct, frozen=True, kw_only=True):
    """The list that was read: the roster when it holds together, and each one's desk."""

    roster: Roster | None
    desks: tuple[Desk, ...] = ()
    faults: tuple[Fault, ...] = ()


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    councillor: Councillor
    desk: Desk
    head: bool
    deputy: int | None
    titular: str


def read_council(table: Table) -> Council:
    """Read the sheet; the roster is there when no fault forbids it."""
    faults = Faults(SHEET, table.titles)
    if not faults.check_columns(table, COLUMNS, _NEEDED):
        return Council(roster=None, faults=tuple(faults.found))
    lines = [_read(Cells(row, faults), rank) for rank, row in enumerate(table.rows, start=1)]
    if not lines:
        faults.add("la liste est vide")
    roster = _assemble(lines, faults)
    found = tuple(faults.found)
    whole = roster if not any(fault.blocks for fault in found) else None
    return Council(roster=whole, desks=tuple(line.desk for line in lines), faults=found)


def _read(cells: Cells, rank: int) -> _Line:
    name = cells.text("nom", needed=True, longest=60)
    name_id = cells.text("id") or identifier(name)
    if name and not _ID.fullmatch(name_id):
        cells.fault(f"« {name_id} » : minuscules sans accent, chiffres et tirets, 32 au plus", "id")
    since, until = cells.day("debut_mandat"), cells.day("fin_mandat")
    if since and until and until <= since:
        cells.fault("le mandat finit avant d'avoir commencé", "fin_mandat")
    function = cells.text("fonction", longest=80)
    deputy = _DEPUTIES.fullmatch(bare(function))
    number = cells.number("rang")
    return _Line(
        line=cells.line,
        councillor=Councillor(
            id=name_id,
            name=name,
            rank=rank if number is None else number,
            group=cells.text("groupe", longest=60),
            seat=cells.text("siege"),
            commune=cells.text("commune"),
            born=cells.day("ne_le"),
            since=since or date.min,
            until=until,
            interests=_interests(cells),
        ),
        desk=Desk(
            councillor=name_id,
            function=function,
            microphone=cells.text("micro"),
            preset=cells.text("preset"),
            paper=cells.choice("convocation", _PAPER, False),
            mail=cells.text("courriel"),
        ),
        head=bare(function) in _HEADS,
        deputy=int(deputy[1] or rank) if deputy else None,
        titular=cells.text("suppleant_de"),
    )


def identifier(name: str) -> str:
    """An id from a name: « Mme Claire Diallo » is ``claire-diallo``."""
    words = [
        word for word in bare(name).split("_") if word not in ("m", "mme", "monsieur", "madame", "dr", "me")
    ]
    return "-".join(words)[:32].strip("-")


def _interests(cells: Cells) -> tuple[Interest, ...]:
    """« Les Amis du livre (association) ; Syndicat des eaux (public désigné) »."""
    found: list[Interest] = []
    for part in filter(None, (part.strip() for part in cells.text("interets").split(";"))):
        name, bracket, kind = part.rstrip(")").partition("(")
        known = _KINDS.get(bare(kind)) if bracket else _KINDS["association"]
        if known is None or not name.strip():
            cells.fault(
                f"« {part} » : attendu « organisme (association, société, public ou désigné) »", "interets"
            )
        else:
            found.append(Interest(name.strip(), *known))
    return tuple(found)


def _assemble(lines: list[_Line], faults: Faults) -> Roster | None:
    by_key: dict[str, str] = {}
    for line in lines:
        other = by_key.setdefault(line.councillor.id, line.councillor.id)
        if sum(one.councillor.id == other for one in lines) > 1:
            faults.add(f"« {other} » est là plusieurs fois", line.line, "nom")
    people = who_is(tuple(line.councillor for line in lines))
    councillors: list[Councillor] = []
    for line in lines:
        titular = people.get(bare(line.titular), "") if line.titular else ""
        if line.titular and not titular:
            faults.add(f"« {line.titular} » n'est pas dans la liste", line.line, "suppleant_de")
        councillors.append(msgspec.structs.replace(line.councillor, substitute_of=titular))
    _check_ranks(
        [line for line, one in zip(lines, councillors, strict=True) if not one.substitute_of], faults
    )
    heads = [line for line in lines if line.head]
    if len(heads) != 1 and lines:
        where = heads[1].line if heads else 0
        faults.add("il faut un maire ou un président, et un seul", where, "fonction")
    if not heads:
        return None
    deputies = sorted((line for line in lines if line.deputy is not None), key=lambda line: line.deputy or 0)
    return Roster(
        councillors=tuple(councillors),
        head=heads[0].councillor.id,
        deputies=tuple(line.councillor.id for line in deputies),
    )


def _check_ranks(titulars: list[_Line], faults: Faults) -> None:
    seen: dict[int, int] = {}
    for line in titulars:
        first = seen.setdefault(line.councillor.rank, line.line)
        if first != line.line:
            faults.add(f"même rang que la ligne {first}", line.line, "rang")


def who_is(councillors: tuple[Councillor, ...]) -> Mapping[str, str]:
    """A councillor's id by what a list may call him: his id, his name, his name without « M. » or « Mme »."""
    known: dict[str, str] = {}
    for one in councillors:
        for key in (one.id, one.name, identifier(one.name)):
            known.setdefault(bare(key), one.id)
    return known

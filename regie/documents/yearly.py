"""Tables of a year, séance after séance: who came, and what was deliberated. From the registers alone."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from regie.documents import dossier
from regie.documents.dossier import Dossier
from regie.documents.errors import DocumentError
from regie.documents.record import Record, read_record
from regie.documents.sheets import Sheet, sheets
from regie.documents.sitting import view
from regie.domain.register.proxies import ProxyEnd
from regie.domain.register.state import Phase, Register

_MINUTE_MS = 60_000
Held = tuple[Record, Dossier]


class _Attendance(msgspec.Struct):
    """What one member did: séances of his mandate, and how he was there; ``sat_ms`` within them."""

    name: str
    group: str
    sessions: int = 0
    present: int = 0
    in_part: int = 0
    represented: int = 0
    sat_ms: int = 0


def held_in(seances: Path, year: int) -> tuple[Held, ...]:
    """The séances of a year that were opened and are over, in their order; those whose register cannot be read are left out."""
    found: list[Held] = []
    for folder in sorted(seances.glob(f"{year}-*")):
        try:
            record = read_record(folder)
        except DocumentError:
            continue
        if record.register.phase is Phase.CLOSED and record.register.opened_ms is not None:
            found.append((record, dossier.load(folder)))
    return tuple(sorted(found, key=lambda one: one[0].register.opened_ms or 0))


def attendance(held: Iterable[Held], year: int) -> Sheet:
    """A line a member: séances held, those he attended (in part, too), those where he was represented, absences, minutes sat."""
    known: dict[str, _Attendance] = {}
    for record, _ in held:
        _count(record.register, known)
    rows = tuple(
        (
            one.name,
            one.group,
            one.sessions,
            one.present,
            one.in_part,
            one.represented,
            one.sessions - one.present - one.represented,
            one.sat_ms // _MINUTE_MS,
        )
        for one in known.values()
    )
    header = (
        "nom",
        "groupe",
        "seances",
        "present",
        "dont_en_partie",
        "represente",
        "absent",
        "minutes_de_presence",
    )
    return Sheet(code="", name=f"assiduite-{year}", title=f"Assiduité en {year}", header=header, rows=rows)


def _count(register: Register, known: dict[str, _Attendance]) -> None:
    begun, over = register.opened_ms or 0, register.closed_ms or 0
    # A proxy that its giver's coming ended says nothing: he was there.
    ended = (ProxyEnd.MISTAKE, ProxyEnd.REVOKED, ProxyEnd.MANDATE)
    given = {proxy.giver for proxy in register.proxies if proxy.end not in ended}
    for person in sorted(register.roster.councillors, key=lambda one: one.rank):
        if person.id not in register.members:
            continue
        one = known.setdefault(person.id, _Attendance(person.name, person.group))
        one.name, one.group = person.name, person.group
        sat = sum(
            max(0, min(stay.until_ms or over, over) - max(stay.since_ms, begun))
            for stay in register.stays
            if stay.person == person.id and not stay.void
        )
        one.sessions += 1
        one.sat_ms += sat
        if sat:
            one.present += 1
            one.in_part += sat < over - begun
        elif person.id in given:
            one.represented += 1


def deliberations(held: Sequence[Held], year: int) -> Sheet:
    """The lists of deliberations of the year, one after the other: number, date, object (occulted where it must be), decision."""
    lists = [sheet for one in held for sheet in sheets(view(*one)) if sheet.code == "D9"]
    header = lists[0].header if lists else ("numero", "date", "objet", "decision")
    rows = tuple(row for sheet in lists for row in sheet.rows)
    return Sheet(
        code="",
        name=f"deliberations-{year}",
        title=f"Délibérations de {year}",
        header=header,
        rows=rows,
        public=True,
    )

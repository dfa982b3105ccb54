"""From the lists of a town to a convocation: all that is wrong at once, the law's word included, or the command that convenes.

Pure: files are read by :mod:`regie.preparation.tables`, the register is written by whoever submits the command.
"""

from collections.abc import Iterable, Mapping

import msgspec

from regie.documents.dossier import Dossier, ItemFile
from regie.domain.register import commands as cmd
from regie.domain.register import delays
from regie.domain.register.convocation import findings
from regie.domain.register.decide import decide
from regie.domain.register.events import Act
from regie.domain.register.regimes import RegimeId, regime_of
from regie.domain.register.rules import RULES
from regie.errors import Refusal
from regie.preparation import agenda as agendas
from regie.preparation import councillors as councils
from regie.preparation import meeting as meetings
from regie.preparation.tables import Fault, Table

SHEETS = (councils.SHEET, agendas.SHEET, meetings.SHEET, meetings.ROOMS)
_NAMES = {
    "elus": councils.SHEET,
    "conseillers": councils.SHEET,
    "liste_des_elus": councils.SHEET,
    "points": agendas.SHEET,
    "ordre_du_jour": agendas.SHEET,
    "seance": meetings.SHEET,
    "convocation": meetings.SHEET,
    "salles": meetings.ROOMS,
    "lieux": meetings.ROOMS,
}


class LawFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What the law says of the convocation: a rule, its article, its sentence, what it is about; does it forbid to convene?"""

    rule: str
    article: str
    sentence: str
    subject: str = ""
    blocks: bool


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """The delay, counted: clear days that are owed and that there are, the last day to send, and the rule."""

    clear: int
    needed: int
    latest: str
    rule: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A séance as it is being prepared. ``convene``: the command, when nothing forbids it."""

    meeting: meetings.Meeting | None = None
    council: councils.Council | None = None
    agenda: agendas.Agenda | None = None
    faults: tuple[Fault, ...] = ()
    law: tuple[LawFinding, ...] = ()
    timing: Timing | None = None
    regime: RegimeId | None = None
    convene: cmd.Convene | None = None

    @property
    def ready(self) -> bool:
        """May the council be convened?"""
        return self.convene is not None and not any(finding.blocks for finding in self.law)

    def dossier(self, kept: Dossier) -> Dossier:
        """The secretary's file once convened: what the lists say, beside what people wrote already."""
        if self.meeting is None or self.agenda is None:
            return kept
        items = {name: _merged(kept.item(name), file) for name, file in self.agenda.files.items()}
        town = msgspec.structs.replace(self.meeting.town, colour=kept.town.colour, logo=kept.town.logo)
        return msgspec.structs.replace(
            kept,
            town=town,
            items={**kept.items, **items},
            numbering=self.meeting.numbering,
            before=self.meeting.before,
        )


def _merged(kept: ItemFile, read: ItemFile) -> ItemFile:
    """The list's word where it has one."""
    said = {name: value for name in ItemFile.__struct_fields__ if (value := getattr(read, name))}
    return msgspec.structs.replace(kept, **said)


def sheet_of(name: str) -> str:
    """Which of our sheets a title stands for; empty for none. « ordre_du_jour_2026 » is an agenda."""
    exact = _NAMES.get(name)
    return exact or next((sheet for start, sheet in _NAMES.items() if name.startswith(start)), "")


def sorted_tables(tables: Iterable[Table]) -> tuple[dict[str, Table], tuple[Fault, ...]]:
    """Tables by our sheets' names; a sheet of another name is told by its columns, or left aside with a word about it."""
    found: dict[str, Table] = {}
    faults: list[Fault] = []
    for table in tables:
        name = sheet_of(table.name) or _by_columns(table)
        if name:
            found[name] = table
        else:
            message = "feuille inconnue, laissée de côté (attendu : elus, points, seance, salles)"
            faults.append(Fault(sheet=table.name, message=message, blocks=False))
    return found, tuple(faults)


def _by_columns(table: Table) -> str:
    columns = set(table.columns)
    if "titre" in columns:
        return agendas.SHEET
    return councils.SHEET if "nom" in columns and columns & {"groupe", "fonction", "siege"} else ""


def plan(tables: Mapping[str, Table], *, desks: Mapping[str, Iterable[str]] | None = None) -> Plan:
    """Check everything. ``desks``: known microphones (``micro``) and seats (``siege``) of the configuration, to compare with."""
    council = councils.read_council(tables[councils.SHEET]) if councils.SHEET in tables else None
    people = council.roster.councillors if council is not None and council.roster is not None else ()
    agenda = agendas.read_agenda(tables[agendas.SHEET], people) if agendas.SHEET in tables else None
    meeting = (
        meetings.read_meeting(tables[meetings.SHEET], tables.get(meetings.ROOMS))
        if meetings.SHEET in tables
        else None
    )
    faults = [*_absent(tables), *(meeting.faults if meeting else ()), *(council.faults if council else ())]
    agenda_faults = list(agenda.faults) if agenda else []
    if not people:
        # Until the list of councillors is right, nobody can be found in it: that is not the agenda's fault.
        agenda_faults = [fault for fault in agenda_faults if fault.column.casefold() != "rapporteur"]
    faults += agenda_faults + _unknown_desks(council, desks or {})
    made = Plan(meeting=meeting, council=council, agenda=agenda, faults=tuple(faults))
    if any(fault.blocks for fault in faults) or meeting is None or agenda is None or council is None:
        return made
    if council.roster is None:
        return made
    command = cmd.Convene(
        body=meeting.body,
        convocation=meeting.convocation,
        agenda=agenda.items,
        roster=council.roster,
        rooms=meeting.rooms,
        house=meeting.house,
    )
    regime = regime_of(meeting.body, meeting.convocation.day).id
    return msgspec.structs.replace(
        made, convene=command, law=law(command), timing=_timing(meeting), regime=regime
    )


def _absent(tables: Mapping[str, Table]) -> list[Fault]:
    needed = {
        councils.SHEET: "la liste des élus",
        agendas.SHEET: "l'ordre du jour",
        meetings.SHEET: "la séance",
    }
    return [
        Fault(sheet=sheet, message=f"{what} manque encore")
        for sheet, what in needed.items()
        if sheet not in tables
    ]


def _unknown_desks(council: councils.Council | None, known: Mapping[str, Iterable[str]]) -> list[Fault]:
    """Microphones and seats that the configuration does not know: shots and titles would not follow."""
    found: list[Fault] = []
    microphones, seats = set(known.get("micro", ())), set(known.get("siege", ()))
    for desk in council.desks if council else ():
        if microphones and desk.microphone and desk.microphone not in microphones:
            message = f"micro « {desk.microphone} » inconnu de la configuration"
            found.append(Fault(sheet=councils.SHEET, column="micro", message=message, blocks=False))
    for one in council.roster.councillors if council and council.roster else ():
        if seats and one.seat and one.seat not in seats:
            message = f"siège « {one.seat} » inconnu de la configuration"
            found.append(Fault(sheet=councils.SHEET, column="siege", message=message, blocks=False))
    return found


def _timing(meeting: meetings.Meeting) -> Timing:
    call = meeting.convocation
    needed, rule = delays.required_clear_days(meeting.body, installation=call.installation)
    if call.urgent:
        needed, rule = delays.URGENT_CLEAR_DAYS, "CV4"
    elif call.first_call is not None:
        needed, rule = delays.SECOND_CLEAR_DAYS, "QU7"
    return Timing(
        clear=delays.clear_days(call.sent, call.day),
        needed=needed,
        latest=delays.latest_sending(call.day, needed).isoformat(),
        rule=rule,
    )


def law(command: cmd.Convene) -> tuple[LawFinding, ...]:
    """Everything the law has to say of a convocation; what ``decide`` refuses besides is told too."""
    regime = regime_of(command.body, command.convocation.day)
    since_2022 = regime.id is RegimeId.EPCI_3DS
    titles = {item.id: item.title for item in command.agenda} | {room.id: room.name for room in command.rooms}
    found = [
        LawFinding(
            rule=finding.rule,
            article=RULES[finding.rule].cited(since_2022),
            sentence=RULES[finding.rule].sentence,
            subject=_subject(finding.figures, titles),
            blocks=finding.blocks,
        )
        for finding in findings(
            command.body, regime, command.convocation, command.agenda, command.rooms, command.house
        )
    ]
    if not any(finding.blocks for finding in found):
        try:
            first_event(command, 0)
        except Refusal as refusal:
            found.append(LawFinding(rule="", article="", sentence=refusal.stable_code, blocks=True))
    return tuple(found)


def _subject(figures: Mapping[str, object], titles: Mapping[str, str]) -> str:
    about = str(figures.get("point", figures.get("salle", "")))
    if "jours_francs" in figures:
        return f"{figures['jours_francs']} jours francs pour {figures['requis']}"
    return titles.get(about, about)


def first_event(command: cmd.Convene, at_ms: int) -> Act:
    """The convocation as it would be written, to draw it before it is. Raises Refusal."""
    return decide(None, command, at_ms).events[0]

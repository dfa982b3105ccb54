"""The second convocation, after a séance that lacked its quorum: what it left, marked « repris », on the earliest day (QU7, QU8).

Pure: the lists of the first convocation, changed.
"""

from collections.abc import Mapping
from datetime import date

from regie.domain.register import delays
from regie.domain.register.convocation import proof_findings
from regie.domain.register.items import OPEN_STATES, Item, ItemState
from regie.domain.register.state import Phase, Register
from regie.preparation import agenda as agendas
from regie.preparation.draft import with_settings
from regie.preparation.tables import Row, Table


def left_undone(register: Register) -> tuple[Item, ...]:
    """Items that a missing quorum left, in their order; none of a séance that was closed otherwise: what remains is postponed."""
    if register.phase is not Phase.CLOSED:
        return ()
    waiting = (*OPEN_STATES, ItemState.LISTED)
    return tuple(item for item in register.items if item.state in waiting and not item.agenda.late)


def second_call(tables: Mapping[str, Table], register: Register, today: date) -> dict[str, Table]:
    """The lists of the second convocation, sent today: only what is taken over, of which nothing else changes."""
    reached = all(one.rule != "CV6" for one in proof_findings(register.members, register.proofs, (), ()))
    changed = with_settings(
        tables,
        {
            "premiere_convocation": register.convocation.day.isoformat(),
            # Nobody is told that the quorum is not needed when a member was perhaps not convened the first time (QU9).
            "premiere_reguliere": "oui" if reached and not register.convocation.urgent else "non",
            "date": delays.earliest_session(today).isoformat(),
            "envoi": today.isoformat(),
            "urgence": "",
            "installation": "",
        },
    )
    return {**changed, agendas.SHEET: _agenda(tables.get(agendas.SHEET), left_undone(register))}


def _agenda(table: Table | None, left: tuple[Item, ...]) -> Table:
    """The rows of the first list; of an item that it does not hold (any more), what the register says of it."""
    known = dict(zip(agendas.ids(table), table.rows, strict=True)) if table is not None else {}
    titles = table.titles if table is not None else {}
    rows = []
    for line, item in enumerate(left, start=2):
        cells = known[item.id].cells if item.id in known else _cells(item)
        rows.append(Row(line, {**cells, "id": item.id, "repris": "oui"}))
    columns = tuple(dict.fromkeys(column for row in rows for column in row.cells))
    return Table(
        name=agendas.SHEET,
        columns=columns,
        titles={column: titles.get(column, column) for column in columns},
        rows=tuple(rows),
    )


def _cells(item: Item) -> dict[str, str]:
    said = {
        "titre": item.agenda.title,
        "type": item.agenda.type.value,
        "rapport": item.agenda.report,
        "beneficiaire": item.agenda.beneficiary,
        "nominatif": "oui" if item.agenda.nominal else "",
        "sensible": "oui" if item.agenda.sensitive else "",
        "huis_clos": "oui" if item.agenda.closed_doors else "",
    }
    return {column: value for column, value in said.items() if value}

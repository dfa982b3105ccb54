"""Whatever happens in a séance, its documents can be made, and say nothing of who said what in secret."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regie.documents.dossier import Dossier
from regie.documents.produce import papers
from regie.documents.record import record_of
from regie.documents.scdl import scdl_files
from regie.documents.sheets import sheets
from regie.documents.sitting import view
from regie.documents.templates import Templates
from regie.domain.register import commands as cmd
from regie.domain.register.state import Phase
from regie.domain.register.votes import Mode
from regie.errors import Refusal
from tests.unit.council import Council
from tests.unit.test_register_properties import Step, live, one_place, sequences, several_places

pytestmark = pytest.mark.unit
OURS = Templates()


@pytest.mark.parametrize("start", [one_place, several_places])
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(sequence=sequences, over=st.booleans())
def test_no_sequence_breaks_the_documents(
    start: Callable[[], Council], sequence: list[tuple[Step, int]], over: bool
) -> None:
    council = live(start(), sequence)
    if over:
        for command in (cmd.AnnulVote(reason="fin"), cmd.CloseSitting(), cmd.DeclareNoQuorum()):
            try:
                council.do(command)
            except Refusal:
                continue
    record = record_of(council.told, "seance")
    made = list(papers(record, Dossier(), OURS))
    codes = {plan.code for plan, _ in made}
    assert {"D1", "D2"} <= codes
    assert ({"D3", "D5", "D6", "D8", "D9", "D11"} <= codes) == (record.register.phase is Phase.CLOSED)
    seance = view(record, Dossier())
    assert [point.numero for point in seance.deliberations] == list(range(1, len(seance.deliberations) + 1))
    for sheet in sheets(seance):
        assert all(len(row) == len(sheet.header) for row in sheet.rows)
    for item, point in zip(record.register.items, seance.points, strict=True):
        for vote in item.votes:
            if vote.mode is Mode.SECRET:
                assert not any(scrutin.noms for scrutin in point.scrutins if scrutin.numero == vote.number)
    faults = scdl_files(record, Dossier(), seance).faults
    assert not [fault for fault in faults if "VOTE" in fault], faults

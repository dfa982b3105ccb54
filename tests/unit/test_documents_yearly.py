"""A year of séances as two tables: who came, what was deliberated."""

import asyncio
import csv
import io
from pathlib import Path

import pytest

from regie.documents import dossier, yearly
from regie.domain.register import commands as cmd
from regie.journal import FILE_NAME, Journal, Times
from tests.unit import documents_rig as rig
from tests.unit.council import Council, convene
from tests.unit.web_fakes import make_rig

pytestmark = pytest.mark.unit


def keep(seances: Path, name: str, council: Council) -> None:
    with Journal(seances / name / FILE_NAME, name, 0) as journal:
        journal.append("all", "test", council.told, Times(written_utc_ms=0))


@pytest.fixture
def year(tmp_path: Path) -> Path:
    """Two evenings that were held, one that lacked its quorum, one still to come, one that cannot be read, one of another year."""
    seances = tmp_path / "seances"
    keep(seances, "2026-03-12", rig.evening())
    dossier.save(seances / "2026-03-12", rig.evening_dossier())
    other = Council(convene(33))
    other.proxy(21, 3)
    other.open(18)
    other.wait(600)
    other.do(cmd.CloseSitting())
    keep(seances, "2026-03-12-2", other)
    failed = Council(convene(33))
    failed.come(1)
    failed.do(cmd.DeclareNoQuorum())
    keep(seances, "2026-04-02", failed)
    keep(seances, "2026-05-02", Council(convene(33)))
    keep(seances, "2025-12-01", rig.evening())
    (seances / "2026-06-01").mkdir()
    (seances / "2026-06-01" / FILE_NAME).write_bytes(b"damaged" * 100)
    return tmp_path


def test_who_came_is_counted_over_the_year(year: Path) -> None:
    held = yearly.held_in(year / "seances", 2026)
    assert len(held) == 2
    sheet = yearly.attendance(held, 2026)
    lines = {row[0]: row[2:] for row in sheet.rows}
    assert list(lines)[:2] == ["Élu 1", "Élu 2"] and len(lines) == 33
    # Séances, present, in part, represented, absent.
    assert lines["Élu 1"][:5] == (2, 2, 0, 0, 0)
    assert lines["Élu 7"][:5] == (2, 2, 1, 0, 0)  # left before the end, once
    assert lines["Élu 30"][:5] == (2, 1, 1, 0, 1)  # came late, his proxy ended; absent the other time
    assert lines["Élu 25"][:5] == (2, 0, 0, 1, 1)
    assert lines["Élu 21"][:5] == (2, 0, 0, 1, 1)
    assert lines["Élu 33"] == (2, 0, 0, 0, 2, 0)
    assert int(str(lines["Élu 1"][5])) > int(str(lines["Élu 30"][5])) > 0


def test_the_deliberations_of_the_year_follow_one_another_and_hide_what_is_private(year: Path) -> None:
    sheet = yearly.deliberations(yearly.held_in(year / "seances", 2026), 2026)
    assert [row[0] for row in sheet.rows if row[0]] == [f"2026-{n:03d}" for n in range(42, 48)]
    assert "Untel" not in sheet.csv().decode()
    assert yearly.deliberations((), 2026).rows == ()


def test_the_tables_are_downloaded_by_the_secretary_alone(year: Path) -> None:
    async def scenario() -> None:
        office = make_rig(year)
        async with office.logged_in("auxiliaire") as clerk, office.logged_in("president") as president:
            told = await clerk.get("/api/v1/seances/annee/2026/assiduite.csv")
            lines = list(csv.reader(io.StringIO(told.text.removeprefix("\ufeff")), delimiter=";"))
            assert lines[0][0] == "nom" and len(lines) == 34
            assert "assiduite-2026.csv" in told.headers["content-disposition"]
            assert (await clerk.get("/api/v1/seances/annee/2026/deliberations.csv")).status_code == 200
            assert (await clerk.get("/api/v1/seances/annee/2026/autre.csv")).status_code in (404, 422)
            assert (await president.get("/api/v1/seances/annee/2026/assiduite.csv")).status_code == 403

    asyncio.run(scenario())

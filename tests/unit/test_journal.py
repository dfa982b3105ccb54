"""The register: what is written stays, once, in order, and any change is found."""

import json
import shutil
import sqlite3
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from regie.domain import sitting
from regie.domain.events import Event, SeanceEnded, SeancePaused, SeancePrepared, SeanceResumed, SeanceStarted
from regie.domain.register.state import Register
from regie.domain.seance import fold
from regie.journal import FILE_NAME, Journal, JournalError, Times, read, verify

pytestmark = pytest.mark.unit

GOLDEN = Path(__file__).parents[1] / "golden"
EVENTS: tuple[Event, ...] = (
    SeancePrepared(at_utc_ms=1_795_000_000_000, seance="2026-11-21", title="Conseil", due_utc=1_795_000_000),
    SeanceStarted(at_utc_ms=1_795_000_010_000),
    SeancePaused(at_utc_ms=1_795_000_020_000),
    SeanceResumed(at_utc_ms=1_795_000_030_000),
    SeanceEnded(at_utc_ms=1_795_000_040_000),
)


def times(rank: int) -> Times:
    start = None if rank == 0 else (rank - 1) * 10_000
    run = None if rank == 0 else "run-1"
    live = None if rank == 0 else rank * 480_000
    return Times(written_utc_ms=1_795_000_000_000 + rank, seance_ms=start, run=run, live=live, public=live)


def write(path: Path, count: int = len(EVENTS)) -> Path:
    with Journal(path, "2026-11-21", 1_794_999_999_000) as journal:
        for rank, event in enumerate(EVENTS[:count]):
            journal.append(f"c{rank}", "technicien", (event,), times(rank))
    return path


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return write(tmp_path / FILE_NAME)


def test_what_is_written_is_read_again(register: Path) -> None:
    entries = list(read(register))
    assert [entry.event for entry in entries] == list(EVENTS)
    assert [entry.n for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.times for entry in entries] == [times(rank) for rank in range(5)]
    report = verify(register)
    assert report.faults == () and report.entries == 5 and report.digest == entries[-1].digest


def test_a_command_is_written_once(register: Path) -> None:
    with Journal(register, "2026-11-21", 0) as journal:
        again = journal.append("c1", "technicien", (SeancePaused(at_utc_ms=9),), times(9))
        assert [entry.event for entry in again] == [EVENTS[1]]
        assert len(journal.after(0)) == 5


def test_the_events_of_a_command_go_together(tmp_path: Path) -> None:
    with Journal(tmp_path / FILE_NAME, "s", 0) as journal:
        entries = journal.append("c", "a", EVENTS[:3], times(0))
        assert [(entry.n, entry.part) for entry in entries] == [(1, 0), (2, 1), (3, 2)]
        assert journal.append("d", "a", (), times(0)) == ()
    assert verify(tmp_path / FILE_NAME).faults == ()


def test_cursors(register: Path) -> None:
    with Journal(register, "2026-11-21", 0) as journal:
        assert [entry.n for entry in journal.after(2)] == [3, 4, 5]
        assert [entry.n for entry in journal.after(2, limit=1)] == [3]
        assert journal.after(5) == ()


def test_readers_see_what_a_writer_has_open(register: Path) -> None:
    with Journal(register, "2026-11-21", 0) as journal:
        journal.append("c9", "technicien", (SeanceEnded(at_utc_ms=1),), times(9))
        assert len(list(read(register))) == 6
        assert verify(register).faults == ()


def test_threads_may_write_together(tmp_path: Path) -> None:
    with Journal(tmp_path / FILE_NAME, "s", 0) as journal:

        def work(name: str) -> None:
            for rank in range(10):
                journal.append(f"{name}{rank}", name, (SeanceStarted(at_utc_ms=rank),), times(rank))

        threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    report = verify(tmp_path / FILE_NAME)
    assert report.entries == 30 and report.faults == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET author = 'x' WHERE n = 2",
        "DELETE FROM entry WHERE n = 5",
        "INSERT OR REPLACE INTO entry SELECT n, command, part, 'x', kind, version, payload, written_utc_ms, seance_ms, run, live,"
        " public, digest FROM entry WHERE n = 5",
        "REPLACE INTO entry SELECT 6, command, part, 'x', kind, version, payload, written_utc_ms, seance_ms, run, live, public,"
        " 'other' FROM entry WHERE n = 5",
        "INSERT INTO entry SELECT NULL, 'x', part, 'x', kind, version, payload, written_utc_ms, seance_ms, run, live, public,"
        " 'other' FROM entry WHERE n = 5",
        "INSERT INTO entry SELECT 9, 'x', part, 'x', kind, version, payload, written_utc_ms, seance_ms, run, live, public,"
        " 'other' FROM entry WHERE n = 5",
        "UPDATE header SET seance = 'x'",
        "DELETE FROM header",
        "INSERT INTO header VALUES (1, 'x', 0)",
        "UPDATE head SET n = 4, digest = 'x'",
        "DELETE FROM head",
        "REPLACE INTO head VALUES (1, 9, 'x')",
    ],
)
def test_the_file_refuses_to_be_changed(register: Path, statement: str) -> None:
    db = sqlite3.connect(register)
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute(statement)
    db.close()
    assert verify(register).faults == ()


COLUMNS = "n command part author kind version payload written_utc_ms seance_ms run live public digest".split()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_made_with_a_tool_is_found(register: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Guards taken off, and put back after: only the chain can tell."""
    copy = tmp_path / "copy.sqlite"
    shutil.copyfile(register, copy)
    db = sqlite3.connect(copy, isolation_level=None)
    guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        db.execute(f"DROP TRIGGER {name}")
    before = db.execute("SELECT * FROM entry").fetchall(), db.execute("SELECT * FROM header").fetchall()
    n = data.draw(st.integers(1, 5), label="entry")
    values = st.one_of(st.none(), st.integers(-5, 2**40), st.text(max_size=8))
    what = data.draw(st.sampled_from(["cell", "cut", "swap", "insert", "header", "tail"]), label="what")
    try:
        match what:
            case "cell":
                column = data.draw(st.sampled_from(COLUMNS))
                db.execute(f"UPDATE entry SET {column} = ? WHERE n = ?", (data.draw(values), n))
            case "cut":
                db.execute("DELETE FROM entry WHERE n = ?", (n,))
                if data.draw(st.booleans(), label="renumber"):
                    db.execute("UPDATE entry SET n = n - 1 WHERE n > ?", (n,))
            case "tail":
                db.execute("DELETE FROM entry WHERE n >= ?", (n,))
            case "swap":
                db.execute("UPDATE entry SET n = 100 WHERE n = ?", (n,))
                db.execute("UPDATE entry SET n = ? WHERE n = ?", (n, n % 5 + 1))
                db.execute("UPDATE entry SET n = ? WHERE n = 100", (n % 5 + 1,))
            case "insert":
                db.execute(
                    "INSERT INTO entry SELECT 6, 'more', part, author, kind, version, payload, written_utc_ms, seance_ms, run,"
                    " live, public, 'more' FROM entry WHERE n = ?",
                    (n,),
                )
            case "header":
                column = data.draw(st.sampled_from(["seance", "created_utc_ms"]))
                db.execute(f"UPDATE header SET {column} = ?", (data.draw(values),))
        after = db.execute("SELECT * FROM entry").fetchall(), db.execute("SELECT * FROM header").fetchall()
        assume(after != before)
        for _, sql in guards:
            db.execute(sql)
    except sqlite3.IntegrityError:
        assume(False)
    finally:
        db.close()
    assert verify(copy).faults


def test_guards_taken_off_are_missed(register: Path) -> None:
    db = sqlite3.connect(register)
    db.execute("DROP TRIGGER entry_never_goes")
    db.close()
    assert verify(register).faults == ("guards against changes were taken off: entry_never_goes",)


def test_a_register_of_another_seance_or_with_a_damaged_end_is_not_continued(register: Path) -> None:
    with pytest.raises(JournalError) as caught:
        Journal(register, "another", 0)
    assert caught.value.stable_code == "registre_autre_seance"
    db = sqlite3.connect(register, isolation_level=None)
    db.execute("DROP TRIGGER entry_never_goes")
    db.execute("DELETE FROM entry WHERE n = 5")
    db.close()
    with pytest.raises(JournalError) as caught:
        Journal(register, "2026-11-21", 0)
    assert caught.value.stable_code == "registre_altere"


def test_what_is_not_a_register(tmp_path: Path) -> None:
    with pytest.raises(JournalError) as caught:
        verify(tmp_path / "absent.sqlite")
    assert caught.value.stable_code == "registre_absent"
    (tmp_path / "text").write_text("hello" * 1000)
    sqlite3.connect(tmp_path / "empty.sqlite").close()
    for name in ("text", "empty.sqlite"):
        with pytest.raises(JournalError) as caught:
            verify(tmp_path / name)
        assert caught.value.stable_code == "registre_inconnu"
        with pytest.raises(JournalError):
            list(read(tmp_path / name))


def test_a_disk_that_fails_leaves_the_register_as_it_was(register: Path) -> None:
    with Journal(register, "2026-11-21", 0) as journal:
        other = sqlite3.connect(register, isolation_level=None)
        journal._db.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError):
            journal.append("c9", "technicien", (SeanceEnded(at_utc_ms=1),), times(9))
        other.execute("ROLLBACK")
        other.close()
        assert journal.append("c9", "technicien", (SeanceEnded(at_utc_ms=1),), times(9))[0].n == 6
    assert verify(register).faults == ()


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.sqlite")), ids=lambda path: path.stem)
def test_registers_of_every_version_open_for_ever(golden: Path, tmp_path: Path) -> None:
    copy = tmp_path / golden.name
    shutil.copyfile(golden, copy)
    told = json.loads(golden.with_suffix(".json").read_text(encoding="utf-8"))
    report = verify(copy)
    assert report.faults == ()
    assert report.digest == told["digest"]
    assert msgspec.to_builtins(fold(entry.event for entry in read(copy))) == told["seance"]
    register = sitting.fold(entry.event for entry in read(copy)).register
    assert summary(register) == told.get("register")
    with Journal(copy, told["seance"]["id"], 0) as journal:
        assert len(journal.after(0)) == told["entries"]


def summary(register: Register | None) -> object:
    """What a register says, as the golden files keep it; None for one that holds no convocation."""
    if register is None:
        return None
    return msgspec.to_builtins(
        {
            "phase": register.phase,
            "here": [stay.person for stay in register.stays if stay.is_open],
            "proxies": [[proxy.giver, proxy.holder, proxy.status] for proxy in register.proxies],
            "items": [
                [item.id, item.state, item.number, [vote.tally for vote in item.votes]]
                for item in register.items
            ],
            "turns": [
                [turn.person, turn.item, turn.since_ms, turn.until_ms] for turn in register.floor.turns
            ],
        }
    )


def test_there_is_a_golden_register() -> None:
    assert len(list(GOLDEN.glob("*.sqlite"))) >= 2

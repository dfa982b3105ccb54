"""The register on disk: one SQLite file a séance, append only, chained.

Every entry carries the SHA-256 of itself and of the entry before; the first is chained to the file's header. The single row of
``head`` repeats the newest entry's rank and digest, so that entries cut off the end are missed too. Triggers refuse update, delete
and replace: a correction is a new event. What the chain proves is that nothing was changed by parts; against somebody who rewrites
the whole file, the digest that :func:`verify` prints has to be kept elsewhere (in the minutes, on paper).

A command's id makes its entries unique: written twice, it is there once. Writes are durable when :meth:`Journal.append` returns
(WAL, ``synchronous=FULL``).
"""

import hashlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from regie.domain import events
from regie.domain.events import Event, UnknownEvent
from regie.errors import RegieError

log = logging.getLogger(__name__)

FILE_NAME = "registre.sqlite"
FORMAT = 1
_APPLICATION_ID = 0x52656769  # "Regi": `file` and sqlite3 tell a register from another database

_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
CREATE TABLE header (format INTEGER NOT NULL, seance TEXT NOT NULL, created_utc_ms INTEGER NOT NULL) STRICT;
CREATE TABLE entry (
    n INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    part INTEGER NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    written_utc_ms INTEGER NOT NULL,
    seance_ms INTEGER,
    run TEXT,
    live INTEGER,
    public INTEGER,
    digest TEXT NOT NULL UNIQUE,
    UNIQUE (command, part)
) STRICT;
CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), n INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM entry)
  OR EXISTS (SELECT 1 FROM entry WHERE digest = NEW.digest OR (command = NEW.command AND part = NEW.part))
BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER header_never_changes BEFORE UPDATE ON header BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER header_never_goes BEFORE DELETE ON header BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER header_is_single BEFORE INSERT ON header WHEN EXISTS (SELECT 1 FROM header)
BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER head_never_goes BEFORE DELETE ON head BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER head_is_single BEFORE INSERT ON head WHEN EXISTS (SELECT 1 FROM head)
BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER head_goes_forward BEFORE UPDATE ON head WHEN NEW.n <= OLD.n OR NEW.only <> 1
BEGIN SELECT raise(ABORT, 'append only'); END;
"""
_COLUMNS = (
    "n, command, part, author, kind, version, payload, written_utc_ms, seance_ms, run, live, public, digest"
)


class JournalError(RegieError):
    """The register cannot be written or read: disk, rights, a damaged file."""

    code = "registre_indisponible"
    retry = True


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When an entry was written, on every clock there is.

    ``written_utc_ms``: wall clock. ``seance_ms``: since the opening of the séance, None before. ``run``, ``live``, ``public``: the
    engine's run and its media time before and after the confidentiality delay, None while the engine is away.
    """

    written_utc_ms: int
    seance_ms: int | None = None
    run: str | None = None
    live: int | None = None
    public: int | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the register, as it is stored. ``n`` counts from 1; ``part`` is the rank of the event in its command."""

    n: int
    command: str
    part: int
    author: str
    kind: str
    version: int
    payload: str
    times: Times
    digest: str

    @property
    def event(self) -> Event:
        """What happened. Raises UnknownEvent."""
        return events.decode(self.kind, self.version, self.payload)


class Journal:
    """The register of one séance, open for writing. Thread-safe; calls wait for the disk: not for an event loop."""

    def __init__(self, path: Path, seance: str, created_utc_ms: int) -> None:
        """Open, or create, the register. Raises JournalError, also when the file is another séance's or its end is damaged."""
        self._lock = threading.Lock()
        self.path = path
        self.seance = seance
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise JournalError("the register cannot be opened") from error
        try:
            self._prepare(created_utc_ms)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, created_utc_ms: int) -> None:
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            if not _has_table(self._db, "header"):
                self._create(created_utc_ms)
            header = _header(self._db)
            newest = self._db.execute(f"SELECT {_COLUMNS} FROM entry ORDER BY n DESC LIMIT 1").fetchone()
            n, digest = self._db.execute("SELECT n, digest FROM head").fetchone()
        except (sqlite3.Error, TypeError) as error:
            raise JournalError("the register cannot be read") from error
        if header[1] != self.seance:
            raise JournalError("the register is of another séance", code="registre_autre_seance")
        if (n, digest) != ((newest[0], newest[-1]) if newest else (0, _genesis(*header))):
            raise JournalError("the end of the register is damaged", code="registre_altere")
        self._n: int = n
        self._digest: str = digest

    def _create(self, created_utc_ms: int) -> None:
        header = (FORMAT, self.seance, created_utc_ms)
        self._db.execute("BEGIN IMMEDIATE")
        for statement in _statements(_SCHEMA):
            self._db.execute(statement)
        self._db.execute("INSERT INTO header VALUES (?, ?, ?)", header)
        self._db.execute("INSERT INTO head VALUES (1, 0, ?)", (_genesis(*header),))
        self._db.execute("COMMIT")
        _sync_directory(self.path.parent.parent)

    def append(self, command: str, author: str, happened: Sequence[Event], times: Times) -> tuple[Entry, ...]:
        """Write what a command made happen, durably, all or nothing; its entries.

        A command that was already written is not written again: its first entries are the answer. Raises JournalError.
        """
        with self._lock:
            try:
                known = self._query("WHERE command = ? ORDER BY part", (command,))
                return known or self._write(command, author, happened, times)
            except sqlite3.Error as error:
                log.error("the register cannot be written", extra={"reason": type(error).__name__})
                raise JournalError("the register cannot be written") from error

    def _write(self, command: str, author: str, happened: Sequence[Event], times: Times) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        previous = self._digest
        for part, event in enumerate(happened):
            entry = Entry(
                n=self._n + part + 1,
                command=command,
                part=part,
                author=author,
                kind=event.KIND,
                version=event.VERSION,
                payload=events.encode(event),
                times=times,
                digest="",
            )
            entry = msgspec.structs.replace(entry, digest=_digest(previous, entry))
            entries.append(entry)
            previous = entry.digest
        if not entries:
            return ()
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(
                f"INSERT INTO entry ({_COLUMNS}) VALUES ({', '.join('?' * 13)})",
                [_row(entry) for entry in entries],
            )
            self._db.execute("UPDATE head SET n = ?, digest = ?", (entries[-1].n, previous))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._n, self._digest = entries[-1].n, previous
        return tuple(entries)

    def after(self, n: int, limit: int = 1000) -> tuple[Entry, ...]:
        """At most ``limit`` entries that follow the ``n``-th: a reader's cursor is the ``n`` of the last entry it has seen."""
        with self._lock:
            try:
                return self._query("WHERE n > ? ORDER BY n LIMIT ?", (n, limit))
            except sqlite3.Error as error:
                raise JournalError("the register cannot be read") from error

    def of(self, command: str) -> tuple[Entry, ...]:
        """The entries of a command; none when it was not written."""
        with self._lock:
            try:
                return self._query("WHERE command = ? ORDER BY part", (command,))
            except sqlite3.Error as error:
                raise JournalError("the register cannot be read") from error

    @property
    def last(self) -> int:
        """The rank of the newest entry; 0 when there is none."""
        return self._n

    def _query(self, where: str, values: tuple[object, ...]) -> tuple[Entry, ...]:
        return tuple(map(_entry, self._db.execute(f"SELECT {_COLUMNS} FROM entry {where}", values)))

    def close(self) -> None:
        """Close the file; everything written is already on disk."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found. The register is whole when ``faults`` is empty; ``digest`` then stands for all of it."""

    seance: str
    entries: int
    digest: str
    faults: tuple[str, ...]


def verify(path: Path) -> Report:
    """Re-read a register and check the whole chain, without writing. Raises JournalError when it is not a register at all."""
    with _Reading(path) as db:
        header = _header(db)
        faults = list(_table_faults(db))
        n, previous = 0, _genesis(*header)
        for row in db.execute(f"SELECT {_COLUMNS} FROM entry ORDER BY n"):
            entry = _entry(row)
            if entry.n != n + 1:
                faults.append(
                    f"entry {n + 1} is missing" if entry.n > n + 1 else f"entry {entry.n} is out of place"
                )
            if entry.digest != _digest(previous, entry):
                faults.append(
                    f"entry {entry.n} does not follow from the one before: it, or that one, was changed"
                )
            try:
                _ = entry.event
            except UnknownEvent as error:
                faults.append(f"entry {entry.n}: {error.message}")
            n, previous = entry.n, entry.digest
        head = db.execute("SELECT n, digest FROM head").fetchall()
        if head != [(n, previous)]:
            faults.append(
                "the end of the register is not the one that was written: entries are missing or were added"
            )
        return Report(seance=header[1], entries=n, digest=previous, faults=tuple(faults))


def read(path: Path) -> Iterator[Entry]:
    """The entries of a register, oldest first, without writing to it. Raises JournalError."""
    with _Reading(path) as db:
        yield from map(_entry, db.execute(f"SELECT {_COLUMNS} FROM entry ORDER BY n"))


class _Reading:
    """A register open for reading only; SQLite's errors inside become JournalError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise JournalError("there is no such register", code="registre_absent")
        # On a read-only medium SQLite cannot make the WAL's index; nobody can be writing there either.
        mode = "mode=ro" if os.access(self._path.parent, os.W_OK) else "immutable=1"
        self._db = sqlite3.connect(f"{self._path.resolve().as_uri()}?{mode}", uri=True)
        try:
            if not _has_table(self._db, "header") or _header(self._db)[0] > FORMAT:
                raise JournalError(
                    "this file is not a register, or a newer version made it", code="registre_inconnu"
                )
        except sqlite3.Error as error:
            self._db.close()
            raise JournalError("this file is not a register", code="registre_inconnu") from error
        except JournalError:
            self._db.close()
            raise
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._db.close()
        if isinstance(error, sqlite3.Error | TypeError | msgspec.MsgspecError):
            raise JournalError(
                "the register cannot be read: it is damaged", code="registre_altere"
            ) from error


def _sync_directory(path: Path) -> None:
    """Make the name of a new sub-directory outlive a power cut; SQLite does it for the file's own directory."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one: ``executescript`` would commit the transaction that must hold them all."""
    statement = ""
    for line in script.strip().splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _has_table(db: sqlite3.Connection, name: str) -> bool:
    return bool(
        db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone()
    )


def _table_faults(db: sqlite3.Connection) -> Iterator[str]:
    if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        yield "the database itself is damaged"
    guards = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    expected = {line.split()[2] for line in _SCHEMA.splitlines() if line.startswith("CREATE TRIGGER")}
    if missing := sorted(expected - guards):
        yield f"guards against changes were taken off: {', '.join(missing)}"


def _header(db: sqlite3.Connection) -> tuple[int, str, int]:
    rows: list[tuple[int, str, int]] = db.execute(
        "SELECT format, seance, created_utc_ms FROM header"
    ).fetchall()
    if len(rows) != 1:
        raise JournalError("the register has no single header", code="registre_altere")
    return rows[0]


def _genesis(format_: int, seance: str, created_utc_ms: int) -> str:
    return hashlib.sha256(
        msgspec.json.encode(["regie.register", format_, seance, created_utc_ms])
    ).hexdigest()


def _digest(previous: str, entry: Entry) -> str:
    """Over canonical bytes: a JSON array of the digest before and of every stored value, in the order of the columns."""
    return hashlib.sha256(msgspec.json.encode([previous, *_row(entry)[:-1]])).hexdigest()


def _row(entry: Entry) -> tuple[str | int | None, ...]:
    """Every stored value, in the order of the columns."""
    *before, times, digest = msgspec.structs.astuple(entry)
    return (*before, *msgspec.structs.astuple(times), digest)


def _entry(row: tuple[object, ...]) -> Entry:
    names = ("n", "command", "part", "author", "kind", "version", "payload")
    clocks = ("written_utc_ms", "seance_ms", "run", "live", "public")
    values: dict[str, object] = dict(zip(names, row[:7], strict=True))
    values |= {"times": dict(zip(clocks, row[7:12], strict=True)), "digest": row[12]}
    return msgspec.convert(values, Entry)

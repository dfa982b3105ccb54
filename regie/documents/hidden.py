"""The list of what was hidden in a séance, from its register and from what was taken out of it afterwards; is it validated?"""

from collections.abc import Mapping
from functools import lru_cache, reduce
from pathlib import Path

import msgspec

from regie.domain import doors, masks
from regie.domain.masklist import Row, Span, rows
from regie.domain.masks import MaskLine
from regie.domain.register.state import Register
from regie.domain.removal import Removal, copies
from regie.domain.shifts import acted, dated
from regie.domain.sitting import fold
from regie.domain.timeline import to_ms
from regie.journal import FILE_NAME, read
from regie.media.removed import STORE, VALIDATION, Validation, digest_of, kept, validation
from regie.media.shifting import shifts

_Stamp = tuple[int, ...]


def listed(directory: Path) -> tuple[Row, ...]:
    """All that was hidden in a séance, live and afterwards, at the hours of the acts. Raises JournalError when its register cannot
    be read."""
    book, spans = _masks(directory, _stamp(directory / FILE_NAME))
    changes = shifts(directory)
    removals = [
        msgspec.structs.replace(one, start_ms=acted(one.start_ms, changes), end_ms=acted(one.end_ms, changes))
        for one in kept(directory)
    ]
    return rows(book, removals, spans)


def closed(directory: Path) -> tuple[doors.Closed, ...]:
    """The times that a séance spent behind shut doors, whoever shut them. Raises JournalError when its register cannot be read."""
    return _closed(directory, _stamp(directory / FILE_NAME))


def copies_of(directory: Path, removal: Removal, now_ms: int) -> tuple[Removal, ...]:
    """What must be taken out with a passage of a séance: where a mask holds one of its pictures, up to ``now_ms`` for one that is
    open. Raises JournalError."""
    book, spans = _masks(directory, _stamp(directory / FILE_NAME))
    changes = shifts(directory)
    told = (spans[line.id] for line in book if line.frozen and line.id in spans)
    frozen = [(dated(start, changes), dated(now_ms if end is None else end, changes)) for start, end in told]
    return copies(removal, frozen)


def register_of(directory: Path) -> Register | None:
    """The legal register of a séance, over or not; None until its council was convened. Raises JournalError."""
    return _register(directory, _stamp(directory / FILE_NAME))


def validated(directory: Path) -> tuple[Validation | None, bool]:
    """The validation of a séance, and whether it is that of its list as it stands. Raises JournalError."""
    return _validated(directory, (*_stamp(directory / FILE_NAME), *_stamp(directory / STORE)))


def digest(directory: Path) -> str:
    """Names the list of a séance as it stands. Raises JournalError."""
    book, _ = _masks(directory, _stamp(directory / FILE_NAME))
    return digest_of(kept(directory), (mask.id for mask in book))


@lru_cache(256)
def _validated(directory: Path, stamp: _Stamp) -> tuple[Validation | None, bool]:
    found = validation(directory)
    return found, found is not None and found.digest == digest(directory)


@lru_cache(8)
def _register(directory: Path, stamp: _Stamp) -> Register | None:
    if not (directory / FILE_NAME).is_file():
        return None
    return fold(entry.event for entry in read(directory / FILE_NAME)).register


@lru_cache(64)
def _closed(directory: Path, stamp: _Stamp) -> tuple[doors.Closed, ...]:
    if not (directory / FILE_NAME).is_file():
        return ()
    return reduce(doors.closed, (entry.event for entry in read(directory / FILE_NAME)), ())


@lru_cache(64)
def _masks(directory: Path, stamp: _Stamp) -> tuple[tuple[MaskLine, ...], Mapping[str, Span]]:
    if not (directory / FILE_NAME).is_file():
        return (), {}
    book: masks.MaskBook = {}
    epochs: dict[str, int] = {}
    for entry in read(directory / FILE_NAME):
        book = masks.apply(book, entry.event, entry.author)
        if entry.times.run is not None and entry.times.live is not None:
            epochs[entry.times.run] = entry.times.written_utc_ms - to_ms(entry.times.live)
    return tuple(book.values()), {line.id: span for line in book.values() if (span := _span(line, epochs))}


def _span(line: MaskLine, epochs: Mapping[str, int]) -> Span | None:
    """What a mask hid, by the clock of the runs that its register knows."""
    first, last = line.stretches[0], line.stretches[-1]
    if first.run not in epochs:
        return None
    start_ms = epochs[first.run] + to_ms(first.start)
    if last.end is None or last.run not in epochs:
        return start_ms, line.closed_ms
    return start_ms, epochs[last.run] + to_ms(last.end)


def _stamp(path: Path) -> _Stamp:
    """Changes with a file, its write-ahead log, or what a folder holds; what was read once is kept until then."""
    found: list[int] = []
    for each in (path, path.with_name(f"{path.name}-wal"), path / VALIDATION):
        try:
            stat = each.stat()
            found += (stat.st_mtime_ns, stat.st_size)
        except OSError:
            found += (0, 0)
    return tuple(found)

"""The list of what was hidden in a séance, from its register and from what was taken out of it afterwards; is it validated?"""

from functools import lru_cache
from pathlib import Path

from regie.domain import masks
from regie.domain.masklist import Row, rows
from regie.domain.masks import MaskLine
from regie.journal import FILE_NAME, read
from regie.media.removed import STORE, VALIDATION, Validation, digest_of, kept, validation

_Stamp = tuple[int, ...]


def listed(directory: Path) -> tuple[Row, ...]:
    """All that was hidden in a séance, live and afterwards. Raises JournalError when its register cannot be read."""
    return rows(_masks(directory, _stamp(directory / FILE_NAME)), kept(directory))


def validated(directory: Path) -> tuple[Validation | None, bool]:
    """The validation of a séance, and whether it is that of its list as it stands. Raises JournalError."""
    return _validated(directory, (*_stamp(directory / FILE_NAME), *_stamp(directory / STORE)))


def digest(directory: Path) -> str:
    """Names the list of a séance as it stands. Raises JournalError."""
    book = _masks(directory, _stamp(directory / FILE_NAME))
    return digest_of(kept(directory), (mask.id for mask in book))


@lru_cache(256)
def _validated(directory: Path, stamp: _Stamp) -> tuple[Validation | None, bool]:
    found = validation(directory)
    return found, found is not None and found.digest == digest(directory)


@lru_cache(64)
def _masks(directory: Path, stamp: _Stamp) -> tuple[MaskLine, ...]:
    if not (directory / FILE_NAME).is_file():
        return ()
    return tuple(masks.fold((entry.event, entry.author) for entry in read(directory / FILE_NAME)).values())


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

"""Writing on a disk that may be full or slow: reasons as stable codes, whole files or none."""

import errno
import os
from pathlib import Path

FULL = "disque_plein"
BROKEN = "disque_en_panne"


def reason(error: OSError) -> str:
    """Stable code of a failed write."""
    return FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else BROKEN


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write the whole of ``data`` at ``offset``. Raises OSError, possibly after a part of it was written."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def create(path: Path, data: bytes) -> None:
    """A new file, on the disk when this returns; none at all when it raises (OSError)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        write_all(descriptor, data, 0)
        os.fdatasync(descriptor)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def replace(path: Path, text: str) -> None:
    """Change a file in one step: readers see the old text or the new, never a part. Raises OSError."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def replace_surely(path: Path, text: str) -> None:
    """As :func:`replace`, and on the disk when this returns: what was decided outlives a power cut. Raises OSError."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    create(temporary, text.encode())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

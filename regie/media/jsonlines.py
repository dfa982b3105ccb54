"""Small logs beside a séance's files: one JSON value a line, added to, read past what a power cut tore. No media library."""

from pathlib import Path
from typing import TypeVar

import msgspec

_T = TypeVar("_T")


def append(file: Path, value: msgspec.Struct) -> None:
    """Add a line, on its own even after a line that was cut. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as lines:
        lines.write(b"\n" + msgspec.json.encode(value) + b"\n")


def read(file: Path, kind: type[_T]) -> list[_T]:
    """What was added, in order; lines that cannot be read are passed over. Raises OSError."""
    found: list[_T] = []
    for line in file.read_bytes().splitlines():
        try:
            found.append(msgspec.json.decode(line, type=kind))
        except msgspec.MsgspecError:
            continue
    return found

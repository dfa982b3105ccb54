"""The séance that is being prepared: the lists received so far, kept whole on disk until the council is convened and after."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from regie.preparation.meeting import SHEET, settings, table_of
from regie.preparation.tables import Table

FILE_NAME = "preparation.json"


def load(folder: Path) -> dict[str, Table]:
    """The lists, by sheet; none when nothing was received or when the file cannot be read."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=dict[str, Table])
    except (OSError, msgspec.MsgspecError):
        return {}


def save(folder: Path, tables: Mapping[str, Table]) -> None:
    """Replace them. Raises OSError."""
    new = folder / f"{FILE_NAME}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(dict(tables)))
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE_NAME)


def with_settings(tables: Mapping[str, Table], values: Mapping[str, str]) -> dict[str, Table]:
    """The lists once a form changed some settings of the séance; an empty value takes a setting off."""
    kept = settings(tables[SHEET]) if SHEET in tables else {}
    return {**tables, SHEET: table_of({**kept, **values})}

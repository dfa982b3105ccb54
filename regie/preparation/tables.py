"""Lists as towns keep them: CSV of any spreadsheet, XLSX, ODS. Each cell is text, dates as 2026-12-31; each row keeps its line.

What is wrong in a list is a :class:`Fault`, with its sheet, its line and its column, in French; a list is read whole so that its
faults are told all at once.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import PurePath

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

MAX_BYTES = 4 * 1024 * 1024
MAX_UNPACKED = 64 * 1024 * 1024
MAX_ROWS = 3_000


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong in a list, said in French. ``line`` counts from 1, as spreadsheets do; 0: the whole sheet."""

    sheet: str
    line: int = 0
    column: str = ""
    message: str
    blocks: bool = True

    def __str__(self) -> str:
        where = f"{self.sheet}, ligne {self.line}" if self.line else self.sheet
        return f"{where}{f', colonne « {self.column} »' if self.column else ''} : {self.message}"


class Row(msgspec.Struct, frozen=True):
    """A line of a table: its number, its cells by the name of their column; ``too_long``: some are beyond the last column."""

    line: int
    cells: dict[str, str]
    too_long: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet: its name (bare), its columns (bare), the titles they had, its rows that hold something."""

    name: str
    columns: tuple[str, ...]
    titles: dict[str, str]
    rows: tuple[Row, ...]


class Unreadable(Exception):
    """A file that is not a list we can read; ``message`` in French."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def bare(text: str) -> str:
    """A title or a key without accents, capitals nor punctuation: « Né(e) le » and « ne_e_le » are one."""
    split = unicodedata.normalize("NFD", text.casefold())
    kept = (sign if sign.isalnum() else " " for sign in split if not unicodedata.combining(sign))
    return "_".join("".join(kept).split())


def read_tables(name: str, data: bytes) -> tuple[Table, ...]:
    """Every sheet of a file; a CSV is one sheet, named as its file. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"le fichier dépasse {MAX_BYTES // 1024 // 1024} Mo")
    path = PurePath(name)
    kind = path.suffix.lower()
    if kind in (".xlsx", ".ods"):
        grids = _workbook(data)
    elif kind in (".csv", ".txt", ".tsv"):
        grids = [(path.stem, _csv(data))]
    else:
        raise Unreadable("le fichier doit être un CSV, un classeur XLSX ou un classeur ODS")
    return tuple(table for title, grid in grids if (table := _table(title, grid)) is not None)


def _csv(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheets of Windows write when nobody asks for better.
        text = data.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    try:
        return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)]
    except csv.Error as error:
        raise Unreadable("ce fichier CSV est mal formé : un guillemet n'est pas refermé") from error


def _workbook(data: bytes) -> list[tuple[str, list[list[str]]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise Unreadable("ce classeur est trop grand une fois décompressé")
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [
            (name, [[_cell(value) for value in row] for row in _rows(workbook, name)])
            for name in workbook.sheet_names
        ]
    except (zipfile.BadZipFile, CalamineError) as error:
        raise Unreadable(
            "ce classeur ne peut pas être lu : il est abîmé, ou protégé par un mot de passe"
        ) from error


def _rows(workbook: CalamineWorkbook, name: str) -> Sequence[Sequence[object]]:
    return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _cell(value: object) -> str:
    match value:
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M")
        case bool():
            return "oui" if value else "non"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _table(title: str, grid: list[list[str]]) -> Table | None:
    """The first row that holds something gives the columns."""
    start = next((rank for rank, row in enumerate(grid) if any(cell.strip() for cell in row)), None)
    if start is None:
        return None
    titles = {bare(cell): cell.strip() for cell in grid[start] if cell.strip()}
    columns = tuple(map(bare, grid[start]))
    rows = tuple(_filled_rows(grid, start, columns))
    if len(rows) > MAX_ROWS:
        raise Unreadable(f"la feuille « {title} » a plus de {MAX_ROWS} lignes")
    return Table(name=bare(title), columns=tuple(filter(None, columns)), titles=titles, rows=rows)


def _filled_rows(grid: list[list[str]], start: int, columns: tuple[str, ...]) -> Iterator[Row]:
    for rank, row in enumerate(grid[start + 1 :], start=start + 2):
        cells = {
            column: cell.strip()
            for column, cell in zip(columns, row, strict=False)
            if column and cell.strip()
        }
        if cells:
            yield Row(rank, cells, any(cell.strip() for cell in row[len(columns) :]))

"""A row read field by field: what is missing, not understood or not known is noted, and reading goes on."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TypeVar

from regie.preparation.tables import Fault, Row, Table, bare

T = TypeVar("T")
_DATES = (
    re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
)
_YES, _NO = {"oui", "o", "x", "1", "vrai", "true"}, {"non", "n", "0", "faux", "false"}


class Faults:
    """The faults of a sheet, gathered."""

    def __init__(self, sheet: str, titles: Mapping[str, str]) -> None:
        self._sheet = sheet
        self._titles = titles
        self.found: list[Fault] = []

    def add(self, message: str, line: int = 0, column: str = "", *, blocks: bool = True) -> None:
        """Note one."""
        self.found.append(
            Fault(
                sheet=self._sheet,
                line=line,
                column=self._titles.get(column, column),
                message=message,
                blocks=blocks,
            )
        )

    def check_columns(self, table: Table, known: Collection[str], needed: Iterable[str]) -> bool:
        """Note columns that are not known, and those that are missing; can the rows be read?"""
        for column in table.columns:
            if column not in known:
                near = difflib.get_close_matches(column, known, n=1)
                hint = f" : est-ce « {near[0]} » ?" if near else ""
                self.add(f"colonne inconnue, laissée de côté{hint}", column=column, blocks=False)
        doubles = {column for column in table.columns if table.columns.count(column) > 1}
        for column in sorted(doubles):
            self.add("cette colonne est là deux fois", column=column)
        missing = [column for column in needed if column not in table.columns]
        for column in missing:
            self.add("cette colonne est obligatoire", column=column)
        for row in table.rows:
            if row.too_long:
                self.add(
                    "plus de cellules que de colonnes : un point-virgule à mettre entre guillemets ?",
                    row.line,
                )
        return not missing and not doubles


class Cells:
    """The fields of one row."""

    def __init__(self, row: Row, faults: Faults) -> None:
        self._row = row
        self._faults = faults
        self.line = row.line

    def fault(self, message: str, column: str = "", *, blocks: bool = True) -> None:
        """Note a fault of this row."""
        self._faults.add(message, self.line, column, blocks=blocks)

    def text(self, column: str, *, needed: bool = False, longest: int = 0) -> str:
        """A text; empty when there is none."""
        text = " ".join(self._row.cells.get(column, "").split())
        if needed and not text:
            self.fault("à remplir", column)
        if longest and len(text) > longest:
            self.fault(f"{len(text)} caractères, {longest} au plus", column)
        return text

    def prose(self, column: str) -> str:
        """A text of several lines."""
        return self._row.cells.get(column, "").replace("\r\n", "\n").strip()

    def yes(self, column: str) -> bool:
        """« oui » or « non »; nothing is no."""
        said = bare(self.text(column))
        if said and said not in _YES | _NO:
            self.fault(f"« {self.text(column)} » : attendu « oui » ou « non »", column)
        return said in _YES

    def day(self, column: str) -> date | None:
        """A date: one of the spreadsheet, or 31/12/2026, or 2026-12-31."""
        value = self._row.cells.get(column, "")
        if not value:
            return None
        for shape in _DATES:
            found = shape.fullmatch(value)
            if found is not None:
                try:
                    return date(int(found["y"]), int(found["m"]), int(found["d"]))
                except ValueError:
                    break
        self.fault(f"« {value} » n'est pas une date (attendu : 31/12/2026)", column)
        return None

    def number(self, column: str) -> int | None:
        """A whole number."""
        text = self.text(column)
        if text and not (text.isascii() and text.isdigit()):
            self.fault(f"« {text} » n'est pas un nombre entier", column)
            return None
        return int(text) if text else None

    def choice(self, column: str, choices: Mapping[str, T], default: T) -> T:
        """One of the words expected, accents and capitals apart."""
        text = self.text(column)
        if not text:
            return default
        found = choices.get(bare(text))
        if found is None:
            near = difflib.get_close_matches(bare(text), choices, n=1)
            hint = f" : est-ce « {near[0]} » ?" if near else f" (attendu : {', '.join(choices)})"
            self.fault(f"« {text} » n'est pas connu{hint}", column)
            return default
        return found

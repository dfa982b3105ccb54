"""How long what is kept of a séance stays (P7): timers, the slip of what is due, the archives' visa, and only then the deletion.

The register and its documents are permanent and never touched. Durations come from the house rules through the configuration; none
is « for ever » by default. What was proposed, visaed and deleted is kept in ``eliminations.json``, beside the séances.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path

import msgspec

from config.schema import Retention
from regie.documents import dossier
from regie.documents.errors import DocumentError
from regie.documents.record import read_record
from regie.errors import Refusal

FILE_NAME = "eliminations.json"


class Series(StrEnum):
    """What is deleted together."""

    ORIGINAL = "original"
    """The sealed recording, without delay nor masks."""
    RECORDING = "enregistrement"
    """The programme as citizens received it."""
    REPLAY = "rediffusion"
    PAPERS = "pieces"
    """Copies of the items' papers that citizens could read."""
    TECHNICAL = "journaux_techniques"
    """What the director heard and did: who was heard when, where heads were."""


_PATTERNS = {
    Series.ORIGINAL: ("original",),
    Series.RECORDING: ("enregistrement", "export"),
    Series.REPLAY: ("hls", "retraits/onde.bin"),
    Series.PAPERS: ("pieces",),
    Series.TECHNICAL: ("realisation/*.jsonl",),
}
"""Folders and files of a séance's folder; what is made of a recording (files to give out, the waveform) goes with it."""
NAMES = {
    Series.ORIGINAL: "Original scellé",
    Series.RECORDING: "Enregistrement",
    Series.REPLAY: "Rediffusion publique",
    Series.PAPERS: "Documents des points en ligne",
    Series.TECHNICAL: "Journaux de la réalisation",
}
BASIS = "règlement intérieur ; RGPD art. 5 ; C. patrimoine L.212-2"


class Timer(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "series": "serie",
        "day": "seance_du",
        "until": "jusqu_au",
        "size": "octets",
        "files": "fichiers",
    },
):
    """A series of a séance: how long it stays. ``until`` None: its count has not begun (minutes not adopted yet)."""

    seance: str
    series: Series
    day: date
    until: date | None
    files: int
    size: int


class Slip(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"made": "etabli", "lines": "lignes", "visa_day": "visa_du", "done": "execute"},
):
    """A bordereau d'élimination (D19). ``visa``: reference of the archives' visa; ``done``: when it was carried out."""

    id: str
    made: date
    lines: tuple[Timer, ...]
    visa: str = ""
    visa_day: date | None = None
    done: date | None = None


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last of the month when it has none."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(day.day, last))


def timers(data: Path, durations: Retention) -> tuple[Timer, ...]:
    """What each séance on disk still holds, and until when."""
    found: list[Timer] = []
    for folder in sorted((data / "seances").glob("*")):
        known = _days(folder)
        if known is None:
            continue
        held, adopted = known
        public = months_later(held, durations.rediffusion_mois)
        until = {
            Series.ORIGINAL: months_later(adopted, durations.original_mois) if adopted else None,
            Series.RECORDING: public,
            Series.REPLAY: public,
            Series.PAPERS: public,
            Series.TECHNICAL: months_later(held, durations.journaux_techniques_mois),
        }
        for series in Series:
            sizes = [size for path in _paths(folder, series) for size in _sizes(path)]
            if sizes:
                found.append(
                    Timer(
                        seance=folder.name,
                        series=series,
                        day=held,
                        until=until[series],
                        files=len(sizes),
                        size=sum(sizes),
                    )
                )
    return tuple(found)


def _paths(folder: Path, series: Series) -> tuple[Path, ...]:
    """What a séance still holds of a series: folders and files."""
    return tuple(path for pattern in _PATTERNS[series] for path in sorted(folder.glob(pattern)))


def _sizes(path: Path) -> Iterator[int]:
    """Of a file or the files of a folder, but for those that go while it is read: a segment taken out, another elimination."""
    if path.is_file():
        with contextlib.suppress(FileNotFoundError):
            yield path.stat().st_size
    for parent, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                yield (Path(parent) / name).stat().st_size


def _days(folder: Path) -> tuple[date, date | None] | None:
    """The day of a séance and that of its minutes' adoption; a séance whose council was not convened has no minutes to wait for."""
    try:
        held = read_record(folder).register.convocation.day
        return held, dossier.load(folder).minutes.adopted
    except DocumentError:
        pass
    try:
        named = date.fromisoformat(folder.name[:10])
    except ValueError:
        return None
    return named, named


def due(found: tuple[Timer, ...], today: date) -> tuple[Timer, ...]:
    """Those whose time has come."""
    return tuple(timer for timer in found if timer.until is not None and timer.until <= today)


class Eliminations:
    """The slips of one data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def slips(self) -> tuple[Slip, ...]:
        """Every slip, oldest first. Raises DocumentError when the file cannot be read."""
        try:
            return msgspec.json.decode((self._data / FILE_NAME).read_bytes(), type=tuple[Slip, ...])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError) as error:
            raise DocumentError("the slips cannot be read", code="eliminations_illisibles") from error

    def propose(self, durations: Retention, today: date) -> Slip:
        """A slip of what is due and on no other slip. Raises Refusal when there is nothing."""
        slips = self.slips()
        taken = {(line.seance, line.series) for slip in slips if slip.done is None for line in slip.lines}
        lines = tuple(
            line
            for line in due(timers(self._data, durations), today)
            if (line.seance, line.series) not in taken
        )
        if not lines:
            raise Refusal("nothing is due", code="rien_a_eliminer")
        slip = Slip(id=f"{today.year}-{len(slips) + 1:03d}", made=today, lines=lines)
        self._save((*slips, slip))
        return slip

    def endorse(self, name: str, visa: str, day: date) -> Slip:
        """The archives gave their visa. Raises Refusal without its reference."""
        if not visa.strip():
            raise Refusal("a visa has a reference", code="visa_sans_reference")
        return self._change(name, visa=visa.strip(), visa_day=day)

    def carry_out(self, name: str, today: date) -> Slip:
        """Delete what the slip lists; repeated, it goes on where it stopped. Raises Refusal without the visa (P7)."""
        slip = self._find(name)
        if not slip.visa:
            raise Refusal("nothing is destroyed without a visa", code="visa_absent", bordereau=name)
        held = [
            path for line in slip.lines for path in _paths(self._data / "seances" / line.seance, line.series)
        ]
        for path in held:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()
        left = [path for path in held if path.exists()]
        if left:
            raise DocumentError(
                "some files could not be deleted", code="elimination_incomplete", restants=len(left)
            )
        return self._change(name, done=slip.done or today)

    def _find(self, name: str) -> Slip:
        found = next((slip for slip in self.slips() if slip.id == name), None)
        if found is None:
            raise Refusal("no such slip", code="bordereau_inconnu", bordereau=name)
        return found

    def _change(self, name: str, **changes: object) -> Slip:
        changed = msgspec.structs.replace(self._find(name), **changes)
        self._save(tuple(changed if slip.id == name else slip for slip in self.slips()))
        return changed

    def _save(self, slips: tuple[Slip, ...]) -> None:
        new = self._data / f"{FILE_NAME}.new"
        with new.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(slips), indent=1))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._data / FILE_NAME)

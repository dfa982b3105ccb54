"""The book of the chamber: presets, exclusion zones, measured fields. A file of the hall, replaced whole, with the one before it
beside; thumbnails are files of their own.

``<dossier>/cameras/livre.json``, ``livre.avant.json``, ``vignettes/<preset>.jpg``, ``durees.json`` (how long moves take).
"""

import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from camera_drivers.travel import Moves
from camera_drivers.zones import Zone
from regie.domain.model import SourceId
from regie.domain.presets import Preset
from regie.errors import Refusal, RegieError

log = logging.getLogger(__name__)

BOOK, BEFORE, PICTURES, TIMES = "livre.json", "livre.avant.json", "vignettes", "durees.json"
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored, as one value. ``version`` grows at each change."""

    version: int = 0
    presets: tuple[Preset, ...] = ()
    zones: dict[SourceId, tuple[Zone, ...]] = {}
    fields: dict[SourceId, float] = {}

    def preset(self, preset: str) -> Preset:
        """One preset. Raises Refusal ``prereglage_inconnu``."""
        found = next((one for one in self.presets if one.id == preset), None)
        if found is None:
            raise Refusal("there is no such preset", code="prereglage_inconnu", preset=preset)
        return found

    def with_preset(self, preset: Preset, rank: int | None = None) -> "Book":
        """With a preset added, or changed where it is, or moved to ``rank``."""
        places = [one.id for one in self.presets]
        others = [one for one in self.presets if one.id != preset.id]
        if rank is None:
            rank = places.index(preset.id) if preset.id in places else len(places)
        return self._next(presets=(*others[:rank], preset, *others[rank:]))

    def without(self, preset: str) -> "Book":
        """With a preset left out."""
        return self._next(presets=tuple(one for one in self.presets if one.id != preset))

    def with_zones(self, camera: SourceId, zones: Sequence[Zone]) -> "Book":
        """With the zones of a camera replaced."""
        others = {name: kept for name, kept in self.zones.items() if name != camera}
        return self._next(zones=others | ({camera: tuple(zones)} if zones else {}))

    def with_field(self, camera: SourceId, field: float | None) -> "Book":
        """With the measured field of a camera replaced, or forgotten."""
        others = {name: kept for name, kept in self.fields.items() if name != camera}
        return self._next(fields=others | ({camera: field} if field is not None else {}))

    def replaced_by(self, other: "Book") -> "Book":
        """With everything taken from another."""
        return self._next(presets=other.presets, zones=other.zones, fields=other.fields)

    def _next(self, **changes: object) -> "Book":
        return msgspec.structs.replace(self, version=self.version + 1, **changes)


def check_id(preset: str) -> str:
    """A preset's id is also a file's name. Raises Refusal ``livre_invalide``."""
    if not _ID.fullmatch(preset):
        raise Refusal("a preset's id is not one", code="livre_invalide")
    return preset


class BookFile:
    """The book on disk. Its methods touch the disk: call them from a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = self._folder = folder

    def load(self) -> Book:
        """What was stored last; a book that cannot be read gives way to the one before it. Raises RegieError when neither can:
        starting without the zones would show what must not be."""
        readable = [self._folder / BOOK, self._folder / BEFORE]
        found = [path for path in readable if path.exists()]
        for path in found:
            try:
                return msgspec.json.decode(path.read_bytes(), type=Book)
            except (OSError, msgspec.MsgspecError):
                log.error("the book of presets cannot be read", extra={"file": path.name})
        if found:
            raise RegieError(f"{found[0]} cannot be read", code="livre_illisible")
        return Book()

    def save(self, book: Book) -> None:
        """On the disk when this returns. Raises OSError."""
        path = self._folder / BOOK
        if path.exists():
            _write(self._folder / BEFORE, path.read_bytes())
        _write(path, msgspec.json.format(msgspec.json.encode(book), indent=1))

    def picture(self, preset: str) -> bytes | None:
        """A preset's thumbnail (JPEG)."""
        try:
            return self._picture(preset).read_bytes()
        except OSError:
            return None

    def pictures(self) -> dict[str, int]:
        """When each thumbnail was taken: milliseconds UTC by preset."""
        folder = self._folder / PICTURES
        return {path.stem: path.stat().st_mtime_ns // 1_000_000 for path in folder.glob("*.jpg")}

    def keep_picture(self, preset: str, jpeg: bytes) -> int:
        """Keep a preset's thumbnail; when. Raises OSError."""
        path = self._picture(preset)
        _write(path, jpeg)
        return path.stat().st_mtime_ns // 1_000_000

    def forget_picture(self, preset: str) -> None:
        """A preset has no thumbnail any more."""
        self._picture(preset).unlink(missing_ok=True)

    def times(self) -> dict[SourceId, dict[str, Moves]]:
        """Durations learnt by former runs, by camera and model; nothing when they cannot be read: they will be learnt again."""
        kind = dict[str, dict[str, list[tuple[int, int, float, float]]]]
        try:
            return dict(msgspec.json.decode((self._folder / TIMES).read_bytes(), type=kind))
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError):
            log.warning("what was learnt of the cameras' moves cannot be read")
            return {}

    def keep_times(self, times: Mapping[SourceId, Mapping[str, Moves]]) -> None:
        """Keep the durations learnt. Raises OSError."""
        _write(self._folder / TIMES, msgspec.json.encode(times))

    def _picture(self, preset: str) -> Path:
        return self._folder / PICTURES / f"{check_id(preset)}.jpg"


def _write(path: Path, data: bytes) -> None:
    """A power cut leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

"""The papers of the items that citizens may read: checked as they come, kept with the séance, listed in its index."""

import io
import re
import secrets
import zipfile
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import msgspec

from regie.errors import Refusal
from web_ui import privatefile

FOLDER, INDEX = "pieces", "pieces.json"
MAX_BYTES = 20 * 1024 * 1024
MAX_PIECES = 200
MAX_TITLE = 120
PIECE_ID = re.compile(r"[0-9a-f]{16}")


class Kind(StrEnum):
    """What a paper is, as its own bytes say, whatever its name."""

    PDF = "pdf"
    ODT = "odt"
    ODS = "ods"
    PNG = "png"
    JPEG = "jpg"

    @property
    def media_type(self) -> str:
        """Its Internet media type."""
        return _TYPES[self]


_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.ODT: "application/vnd.oasis.opendocument.text",
    Kind.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
}


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A paper of an item (its id in the register); ``size`` in bytes."""

    id: str
    item: str
    title: str
    kind: Kind
    size: int


def kind_of(data: bytes) -> Kind | None:
    """What these bytes are, among what citizens can open without a doubt; None for anything else."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return Kind.PDF
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("mimetype") as file:
            said = file.read(100).decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, OSError):
        return None
    return next((kind for kind in (Kind.ODT, Kind.ODS) if said == kind.media_type), None)


def title_of(file_name: str) -> str:
    """« 2026-06 Budget_primitif.pdf » → « 2026-06 Budget primitif »: what citizens read."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", file_name.replace("\\", "/").rpartition("/")[2])
    words = " ".join("".join(c if c.isprintable() else " " for c in stem.replace("_", " ")).split())
    return words[:MAX_TITLE] or "Document"


class Pieces:
    """The papers of one séance, in its folder. Blocking: from a thread."""

    def __init__(self, seance: Path) -> None:
        self._folder = seance / FOLDER

    def all(self) -> tuple[Piece, ...]:
        """In the order in which they came; none when there is no index, or an unreadable one."""
        path = self._folder / INDEX
        try:
            return _read(path, path.stat().st_mtime_ns)
        except (OSError, msgspec.MsgspecError):
            return ()

    def by_item(self) -> Mapping[str, tuple[Piece, ...]]:
        """The same, by item."""
        found: dict[str, tuple[Piece, ...]] = {}
        for piece in self.all():
            found[piece.item] = (*found.get(piece.item, ()), piece)
        return found

    def file(self, piece: Piece) -> Path:
        """Where its bytes are."""
        return self._folder / f"{piece.id}.{piece.kind}"

    def add(self, item: str, file_name: str, data: bytes) -> Piece:
        """Keep a paper. Raises Refusal ``piece_vide``, ``piece_genre``, ``pieces_trop``."""
        if not data:
            raise Refusal("the file is empty", code="piece_vide", nom=title_of(file_name))
        kind = kind_of(data)
        if kind is None:
            raise Refusal("not a paper that citizens can open", code="piece_genre", nom=title_of(file_name))
        known = self.all()
        if len(known) >= MAX_PIECES:
            raise Refusal("too many papers", code="pieces_trop", nombre=MAX_PIECES)
        piece = Piece(
            id=secrets.token_hex(8), item=item, title=title_of(file_name), kind=kind, size=len(data)
        )
        privatefile.replace(self.file(piece), data)
        self._keep((*known, piece))
        return piece

    def remove(self, name: str) -> None:
        """Take a paper back: no longer listed, then gone. Raises Refusal ``piece_inconnue``."""
        known = self.all()
        piece = next((one for one in known if one.id == name), None)
        if piece is None:
            raise Refusal("no such paper", code="piece_inconnue")
        self._keep(tuple(one for one in known if one.id != name))
        self.file(piece).unlink(missing_ok=True)

    def _keep(self, pieces: tuple[Piece, ...]) -> None:
        privatefile.replace(self._folder / INDEX, msgspec.json.encode(pieces))


@lru_cache(maxsize=64)
def _read(path: Path, stamp: int) -> tuple[Piece, ...]:
    """Asked at each look of each citizen: read again only when it changed."""
    return msgspec.json.decode(path.read_bytes(), type=tuple[Piece, ...])

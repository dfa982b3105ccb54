"""What is kept of the passages taken out of a séance, and whether a person has validated them before its replay. No media library.

``<séance>/retraits/<id>.json``: one removal each, done or not. ``<id>.purge``: the segments of which a cache must still be told.
``validation.json``: who validated the list, when, and which list: a passage that is taken out, or a mask that is opened, after it
must be validated again.
"""

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from regie.domain.removal import Removal, UnknownRemoval, decode, encode
from regie.media import disk

log = logging.getLogger(__name__)

STORE, VALIDATION = "retraits", "validation.json"
OWED = ".purge"
EXPORT = "export"
"""What was made ready to be given out; removed with each passage, for it holds it."""


def kept(directory: Path) -> list[Removal]:
    """The removals of a séance, done or not, in the order they were asked. One that cannot be read is logged and left out."""
    found = []
    for file in (directory / STORE).glob("*.json"):
        if file.name == VALIDATION:
            continue
        try:
            found.append(decode(file.read_text(encoding="utf-8")))
        except (OSError, UnknownRemoval) as error:
            log.error(
                "a removal cannot be read", extra={"removal": file.stem, "reason": type(error).__name__}
            )
    return sorted(found, key=lambda removal: (removal.asked_ms, removal.id))


def pending(directory: Path) -> list[Removal]:
    """Those that are not done."""
    return [removal for removal in kept(directory) if removal.done_ms is None]


def save(directory: Path, removal: Removal) -> None:
    """Keep a removal as it stands, on the disk when this returns. Raises OSError."""
    folder = directory / STORE
    folder.mkdir(parents=True, exist_ok=True)
    disk.replace_surely(folder / f"{removal.id}.json", encode(removal))


def sketch(directory: Path, removal: Removal) -> None:
    """Keep a removal without waiting for the disk: should this process be killed now, the next one finds it. Raises OSError."""
    folder = directory / STORE
    folder.mkdir(parents=True, exist_ok=True)
    disk.replace(folder / f"{removal.id}.json", encode(removal))


def owe(directory: Path, removal: str, paths: Iterable[str]) -> None:
    """Keep the segments of a removal of which a cache must still be told (``720p/….m4s``); none: all know. Raises OSError."""
    file, left = directory / STORE / f"{removal}{OWED}", tuple(dict.fromkeys(paths))
    if left:
        file.parent.mkdir(parents=True, exist_ok=True)
        disk.replace_surely(file, msgspec.json.encode(left).decode())
    else:
        file.unlink(missing_ok=True)


def owed(directory: Path, removal: str) -> tuple[str, ...]:
    """Those segments. Raises OSError when they cannot be read."""
    file = directory / STORE / f"{removal}{OWED}"
    if not file.is_file():
        return ()
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[str, ...])
    except msgspec.MsgspecError as error:
        raise OSError("what caches must be told cannot be read") from error


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """An agent has seen the list of masks of a séance and found it complete."""

    who: str
    at_ms: int
    digest: str


def digest_of(removals: Iterable[Removal], masks: Iterable[str]) -> str:
    """Names a list of masks: the removals, and the ids of the masks of the register."""
    names = sorted({f"r{removal.id}" for removal in removals} | {f"m{mask}" for mask in masks})
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]


def validation(directory: Path) -> Validation | None:
    """The validation of a séance, whatever list it was of; None when there is none."""
    try:
        return msgspec.json.decode((directory / STORE / VALIDATION).read_bytes(), type=Validation)
    except (OSError, msgspec.MsgspecError):
        return None


def validate(directory: Path, made: Validation) -> None:
    """Keep a validation. Raises OSError."""
    folder = directory / STORE
    folder.mkdir(parents=True, exist_ok=True)
    disk.replace_surely(folder / VALIDATION, msgspec.json.encode(made).decode())

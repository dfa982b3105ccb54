"""Takes a passage out of a recording, in its place: each fragment of a second is rewritten where it stands.

A clean fragment is smaller than the one it replaces (a slate weighs little), the rest of its place is a ``free`` box: nothing of
the file moves, so it can be the one that is being written, and four hours cost no more than a minute. Where the clean fragment does
not fit, its place becomes a hole.

What is to be written is first kept aside, whole and on the disk, then marked ready, then written in place: killed at any instant,
the file is mended by writing it again.
"""

import logging
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from regie.domain.removal import Cleaned, Removal
from regie.media import disk
from regie.media.boxes import Run, Sample, box, fragment, read_instant
from regie.media.cleaning import FULL, Cleaner, Effort, passage, reaches
from regie.media.matching import MatchingSlates
from regie.media.unboxing import BadFile, Fragment, fragment_of, head

log = logging.getLogger(__name__)

_HEADER = struct.Struct(">I4s")
_READY = "pret"
_BOX = 8
"""Bytes of an empty box."""
_EFFORTS = (FULL, Effort(0.75), Effort(1.0, True), Effort(0.5, True), Effort(0.0, True), Effort(0.0))
"""What is tried in turn until the clean second takes no more room than the old one: where no picture, or only the last ones, are
hidden, a slate and a tone can be more than what they replace."""
_PIECES = frozenset({b"moof", b"mdat", b"free"})


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a fragment in a recording: from ``start`` to ``end`` (bytes), and the instant of its first picture (UTC)."""

    start: int
    end: int
    utc_ns: int


def slots(descriptor: int, size: int) -> Iterator[Slot]:
    """The places of the fragments of an open recording, up to ``size`` bytes; those that are not whole are left out."""
    place, start, instant = 0, -1, 0
    while place + 8 <= size:
        length, kind = _HEADER.unpack(os.pread(descriptor, 8, place))
        if length < 8 or place + length > size:
            break
        if kind not in _PIECES or kind == b"moof":
            if start >= 0:
                yield Slot(start, place, instant)
            start = -1
        if kind == b"prft":
            instant = read_instant(os.pread(descriptor, length - 8, place + 8))
        elif kind == b"moof":
            start = place
        place += length
    if start >= 0:
        yield Slot(start, place, instant)


class RecordingRemoval:
    """One removal in one recording; ``store`` keeps what is to be written until it is."""

    def __init__(self, path: Path, store: Path, removal: Removal, slates: MatchingSlates) -> None:
        self._path = path
        self._store = store / path.name
        self._removal = removal
        self._slates = slates

    def run(self, size: int | None = None) -> Cleaned | None:
        """Clean the recording; None when the passage is not in it. ``size``: how much of a file that is being written is whole.

        Raises OSError, BadFile, ParameterSetsDiffer; running it again goes on from where it stopped.
        """
        if not (self._store / _READY).exists() and not self._prepare(size):
            return None
        return self._write()

    def _prepare(self, size: int | None) -> bool:
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            whole = os.fstat(descriptor).st_size if size is None else size
            found = list(slots(descriptor, whole))
            lengths = [after.utc_ns - one.utc_ns for one, after in zip(found, found[1:], strict=False)]
            ends = [
                one.utc_ns + min(length, 3_000_000_000) for one, length in zip(found, lengths, strict=False)
            ]
            ends += [found[-1].utc_ns + 3_000_000_000] if found else []
            touched = [n for n, slot in enumerate(found) if reaches(self._removal, slot.utc_ns, ends[n])]
            if not touched:
                return False
            self._store.mkdir(parents=True, exist_ok=True)
            cleaner = Cleaner(head(os.pread(descriptor, found[0].start, 0)), self._slates)
            for n in touched:
                data = self._clean(descriptor, found, n, cleaner)
                if data:
                    self._keep(f"{found[n].start}", data)
        finally:
            os.close(descriptor)
        self._keep(_READY, b"")
        return True

    def _keep(self, name: str, data: bytes) -> None:
        path = self._store / name
        path.unlink(missing_ok=True)
        disk.create(path, data)

    def _clean(self, descriptor: int, found: list[Slot], n: int, cleaner: Cleaner) -> bytes:
        """What takes the place of a fragment: exactly as long; empty when nothing of it changes."""
        slot = found[n]
        old = _fragment(descriptor, slot)
        start = old.pictures.start if old.pictures.samples else old.sounds.start
        passages = (passage(self._removal, start, slot.utc_ns),)
        before = _sounds(descriptor, found[n - 1]) if n else ()
        after = _sounds(descriptor, found[n + 1]) if n + 1 < len(found) else ()
        for effort in _EFFORTS:
            runs = cleaner.clean(old.pictures, old.sounds, passages, before, after, effort)
            if runs == old.runs:
                return b""
            if data := _fitted(old, runs, slot.end - slot.start):
                return data
        log.warning("recording: a second became a hole, its place was too small")
        return box(b"free", bytes(slot.end - slot.start - _BOX))

    def _write(self) -> Cleaned:
        pieces = blanked = 0
        descriptor = os.open(self._path, os.O_RDWR)
        try:
            for kept in sorted(self._store.iterdir()):
                if kept.name != _READY:
                    data = kept.read_bytes()
                    disk.write_all(descriptor, data, int(kept.name))
                    pieces += 1
                    blanked += data[4:8] == b"free"
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return Cleaned(name=self._path.name, pieces=pieces, blanked=blanked)


def _fitted(old: Fragment, runs: tuple[Run, Run], room: int) -> bytes:
    """The fragment and a box that fills its place; empty when it does not fit."""
    data = fragment(old.number, runs)
    left = room - len(data)
    if 0 < left < _BOX:
        # No box is that small; an AAC unit may end in zeros.
        pictures, sounds = runs
        changed = [
            n for n, (a, b) in enumerate(zip(old.sounds.samples, sounds.samples, strict=True)) if a != b
        ]
        if not changed:
            return b""
        padded = list(sounds.samples)
        padded[changed[-1]] = replace(padded[changed[-1]], data=padded[changed[-1]].data + bytes(left))
        return fragment(old.number, (pictures, replace(sounds, samples=padded)))
    if left < 0:
        return b""
    return data + (box(b"free", bytes(left - _BOX)) if left else b"")


def _fragment(descriptor: int, slot: Slot) -> Fragment:
    return fragment_of(os.pread(descriptor, slot.end - slot.start, slot.start))


def _sounds(descriptor: int, slot: Slot) -> tuple[Sample, ...]:
    try:
        return tuple(_fragment(descriptor, slot).sounds.samples)
    except BadFile:
        return ()

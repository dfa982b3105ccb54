"""Takes a passage out of a WebTV that is already published: new segments under new names, the old ones gone.

First the segments that the passage touches are hidden: moved out of what is served, with a tombstone beside their place, so that
their address answers 410. Then clean ones are written, and the playlist is rewritten in one step. Killed at any instant, it leaves
each playlist old or new, never broken, and is done again from its beginning: what was moved away is found again.

The strict letter of RFC 8216 (6.2.1: a published line does not change) would ask for another playlist. Players that do not know us
(ffmpeg, VLC, televisions) would then stop: so the place in the sequence, the duration and the timeline stay, and the name alone
changes, which is what they read again.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from regie.domain.removal import Cleaned, Removal
from regie.media import disk
from regie.media.boxes import Sample, fragment
from regie.media.cleaning import Cleaner, passage, reaches
from regie.media.hls import INDEX, TOMBSTONE
from regie.media.matching import MatchingSlates
from regie.media.playlist import Entry, date_range, date_time, entries, rewritten
from regie.media.splicing import CONTEXT
from regie.media.unboxing import BadFile, Fragment, fragment_of, head

log = logging.getLogger(__name__)

CLASS = "fr.regie.passage-masque"
"""Class of the announcements of masked passages in playlists."""


class Shelf(Protocol):
    """Where the playlists of a séance are: in a running output, or on the disk."""

    def texts(self) -> Mapping[str, str]:
        """The playlist of each rendition, by its folder's name."""

    def rewrite(self, rendition: str, names: Mapping[str, str], ranges: Sequence[str]) -> None:
        """Publish it with other names and more announcements. Raises OSError."""


class DiskShelf:
    """The playlists of a séance that nothing writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def texts(self) -> Mapping[str, str]:
        """The playlist of each rendition."""
        found = sorted(self._folder.glob(f"*/{INDEX}"))
        return {index.parent.name: index.read_text(encoding="utf-8") for index in found}

    def rewrite(self, rendition: str, names: Mapping[str, str], ranges: Sequence[str]) -> None:
        """Publish it with other names and more announcements."""
        index = self._folder / rendition / INDEX
        disk.replace(index, rewritten(index.read_text(encoding="utf-8"), names, ranges))


def announcement(name: str, start_ns: int, end_ns: int, **more: str) -> str:
    """The line that tells players of a masked passage: when, and nothing of what it was. UTC nanoseconds."""
    return date_range(f"masque-{name}", start_ns, end_ns, CLASS, **more)


def clean_name(old: str, removal: Removal) -> str:
    """The name of the segment that replaces another."""
    return f"{old.removesuffix('.m4s')}-{removal.id}.m4s"


class HlsRemoval:
    """One removal in the WebTV of one séance; ``store`` keeps what was moved away until it is over."""

    def __init__(
        self, folder: Path, store: Path, removal: Removal, shelf: Shelf, slates: MatchingSlates
    ) -> None:
        self._folder = folder
        self._store = store
        self._removal = removal
        self._shelf = shelf
        self._slates = slates
        self._entries: dict[str, list[Entry]] = {}

    def hide(self) -> int:
        """From its return on nobody can fetch anything of the passage; how many segments went. Raises OSError."""
        self._entries = {rendition: entries(text) for rendition, text in self._shelf.texts().items()}
        hidden = 0
        for rendition in self._entries:
            for entry in self._touched(rendition):
                self._move_away(rendition, entry.name)
                hidden += 1
        return hidden

    def clean(self, now_ns: int) -> tuple[tuple[Cleaned, ...], tuple[str, ...]]:
        """Write clean segments and publish them: what was done, and the old segments, relative to the folder.

        Raises OSError, BadFile, ParameterSetsDiffer; what is hidden then stays hidden.
        """
        done: list[Cleaned] = []
        gone: list[str] = []
        announced = self._announcement(now_ns)
        for rendition in self._entries:
            touched = self._touched(rendition)
            blanked = sum(not self._write_clean(rendition, entry) for entry in touched)
            names = {entry.name: clean_name(entry.name, self._removal) for entry in touched}
            if names:
                self._shelf.rewrite(rendition, names, (announced,))
                done.append(Cleaned(name=rendition, pieces=len(names), blanked=blanked))
                gone += (f"{rendition}/{name}" for name in names)
        return tuple(done), tuple(gone)

    def _announcement(self, now_ns: int) -> str:
        removal = self._removal
        return announcement(
            removal.id,
            removal.start_ms * 1_000_000,
            removal.end_ms * 1_000_000,
            X_RETRAIT=date_time(now_ns),
        )

    def _touched(self, rendition: str) -> list[Entry]:
        return [
            entry
            for entry in self._entries[rendition]
            if not entry.hole
            and reaches(self._removal, entry.start_ns, entry.end_ns)
            # Already cleaned: the work of a run that was killed.
            and not entry.name.endswith(f"-{self._removal.id}.m4s")
        ]

    def _move_away(self, rendition: str, name: str) -> None:
        path, kept = self._folder / rendition / name, self._store / rendition / name
        if not path.exists():
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(name + TOMBSTONE).touch()
        path.replace(kept)

    def _write_clean(self, rendition: str, entry: Entry) -> bool:
        """False when nothing of the segment could be read, and it was made a hole."""
        old = self._read(rendition, entry)
        cleaner = Cleaner(head((self._folder / rendition / entry.initialisation).read_bytes()), self._slates)
        start = old.pictures.start if old.pictures.samples else old.sounds.start
        before, after = self._neighbours(rendition, entry)
        runs = cleaner.clean(
            old.pictures, old.sounds, (passage(self._removal, start, entry.start_ns),), before, after
        )
        path = self._folder / rendition / clean_name(entry.name, self._removal)
        # A run that was killed may have left a part of it.
        path.unlink(missing_ok=True)
        disk.create(path, fragment(old.number, runs))
        return True

    def _neighbours(self, rendition: str, entry: Entry) -> tuple[Sequence[Sample], Sequence[Sample]]:
        """Sound before and after a segment, as far as it follows without a break."""
        around = self._entries[rendition]
        place = around.index(entry)
        before = self._sound_of(rendition, around[place - 1], entry) if place else ()
        after = self._sound_of(rendition, around[place + 1], entry) if place + 1 < len(around) else ()
        return before[-CONTEXT:], after[:CONTEXT]

    def _sound_of(self, rendition: str, entry: Entry, beside: Entry) -> Sequence[Sample]:
        if entry.hole or entry.run != beside.run:
            return ()
        try:
            return self._read(rendition, entry).sounds.samples
        except (OSError, BadFile):
            return ()

    def _read(self, rendition: str, entry: Entry) -> Fragment:
        kept = self._store / rendition / entry.name
        path = kept if kept.exists() else self._folder / rendition / entry.name
        return fragment_of(path.read_bytes())

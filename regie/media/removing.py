"""Carries out removals in the files of a séance, and remembers them: what was asked is on the disk before anything is touched.

``<séance>/retraits/<id>.json`` tells each removal, done or not; beside it the folder ``<id>`` holds, while the work lasts, what was
moved away. A removal that was interrupted is finished by whoever opens the séance next, and hides until then.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from regie.clock import Clock
from regie.domain.removal import Cleaned, Removal
from regie.errors import RegieError
from regie.media import disk
from regie.media.matching import MatchingSlates
from regie.media.removed import EXPORT, STORE, owe, owed, pending, save
from regie.media.removing_hls import DiskShelf, HlsRemoval, Shelf
from regie.media.removing_recording import RecordingRemoval
from regie.media.tracks import silence

log = logging.getLogger(__name__)

HLS, RECORDINGS = "hls", "enregistrement"

Purge = Callable[[str, Sequence[str]], Sequence[str]]
"""Tells caches that files are gone, given the séance and their paths; those of which they could not be told."""


class Remover:
    """Removals in one séance's directory, one at a time."""

    def __init__(self, directory: Path, slates: MatchingSlates, clock: Clock, purge: Purge) -> None:
        self._directory = directory
        self._slates = slates
        self._clock = clock
        self._purge = purge
        self._working = threading.Lock()

    def intend(self, removal: Removal) -> None:
        """Put it on the disk; from then on it will be done, whatever happens. Raises OSError."""
        save(self._directory, removal)

    def run(
        self,
        removal: Removal,
        shelf: Shelf | None = None,
        whole: Callable[[], tuple[Path, int] | None] = lambda: None,
    ) -> Removal:
        """Do it, from wherever it stands; the removal as it is then kept.

        ``shelf``: the playlists of a running output; those on the disk without it. ``whole``: the recording that is being written.
        Raises OSError, RegieError; what was hidden stays hidden, and the removal stays to be done.
        """
        with self._working:
            return self._run(removal, shelf, whole)

    def _run(
        self, removal: Removal, shelf: Shelf | None, whole: Callable[[], tuple[Path, int] | None]
    ) -> Removal:
        store = self._directory / STORE / removal.id
        hls = HlsRemoval(
            self._directory / HLS,
            store / HLS,
            removal,
            shelf or DiskShelf(self._directory / HLS),
            self._slates,
        )
        hls.hide()
        self._forget_exports()
        if removal.hidden_ms is None:
            removal = msgspec.structs.replace(removal, hidden_ms=self._now_ms())
        cleaned, gone = hls.clean(self._clock.utc_ns())
        untold = self._purge(self._directory.name, gone) if gone else ()
        if untold:
            log.error("caches could not be told of segments that are gone", extra={"segments": len(untold)})
            owe(self._directory, removal.id, (*owed(self._directory, removal.id), *untold))
        recordings = self._recordings(removal, store / RECORDINGS, whole())
        silence(self._directory / RECORDINGS, removal)
        self._forget_exports()
        removal = msgspec.structs.replace(
            removal, done_ms=self._now_ms(), cleaned=(*removal.cleaned, *cleaned, *recordings)
        )
        save(self._directory, removal)
        shutil.rmtree(store, ignore_errors=True)
        log.info("a passage was taken out", extra={"removal": removal.id, "pieces": _pieces(removal)})
        return removal

    def finish_pending(self) -> None:
        """Do what an interrupted run left. One that fails is logged: what it hid stays hidden.

        Does not wait for another thread of this run that is at work: it will finish what it began.
        """
        if not self._working.acquire(blocking=False):
            return
        try:
            for removal in pending(self._directory):
                try:
                    self._run(removal, None, lambda: None)
                except (OSError, RegieError) as error:
                    log.error(
                        "a removal cannot be finished", extra={"removal": removal.id, "reason": reason(error)}
                    )
        finally:
            self._working.release()

    def _forget_exports(self) -> None:
        """What was made ready to be given out, or is being made, holds the passage: it is made again from what is clean."""
        shutil.rmtree(self._directory / EXPORT, ignore_errors=True)

    def _recordings(
        self, removal: Removal, store: Path, written: tuple[Path, int] | None
    ) -> tuple[Cleaned, ...]:
        done = []
        for path in sorted((self._directory / RECORDINGS).glob("*.mp4")):
            size = written[1] if written is not None and written[0] == path else None
            cleaned = RecordingRemoval(path, store, removal, self._slates).run(size)
            if cleaned is not None:
                done.append(cleaned)
        return tuple(done)

    def _now_ms(self) -> int:
        return self._clock.utc_ns() // 1_000_000


def reason(error: OSError | RegieError) -> str:
    """Stable code of why a removal stopped."""
    return error.stable_code if isinstance(error, RegieError) else disk.reason(error)


def _pieces(removal: Removal) -> int:
    return sum(one.pieces for one in removal.cleaned)

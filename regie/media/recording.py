"""The recording: one fragmented MP4, a fragment a second, readable to its last whole fragment whatever happens.

One thread (``recording``) behind a bounded ring. A full disk never stops it for good: each fragment is tried, none is written by
halves, and it goes on as soon as there is room.
"""

import logging
import os
import threading
from array import array
from pathlib import Path

from regie.board import RecordingStatus
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.errors import RegieError
from regie.media import disk
from regie.media.boxes import PICTURES, Run, fragment, initialisation, instant, random_access
from regie.media.cleaning import PieceCleaner, Veil
from regie.media.fragments import Cutter, Piece, tracks
from regie.media.frames import Cleared, EncodedPicture, EncodedSound, Live, TierFormat
from regie.media.h264 import ParameterSets, parameter_sets
from regie.media.handoff import Ring
from regie.media.verification import patch_duration, verify

log = logging.getLogger(__name__)

RING = 2048
"""About 28 s at 25 pictures a second."""
SYNC_EVERY = 5
"""Fragments between two waits for the disk: a power cut costs at most that many seconds, plus the one being made."""
_POLL_S = 0.5
_CLOSE_S = 5.0


class _File:
    """The file being written, and where its fragments start."""

    def __init__(self, path: Path, head: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.size = 0
        self.end = 0
        self.fragments = 0
        self._points = array("Q")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            self._append(head)
        except OSError:
            os.close(self._descriptor)
            path.unlink(missing_ok=True)
            raise

    def _append(self, data: bytes) -> None:
        try:
            disk.write_all(self._descriptor, data, self.size)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def add(self, piece: Piece, runs: tuple[Run, Run], origin: int, epoch: Epoch) -> None:
        """Write one fragment, dated, whole or not at all (OSError)."""
        start = piece.start - origin
        date = instant(PICTURES, epoch.utc_ns_of(piece.start), start)
        offset = self.size + len(date)
        self._append(date + fragment(self.fragments + 1, runs))
        self._points.extend((start, offset))
        self.end = piece.end - origin
        self.fragments += 1
        if self.fragments % SYNC_EVERY == 0:
            os.fdatasync(self._descriptor)

    def finish(self) -> None:
        """Write the index and the duration, wait for the disk. The file stays readable if this fails (OSError)."""
        points = zip(self._points[::2], self._points[1::2], strict=True)
        try:
            self._append(random_access(PICTURES, points))
            patch_duration(self._descriptor, self.end)
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)


class Recorder:
    """Records one rendition with its ``main`` sound into ``path``; takes public packets, or live ones for a sealed master.

    Should the parameter sets change in mid-run, it goes on in a second file beside the first (``-2`` and so on). ``epoch`` dates
    the fragments; ``veil`` is what was taken out and must not come back.
    """

    def __init__(
        self, path: Path, tier: TierFormat, epoch: Epoch, veil: Veil | None = None, *, ring: int = RING
    ) -> None:
        self.path = path
        self._tier = tier
        self._epoch = epoch
        self._clean = PieceCleaner(tier, veil)
        # Held while a fragment is written: whoever takes a passage out finds it written, or not yet cleaned.
        self._writing = threading.Lock()
        self._ring: Ring[EncodedPicture | EncodedSound] = Ring(ring, _may_resume)
        self._files = 0
        self._file: _File | None = None
        self._sets: ParameterSets | None = None
        self._cutter: Cutter | None = None
        self._origin = 0
        self._reason = ""
        self._seconds = 0.0
        self._bytes = 0
        self._unwritten = 0
        self._verified: bool | None = None
        self._verify = False
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)

    def start(self) -> None:
        """Begin recording, in its own thread, at the next keyframe."""
        self._thread.start()

    def picture(self, packet: Cleared[EncodedPicture] | Live[EncodedPicture]) -> None:
        """Queue one picture, if it is of this rendition; never waits."""
        if packet.value.tier == self._tier.tier:
            self._ring.put(packet.value)

    def sound(self, packet: Cleared[EncodedSound] | Live[EncodedSound]) -> None:
        """Queue one sound unit; never waits."""
        if packet.value.tier == "main":
            self._ring.put(packet.value)

    def close(self, *, verify_it: bool = True, timeout: float = _CLOSE_S) -> bool:
        """Write what is queued and finish the file; False when the disk did not follow within ``timeout`` seconds.

        With ``verify_it`` the file is then re-read in the same thread; ``status().verified`` tells the result once it is known.
        """
        self._verify = verify_it
        self._ring.close()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Its thread died: make a new one with another path."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._ring.closed

    def whole(self) -> tuple[Path, int] | None:
        """The file being written and how many bytes of it are whole fragments; None before the first. From any thread."""
        with self._writing:
            return None if self._file is None else (self._file.path, self._file.size)

    def status(self) -> RecordingStatus:
        """For the board."""
        file = self._file
        return RecordingStatus(
            on=not self._ring.closed,
            file=(file.path if file else self.path).name,
            seconds=self._seconds,
            bytes=self._bytes,
            dropped=self._ring.dropped + self._unwritten,
            verified=self._verified,
            reason=self._reason,
        )

    def _run(self) -> None:
        dropped = 0
        while (item := self._ring.get(_POLL_S)) is not None or not self._ring.closed:
            if item is None:
                continue
            if dropped != self._ring.dropped:
                dropped = self._ring.dropped
                log.warning("recording: %d packets dropped so far, the disk is too slow", dropped)
                self._write(self._cutter.lost() if self._cutter else None)
            self._take(item)
        self._write(self._cutter.lost() if self._cutter else None)
        if self._file is not None:
            self._finish(self._file)

    def _take(self, item: EncodedPicture | EncodedSound) -> None:
        if isinstance(item, EncodedSound):
            self._write(self._cutter.sound(item) if self._cutter else None)
            return
        if self._cutter is None:
            if not item.key:
                return
            self._origin = item.at
            self._cutter = Cutter(SAMPLE_RATE, item.at)
        self._write(self._cutter.picture(item))

    def _write(self, piece: Piece | None) -> None:
        if piece is None or piece.end <= piece.start:
            return
        try:
            with self._writing:
                file = self._file_for(piece)
                file.add(piece, self._clean.runs(piece, self._sets, self._origin), self._origin, self._epoch)
        except (OSError, RegieError) as error:
            self._unwritten += len(piece.pictures) + len(piece.sounds)
            self._fail(disk.reason(error) if isinstance(error, OSError) else error.stable_code)
            return
        if self._reason:
            log.info("recording: writing again")
            self._reason = ""
        self._seconds += (piece.end - piece.start) / SAMPLE_RATE
        self._bytes = self._file.size if self._file else 0

    def _file_for(self, piece: Piece) -> _File:
        sets = parameter_sets(piece.pictures[0].data)
        if self._file is not None and sets == self._sets:
            return self._file
        if self._file is not None:
            before, self._file = self._file, None
            self._origin = piece.start
            before.finish()
        suffix = f"-{self._files + 1}" if self._files else ""
        self._file = _File(
            self.path.with_stem(self.path.stem + suffix), initialisation(tracks(self._tier, sets))
        )
        self._files += 1
        self._sets = sets
        return self._file

    def _finish(self, file: _File) -> None:
        try:
            file.finish()
        except OSError as error:
            self._fail(disk.reason(error))
        self._bytes = file.size
        if self._verify:
            result = verify(file.path)
            if not result.ok:
                log.error("recording: the file does not verify: %s", ", ".join(result.problems))
            self._verified = result.ok

    def _fail(self, reason: str) -> None:
        if reason != self._reason:
            log.error("recording: a fragment could not be written: %s", reason)
        self._reason = reason


def _may_resume(item: EncodedPicture | EncodedSound) -> bool:
    return isinstance(item, EncodedPicture) and item.key

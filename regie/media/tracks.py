"""Each microphone on a track of its own: mono WAV files that begin together, in ``<séance>/enregistrement/pistes-<start>-<run>/``.

What is written was cleared by the delay line: where the public hears silence or a tone, the tracks are silent, and a closed
microphone is silence too. The files are on the public timeline, sparse where nobody speaks, and readable to their last five seconds
whatever happens; a passage taken out afterwards is overwritten in place (:func:`silence`).
"""

import logging
import os
import struct
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from regie.domain.masks import MaskKind
from regie.domain.removal import Removal
from regie.domain.timeline import SAMPLE_RATE, Epoch, Span
from regie.media import disk
from regie.media.cleaning import passage
from regie.media.frames import Cleared, SoundBlock
from regie.media.handoff import Ring

log = logging.getLogger(__name__)

PREFIX = "pistes-"
INFO = "pistes.json"
MIX_TRACKS = ("MELANGE-gauche", "MELANGE-droite")
"""The desk's mix « Pistes », beside the microphones: no id of a microphone has capitals."""
HEADER = 44
RING = 256
"""Ten seconds of ticks."""
SYNC_EVERY = 5 * SAMPLE_RATE
_CLOSE_S = 2.0
_CHUNK = 1 << 20


class TracksInfo(msgspec.Struct, frozen=True):
    """When the first sample of every track was, UTC."""

    utc_ns: int


class TrackRecorder:
    """One folder of tracks, in its own thread (``pistes``) behind a bounded ring. ``epoch``: that of the public timeline."""

    def __init__(self, folder: Path, names: Sequence[str], epoch: Epoch) -> None:
        """``names``: those of the files, as the rows of the blocks."""
        self._folder = folder
        self._names = tuple(names)
        self._epoch = epoch
        self._ring: Ring[SoundBlock] = Ring(RING)
        self._descriptors: list[int] = []
        self._origin: int | None = None
        self._end = self._synced = 0
        self._hidden: tuple[Span, ...] = ()
        self._writing = threading.Lock()
        self._told = ""
        self._thread = threading.Thread(target=self._run, name="pistes", daemon=True)

    def start(self) -> None:
        """Begin with the first block that comes."""
        self._thread.start()

    def put(self, block: Cleared[SoundBlock]) -> None:
        """The microphones at an instant of the public timeline (microphones, n); never waits."""
        self._ring.put(block.value)

    def hide(self, removal: Removal) -> None:
        """From now on nothing of this passage is written; what was written is for :func:`silence`."""
        if removal.hides is not MaskKind.PICTURE:
            with self._writing:
                self._hidden = (*self._hidden, passage(removal, 0, self._epoch.utc_ns).span)

    def close(self) -> None:
        """Write what is queued and finish the files. Waits for the disk, two seconds at most."""
        self._ring.close()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while (block := self._ring.get(0.5)) is not None or not self._ring.closed:
            if block is None:
                continue
            try:
                with self._writing:
                    self._write(block)
            except OSError as error:
                self._tell(disk.reason(error))
            else:
                self._tell("")
        try:
            self._sync()
        except OSError as error:
            self._tell(disk.reason(error))
        for descriptor in self._descriptors:
            os.close(descriptor)

    def _write(self, block: SoundBlock) -> None:
        if self._origin is None:
            self._open(block.at)
            self._origin = block.at
        pcm = _pcm(block, self._hidden)
        place = HEADER + 2 * (block.at - self._origin)
        for descriptor, line in zip(self._descriptors, pcm, strict=True):
            # What is never written of a file reads as zeros and takes no room.
            if line.any():
                disk.write_all(descriptor, line.tobytes(), place)
        self._end = block.at - self._origin + pcm.shape[1]
        if self._end - self._synced >= SYNC_EVERY:
            self._sync()

    def _open(self, at: int) -> None:
        self._folder.mkdir(parents=True)
        disk.create(self._folder / INFO, msgspec.json.encode(TracksInfo(self._epoch.utc_ns_of(at))))
        for name in self._names:
            path = self._folder / f"{name}.wav"
            self._descriptors.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640))

    def _sync(self) -> None:
        for descriptor in self._descriptors:
            os.ftruncate(descriptor, HEADER + 2 * self._end)
            disk.write_all(descriptor, _header(self._end), 0)
            os.fdatasync(descriptor)
        self._synced = self._end

    def _tell(self, reason: str) -> None:
        if reason and reason != self._told:
            log.error("tracks cannot be written: %s", reason)
        self._told = reason


def _pcm(block: SoundBlock, hidden: Sequence[Span]) -> NDArray[np.int16]:
    pcm = np.round(np.clip(block.samples, -1.0, 1.0) * 32767).astype("<i2")
    for span in hidden:
        first, last = (
            int(span.start) - block.at,
            pcm.shape[1] if span.end is None else int(span.end) - block.at,
        )
        pcm[:, max(0, first) : max(0, last)] = 0
    return pcm


def _header(samples: int) -> bytes:
    size = 2 * samples
    form = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", HEADER - 8 + size, b"WAVE", b"fmt ", len(form))
        + form
        + struct.pack("<4sI", b"data", size)
    )


def silence(recordings: Path, removal: Removal) -> int:
    """Overwrite with silence a passage of every track under a folder; how many files that touched. Raises OSError."""
    touched = 0
    if removal.hides is MaskKind.PICTURE:
        return touched
    for info in sorted(recordings.glob(f"{PREFIX}*/{INFO}")):
        utc_ns = msgspec.json.decode(info.read_bytes(), type=TracksInfo).utc_ns
        span = passage(removal, 0, utc_ns).span
        for path in sorted(info.parent.glob("*.wav")):
            touched += _silence_file(path, max(0, int(span.start)), int(span.end or 0))
    return touched


def _silence_file(path: Path, start: int, end: int) -> bool:
    descriptor = os.open(path, os.O_RDWR)
    try:
        at, stop = HEADER + 2 * start, min(HEADER + 2 * end, os.fstat(descriptor).st_size)
        if at >= stop:
            return False
        while at < stop:
            count = min(_CHUNK, stop - at)
            disk.write_all(descriptor, bytes(count), at)
            at += count
        os.fdatasync(descriptor)
        return True
    finally:
        os.close(descriptor)

"""The sealed original: the programme before any delay or mask, encrypted while it is written, for who has the town's private key.

The format is age (age-encryption.org/v1: X25519, ChaCha20-Poly1305 by authenticated pieces of 64 KiB), made by pyrage, the Python
binding of rage. It was chosen over ``cryptography`` and PyNaCl, whose primitives would have asked for a container of our own: any
``age`` program opens it, in ten years and without the régie. Nothing readable touches the disk; a crash loses the piece that was
not full (0.2 s at 2.5 Mb/s) and the second that was being made, and what is before it stays readable.

Only what the public was meant to have is in it: the programme while the antenna is given. Huis clos, suspensions and what comes
before the opening are left out.
"""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pyrage

from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.errors import RegieError
from regie.media import disk
from regie.media.boxes import PICTURES, fragment, initialisation, instant
from regie.media.fragments import Cutter, Piece, tracks
from regie.media.frames import EncodedPicture, EncodedSound, Live, SoundBlock, TierFormat
from regie.media.h264 import ParameterSets, parameter_sets
from regie.media.handoff import Ring
from regie.media.sound_encoder import AacEncoder

log = logging.getLogger(__name__)

FOLDER, SUFFIX = "original", ".mp4.age"
RING = 2048
_POLL_S = 0.5
_CLOSE_S = 5.0


class BadKey(RegieError):
    """The file of the town's public key cannot be read, or holds no age key."""

    code = "cle_publique_illisible"


def recipients(path: Path) -> list[pyrage.x25519.Recipient]:
    """The public keys of a file, one ``age1…`` a line, ``#`` comments. Raises BadKey."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        found = [
            pyrage.x25519.Recipient.from_str(line) for line in lines if line and not line.startswith("#")
        ]
    except (OSError, UnicodeDecodeError, pyrage.RecipientError) as error:
        raise BadKey("the public key cannot be read", file=path.name) from error
    if not found:
        raise BadKey("a file without a public key", file=path.name)
    return found


class _Break:
    """What follows does not follow: the antenna was taken away in between."""


class _Sink:
    """Where the encrypted bytes go; on the disk at each piece."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._size = 0

    def write(self, data: bytes) -> int:
        disk.write_all(self._descriptor, data, self._size)
        self._size += len(data)
        os.fdatasync(self._descriptor)
        return len(data)

    def flush(self) -> None:
        """Each write is on the disk already."""

    def close(self) -> None:
        os.close(self._descriptor)


class SealedOriginal:
    """Seals one rendition and its sound into ``path``. Two threads; whoever gives packets never waits.

    What is given while it is not :meth:`accepting` is not even kept. Raises BadKey at its making.
    """

    def __init__(self, path: Path, key: Path, tier: TierFormat, bitrate: int, epoch: Epoch) -> None:
        """``epoch``: that of the programme's own timeline. ``bitrate``: of its sound."""
        self._path = path
        self._keys = recipients(key)
        self._tier = tier
        self._epoch = epoch
        self._bitrate = bitrate
        self._ring: Ring[EncodedPicture | SoundBlock | _Break] = Ring(RING, _may_resume)
        self._accepting = False
        self._begun = threading.Event()
        self.reason = ""
        self._thread = threading.Thread(target=self._run, name="original", daemon=True)

    def start(self) -> None:
        """Begin; nothing is sealed before :meth:`accept`."""
        self._thread.start()

    def accept(self, on: bool) -> None:
        """Is what comes meant for the public? From any thread."""
        if self._accepting and not on:
            self._ring.put(_Break())
        self._accepting = on
        if on:
            self._begun.set()

    def picture(self, packet: Live[EncodedPicture]) -> None:
        """One picture, if it is of its rendition."""
        if self._accepting and packet.value.tier == self._tier.tier:
            self._ring.put(packet.value)

    def sound(self, block: SoundBlock) -> None:
        """One block of the programme's sound."""
        if self._accepting:
            self._ring.put(block)

    @property
    def dropped(self) -> int:
        """Packets that the disk was too slow for."""
        return self._ring.dropped

    def close(self) -> None:
        """Seal what is queued and end the file."""
        self._accepting = False
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        # No file before there is something to seal.
        while not self._begun.wait(_POLL_S):
            if self._ring.closed:
                return
        try:
            self._seal()
        except (OSError, RegieError, pyrage.EncryptError) as error:
            self.reason = disk.reason(error) if isinstance(error, OSError) else "original_arrete"
            log.error("the sealed original stops", extra={"reason": self.reason})

    def _seal(self) -> None:
        sink = _Sink(self._path)
        reading, writing = os.pipe()
        failed: list[Exception] = []

        def encrypt() -> None:
            try:
                with os.fdopen(reading, "rb", buffering=0) as source:
                    pyrage.encrypt_io(source, sink, self._keys)
            except (OSError, pyrage.EncryptError) as error:
                failed.append(error)

        sealing = threading.Thread(target=encrypt, name="original-age", daemon=True)
        sealing.start()
        try:
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                _Muxer(self._tier, self._bitrate, self._epoch, lambda data: pipe.write(data) or 0).run(
                    self._ring
                )
        finally:
            sealing.join(_CLOSE_S)
            sink.close()
        if failed:
            raise failed[0]


class _Muxer:
    """From packets to fragments of a second, each written whole."""

    def __init__(
        self, tier: TierFormat, bitrate: int, epoch: Epoch, write: Callable[[memoryview], int]
    ) -> None:
        self._tier = tier
        self._epoch = epoch
        self._write_bytes = write
        self._bitrate = bitrate
        self._aac: AacEncoder | None = None
        self._cutter: Cutter | None = None
        self._origin = self._number = 0
        self._sets: ParameterSets | None = None

    def run(self, ring: Ring[EncodedPicture | SoundBlock | _Break]) -> None:
        dropped = 0
        while not ring.closed or len(ring):
            item = ring.get(_POLL_S)
            if ring.dropped != dropped:
                dropped = ring.dropped
                self._break()
            if item is None:
                continue
            if isinstance(item, _Break):
                self._break()
            elif isinstance(item, SoundBlock):
                self._sound(item)
            else:
                self._picture(item)
        self._break()

    def _picture(self, picture: EncodedPicture) -> None:
        if self._cutter is None:
            if not picture.key:
                return
            self._origin = self._origin or picture.at
            self._cutter = Cutter(SAMPLE_RATE, picture.at)
        self._write(self._cutter.picture(picture))

    def _sound(self, block: SoundBlock) -> None:
        if self._cutter is None:
            return
        if self._aac is None:
            self._aac = AacEncoder(self._bitrate, start=block.at)
        for unit in self._aac.encode(block.samples):
            self._write(self._unit(unit))

    def _unit(self, unit: EncodedSound) -> Piece | None:
        return self._cutter.sound(unit) if self._cutter is not None else None

    def _break(self) -> None:
        """The antenna was taken away, or packets are missing: what comes next begins again at a keyframe."""
        if self._cutter is not None:
            self._write(self._cutter.lost())
        if self._aac is not None:
            self._aac.close()
        self._cutter = self._aac = None

    def _write(self, piece: Piece | None) -> None:
        if piece is None or piece.end <= piece.start:
            return
        sets = parameter_sets(piece.pictures[0].data)
        data = b"" if sets == self._sets else initialisation(tracks(self._tier, sets))
        self._sets = sets
        self._number += 1
        date = instant(PICTURES, self._epoch.utc_ns_of(piece.start), piece.start - self._origin)
        self._put(data + date + fragment(self._number, piece.runs(self._origin)))

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._write_bytes(view) :]


def _may_resume(item: EncodedPicture | SoundBlock | _Break) -> bool:
    return isinstance(item, EncodedPicture) and item.key

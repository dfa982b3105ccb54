"""The town's own WebTV: fMP4 segments and playlists on disk, that any HTTP server can send.

One thread (``hls``) behind one bounded ring writes every rendition, so that all are cut at the same instants and lose the same
packets if the disk is too slow. File names are never used twice; a playlist names a segment only once it is on the disk.
"""

import errno
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from regie.board import WebTvStatus
from regie.domain.timeline import SAMPLE_RATE, Epoch, to_ms
from regie.errors import RegieError
from regie.media import disk
from regie.media.boxes import fragment, initialisation
from regie.media.cleaning import PieceCleaner, Veil
from regie.media.fragments import Cutter, Piece, sound_bitrate, tracks
from regie.media.frames import Cleared, EncodedPicture, EncodedSound, TierFormat
from regie.media.h264 import ParameterSets, parameter_sets
from regie.media.handoff import Ring
from regie.media.playlist import AAC_LC, MediaPlaylist, Segment, Variant, master, resume

log = logging.getLogger(__name__)

TOMBSTONE = ".retire"
"""After the name of a segment: it was here, and is gone for good."""
RING = 2560
"""About 15 s of three renditions and two sounds at 25 pictures a second: what a slow disk may cost before a hole."""
INDEX, MASTER = "index.m3u8", "master.m3u8"
_CLOSE_S = 5.0
_PREPARED_S = 30.0
_POLL_S = 0.5
_PATIENCE = 2
"""Segments of the best rendition after which the others are no longer waited for."""
_CONTAINER_PERCENT = 102
_PEAK_PERCENT = 150
"""Two seconds of a stream limited by a one-second buffer hold at most three seconds' worth of bits."""


class _Rendition:
    """Segments and playlist of one rendition, written from the ``hls`` thread."""

    def __init__(
        self, directory: Path, tier: TierFormat, segment_s: int, epoch: Epoch, veil: Veil | None
    ) -> None:
        self.tier = tier
        self._clean = PieceCleaner(tier, veil)
        self._directory = directory
        self._epoch = epoch
        self._segment_s = segment_s
        # Cuts wait for a keyframe, at most one GOP of a second: no segment reaches the target and a half.
        self.playlist = MediaPlaylist(segment_s + 1)
        self._cutter: Cutter | None = None
        self._origin = self._base = 0
        self._sets: ParameterSets | None = None
        self._number = 0
        self.end = 0
        self.listed = 0
        self.published = self.ended = False
        self._bytes = 0
        self._measured_peak = 0

    def prepare(self) -> None:
        """Make the directory and take up what a previous run listed. Raises OSError."""
        self._directory.mkdir(parents=True, exist_ok=True)
        index = self._directory / INDEX
        if index.exists():
            files = frozenset(f.name for f in self._directory.glob("*.m4s") if f.stat().st_size)
            # A passage is being taken out of these: their names stay until the clean ones replace them.
            files |= {f.name.removesuffix(TOMBSTONE) for f in self._directory.glob(f"*{TOMBSTONE}")}
            self.published = bool(
                resume(index.read_text(encoding="utf-8", errors="replace"), self.playlist, files)
            )

    def begin(self, origin: int, base: int) -> None:
        """The run's first keyframe is at ``origin``; the time of its files goes on from ``base``."""
        self._origin = self.end = origin
        self._base = base
        self._cutter = Cutter(self._segment_s * SAMPLE_RATE, origin, pictures=self.tier.video is not None)

    def take(self, item: EncodedPicture | EncodedSound) -> bool:
        """Add a packet; True when a segment is finished. Raises OSError when it could not be written."""
        if self._cutter is None:
            return False
        if isinstance(item, EncodedPicture):
            mine = item.tier == self.tier.tier
            return mine and self._write(self._cutter.picture(item))
        mine = item.tier == self.tier.heard
        return mine and self._write(self._cutter.sound(item))

    def lost(self) -> bool:
        """Packets are missing from here on. Raises OSError."""
        return self._cutter is not None and self._write(self._cutter.lost())

    def _write(self, piece: Piece | None) -> bool:
        if piece is None or piece.end <= piece.start:
            return False
        sets = parameter_sets(piece.pictures[0].data) if piece.pictures else None
        if not self.listed or sets != self._sets:
            self._begin_run(sets, piece)
        runs = self._clean.runs(piece, sets, self._origin - self._base)
        name = f"{self._unique(f'{self._number:06d}')}.m4s"
        self._number += 1
        data = fragment(self._number, runs)
        disk.create(self._directory / name, data)
        self._fill_hole(piece.start)
        self.playlist.add(Segment(name, piece.end - piece.start))
        self.end = piece.end
        self.listed += 1
        self._bytes += len(data)
        self._measured_peak = max(
            self._measured_peak, len(data) * 8 * SAMPLE_RATE // (piece.end - piece.start)
        )
        return True

    def _begin_run(self, sets: ParameterSets | None, piece: Piece) -> None:
        name = f"{self._unique('init')}.mp4"
        disk.create(self._directory / name, initialisation(tracks(self.tier, sets)))
        self.playlist.begin_run(name, self._epoch.utc_ns_of(piece.start))
        if not self.listed:
            self.end = piece.start
        self._sets = sets

    def _fill_hole(self, start: int) -> None:
        longest = self.playlist.target_s * SAMPLE_RATE
        while self.end < start:
            samples = min(longest, start - self.end)
            self.playlist.add(Segment(f"{self._unique('trou')}.m4s", samples, hole=True))
            self.end += samples

    def _unique(self, what: str) -> str:
        return f"{self._epoch.run}-{what}-{secrets.token_hex(3)}"

    def publish(self, *, ended: bool = False) -> None:
        """Make what is finished visible. Raises OSError."""
        disk.replace(self._directory / INDEX, self.playlist.text(ended=ended))
        self.published, self.ended = True, ended

    def variant(self, *, measured: bool) -> Variant:
        """Its line in the master playlist: declared rates while live, what was measured at the end."""
        tier = self.tier
        sound = sound_bitrate(tier)
        declared = sound if tier.video is None else tier.bitrate * _PEAK_PERCENT // 100 + sound
        peak = max(declared * _CONTAINER_PERCENT // 100, self._measured_peak)
        average = (sound if tier.video is None else tier.bitrate + sound) * _CONTAINER_PERCENT // 100
        length = self.end - self._origin
        if measured and length:
            peak, average = self._measured_peak, self._bytes * 8 * SAMPLE_RATE // length
        uri = f"{tier.tier}/{INDEX}"
        if self._sets is None:
            return Variant(uri, AAC_LC, peak, average)
        return Variant(uri, f"{self._sets.codec},{AAC_LC}", peak, average, tier.width, tier.height, tier.fps)


class HlsOutput:
    """Public reader that writes every rendition under ``directory``; takes up an existing directory after a crash.

    ``tiers``: rendition name to format, best first; the first one carries pictures. ``close(ended=True)`` ends the playlists for
    good, ``ended=False`` leaves them growing for the next run. ``veil``: what was taken out and must not come back. ``first`` is
    called in the thread before anything is read: it mends what a dead run left.
    """

    def __init__(
        self,
        directory: Path,
        tiers: Mapping[str, TierFormat],
        segment_s: int,
        epoch: Epoch,
        veil: Veil | None = None,
        *,
        first: Callable[[], None] = lambda: None,
        ring: int = RING,
    ) -> None:
        self._directory = directory
        self._first = first
        self._renditions = [
            _Rendition(directory / tier.tier, tier, segment_s, epoch, veil) for tier in tiers.values()
        ]
        # Held while a packet is taken in: whoever takes a passage out sees each segment either listed, or not yet cut.
        self._writing = threading.Lock()
        self._prepared = threading.Event()
        self._ring: Ring[EncodedPicture | EncodedSound] = Ring(ring, _may_resume)
        self._ended = False
        self._visible = False
        self._master = ""
        self._reason = ""
        self._thread = threading.Thread(target=self._run, name="hls", daemon=True)

    def start(self) -> None:
        """Begin writing, in its own thread."""
        self._thread.start()

    def picture(self, packet: Cleared[EncodedPicture]) -> None:
        """Queue one picture of any rendition; never waits."""
        self._ring.put(packet.value)

    def sound(self, packet: Cleared[EncodedSound]) -> None:
        """Queue one sound unit; never waits."""
        self._ring.put(packet.value)

    def close(self, *, ended: bool, timeout: float = _CLOSE_S) -> bool:
        """Write what is queued and stop; False when the disk did not follow within ``timeout`` seconds."""
        self._ended = ended
        self._ring.close()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Its thread died: make a new one on the same directory."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._ring.closed

    @property
    def dropped(self) -> int:
        """Packets that the disk was too slow for."""
        return self._ring.dropped

    def texts(self) -> Mapping[str, str]:
        """The playlist of each rendition as it stands, by name, from any thread. Raises OSError when the disk keeps it waiting."""
        if not self._prepared.wait(_PREPARED_S):
            raise OSError(errno.EBUSY, "what the run before listed is still being read")
        with self._writing:
            return {r.tier.tier: r.playlist.text() for r in self._renditions if len(r.playlist)}

    def rewrite(self, rendition: str, names: Mapping[str, str], ranges: Sequence[str]) -> None:
        """Segments under other names, announcements added, published at once. Raises OSError."""
        with self._writing:
            for one in self._renditions:
                if one.tier.tier == rendition:
                    one.playlist.rewrite(names, ranges)
                    if one.published:
                        one.publish(ended=one.ended)

    def status(self, now: int, seance: str = "") -> WebTvStatus:
        """For the board; ``now`` in the packets' time."""
        first = self._renditions[0]
        behind = to_ms(max(0, now - first.end)) if first.listed else 0
        seconds = first.playlist.samples / SAMPLE_RATE
        return WebTvStatus(
            seance=seance,
            segments=len(first.playlist),
            seconds=seconds,
            behind_ms=behind,
            reason=self._reason,
        )

    def _run(self) -> None:
        with self._on_disk():
            self._first()
        with self._writing:
            for rendition in self._renditions:
                with self._on_disk():
                    rendition.prepare()
        self._prepared.set()
        dropped, origin = 0, None
        while (item := self._ring.get(_POLL_S)) is not None or not self._ring.closed:
            if item is None:
                continue
            if dropped != self._ring.dropped:
                dropped = self._ring.dropped
                log.warning("hls: %d packets dropped so far, the disk is too slow", dropped)
                self._lost()
            if origin is None and isinstance(item, EncodedPicture) and item.key:
                origin = item.at
                # One base for all, past what any of them holds: some players want time to grow across a discontinuity.
                base = max(rendition.playlist.samples for rendition in self._renditions)
                for rendition in self._renditions:
                    rendition.begin(origin, base)
            for rendition in self._renditions:
                with self._writing, self._on_disk():
                    if rendition.take(item):
                        self._finished(rendition)
        self._lost()
        with self._writing:
            self._finish()

    def _lost(self) -> None:
        for rendition in self._renditions:
            with self._writing, self._on_disk():
                if rendition.lost():
                    self._finished(rendition)

    def _finished(self, rendition: _Rendition) -> None:
        """A segment is on disk. Nothing of a run is shown before every rendition has some of it: players count runs."""
        self._reason = ""
        if self._visible:
            rendition.publish()
        elif all(r.listed for r in self._renditions) or self._renditions[0].listed >= _PATIENCE:
            self._visible = True
            for each in self._renditions:
                if each.listed:
                    each.publish()
        if self._visible:
            self._write_master(measured=False)

    def _finish(self) -> None:
        for rendition in self._renditions:
            if rendition.listed or (self._ended and len(rendition.playlist)):
                with self._on_disk():
                    rendition.publish(ended=self._ended)
        with self._on_disk():
            self._write_master(measured=self._ended)

    def _write_master(self, *, measured: bool) -> None:
        text = master(r.variant(measured=measured) for r in self._renditions if r.listed)
        if text != self._master and any(r.listed for r in self._renditions):
            disk.replace(self._directory / MASTER, text)
            self._master = text

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._fail(disk.reason(error))
        except RegieError as error:
            # A picture that is none, or a passage that cannot be hidden: a hole, never the thing itself.
            self._fail(error.stable_code)

    def _fail(self, reason: str) -> None:
        if reason != self._reason:
            log.error("hls: a segment could not be written: %s", reason)
        self._reason = reason


def _may_resume(item: EncodedPicture | EncodedSound) -> bool:
    return isinstance(item, EncodedPicture) and item.key

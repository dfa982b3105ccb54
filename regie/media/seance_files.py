"""What a séance leaves on disk while it goes on: the WebTV's files and the recordings, in its directory."""

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from regie.board import RecordingStatus, RemovalStatus, WebTvStatus
from regie.clock import Clock
from regie.domain.removal import Removal
from regie.domain.timeline import Epoch
from regie.errors import RegieError
from regie.media import disk
from regie.media.cleaning import Veil
from regie.media.fanout import Fanout
from regie.media.frames import Cleared, SoundBlock, TierFormat
from regie.media.hls import HlsOutput
from regie.media.matching import MatchingSlates
from regie.media.recording import Recorder
from regie.media.removed import sketch
from regie.media.removing import HLS, RECORDINGS, Purge, Remover, reason
from regie.media.removing_hls import announcement
from regie.media.restarts import RestartBudget
from regie.media.sealed import SealedOriginal
from regie.media.tracks import PREFIX, TrackRecorder
from regie.media.verification import repair, unfinished

log = logging.getLogger(__name__)

_REPLACEMENTS = 5
_CLOSE_S = 2.0
SKETCH_S = 0.05
"""What a disk that is well takes a hundredth of."""


class SeanceFiles:
    """The outputs on disk of one séance; a part that died is replaced by a new one, within a budget.

    Closing waits for the disk: call the closing methods from a thread that may wait.
    """

    def __init__(
        self,
        seance: str,
        directory: Path,
        tiers: Mapping[str, TierFormat],
        segment_s: int,
        epoch: Epoch,
        fanout: Fanout,
        clock: Clock,
        slates: MatchingSlates,
        purge: Purge,
        tracks: Sequence[str] = (),
        sealed: SealedOriginal | None = None,
    ) -> None:
        """``epoch``: that of the public timeline. ``slates`` and ``purge`` are for what is taken out afterwards. ``tracks``: the
        microphones that are also recorded apart. ``sealed``: the original, when the règlement intérieur allows it.
        """
        self.seance = seance
        self.directory = directory
        self._tiers = tiers
        self._segment_s = segment_s
        self._epoch = epoch
        self._fanout = fanout
        self._clock = clock
        self._hls: HlsOutput | None = None
        self._closed = False
        self._recorder: Recorder | None = None
        self._recording = False
        self._ended_recorder: Recorder | None = None
        self._track_names = tuple(tracks)
        self._tracks: TrackRecorder | None = None
        self.sealed = sealed
        self._veil = Veil(epoch, slates)
        self._remover = Remover(directory, slates, clock, purge)
        self._to_remove: deque[tuple[Removal, threading.Thread]] = deque()
        self._removing: threading.Thread | None = None
        self._removal = RemovalStatus()
        self._lock = threading.Lock()
        self._replacements = RestartBudget(_REPLACEMENTS, clock)

    @property
    def epoch(self) -> Epoch:
        """How its files date the public timeline."""
        return self._epoch

    @property
    def recording(self) -> bool:
        """Is it being recorded?"""
        return self._recording

    def open(self, *, recording: bool) -> None:
        """Begin, or take up what a dead run left."""
        left = self._unfinished()
        if left:
            # A long recording takes long to re-read: not while the outputs wait.
            threading.Thread(target=_repair, args=(left,), name="repair", daemon=True).start()
        self._start_hls()
        if self.sealed is not None:
            self.sealed.start()
        if recording:
            self.start_recording()

    def start_recording(self) -> None:
        """Record from the next keyframe on, in a new file. Already recording: nothing changes."""
        if self._recorder is None:
            tier = next(iter(self._tiers.values()))
            self._recorder = Recorder(self._new_path(), tier, self._epoch, self._veil)
            self._recorder.start()
            self._fanout.add("recording", self._recorder)
        if self._track_names and self._tracks is None:
            self._tracks = TrackRecorder(self._new_tracks(), self._track_names, self._epoch)
            self._tracks.start()
        self._recording = True

    def stop_recording(self, *, verify: bool = True) -> None:
        """Finish the file; its verification goes on in its thread. Waits for the disk, two seconds at most."""
        self._recording = False
        tracks, self._tracks = self._tracks, None
        if tracks is not None:
            tracks.close()
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._fanout.remove("recording", recorder)
            self._ended_recorder = recorder
            recorder.close(verify_it=verify, timeout=_CLOSE_S)

    def close(self, *, ended: bool) -> None:
        """Finish everything; ``ended`` closes the playlists for good and verifies the recording. Waits for the disk."""
        hls = self._hls
        self._closed = True
        if self.sealed is not None:
            self.sealed.close()
        if hls is not None:
            # Another séance may have begun meanwhile, under the same name in the fan-out: only this one's leaves.
            self._fanout.remove("hls", hls)
        self.stop_recording(verify=ended)
        if hls is not None and not hls.close(ended=ended, timeout=_CLOSE_S):
            log.error("hls: the disk did not follow, the last segment is lost")

    def end_abandoned(self) -> None:
        """Close the playlists of a séance whose end was asked of a run that died. Waits for the disk."""
        self.open(recording=False)
        self.close(ended=True)

    def apart(self, block: Cleared[SoundBlock]) -> None:
        """The microphones apart, as they leave; from any thread."""
        tracks = self._tracks
        if tracks is not None:
            tracks.put(block)

    def mend(self) -> None:
        """Replace what died."""
        failed = self._fanout.failed
        if (
            self._hls is not None
            and not self._closed
            and (self._hls.failed or "hls" in failed)
            and self._may_replace("hls")
        ):
            self._start_hls()
        if self._recorder is not None and (self._recorder.failed or "recording" in failed):
            if self._may_replace("recording"):
                self._recorder = None
                self.start_recording()

    def remove(self, removal: Removal) -> None:
        """Take a passage out of everything that is on disk, in a thread of its own; what is in the making never shows it.

        Returns at once: ``removal_status`` tells how far it is.
        """
        self._veil.add(removal)
        # Whoever asked is answered once this returns: from then on a kill must not lose it. Its thread makes it durable.
        # A disk that hangs is not waited for: the other keys of confidentiality come by the same way.
        sketching = threading.Thread(target=self._sketch, args=(removal,), name="retrait", daemon=True)
        sketching.start()
        sketching.join(SKETCH_S)
        if (tracks := self._tracks) is not None:
            tracks.hide(removal)
        with self._lock:
            self._to_remove.append((removal, sketching))
            self._removal = RemovalStatus(id=removal.id, waiting=len(self._to_remove))
            if self._removing is None:
                self._removing = threading.Thread(target=self._remove_all, name="retrait", daemon=True)
                self._removing.start()

    def announce(self, mask: str, start: int, end: int) -> bool:
        """Tell players of a passage that was masked before it left (public time); False when it must be tried again.

        Waits for the disk.
        """
        hls = self._hls
        if hls is None:
            return True  # no player to tell
        # The id of a mask comes from a page: it is not for everybody to read, nor to write in a playlist.
        name = hashlib.sha256(mask.encode()).hexdigest()[:12]
        line = announcement(name, self._epoch.utc_ns_of(start), self._epoch.utc_ns_of(end))
        try:
            for rendition in hls.texts():
                hls.rewrite(rendition, {}, (line,))
        except OSError as error:
            log.error("a masked passage could not be announced", extra={"reason": disk.reason(error)})
            return False
        return True

    def removal_status(self) -> RemovalStatus:
        """For the board: the last passage taken out, and whether it is done."""
        return self._removal

    def _sketch(self, removal: Removal) -> None:
        with suppress(OSError):
            sketch(self.directory, removal)

    def _remove_all(self) -> None:
        while True:
            with self._lock:
                if not self._to_remove:
                    self._removing = None
                    return
                removal, sketching = self._to_remove.popleft()
            sketching.join()
            try:
                self._remover.intend(removal)
                hls, recorder = self._hls, self._recorder
                done = self._remover.run(removal, hls, recorder.whole if recorder else lambda: None)
                why, took = "", (done.done_ms or 0) - done.asked_ms
            except (OSError, RegieError) as error:
                why, took = reason(error), 0
                log.error("a passage could not be taken out", extra={"removal": removal.id, "reason": why})
            with self._lock:
                self._removal = RemovalStatus(
                    id=removal.id, waiting=len(self._to_remove), done=not why, ms=took, reason=why
                )

    def webtv(self, now: int) -> WebTvStatus:
        """For the board; ``now`` on the public timeline."""
        if self._hls is None or self._closed:
            return WebTvStatus(seance=self.seance)
        return self._hls.status(now, self.seance)

    def recording_status(self) -> RecordingStatus:
        """For the board: the recording under way, or the last one and what its verification said."""
        recorder = self._recorder or self._ended_recorder
        return RecordingStatus() if recorder is None else recorder.status()

    def _start_hls(self) -> None:
        self._hls = HlsOutput(
            self.directory / HLS,
            self._tiers,
            self._segment_s,
            self._epoch,
            self._veil,
            first=self._remover.finish_pending,
        )
        self._hls.start()
        self._fanout.add("hls", self._hls)

    def _may_replace(self, what: str) -> bool:
        if not self._replacements.spend():
            return False
        log.warning("%s is replaced", what)
        return True

    def _unfinished(self) -> list[Path]:
        try:
            return unfinished(self.directory / RECORDINGS)
        except OSError as error:
            log.error("recordings cannot be listed: %s", disk.reason(error))
            return []

    def _new_tracks(self) -> Path:
        """A folder that no other recording has: the name of the file it goes with."""
        stem = (self._recorder.path if self._recorder else self._new_path()).stem
        return self.directory / RECORDINGS / f"{PREFIX}{stem}"

    def _new_path(self) -> Path:
        started = datetime.fromtimestamp(self._clock.utc_ns() / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
        folder = self.directory / RECORDINGS
        path = folder / f"{started}-{self._epoch.run}.mp4"
        again = 2
        while path.exists():
            path = folder / f"{started}-{self._epoch.run}.{again}.mp4"
            again += 1
        return path


def _repair(paths: list[Path]) -> None:
    for path in paths:
        try:
            found = repair(path)
        except OSError as error:
            log.error("an unfinished recording could not be repaired: %s", disk.reason(error))
        else:
            log.info("an unfinished recording was repaired", extra={"seconds": found.duration_ms // 1000})

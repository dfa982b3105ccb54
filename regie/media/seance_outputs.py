"""Which séance the outputs on disk belong to: opening, the slow end, and what a dead run left open."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from regie.board import MaskStatus, OutputStatus, RecordingStatus, RemovalStatus, WebTvStatus
from regie.domain.removal import Removal, new_id
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.errors import Refusal
from regie.media.airings import AiringLog
from regie.media.frames import Cleared, EncodedPicture, Live, SoundBlock
from regie.media.sealed import BadKey
from regie.media.seance_files import SeanceFiles

log = logging.getLogger(__name__)

END_SLATE_S = 3
"""How long the end slate is shown before the playlists close, so that every player has it."""

_JOIN = SAMPLE_RATE
"""How far into what the delay line hides itself: pictures and sound do not leave at the same sample."""


def gone_part(mask: MaskStatus, epoch: Epoch) -> Removal:
    """The removal of what had left of a mask; ``epoch`` is that of the public timeline as the files date it."""
    end = mask.public_start + mask.gone + _JOIN
    if mask.public_end is not None:
        end = min(end, mask.public_end)
    return Removal(
        id=new_id(),
        start_ms=epoch.utc_ns_of(mask.public_start) // 1_000_000,
        end_ms=-(-epoch.utc_ns_of(max(end, mask.public_start + 1)) // 1_000_000),
        hides=mask.hides,
        silent=mask.silent,
        who=mask.by,
        item=mask.item,
        reason=mask.reason,
        asked_ms=mask.opened_ms,
        mask=mask.id,
    )


MakeFiles = Callable[[str, Path], SeanceFiles]


class SeanceOutputs:
    """The séance of the moment. Lives on the engine's loop; whatever waits for the disk does so in a thread.

    ``drain_s``: how long what is live now takes to leave, the delay that is held.
    """

    def __init__(
        self,
        make: MakeFiles,
        drain_s: Callable[[], float],
        bits_per_second: int,
        end_slate_s: float = END_SLATE_S,
    ) -> None:
        """``bits_per_second``: what all renditions of the WebTV weigh."""
        self._make = make
        self._drain_s = drain_s
        self._end_slate_s = end_slate_s
        self._bits_per_second = bits_per_second
        self._files: SeanceFiles | None = None
        self._closing: asyncio.Task[None] | None = None
        self._closed = False
        self._given = False
        self._airings = AiringLog(Path())
        self._since: int | None = None
        self._announced: set[str] = set()
        self._hurry = asyncio.Event()
        self._stopping: set[asyncio.Task[None]] = set()

    @property
    def bound(self) -> str:
        """The public id of the séance whose files are open, its slow end included; empty when there is none."""
        return self._files.seance if self._files is not None and not self._closed else ""

    @property
    def directory(self) -> str:
        """Its directory."""
        return str(self._files.directory) if self.bound and self._files is not None else ""

    @property
    def bits_per_second(self) -> int:
        """What goes on the disk: the WebTV, and the best rendition once more for the recording."""
        return 2 * self._bits_per_second

    @property
    def closing(self) -> bool:
        """Was its end asked for?"""
        return self._closing is not None

    @property
    def recording(self) -> bool:
        """Is it being recorded?"""
        return self._files is not None and self._files.recording

    def open(self, seance: str, directory: Path, *, recording: bool) -> None:
        """Bind to a séance; the one it is bound to already goes on. Another one under way is ended first."""
        if self._files is not None and self._files.seance == seance and not self.closing:
            return
        if self._files is not None:
            self._let_go(self._files)
        self._files = self._make(seance, directory)
        self._airings = AiringLog(directory)
        self._since, self._announced = None, set()
        self._closing, self._closed, self._hurry = None, False, asyncio.Event()
        self._files.open(recording=recording)
        self.seal(self._given)

    def close(self) -> None:
        """The end: what is still in the delay leaves, the end slate shows, then the files are closed and verified."""
        if self._files is not None and self._closing is None:
            self._closing = asyncio.create_task(self._end(self._files), name="end of séance")

    def record(self, on: bool) -> None:
        """Start or stop recording. Raises Refusal ``seance_absente``."""
        if self._files is None or self.closing:
            raise Refusal("there is no séance to record", code="seance_absente")
        if on:
            self._files.start_recording()
        elif self._files.recording:
            self._in_thread(self._files.stop_recording)

    def remove(self, removal: Removal) -> None:
        """Take a passage out of what is published. Raises Refusal ``seance_absente``."""
        if self._files is None:
            raise Refusal("there is no séance to take anything out of", code="seance_absente")
        self._files.remove(removal)

    def remove_gone(self, mask: MaskStatus) -> None:
        """Take out what of a mask had already left when it was asked for; nothing when all of it was caught."""
        if self._files is not None and mask.gone:
            self._files.remove(gone_part(mask, self._files.epoch))

    def apart(self, block: Cleared[SoundBlock]) -> None:
        """The microphones apart, as they leave, to the recording of the séance. From any thread."""
        files = self._files
        if files is not None:
            files.apart(block)

    def removal_status(self) -> RemovalStatus:
        """For the board."""
        return RemovalStatus() if self._files is None else self._files.removal_status()

    def note_outputs(self, outputs: Sequence[OutputStatus], now: int) -> None:
        """Once a second, for the notices to platforms; ``now`` in public time."""
        if self._files is not None and not self._closed:
            self._airings.note(outputs, self._files.epoch.utc_ns_of(now) // 1_000_000)

    def seal(self, on: bool) -> None:
        """Is what is live now meant for the public? The sealed original takes nothing else."""
        self._given = on
        if self._files is not None and self._files.sealed is not None:
            self._files.sealed.accept(on)

    def announce(self, masks: Sequence[MaskStatus], now: int) -> None:
        """Once a second: players are told of each mask of this séance, once all that it hid has left. ``now`` in public time."""
        files = self._files
        if files is None or self._closed:
            return
        if self._since is None:
            self._since = now
        for mask in masks:
            end = mask.public_end
            if end is not None and self._since <= end <= now and mask.id not in self._announced:
                self._announced.add(mask.id)
                self._in_thread(partial(self._announce, files, mask, end))

    def _announce(self, files: SeanceFiles, mask: MaskStatus, end: int) -> None:
        if not files.announce(mask.id, mask.public_start, end):
            self._announced.discard(mask.id)

    def original_fault(self, *, wanted: bool) -> str:
        """Why the sealed original that is wanted is not being made; empty when it is, or when there is no séance."""
        if not wanted or not self.bound or self._files is None:
            return ""
        sealed = self._files.sealed
        return BadKey.code if sealed is None else sealed.reason

    def live_picture(self, packet: Live[EncodedPicture]) -> None:
        """For the sealed original; from the encoder's thread."""
        files = self._files
        if files is not None and files.sealed is not None:
            files.sealed.picture(packet)

    def live_sound(self, block: SoundBlock) -> None:
        """For the sealed original; from the mixer's thread."""
        files = self._files
        if files is not None and files.sealed is not None:
            files.sealed.sound(block)

    async def end_abandoned(self, seance: str, directory: Path) -> None:
        """A run that died had been asked to end this séance: end it."""
        await asyncio.to_thread(self._make(seance, directory).end_abandoned)

    def mend(self) -> None:
        """Replace what died."""
        if self._files is not None and not self.closing:
            self._files.mend()

    def webtv(self, now: int) -> WebTvStatus:
        """For the board; ``now`` on the public timeline."""
        if self._files is None or self.closing:
            # Whoever asked for the end need not ask again.
            return WebTvStatus()
        return self._files.webtv(now)

    def recording_status(self) -> RecordingStatus:
        """For the board."""
        return RecordingStatus() if self._files is None else self._files.recording_status()

    async def stop(self) -> None:
        """The engine stops: files are finished as they are, the séance may go on in the next run."""
        files, closing = self._files, self._closing
        if files is not None and closing is None:
            await asyncio.to_thread(files.close, ended=False)
        self._hurry.set()
        for task in (*self._stopping, *((closing,) if closing is not None else ())):
            await task

    def _let_go(self, files: SeanceFiles) -> None:
        if self._closing is not None:
            self._stopping.add(self._closing)
            self._closing.add_done_callback(self._stopping.discard)
            self._hurry.set()
        else:
            self._in_thread(lambda: files.close(ended=True))

    async def _end(self, files: SeanceFiles) -> None:
        try:
            await asyncio.wait_for(self._hurry.wait(), self._drain_s() + self._end_slate_s)
        except TimeoutError:
            pass
        await asyncio.to_thread(files.close, ended=True)
        if files is self._files:
            self._closed = True
        log.info("the séance's files are closed")

    def _in_thread(self, work: Callable[[], None]) -> None:
        task = asyncio.create_task(asyncio.to_thread(work), name="disk")
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

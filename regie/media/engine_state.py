"""What the engine must find again after it died: a small file, replaced atomically, never the register."""

import logging
import threading
from pathlib import Path

import msgspec

from regie.board import InputStatus, MaskStatus
from regie.domain.model import Shot, SlateName, SourceId, Title, Veil
from regie.media import disk
from regie.media.handoff import Ring

log = logging.getLogger(__name__)

_CLOSE_S, _POLL_S = 2.0, 0.5


class EngineState(msgspec.Struct, frozen=True, kw_only=True):
    """The séance it is bound to, what is on, what is shown. Every field has a default: an older or newer file still loads."""

    seance: str = ""
    directory: str = ""
    closed: bool = False
    recording: bool = False
    outputs: dict[str, bool] = {}
    programme: Shot | None = None
    preview: Shot | None = None
    title: Title | None = None
    logo: bool = True
    inputs: tuple[InputStatus, ...] = ()
    antenna_on: bool = False
    recovering: bool = False
    slate: SlateName = SlateName.BEFORE
    excluded: tuple[SourceId, ...] = ()
    veils: dict[SourceId, tuple[Veil, ...]] = {}
    recess: bool = False
    delay_s: int | None = None
    masks: tuple[MaskStatus, ...] = ()
    frozen: bool | None = None


class StateFile:
    """Keeps the newest state on disk; writes only what changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: EngineState | None = None
        self._refused = ""

    def load(self) -> EngineState:
        """What the last run left; a fresh state when there is none or it cannot be read: the engine must start all the same."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=EngineState)
        except FileNotFoundError:
            return EngineState()
        except (OSError, msgspec.MsgspecError):
            log.error("the engine's state cannot be read: starting afresh")
            return EngineState()

    def save(self, state: EngineState) -> None:
        """Keep this state; a disk that refuses does not stop the engine."""
        if state == self._written:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace(self._path, msgspec.json.encode(state).decode())
        except OSError as error:
            reason = disk.reason(error)
            if reason != self._refused:
                log.error("the engine's state cannot be kept: %s", reason)
            self._refused = reason
            return
        if self._refused:
            log.info("the engine's state is kept again")
            self._refused = ""
        self._written = state


class StateKeeper:
    """Writes the newest state in a thread of its own (``etat``): whoever hides something never waits for the disk.

    Until it is written a dead engine's next run does not know of the newest act. Nothing leaks by that: each run begins on the
    slate, and what control was answered for, it asks again.
    """

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._newest: Ring[EngineState] = Ring(1)
        self._thread = threading.Thread(target=self._run, name="etat", daemon=True)

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def keep(self, state: EngineState) -> None:
        """Have this state written soon; one that still waited is not worth writing any more. Never waits."""
        self._newest.put(state)

    def close(self, timeout: float = _CLOSE_S) -> None:
        """Write what waits and end; waits for the disk, ``timeout`` seconds at most."""
        self._newest.close()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while (state := self._newest.get(_POLL_S)) is not None or not self._newest.closed:
            if state is not None:
                self._file.save(state)

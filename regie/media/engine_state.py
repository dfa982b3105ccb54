"""What the engine must find again after it died: a small file, replaced atomically, never the register."""

import logging
from pathlib import Path

import msgspec

from regie.board import InputStatus, MaskStatus
from regie.domain.model import Shot, SlateName, SourceId, Title
from regie.media import disk

log = logging.getLogger(__name__)


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
    delay_s: int | None = None
    masks: tuple[MaskStatus, ...] = ()


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

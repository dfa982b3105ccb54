"""Caches that could not be told of a passage that was taken out are told again, until they know: what they keep, citizens may get.

Whoever took the passage out (the engine, a page, `regie redact`) left the list beside it; all séances are looked at, those that are
over included.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from regie.board import Alarm
from regie.media.removed import OWED, STORE, owe, owed

log = logging.getLogger(__name__)

TURN_S = 60.0


class Purges:
    """Tells them at the start, then each minute. Lives on control's loop, and works in a thread."""

    def __init__(
        self, folder: Path, tell: Callable[[str, Sequence[str]], Sequence[str]], turn_s: float = TURN_S
    ) -> None:
        """``folder`` holds one sub-folder a séance; ``tell`` answers with the paths that could not be told."""
        self._folder = folder
        self._tell = tell
        self._turn_s = turn_s
        self._left = False

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """``cache_non_purge`` while a cache may still give what was taken out."""
        return (Alarm(code="cache_non_purge"),) if self._left else ()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._left = await asyncio.to_thread(self._again)
            await asyncio.sleep(self._turn_s)

    def _again(self) -> bool:
        found = [self._settle(file) for file in sorted(self._folder.glob(f"*/{STORE}/*{OWED}"))]
        return not all(found)

    def _settle(self, file: Path) -> bool:
        directory, removal = file.parent.parent, file.stem
        try:
            left = self._tell(directory.name, owed(directory, removal))
            owe(directory, removal, left)
        except OSError as error:
            log.error("caches cannot be told", extra={"removal": removal, "reason": type(error).__name__})
            return False
        return not left

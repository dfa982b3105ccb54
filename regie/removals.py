"""Late removals in the register: whoever took a passage out (the engine, a page, `regie redact`), control writes it.

Removals are files beside the séance, on the disk before anything is touched; the register of a séance has one writer. So it is told
after, from those files, the séances that are over included, and again until it has it all.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from regie.core import Core
from regie.domain.removal import told
from regie.errors import LinkLost, Refusal
from regie.journal import FILE_NAME
from regie.media.removed import STORE, kept

log = logging.getLogger(__name__)

TURN_S = 2.0
DISK = "disque_en_panne"
MACHINE = "régie"


class RemovalRegister:
    """Looks at the folders of removals, and writes what their registers do not have. Lives on control's loop."""

    def __init__(self, folder: Path, core: Core, turn_s: float = TURN_S) -> None:
        """``folder`` holds one sub-folder a séance."""
        self._folder = folder
        self._core = core
        self._turn_s = turn_s
        self._seen: dict[Path, int] = {}
        self._written: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        refused = ""
        while True:
            for directory, stamp in (await asyncio.to_thread(self._stamps)).items():
                if self._seen.get(directory) == stamp:
                    continue
                try:
                    await self._write(directory)
                except (Refusal, LinkLost, OSError) as error:
                    code = DISK if isinstance(error, OSError) else error.stable_code
                    if code != refused:
                        log.warning("removals wait for the register", extra={"code": code})
                    refused = code
                else:
                    self._seen[directory], refused = stamp, ""
            await asyncio.sleep(self._turn_s)

    def _stamps(self) -> Mapping[Path, int]:
        """The séances that have removals, and what changes with them."""
        found: dict[Path, int] = {}
        # A disk that fails, or a folder that is deleted meanwhile, must not take the consoles away.
        with suppress(OSError):
            for store in self._folder.glob(f"*/{STORE}"):
                with suppress(OSError):
                    if (store.parent / FILE_NAME).is_file():
                        found[store.parent] = store.stat().st_mtime_ns
        return found

    async def _write(self, directory: Path) -> None:
        for removal in await asyncio.to_thread(kept, directory):
            for command, event in told(removal):
                if (directory.name, command) not in self._written:
                    await self._core.note_in(directory.name, (event,), removal.who or MACHINE, command)
                    self._written.add((directory.name, command))

"""The documents of a séance made by themselves when it is closed, and again when somebody asks.

They are made by a process of their own: setting pages is work that must not hold up the register nor the pictures.
"""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Protocol

import msgspec

from config.schema import Config
from regie.documents import dossier
from regie.documents.after import FOLDER
from regie.documents.errors import DocumentError
from regie.documents.produce import MANIFEST
from regie.documents.town import town_of
from regie.domain.model import SeanceState
from regie.domain.register.state import Register
from regie.domain.seance import Seance

log = logging.getLogger(__name__)

LONGEST_S = 60.0
"""What is promised: documents within a minute of the close."""


class Core(Protocol):
    """The register, as the paperwork follows it."""

    def view(self) -> Seance | None:
        """The current séance."""

    def register(self) -> Register | None:
        """Its legal register, once convened."""


class Paperwork:
    """Makes the documents of séances, one at a time."""

    def __init__(self, config: Config, core: Core) -> None:
        self._config = config
        self._core = core
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._busy = ""

    def seance_changed(self) -> None:
        """The core's view changed."""
        self._changed.set()

    @property
    def busy(self) -> str:
        """The séance whose documents are being made, or nothing."""
        return self._busy

    def folder(self, seance: str) -> Path:
        """The folder of a séance."""
        return self._config.serveur.dossier / "seances" / seance

    async def run(self) -> None:
        """Make the documents of each séance that ends, until cancelled. One that has its documents keeps them."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            seance = self._core.view()
            ended = seance is not None and seance.state is SeanceState.ENDED
            if not ended or seance is None or self._core.register() is None:
                continue
            # The manifest is written last: documents that a crash left unfinished are made again.
            if not (self.folder(seance.id) / FOLDER / MANIFEST).exists():
                try:
                    await self.make(seance.id)
                except DocumentError as error:
                    log.error(
                        "the documents cannot be made", extra={"code": error.stable_code, "seance": seance.id}
                    )

    async def make(self, seance: str) -> None:
        """Make them now, in place of those there are. Raises DocumentError."""
        async with self._turn:
            self._busy = seance
            try:
                await asyncio.to_thread(self._name_town, seance)
                await self._export(seance)
            finally:
                self._busy = ""

    def _name_town(self, seance: str) -> None:
        """What the configuration knows: who sits where; and the town, for a séance that was not prepared on the pages."""
        folder = self.folder(seance)
        kept = dossier.load(folder)
        people = {person.id: person.nom for person in self._config.elu}
        seats = {place.id: people[place.elu] for place in self._config.place if place.elu in people}
        town = kept.town if kept.town.name else town_of(self._config)
        dossier.save(folder, msgspec.structs.replace(kept, town=town, seats=seats or kept.seats))

    async def _export(self, seance: str) -> None:
        templates = self._config.documents.modeles
        more = ("--templates", str(templates)) if templates is not None else ()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "regie", "export", str(self.folder(seance)), *more),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            status = await asyncio.wait_for(process.wait(), LONGEST_S)
        except TimeoutError:
            raise DocumentError("the documents take too long", code="documents_lents") from None
        finally:
            if process.returncode is None:
                process.kill()
        if status != 0:
            raise DocumentError("the documents cannot be made", code="documents_impossibles", etat=status)

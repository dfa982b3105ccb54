"""Documents made by themselves when a séance ends: once, again after a crash, never twice."""

import asyncio
from pathlib import Path

import pytest

from config.chamber import Person, Place
from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Server, Town
from regie.documents import dossier
from regie.documents.after import FOLDER
from regie.documents.produce import MANIFEST
from regie.domain.model import SeanceState
from regie.domain.register.state import Register
from regie.domain.seance import Seance
from regie.journal import FILE_NAME, Journal, Times
from regie.paperwork import Paperwork
from tests.unit import documents_rig

pytestmark = pytest.mark.unit
SEANCE = "2026-03-12"


class Sittings:
    """A séance that ended."""

    def view(self) -> Seance | None:
        return Seance(id=SEANCE, title="Conseil", state=SeanceState.ENDED, due_utc=0)

    def register(self) -> Register | None:
        return documents_rig.evening().register


def test_documents_are_made_once_and_again_after_a_crash(tmp_path: Path) -> None:
    async def scenario() -> None:
        config = Config(
            ville=Town(nom="Valmont"),
            source=(SourceConfig(id="mire", nom="Mire", genre=SourceKind.BARS),),
            elu=(Person(id="diallo", nom="Mme Diallo"),),
            place=(Place(id="p1", nom="Place 1", elu="diallo"),),
            serveur=Server(dossier=tmp_path),
        )
        paperwork = Paperwork(config, Sittings())
        folder = paperwork.folder(SEANCE)
        with Journal(folder / FILE_NAME, SEANCE, 0) as journal:
            journal.append("all", "test", documents_rig.evening().told, Times(written_utc_ms=0))
        # A crash left a folder without its manifest.
        (folder / FOLDER).mkdir()
        running = asyncio.create_task(paperwork.run())
        paperwork.seance_changed()
        manifest = folder / FOLDER / MANIFEST
        async with asyncio.timeout(50):
            while not manifest.exists() or paperwork.busy:  # noqa: ASYNC110 - another process makes the file
                await asyncio.sleep(0.05)
        made = manifest.stat().st_mtime_ns
        paperwork.seance_changed()
        await asyncio.sleep(0)
        assert not paperwork.busy and manifest.stat().st_mtime_ns == made
        kept = dossier.load(folder)
        assert (kept.town.name, kept.seats) == ("Valmont", {"p1": "Mme Diallo"})
        running.cancel()

    asyncio.run(scenario())

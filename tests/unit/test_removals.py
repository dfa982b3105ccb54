"""Late removals are in the register of their séance, whoever made them, once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from regie.core import Core
from regie.domain.commands import EndSeance, PrepareSeance, StartSeance
from regie.domain.masks import RemovalAsked, RemovalDone
from regie.domain.removal import Removal
from regie.errors import LinkLost
from regie.journal import FILE_NAME, read, verify
from regie.media.removed import save
from regie.removals import MACHINE, RemovalRegister
from tests.unit.test_core import FixedClock, with_core
from tests.unit.test_secrecy import until

pytestmark = pytest.mark.unit

REMOVAL = Removal(
    id="ab12", start_ms=1000, end_ms=4000, who="Mme Bois", item="p3", reason="un agent", asked_ms=9000
)


def with_register(folder: Path, work: Callable[[Core, Path], Awaitable[None]]) -> None:
    async def run(core: Core) -> None:
        task = asyncio.create_task(RemovalRegister(folder, core, turn_s=0.01).run())
        try:
            view = core.view()
            assert view is not None
            await asyncio.wait_for(work(core, folder / view.id), 10)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    with_core(folder, FixedClock(), run)


def told(directory: Path) -> list[tuple[str, object]]:
    wanted = (RemovalAsked, RemovalDone)
    return [(e.author, e.event) for e in read(directory / FILE_NAME) if isinstance(e.event, wanted)]


def test_what_was_asked_and_what_was_done_are_written_once_during_the_seance(tmp_path: Path) -> None:
    async def work(core: Core, directory: Path) -> None:
        save(directory, REMOVAL)
        await until(lambda: len(told(directory)) == 1)
        save(directory, msgspec.structs.replace(REMOVAL, hidden_ms=9100, done_ms=9400))
        await until(lambda: len(told(directory)) == 2)
        (who, asked), (_, done) = told(directory)
        assert who == "Mme Bois" and isinstance(asked, RemovalAsked) and isinstance(done, RemovalDone)
        assert (asked.start_ms, asked.end_ms, asked.item, asked.at_utc_ms) == (1000, 4000, "p3", 9000)
        assert (done.hidden_ms, done.at_utc_ms) == (9100, 9400)

    async def again(core: Core, directory: Path) -> None:
        save(directory, Removal(id="cd34", start_ms=1, end_ms=2, mask="m"))
        await until(lambda: len(told(directory)) == 3)
        assert told(directory)[-1][0] == MACHINE

    with_register(tmp_path, work)
    with_register(tmp_path, again)


def test_a_passage_taken_out_of_a_seance_that_is_over_is_in_its_own_register(tmp_path: Path) -> None:
    async def work(core: Core, directory: Path) -> None:
        await core.submit(StartSeance(), "president")
        await core.submit(EndSeance(), "president")
        await core.submit(PrepareSeance(title="La suivante", due_utc=1_900_000_000), "technicien")
        now = core.view()
        assert now is not None and now.id != directory.name
        save(directory, msgspec.structs.replace(REMOVAL, hidden_ms=9100, done_ms=9400))
        await until(lambda: len(told(directory)) == 2)
        assert verify(directory / FILE_NAME).faults == ()
        assert told(directory.parent / now.id) == []

    with_register(tmp_path, work)


def test_a_register_that_refuses_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(core: Core, directory: Path) -> None:
        refused = 0

        async def refuse(*_: object) -> None:
            nonlocal refused
            refused += 1
            raise LinkLost("the disk is full", code="registre_indisponible")

        with monkeypatch.context() as patched:
            patched.setattr(core, "note_in", refuse)
            save(directory, REMOVAL)
            await until(lambda: refused > 2)
        await until(lambda: told(directory))

    with_register(tmp_path, work)


def test_a_disk_that_fails_takes_nobody_s_consoles_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    async def work(core: Core, directory: Path) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("regie.removals.kept", fails)
            broken.setattr(Path, "glob", fails)
            save(directory, REMOVAL)
            await asyncio.sleep(0.05)
            broken.undo()
        await until(lambda: len(told(directory)) == 1)

    with_register(tmp_path, work)

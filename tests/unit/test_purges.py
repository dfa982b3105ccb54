"""A cache that was away when a passage was taken out is told of it later, and a person knows until then."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.outputs import WebTv
from regie.media.purging import Purger
from regie.media.removed import STORE, kept, owe, owed
from regie.purges import Purges

pytestmark = pytest.mark.unit

PATHS = tuple(f"720p/{n}.m4s" for n in range(6))


class Cache:
    """A cache that knows some files, and may be away."""

    def __init__(self) -> None:
        self.away = True
        self.told: list[str] = []

    def tell(self, seance: str, paths: Sequence[str]) -> Sequence[str]:
        if self.away:
            return paths
        self.told += [f"{seance}/{path}" for path in paths]
        return ()


def test_what_a_cache_missed_is_told_until_it_knows(tmp_path: Path) -> None:
    cache, directory = Cache(), tmp_path / "2026-03-12"
    purges = Purges(tmp_path, cache.tell, turn_s=0.01)

    async def until(alarms: int) -> None:
        for _ in range(1000):
            if len(purges.alarms) == alarms:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(purges.alarms)

    async def scenario() -> None:
        task = asyncio.create_task(purges.run())
        await until(1)
        assert [one.code for one in purges.alarms] == ["cache_non_purge"]
        cache.away = False
        await until(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert purges.alarms == ()
    owe(directory, "ab12cd34", PATHS[:2])
    assert (owed(directory, "ab12cd34"), kept(directory)) == (PATHS[:2], [])
    asyncio.run(scenario())
    assert cache.told == [f"2026-03-12/{path}" for path in PATHS[:2]]
    assert owed(directory, "ab12cd34") == () and not list((directory / STORE).iterdir())


def test_one_failure_stops_nothing_and_a_cache_that_is_away_is_not_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "asked"
    log.touch()

    def told(fails: str) -> tuple[str, ...]:
        log.write_text("", encoding="utf-8")
        script = f'echo "$1" >> "{log}"; case "$1" in {fails}) exit 1;; esac'
        return Purger(WebTv(purge_commande=("/bin/sh", "-c", script, "sh", "{chemin}"))).tell("s", PATHS)

    assert told("*/1.m4s|*/3.m4s") == (PATHS[1], PATHS[3])
    assert log.read_text(encoding="utf-8").split() == [f"/media/s/{path}" for path in PATHS]
    assert told("*") == PATHS
    assert len(log.read_text(encoding="utf-8").split()) == 3

"""kill -9 of the engine at random instants of a masked séance: the open mask is there in every next run, and nothing of what it
hides is ever found. Kills: ``SOAK_KILLS`` (200 by default)."""

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from regie.board import SourceState
from regie.domain import commands as do
from regie.domain.commands import OpenMask
from tests.system.engine_rig import EngineProcess, Follower
from tests.system.peers import Nginx
from tests.system.secret_rig import CLIPS, Found, configuration, new_mask, put

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("SOAK_KILLS", "200"))


async def _one_life(engine: EngineProcess, folder: Path, life: int, mask: str, chance: random.Random) -> str:
    """A run that is killed at a random instant of what is done in it; the mask that is open when it dies."""
    follower = await Follower.of(engine, "status")
    await follower.until(lambda: bool(follower.statuses), 30)
    held = [one.id for one in follower.status.masks if one.is_open]
    assert held == ([mask] if mask else []), "what was open is open, in every run"
    doomed = asyncio.get_running_loop().call_later(
        chance.uniform(0.2, 6.0), os.kill, engine.process.pid, signal.SIGKILL
    )
    try:
        await follower.until(
            lambda: all(s.state is SourceState.LIVE for s in follower.status.sources if s.id in CLIPS), 30
        )
        if not mask:
            mask = new_mask()
            assert await follower.call(OpenMask(mask=mask)) == ""
        await put(follower, "secret")
        assert await follower.call(do.OpenSeance(seance="s", directory=str(folder / "s"))) == ""
        assert await follower.call(do.SetAntenna(on=True)) == ""
        await asyncio.sleep(10)
    except (TimeoutError, AssertionError, asyncio.CancelledError):
        if engine.process.poll() is None:
            raise
    finally:
        doomed.cancel()
        await follower.close()
    return mask


@pytest.mark.timeout(KILLS * 20 + 300)
def test_whenever_the_engine_dies_the_secret_stays_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLE", "k")
    server = Nginx(tmp_path / "n")
    server.start()
    file = configuration(tmp_path, 1, (server.address(),))
    chance, mask = random.Random(5), ""
    try:
        for life in range(KILLS):
            engine = EngineProcess(file, tmp_path / "run")
            try:
                mask = asyncio.run(_one_life(engine, tmp_path, life, mask, chance))
            finally:
                engine.close()
    finally:
        server.stop()
    places = [*server.recordings(), *(tmp_path / "s" / "enregistrement").glob("*.mp4")]
    places += [tmp_path / "s" / "hls" / tier / "index.m3u8" for tier in ("720p", "360p", "240p", "son")]
    found = {
        str(place): Found(place).secret for place in places if place.is_file() and place.stat().st_size > 5000
    }
    assert found and found == dict.fromkeys(found, (0, 0))

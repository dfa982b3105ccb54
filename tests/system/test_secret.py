"""A secret said on a real engine, masked late, twice, while the delay is built and drained, while a server comes back: what an RTMP
server that is not ours and the WebTV received holds nothing of it, and all the rest."""

import asyncio
import os
from pathlib import Path

import pytest

from regie.board import SourceState
from regie.domain import commands as do
from regie.domain.commands import CloseMask, DelayBy, OpenMask, SetDelay
from tests.system.engine_rig import EngineProcess, Eyes, Follower
from tests.system.peers import Nginx, full_decode_errors
from tests.system.secret_rig import CLIPS, Found, configuration, new_mask, put

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]


async def _warm(engine: EngineProcess) -> Follower:
    follower = await Follower.of(engine, "status", "programme")
    await follower.until(
        lambda: (
            bool(follower.statuses)
            and all(s.state is SourceState.LIVE for s in follower.status.sources if s.id in CLIPS)
        ),
        30,
    )
    return follower


async def _seance(engine: EngineProcess, folder: Path, server: Nginx) -> None:
    follower = await _warm(engine)
    ask = follower.call
    await put(follower, "calme")
    assert await ask(do.OpenSeance(seance="s", directory=str(folder / "s"))) == ""
    assert await ask(do.SetAntenna(on=True)) == ""
    await put(follower, "temoin")
    await asyncio.sleep(1.0)
    # Held, the key pressed while it is being said; pressed twice, released once.
    await put(follower, "secret")
    await asyncio.sleep(0.3)
    held = new_mask()
    for _ in range(2):
        assert await ask(OpenMask(mask=held, held=True)) == ""
    await asyncio.sleep(0.5)
    await put(follower, "calme")
    # What a source sends may be on its way through its frame-sync delay: it is still being said.
    await asyncio.sleep(0.8)
    assert await ask(CloseMask(mask=held)) == ""
    await asyncio.sleep(1.0)
    # Built behind a slate, a server dead and back, the key pressed after the words: the last five seconds.
    assert await ask(SetDelay(seconds=8, by=DelayBy.SLATE)) == ""
    server.kill()
    await put(follower, "secret")
    await asyncio.sleep(0.6)
    await put(follower, "calme")
    await asyncio.sleep(0.6)
    assert await ask(OpenMask(mask=new_mask(), closes=True, look_back_ms=5000)) == ""
    server.start()
    await follower.until(lambda: follower.status.delay.held_ms == 8000, 20)
    # Drained by going faster, two masks that overlap.
    assert await ask(SetDelay(seconds=6, by=DelayBy.STRETCH)) == ""
    first, second = new_mask(), f"{new_mask()}-2"
    assert await ask(OpenMask(mask=first, look_back_ms=0)) == ""
    await put(follower, "secret")
    await asyncio.sleep(0.4)
    assert await ask(OpenMask(mask=second, look_back_ms=1000)) == ""
    assert await ask(CloseMask(mask=first)) == ""
    await put(follower, "calme")
    await asyncio.sleep(0.8)
    assert await ask(CloseMask(mask=second)) == ""
    await put(follower, "temoin")
    await asyncio.sleep(1.6)
    await put(follower, "calme")
    assert len(follower.status.masks) == 4 and not any(mask.is_open for mask in follower.status.masks)
    seen = [luma for _, _, luma in Eyes().look(follower.of_stream("programme"))]
    assert sum(abs(luma - CLIPS["secret"][0]) < 12 for luma in seen) > 20, "it was on programme"
    assert await ask(do.CloseSeance()) == ""
    await follower.until(lambda: follower.status.recording.verified is True, 30)
    await follower.close()


def test_nothing_of_what_was_masked_is_anywhere_and_the_rest_is_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLE", "k")
    os.environ["CLE"] = "k"
    steady, dying = Nginx(tmp_path / "n1"), Nginx(tmp_path / "n2")
    for server in (steady, dying):
        server.start()
    file = configuration(tmp_path, 4, (steady.address(), dying.address()))
    engine = EngineProcess(file, tmp_path / "run")
    try:
        asyncio.run(_seance(engine, tmp_path, dying))
        assert engine.end(within_s=10) == 0, engine.log()
    finally:
        engine.close()
        for server in (steady, dying):
            server.stop()
    received = {
        path.parent.parent.name + path.name: Found(path) for s in (steady, dying) for path in s.recordings()
    }
    playlists = {
        tier: tmp_path / "s" / "hls" / tier / "index.m3u8" for tier in ("720p", "360p", "240p", "son")
    }
    received |= {tier: Found(path) for tier, path in playlists.items()}
    (recording,) = (tmp_path / "s" / "enregistrement").glob("*.mp4")
    received["enregistrement"] = Found(recording)
    assert {name: found.secret for name, found in received.items()} == dict.fromkeys(received, (0, 0))
    for name in ("720p", "360p", "240p", "enregistrement"):
        assert received[name].pictures["temoin"] > 15, (name, received[name].pictures)
        assert received[name].windows["temoin"] > 12, (name, received[name].windows)
    assert received["son"].windows["temoin"] > 12
    # While the delay is drained pictures are less than 1/25 s apart, and ffmpeg's null muxer counts in 1/25: that is its business.
    complaints = [line for line in full_decode_errors(recording) if "to muxer in stream" not in line]
    assert complaints == []

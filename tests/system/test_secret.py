"""A secret said on a real engine, masked late, twice, while the delay is built and drained, while a server comes back: what an RTMP
server that is not ours and the WebTV received holds nothing of it, and all the rest. Then a passage that had left is taken out, and
the engine is killed in the middle of it."""

import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regie.board import SourceState
from regie.domain import commands as do
from regie.domain.commands import CloseMask, DelayBy, OpenMask, SetDelay
from regie.domain.removal import Removal, new_id
from regie.media.hls import TOMBSTONE
from regie.media.removed import pending
from regie.media.shifting import shifts
from regie.original import make_keys, open_original
from tests.system.engine_rig import EngineProcess, Eyes, Follower
from tests.system.peers import Nginx, full_decode_errors, wait_for
from tests.system.secret_rig import CLIPS, Found, Watcher, clip_at, configuration, new_mask, put
from tests.system.test_monitor_rtc import rtc_process
from web_ui.playlists import Timeline

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


class Said:
    """UTC milliseconds at which what is looked for afterwards was put on the programme."""

    late = frozen = blank = witness = 0


async def _watched(engine: EngineProcess, folder: Path, server: Nginx, watcher: Watcher) -> Said:
    """The séance, with a viewer over WebRTC from its beginning to the engine's death."""
    async with rtc_process(engine.run):
        try:
            return await _seance(engine, folder, server, watcher)
        finally:
            await watcher.leave()


async def _seance(engine: EngineProcess, folder: Path, server: Nginx, watcher: Watcher) -> Said:
    follower = await _warm(engine)
    await watcher.join(engine.run)
    ask, said = follower.call, Said()
    await put(follower, "calme")
    assert await ask(do.OpenSeance(seance="s", directory=str(folder / "s"), recording=True)) == ""
    assert await ask(do.SetAntenna(on=True)) == ""
    await put(follower, "temoin")
    await asyncio.sleep(1.0)
    # What nobody stopped: it leaves, and is taken out at the end.
    said.late = _now_ms()
    await put(follower, "tardif")
    await asyncio.sleep(1.0)
    await put(follower, "calme")
    await asyncio.sleep(1.5)
    # Held, the key pressed while it is being said; pressed twice, released once. The picture before it stands, frozen.
    assert await ask(do.SetFrozen(on=True)) == ""
    await put(follower, "secret")
    await asyncio.sleep(0.3)
    held = new_mask()
    for _ in range(2):
        assert await ask(OpenMask(mask=held, held=True, look_back_ms=1000)) == ""
    said.frozen = _now_ms()
    await asyncio.sleep(0.5)
    await put(follower, "calme")
    # What a source sends may be on its way through its frame-sync delay: it is still being said.
    await asyncio.sleep(0.8)
    assert await ask(CloseMask(mask=held)) == ""
    assert await ask(do.SetFrozen(on=False)) == ""
    # The next mask, which wants the slate, does not reach back to what the picture stands for here.
    await asyncio.sleep(1.1)
    # Built behind a slate, a server dead and back, the key pressed after the words: the last three seconds.
    assert await ask(SetDelay(seconds=5, by=DelayBy.SLATE)) == ""
    server.kill()
    await put(follower, "secret")
    await asyncio.sleep(0.6)
    await put(follower, "calme")
    await asyncio.sleep(0.6)
    assert await ask(OpenMask(mask=new_mask(), closes=True, look_back_ms=3000)) == ""
    server.start()
    await follower.until(lambda: follower.status.delay.held_ms == 5000, 20)
    # Drained by going faster, two masks that overlap.
    assert await ask(SetDelay(seconds=4, by=DelayBy.STRETCH)) == ""
    first, second = new_mask(), f"{new_mask()}-2"
    assert await ask(OpenMask(mask=first, look_back_ms=0)) == ""
    await put(follower, "secret")
    await asyncio.sleep(0.4)
    assert await ask(OpenMask(mask=second, look_back_ms=1000)) == ""
    said.blank = _now_ms()
    assert await ask(CloseMask(mask=first)) == ""
    await put(follower, "calme")
    await asyncio.sleep(0.8)
    assert await ask(CloseMask(mask=second)) == ""
    said.witness = _now_ms()
    await put(follower, "temoin")
    await asyncio.sleep(1.6)
    await put(follower, "calme")
    assert len(follower.status.masks) == 4 and not any(mask.is_open for mask in follower.status.masks)
    seen = [luma for _, _, luma in Eyes().look(follower.of_stream("programme"))]
    assert sum(abs(luma - CLIPS["secret"][0]) < 12 for luma in seen) > 20, "it was on programme"
    assert not any(alarm.code == "original_arrete" for alarm in follower.status.alarms)
    # All of it has left, at the delay of now.
    await follower.until(lambda: not follower.status.delay.changing, 20)
    await asyncio.sleep(4.5)
    await _remove_and_die(engine, follower, folder / "s", said.late)
    return said


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _remove_and_die(engine: EngineProcess, follower: Follower, seance: Path, at_ms: int) -> None:
    """Take out what was said from ``at_ms`` on; kill -9 as soon as the first segment is hidden."""
    removal = Removal(id=new_id(), start_ms=at_ms - 300, end_ms=at_ms + 1700, asked_ms=_now_ms())
    assert await follower.call(do.RemovePassage(removal=removal)) == ""
    await asyncio.to_thread(
        wait_for, lambda: any((seance / "hls").glob(f"*/*{TOMBSTONE}")), 10, "a segment is hidden"
    )
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.process.wait(5)
    assert [one.id for one in pending(seance)] == [removal.id], "it died in the middle"
    await follower.close()


async def _next_run(engine: EngineProcess, seance: Path) -> None:
    """Nobody asks it anything: the next run finishes what the dead one had begun, then the séance ends."""
    follower = await Follower.of(engine, "status")
    await asyncio.to_thread(wait_for, lambda: not pending(seance), 20, "the removal is finished")
    await follower.until(lambda: bool(follower.statuses) and follower.status.webtv.seance == "s", 20)
    assert await follower.call(do.CloseSeance()) == ""
    await follower.until(lambda: follower.status.recording.verified is True, 30)
    await follower.close()


def _run(file: Path, folder: Path, server: Nginx, watcher: Watcher) -> Said:
    engines = [EngineProcess(file, folder / "run")]
    try:
        said = asyncio.run(_watched(engines[0], folder, server, watcher))
        engines.append(EngineProcess(file, folder / "run"))
        asyncio.run(_next_run(engines[1], folder / "s"))
        assert engines[1].end(within_s=10) == 0, engines[1].log()
    finally:
        for engine in engines:
            engine.close()
    return said


def test_nothing_of_what_was_masked_is_anywhere_and_the_rest_is_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLE", "k")
    steady, dying = Nginx(tmp_path / "n1"), Nginx(tmp_path / "n2")
    for server in (steady, dying):
        server.start()
    private, public = tmp_path / "cle", tmp_path / "cle.pub"
    public.write_text(make_keys(private), encoding="utf-8")
    original = (
        f'[original]\nactif = true\ncle_publique_fichier = "{public}"\nreference_reglement = "article 12"\n'
    )
    file = configuration(tmp_path, 4, (steady.address(), dying.address()), more=original)
    try:
        watcher = Watcher()
        said = _run(file, tmp_path, dying, watcher)
    finally:
        for server in (steady, dying):
            server.stop()
    seance = tmp_path / "s"
    broadcast = [path for server in (steady, dying) for path in server.recordings()]
    published = [seance / "hls" / tier / "index.m3u8" for tier in ("720p", "360p", "240p", "son")]
    recordings = sorted((seance / "enregistrement").glob("*.mp4"))
    places = (*broadcast, *published, *recordings)
    with ThreadPoolExecutor(2) as pool:
        received = dict(zip(places, pool.map(Found, places), strict=True))
    assert {path: found.secret for path, found in received.items()} == dict.fromkeys(received, (0, 0))
    assert watcher.secret == (0, 0) and min(watcher.of("temoin")) > 12, (watcher.pictures, watcher.windows)
    # What was taken out is gone, whoever was killed; platforms had it, which is what their notice is for.
    assert {p: received[p].of("tardif") for p in (*published, *recordings)} == dict.fromkeys(
        (*published, *recordings), (0, 0)
    )
    assert received[broadcast[0]].of("tardif") > (15, 12)
    assert [folder.name for folder in (seance / "retraits").iterdir() if folder.is_dir()] == []
    for path in (*published[:3], recordings[0]):
        assert received[path].pictures["temoin"] > 15, (path, received[path].pictures)
        assert received[path].windows["temoin"] > 12, (path, received[path].windows)
    assert received[published[3]].windows["temoin"] > 12
    # While the delay is drained pictures are less than 1/25 s apart, and ffmpeg's null muxer counts in 1/25: that is its business.
    complaints = [line for line in full_decode_errors(recordings[0]) if "to muxer in stream" not in line]
    assert complaints == []
    # Players are told of the four masks and of the removal, whichever run they were in.
    assert published[0].read_text(encoding="utf-8").count("#EXT-X-DATERANGE") == 5
    # The delay was changed twice: the hour of an act still leads to its picture.
    timeline, shown = Timeline(published[1].read_text(encoding="utf-8"), shifts(seance)), {}
    for what, at_ms in (("frozen", said.frozen), ("blank", said.blank), ("witness", said.witness + 900)):
        place = timeline.position(at_ms)
        assert place is not None
        shown[what] = clip_at(published[1], place)
    assert timeline.shifts and shown == {"frozen": "calme", "blank": "", "witness": "temoin"}
    # The sealed original has what was masked, and is the only file that does.
    sealed = max((seance / "original").glob("*.mp4.age"), key=lambda path: path.stat().st_size)
    open_original(sealed, private, tmp_path / "original.mp4", "DPO", "contrôle")
    assert Found(tmp_path / "original.mp4").pictures["secret"] > 20

"""The other sizes and rates of the programme, from the configuration to files that an independent decoder reads."""

import asyncio
import signal
from pathlib import Path

import pytest

from regie.board import SourceState
from regie.domain import commands as do
from regie.domain.model import Layout, Shot
from tests.system.engine_rig import LUMA, EngineProcess, Follower, write_config
from tests.system.peers import full_decode_errors, probe

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]


async def _session(engine: EngineProcess, seance: Path, height: int, tick: int) -> None:
    follower = await Follower.of(engine, "status", "antenne")
    await follower.until(
        lambda: bool(follower.statuses) and all(s.state is SourceState.LIVE for s in follower.status.sources),
        20,
    )
    assert await follower.call(do.OpenSeance(seance="s", directory=str(seance))) == ""
    assert await follower.call(do.SetAntenna(on=True)) == ""
    assert await follower.call(do.TakeShot(shot=Shot(sources=tuple(LUMA), layout=Layout.TWO))) == ""
    await follower.until(lambda: follower.status.recording.seconds >= 4, 15)
    at = [news.at for _, news in follower.of_stream("antenne", f"{height}p")]
    steps = [b - a for a, b in zip(at, at[1:], strict=False)]
    assert min(steps) == tick and all(step % tick == 0 for step in steps)
    assert steps.count(tick) > 0.9 * len(steps)
    assert await follower.call(do.CloseSeance()) == ""
    await follower.until(lambda: follower.status.recording.verified is not None, 15)
    assert follower.status.recording.verified
    await follower.close()


@pytest.mark.parametrize(("size", "fps"), [((1280, 720), 50), ((1920, 1080), 30)])
def test_a_session_of_each_format(tmp_path: Path, size: tuple[int, int], fps: int) -> None:
    check_format(tmp_path, size, fps)


def check_format(tmp_path: Path, size: tuple[int, int], fps: int) -> None:
    """A whole session of that size and rate."""
    wanted = f"largeur = {size[0]}\nhauteur = {size[1]}\nimages_par_seconde = {fps}"
    engine = EngineProcess(write_config(tmp_path, programme=wanted), tmp_path / "run")
    try:
        asyncio.run(_session(engine, tmp_path / "s", size[1], 48_000 // fps))
        assert engine.end(signal.SIGTERM) == 0, engine.log()
    finally:
        engine.close()
    (recording,) = (tmp_path / "s" / "enregistrement").glob("*.mp4")
    for path, shown in (
        (recording, size),
        (tmp_path / "s" / "hls" / f"{size[1]}p" / "index.m3u8", size),
        (tmp_path / "s" / "hls" / "360p" / "index.m3u8", (640, 360)),
    ):
        assert full_decode_errors(path) == []
        video = next(s for s in probe(path)["streams"] if s["codec_type"] == "video")
        assert (video["width"], video["height"]) == shown
    master = (tmp_path / "s" / "hls" / "master.m3u8").read_text(encoding="utf-8")
    assert f"RESOLUTION={size[0]}x{size[1]},FRAME-RATE={fps}.000" in master

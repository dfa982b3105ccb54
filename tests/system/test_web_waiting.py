"""A player that is not ours comes to the live before its opening: it waits on the slate, then sees the opening at that address."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media.encoder import TierSpec
from regie.media.hls import HlsOutput
from regie.media.slate_gops import encode_gop
from regie.media.waiting import FOLDER, WaitingTv
from tests.encoded import MAIN, MASK_LUMA, feed, forever, grey, programme
from tests.unit.web_fakes import Rig, make_rig, served

pytestmark = pytest.mark.system

LIVE_S = 6
SIZE = 16 * 9


def keep_a_slate(folder: Path) -> None:
    """As the engine does, twice: its clock shows another minute."""
    tier = programme(8).main
    spec = TierSpec(MAIN, tier.width, tier.height, tier.fps, tier.bitrate, "ultrafast")
    kept = WaitingTv(folder / FOLDER, tier)
    for seconds in (0.4, 1.0):
        gop = encode_gop(spec, SlateName.BEFORE, grey(SlateName.BEFORE, 0), seconds)
        assert not kept.shows(gop)
        kept.show(gop)
        assert kept.shows(gop)


def live(folder: Path) -> Path:
    """A whole séance as the engine writes it."""
    stream = programme(8)
    hls = HlsOutput(folder, stream.tiers, 2, Epoch("r1", 1_800_000_000 * 10**9))
    hls.start()
    for packet in forever(stream):
        if packet.at >= LIVE_S * SAMPLE_RATE:
            break
        feed(hls, packet)
    assert hls.close(ended=True)
    return folder / MAIN


async def clock_runs(rig: Rig) -> None:
    while True:
        await asyncio.sleep(0.05)
        rig.clock.advance(0.05)


async def watched(players: Sequence[Sequence[str]], folder: Path, made: Path) -> None:
    """The players come before the opening, which is six seconds later, and stay until the end. ``{}`` of theirs is the address."""
    rig = make_rig(folder)
    keep_a_slate(folder)
    async with served(rig) as host:
        ticking = asyncio.create_task(clock_runs(rig))
        started = [
            await asyncio.create_subprocess_exec(
                *(word.replace("{}", f"http://{host}/direct/index.m3u8") for word in player),
                stderr=subprocess.DEVNULL,
            )
            for player in players
        ]
        await asyncio.sleep(6)
        shutil.copytree(made, rig.media("720p"))
        rig.media("master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/index.m3u8\n")
        async with asyncio.timeout(40):
            assert [await player.wait() for player in started] == [0] * len(started)
        ticking.cancel()


def pictures(file: Path) -> NDArray[np.bool_]:
    """For each picture that a player made: is it the slate?"""
    command = f"ffmpeg -v quiet -i {file} -map 0:v -fps_mode passthrough -vf scale=16:9:flags=area -f rawvideo -pix_fmt gray -"
    grey = subprocess.run(command.split(), capture_output=True, timeout=30, check=False).stdout
    slate: NDArray[np.bool_] = np.frombuffer(grey, np.uint8).reshape(-1, SIZE).mean(axis=1) < MASK_LUMA + 10
    return slate


def test_players_that_are_not_ours_wait_on_the_slate_then_see_the_opening(tmp_path: Path) -> None:
    # VLC refuses to be root: as nobody it needs a folder that others may write.
    with tempfile.TemporaryDirectory(dir="/tmp") as shared:
        Path(shared).chmod(0o777)
        seen = [Path(shared) / name for name in ("ffmpeg.ts", "vlc.ts")]
        alone = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
        output = f"#transcode{{vcodec=mp4v,vb=4000}}:std{{access=file,mux=ts,dst={seen[1]}}}"
        ffmpeg = ("ffmpeg", "-nostdin", "-v", "quiet", "-i", "{}", "-map", "0", "-c:v", "mpeg4", str(seen[0]))
        vlc = ("vlc", "-I", "dummy", "--no-sout-audio", "{}", "--sout", output, "vlc://quit")
        players = [ffmpeg, (*alone, "env", f"HOME={shared}", *vlc)]
        asyncio.run(watched(players, tmp_path / "data", live(tmp_path / "made")))
        for slate in map(pictures, seen):
            assert slate[0] and slate.sum() >= 4 * 25
            assert sum(a != b for a, b in pairwise(slate)) == 1, "then the live, without a way back"
            assert (~slate).sum() >= LIVE_S * 25 - 10, "from its opening on"

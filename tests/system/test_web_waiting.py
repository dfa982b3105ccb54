"""A player that is not ours comes to the live before its opening: it waits on the slate, then sees the opening at that address."""

import asyncio
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

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


def test_ffmpeg_waits_on_the_slate_then_sees_the_opening(tmp_path: Path) -> None:
    made = live(tmp_path / "made")

    async def scenario() -> bytes:
        rig = make_rig(tmp_path / "data")
        keep_a_slate(tmp_path / "data")
        async with served(rig) as host:
            ticking = asyncio.create_task(clock_runs(rig))
            command = f"ffmpeg -nostdin -v error -i http://{host}/direct/index.m3u8 -map 0:v -map 0:a"
            player = await asyncio.create_subprocess_exec(
                *f"{command} -vf scale=16:9:flags=area -pix_fmt gray -c:a pcm_s16le -f nut -".split(),
                stdout=subprocess.PIPE,
            )
            assert player.stdout is not None
            await asyncio.sleep(3)
            shutil.copytree(made, rig.media("720p"))
            rig.media("master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/index.m3u8\n")
            async with asyncio.timeout(30):
                seen = await player.stdout.read()
                assert await player.wait() == 0
            ticking.cancel()
        return seen

    (tmp_path / "seen.nut").write_bytes(asyncio.run(scenario()))
    pictures = subprocess.run(
        f"ffmpeg -v error -i {tmp_path}/seen.nut -map 0:v -f rawvideo -pix_fmt gray -".split(),
        capture_output=True, check=True, timeout=30,
    ).stdout  # fmt: skip
    luma = np.frombuffer(pictures, np.uint8).reshape(-1, SIZE).mean(axis=1)
    slate = luma < MASK_LUMA + 10
    assert slate[0] and slate.sum() >= 3 * 25, "a player drops some pictures where time begins again"
    assert sum(before != after for before, after in pairwise(slate)) == 1, "then the live, without a way back"
    assert (~slate).sum() >= LIVE_S * 25 - 2, "from its opening on"

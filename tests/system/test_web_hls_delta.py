"""A real browser follows a long live playlist by delta updates, and can still go back to its beginning."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, async_playwright

from tests.unit.web_fakes import Rig, make_rig, served
from web_ui.playlists import SKIP_TARGETS

pytestmark = pytest.mark.system

FIRST = SKIP_TARGETS + 15
TOTAL = FIRST + 30
BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PLAYER = """async () => {
  const { default: Hls } = await import('/static/vendor/hls.light.min.mjs');
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const hls = new Hls({ enableWorker: false, liveSyncDurationCount: 3, maxLiveSyncPlaybackRate: 1 });
  window.START = Date.parse('2027-01-15T18:00:00Z');
  window.seen = { fatal: [], skipped: 0, segments: 0, dated: 0 };
  hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) window.seen.fatal.push(data.details); });
  hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
    window.seen.skipped = Math.max(window.seen.skipped, details.skippedSegments);
    const fragments = details.fragments.filter(Boolean);
    window.seen.segments = fragments.length;
    window.seen.dated = fragments.filter((f, i) => f.programDateTime === window.START + i * 1000).length;
  });
  hls.loadSource('/direct/index.m3u8');
  hls.attachMedia(video);
  window.video = video;
  await video.play();
}"""


def _encode(directory: Path) -> list[str]:
    """A finished playlist of one-second segments, cut into its head and one block a segment."""
    command = (
        "ffmpeg -nostdin -loglevel error -f lavfi"
        f" -i testsrc=size=160x90:rate=10:duration={TOTAL} -c:v libx264 -preset ultrafast -g 10"
        " -f hls -hls_time 1 -hls_list_size 0 -hls_segment_type fmp4 -hls_playlist_type vod"
        " -hls_segment_filename s%03d.m4s index.m3u8"
    )
    subprocess.run(command.split(), cwd=directory, check=True, timeout=60)
    text = (directory / "index.m3u8").read_text()
    text = text.replace("PLAYLIST-TYPE:VOD", "PLAYLIST-TYPE:EVENT").replace("#EXT-X-ENDLIST\n", "")
    head, *blocks = text.split("#EXTINF")
    assert len(blocks) == TOTAL
    # As the engine does: a date on the first segment of a run only.
    return [
        f"{head}#EXT-X-PROGRAM-DATE-TIME:2027-01-15T18:00:00.000Z\n",
        *(f"#EXTINF{block}" for block in blocks),
    ]


def _publish(rig: Rig, parts: list[str], segments: int) -> None:
    target = rig.media("720p", "index.m3u8")
    new = target.with_suffix(".new")
    new.write_text("".join(parts[: segments + 1]))
    new.replace(target)


async def _grow(rig: Rig, parts: list[str]) -> None:
    for segments in range(FIRST, TOTAL + 1):
        _publish(rig, parts, segments)
        await asyncio.sleep(1)


async def _until(page: Page, condition: str) -> None:
    await page.wait_for_function(condition, timeout=15_000)


def test_a_long_seance_is_followed_by_deltas(tmp_path: Path) -> None:
    async def scenario() -> None:
        rig = make_rig(tmp_path)
        rig.media("master.m3u8").write_text(
            '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=200000,CODECS="avc1.f4000b"\n720p/index.m3u8\n'
        )
        parts = _encode(rig.media("720p", "x").parent)
        async with served(rig) as host, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=list(BROWSER)
            )
            growing = asyncio.create_task(_grow(rig, parts))
            try:
                page = await browser.new_page()
                asked: list[str] = []
                page.on("request", lambda request: asked.append(request.url))
                await page.goto(f"http://{host}/api/docs")
                await page.evaluate(PLAYER)
                await _until(page, f"() => video.currentTime > {FIRST - 10}")
                await _until(page, "() => seen.skipped > 0")
                await _until(page, f"() => seen.segments > {FIRST + 3} && video.currentTime > {FIRST}")
                await page.evaluate("() => { video.currentTime = 2; }")
                await _until(
                    page, "() => !video.seeking && video.currentTime > 2.5 && video.currentTime < 10"
                )
                seen: dict[str, Any] = await page.evaluate("() => seen")
            finally:
                growing.cancel()
                await browser.close()
        assert seen["fatal"] == []
        assert seen["dated"] == seen["segments"]
        playlists = [url for url in asked if urlsplit(url).path.endswith("720p/index.m3u8")]
        deltas = [url for url in playlists if parse_qs(urlsplit(url).query).get("_HLS_skip")]
        assert len(playlists) - len(deltas) == 1
        assert len(deltas) >= 3

    asyncio.run(scenario())

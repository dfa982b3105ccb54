"""A citizen's player while a passage is taken out: what it holds of it in its buffer goes, the clean version comes."""

import asyncio
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from regie.clock import SystemClock
from regie.domain.removal import Removal
from regie.domain.timeline import Epoch
from regie.media.hls import HlsOutput
from regie.media.removing import Remover
from tests.encoded import MASK_LUMA, feed, nobody, programme, slates
from tests.system.firefox import Firefox, firefox
from tests.system.test_webtv_player import FLAGS

pytestmark = pytest.mark.system

WEB = Path(__file__).parents[2] / "web_ui"
NOON = 1_795_348_800_000_000_000
PAGE = """<!doctype html><title>player</title><video id="v" muted></video><canvas id="c" width="32" height="18"></canvas>
<script type="module">
import { HlsStream, loadHls } from '/static/js/public/streams.js';
window.troubles = [];
const events = { changed() {}, trouble(what) { if (what) troubles.push(what); } };
const module = await loadHls();
window.stream = new HlsStream(module, v, '/s/hls/master.m3u8', 0, 'auto', events);
window.luma = () => {
  const pen = c.getContext('2d');
  pen.drawImage(v, 0, 0, 32, 18);
  const data = pen.getImageData(0, 0, 32, 18).data;
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += data[i];
  return sum / (data.length / 4);
};
window.holds = (t) => {
  for (let i = 0; i < v.buffered.length; i++) if (v.buffered.start(i) <= t && t <= v.buffered.end(i)) return true;
};
v.play();
window.loaded = true;
</script>"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    stream = programme(14)
    hls = HlsOutput(tmp_path / "s" / "hls", stream.tiers, 2, Epoch("r1", NOON))
    hls.start()
    for packet in stream.packets:
        feed(hls, packet)
    assert hls.close(ended=False)
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "static").symlink_to(WEB / "static")

    class Quiet(SimpleHTTPRequestHandler):
        extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", tmp_path / "s"
    server.shutdown()
    thread.join()
    server.server_close()


def luma_at(page: Page, seconds: float) -> float:
    page.evaluate("t => { v.pause(); v.currentTime = t; }", seconds)
    page.wait_for_function(
        "t => !v.seeking && v.readyState >= 2 && Math.abs(v.currentTime - t) < 0.1", arg=seconds
    )
    return float(page.evaluate("luma()"))


def by_vlc(url: str, seance: Path) -> list[float]:
    """Mean luma of each picture that VLC makes of the clean playlist, from its beginning to its end."""
    index = next((seance / "hls").glob("180p/index.m3u8"))
    (index.parent / "fini.m3u8").write_text(
        index.read_text(encoding="utf-8") + "#EXT-X-ENDLIST\n", encoding="utf-8"
    )
    # VLC refuses to be root: as nobody it needs a folder that others may write.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        out = Path(folder) / "vu.ts"
        alone = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
        made = f"#transcode{{vcodec=mp4v,vb=4000}}:std{{access=file,mux=ts,dst={out}}}"
        address = f"{url}s/hls/180p/fini.m3u8"
        command = (
            *alone,
            "env",
            f"HOME={folder}",
            "vlc",
            "-I",
            "dummy",
            "--no-sout-audio",
            address,
            "--sout",
            made,
        )
        subprocess.run((*command, "vlc://quit"), check=True, capture_output=True, timeout=60)
        grey = ("-vf", "scale=32:18", "-f", "rawvideo", "-pix_fmt", "gray", "-")
        read = subprocess.run(
            ("ffmpeg", "-v", "quiet", "-i", str(out), "-fps_mode", "passthrough", *grey), capture_output=True
        )
    return [float(one) for one in np.frombuffer(read.stdout, np.uint8).reshape(-1, 18 * 32).mean(axis=1)]


def test_an_open_player_gets_the_clean_version_and_plays_on(site: tuple[str, Path]) -> None:
    url, seance = site
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page()
        page.goto(url)
        page.wait_for_function("window.loaded && v.currentTime > 0.5 && holds(9)", timeout=20_000)
        before = luma_at(page, 7.5)
        assert before > MASK_LUMA + 20
        at = NOON // 1_000_000
        removal = Removal(id="aabbccdd", start_ms=at + 7000, end_ms=at + 8000)
        Remover(seance, slates(), SystemClock(), nobody).run(removal)
        # The playlist is read again within its target duration: the buffer of the passage goes, then comes back clean.
        page.wait_for_function("b => Math.abs(luma() - b) > 20 || !holds(7.5)", arg=before, timeout=15_000)
        page.wait_for_function("holds(7.5)", timeout=15_000)
        assert luma_at(page, 7.5) < before - 20
        assert luma_at(page, 3.5) > MASK_LUMA + 20
        page.evaluate("v.currentTime = 5; v.playbackRate = 2; v.play()")
        page.wait_for_function("v.currentTime > 11", timeout=15_000)
        assert page.evaluate("v.getVideoPlaybackQuality().corruptedVideoFrames || 0") == 0
        # Between the hiding and the new playlist a segment may be asked for that is gone: it is asked again, under its new name.
        assert "media" not in page.evaluate("troubles")
        browser.close()
    seen = by_vlc(url, seance)
    dark = [n for n, luma in enumerate(seen) if luma < before - 20]
    # VLC leaves out some pictures where it begins and where it ends.
    assert len(seen) >= 14 * 25 - 15 and 24 <= len(dark) <= 51, (
        "the passage, up to its next keyframe, and nothing else"
    )
    assert dark == list(range(dark[0], dark[-1] + 1)) and abs(dark[0] - 7 * 25) <= 12


async def seen_at(page: Firefox, seconds: float) -> float:
    await page.evaluate(f"(v.pause(), v.currentTime = {seconds})")
    await page.until(f"!v.seeking && v.readyState >= 2 && Math.abs(v.currentTime - {seconds}) < 0.1")
    return float(await page.evaluate("luma()"))


async def in_firefox(url: str, seance: Path) -> None:
    async with firefox() as page:
        await page.open(url)
        await page.until("window.loaded && v.currentTime > 0.5 && holds(9)")
        before = await seen_at(page, 7.5)
        assert before > MASK_LUMA + 20
        await page.evaluate("(window.lost = false, setInterval(() => { lost ||= !holds(7.5); }, 10))")
        at = NOON // 1_000_000
        removal = Removal(id="ddccbbaa", start_ms=at + 7000, end_ms=at + 8000)
        Remover(seance, slates(), SystemClock(), nobody).run(removal)
        await page.until("lost && holds(7.5)")
        assert await seen_at(page, 7.5) < before - 20 and await seen_at(page, 3.5) > MASK_LUMA + 20
        await page.evaluate("(v.currentTime = 5, v.playbackRate = 2, v.play())")
        await page.until("v.currentTime > 11")
        assert await page.evaluate("v.error") is None and "media" not in await page.evaluate("troubles")


def test_an_open_player_of_another_make_does_too(site: tuple[str, Path]) -> None:
    """Firefox: its own demultiplexer, its own rules of what may follow what in a buffer."""
    asyncio.run(in_firefox(*site))

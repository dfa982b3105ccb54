"""The WebTV's files in a real browser: a run that crashed, the next one, a hole, every rendition."""

import errno
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media import disk
from regie.media.hls import HlsOutput
from tests.encoded import feed, forever, programme

pytestmark = pytest.mark.system

PLAYER = Path(__file__).parents[2] / "web_ui" / "static" / "vendor" / "hls.light.min.mjs"
NOON = 1_795_348_800_000_000_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
]
PAGE = """<!doctype html><title>player</title><video id="v" muted></video>
<script type="module">
import Hls from './hls.mjs';
window.problems = [];
window.play = (from, level, address = 'master.m3u8') => new Promise(ready => {
  window.hls?.destroy();
  const hls = window.hls = new Hls({startPosition: from});
  hls.on(Hls.Events.ERROR, (_, data) => problems.push({fatal: data.fatal, details: data.details}));
  hls.on(Hls.Events.MANIFEST_PARSED, () => { hls.currentLevel = level; });
  v.ontimeupdate = () => { if (v.currentTime > from + 0.2) ready(hls.levels.map(l => l.attrs['CODECS'])); };
  hls.loadSource(address);
  hls.attachMedia(v);
  v.playbackRate = 4;
  v.play();
});
window.loaded = true;
</script>"""


def write_session(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve seconds, a crash; twelve more, of which the second segment found the disk full."""
    create = disk.create

    def full(path: Path, data: bytes) -> None:
        if path.name.startswith("r2-000001") and not (path.parent / "once").exists():
            (path.parent / "once").touch()
            raise OSError(errno.ENOSPC, "full")
        create(path, data)

    monkeypatch.setattr(disk, "create", full)
    for run in ("r1", "r2"):
        stream = programme(8)
        hls = HlsOutput(directory, stream.tiers, 2, Epoch(run, NOON))
        hls.start()
        for packet in forever(stream):
            if packet.at >= 12 * SAMPLE_RATE:
                break
            feed(hls, packet)
        assert hls.close(ended=run == "r2")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    write_session(tmp_path, monkeypatch)
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "hls.mjs").write_bytes(PLAYER.read_bytes())

    class Quiet(SimpleHTTPRequestHandler):
        extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def reaches(page: Page, seconds: float) -> None:
    page.wait_for_function("t => v.currentTime >= t", arg=seconds, timeout=15_000)


def test_a_browser_plays_across_a_crash_and_a_hole(site: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page()
        page.goto(site)
        page.wait_for_function("window.loaded")
        codecs = page.evaluate("play(8, 1)")
        # hls.js sorts by rate and keeps sound-only variants out of a master that has pictures.
        assert codecs == ["avc1.42c00c,mp4a.40.2", "avc1.42c014,mp4a.40.2"]
        assert abs(page.evaluate("v.duration") - 24) < 0.1
        # Segment 2 s to 4 s of the second run is missing: players pass over it.
        reaches(page, 13.5)
        page.evaluate("v.currentTime = 16.2")
        reaches(page, 19)
        quality = page.evaluate(
            "(q => [q.corruptedVideoFrames || 0, q.totalVideoFrames])(v.getVideoPlaybackQuality())"
        )
        assert quality[0] == 0
        assert quality[1] > 100
        assert page.evaluate("v.webkitAudioDecodedByteCount") > 10_000
        page.evaluate("play(1, 0)")
        assert page.evaluate("v.videoWidth") == 160
        page.evaluate("play(1, -1, 'son/index.m3u8')")
        assert page.evaluate("[v.videoWidth, v.webkitAudioDecodedByteCount > 0]") == [0, True]
        assert [p for p in page.evaluate("problems") if p["fatal"]] == []
        browser.close()

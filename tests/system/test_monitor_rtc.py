"""The low-latency monitor: the rtc process, a real Chromium, and packets encoded as the engine does."""

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.async_api import Page, async_playwright

from regie.domain.timeline import SAMPLE_RATE
from regie.errors import LinkLost
from regie.link import LinkServer, Peer, connect
from regie.messages import Answer, Call, Hangup, Offer, PictureNews, SoundNews, Subscribe

pytestmark = pytest.mark.system
TICK = SAMPLE_RATE // 25
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--allow-loopback-in-peer-connection",
]
PAGE = """<!doctype html><title>monitor</title><video id="v" autoplay playsinline></video>"""
OFFER = """async (pictures) => {
  window.pc = new RTCPeerConnection();
  if (pictures) pc.addTransceiver('video', {direction: 'recvonly'});
  pc.addTransceiver('audio', {direction: 'recvonly'});
  const stream = new MediaStream();
  pc.ontrack = e => { stream.addTrack(e.track); document.getElementById('v').srcObject = stream; };
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise(done => { pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
    if (pc.iceGatheringState === 'complete') done(); setTimeout(done, 1000); });
  return pc.localDescription.sdp;
}"""
STATS = """async () => {
  const out = {};
  for (const s of (await pc.getStats()).values()) if (s.type === 'inbound-rtp') out[s.kind] = {
    decoded: s.framesDecoded, samples: s.totalSamplesReceived, energy: s.totalAudioEnergy, width: s.frameWidth, pli: s.pliCount };
  return JSON.stringify(out);
}"""


class FakeEngine:
    """Sends moving bars and a tone to whoever subscribes, on its own socket."""

    def __init__(self, path: Path) -> None:
        self.server = LinkServer(path, self._serve)
        self.keyframes_asked = 0
        self._peers: set[Peer] = set()
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = 640, 360, "yuv420p"
        codec.time_base, codec.framerate = Fraction(1, 25), Fraction(25)
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": "keyint=25:scenecut=0",
        }
        self._codec = codec
        self._frame = 0

    async def _serve(self, peer: Peer) -> None:
        async for message in peer.messages():
            if isinstance(message, Subscribe) and message.streams:
                self._peers.add(peer)
            elif isinstance(message, Call):
                self.keyframes_asked += 1
                peer.send(Answer(id=message.id))
        self._peers.discard(peer)

    def tick(self) -> None:
        luma = np.full((360 * 3 // 2, 640), 128, np.uint8)
        luma[:360, (self._frame * 8) % 600 : (self._frame * 8) % 600 + 40] = 235
        frame = av.VideoFrame.from_ndarray(luma, format="yuv420p")
        frame.pts = self._frame
        at = self._frame * TICK
        t = (at + np.arange(TICK)) / SAMPLE_RATE
        tone = np.repeat((8000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)[:, None], 2, axis=1)
        for packet in self._codec.encode(frame):
            news = PictureNews(
                stream="programme", tier="720p", at=at, key=packet.is_keyframe, data=bytes(packet)
            )
            for peer in self._peers:
                peer.send(news)
        for peer in self._peers:
            for stream in ("programme", "casque"):
                peer.send(SoundNews(stream=stream, at=at, data=tone.tobytes()))
        self._frame += 1

    async def play(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for n in range(25 * 60):
            await asyncio.sleep(max(0.0, start + n / 25 - loop.time()))
            self.tick()


@pytest.fixture
def page_server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text(PAGE, "utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@contextlib.asynccontextmanager
async def rtc_process(run: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "regie.rooms.rtc", "--config", "unused.toml", "--run", str(run),
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        assert await asyncio.wait_for(process.wait(), 8) is not None


async def reach(path: Path) -> Peer:
    for _ in range(200):
        with contextlib.suppress(LinkLost):
            return await connect(path)
        await asyncio.sleep(0.05)
    raise AssertionError("the rtc process did not listen within ten seconds")


async def offer_to(run: Path, sdp: str, stream: str = "programme", session: str = "s1") -> Answer:
    peer = await reach(run / "rtc.sock")
    async with asyncio.timeout(10):
        peer.send(Offer(id=1, session=session, stream=stream, sdp=sdp, client="127.0.0.1"))
        async for message in peer.messages():
            assert isinstance(message, Answer)
            peer.close()
            await peer.closed()
            return message
    raise AssertionError("no answer")


async def until_frames(page: Page, more_than: int) -> dict[str, dict[str, float]]:
    async with asyncio.timeout(20):
        while True:
            stats: dict[str, dict[str, float]] = json.loads(await page.evaluate(STATS))
            if (stats.get("video", {}).get("decoded") or 0) > more_than:
                return stats
            await asyncio.sleep(0.1)


async def scenario(tmp_path: Path, url: str) -> None:
    run = tmp_path / "run"
    engine = FakeEngine(run / "engine.sock")
    await engine.server.start()
    async with (
        rtc_process(run),
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS) as browser,
    ):
        page = await browser.new_page()
        await page.goto(url)
        playing = asyncio.create_task(engine.play())
        sdp = await page.evaluate(OFFER, True)
        refused = await offer_to(run, sdp, stream="coulisses")
        assert refused.code == "flux_inconnu"
        answer = await offer_to(run, sdp)
        assert answer.code == "" and "H264" in answer.sdp and "VP8" not in answer.sdp
        await page.evaluate("sdp => pc.setRemoteDescription({type: 'answer', sdp})", answer.sdp)
        stats = await until_frames(page, 50)
        assert stats["video"]["width"] == 640
        assert stats["audio"]["energy"] > 0.001, stats
        assert engine.keyframes_asked >= 1

        # The engine dies and comes back with its clock at zero: the same connection goes on.
        decoded = int(stats["video"]["decoded"])
        await engine.server.stop()
        engine._frame = 0
        engine._peers.clear()
        await engine.server.start()
        await until_frames(page, decoded + 50)

        # The headphones: sound alone.
        await page.evaluate("() => { window.picture = pc; }")
        answer = await offer_to(run, await page.evaluate(OFFER, False), "casque", "s2")
        assert answer.code == "" and "m=video" not in answer.sdp
        await page.evaluate("sdp => pc.setRemoteDescription({type: 'answer', sdp})", answer.sdp)
        await page.wait_for_function(
            f"async () => (JSON.parse(await ({STATS})()).audio?.energy ?? 0) > 0.001"
        )
        # Another control, which opened none of them: the one it names is hung up, the rest is not.
        control = await reach(run / "rtc.sock")
        control.send(Hangup(session="s1"))
        await page.wait_for_function("() => picture.connectionState !== 'connected'")
        assert await page.evaluate("pc.connectionState") == "connected"
        control.close()
        await control.closed()
        playing.cancel()
        await engine.server.stop()


def test_chromium_sees_and_hears_the_programme_and_survives_the_engine(
    tmp_path: Path, page_server: str
) -> None:
    asyncio.run(scenario(tmp_path, page_server))

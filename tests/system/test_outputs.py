"""Outputs against real servers: one dies, one is deaf, one stops reading; the others notice nothing."""

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from regie.board import OutputState, OutputStatus
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media.fanout import Fanout
from regie.media.hls import HlsOutput
from regie.media.recording import Recorder
from regie.media.rtmp import RtmpOutputs
from regie.media.rtmp_protocol import target
from regie.media.rtmp_publisher import Destination
from regie.media.verification import repair, unfinished, verify
from tests.encoded import MAIN, SMALL, SOUND, feed, forever, marks, programme
from tests.system.peers import Nginx, free_port, full_decode_errors, packet_times, probe, wait_for

pytestmark = pytest.mark.system

BITRATE = 2_500_000


class OnAir:
    """A programme in real time into WebTV, recording and RTMP, from a thread, as the delay line does."""

    def __init__(self, directory: Path, destinations: list[Destination]) -> None:
        self.programme = programme(8, BITRATE)
        self.hls = HlsOutput(directory / "hls", self.programme.tiers, 2, Epoch("r1", time.time_ns()))
        self.recorder = Recorder(directory / "r.mp4", self.programme.main, Epoch("r1", time.time_ns()))
        self.rtmp = RtmpOutputs(destinations, self.programme.main)
        self._fanout = Fanout()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, name="public")
        for name, reader in (("hls", self.hls), ("recording", self.recorder), ("rtmp", self.rtmp)):
            self._fanout.add(name, reader)

    async def __aenter__(self) -> "OnAir":
        await self.rtmp.start()
        self.hls.start()
        self.recorder.start()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.to_thread(self._thread.join)
        await self.rtmp.stop()
        assert await asyncio.to_thread(self.hls.close, ended=True)
        assert await asyncio.to_thread(self.recorder.close)
        assert not self._fanout.failed

    def _play(self) -> None:
        clock = MediaClock(SystemClock())
        for packet in forever(self.programme):
            if not clock.wait_until(packet.at, self._stop):
                return
            feed(self._fanout, packet)

    def status(self, output: str) -> OutputStatus:
        return next(s for s in self.rtmp.statuses() if s.id == output)

    def is_live(self, output: str) -> bool:
        return self.status(output).state is OutputState.LIVE


async def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait on the loop until it holds; the seconds it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.02)
    return time.monotonic() - start


def to(name: str, address: str, key: str | None = None, ca: Path | None = None) -> Destination:
    return Destination(name, name, target(address, key or name), ca=ca)


def assert_unbroken(path: Path, at_least: float) -> None:
    """It decodes without a word, time goes on without a hole, and pictures come with their beeps."""
    assert full_decode_errors(path) == []
    for kind, longest in (("v", 0.042), ("a", 0.024)):
        times = packet_times(path, kind)
        assert times[-1] - times[0] >= at_least
        assert max(b - a for a, b in pairwise(times)) < longest
        assert min(b - a for a, b in pairwise(times)) > 0
    pictures, beeps = marks(path)
    middle = list(zip(pictures[1:-1], beeps[1:-1], strict=False))
    assert len(middle) >= at_least - 3
    assert all(abs(picture - beep) < 0.002 for picture, beep in middle)


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    server = Nginx(tmp_path / "a", tls=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Nginx]:
    server = Nginx(tmp_path / "b")
    server.start()
    yield server
    server.stop()


def test_a_server_killed_in_mid_stream_is_back_and_nobody_else_noticed(
    tmp_path: Path, nginx: Nginx, second: Nginx
) -> None:
    async def run() -> None:
        async with OnAir(tmp_path, [to("a", nginx.address()), to("b", second.address())]) as air:
            assert air.rtmp.set_on("a", True)
            assert air.rtmp.set_on("b", True)
            assert not air.rtmp.set_on("c", True)
            await until(lambda: air.is_live("a") and air.is_live("b"), 4, "both are live")
            await asyncio.sleep(2)
            second.kill()
            await until(lambda: air.status("b").state is OutputState.RETRYING, 2, "the loss is seen")
            await asyncio.sleep(2.5)
            assert air.status("b").reason == "connexion_refusee"
            before = second.received()
            await asyncio.to_thread(second.start)
            back = await until(lambda: second.received() > before + 50_000, 3, "the dead one is back on air")
            print(f"back {back:.2f} s after the server's return")
            assert air.status("b").reconnects == 1
            assert air.status("a").reconnects == 0
            await asyncio.sleep(2)
            assert 1000 < air.status("a").kbps < 5000

    asyncio.run(run())
    nginx.stop()
    second.stop()
    (unbroken,) = nginx.recordings()
    assert_unbroken(unbroken, 6)
    assert_unbroken(tmp_path / "r.mp4", 7)
    for rendition in (MAIN, SMALL):
        assert_unbroken(tmp_path / "hls" / rendition / "index.m3u8", 7)
    assert full_decode_errors(tmp_path / "hls" / SOUND / "index.m3u8") == []
    assert full_decode_errors(second.recordings()[-1]) == []
    assert verify(tmp_path / "r.mp4").ok


def test_a_deaf_server_and_one_that_stops_reading_are_left_and_tried_again(
    tmp_path: Path, nginx: Nginx, second: Nginx
) -> None:
    with closing(socket.create_server(("127.0.0.1", free_port()))) as deaf:
        nowhere = f"rtmp://127.0.0.1:{deaf.getsockname()[1]}/live"

        async def run() -> None:
            servers = [to("a", nginx.address()), to("b", second.address()), to("deaf", nowhere)]
            async with OnAir(tmp_path, servers) as air:
                for output in ("a", "b", "deaf"):
                    air.rtmp.set_on(output, True)
                await until(lambda: air.is_live("a") and air.is_live("b"), 4, "both are live")
                second.send(signal.SIGSTOP)
                await until(lambda: air.status("b").reason == "serveur_bloque", 10, "the stall is seen")
                assert air.status("deaf").reason == "serveur_muet"
                second.send(signal.SIGCONT)
                await until(lambda: air.is_live("b"), 4, "it is back once it reads again")
                assert air.status("a").reconnects == 0
                assert air.status("a").dropped == 0

        asyncio.run(run())
    nginx.stop()
    (unbroken,) = nginx.recordings()
    assert_unbroken(unbroken, 4)
    assert_unbroken(tmp_path / "r.mp4", 4)


def test_rtmps_checks_the_certificate(tmp_path: Path, nginx: Nginx) -> None:
    async def run() -> None:
        address = nginx.address(tls=True)
        wrong_name = address.replace("localhost", "127.0.0.1")
        known = nginx.certificate
        servers = [to("good", address, ca=known), to("unknown", address), to("other", wrong_name, ca=known)]
        async with OnAir(tmp_path, servers) as air:
            for output in ("good", "unknown", "other"):
                air.rtmp.set_on(output, True)
            await until(lambda: air.is_live("good"), 4, "live over TLS")
            refused = {"certificat_refuse"}
            await until(lambda: {air.status(o).reason for o in ("unknown", "other")} == refused, 4, "refused")
            await asyncio.sleep(2)
            assert air.is_live("good")

    asyncio.run(run())
    nginx.stop()
    (got,) = nginx.recordings()
    assert full_decode_errors(got) == []
    streams = probe(got)["streams"]
    assert [(s["codec_name"], s.get("profile")) for s in streams] == [
        ("h264", "Constrained Baseline"),
        ("aac", "LC"),
    ]


def test_a_key_that_the_server_refuses_is_said_and_outputs_stop_on_demand(
    tmp_path: Path, nginx: Nginx
) -> None:
    async def run() -> None:
        servers = [to("first", nginx.address(), "same"), to("second", nginx.address(), "same")]
        async with OnAir(tmp_path, servers) as air:
            air.rtmp.set_on("first", True)
            await until(lambda: air.is_live("first"), 4, "live")
            air.rtmp.set_on("second", True)
            await until(lambda: air.status("second").reason == "cle_refusee", 4, "the key is refused")
            assert air.is_live("first")
            air.rtmp.set_on("first", False)
            assert air.status("first").state is OutputState.STOPPED
            await until(lambda: air.is_live("second"), 4, "the second takes the key once the first has left")

    asyncio.run(run())


WRITER = """
import sys, time, threading
from pathlib import Path
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media.hls import HlsOutput
from regie.media.recording import Recorder
from tests.encoded import feed, forever, programme

directory, run = Path(sys.argv[1]), sys.argv[2]
stream = programme(8, 2_500_000)
hls = HlsOutput(directory / "hls", stream.tiers, 2, Epoch(run, time.time_ns()))
recorder = Recorder(directory / f"{run}.mp4", stream.main, Epoch(run, time.time_ns()))
hls.start()
recorder.start()
clock = MediaClock(SystemClock())
for packet in forever(stream):
    clock.wait_until(packet.at, threading.Event())
    feed(hls, packet)
    feed(recorder, packet)
"""


def test_a_session_longer_than_24_bits_of_milliseconds(tmp_path: Path, nginx: Nginx) -> None:
    """After 4 h 39 min 37 s times no longer fit the short header: nothing happens."""
    stream = programme(8, BITRATE)
    almost = 16_776 * SAMPLE_RATE

    async def run() -> None:
        outputs = RtmpOutputs([to("long", nginx.address())], stream.main)
        await outputs.start()
        feed(outputs, stream.packets[0])
        outputs.set_on("long", True)
        clock = MediaClock(SystemClock())
        for packet in forever(stream, almost):
            since = packet.at - almost
            if since > 6 * SAMPLE_RATE:
                break
            await asyncio.sleep(max(0.0, clock.seconds_until(since)))
            feed(outputs, packet)
        (status,) = outputs.statuses()
        assert (status.state, status.reconnects, status.dropped) == (OutputState.LIVE, 0, 0)
        await outputs.stop()

    asyncio.run(run())
    nginx.stop()
    (got,) = nginx.recordings()
    assert_unbroken(got, 4)


def kill_writer(directory: Path, run: str) -> str:
    """Let a process write two segments, kill it; what readers had seen of its playlist."""
    index, small = (directory / "hls" / rendition / "index.m3u8" for rendition in (MAIN, SMALL))
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(directory), run])
    try:
        for playlist in (small, index):  # each rendition has its own pace
            wait_for(
                lambda at=playlist: at.exists() and at.read_text().count(f"{run}-00000") >= 2,  # type: ignore[misc]
                15,
                "two segments",
            )
        return index.read_text()
    finally:
        writer.kill()
        writer.wait(5)


def test_a_process_killed_while_it_writes_leaves_what_it_had_written(tmp_path: Path) -> None:
    main = tmp_path / "hls" / MAIN / "index.m3u8"
    for run in ("r1", "r2"):
        seen = kill_writer(tmp_path, run)
        assert main.read_text().startswith(seen)
        assert unfinished(tmp_path) == [tmp_path / f"{run}.mp4"]
        found = repair(tmp_path / f"{run}.mp4")
        assert found.ok
        assert found.duration_ms >= 3000
        assert full_decode_errors(tmp_path / f"{run}.mp4") == []
    for rendition in (MAIN, SMALL):
        index = tmp_path / "hls" / rendition / "index.m3u8"
        assert index.read_text().count("#EXT-X-DISCONTINUITY\n") == 1
        index.write_text(index.read_text() + "#EXT-X-ENDLIST\n")
        # FFmpeg says this of any second initialisation segment.
        assert [e for e in full_decode_errors(index) if "duplicated MOOV" not in e] == []
        assert len(packet_times(index, "v")) >= 4 * 50

"""Sources read from servers that are not ours: FFmpeg, GStreamer, nginx; killed, restarted, lying, sending garbage."""

import contextlib
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from config.inputs import SourceConfig, SourceKind
from regie.board import Decoding, SourceState
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import MediaTime, from_ms
from regie.media.frames import ProgrammeFormat, Source
from regie.media.rooms import RoomInbox
from regie.media.source import make_source
from tests.system.peers import Nginx, free_port, is_listening, wait_for
from tests.unit.clips import clip

pytestmark = pytest.mark.system

WANTED = ProgrammeFormat(320, 180, 25)
TICK = WANTED.tick
GST = Path(__file__).with_name("gst_rtsp_server.py")


class Peer:
    """A process that serves; restarted by the same command."""

    def __init__(self, *command: str) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)
            self._process = None


@dataclass
class Seen:
    """What the mixer would have seen, tick by tick."""

    ages: list[int] = field(default_factory=list)
    states: list[SourceState] = field(default_factory=list)
    fresh: int = 0
    sound: list[np.ndarray[Any, Any]] = field(default_factory=list)


class Watcher:
    """Plays the mixer in real time on one source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.clock = CLOCK
        self.stop = threading.Event()

    def watch(self, seconds: float, until: Callable[[Seen], bool] = lambda _: False) -> Seen:
        """Look at each tick for some time, or until a condition holds."""
        seen = Seen()
        last: object = None
        first = self.clock.now() // TICK + 1
        for n in range(int(seconds * 25)):
            t = MediaTime((first + n) * TICK)
            self.clock.wait_until(t, self.stop)
            shown = self.source.picture_at(t)
            sound = self.source.sound_at(t, TICK)
            seen.states.append(self.source.status().state)
            seen.sound.append(np.zeros((2, TICK), np.float32) if sound is None else sound)
            if shown is not None:
                seen.fresh += shown.frame is not last
                last = shown.frame
                seen.ages.append(t - from_ms(280) - shown.at)
            if until(seen):
                break
        return seen

    def until_live(self, seconds: float) -> float:
        """Wait for moving pictures; the seconds it took."""
        seen = self.watch(seconds, lambda s: s.states[-1] is SourceState.LIVE and s.fresh >= 3)
        assert seen.states[-1] is SourceState.LIVE and seen.fresh >= 3, self.source.status()
        return len(seen.states) / 25

    def until_lost(self, seconds: float) -> None:
        seen = self.watch(seconds, lambda s: s.states[-1] in (SourceState.STALE, SourceState.DOWN))
        assert seen.states[-1] in (SourceState.STALE, SourceState.DOWN), self.source.status()


CLOCK = MediaClock(SystemClock())


@pytest.fixture
def ends() -> Iterator[contextlib.ExitStack]:
    """What must be stopped, whatever happens."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    clip(path, pictures=100, size=(320, 180), gop=25)
    return path


def opened(ends: contextlib.ExitStack, genre: SourceKind, address: str, **more: Any) -> Watcher:
    config = SourceConfig(id="cam", nom="Caméra", genre=genre, adresse=address, **{"delai_s": 2.0} | more)
    source = make_source(config, WANTED, CLOCK, 280, RoomInbox(frozenset()))
    source.want(Decoding.FULL)
    source.start()
    ends.callback(source.stop)
    return Watcher(source)


def pushed(ends: contextlib.ExitStack, film: Path, address: str, form: str = "mpegts") -> Peer:
    peer = Peer(
        "ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(film), "-c", "copy", "-f", form, address
    )  # fmt: skip
    ends.callback(peer.kill)
    return peer


def is_smooth(watcher: Watcher, seconds: float = 2.0) -> None:
    """Nearly every tick has its new picture, at its time (the machine may be busy); the sound has no hole."""
    seen = watcher.watch(seconds)
    assert seen.fresh >= 0.9 * len(seen.states)
    assert np.median(np.abs(seen.ages)) <= TICK // 2 + TICK // 16
    line = np.concatenate(seen.sound, axis=1)[0]
    assert np.abs(line).max() > 0.05
    quiet = np.flatnonzero(np.abs(line) > 0.01)
    assert np.diff(quiet).max() < 480


def test_transport_stream_over_udp(ends: contextlib.ExitStack, film: Path) -> None:
    port = free_port()
    watcher = opened(ends, SourceKind.MPEGTS, f"udp://127.0.0.1:{port}")
    peer = pushed(ends, film, f"udp://127.0.0.1:{port}?pkt_size=1316")
    watcher.until_live(8)
    watcher.watch(1.5)
    is_smooth(watcher)
    peer.kill()
    watcher.until_lost(2)
    peer.start()
    assert watcher.until_live(6) <= 3.5


def test_transport_stream_over_tcp_killed_and_back(ends: contextlib.ExitStack, film: Path) -> None:
    port = free_port()
    peer = pushed(ends, film, f"tcp://127.0.0.1:{port}?listen=1")
    watcher = opened(ends, SourceKind.MPEGTS, f"tcp://127.0.0.1:{port}")
    watcher.until_live(8)
    watcher.watch(1.5)
    is_smooth(watcher)
    peer.kill()
    watcher.until_lost(2)
    assert watcher.source.picture_at(MediaTime(CLOCK.now())) is not None
    watcher.watch(2)
    peer.start()
    assert watcher.until_live(6) <= 3.0
    assert watcher.source.status().reconnects == 1


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_rtsp(ends: contextlib.ExitStack, transport: str) -> None:
    port = free_port()
    peer = Peer("/usr/bin/python3", str(GST), str(port), "25")
    ends.callback(peer.kill)
    wait_for(lambda: is_listening(port), 10, "GStreamer listens")
    watcher = opened(ends, SourceKind.RTSP, f"rtsp://127.0.0.1:{port}/cam", transport=transport)
    watcher.until_live(8)
    watcher.watch(1.5)
    is_smooth(watcher)
    if transport == "tcp":
        peer.kill()
        watcher.until_lost(3)
        peer.start()
        wait_for(lambda: is_listening(port), 10, "GStreamer listens again")
        assert watcher.until_live(6) <= 3.0


def test_rtsp_asks_for_a_password(ends: contextlib.ExitStack) -> None:
    port = free_port()
    peer = Peer("/usr/bin/python3", str(GST), str(port), "25", "regie:p@ss/word")
    ends.callback(peer.kill)
    wait_for(lambda: is_listening(port), 10, "GStreamer listens")
    address = f"rtsp://127.0.0.1:{port}/cam"
    stranger = opened(ends, SourceKind.RTSP, address)
    wait_for(lambda: stranger.source.status().reason == "acces_refuse", 8, "refused")
    friend = opened(ends, SourceKind.RTSP, address, utilisateur="regie", mot_de_passe=SecretStr("p@ss/word"))
    friend.until_live(8)


def test_rtsp_from_vlc_which_gives_udp_only(ends: contextlib.ExitStack, tmp_path: Path) -> None:
    port = free_port()
    # VLC refuses to be root: as nobody it needs a folder that others may read.
    folder = Path(ends.enter_context(tempfile.TemporaryDirectory(dir="/tmp")))
    folder.chmod(0o755)
    clip(folder / "film.mkv", pictures=750, size=(320, 180), gop=25)
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
    stream = f"#rtp{{sdp=rtsp://127.0.0.1:{port}/cam}}"
    peer = Peer(
        *nobody, "env", f"HOME={folder}", "vlc", "-I", "dummy", "--loop", str(folder / "film.mkv"), "--sout", stream
    )  # fmt: skip
    ends.callback(peer.kill)
    wait_for(lambda: is_listening(port), 15, "VLC listens")
    address = f"rtsp://127.0.0.1:{port}/cam"
    watcher = opened(ends, SourceKind.RTSP, address, transport="udp")
    watcher.until_live(8)
    watcher.watch(1.0)
    seen = watcher.watch(2.0)
    assert seen.fresh >= 0.9 * len(seen.states)
    over_tcp = opened(ends, SourceKind.RTSP, address)
    wait_for(lambda: bool(over_tcp.source.status().reason), 8, "said why there is no picture over TCP")
    peer.kill()
    watcher.until_lost(3)
    peer.start()
    wait_for(lambda: is_listening(port), 15, "VLC listens again")
    watcher.until_live(8)


@pytest.mark.parametrize("listener", [False, True])
def test_srt(ends: contextlib.ExitStack, film: Path, listener: bool) -> None:
    port = free_port()
    ours = f"srt://127.0.0.1:{port}" + ("?mode=listener" if listener else "")
    theirs = f"srt://127.0.0.1:{port}?mode={'caller' if listener else 'listener'}&pkt_size=1316"
    secret = "une-phrase-secrete"
    watcher = opened(ends, SourceKind.SRT, ours, mot_de_passe=SecretStr(secret))
    watcher.watch(0.3)
    peer = pushed(ends, film, f"{theirs}&passphrase={secret}")
    watcher.until_live(8)
    watcher.watch(1.5)
    is_smooth(watcher)
    peer.kill()
    # libsrt tells that its peer is gone after five seconds of silence; ours are stale long before.
    watcher.until_lost(2)


def test_srt_with_a_wrong_passphrase(ends: contextlib.ExitStack, film: Path) -> None:
    port = free_port()
    pushed(ends, film, f"srt://127.0.0.1:{port}?mode=listener&passphrase=une-phrase-secrete")
    watcher = opened(
        ends, SourceKind.SRT, f"srt://127.0.0.1:{port}", mot_de_passe=SecretStr("une-autre-phrase")
    )
    wait_for(lambda: watcher.source.status().reason == "acces_refuse", 8, "refused")


def test_rtmp_from_nginx(ends: contextlib.ExitStack, film: Path, tmp_path: Path) -> None:
    nginx = Nginx(tmp_path, record=False)
    nginx.start()
    ends.callback(nginx.stop)
    peer = pushed(ends, film, f"{nginx.address()}/cam", "flv")
    watcher = opened(ends, SourceKind.RTMP, f"{nginx.address()}/cam")
    watcher.until_live(8)
    watcher.watch(1.5)
    is_smooth(watcher)
    peer.kill()
    watcher.until_lost(3)
    peer.start()
    assert watcher.until_live(8) <= 3.0


def test_a_film_over_http_plays_at_its_own_pace(ends: contextlib.ExitStack, film: Path) -> None:
    port = free_port()
    peer = Peer(
        "/usr/bin/python3",
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(film.parent),
    )
    ends.callback(peer.kill)
    wait_for(lambda: is_listening(port), 10, "the server listens")
    # Matroska: an MP4 whose index comes last cannot be read from a server without ranges, as this one.
    clip(film.parent / "film.mkv", pictures=100, size=(320, 180), gop=25)
    watcher = opened(ends, SourceKind.HTTP, f"http://127.0.0.1:{port}/film.mkv")
    watcher.until_live(5)
    # Longer than the film: it begins again.
    is_smooth(watcher, 5)


class Speaker:
    """A TCP server that sends these bytes to each who comes, at this rate, then goes silent."""

    def __init__(self, chunks: list[bytes], pause_s: float = 0.04) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._chunks = chunks
        self._pause = pause_s
        self._stop = threading.Event()
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                for chunk in self._chunks:
                    if self._stop.wait(self._pause):
                        return
                    peer.sendall(chunk)
                self._stop.wait(60)

    def close(self) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


def stream_of(tmp_path: Path, name: str, pictures: int, **how: Any) -> list[bytes]:
    """A transport stream in one chunk a picture, roughly."""
    clip(tmp_path / name, pictures=pictures, container="mpegts", **how)
    data = (tmp_path / name).read_bytes()
    size = len(data) // pictures // 188 * 188 + 188
    return [data[n : n + size] for n in range(0, len(data), size)]


def test_garbage_in_mid_stream(ends: contextlib.ExitStack, tmp_path: Path) -> None:
    good = stream_of(tmp_path, "a.ts", 150, size=(320, 180), gop=10)
    draw = np.random.default_rng(4)
    bad = [draw.integers(0, 256, 5000, np.uint8).tobytes() for _ in range(25)]
    speaker = Speaker(good[:50] + bad + good[50:])
    ends.callback(speaker.close)
    watcher = opened(ends, SourceKind.MPEGTS, f"tcp://127.0.0.1:{speaker.port}")
    watcher.until_live(5)
    seen = watcher.watch(5)
    assert seen.states[-1] is SourceState.LIVE
    assert seen.fresh > 80
    assert watcher.source.status().reconnects == 0


def test_a_change_of_size_and_rate_in_mid_stream(ends: contextlib.ExitStack, tmp_path: Path) -> None:
    small = stream_of(tmp_path, "a.ts", 60, size=(320, 180), gop=10)
    large = stream_of(tmp_path, "b.ts", 200, size=(640, 480), gop=20, fps=50, sound=False)
    speaker = Speaker(small + [b"".join(large[n : n + 2]) for n in range(0, len(large), 2)])
    ends.callback(speaker.close)
    watcher = opened(ends, SourceKind.MPEGTS, f"tcp://127.0.0.1:{speaker.port}")
    watcher.until_live(5)
    assert watcher.source.status().width == 320
    seen = watcher.watch(4)
    status = watcher.source.status()
    assert (status.width, status.height) == (640, 480)
    assert abs(status.fps - 50) < 5
    assert not status.has_sound
    assert seen.states[-1] is SourceState.LIVE and seen.fresh > 60
    shown = watcher.source.picture_at(MediaTime(CLOCK.now()))
    assert shown is not None and (shown.frame.width, shown.frame.height) == (320, 180)


def test_a_server_that_says_nothing(ends: contextlib.ExitStack) -> None:
    speaker = Speaker([])
    ends.callback(speaker.close)
    watcher = opened(ends, SourceKind.RTSP, f"rtsp://127.0.0.1:{speaker.port}/cam", delai_s=1.0)
    wait_for(lambda: watcher.source.status().reason == "delai_depasse", 5, "given up")
    assert watcher.source.status().state is SourceState.DOWN


def test_thirty_four_microphones_over_tcp(ends: contextlib.ExitStack, tmp_path: Path) -> None:
    """A raw WAV without an end, as a sound server streams it; three channels of it."""
    count = 48_000 * 4
    line = np.zeros((count, 34), "<i2")
    line[:, 4] = np.round(8000 * np.sin(2 * np.pi * 1000 * np.arange(count) / 48_000))
    head = (
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00"
        + (34).to_bytes(2, "little")
        + (48_000).to_bytes(4, "little")
        + (48_000 * 68).to_bytes(4, "little")
        + (68).to_bytes(2, "little")
        + b"\x10\x00data\xff\xff\xff\xff"
    )
    body = line.tobytes()
    chunk = 960 * 68
    speaker = Speaker([head] + [body[n : n + chunk] for n in range(0, len(body), chunk)], pause_s=0.0195)
    ends.callback(speaker.close)
    watcher = opened(
        ends, SourceKind.SOUND, f"tcp://127.0.0.1:{speaker.port}", format="wav", canaux=(1, 5, 34)
    )
    wait_for(lambda: watcher.source.status().has_sound, 5, "sound")
    watcher.watch(1.5)
    before = os.times()
    seen = watcher.watch(1.5)
    after = os.times()
    heard = np.concatenate(seen.sound, axis=1)[0]
    assert abs(np.abs(heard).max() - 8000 / 32768) < 0.01
    assert watcher.source.status().state is SourceState.LIVE
    assert watcher.source.picture_at(MediaTime(CLOCK.now())) is None
    assert (after.user + after.system - before.user - before.system) / 1.5 < 0.5

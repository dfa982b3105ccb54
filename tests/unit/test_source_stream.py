"""A source over its life: connecting, live, stale, lost, back; always answering."""

import io
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Stream

from config.inputs import SourceConfig, SourceKind
from regie.board import Decoding, SourceState
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import MediaTime, from_ms
from regie.errors import DeviceError
from regie.media.frames import ProgrammeFormat
from regie.media.reading import Reading
from regie.media.rooms import RoomInbox
from regie.media.source import LAST_RETRY, StreamSource, make_source
from tests.system.peers import wait_for
from tests.unit.clips import clip, luma, picture

pytestmark = pytest.mark.unit

WANTED = ProgrammeFormat(160, 96, 25)
TICK = WANTED.tick


class HandClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.ns = 1_000_000_000

    def monotonic_ns(self) -> int:
        return self.ns

    def utc_ns(self) -> int:
        return self.ns


class FakeCamera(Reading):
    """A connection whose packets are sent by the test; ``end`` loses it."""

    def __init__(self, config: SourceConfig, stop: threading.Event, data: bytes) -> None:
        super().__init__(config, stop)
        self._source = av.open(io.BytesIO(data), "r", format="mpegts")
        self._all = self._source.demux()
        self.inbox: queue.Queue[Stream | Exception | str] = queue.Queue()
        self.fails: DeviceError | None = None

    def open(self) -> None:
        if self.fails is not None:
            raise self.fails
        self._pick_streams(self._source)

    def packets(self) -> Iterator[Any]:
        while not self._stop.is_set():
            try:
                said = self.inbox.get(timeout=0.05)
            except queue.Empty:
                continue
            if isinstance(said, Exception):
                raise said
            packet = next(self._all)
            while not isinstance(packet.stream, av.VideoStream):
                yield packet
                packet = next(self._all)
            yield packet

    def close(self) -> None:
        self._source.close()


class Rig:
    """A source on a hand-moved clock, with cameras that the test works."""

    def __init__(self, pictures: int = 100, gop: int = 10) -> None:
        data = io.BytesIO()
        clip(data, pictures=pictures, gop=gop, size=(160, 96), container="mpegts")
        self.data = data.getvalue()
        self.hands = HandClock()
        self.clock = MediaClock(self.hands)
        self.cameras: list[FakeCamera] = []
        self.refuse: DeviceError | None = None
        config = SourceConfig(id="cam", nom="Caméra", genre=SourceKind.RTSP, adresse="rtsp://regie:secret@h/")
        self.source = StreamSource(config, WANTED, self.clock, 280, self.connect)

    def connect(self, config: SourceConfig, stop: threading.Event) -> Reading:
        camera = FakeCamera(config, stop, self.data)
        camera.fails = self.refuse
        self.cameras.append(camera)
        return camera

    def send(self, pictures: int = 1) -> None:
        """A picture every 40 ms of the hand clock."""
        for _ in range(pictures):
            self.move(40)
            self.cameras[-1].inbox.put("picture")
            wait_for(self.cameras[-1].inbox.empty, 5, "the picture is taken")

    def move(self, ms: int) -> None:
        self.hands.ns += ms * 1_000_000

    def state(self) -> SourceState:
        return self.source.status().state

    def until(self, condition: Callable[[], bool], what: str) -> None:
        wait_for(condition, 5, what)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    made.source.start()
    wait_for(lambda: bool(made.cameras), 5, "the first connection")
    yield made
    made.source.stop()
    assert not [t.name for t in threading.enumerate() if t.name in ("src:cam", "dec:cam")]


def test_from_connecting_to_live_stale_and_live_again(rig: Rig) -> None:
    assert rig.state() is SourceState.CONNECTING
    assert rig.source.picture_at(MediaTime(0)) is None
    rig.send(5)
    rig.until(lambda: rig.state() is SourceState.LIVE, "live")
    rig.move(600)
    assert rig.state() is SourceState.STALE
    assert rig.source.status().reason == "silence"
    assert not rig.source.is_ready()
    rig.send(2)
    assert rig.state() is SourceState.STALE, "two pictures after a silence may be all there is"
    rig.send(26)
    rig.until(lambda: rig.state() is SourceState.LIVE, "live again")


def test_a_lost_source_keeps_its_picture_and_comes_back(rig: Rig) -> None:
    rig.send(12)
    rig.until(lambda: rig.source.picture_at(rig.clock.now()) is not None, "a picture")
    rig.cameras[-1].inbox.put(DeviceError("gone", code="fin_du_flux"))
    rig.until(lambda: rig.state() is SourceState.DOWN, "down")
    assert rig.source.status().reason == "fin_du_flux"
    rig.until(lambda: len(rig.cameras) == 2, "a new connection")
    assert rig.source.picture_at(rig.clock.now()) is not None
    rig.send(3)
    rig.until(lambda: rig.state() is SourceState.LIVE, "back")
    assert rig.source.status().reconnects == 1


def test_full_decoding_is_ready_when_caught_up(rig: Rig) -> None:
    rig.send(15)
    rig.until(lambda: rig.state() is SourceState.LIVE, "live")
    assert not rig.source.is_ready()
    assert rig.source.status().decoding is Decoding.KEYFRAMES
    rig.source.want(Decoding.FULL)
    rig.until(rig.source.is_ready, "caught up")
    assert rig.source.status().decoding is Decoding.FULL
    rig.send(8)
    # 23 pictures came, one each 40 ms; the one shown is 7 ticks behind the newest.
    rig.until(lambda: rig.source._sync.newest == rig.clock.now() // TICK * TICK, "the newest is decoded")
    shown = rig.source.picture_at(MediaTime(rig.clock.now() // TICK * TICK))
    assert shown is not None
    assert shown.at == rig.clock.now() // TICK * TICK - from_ms(280)
    rig.source.want(Decoding.KEYFRAMES)
    assert not rig.source.is_ready()


def test_sound_comes_with_the_picture(rig: Rig) -> None:
    rig.send(50)
    rig.until(lambda: rig.source.status().has_sound, "sound")
    sound = rig.source.sound_at(MediaTime(rig.clock.now()), TICK)
    assert sound is not None and sound.shape == (2, TICK)
    assert 0.4 < np.abs(sound).max() < 0.6
    rig.cameras[-1].inbox.put(DeviceError("gone", code="fin_du_flux"))
    rig.until(lambda: rig.state() is SourceState.DOWN, "down")
    rig.move(3000)
    assert rig.source.sound_at(MediaTime(rig.clock.now()), TICK) is None


def test_a_late_source_has_no_negative_latency(rig: Rig) -> None:
    rig.send(15)
    rig.until(lambda: rig.source.status().latency_ms == 280, "the delay of the frame-sync")
    rig.move(800)
    rig.send(25)
    # What comes 800 ms late is shown at once.
    assert 0 <= rig.source.status().latency_ms < 200


def test_a_bug_does_not_take_a_source_away(rig: Rig) -> None:
    rig.cameras[-1].inbox.put(RuntimeError("a bug"))
    rig.until(lambda: len(rig.cameras) == 2, "a new connection")
    rig.send(3)
    rig.until(lambda: rig.state() is SourceState.LIVE, "live")


def test_transitions_are_told_once_and_tell_no_secret(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig.send(5)
    rig.until(lambda: rig.state() is SourceState.LIVE, "live")
    rig.move(600)
    for _ in range(5):
        rig.state()
    told = [r.getMessage() for r in caplog.records if r.name.startswith("regie.media.source")]
    assert told == ["source cam is live", "source cam is stale"]
    assert "secret" not in caplog.text


def test_retries_are_farther_and_farther_apart() -> None:
    rig = Rig()
    rig.refuse = DeviceError("no", code="connexion_refusee")
    waits: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            if len(waits) == 6:
                self.set()
            return self.is_set()

    rig.source._stop = Stop()
    rig.source.start()
    rig.source._thread.join(5)
    assert waits == [0.2, 0.4, 0.8, 1.6, LAST_RETRY, LAST_RETRY]
    assert rig.source.status().state is SourceState.DOWN
    assert rig.source.status().reason == "connexion_refusee"


def test_stopping_twice_and_before_starting() -> None:
    rig = Rig()
    rig.source.stop()
    rig.source.start()
    rig.source.stop()
    rig.source.stop()
    assert not rig.source._thread.is_alive()


def flash_and_beep(path: Path, at: int, pictures: int) -> None:
    """Grey but for one white picture, silent but for 40 ms of tone, at the same instant."""
    with av.open(path, "w") as out:
        video = out.add_stream("libx264", rate=25, options={"g": "25", "bf": "2", "preset": "ultrafast"})
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        sound = out.add_stream("aac", rate=48_000, layout="stereo")
        assert isinstance(sound, av.AudioStream)
        for n in range(pictures):
            frame = picture(0, 160, 96)
            frame.planes[0].update(bytes([235 if n == at else 60]) * frame.planes[0].buffer_size)
            frame.pts = n
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        line = np.zeros((2, pictures * TICK), np.float32)
        line[:, at * TICK : (at + 1) * TICK] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(TICK) / 48_000)
        for start in range(0, line.shape[1], 1024):
            block = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(line[:, start : start + 1024]), "fltp", "stereo"
            )
            block.sample_rate, block.pts = 48_000, start
            out.mux(sound.encode(block))
        out.mux(sound.encode(None))


def test_a_file_loops_without_a_seam_its_picture_and_sound_together(tmp_path: Path) -> None:
    flash_and_beep(tmp_path / "a.mp4", at=10, pictures=20)
    clock = MediaClock(SystemClock())
    config = SourceConfig(id="film", nom="Film", genre=SourceKind.FILE, adresse=str(tmp_path / "a.mp4"))
    source = make_source(config, WANTED, clock, 280, RoomInbox(frozenset()))
    assert isinstance(source, StreamSource)
    source.want(Decoding.FULL)
    source.start()
    stop = threading.Event()
    flashes, beeps, ages = [], [], []
    heard: list[np.ndarray[Any, Any]] = []
    for n in range(75):
        t = MediaTime(n * TICK)
        clock.wait_until(t, stop)
        shown = source.picture_at(t)
        sound = source.sound_at(t, TICK)
        heard.append(np.zeros((2, TICK), np.float32) if sound is None else sound)
        if shown is not None and n > 20:
            ages.append(t - from_ms(280) - shown.at)
            if luma(shown.frame)[0] > 200:
                # When it was due: a busy machine may show a picture a tick late.
                flashes.append(shown.at + from_ms(280))
    source.stop()
    line = np.abs(np.concatenate(heard, axis=1)[0])
    loud = np.flatnonzero(line > 0.2)
    starts = [int(loud[0])] + [int(b) for a, b in zip(loud, loud[1:], strict=False) if b - a > 9600]
    beeps = [start for start in starts if start > 20 * TICK]
    assert ages.count(0) >= 0.95 * len(ages) and set(ages) <= {0, TICK}
    assert [b - a for a, b in zip(flashes, flashes[1:], strict=False)] == [20 * TICK] * (len(flashes) - 1)
    assert len(flashes) >= 2 and len(beeps) >= 2
    for flash in flashes:
        assert min(abs(flash - beep) for beep in beeps) <= from_ms(3)
    status = source.status()
    assert (status.drops, status.reconnects) == (0, 0)


def test_the_mixer_never_waits(rig: Rig) -> None:
    rig.source.want(Decoding.FULL)
    rig.send(20)
    clock = SystemClock()
    spent = []
    for n in range(200):
        begin = clock.monotonic_ns()
        rig.source.picture_at(MediaTime(rig.clock.now() + n))
        rig.source.sound_at(MediaTime(rig.clock.now()), TICK)
        rig.source.is_ready()
        spent.append(clock.monotonic_ns() - begin)
    assert sorted(spent)[len(spent) // 2] < 500_000

"""What leaves, measured by ffmpeg: loudness and true peak of the encoded programme; how soon a word on the wire is in it."""

import contextlib
import re
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from audio.micbus import MicBus
from audio.settings import Setting, Strip
from config.chamber import Microphone
from config.inputs import SourceConfig, SourceKind
from config.schema import Config, Town
from hardware_mocks.people import SENTENCES, council
from hardware_mocks.streams import wav_header
from hardware_mocks.voices import Voices
from regie.clock import MediaClock, SystemClock
from regie.domain.commands import SetInput
from regie.domain.timeline import SAMPLE_RATE
from regie.media.engine_state import EngineState
from regie.media.frames import ProgrammeFormat, Sound, SoundBlock
from regie.media.rooms import RoomInbox
from regie.media.sound_encoder import AacEncoder
from regie.media.stage import Stage

pytestmark = pytest.mark.system
BLOCK = 1920
TURN_S = 7
TURN = TURN_S * SAMPLE_RATE
LEVELS_DB = (-12.0, 6.0, -3.0, 0.0)
"""Speakers near and far from their microphones: 18 dB apart."""


def speeches() -> Sound:
    """Each councillor his turn in his own microphone (microphones, n), over the noise of the hall."""
    voices, people = Voices(7), council(7)
    random = np.random.default_rng(7)
    lines = random.normal(0, 2e-4, (len(LEVELS_DB), len(LEVELS_DB) * TURN)).astype(np.float32)
    for seat, level in enumerate(LEVELS_DB):
        said = np.concatenate([voices.say(people[seat], sentence) for sentence in SENTENCES[seat : seat + 2]])
        said = np.resize(said, TURN).astype(np.float32) / 32768 * 10 ** (level / 20)
        lines[seat, seat * TURN : (seat + 1) * TURN] += said
    return lines


def encoded(lines: Sound, path: Path, target: float) -> None:
    """The programme of these microphones, as it leaves: AAC at the usual rate."""
    desk = Setting(automix=True, levelled=True, high_pass_hz=80)
    strips = [Strip(f"m{n}", "hall", (n,), desk) for n in range(len(lines))]
    padded = np.pad(lines, ((0, 0), (0, 2 * BLOCK)))
    bus = MicBus(strips, {"hall": lambda t, n: padded[:, t : t + n]}, target_lufs=target)
    aac = AacEncoder(128_000)
    with av.open(str(path), "w", format="adts") as out:
        stream = out.add_stream_from_template(aac.template)
        for t in range(0, lines.shape[1], BLOCK):
            for unit in aac.encode(bus.block(t, BLOCK).programme):
                packet = av.Packet(unit.data)
                packet.pts = packet.dts = unit.at + 1024
                packet.stream = stream
                out.mux(packet)
    aac.close()


def measured(path: Path, start: float, seconds: float) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP) by ffmpeg's ebur128."""
    done = subprocess.run(
        ["ffmpeg", "-nostats", "-ss", str(start), "-t", str(seconds), "-i", str(path),
         "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    summary = done.stderr[done.stderr.rindex("Summary:") :]
    loudness = re.search(r"I:\s+(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    assert loudness and peak
    return float(loudness[1]), float(peak[1])


def test_the_programme_has_its_loudness_and_every_speaker_too(tmp_path: Path) -> None:
    path, lines = tmp_path / "programme.aac", speeches()
    encoded(lines, path, -16.0)
    loudness, peak = measured(path, 0, len(LEVELS_DB) * TURN_S)
    assert loudness == pytest.approx(-16.0, abs=1.0)
    assert peak <= -1.0
    for seat in range(len(LEVELS_DB)):
        alone, _ = measured(path, seat * TURN_S + 2, TURN_S - 2)
        assert alone == pytest.approx(-16.0, abs=2.0), f"speaker {seat}"
    encoded(lines[:, : 2 * TURN], path, -23.0)
    loudness, _ = measured(path, 0, 2 * TURN_S)
    assert loudness == pytest.approx(-23.0, abs=1.0)


class Table:
    """A table of three microphones on TCP: silence, and a burst on the second every half second."""

    def __init__(self, clock: MediaClock) -> None:
        self._clock = clock
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.bursts: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Table":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        self._server.close()

    def _serve(self) -> None:
        client, _ = self._server.accept()
        with client, contextlib.suppress(ConnectionError):
            client.sendall(wav_header(3))
            began = time.monotonic()
            for n in range(10_000):
                block = np.zeros((BLOCK // 4, 3), np.int16)
                if n % 50 == 49:
                    # Heard at the end of its block, which is when it is sent.
                    block[-40:, 1] = 16_000
                if self._stop.wait(max(0.0, began + n * 0.01 - time.monotonic())):
                    return
                if n % 50 == 49:
                    self.bursts.append(self._clock.now())
                client.sendall(block.tobytes())


def test_a_word_is_heard_as_soon_as_the_waiting_of_pictures_allows() -> None:
    """In the programme a frame-sync delay later, a little more on a busy machine; and not at all once its microphone is closed."""
    clock = MediaClock(SystemClock())
    blocks: list[SoundBlock] = []
    with Table(clock) as table:
        source = SourceConfig(
            id="table",
            nom="Table",
            genre=SourceKind.SOUND,
            adresse=f"tcp://127.0.0.1:{table.port}",
            format="wav",
        )
        microphones = tuple(
            Microphone(id=f"m{n}", nom=f"M{n}", source="table", canal=n, automixage=False, nivellement=False)
            for n in (1, 2, 3)
        )
        config = Config(ville=Town(nom="V"), source=(source,), micro=microphones)
        stage = Stage(
            config, clock, ProgrammeFormat(640, 360, 25), lambda picture: None, blocks.append,
            lambda name, at, jpeg: None, EngineState(), RoomInbox(frozenset()),
        )  # fmt: skip
        stage.start()
        try:
            until(lambda: len(heard(blocks)) >= 6)
            delays = [min(abs(at - sent - FRAME_SYNC) for sent in table.bursts) for at in heard(blocks)[2:]]
            assert statistics.median(delays) <= 3 * BLOCK, "a frame-sync delay, and what a busy machine adds"
            stage.mixer.set_input(SetInput(source="m2", muted=True))
            until(lambda: len(blocks) > 0)
            closed = len(blocks) + 3
            until(lambda: len(blocks) > closed + 40)
            assert not any(block.samples.any() for block in blocks[closed:]), "not one sample of it"
        finally:
            stage.stop()


FRAME_SYNC = SAMPLE_RATE * 280 // 1000


def heard(blocks: list[SoundBlock]) -> list[int]:
    """Where each burst begins in the programme."""
    starts: list[int] = []
    for block in tuple(blocks):
        loud = np.flatnonzero(np.abs(block.samples[0]) > 0.1)
        if loud.size and (not starts or block.at + int(loud[0]) - starts[-1] > SAMPLE_RATE // 10):
            starts.append(block.at + int(loud[0]))
    return starts


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must come."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)

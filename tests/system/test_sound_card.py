"""A sound card through ALSA: its channels are microphones, or it plays a mix; unplugged and plugged again, it comes back by itself.

The card is a sink of PulseAudio, with a clock of its own, reached through ALSA's plugin: to us it is a card like another.
"""

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.micbus import MicBus
from audio.settings import PROGRAMME, ROOM, Setting, Strip
from config.inputs import SourceConfig, SourceKind
from config.outputs import SoundOutputConfig
from regie.board import SourceState
from regie.clock import MediaClock, SystemClock
from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.frames import Microphones, ProgrammeFormat, SoundBlock
from regie.media.rooms import RoomInbox
from regie.media.sound_out import SoundOutput
from regie.media.source import make_source

pytestmark = pytest.mark.system
PLUGIN = "libasound_module_pcm_pulse.so"
CHANNELS = 4
HEARD_HZ, ELSEWHERE_HZ, MUTED_HZ = 600, 900, 1320
PLACES = "front-left,front-right,rear-left,rear-right"
"""ALSA's own for four channels: PulseAudio would mix others into them."""


@contextlib.contextmanager
def plugged(folder: Path) -> Iterator[dict[str, str]]:
    """The card, while it is plugged: four channels, a tone on the third. Gives the environment in which it is reached."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    script = (
        f"load-module module-null-sink sink_name=carte channels={CHANNELS} rate=48000 format=s16le "
        f"channel_map={PLACES}\n"
        f"load-module module-native-protocol-unix socket={folder}/pulse.sock auth-anonymous=1\n"
    )
    environ = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PATH": "/usr/bin:/bin"}
    server = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-F", "/dev/stdin"],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ,
    )  # fmt: skip
    assert server.stdin is not None
    server.stdin.write(script.encode())
    server.stdin.close()
    until((folder / "pulse.sock").exists)
    tone = np.zeros((SAMPLE_RATE * 30, CHANNELS), np.int16)
    tone[:, 2] = 8000 * np.sin(2 * np.pi * 480 * np.arange(len(tone)) / SAMPLE_RATE)
    (folder / "tone.raw").write_bytes(tone.tobytes())
    player = subprocess.Popen(
        ["pacat", "-p", "--raw", "--format=s16le", "--rate=48000", f"--channels={CHANNELS}", "--device=carte",
         f"--channel-map={PLACES}", "--latency-msec=40", str(folder / "tone.raw")],
        env=environ | {"PULSE_SERVER": f"unix:{folder}/pulse.sock"}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield environ | {"PULSE_SERVER": f"unix:{folder}/pulse.sock"}
    finally:
        for process in (player, server):
            process.kill()
            process.wait(5)
        (folder / "pulse.sock").unlink(missing_ok=True)


def desk() -> MicBus:
    """Three microphones, a tone in each: one for everybody, one that the hall does not get, one that is muted."""
    settings = (Setting(), Setting(sends=frozenset({PROGRAMME})), Setting(muted=True))
    strips = [Strip(f"m{n}", "table", (n,), setting) for n, setting in enumerate(settings)]

    def feed(t: int, n: int) -> NDArray[np.float32]:
        hertz = np.array([[HEARD_HZ], [ELSEWHERE_HZ], [MUTED_HZ]])
        return np.asarray(0.5 * np.sin(2 * np.pi * hertz * (t + np.arange(n)) / SAMPLE_RATE), np.float32)

    return MicBus(strips, {"table": feed})


def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for something that must come."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def alsa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ALSA's names of the card: ``table`` hears it, ``sono`` plays on it."""
    plugin = next(Path("/usr/lib").glob(f"*/alsa-lib/{PLUGIN}"), None)
    assert plugin is not None, "libasound2-plugins is missing: .ci/debian"
    (tmp_path / "asound.conf").write_text(
        f'pcm_type.pulse {{ lib "{plugin}" }}\n'
        f'pcm.table {{ type pulse server "unix:{tmp_path}/pulse.sock" device "carte.monitor" }}\n'
        f'pcm.sono {{ type pulse server "unix:{tmp_path}/pulse.sock" device "carte" }}\n'
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))


def test_a_mix_is_played_on_a_card_that_comes_and_goes(tmp_path: Path, alsa: None) -> None:
    """The hall's mix on the card's fourth channel, as the card itself hears it: nothing of what is muted or goes elsewhere."""
    config = SoundOutputConfig(id="sono", nom="Sono", adresse="alsa://sono", voies=CHANNELS, canaux=(4,))
    output, stop = SoundOutput(config), threading.Event()

    def play() -> None:
        clock, bus, n = MediaClock(SystemClock()), desk(), 0
        while clock.wait_until(MediaTime(n * 1920), stop):
            mixed = bus.block(n * 1920, 1920, (ROOM,))
            output.put(SoundBlock(mixed.others[ROOM], MediaTime(n * 1920)))
            n += 1

    player = threading.Thread(target=play)
    player.start()
    output.start()
    try:
        until(lambda: output.status().reason not in ("", "connexion"))
        with plugged(tmp_path) as environ:
            until(lambda: output.status().playing)
            heard = recorded(environ)
            spectrum = np.abs(np.fft.rfft(heard[:, 3] * np.hanning(len(heard))))
            assert int(np.argmax(spectrum)) * SAMPLE_RATE / len(heard) == pytest.approx(HEARD_HZ, abs=2)
            for hertz in (ELSEWHERE_HZ, MUTED_HZ):
                place = round(hertz * len(heard) / SAMPLE_RATE)
                assert spectrum[place - 20 : place + 20].max() < spectrum.max() * 1e-4, (
                    f"{hertz} Hz, 80 dB below"
                )
            assert 0.4 < float(np.abs(heard[:, 3]).max()) < 0.6
            assert float(np.abs(heard[:, :2]).max()) < 0.01, "and on no other of ours"
        until(lambda: not output.status().playing)
        with plugged(tmp_path):
            until(lambda: output.status().playing and output.status().waiting_ms > 20)
    finally:
        stop.set()
        player.join(5)
        output.stop()


def recorded(environ: dict[str, str]) -> NDArray[np.float64]:
    """Two seconds of what the card plays (samples, channels), after a first one that is left out."""
    size = 2 * CHANNELS * SAMPLE_RATE
    recorder = subprocess.Popen(
        ["timeout", "20", "parec", "--raw", "--format=s16le", "--rate=48000", f"--channels={CHANNELS}",
         f"--channel-map={PLACES}", "--device=carte.monitor", "--latency-msec=40"],
        env=environ, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert recorder.stdout is not None
    with recorder.stdout as heard:
        data = heard.read(3 * size)
    recorder.terminate()
    recorder.wait(5)
    assert len(data) == 3 * size, "the card was heard for three seconds"
    frames: NDArray[np.float64] = np.frombuffer(data[size:], "<i2").reshape(-1, CHANNELS) / 32768
    return frames


def test_a_card_gives_its_channels_and_comes_back_when_it_is_plugged_again(
    tmp_path: Path, alsa: None
) -> None:
    clock = MediaClock(SystemClock())
    config = SourceConfig(
        id="table", nom="Table", genre=SourceKind.SOUND, adresse="alsa://table", voies=CHANNELS
    )
    source = make_source(
        config, ProgrammeFormat(640, 360, 25), clock, 280, RoomInbox(frozenset()), apart=(3, 1)
    )
    assert isinstance(source, Microphones)

    def levels() -> list[float]:
        heard = source.channels_at(MediaTime(clock.now()), 1920)
        return [0.0, 0.0] if heard is None else [float(np.abs(row).max()) for row in heard]

    source.start()
    try:
        with plugged(tmp_path):
            until(lambda: levels()[0] > 0.1)
            assert levels()[1] == 0.0, "the tone is on its channel and on no other"
            assert source.status().state is SourceState.LIVE
        until(lambda: source.status().state is not SourceState.LIVE)
        with plugged(tmp_path):
            until(lambda: source.status().state is SourceState.LIVE and levels()[0] > 0.1)
        assert source.status().reconnects >= 1
    finally:
        source.stop()

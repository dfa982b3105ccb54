"""Each microphone on its track: where and when it was said, silent wherever the public hears nothing, taken out for good."""

import threading
import wave
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from audio.micbus import MicBus
from audio.settings import PROGRAMME, RECORDING, ROOM, Setting, Strip
from regie.domain.masks import MaskKind
from regie.domain.removal import Removal
from regie.domain.timeline import SAMPLE_RATE, Epoch, MediaTime
from regie.media.frames import Cleared, Sound, SoundBlock
from regie.media.tracks import MIX_TRACKS, TrackRecorder, silence

pytestmark = pytest.mark.unit

TICK = 1920
EPOCH = Epoch("r", 1_800_000_000_000_000_000)
NAMES = ("m1", "m2")


def block(n: int, *levels: float) -> Cleared[SoundBlock]:
    return Cleared(SoundBlock(_rows(*levels), MediaTime(n * TICK)))


def _rows(*levels: float) -> Sound:
    return np.repeat(np.array(levels, np.float32)[:, None], TICK, axis=1)


def _always(lines: Sound, t: int, n: int) -> Sound:
    """The same tick again and again."""
    return lines


def read(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, SAMPLE_RATE, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def removal(start_s: float, end_s: float, hides: MaskKind = MaskKind.BOTH) -> Removal:
    zero = EPOCH.utc_ns // 1_000_000
    return Removal(
        id="a", start_ms=zero + round(start_s * 1000), end_ms=zero + round(end_s * 1000), hides=hides
    )


def recorded(tmp_path: Path, first: int = 0, last: int = 250) -> Path:
    folder = tmp_path / "enregistrement" / "pistes-x"
    recorder = TrackRecorder(folder, NAMES, EPOCH)
    recorder.start()
    for n in range(first, last):
        recorder.put(block(n, 0.5, 0.25 if n >= 100 else 0.0))
    recorder.close()
    return folder


def test_tracks_begin_together_and_say_what_was_said(tmp_path: Path) -> None:
    folder = recorded(tmp_path, 10, 200)
    first, second = (read(folder / f"{name}.wav") for name in NAMES)
    assert first.size == second.size == 190 * TICK
    assert np.all(first == round(0.5 * 32767))
    assert not second[: 90 * TICK].any() and np.all(second[90 * TICK :] == round(0.25 * 32767))


def test_the_mix_of_the_tracks_holds_what_is_sent_to_it_and_nothing_else(tmp_path: Path) -> None:
    """The desk itself into the files: a closed microphone, and one that goes elsewhere, leave not one sample in the mix."""
    tone = 0.25 * np.sin(2 * np.pi * 750 * np.arange(TICK) / SAMPLE_RATE, dtype=np.float32)
    told = {
        "sent": Setting(),
        "elsewhere": Setting(sends=frozenset({PROGRAMME, ROOM})),
        "muted": Setting(muted=True),
    }
    for alone, name in enumerate(told):
        strips = [Strip(one, "table", (n,), told[one]) for n, one in enumerate(told)]
        lines = np.zeros((len(told), TICK), np.float32)
        lines[alone] = tone
        bus = MicBus(strips, {"table": partial(_always, lines)})
        folder = tmp_path / name
        recorder = TrackRecorder(folder, (*told, *MIX_TRACKS), EPOCH)
        recorder.start()
        for n in range(50):
            mixed = bus.block(n * TICK, TICK, (RECORDING,), tracks=True)
            assert mixed.tracks is not None
            samples = np.concatenate((mixed.tracks, mixed.others[RECORDING]))
            recorder.put(Cleared(SoundBlock(samples, MediaTime(n * TICK))))
        recorder.close()
        mix = [read(folder / f"{track}.wav") for track in MIX_TRACKS]
        assert all(line[TICK:].any() == (name == "sent") for line in mix), name
        assert not read(folder / "muted.wav").any()


def test_who_says_nothing_takes_no_room(tmp_path: Path) -> None:
    folder = tmp_path / "pistes-y"
    recorder = TrackRecorder(folder, NAMES, EPOCH)
    recorder.start()
    for n in range(250):
        recorder.put(block(n, 0.5, 0.0))
    recorder.close()
    said, silent = ((folder / f"{name}.wav").stat() for name in NAMES)
    assert silent.st_size == said.st_size
    assert silent.st_blocks * 512 < said.st_blocks * 512 / 20


def test_a_passage_taken_out_is_overwritten_on_every_track(tmp_path: Path) -> None:
    folder = recorded(tmp_path)
    assert silence(tmp_path / "enregistrement", removal(2.0, 3.0, MaskKind.PICTURE)) == 0
    assert silence(tmp_path / "enregistrement", removal(2.0, 3.0)) == 2
    first = read(folder / "m1.wav")
    assert not first[2 * SAMPLE_RATE : 3 * SAMPLE_RATE].any()
    assert first[: int(1.9 * SAMPLE_RATE)].all() and first[int(3.1 * SAMPLE_RATE) :].all()
    assert silence(tmp_path / "enregistrement", removal(60.0, 70.0)) == 0


def test_what_waits_to_be_written_never_brings_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "enregistrement" / "pistes-x"
    recorder = TrackRecorder(folder, NAMES, EPOCH)
    recorder.hide(removal(2.0, 3.0))
    recorder.start()
    for n in range(150):
        recorder.put(block(n, 0.5, 0.5))
    recorder.close()
    assert not read(folder / "m2.wav")[2 * SAMPLE_RATE : 3 * SAMPLE_RATE].any()


def test_a_disk_that_refuses_ends_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    recorder = TrackRecorder(tmp_path / "file" / "pistes-x", NAMES, EPOCH)
    recorder.start()
    for n in range(5):
        recorder.put(block(n, 0.5, 0.5))
    recorder.close()
    assert not any(thread.name == "pistes" for thread in threading.enumerate())

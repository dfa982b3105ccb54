"""The recording: whatever the instant of the cut, it reads to its last whole fragment."""

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

import av
import pytest

from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media import disk
from regie.media.frames import EncodedPicture
from regie.media.recording import Recorder
from regie.media.verification import EMPTY, FOLDED, SIZES, UNREADABLE, repair, unfinished, verify
from tests.encoded import Packet, feed, marks, programme, shifted

pytestmark = pytest.mark.unit

EPOCH = Epoch("r1", 1_795_348_800_000_000_000)


def record(path: Path, packets: tuple[Packet, ...]) -> Recorder:
    recorder = Recorder(path, programme().main, EPOCH)
    recorder.start()
    for packet in packets:
        feed(recorder, packet)
    assert recorder.close()
    return recorder


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "seance.mp4"
    assert record(path, programme().packets).status().verified is True
    return path.read_bytes()


def test_a_whole_recording(tmp_path: Path) -> None:
    path = tmp_path / "enregistrement" / "seance.mp4"
    status = record(path, programme().packets).status()
    assert (status.file, status.seconds, status.dropped, status.verified) == ("seance.mp4", 6.0, 0, True)
    assert status.bytes == path.stat().st_size
    found = verify(path)
    assert (found.duration_ms, found.fragments, found.pictures, found.problems) == (6000, 6, 150, ())
    assert unfinished(path.parent) == []
    with av.open(str(path)) as container:
        assert container.duration is not None
        assert abs(container.duration - 6_000_000) < 22_000
        container.seek(4_500_000)
        frame = next(container.decode(video=0))
        assert frame.time == 4.0


def test_pictures_and_beeps_coincide(tmp_path: Path) -> None:
    late = tuple(shifted(packet, 4 * 3600 * SAMPLE_RATE) for packet in programme().packets)
    record(tmp_path / "r.mp4", late)
    pictures, beeps = marks(tmp_path / "r.mp4")
    assert len(pictures) == 6 <= len(beeps)
    assert all(abs(p - b) < 0.001 for p, b in zip(pictures[1:], beeps[1:], strict=False))


def test_a_recording_cut_anywhere_is_mended_to_its_last_whole_fragment(tmp_path: Path, good: bytes) -> None:
    path = tmp_path / "cut.mp4"
    starts = [i - 4 for i in range(len(good)) if good.startswith(b"moof", i)]
    # Each fragment follows its date, a box of 32 bytes.
    ends = [*(start - 32 for start in starts[1:]), good.rindex(b"mfra") - 4]
    places = sorted(
        {
            *ends,
            *(e - 1 for e in ends),
            *(s + 50 for s in starts),
            *(s + 5 for s in starts),
            *range(2000, len(good), 97_003),
        }
    )
    for place in places:
        path.write_bytes(good[:place])
        assert unfinished(tmp_path) == [path]
        whole = sum(1 for end in ends if end <= place)
        if whole == 0:
            assert EMPTY in verify(path).problems
            continue
        found = repair(path)
        assert (found.fragments, found.duration_ms, found.finished, found.problems) == (
            whole,
            whole * 1000,
            True,
            (),
        )
        assert unfinished(tmp_path) == []


def test_a_cut_recording_plays_before_it_is_mended(tmp_path: Path, good: bytes) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(good[: len(good) * 2 // 3])
    whole = verify(path).fragments
    shown = 0
    with av.open(str(path)) as container, suppress(av.error.InvalidDataError):
        for _ in container.decode(video=0):
            shown += 1
    assert shown >= whole * 25


@pytest.mark.parametrize("size", [0, 3, 30, 900])
def test_a_recording_without_a_fragment_is_left_alone(tmp_path: Path, good: bytes, size: int) -> None:
    path = tmp_path / "empty.mp4"
    path.write_bytes(good[:size])
    assert EMPTY in repair(path).problems
    assert path.read_bytes() == good[:size]


def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, good: bytes) -> None:
    path = tmp_path / "bad.mp4"
    second = good.index(b"tfdt", good.index(b"moof", good.index(b"moof") + 8))
    path.write_bytes(good[: second + 8] + bytes(8) + good[second + 16 :])
    assert FOLDED in verify(path).problems
    size = good.index(b"trun") + 20
    path.write_bytes(good[:size] + b"\0\0\0\1" + good[size + 4 :])
    assert SIZES in verify(path).problems
    path.write_bytes(good.replace(b"tfhd", b"tfhe", 1))
    assert UNREADABLE in verify(path).problems
    assert verify(tmp_path / "none.mp4").problems == (UNREADABLE,)


def test_a_full_disk_costs_whole_fragments_and_recording_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = disk.write_all, [0]

    def sometimes(descriptor: int, data: bytes, offset: int) -> None:
        calls[0] += 1
        if calls[0] in (3, 4):
            os.pwrite(descriptor, data[: len(data) // 2], offset)
            raise OSError(errno.ENOSPC, "full")
        real(descriptor, data, offset)

    monkeypatch.setattr(disk, "write_all", sometimes)
    status = record(tmp_path / "r.mp4", programme().packets).status()
    assert status.dropped > 2 * 25
    assert status.reason == ""
    found = verify(tmp_path / "r.mp4")
    assert (found.fragments, found.pictures, found.problems) == (4, 100, ())


def test_a_disk_full_from_the_start_leaves_no_file_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(descriptor: int, data: bytes, offset: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(disk, "write_all", never)
    status = record(tmp_path / "r.mp4", programme().packets).status()
    assert (status.reason, status.verified, status.seconds) == ("disque_plein", None, 0.0)
    assert list(tmp_path.iterdir()) == []


def test_other_parameter_sets_go_to_a_second_file(tmp_path: Path) -> None:
    other = programme(width=160)
    packets = [*programme().packets]
    packets += [shifted(p, 6 * SAMPLE_RATE) for p in other.packets]
    record(tmp_path / "r.mp4", tuple(packets))
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["r-2.mp4", "r.mp4"]
    assert all(verify(tmp_path / name).ok for name in ("r.mp4", "r-2.mp4"))
    assert verify(tmp_path / "r.mp4").duration_ms == 6000


def test_a_disk_too_slow_for_a_while_costs_pictures_that_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, stuck, freed = disk.write_all, threading.Event(), threading.Event()

    def slowly(descriptor: int, data: bytes, offset: int) -> None:
        if not stuck.is_set() and offset:
            stuck.set()
            assert freed.wait(10)
        real(descriptor, data, offset)

    monkeypatch.setattr(disk, "write_all", slowly)
    recorder = Recorder(tmp_path / "r.mp4", programme().main, EPOCH, ring=200)
    recorder.start()
    feeding = iter(programme(12).packets)
    for packet in feeding:
        feed(recorder, packet)
        if packet.at > 1.5 * SAMPLE_RATE and isinstance(packet, EncodedPicture):
            break
    assert stuck.wait(10)
    for packet in feeding:
        feed(recorder, packet)
    freed.set()
    assert recorder.close()
    assert recorder.status().dropped > 0
    found = verify(tmp_path / "r.mp4")
    assert found.ok
    assert found.pictures < 12 * 25
    assert found.duration_ms == 12_000

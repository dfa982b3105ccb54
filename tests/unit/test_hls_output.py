"""The WebTV on disk: what is listed exists, what crashed is taken up, what is lost is said."""

import errno
import itertools
import re
import threading
from pathlib import Path

import av
import pytest

from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media import disk
from regie.media.frames import EncodedPicture
from regie.media.hls import RING, HlsOutput
from regie.media.playlist import MediaPlaylist, resume
from tests.encoded import MAIN, SMALL, SOUND, Packet, feed, forever, marks, programme, shifted
from tests.system.peers import wait_for

pytestmark = pytest.mark.unit

NOON = 1_795_348_800_000_000_000
RENDITIONS = (MAIN, SMALL, SOUND)


def output(directory: Path, run: str = "r1", ring: int = RING) -> HlsOutput:
    return HlsOutput(directory, programme().tiers, 2, Epoch(run, NOON), ring=ring)


def write(directory: Path, packets: tuple[Packet, ...], run: str = "r1", *, ended: bool = False) -> HlsOutput:
    hls = output(directory, run)
    hls.start()
    for packet in packets:
        feed(hls, packet)
    assert hls.close(ended=ended)
    return hls


def index(directory: Path, rendition: str = MAIN) -> str:
    return (directory / rendition / "index.m3u8").read_text(encoding="utf-8")


def listed(directory: Path, rendition: str = MAIN) -> list[str]:
    return re.findall(r"^[^#].*\.m4s$", index(directory, rendition), re.M)


def test_a_session_from_its_first_key_to_its_end(tmp_path: Path) -> None:
    hls = write(tmp_path, programme().packets, ended=True)
    for rendition in RENDITIONS:
        assert len(listed(tmp_path, rendition)) == 3
        assert all((tmp_path / rendition / name).stat().st_size for name in listed(tmp_path, rendition))
        assert index(tmp_path, rendition).endswith("#EXT-X-ENDLIST\n")
    status = hls.status(7 * SAMPLE_RATE, "seance-1")
    assert (status.segments, status.seconds, status.behind_ms, status.reason) == (3, 6.0, 1000, "")
    assert hls.dropped == 0


def test_times_of_packets_are_exact_to_the_sample(tmp_path: Path) -> None:
    late = tuple(shifted(packet, 90 * SAMPLE_RATE) for packet in programme().packets)
    write(tmp_path, late, ended=True)
    with av.open(str(tmp_path / MAIN / "index.m3u8")) as container:
        times: dict[str, list[int]] = {"video": [], "audio": []}
        for packet in container.demux(video=0, audio=0):
            if packet.pts is not None and packet.time_base is not None:
                times[packet.stream.type].append(round(packet.pts * packet.time_base * SAMPLE_RATE))
    origin = times["video"][0]
    assert [t - origin for t in times["video"]] == [n * 1920 for n in range(150)]
    assert [t - origin for t in times["audio"]] == [n * 1024 for n in range(len(times["audio"]))]
    assert len(times["audio"]) >= 278


def test_pictures_and_beeps_coincide(tmp_path: Path) -> None:
    write(tmp_path, programme().packets, ended=True)
    pictures, beeps = marks(tmp_path / MAIN / "index.m3u8")
    assert len(pictures) == 6 <= len(beeps)
    # The first unit of AAC lacks the one before it and is heard half faded in.
    assert all(abs(p - b) < 0.001 for p, b in zip(pictures[1:], beeps[1:], strict=False))


def test_the_master_lists_every_rendition_with_its_codecs(tmp_path: Path) -> None:
    write(tmp_path, programme().packets)
    text = (tmp_path / "master.m3u8").read_text(encoding="utf-8")
    assert re.findall(r"^[^#].*$", text, re.M) == [f"{r}/index.m3u8" for r in RENDITIONS]
    assert re.findall(r'CODECS="([^"]+)"', text) == [
        "avc1.42c014,mp4a.40.2",
        "avc1.42c00c,mp4a.40.2",
        "mp4a.40.2",
    ]
    peaks = [int(rate) for rate in re.findall(r"[:,]BANDWIDTH=(\d+)", text)]
    for rendition, peak in zip(RENDITIONS, peaks, strict=True):
        sizes = [(tmp_path / rendition / name).stat().st_size for name in listed(tmp_path, rendition)[:2]]
        assert max(sizes) * 4 <= peak


def test_a_crash_leaves_only_whole_segments_and_the_next_run_goes_on(tmp_path: Path) -> None:
    """The first run dies in its third segment, without a word to its playlist, a half-written file on disk."""
    hls = output(tmp_path)
    hls.start()
    packets = [p for p in programme().packets if p.at < 5 * SAMPLE_RATE]
    for packet in packets:
        feed(hls, packet)
    hls.close(ended=False)
    for rendition in RENDITIONS:
        text = index(tmp_path, rendition)
        last = listed(tmp_path, rendition)[-1]
        (tmp_path / rendition / "index.m3u8").write_text(text[: text.rindex("#EXTINF")], encoding="utf-8")
        (tmp_path / rendition / last).write_bytes(b"half")
    before = {r: index(tmp_path, r) for r in RENDITIONS}
    write(tmp_path, programme().packets, "r2", ended=True)
    for rendition in RENDITIONS:
        text = index(tmp_path, rendition)
        assert text.startswith(before[rendition])
        assert text.count("#EXT-X-DISCONTINUITY\n") == 1
        assert [name[:2] for name in listed(tmp_path, rendition)] == ["r1"] * 2 + ["r2"] * 3
    with av.open(str(tmp_path / MAIN / "index.m3u8")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 100 + 150


def test_nothing_of_a_run_shows_before_every_rendition_has_some(tmp_path: Path) -> None:
    hls = output(tmp_path)
    hls.start()
    for packet in programme().packets:
        if not (isinstance(packet, EncodedPicture) and packet.tier == SMALL) and packet.at < 3 * SAMPLE_RATE:
            feed(hls, packet)
    hls.close(ended=False)
    assert len(listed(tmp_path)) == 2
    assert not (tmp_path / SMALL / "index.m3u8").exists()
    assert SMALL not in (tmp_path / "master.m3u8").read_text(encoding="utf-8")


def test_after_the_close_of_a_run_players_still_wait_for_more(tmp_path: Path) -> None:
    write(tmp_path, programme().packets)
    assert "ENDLIST" not in index(tmp_path)
    hls = output(tmp_path, "r2")
    hls.start()
    assert hls.close(ended=True)
    assert index(tmp_path).endswith("#EXT-X-ENDLIST\n")
    assert len(listed(tmp_path)) == 3


def test_a_full_disk_costs_a_hole_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = disk.create

    def sometimes(path: Path, data: bytes) -> None:
        if re.match(r"r1-00000[12]", path.name):
            raise OSError(errno.ENOSPC, "full")
        create(path, data)

    monkeypatch.setattr(disk, "create", sometimes)
    hls = output(tmp_path)
    hls.start()
    for packet in programme().packets:
        feed(hls, packet)
    assert hls.close(ended=False)
    assert hls.status(0).reason == "disque_plein"
    hls = write(tmp_path, programme().packets, "r2", ended=True)
    assert hls.status(0).reason == ""


@pytest.mark.parametrize("rendition", RENDITIONS)
def test_segments_that_could_not_be_written_are_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rendition: str
) -> None:
    create, refused = disk.create, set[Path]()

    def once(path: Path, data: bytes) -> None:
        if path.name.startswith("r1-000001") and path.parent not in refused:
            refused.add(path.parent)
            raise OSError(errno.ENOSPC, "full")
        create(path, data)

    monkeypatch.setattr(disk, "create", once)
    write(tmp_path, programme().packets, ended=True)
    text = index(tmp_path, rendition)
    assert len(refused) == 3
    assert re.findall(r"#EXTINF:.*\n(#EXT-X-GAP)?", text) == ["", "#EXT-X-GAP", ""]
    assert "DISCONTINUITY" not in text


def test_a_disk_too_slow_for_a_while_is_a_hole_of_the_right_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, stuck, freed = disk.create, threading.Event(), threading.Event()

    def slowly(path: Path, data: bytes) -> None:
        if path.name.startswith("r1-000001"):
            stuck.set()
            assert freed.wait(10)
        create(path, data)

    monkeypatch.setattr(disk, "create", slowly)
    hls = output(tmp_path, ring=1000)
    hls.start()
    minute = list(itertools.takewhile(lambda p: p.at < 24 * SAMPLE_RATE, forever(programme(8))))
    feeding = iter(minute)
    for packet in feeding:
        feed(hls, packet)
        if packet.at > 4.5 * SAMPLE_RATE and isinstance(packet, EncodedPicture):
            break
    assert stuck.wait(10)
    for packet in feeding:
        feed(hls, packet)
    freed.set()
    assert hls.close(ended=True)
    assert hls.dropped > 0
    again = MediaPlaylist(3)
    resume(index(tmp_path), again, frozenset(listed(tmp_path)))
    assert again.samples == 24 * SAMPLE_RATE
    assert "#EXT-X-GAP" in index(tmp_path)


def test_a_thread_that_died_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HlsOutput, "_run", lambda self: None)
    hls = output(tmp_path)
    assert not hls.failed
    hls.start()
    wait_for(lambda: hls.failed, 5, "the end of its thread is told")
    assert hls.close(ended=False)

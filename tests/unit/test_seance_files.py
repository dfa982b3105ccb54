"""What séances leave on disk: each its own, the second of an evening as whole as the first."""

import asyncio
import threading
from itertools import islice
from pathlib import Path

import pytest

from regie.clock import SystemClock
from regie.domain.removal import Removal
from regie.domain.timeline import Epoch
from regie.media.fanout import Fanout
from regie.media.seance_files import SeanceFiles
from regie.media.seance_outputs import SeanceOutputs
from regie.media.verification import verify
from tests.encoded import MAIN, Packet, feed, forever, nobody, programme, slates
from tests.system.peers import wait_for

pytestmark = pytest.mark.unit

EIGHT_SECONDS = len([p for p in programme(8).packets if p.at >= 0])


def outputs(fanout: Fanout, end_slate_s: float = 0.05) -> SeanceOutputs:
    clock = SystemClock()

    def make(seance: str, directory: Path) -> SeanceFiles:
        epoch = Epoch("r1", clock.utc_ns())
        return SeanceFiles(seance, directory, programme(8).tiers, 2, epoch, fanout, clock, slates(), nobody)

    return SeanceOutputs(make, lambda: 0.0, 1000, end_slate_s)


def play(fanout: Fanout, packets: list[Packet]) -> None:
    for packet in packets:
        feed(fanout, packet)


def segments(directory: Path) -> int:
    return (directory / "hls" / MAIN / "index.m3u8").read_text(encoding="utf-8").count("#EXTINF")


def recording(directory: Path) -> Path:
    (path,) = (directory / "enregistrement").glob("*.mp4")
    return path


async def _two(tmp_path: Path, fanout: Fanout, *, closed_first: bool) -> None:
    seances = outputs(fanout, end_slate_s=30.0)
    first, second = tmp_path / "s1", tmp_path / "s2"
    packets = list(islice(forever(programme(8)), 2 * EIGHT_SECONDS))
    seances.open("s1", first, recording=True)
    play(fanout, packets[:EIGHT_SECONDS])
    if closed_first:
        seances.close()
        await asyncio.sleep(0)
    seances.open("s2", second, recording=True)
    # The first one's files are closed while the second's already fill.
    await asyncio.to_thread(
        wait_for, lambda: "ENDLIST" in _index(first), 5, "the first séance's playlists are closed"
    )
    play(fanout, packets[EIGHT_SECONDS:])
    assert seances.bound == "s2" and seances.recording
    await seances.stop()
    assert segments(first) == 4 and segments(second) == 4
    for directory in (first, second):
        found = verify(recording(directory))
        assert (found.duration_ms, found.problems) == (8000, ())


def _index(directory: Path) -> str:
    path = directory / "hls" / MAIN / "index.m3u8"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.parametrize("closed_first", [True, False])
def test_a_second_seance_that_begins_while_the_first_ends_loses_nothing(
    tmp_path: Path, closed_first: bool
) -> None:
    fanout = Fanout()
    asyncio.run(_two(tmp_path, fanout, closed_first=closed_first))
    assert fanout.failed == frozenset()


def test_a_reader_is_removed_by_itself_only() -> None:
    class Reader:
        def __init__(self) -> None:
            self.seen = 0

        def picture(self, packet: object) -> None:
            self.seen += 1

        def sound(self, packet: object) -> None:
            self.seen += 1

    fanout, old, new = Fanout(), Reader(), Reader()
    fanout.add("hls", old)
    fanout.add("hls", new)
    fanout.remove("hls", old)
    play(fanout, list(programme(8).packets[:5]))
    assert (old.seen, new.seen) == (0, 5)
    fanout.remove("hls", new)
    play(fanout, list(programme(8).packets[:5]))
    assert new.seen == 5


def test_a_disk_that_hangs_holds_up_no_other_key_of_confidentiality(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back, kept = threading.Event(), []

    def hangs(directory: Path, removal: Removal) -> None:
        back.wait(10)
        kept.append(removal.id)

    monkeypatch.setattr("regie.media.seance_files.sketch", hangs)
    clock = SystemClock()
    epoch = Epoch("r1", clock.utc_ns())
    files = SeanceFiles("s", tmp_path, programme(8).tiers, 2, epoch, Fanout(), clock, slates(), nobody)
    now_ms = clock.utc_ns() // 1_000_000
    files.remove(Removal(id="ab12", start_ms=now_ms, end_ms=now_ms + 1000, asked_ms=now_ms))
    assert not kept and not files.removal_status().done, "the order came back before the disk did"
    back.set()
    wait_for(lambda: files.removal_status().done, 10, "taken out once the disk is back")
    assert kept == ["ab12"]
    files.close(ended=False)

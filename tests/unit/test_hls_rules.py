"""A WebTV as the strictest players read it: while it grows, while a passage is taken out of it, after a crash, at its end."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regie.clock import SystemClock
from regie.domain.removal import Removal
from regie.domain.timeline import SAMPLE_RATE, Epoch
from regie.media.fanout import Fanout
from regie.media.removing import HLS
from regie.media.seance_files import SeanceFiles
from regie.media.seance_outputs import SeanceOutputs
from tests.encoded import MAIN, SMALL, SOUND, Programme, feed, nobody, programme, slates
from tests.hls_rules import Reading, follows, media, read, together
from tests.system.peers import wait_for

pytestmark = pytest.mark.unit

NOON = 1_795_348_800_000_000_000
RENDITIONS = (MAIN, SMALL, SOUND)
SLATES = slates()


class Player:
    """Loads the playlists again and again, and holds each to the one before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.seen: dict[str, Reading] = {}

    def load(self, taken_out: frozenset[int] = frozenset(), *, whole: bool = True) -> int:
        """How many segments there are. ``whole``: nobody is writing, every rendition is as far and every file there."""
        for rendition in RENDITIONS:
            now = read((self._folder / rendition / "index.m3u8").read_text(encoding="utf-8"))
            if rendition in self.seen:
                follows(self.seen[rendition], now, taken_out)
            self.seen[rendition] = now
            if whole:
                media(now, self._folder / rendition)
        if whole:
            together(self.seen)
        return len(self.seen[MAIN].segments)


def begin(
    folder: Path, stream: Programme, run: str, utc_ns: int
) -> tuple[SeanceOutputs, SeanceFiles, Fanout]:
    fanout = Fanout()
    epoch = Epoch(run, utc_ns)
    files = SeanceFiles("s", folder, stream.tiers, 2, epoch, fanout, SystemClock(), SLATES, nobody)
    outputs = SeanceOutputs(lambda seance, directory: files, lambda: 0.0, 1000)
    outputs.open("s", folder, recording=False)
    return outputs, files, fanout


def send(stream: Programme, fanout: Fanout, start: int, end: int) -> None:
    for packet in stream.packets:
        if start <= packet.at < end:
            feed(fanout, packet)


def listed(folder: Path, count: int) -> Callable[[], bool]:
    def there() -> bool:
        texts = [(folder / HLS / one / "index.m3u8") for one in RENDITIONS]
        return all(path.exists() and path.read_text("utf-8").count("#EXTINF") >= count for path in texts)

    return there


def test_no_rule_of_players_is_broken_before_during_and_after_a_removal(tmp_path: Path) -> None:
    stream = programme(14)
    player = Player(tmp_path / HLS)
    outputs, files, fanout = begin(tmp_path, stream, "r1", NOON)
    send(stream, fanout, -SAMPLE_RATE, 9 * SAMPLE_RATE)
    wait_for(listed(tmp_path, 4), 10, "four segments")
    assert player.load() == 4
    # Live: the passage of places 1 and 2, while the rest goes on.
    at = NOON // 1_000_000
    outputs.remove(Removal(id="aa", start_ms=at + 3000, end_ms=at + 5000, asked_ms=at))
    wait_for(lambda: outputs.removal_status().done, 10, "done")
    old = {one: player.seen[one].segments for one in RENDITIONS}
    assert player.load(frozenset({1, 2})) == 4
    for rendition, before in old.items():
        for place in (1, 2):
            assert not (tmp_path / HLS / rendition / before[place].uri).exists()
        assert "masque-aa" in player.seen[rendition].ranges
    send(stream, fanout, 9 * SAMPLE_RATE, 14 * SAMPLE_RATE)
    wait_for(listed(tmp_path, 6), 10, "six segments")
    assert player.load() >= 6
    files.close(ended=False)
    first = player.load()
    # Another run: a discontinuity, and a passage that goes over it.
    outputs, files, fanout = begin(tmp_path, stream, "r2", NOON + 60_000_000_000)
    send(stream, fanout, -SAMPLE_RATE, 9 * SAMPLE_RATE)
    wait_for(listed(tmp_path, first + 4), 10, "four more")
    assert player.load() == first + 4
    outputs.remove(Removal(id="bb", start_ms=at + 13_000, end_ms=at + 61_000, asked_ms=at))
    wait_for(lambda: outputs.removal_status().done, 10, "done")
    player.load(frozenset({first - 1, first}))
    send(stream, fanout, 9 * SAMPLE_RATE, 14 * SAMPLE_RATE)
    files.close(ended=True)
    player.load()
    assert all(one.ended and one.segments[-1].discontinuities == 1 for one in player.seen.values())

"""From an instant of the séance to a second of its video: what the replay's playlist says, discontinuities and holes included."""

from bisect import bisect_right
from datetime import datetime
from pathlib import Path

import msgspec

from regie.domain.shifts import Shift, dated
from regie.media.shifting import shifts

_DATE = "#EXT-X-PROGRAM-DATE-TIME:"
_DURATION = "#EXTINF:"


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of video: UTC milliseconds of its start, second of the video it starts at, seconds it lasts."""

    utc_ms: int
    at_s: float
    lasts_s: float


class Replay(msgspec.Struct, frozen=True):
    """Where instants are in the video; empty when the séance was not recorded."""

    stretches: tuple[Stretch, ...] = ()
    shifts: tuple[Shift, ...] = ()

    def second(self, act_ms: int) -> int | None:
        """The whole second of the video that shows an instant; the next one that exists when it fell in a gap; None: no video."""
        utc_ms = dated(act_ms, self.shifts)
        rank = bisect_right(self.stretches, utc_ms, key=lambda stretch: stretch.utc_ms) - 1
        if rank < 0:
            return int(self.stretches[0].at_s) if self.stretches else None
        stretch = self.stretches[rank]
        into_s = min((utc_ms - stretch.utc_ms) / 1000, stretch.lasts_s)
        return int(stretch.at_s + into_s)


def read_replay(folder: Path) -> Replay:
    """The replay of a séance's folder; the first rendition stands for all, which are cut at the same instants."""
    playlists = sorted((folder / "hls").glob("*/*.m3u8")) or sorted((folder / "hls").glob("*.m3u8"))
    for playlist in playlists:
        found = replay_of(playlist.read_text(encoding="utf-8", errors="replace"))
        if found.stretches:
            return msgspec.structs.replace(found, shifts=shifts(folder))
    return Replay()


def replay_of(playlist: str) -> Replay:
    """The replay that a media playlist tells; a line that is not understood is passed over."""
    found: list[Stretch] = []
    at_s = 0.0
    for line in playlist.splitlines():
        if line.startswith(_DATE):
            found.append(Stretch(_utc_ms(line.removeprefix(_DATE)), at_s, 0.0))
        elif line.startswith(_DURATION):
            lasts_s = float(line.removeprefix(_DURATION).partition(",")[0])
            at_s += lasts_s
            if found:
                found[-1] = msgspec.structs.replace(found[-1], lasts_s=found[-1].lasts_s + lasts_s)
    return Replay(tuple(sorted(found, key=lambda stretch: stretch.utc_ms)))


def _utc_ms(text: str) -> int:
    return round(datetime.fromisoformat(text.strip()).timestamp() * 1000)

"""HLS playlists as they are served. Pure: text in, text out.

The whole séance stays in the playlist, so after hours it weighs as much as a picture and every player reads it again every two
seconds. Players that know how (hls.js, Safari) may therefore ask for a delta update (RFC 8216bis §6.2.5.1): the old segments are
then one ``EXT-X-SKIP`` line.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from regie.domain.shifts import Shift, dated

_TARGET = re.compile(r"^#EXT-X-TARGETDURATION:(\d+)", re.MULTILINE)
_VERSION = re.compile(r"^#EXT-X-VERSION:(\d+)", re.MULTILINE)
_REMOVED = re.compile(r'^#EXT-X-DATERANGE:.*,X-RETRAIT="([0-9TZ:.-]+)"', re.MULTILINE)
_URI_ATTRIBUTE = re.compile(r'URI="([^"]*)"')
# Lines that belong to the segment which follows them; all others above the first segment are the playlist's head.
_SEGMENT_TAGS = (
    "#EXTINF",
    "#EXT-X-PROGRAM-DATE-TIME",
    "#EXT-X-DISCONTINUITY\n",
    "#EXT-X-MAP",
    "#EXT-X-BYTERANGE",
    "#EXT-X-GAP",
)
# The RFC asks for six target durations at least. A player takes a delta only when its copy is younger than half of this:
# thirty segments let it come back from a short sleep.
SKIP_TARGETS = 30
_DELTA_VERSION = 9


def is_over(playlist: str) -> bool:
    """Is the playlist closed for ever?"""
    return "#EXT-X-ENDLIST" in playlist


def with_prefix(master: str, prefix: str) -> str:
    """A master playlist whose relative addresses are put below ``prefix`` (which ends with a slash)."""

    def absolute(uri: str) -> str:
        return uri if uri.startswith(("/", "http://", "https://")) else prefix + uri

    lines = []
    for line in master.splitlines():
        if line.startswith("#"):
            lines.append(_URI_ATTRIBUTE.sub(lambda found: f'URI="{absolute(found[1])}"', line))
        else:
            lines.append(absolute(line) if line.strip() else line)
    return "\n".join(lines) + "\n"


def offering_deltas(playlist: str) -> str:
    """A media playlist that says that delta updates may be asked for; unchanged when it is over or cannot be read."""
    target = _TARGET.search(playlist)
    version = _VERSION.search(playlist)
    if target is None or version is None or is_over(playlist) or "#EXT-X-SERVER-CONTROL" in playlist:
        return playlist
    offer = f"{target[0]}\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL={int(target[1]) * SKIP_TARGETS}"
    offered = playlist.replace(target[0], offer, 1)
    return offered.replace(version[0], f"#EXT-X-VERSION:{max(int(version[1]), _DELTA_VERSION)}", 1)


def delta(playlist: str, now_s: int) -> str:
    """The delta update of a playlist made by :func:`offering_deltas` at an instant (UTC seconds).

    The playlist itself when there is nothing to skip, and for a while after a passage was taken out: players must read again the
    segments that they know, whose names have changed.
    """
    target = _TARGET.search(playlist)
    if target is None or "CAN-SKIP-UNTIL" not in playlist:
        return playlist
    if now_s - last_removal_s(playlist) <= int(target[1]) * SKIP_TARGETS:
        return playlist
    head, segments = _split(playlist)
    boundary_s = int(target[1]) * SKIP_TARGETS
    kept = 0
    kept_s = 0.0
    for segment in reversed(segments):
        if kept_s >= boundary_s:
            break
        kept += 1
        kept_s += _seconds(segment)
    skipped = len(segments) - kept
    if skipped <= 0:
        return playlist
    return "".join(
        (
            *head,
            f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n",
            *(line for s in segments[skipped:] for line in s),
        )
    )


def last_removal_s(playlist: str) -> int:
    """When something was last taken out of a playlist, UTC seconds; 0 when nothing was."""
    return max((int(datetime.fromisoformat(at).timestamp()) for at in _REMOVED.findall(playlist)), default=0)


class Timeline:
    """Where the instants of the world are in a media playlist: seconds from its beginning, as players count."""

    def __init__(self, playlist: str, shifts: Sequence[Shift] = ()) -> None:
        """Reads EXTINF and PROGRAM-DATE-TIME; each run of the engine has its own date. ``shifts``: the changes of the delay."""
        self.shifts = tuple(shifts)
        self._runs: list[tuple[float, float, float]] = []
        position_s = 0.0
        for segment in _split(playlist)[1]:
            dated = next((_utc_s(line) for line in segment if line.startswith(_DATE)), None)
            lasts_s = _seconds(segment)
            if dated is not None:
                self._runs.append((dated, position_s, 0.0))
            position_s += lasts_s
            if self._runs:
                utc_s, start_s, length_s = self._runs[-1]
                self._runs[-1] = (utc_s, start_s, length_s + lasts_s)
        self.length_s = position_s

    def position(self, utc_ms: int) -> float | None:
        """Seconds from the beginning of an act; 0 for what came before it, None for what is not published yet.

        An instant at which nothing was made is where the picture came back.
        """
        at_s = dated(utc_ms, self.shifts) / 1000
        for utc_s, start_s, length_s in self._runs:
            if at_s < utc_s + length_s:
                return round(start_s + max(0.0, at_s - utc_s), 3)
        return None


_DATE = "#EXT-X-PROGRAM-DATE-TIME:"


def _utc_s(line: str) -> float | None:
    try:
        return datetime.fromisoformat(line.removeprefix(_DATE).strip()).timestamp()
    except ValueError:
        return None


def _split(playlist: str) -> tuple[list[str], list[list[str]]]:
    """Head lines, then the lines of each segment, its address last. What follows the last segment goes with it."""
    head: list[str] = []
    segments: list[list[str]] = []
    pending: list[str] = []
    for line in playlist.splitlines(keepends=True):
        if not line.startswith("#") and line.strip():
            segments.append([*pending, line])
            pending = []
        elif pending or segments or line.startswith(_SEGMENT_TAGS):
            pending.append(line)
        else:
            head.append(line)
    if segments:
        segments[-1] += pending
    return head, segments


def _seconds(segment: list[str]) -> float:
    for line in segment:
        if line.startswith("#EXTINF:"):
            return float(line[8:].partition(",")[0])
    return 0.0

"""HLS playlists (RFC 8216, and RFC 8216bis for EXT-X-GAP) as text. Pure.

A media playlist only grows, so its text is built by appending; but for a passage taken out afterwards, whose segments change names
(:func:`rewritten`). Sending only the end of a long one is the server's business (``web_ui.playlists``).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from regie.domain.timeline import SAMPLE_RATE

_VERSION = 8
_OF_SEGMENTS = (
    "#EXTINF",
    "#EXT-X-DISCONTINUITY",
    "#EXT-X-MAP",
    "#EXT-X-PROGRAM-DATE-TIME",
    "#EXT-X-GAP",
    "#EXT-X-ENDLIST",
)
_SEGMENT = re.compile(r"^[A-Za-z0-9_-]+\.m4s$")


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a playlist. ``hole`` ones have no file: nothing was produced then."""

    name: str
    samples: int
    hole: bool = False


class MediaPlaylist:
    """The growing playlist of one rendition, of type EVENT: rewindable to its first segment."""

    def __init__(self, target_s: int) -> None:
        self.target_s = target_s
        self.samples = 0
        """Duration of all segments, holes included."""
        self._text = [
            f"#EXTM3U\n#EXT-X-VERSION:{_VERSION}\n#EXT-X-TARGETDURATION:{target_s}\n"
            "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        ]
        self._segments = 0
        self._pending = ""

    def __len__(self) -> int:
        """Segments listed, holes included."""
        return self._segments

    def begin_run(self, initialisation: str, utc_ns: int) -> None:
        """What follows is another encoding, with its own initialisation; a discontinuity unless it is the first."""
        self._pending = "#EXT-X-DISCONTINUITY\n" if self._segments else ""
        self._pending += f'#EXT-X-MAP:URI="{initialisation}"\n#EXT-X-PROGRAM-DATE-TIME:{date_time(utc_ns)}\n'

    def add(self, segment: Segment) -> None:
        """List one more segment."""
        gap = "#EXT-X-GAP\n" if segment.hole else ""
        self._append(
            f"{self._pending}#EXTINF:{seconds(segment.samples)},\n{gap}{segment.name}\n", segment.samples
        )
        self._pending = ""

    def _append(self, block: str, samples: int) -> None:
        self._segments += 1
        self.samples += samples
        self._text.append(block)

    def rewrite(self, names: Mapping[str, str], ranges: Iterable[str] = ()) -> None:
        """Segments under other names, announcements added: see :func:`rewritten`."""
        self._text = [rewritten("".join(self._text), names, ranges)]

    def text(self, *, ended: bool = False) -> str:
        """The whole playlist."""
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] + ("#EXT-X-ENDLIST\n" if ended else "")


def resume(text: str, playlist: MediaPlaylist, usable: frozenset[str]) -> list[str]:
    """Fill an empty playlist with what a previous run listed, up to the first segment whose file is not ``usable``.

    Returns the names kept, in order. A text that is not ours gives an empty playlist.
    """
    names: list[str] = []
    tags: list[str] = []
    samples = None
    for line in text.splitlines():
        if line.startswith("#EXTINF:"):
            samples = _samples(line)
            tags.append(line)
        elif line.startswith("#EXT-X-DATERANGE:"):
            playlist.rewrite({}, (line,))
        elif line.startswith(
            ("#EXT-X-DISCONTINUITY", "#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-GAP")
        ):
            tags.append(line)
        elif line and not line.startswith("#"):
            if samples is None or not _SEGMENT.match(line) or not (line in usable or "#EXT-X-GAP" in tags):
                break
            playlist._append("".join(f"{tag}\n" for tag in (*tags, line)), samples)
            names.append(line)
            tags, samples = [], None
    return names


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment as a playlist tells it: its place in time (UTC of the act, nanoseconds), its run and that run's initialisation."""

    name: str
    start_ns: int
    samples: int
    hole: bool
    run: int
    initialisation: str

    @property
    def end_ns(self) -> int:
        """Where it ends, UTC nanoseconds."""
        return self.start_ns + self.samples * 1_000_000_000 // SAMPLE_RATE


def entries(text: str) -> list[Entry]:
    """The segments of a playlist of ours, in order. Those before the first known date are left out."""
    found: list[Entry] = []
    run, begun_ns, since, samples = -1, None, 0, 0
    initialisation, hole = "", False
    for line in text.splitlines():
        if line.startswith("#EXTINF:"):
            samples = _samples(line) or 0
        elif line.startswith("#EXT-X-MAP:"):
            run, initialisation = run + 1, _attribute(line, "URI")
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            begun_ns, since = utc_ns(line.partition(":")[2]), 0
        elif line == "#EXT-X-GAP":
            hole = True
        elif line and not line.startswith("#"):
            if begun_ns is not None:
                start_ns = begun_ns + since * 1_000_000_000 // SAMPLE_RATE
                found.append(Entry(line, start_ns, samples, hole, run, initialisation))
            since, hole = since + samples, False
    return found


def rewritten(text: str, names: Mapping[str, str], ranges: Iterable[str] = ()) -> str:
    """A playlist whose segments bear other names, and with more ``EXT-X-DATERANGE`` lines at its head.

    Nothing else moves: same places in the sequence, same durations, no discontinuity, since time, tracks and parameter sets are the
    same. A range that is announced already (same ID) is replaced.
    """
    added = {_attribute(line, "ID"): line for line in ranges}
    lines = [
        names.get(line, line)
        for line in text.splitlines()
        if not (line.startswith("#EXT-X-DATERANGE:") and _attribute(line, "ID") in added)
    ]
    first = next((n for n, line in enumerate(lines) if line.startswith(_OF_SEGMENTS)), len(lines))
    lines[first:first] = added.values()
    return "".join(f"{line}\n" for line in lines)


def date_range(
    name: str, start_ns: int, end_ns: int | None, kind: str, until_next: bool = True, /, **more: str
) -> str:
    """An ``EXT-X-DATERANGE`` line (RFC 8216, 4.3.2.7) of class ``kind``; ``more``: further attributes, quoted (``X_A`` is X-A).

    ``end_ns`` None: it lasts until the next one of its class, or, not ``until_next``, nobody knows yet until when.
    """
    lasts = ",END-ON-NEXT=YES" if until_next else ""
    if end_ns is not None:
        milliseconds = (end_ns - start_ns) // 1_000_000
        lasts = f",DURATION={milliseconds // 1000}.{milliseconds % 1000:03d}"
    line = f'#EXT-X-DATERANGE:ID="{name}",CLASS="{kind}",START-DATE="{date_time(start_ns)}"{lasts}'
    return line + "".join(f',{key.replace("_", "-")}="{value}"' for key, value in more.items())


def _attribute(line: str, name: str) -> str:
    found = re.search(rf'[:,]{name}="([^"]*)"', line)
    return found[1] if found else ""


def _samples(line: str) -> int | None:
    match = re.match(r"^#EXTINF:(\d+(?:\.\d+)?),$", line)
    return round(Decimal(match[1]) * SAMPLE_RATE) if match else None


AAC_LC = "mp4a.40.2"
"""The sound of every rendition, as playlists name it (RFC 6381)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A line of the master playlist; ``width`` 0 is sound only. Bits a second include the container."""

    uri: str
    codecs: str
    peak: int
    average: int
    width: int = 0
    height: int = 0
    fps: int = 0


def master(variants: Iterable[Variant]) -> str:
    """The master playlist, best first."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in variants:
        size = (
            f",RESOLUTION={variant.width}x{variant.height},FRAME-RATE={variant.fps}.000"
            if variant.width
            else ""
        )
        lines += (
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.peak},AVERAGE-BANDWIDTH={variant.average},"
            f'CODECS="{variant.codecs}"{size}',
            variant.uri,
        )
    return "\n".join(lines) + "\n"


def seconds(samples: int) -> str:
    """Seconds with six decimals, rounded to nearest, exact integer arithmetic: the sum does not drift."""
    micro = (samples * 1_000_000 + SAMPLE_RATE // 2) // SAMPLE_RATE
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"


def date_time(utc_ns: int) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return f"{datetime.fromtimestamp(utc_ns // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{utc_ns // 1_000_000 % 1000:03d}Z"


def utc_ns(text: str) -> int:
    """The instant that :func:`date_time` wrote, to its millisecond."""
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000

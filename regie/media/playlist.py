"""HLS playlists (RFC 8216, and RFC 8216bis for EXT-X-GAP) as text. Pure.

A media playlist only grows: what was published is never changed, so its text is built by appending. Sending only the end of a long
one is the server's business (``web_ui.playlists``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from regie.domain.timeline import SAMPLE_RATE

_VERSION = 8
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


def _samples(line: str) -> int | None:
    match = re.match(r"^#EXTINF:(\d+(?:\.\d+)?),$", line)
    return round(Decimal(match[1]) * SAMPLE_RATE) if match else None


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

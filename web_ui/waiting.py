"""Before the first segments of a live, its address gives a slate to players that are not our page, then the live itself.

The engine keeps two seconds of slate on the disk (``regie/media/waiting.py``). They are listed here as a live playlist, numbered by
the clock; once the live has segments the same playlist goes on with them, so that who was waiting sees the opening. Pure.
"""

import re

from web_ui.playlists import with_prefix

SEGMENT_S = 2
SHOWN = 3
"""How many a player is told of at once."""
_TURN = 30 * 86_400 // SEGMENT_S
"""Segments after which the slate's time begins again, so that players keep their precision. Nobody waits a month."""
_TIMESCALE = 48_000
_SEQUENCES = re.compile(r"^#EXT-X-(?:MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|PLAYLIST-TYPE):.*\n", re.MULTILINE)
_BEGINS = re.compile(r"^#EXT-X-(?:MAP|PROGRAM-DATE-TIME|DATERANGE)|^#EXTINF", re.MULTILINE)


def number(now_s: int) -> int:
    """The number of the slate's segment that ends the playlist at an instant (UTC seconds)."""
    return now_s // SEGMENT_S


def waiting(text: str, newest: int) -> str:
    """The slate's own playlist, of one segment, as a live one that ends with number ``newest``."""
    head, begins = _parted(text)
    first = newest - SHOWN + 1
    return f"{head}{_numbered(first)}{_segments(begins, range(first, newest + 1))}"


def retimed(segment: bytes, number: int) -> bytes:
    """A segment moved later by all that comes before that number: the slate's own, whose time begins at 0, goes on where the one
    before ended, and the live where the slate did. Players that are not ours are lost where time goes back."""
    by = number % _TURN * SEGMENT_S * _TIMESCALE
    head, mark, data = segment.partition(b"mdat")

    def later(box: re.Match[bytes]) -> bytes:
        return box[1] + (int.from_bytes(box[2], "big") + by).to_bytes(8, "big")

    # Version 1 of ISO/IEC 14496-12, 8.8.12: 64 bits of time.
    return re.sub(rb"(tfdt\x01...)(.{8})", later, head, flags=re.DOTALL) + mark + data


def following(text: str, prefix: str, slate: str, newest: int) -> str:
    """The live's own playlist, its files below ``prefix``, after the last segments of the slate, up to number ``newest``: a player
    that is late by one or two of them must find them still.

    Time goes on and pictures are encoded alike: it is no discontinuity, after which VLC would want the initialisation again.
    """
    head, begins = _parted(with_prefix(_SEQUENCES.sub("", text), prefix))
    first = newest - SHOWN + 1
    waited = _segments(_parted(slate)[1], range(first, newest + 1))
    return f"{head}{_numbered(first)}{waited}{_moved(begins, newest + 1)}"


def _segments(begins: str, numbers: range) -> str:
    """The slate's segment under each of these numbers."""
    again = re.sub(r"^#EXT-X-MAP.*\n", "", begins, flags=re.MULTILINE)
    return "".join(_moved(begins if n == numbers[0] else again, n) for n in numbers)


def _moved(segments: str, number: int) -> str:
    return re.sub(r"^(?!#)(.+)$", rf"\1?n={number}", segments, flags=re.MULTILINE)


def _numbered(first: int) -> str:
    return f"#EXT-X-MEDIA-SEQUENCE:{first}\n"


def _parted(text: str) -> tuple[str, str]:
    """The head of a playlist, and what begins with its first segment."""
    begins = _BEGINS.search(text)
    at = begins.start() if begins else len(text)
    return text[:at], text[at:]

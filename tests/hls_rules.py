"""HLS as the strictest players read it (RFC 8216bis, Apple's authoring rules): one reading of a playlist, and one after another.

Written from the RFC alone: nothing of ours reads the playlists here. A rule that is broken is an assertion that fails.
"""

import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import av

NEAR, UNIT = Decimal("0.001"), Decimal("0.022")
"""What two clocks may differ by, and the length of a unit of sound, which is cut nowhere."""


@dataclass(frozen=True)
class Segment:
    """A media segment: its place is its media sequence number."""

    uri: str
    lasts: Decimal
    gap: bool
    discontinuities: int
    initialisation: str
    dated: datetime | None


@dataclass
class Reading:
    """A media playlist as it was at one instant."""

    target: int = 0
    version: int = 1
    sequence: int = 0
    discontinuity_sequence: int = 0
    kind: str = ""
    independent: bool = False
    ended: bool = False
    segments: list[Segment] = field(default_factory=list)
    ranges: dict[str, str] = field(default_factory=dict)


def read(text: str) -> Reading:
    """Parse, and hold to what a single playlist must be (4.4)."""
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U" and text.endswith("\n")
    found, once = Reading(), set()
    lasts, gap, broken, dated = None, False, 0, None
    initialisation = ""
    for line in lines[1:]:
        tag, _, value = line.partition(":")
        if tag in (
            "#EXT-X-VERSION",
            "#EXT-X-TARGETDURATION",
            "#EXT-X-MEDIA-SEQUENCE",
            "#EXT-X-PLAYLIST-TYPE",
        ):
            assert tag not in once and not found.segments, f"{tag} is there once, before the first segment"
            once.add(tag)
        match tag:
            case "#EXT-X-VERSION":
                found.version = int(value)
            case "#EXT-X-TARGETDURATION":
                found.target = int(value)
            case "#EXT-X-MEDIA-SEQUENCE":
                found.sequence = int(value)
            case "#EXT-X-DISCONTINUITY-SEQUENCE":
                found.discontinuity_sequence = int(value)
            case "#EXT-X-PLAYLIST-TYPE":
                found.kind = value
            case "#EXT-X-INDEPENDENT-SEGMENTS":
                found.independent = True
            case "#EXT-X-DATERANGE":
                _range(found, value)
            case "#EXT-X-DISCONTINUITY":
                broken += 1
            case "#EXT-X-MAP":
                initialisation = value.removeprefix('URI="').removesuffix('"')
            case "#EXT-X-PROGRAM-DATE-TIME":
                dated = datetime.fromisoformat(value)
            case "#EXT-X-GAP":
                gap = True
            case "#EXTINF":
                assert lasts is None
                lasts = Decimal(value.partition(",")[0])
            case "#EXT-X-ENDLIST":
                assert not found.ended
                found.ended = True
            case _:
                assert not line.startswith("#") and lasts is not None, line
                assert 0 < lasts and round(lasts) <= found.target
                found.segments.append(Segment(line, lasts, gap, broken, initialisation, dated))
                lasts, gap, dated = None, False, None
    assert lasts is None and dated is None, "tags without their segment"
    assert found.target and found.version >= 8, "a map needs 6, a gap 8"
    assert len({one.uri for one in found.segments}) == len(found.segments)
    _dates(found.segments)
    return found


def _range(found: Reading, value: str) -> None:
    name = re.search(r'\bID="([^"]+)"', value)
    begins = re.search(r'\bSTART-DATE="([^"]+)"', value)
    assert name and begins and datetime.fromisoformat(begins[1])
    assert name[1] not in found.ranges, "one tag a date range"
    found.ranges[name[1]] = value


def _dates(segments: list[Segment]) -> None:
    """A new map is a discontinuity, and only its first segment is dated: dates and durations cannot contradict (4.4.4.6)."""
    for before, one in zip(segments, segments[1:], strict=False):
        changed = one.initialisation != before.initialisation
        assert changed == (one.discontinuities > before.discontinuities), "a new map is a discontinuity"
        assert one.discontinuities - before.discontinuities in (0, 1) and changed == (one.dated is not None)
    assert not segments or (segments[0].initialisation and segments[0].dated)


def follows(before: Reading, after: Reading, taken_out: frozenset[int] = frozenset()) -> None:
    """What a client that loads a playlist again relies on (6.2.1, 6.2.2); ``taken_out``: places whose segment was replaced."""
    for name in ("target", "version", "sequence", "discontinuity_sequence", "kind", "independent"):
        assert getattr(before, name) == getattr(after, name), f"{name} never changes in an EVENT playlist"
    assert not before.ended or len(after.segments) == len(before.segments)
    assert before.ended <= after.ended and len(before.segments) <= len(after.segments)
    for place, (old, new) in enumerate(zip(before.segments, after.segments, strict=False)):
        about = (old.lasts, old.gap, old.discontinuities, old.initialisation, old.dated)
        assert about == (new.lasts, new.gap, new.discontinuities, new.initialisation, new.dated), place
        assert (old.uri != new.uri) == (place in taken_out), place
    assert before.ranges.items() <= after.ranges.items(), (
        "a date range that was told is told again, unchanged"
    )


def media(reading: Reading, folder: Path) -> None:
    """What is listed is there, begins with a keyframe where it is said to, and lasts what is said, one after the other."""
    due: dict[str, Decimal] = {}
    for one in reading.segments:
        if one.gap:
            due[one.initialisation] = due.get(one.initialisation, Decimal(0)) + one.lasts
            continue
        data = (folder / one.initialisation).read_bytes() + (folder / one.uri).read_bytes()
        with av.open(io.BytesIO(data), "r") as container:
            pictures = bool(container.streams.video)
            lead = container.streams.video[0] if pictures else container.streams.audio[0]
            assert lead.time_base is not None
            base = Decimal(lead.time_base.numerator) / lead.time_base.denominator
            times = [
                (p.pts, p.duration or 0, p.is_keyframe) for p in container.demux(lead) if p.pts is not None
            ]
            assert times and (not pictures or times[0][2]), one.uri
            begins, ends = times[0][0] * base, (times[-1][0] + times[-1][1]) * base
        expected = due.setdefault(one.initialisation, Decimal(begins))
        slack = NEAR if pictures else UNIT
        assert abs(begins - expected) <= slack and abs(ends - begins - one.lasts) <= slack, one.uri
        due[one.initialisation] += one.lasts


def together(readings: dict[str, Reading]) -> None:
    """All renditions cut at the same places, to a unit of sound (RFC 6.2.4, Apple 8.17), on the same dates."""
    first, *others = readings.values()
    for one in others:
        assert one.target == first.target and len(one.segments) == len(first.segments)
        here = there = Decimal(0)
        for mine, its in zip(one.segments, first.segments, strict=True):
            about = (mine.gap, mine.discontinuities, mine.dated)
            assert about == (its.gap, its.discontinuities, its.dated)
            here, there = here + mine.lasts, there + its.lasts
            assert abs(here - there) <= UNIT * (1 + mine.discontinuities)

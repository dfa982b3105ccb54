"""A recording with its chapters, for who gives it out: an ordinary MP4, its packets as they are.

Ours is fragmented, readable whatever happens; chapters of a fragmented file are not read by every player, and its head is written
before the séance has any.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from regie.media.removing_recording import slots

_MS = Fraction(1, 1000)
OPENING = "Ouverture"
Chapter = tuple[int, int, str]
"""Begin, end (ms from the beginning of the file), title."""


def begun_ms(recording: Path) -> int | None:
    """The date of its first picture (UTC ms, as the files date it); None when it holds none. Raises OSError."""
    with recording.open("rb") as file:
        first = next(slots(file.fileno(), recording.stat().st_size), None)
    return first.utc_ns // 1_000_000 if first is not None else None


def placed(marks: Sequence[tuple[int, str]], begun: int, length_ms: int) -> tuple[Chapter, ...]:
    """Chapters of a file that begins at ``begun``.

    What began before the file and still lasts is its first chapter; ``marks`` are dated as the files are, in order.
    """
    before = [title for at, title in marks if at <= begun]
    within = [(at - begun, title) for at, title in marks if begun < at < begun + length_ms]
    if not before and not within:
        return ()
    # Players have the first chapter begin with the file, wherever it is said to: what precedes the first item is one.
    starts = [(0, before[-1] if before else OPENING), *within]
    ends = [*(at for at, _ in starts[1:]), length_ms][: len(starts)]
    return tuple((start, end, title) for (start, title), end in zip(starts, ends, strict=True) if start < end)


def joined(parts: Sequence[tuple[int, Sequence[Chapter]]]) -> tuple[Chapter, ...]:
    """Chapters of files put one after the other, each with its length (ms); what goes on from one to the next is one chapter."""
    found: list[Chapter] = []
    offset = 0
    for length, chapters in parts:
        for start, end, title in chapters:
            begins = offset + start
            if found and found[-1][1:] == (begins, title):
                begins = found.pop()[0]
            found.append((begins, offset + end, title))
        offset += length
    return tuple(found)


def listing(chapters: Sequence[Chapter]) -> str:
    """« 1:02:03 Titre », a line a chapter, from the beginning of the file: the list that goes beside it."""
    lines = [(start // 1000, title) for start, _, title in chapters]
    return "".join(f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d} {title}\n" for s, title in lines)


def with_chapters(recording: Path, target: Path, chapters: Sequence[Chapter]) -> None:
    """Copy a recording into an MP4 that bears these chapters. Raises OSError, av's errors."""
    with (
        av.open(str(recording)) as source,
        av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out,
    ):
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        out.set_chapters(
            [
                {"id": rank, "start": start, "end": end, "time_base": _MS, "metadata": {"title": title}}
                for rank, (start, end, title) in enumerate(chapters, 1)
            ]
        )
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux_one(packet)


def length_ms(recording: Path) -> int:
    """How long it lasts. Raises OSError, av's errors."""
    with av.open(str(recording)) as source:
        return (source.duration or 0) // 1000

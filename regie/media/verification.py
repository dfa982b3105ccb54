"""Re-reads recordings: is the file whole, is its time without folds, can it be decoded; and mends what a power cut left.

The structure of every fragment is read without its pictures (four hours in a second or two); then FFmpeg decodes a picture at the
start, in the middle and at the end.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np

from regie.domain.timeline import SAMPLE_RATE, to_ms
from regie.media.boxes import PICTURES, SOUNDS, random_access

_HEADER = struct.Struct(">I4s")
_WHOLE_HEAD = 64 * 1024
_TOLERANCE = 1
EMPTY, CUT, FOLDED, SIZES, UNDECODABLE, UNREADABLE = (
    "vide",
    "fin_incomplete",
    "horodatage",
    "tailles",
    "indecodable",
    "illisible",
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in a recording (duration of its pictures); ``problems`` are stable codes, none for a good file."""

    duration_ms: int
    fragments: int
    pictures: int
    sounds: int
    finished: bool
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong with it."""
        return not self.problems


@dataclass(slots=True)
class _Reading:
    """Running state of a re-read."""

    points: list[tuple[int, int]] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=lambda: {PICTURES: 0, SOUNDS: 0})
    ends: dict[int, int] = field(default_factory=lambda: {PICTURES: 0, SOUNDS: 0})
    whole_end: int = 0
    finished: bool = False
    problems: dict[str, None] = field(default_factory=dict)


def verify(path: Path) -> Verification:
    """Re-read a recording. Never raises for what is in the file."""
    try:
        with path.open("rb") as file:
            reading = _read(file, path.stat().st_size)
    except OSError:
        return Verification(0, 0, 0, 0, False, (UNREADABLE,))
    if reading.points and not _decodes(path, reading.ends[PICTURES]):
        reading.problems[UNDECODABLE] = None
    return Verification(
        to_ms(reading.ends[PICTURES]),
        len(reading.points),
        reading.counts[PICTURES],
        reading.counts[SOUNDS],
        reading.finished,
        tuple(reading.problems),
    )


def unfinished(directory: Path) -> list[Path]:
    """Recordings that were not closed (crash, power cut), oldest first. None may be in the course of being written."""
    return [path for path in sorted(directory.glob("*.mp4")) if not _has_index(path)]


def repair(path: Path) -> Verification:
    """Cut an unfinished recording after its last whole fragment, give it its index and duration; then verify it.

    Raises OSError when the disk refuses. A file without one whole fragment is left as it is.
    """
    size = path.stat().st_size
    with path.open("r+b") as file:
        reading = _read(file, size)
        if reading.points and not reading.finished:
            file.truncate(reading.whole_end)
            file.seek(reading.whole_end)
            file.write(random_access(PICTURES, reading.points))
            file.flush()
            patch_duration(file.fileno(), reading.ends[PICTURES])
            os.fsync(file.fileno())
    return verify(path)


def patch_duration(descriptor: int, duration: int) -> None:
    """Write the duration (samples), known at last, into the head of an open recording."""
    head = os.pread(descriptor, _WHOLE_HEAD, 0)
    place = head.find(b"mehd")
    if place >= 0:
        os.pwrite(descriptor, duration.to_bytes(8, "big"), place + 8)


def _has_index(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size < 16:
            return False
        file.seek(size - 4)
        length = int.from_bytes(file.read(4), "big")
        if not 16 <= length <= size:
            return False
        file.seek(size - length)
        return file.read(8)[4:] == b"mfra"


def _read(file: BinaryIO, size: int) -> _Reading:
    reading = _Reading()
    place, start, moof = 0, 0, b""
    while place + 8 <= size:
        file.seek(place)
        length, kind = _HEADER.unpack(file.read(8))
        if length < 8 or place + length > size:
            break
        if kind == b"moof":
            start, moof = place, file.read(length - 8)
        elif kind == b"mdat" and moof:
            try:
                if _fragment(reading, moof, start) != length - 8:
                    reading.problems[SIZES] = None
            except (KeyError, ValueError):
                reading.problems[UNREADABLE] = None
            moof = b""
            reading.whole_end = place + length
        elif kind == b"mfra":
            reading.finished = True
        place += length
    if place != size or moof:
        reading.problems[CUT] = None
    if not reading.points:
        reading.problems[EMPTY] = None
    return reading


def _fragment(reading: _Reading, moof: bytes, place: int) -> int:
    """Count one fragment in; the bytes that its samples should have."""
    total = 0
    for kind, traf in _boxes(moof):
        if kind != b"traf":
            continue
        inside = dict(_boxes(traf))
        track = int.from_bytes(inside[b"tfhd"][4:8], "big")
        start = int.from_bytes(inside[b"tfdt"][4:12], "big")
        samples = np.frombuffer(inside[b"trun"], ">u4", offset=12).reshape(-1, 3)
        if start < reading.ends[track] - _TOLERANCE or not samples[:, 0].all():
            reading.problems[FOLDED] = None
        reading.ends[track] = start + int(samples[:, 0].sum())
        reading.counts[track] += len(samples)
        total += int(samples[:, 1].sum())
        if track == PICTURES:
            reading.points.append((start, place))
    return total


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(data):
        length, kind = _HEADER.unpack_from(data, place)
        if length < 8:
            return
        yield kind, data[place + 8 : place + length]
        place += length


def _decodes(path: Path, duration: int) -> bool:
    last_second = max(0, duration - SAMPLE_RATE)
    try:
        with closing(av.open(str(path))) as container:
            stream = container.streams.video[0]
            for place in (0, last_second // 2, last_second):
                container.seek(place, stream=stream)
                if next(container.decode(stream), None) is None:
                    return False
    except (av.error.FFmpegError, IndexError):
        return False
    return True

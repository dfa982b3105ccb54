"""ISO base media boxes (ISO/IEC 14496-12, -14, -15): the few that fragmented MP4 needs.

Everything counts in 48 kHz samples, so picture and sound keep their offset to the sample. Pure: bytes in, bytes out.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regie.domain.timeline import SAMPLE_RATE

_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4
_SELF_CONTAINED = 1
_DEFAULT_BASE_IS_MOOF = 0x020000
_RUN_FLAGS = 0x000001 | 0x000100 | 0x000200 | 0x000400
_KEY_FLAGS = 0x02000000
_DELTA_FLAGS = 0x01010000
_RUN_ENTRY = struct.Struct(">III")
_NTP_OF_1970 = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""
_HEADER = struct.Struct(">I4s")
PICTURES, SOUNDS = 1, 2


@dataclass(frozen=True, slots=True)
class Track:
    """A track as its ``trak`` box tells it. ``entry`` is its whole sample entry; a size of 0 means sound."""

    id: int
    entry: bytes
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One access unit of a fragment."""

    data: bytes
    duration: int
    key: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """The samples of one track in one fragment, decoded from ``start`` on (samples since the start of the file)."""

    track: int
    start: int
    samples: Sequence[Sample]


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box: size, four letters, payload."""
    return b"".join((_HEADER.pack(8 + sum(map(len, parts)), kind), *parts))


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that starts with a version and flags."""
    return box(kind, (version << 24 | flags).to_bytes(4, "big"), *parts)


def avc_entry(width: int, height: int, configuration: bytes) -> bytes:
    """Sample entry of H.264 pictures: square pixels, BT.709, limited range."""
    fixed = struct.pack(">6xH16xHHII4xH32xHh", 1, width, height, 0x480000, 0x480000, 1, 24, -1)
    colours = box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0))
    return box(b"avc1", fixed, box(b"avcC", configuration), colours, box(b"pasp", struct.pack(">II", 1, 1)))


def aac_entry(configuration: bytes, channels: int, bitrate: int) -> bytes:
    """Sample entry of AAC sound; ``configuration`` is its AudioSpecificConfig."""
    specific = _descriptor(5, configuration)
    decoder = _descriptor(4, struct.pack(">BB3xII", 0x40, 0x15, bitrate, bitrate), specific)
    stream = _descriptor(3, struct.pack(">HB", 0, 0), decoder, _descriptor(6, b"\x02"))
    fixed = struct.pack(">6xH8xHH4xI", 1, channels, 16, SAMPLE_RATE << 16)
    return box(b"mp4a", fixed, full(b"esds", 0, 0, stream))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    length = sum(map(len, parts))
    if length > 0x7F:
        raise ValueError("an MPEG-4 descriptor longer than its one-byte length")
    return b"".join((bytes((tag, length)), *parts))


def initialisation(tracks: Iterable[Track], duration: int = 0) -> bytes:
    """``ftyp`` and ``moov``: what a player reads once. ``duration`` (samples) is 0 while it is not known."""
    tracks = tuple(tracks)
    extends = [full(b"mehd", 1, 0, duration.to_bytes(8, "big"))]
    extends += [full(b"trex", 0, 0, struct.pack(">5I", track.id, 1, 0, 0, 0)) for track in tracks]
    movie = struct.pack(">4I", 0, 0, SAMPLE_RATE, 0) + struct.pack(">IH10x", 0x10000, 0x100) + _UNITY
    movie += struct.pack(">24xI", max(track.id for track in tracks) + 1)
    moov = box(b"moov", full(b"mvhd", 0, 0, movie), *map(_trak, tracks), box(b"mvex", *extends))
    return box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6mp41") + moov


def _trak(track: Track) -> bytes:
    seen = bool(track.width)
    header = struct.pack(">5I8xHHH2x", 0, 0, track.id, 0, 0, 0, 0, 0 if seen else 0x100)
    header += _UNITY + struct.pack(">II", track.width << 16, track.height << 16)
    media = full(b"mdhd", 0, 0, struct.pack(">4IHH", 0, 0, SAMPLE_RATE, 0, _UNDETERMINED, 0))
    handler = full(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"vide" if seen else b"soun"), b"regie\0")
    kind = full(b"vmhd", 0, 1, bytes(8)) if seen else full(b"smhd", 0, 0, bytes(4))
    where = box(b"dinf", full(b"dref", 0, 0, b"\0\0\0\1", full(b"url ", 0, _SELF_CONTAINED)))
    none = b"\0\0\0\0"
    table = box(
        b"stbl",
        full(b"stsd", 0, 0, b"\0\0\0\1", track.entry),
        full(b"stts", 0, 0, none),
        full(b"stsc", 0, 0, none),
        full(b"stsz", 0, 0, none, none),
        full(b"stco", 0, 0, none),
    )
    information = box(b"minf", kind, where, table)
    return box(b"trak", full(b"tkhd", 0, 3, header), box(b"mdia", media, handler, information))


def fragment(number: int, runs: Iterable[Run]) -> bytes:
    """``moof`` and ``mdat``: one fragment, its tracks one after the other. Runs without samples are left out."""
    runs = tuple(run for run in runs if run.samples)
    head = full(b"mfhd", 0, 0, number.to_bytes(4, "big"))
    # Offsets count from the start of moof, whose size does not depend on them: made once with zeros to be measured.
    size = len(_moof(head, runs, (0,) * len(runs)))
    offsets, place = [], size + 8
    for run in runs:
        offsets.append(place)
        place += sum(len(sample.data) for sample in run.samples)
    data = (sample.data for run in runs for sample in run.samples)
    return b"".join((_moof(head, runs, offsets), _HEADER.pack(place - size, b"mdat"), *data))


def _moof(head: bytes, runs: Sequence[Run], offsets: Sequence[int]) -> bytes:
    return box(b"moof", head, *(_traf(run, offset) for run, offset in zip(runs, offsets, strict=True)))


def _traf(run: Run, offset: int) -> bytes:
    entries = (
        _RUN_ENTRY.pack(s.duration, len(s.data), _KEY_FLAGS if s.key else _DELTA_FLAGS) for s in run.samples
    )
    return box(
        b"traf",
        full(b"tfhd", 0, _DEFAULT_BASE_IS_MOOF, run.track.to_bytes(4, "big")),
        full(b"tfdt", 1, 0, run.start.to_bytes(8, "big")),
        full(b"trun", 0, _RUN_FLAGS, struct.pack(">II", len(run.samples), offset), *entries),
    )


def instant(track: int, utc_ns: int, start: int) -> bytes:
    """``prft``: the fragment that follows begins at ``start`` in its file, which is the instant ``utc_ns`` (UTC) of the act."""
    seconds, rest = divmod(utc_ns, 1_000_000_000)
    ntp = (seconds + _NTP_OF_1970) % (1 << 32) << 32 | (rest << 32) // 1_000_000_000
    return full(b"prft", 1, 0, track.to_bytes(4, "big"), struct.pack(">QQ", ntp, start))


def read_instant(payload: bytes) -> int:
    """UTC nanoseconds of a ``prft`` box, given its payload; those of this NTP era, which ends in 2036, or of the next."""
    seconds, rest = int.from_bytes(payload[8:12], "big"), int.from_bytes(payload[12:16], "big")
    era = 0 if seconds >= _NTP_OF_1970 else 1 << 32
    return (seconds + era - _NTP_OF_1970) * 1_000_000_000 + -(-rest * 1_000_000_000 >> 32)


def random_access(track: int, points: Iterable[tuple[int, int]]) -> bytes:
    """``mfra``, written last: where each fragment of a track starts (time, offset in the file), so that players can seek.

    Its presence is also the sign that a file was closed properly.
    """
    entries = [struct.pack(">QQBBB", time, offset, 1, 1, 1) for time, offset in points]
    table = full(b"tfra", 1, 0, struct.pack(">III", track, 0, len(entries)), *entries)
    return box(b"mfra", table, full(b"mfro", 0, 0, (8 + len(table) + 16).to_bytes(4, "big")))

"""Reads back the fragmented MP4 that ``boxes`` writes: heads, fragments, their samples. Only our own files. Pure.

Everything that is not what ``boxes`` would have written is refused (:class:`BadFile`): a file that is only half understood must not
be rewritten.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from regie.errors import RegieError
from regie.media.boxes import PICTURES, SOUNDS, Run, Sample

_HEADER = struct.Struct(">I4s")
_KEY_FLAGS = 0x02000000
_ENTRIES = 12
"""Bytes of a ``trun`` before its entries: version and flags, count, offset of the data."""


class BadFile(RegieError):
    """A recording or a segment that is not as the régie writes them."""

    code = "fichier_illisible"


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a file (``ftyp`` and ``moov``) says of its tracks.

    ``configuration`` is the AVCDecoderConfigurationRecord, empty for sound only; ``sound`` the AudioSpecificConfig; ``bitrate``
    that of the sound, bits a second.
    """

    width: int
    height: int
    configuration: bytes
    sound: bytes
    bitrate: int

    @property
    def parameter_sets(self) -> tuple[bytes, bytes]:
        """SPS and PPS, without start codes; empty for sound only."""
        if not self.configuration:
            return b"", b""
        sps_end = 8 + int.from_bytes(self.configuration[6:8], "big")
        return self.configuration[8:sps_end], self.configuration[sps_end + 3 :]


@dataclass(frozen=True, slots=True)
class Fragment:
    """One ``moof`` and its ``mdat``: its number and the samples of each track, in the file's time."""

    number: int
    pictures: Run
    sounds: Run

    @property
    def runs(self) -> tuple[Run, Run]:
        """Both tracks, as :func:`regie.media.boxes.fragment` takes them."""
        return self.pictures, self.sounds


def boxes(data: bytes, place: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Kind and payload of each whole box, one after the other."""
    while place + 8 <= len(data):
        length, kind = _HEADER.unpack_from(data, place)
        if length < 8 or place + length > len(data):
            return
        yield kind, data[place + 8 : place + length]
        place += length


def head(data: bytes) -> Head:
    """Read a head. Raises BadFile."""
    try:
        avc, aac = data.find(b"avc1"), data.find(b"esds")
        # Fixed places: esds and three descriptors with one-byte lengths, as ``boxes.aac_entry`` writes them.
        bitrate = int.from_bytes(data[aac + 24 : aac + 28], "big")
        sound = data[aac + 30 : aac + 30 + data[aac + 29]]
        if aac < 0 or data[aac + 8] != 3 or data[aac + 28] != 5:
            raise BadFile("no AAC sound where it should be")
        if avc < 0:
            return Head(0, 0, b"", sound, bitrate)
        width, height = struct.unpack_from(">HH", data, avc + 28)
        at = data.index(b"avcC", avc)
        size = int.from_bytes(data[at - 4 : at], "big")
        return Head(width, height, data[at + 4 : at - 4 + size], sound, bitrate)
    except (IndexError, ValueError, struct.error) as error:
        raise BadFile("the head of a file cannot be read") from error


def fragment_of(data: bytes) -> Fragment:
    """Read one fragment; other boxes around it are passed over. Raises BadFile."""
    number, runs, place, begun = -1, dict[int, Run](), 0, -1
    moof = b""
    for kind, payload in boxes(data):
        if kind == b"moof":
            moof, begun = payload, place
        place += 8 + len(payload)
    if begun < 0:
        raise BadFile("a file without a fragment")
    try:
        for kind, payload in boxes(moof):
            if kind == b"mfhd":
                number = int.from_bytes(payload[4:8], "big")
            elif kind == b"traf":
                run = _run(dict(boxes(payload)), data, begun)
                runs[run.track] = run
    except (KeyError, ValueError, struct.error) as error:
        raise BadFile("a fragment cannot be read") from error
    return Fragment(number, runs.get(PICTURES, Run(PICTURES, 0, ())), runs.get(SOUNDS, Run(SOUNDS, 0, ())))


def _run(inside: dict[bytes, bytes], data: bytes, begun: int) -> Run:
    track = int.from_bytes(inside[b"tfhd"][4:8], "big")
    start = int.from_bytes(inside[b"tfdt"][4:12], "big")
    trun = inside[b"trun"]
    count, place = struct.unpack_from(">II", trun, 4)
    entries = np.frombuffer(trun, ">u4", count * 3, _ENTRIES).reshape(-1, 3).tolist()
    place += begun
    samples = []
    for duration, size, flags in entries:
        if place + size > len(data):
            raise ValueError("a sample outside of its file")
        samples.append(Sample(data[place : place + size], duration, flags == _KEY_FLAGS))
        place += size
    return Run(track, start, samples)

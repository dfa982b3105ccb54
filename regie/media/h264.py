"""What the outputs must know of H.264: units of an access unit, parameter sets, the codec's name.

Units come as Annex B (ITU-T H.264, annex B) and leave length-prefixed (ISO/IEC 14496-15, 5.3.2). Pure.
"""

import struct
from dataclasses import dataclass

from regie.errors import RegieError

_SPS, _PPS, _DELIMITER = 7, 8, 9
_OUT_OF_BAND = frozenset({_SPS, _PPS, _DELIMITER})
_LENGTH = struct.Struct(">I")


class BadPicture(RegieError):
    """An access unit that is not what the encoder promises."""

    code = "image_invalide"


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The sequence and picture parameter sets that a decoder needs first, without start codes."""

    sps: bytes
    pps: bytes

    @property
    def codec(self) -> str:
        """Name of the codec for browsers (RFC 6381): profile, constraints and level from the SPS."""
        return f"avc1.{self.sps[1:4].hex()}"

    @property
    def configuration(self) -> bytes:
        """AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1.2) for 4-byte lengths, one SPS and one PPS.

        Only for profiles that have no chroma extension there (baseline, main).
        """
        head = bytes((1, *self.sps[1:4], 0xFC | 3, 0xE0 | 1))
        return b"".join(
            (
                head,
                len(self.sps).to_bytes(2, "big"),
                self.sps,
                b"\x01",
                len(self.pps).to_bytes(2, "big"),
                self.pps,
            )
        )


def units(data: bytes) -> list[bytes]:
    """NAL units of an Annex B access unit, without start codes nor the zeros that pad them."""
    found = []
    start = data.find(b"\0\0\1")
    while start >= 0:
        following = data.find(b"\0\0\1", start + 3)
        unit = data[start + 3 :] if following < 0 else data[start + 3 : following]
        if unit := unit.rstrip(b"\0"):
            found.append(unit)
        start = following
    return found


def parameter_sets(data: bytes) -> ParameterSets:
    """Parameter sets at the head of a keyframe. Raises BadPicture when one is missing."""
    sps = pps = b""
    for unit in units(data):
        kind = unit[0] & 0x1F
        if kind == _SPS:
            sps = sps or unit
        elif kind == _PPS:
            pps = pps or unit
    if len(sps) < 4 or not pps:
        raise BadPicture("a keyframe without its parameter sets")
    return ParameterSets(sps, pps)


def length_prefixed(data: bytes) -> bytes:
    """An access unit as MP4 and FLV carry it: lengths instead of start codes, parameter sets left out of it."""
    parts: list[bytes] = []
    for unit in units(data):
        if unit[0] & 0x1F not in _OUT_OF_BAND:
            parts += (_LENGTH.pack(len(unit)), unit)
    return b"".join(parts)

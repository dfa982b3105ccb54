"""H.264 units: Annex B in, lengths out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.media.h264 import BadPicture, ParameterSets, length_prefixed, parameter_sets, units

pytestmark = pytest.mark.unit

SPS = bytes.fromhex("6742c01fda014016e840000003004000000c83c60ca8")
PPS = bytes.fromhex("68ce3c80")
SLICE = b"\x65\x88\x84\x00\x10"

# Inside a unit, emulation prevention keeps 00 00 00, 00 00 01 and 00 00 02 away; the last byte is never 0.
body = st.lists(st.integers(1, 255), min_size=1, max_size=60).map(bytes)
code = st.sampled_from([b"\0\0\1", b"\0\0\0\1"])


@given(st.lists(st.tuples(code, body), max_size=8))
def test_units_come_back_whatever_their_start_codes(parts: list[tuple[bytes, bytes]]) -> None:
    assert units(b"".join(c + b for c, b in parts)) == [b for _, b in parts]


@given(st.binary(max_size=200))
def test_any_bytes_give_units_or_nothing(data: bytes) -> None:
    assert all(unit and unit in data for unit in units(data))


def test_a_keyframe_gives_its_sets_and_keeps_its_slices() -> None:
    key = b"\0\0\0\1" + SPS + b"\0\0\0\1" + PPS + b"\0\0\1\x06\x05sei" + b"\0\0\1" + SLICE + b"\0\0\1" + SLICE
    assert parameter_sets(key) == ParameterSets(SPS, PPS)
    sized = [b"\x06\x05sei", SLICE, SLICE]
    assert length_prefixed(key) == b"".join(len(u).to_bytes(4, "big") + u for u in sized)


def test_the_codec_is_named_by_profile_constraints_and_level() -> None:
    assert ParameterSets(SPS, PPS).codec == "avc1.42c01f"


def test_the_configuration_record() -> None:
    record = ParameterSets(SPS, PPS).configuration
    assert record[:6] == bytes.fromhex("0142c01fffe1")
    assert record[6:] == len(SPS).to_bytes(2, "big") + SPS + b"\x01\0\x04" + PPS


def test_a_keyframe_without_sets_is_refused() -> None:
    with pytest.raises(BadPicture):
        parameter_sets(b"\0\0\0\1" + SLICE)

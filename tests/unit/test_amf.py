"""AMF0: what is encoded decodes to the same; garbage is one error and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.media.amf import Array, BadAmf, decode, encode

pytestmark = pytest.mark.unit

plain = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=30)
names = st.text(min_size=1, max_size=10)
values = st.recursive(
    plain, lambda v: st.dictionaries(names, v, max_size=4) | st.lists(v, max_size=4), max_leaves=12
)


@given(st.lists(values, max_size=5))
def test_values_come_back(some: list[object]) -> None:
    assert decode(encode(*some)) == some  # type: ignore[arg-type]


@given(st.binary(max_size=120))
def test_garbage_is_one_error(data: bytes) -> None:
    try:
        decode(data)
    except BadAmf:
        pass


def test_connect_as_the_document_writes_it() -> None:
    assert encode("connect", 1, {"app": "live"}) == (
        b"\x02\x00\x07connect"
        + b"\x00\x3f\xf0\x00\x00\x00\x00\x00\x00"
        + b"\x03\x00\x03app\x02\x00\x04live\x00\x00\x09"
    )


def test_metadata_is_an_ecma_array() -> None:
    assert encode(Array(a=True)) == b"\x08\0\0\0\x01\0\x01a\x01\x01\0\0\x09"


def test_long_texts_have_a_long_length() -> None:
    assert encode("é" * 40_000)[:5] == b"\x0c" + (80_000).to_bytes(4, "big")
    assert decode(encode("é" * 40_000)) == ["é" * 40_000]


def test_values_inside_values_without_end_are_refused() -> None:
    with pytest.raises(BadAmf):
        decode(b"\x0a\0\0\0\x01" * 40 + b"\x05")

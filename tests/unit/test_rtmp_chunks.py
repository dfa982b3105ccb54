"""Chunks: any message, any chunk size, any split of the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.media import rtmp_chunks
from regie.media.rtmp_chunks import SET_CHUNK_SIZE, BadChunk, ChunkReader, Message, write

pytestmark = pytest.mark.unit

messages = st.builds(
    Message,
    kind=st.sampled_from([rtmp_chunks.SOUND, rtmp_chunks.PICTURE, rtmp_chunks.DATA, rtmp_chunks.COMMAND]),
    payload=st.binary(max_size=700),
    timestamp=st.integers(0, 0xFFFFFFFF) | st.sampled_from([0xFFFFFE, 0xFFFFFF, 0x1000000]),
    stream=st.integers(0, 0xFFFFFFFF),
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in zip(places, places[1:], strict=False)]


def resize(size: int) -> bytes:
    return write(Message(SET_CHUNK_SIZE, size.to_bytes(4, "big")), 2, 128)


@given(
    st.lists(st.tuples(messages, st.integers(3, 63)), max_size=6),
    st.integers(1, 300),
    st.lists(st.integers(0), max_size=12),
)
def test_messages_come_back_however_they_are_cut(
    some: list[tuple[Message, int]], size: int, cuts: list[int]
) -> None:
    data = resize(size) + b"".join(write(message, chunks, size) for message, chunks in some)
    reader = ChunkReader()
    got = [message for piece in pieces(data, cuts) for message in reader.receive(piece)]
    assert got == [message for message, _ in some]


@given(st.binary(max_size=300), st.lists(st.integers(0), max_size=5))
def test_garbage_is_one_error(data: bytes, cuts: list[int]) -> None:
    reader = ChunkReader()
    try:
        for piece in pieces(data, cuts):
            reader.receive(piece)
    except BadChunk:
        pass


def test_short_headers_repeat_what_came_before() -> None:
    """A server may send whole headers once, then only changes (5.3.1.2)."""
    reader = ChunkReader()
    whole = bytes.fromhex("04 000064 000002 08 01000000") + b"ab"
    same_stream = bytes.fromhex("44 000014 000003 09") + b"cde"
    same_length = bytes.fromhex("84 000005") + b"fgh"
    same_all = bytes.fromhex("c4") + b"ijk"
    assert reader.receive(whole + same_stream + same_length + same_all) == [
        Message(8, b"ab", 100, 1),
        Message(9, b"cde", 120, 1),
        Message(9, b"fgh", 125, 1),
        Message(9, b"ijk", 130, 1),
    ]


def test_interleaved_messages_of_two_chunk_streams() -> None:
    one, two = Message(8, b"x" * 200, 5, 1), Message(9, b"y" * 150, 6, 1)
    a, b = write(one, 4, 128), write(two, 6, 128)
    assert ChunkReader().receive(a[:140] + b[:140] + a[140:] + b[140:]) == [one, two]


def test_chunk_streams_beyond_sixty_three() -> None:
    body = bytes.fromhex("000000 000001 08 00000000") + b"z"
    reader = ChunkReader()
    assert len(reader.receive(b"\x00\x0a" + body + b"\x01\x0a\x01" + body)) == 2


def test_an_aborted_message_is_forgotten() -> None:
    half = write(Message(8, b"x" * 200, 5, 1), 4, 128)[:140]
    abort = write(Message(rtmp_chunks.ABORT, (4).to_bytes(4, "big")), 2, 128)
    whole = Message(8, b"new", 6, 1)
    assert ChunkReader().receive(half + abort + write(whole, 4, 128)) == [whole]


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("c4"),
        bytes.fromhex("04 000000 ffffff 08 00000000"),
        resize(0),
        b"".join(bytes((n,)) + bytes.fromhex("000000 000002 08 00000000") + b"a" for n in range(3, 64))
        + b"".join(bytes((0, n)) + bytes.fromhex("000000 000002 08 00000000") + b"ab" for n in range(9)),
    ],
    ids=["continuation of nothing", "message of 16 MB", "chunks of nothing", "too many chunk streams"],
)
def test_what_no_server_should_send_is_refused(data: bytes) -> None:
    reader = ChunkReader()
    with pytest.raises(BadChunk):
        for _ in range(2):
            reader.receive(data)


def test_time_beyond_24_bits_is_repeated_in_each_chunk() -> None:
    data = write(Message(9, b"p" * 250, 0x01020304, 1), 6, 100)
    assert data[:16] == bytes.fromhex("06 ffffff 0000fa 09 01000000 01020304")
    assert data.count(bytes.fromhex("c6 01020304")) == 2

"""What conference systems say, in bytes from their makers' documents, odd ones included."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.conference.dicentis import DicentisParser
from audio.conference.events import AllClosed, ButtonWord, MicrophoneIs
from audio.conference.generic import OscParser
from audio.conference.shure import ShureParser
from audio.conference.televic import TelevicParser

pytestmark = pytest.mark.dialogue
ON, OFF, REQUEST = ButtonWord.ON, ButtonWord.OFF, ButtonWord.REQUEST


@pytest.mark.parametrize(
    ("datagram", "wanted"),
    [
        (b'{"UID": 7,"status": 2}', MicrophoneIs("7", REQUEST)),
        (b'{"UID": 7,"status": 3}', MicrophoneIs("7", ButtonWord.PRIORITY)),
        ("{“UID”: 12,“status”: 1}".encode(), MicrophoneIs("12", ON)),
        (b'{ "uid" : "7" , "Status" : "0" }\r\n', MicrophoneIs("7", OFF)),
        (
            b'{"serial":"101008D2","status":2,"totalMicOn":1,"totalMicReq":0}',
            MicrophoneIs("101008D2", REQUEST),
        ),
        (
            b'{"serial":"101008d2","status":4,"totalMicOn":1,"totalMicReq",0}',
            MicrophoneIs("101008D2", ButtonWord.NEXT),
        ),
        (b'{"serial":"101008D2","status":8}', MicrophoneIs("101008D2", ButtonWord.PRIORITY)),
        (b'{"serial":"00000000","status":0,"totalMicOn":0}', AllClosed()),
    ],
)
def test_televic(datagram: bytes, wanted: object) -> None:
    assert TelevicParser().feed(datagram) == (wanted,)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"hello",
        b"{}",
        b"{",
        b'{"UID": 7}',
        b'{"UID": 7, "status": 9}',
        b'{"UID": true, "status": 1}',
        b"\xff\xfe{",
        b'{"status": 1}',
    ],
)
def test_televic_leaves_out_what_it_does_not_understand(datagram: bytes) -> None:
    parser = TelevicParser()
    assert parser.feed(datagram) == () and parser.ignored >= 1


def test_televic_several_in_one_datagram() -> None:
    assert len(TelevicParser().feed(b'{"UID":1,"status":1}{"UID":2,"status":0}')) == 2


def test_shure_in_odd_pieces_and_only_what_changes() -> None:
    parser = ShureParser()
    stream = (
        b"< REP DEVICE_ID {Salle} >< REP 1 CHAN_NAME {Maire} >< REP 1 AUDIO_MUTE ON >< REP 2 AUDIO_MUTE OFF >"
        b"noise< REP 2 AUDIO_MUTE OFF >\r\n< REP 2 AUTOMIX_GATE_OUT_EXT_SIG OFF >< REP 3 MIC_STATUS REQUEST >"
    )
    events = [event for n in range(0, len(stream), 5) for event in parser.feed(stream[n : n + 5])]
    assert events == [
        MicrophoneIs("1", OFF),
        MicrophoneIs("2", ON),
        MicrophoneIs("2", OFF),
        MicrophoneIs("3", REQUEST),
    ]


def test_shure_an_endless_sentence_is_dropped_and_the_next_is_read() -> None:
    parser = ShureParser()
    assert parser.feed(b"< " + b"x" * 5000) == ()
    assert parser.feed(b" >< REP 4 AUDIO_MUTE OFF >") == (MicrophoneIs("4", ON),)
    assert parser.ignored >= 1


def osc(address: str, types: str, *values: bytes) -> bytes:
    def padded(text: str) -> bytes:
        data = text.encode() + b"\0"
        return data + b"\0" * (-len(data) % 4)

    return padded(address) + padded(types) + b"".join(values)


def test_osc() -> None:
    parser = OscParser()
    one = osc("/micro/12", ",i", struct.pack(">i", 1))
    assert parser.feed(one) == (MicrophoneIs("12", ON),)
    assert parser.feed(osc("/ch/3", ",f", struct.pack(">f", 0.0))) == (MicrophoneIs("3", OFF),)
    assert parser.feed(osc("/micro/m4", ",s", b"demande\0")) == (MicrophoneIs("m4", REQUEST),)
    assert parser.feed(osc("/micro", ",si", b"7\0\0\0", struct.pack(">i", 1))) == (MicrophoneIs("7", ON),)
    assert parser.feed(osc("/micro/5", ",T")) == (MicrophoneIs("5", ON),)
    bundle = b"#bundle\0" + b"\0" * 8 + struct.pack(">i", len(one)) + one
    assert parser.feed(bundle) == (MicrophoneIs("12", ON),)
    assert parser.ignored == 0
    for odd in (
        b"",
        b"/micro",
        b"#bundle\0",
        bundle[:-3],
        osc("/autre/1", ",i", b"\0\0\0\1"),
        osc("/micro/1", ",b"),
    ):
        assert parser.feed(odd) == ()


def test_dicentis_lists_words_and_flags() -> None:
    parser = DicentisParser()
    assert parser.feed('{"operation": "login", "success": true}') == () and parser.logged_in
    lists = {
        "event": "x",
        "discussion": {"speakers": [{"seatId": "A1"}], "waitingList": ["B2", {"seatName": "C3"}]},
    }
    assert set(parser.feed(json.dumps(lists))) == {
        MicrophoneIs("A1", ON),
        MicrophoneIs("B2", ButtonWord.NEXT),
        MicrophoneIs("C3", REQUEST),
    }
    assert parser.feed('{"speakers": []}') == (MicrophoneIs("A1", OFF),)
    assert parser.feed('{"seat_id": 4, "State": "First in line"}') == (MicrophoneIs("4", ButtonWord.NEXT),)
    assert parser.feed('{"seats": [{"id": 4, "micOn": true}]}') == (MicrophoneIs("4", ON),)
    assert parser.feed('{"event": "Discussion Stopped"}') == (AllClosed(),)
    assert parser.feed('{"operation": "login", "error": "denied"}') == () and parser.logged_in is False


@pytest.mark.parametrize("message", ["", "[", "[1]", "null", '"x"', "[" * 3000])
def test_dicentis_leaves_out_what_it_does_not_understand(message: str) -> None:
    parser = DicentisParser()
    assert parser.feed(message) == () and parser.ignored == 1


@given(st.lists(st.binary(max_size=80), max_size=8))
@settings(max_examples=60)
def test_no_bytes_harm_a_parser(pieces: list[bytes]) -> None:
    parsers = (TelevicParser(), ShureParser(), OscParser(), DicentisParser())
    for parser in parsers:
        for piece in pieces:
            parser.feed(piece)


KEYS = st.sampled_from(("speakers", "waitingList", "seatId", "state", "x"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=60)
def test_no_json_harms_dicentis(value: object) -> None:
    DicentisParser().feed(json.dumps({"a": value}))

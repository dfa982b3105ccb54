"""What conference systems say, in bytes from their makers' documents, odd ones included."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.conference.cocon import CoconParser
from audio.conference.dicentis import DicentisParser
from audio.conference.events import AllClosed, ButtonWord, ConferenceEvent, MicrophoneIs
from audio.conference.generic import JsonParser, OscParser
from audio.conference.shure import ShureParser
from audio.conference.televic import TelevicParser
from audio.conference.tlvcam import ACK, TlvcamParser

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


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        (b"%P00010111\r", [MicrophoneIs("1", ON)]),
        (b"%p00010131\r", [MicrophoneIs("1", OFF)]),
        (b"%M00030110\r", [MicrophoneIs("3", ON)]),
        (b"%m00030130\r", [MicrophoneIs("3", OFF)]),
        (b"%S00030116\r", [MicrophoneIs("3", ON)]),
        (b"%S000200030004029C\r", [MicrophoneIs("2", ON), MicrophoneIs("3", ON), MicrophoneIs("4", ON)]),
        (b"%S00000113\r", []),
        (b"%V00000116\r", [AllClosed()]),
        (b"%R0052\r", [AllClosed()]),
        (b"%1r000052\r", [AllClosed()]),
    ],
)
def test_tlvcam1_as_the_manuals_print_it(frame: bytes, wanted: list[ConferenceEvent]) -> None:
    parser = TlvcamParser()
    assert parser.feed(frame) == tuple(wanted)
    assert parser.acks() == ACK and parser.acks() == b"" and parser.ignored == 0


def test_tlvcam_in_odd_pieces_with_noise_and_a_synchronisation_that_mends() -> None:
    parser = TlvcamParser()
    stream = (
        b"x\x00%M00030110\r%M0004FFFF\r%M00%M00050112\r\n%S000300060" + b"179\r$10007\r\n$20007\r\n&30000\r\n"
    )
    events = [event for n in range(0, len(stream), 3) for event in parser.feed(stream[n : n + 3])]
    assert events == [
        MicrophoneIs("3", ON),
        MicrophoneIs("5", ON),
        MicrophoneIs("7", ON),
        MicrophoneIs("7", OFF),
        AllClosed(),
    ]
    assert parser.acks() == ACK * 2 and parser.ignored >= 2, "what is not understood is not acknowledged"
    assert parser.feed(b"%S0003" + b"0116\r") == (MicrophoneIs("3", ON),)
    assert parser.feed(b"%S00060119\r") == (MicrophoneIs("3", OFF), MicrophoneIs("6", ON))


def test_cocon_connects_and_tells_only_what_changes() -> None:
    parser = CoconParser()
    connected = json.dumps({"Connect": True, "id": "3f5b8afe-6efb-4428-8762-e39d42a0762d"})
    assert parser.feed(json.dumps(connected)) == ()
    assert parser.connection == "3f5b8afe-6efb-4428-8762-e39d42a0762d"
    assert parser.feed(b'{"MicrophoneState":{"Speakers":[1,5];"Requests":[7]}}') == (
        MicrophoneIs("7", REQUEST),
        MicrophoneIs("1", ON),
        MicrophoneIs("5", ON),
    )
    assert parser.feed('{"MicrophoneState":{"Speakers":[5,{"SeatNr":7}],"Requests":[]}}') == (
        MicrophoneIs("1", OFF),
        MicrophoneIs("7", ON),
    )
    assert (
        parser.feed('{"InitialisationState": "AUTO"}') == () and parser.feed("") == () and parser.ignored == 0
    )
    assert parser.feed('{"Connect": false}') == () and parser.connection == ""
    for odd in ("[", "[]", "null", '"x"', '{"Connect": true, "id": "../../x"}'):
        assert parser.feed(odd) == () and parser.connection == ""
    assert parser.ignored == 4


def test_json_of_any_automaton() -> None:
    parser = JsonParser()
    assert parser.feed('{"micro": "12", "etat": "ouvert"}') == (MicrophoneIs("12", ON),)
    assert parser.feed(
        b'[{"Mic": 3, "open": false}, {"channel": "4", "state": "Request"}, {"id": 5, "on": 1}]'
    ) == (
        MicrophoneIs("3", OFF),
        MicrophoneIs("4", REQUEST),
        MicrophoneIs("5", ON),
    )
    for odd in (
        "",
        "[",
        "3",
        "{}",
        '{"micro": "1"}',
        '{"micro": true, "etat": 1}',
        '{"micro": "", "etat": 1}',
    ):
        assert parser.feed(odd) == ()
    assert parser.ignored == 7


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
    parsers = (
        TelevicParser(), TlvcamParser(), CoconParser(), ShureParser(), OscParser(), JsonParser(), DicentisParser()
    )  # fmt: skip
    for parser in parsers:
        for piece in pieces:
            parser.feed(piece)


KEYS = st.sampled_from(
    ("speakers", "waitingList", "seatId", "state", "MicrophoneState", "Speakers", "micro", "x")
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=60)
def test_no_json_harms_who_reads_it(value: object) -> None:
    for parser in (DicentisParser(), CoconParser(), JsonParser()):
        parser.feed(json.dumps({"a": value}))
        parser.feed(json.dumps(value))

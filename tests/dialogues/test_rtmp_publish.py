"""Conversations of a publisher with servers, in bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.media import amf, rtmp_chunks, rtmp_protocol
from regie.media.rtmp_chunks import ChunkReader, Message, write
from regie.media.rtmp_protocol import RtmpClient, State, Target, target

pytestmark = pytest.mark.dialogue

NONCE = bytes(range(256)) * 6
TO = Target(False, "tv.exemple.fr", 1935, "live", "abcd-1234")
S0_S1_S2 = b"\x03" + b"S" * 1536 + b"T" * 1536


class Server:
    """What the other end reads and says."""

    def __init__(self, client: RtmpClient) -> None:
        self.client = client
        self.reader = ChunkReader()
        self.shaken = 0

    def heard(self) -> list[Message]:
        data = self.client.data_to_send()
        if self.shaken < 2:
            expected = (b"\x03" + bytes(8) + NONCE[:1528], b"S" * 1536)[self.shaken]
            assert data.startswith(expected)
            data = data[len(expected) :]
            self.shaken += 1
        return self.reader.receive(data)

    def commands(self) -> list[list[amf.Value]]:
        return [amf.decode(m.payload) for m in self.heard() if m.kind == rtmp_chunks.COMMAND]

    def says(self, *values: amf.Value, stream: int = 0) -> None:
        self.client.receive(write(Message(rtmp_chunks.COMMAND, amf.encode(*values), stream=stream), 3, 128))

    def controls(self, kind: int, payload: bytes) -> None:
        self.client.receive(write(Message(kind, payload), 2, 128))


def connected() -> Server:
    server = Server(RtmpClient(TO, NONCE[:1528]))
    assert server.heard() == []
    server.client.receive(S0_S1_S2)
    assert server.commands() == [
        ["connect", 1.0, {"app": "live", "type": "nonprivate", "flashVer": "FMLE/3.0 (compatible; regie)",
                          "tcUrl": "rtmp://tv.exemple.fr/live"}]
    ]  # fmt: skip
    return server


def publishing() -> Server:
    server = connected()
    server.says(
        "_result",
        1,
        {"fmsVer": "FMS/3,0,1,123"},
        {"level": "status", "code": "NetConnection.Connect.Success"},
    )
    assert server.commands() == [
        ["releaseStream", 2.0, None, "abcd-1234"],
        ["FCPublish", 3.0, None, "abcd-1234"],
        ["createStream", 4.0, None],
    ]
    server.says("_error", 2, None, {"level": "error", "code": "NetConnection.Call.Failed"})
    server.says("_result", 4, None, 1)
    (publish,) = server.heard()
    assert (publish.stream, amf.decode(publish.payload)) == (1, ["publish", 5.0, None, "abcd-1234", "live"])
    return server


def live() -> Server:
    server = publishing()
    server.says("onStatus", 0, None, {"level": "status", "code": "NetStream.Publish.Start"}, stream=1)
    assert server.client.state is State.LIVE
    return server


def test_a_publication_from_handshake_to_goodbye() -> None:
    server = live()
    server.client.send(rtmp_chunks.PICTURE, b"\x17\x01" + b"p" * 70_000, 0x01000000)
    server.client.send_framed(rtmp_protocol.framed(rtmp_chunks.SOUND, b"\xaf\x01s", 40, 1))
    picture, sound = server.heard()
    assert picture == Message(rtmp_chunks.PICTURE, b"\x17\x01" + b"p" * 70_000, 0x01000000, 1)
    assert sound == Message(rtmp_chunks.SOUND, b"\xaf\x01s", 40, 1)
    server.client.close()
    assert server.commands() == [["FCUnpublish", 6.0, None, "abcd-1234"], ["deleteStream", 7.0, None, 1.0]]
    assert server.client.state is State.CLOSED


@given(st.lists(st.integers(0), max_size=30))
def test_however_the_server_s_bytes_are_cut_the_publication_starts(cuts: list[int]) -> None:
    answers = S0_S1_S2 + b"".join(
        write(Message(rtmp_chunks.COMMAND, amf.encode(*values), stream=stream), 3, 128)
        for stream, values in (
            (0, ("_result", 1, None, {"code": "NetConnection.Connect.Success"})),
            (0, ("_result", 4, None, 7)),
            (7, ("onStatus", 0, None, {"level": "status", "code": "NetStream.Publish.Start"})),
        )
    )
    client = RtmpClient(TO)
    places = sorted({0, len(answers), *(cut % len(answers) for cut in cuts)})
    for a, b in zip(places, places[1:], strict=False):
        client.receive(answers[a:b])
    assert (client.state, client.stream) == (State.LIVE, 7)


@given(st.binary(max_size=400), st.booleans())
def test_garbage_never_raises(data: bytes, shaken: bool) -> None:
    client = RtmpClient(TO)
    client.receive((S0_S1_S2 if shaken else b"") + data)
    client.receive(data)
    assert client.state in (State.HANDSHAKE, State.CONNECTING, State.CREATING, State.FAILED)


def test_a_server_that_speaks_http() -> None:
    client = RtmpClient(TO)
    client.receive(b"HTTP/1.1 400 Bad Request\r\n")
    assert (client.state, client.failure) == (State.FAILED, "rtmp_invalide")


def test_an_unknown_application() -> None:
    server = connected()
    server.says("_error", 1, None, {"level": "error", "code": "NetConnection.Connect.Rejected"})
    assert (server.client.state, server.client.failure) == (State.FAILED, "application_refusee")


@pytest.mark.parametrize(
    "code", ["NetStream.Publish.BadName", "NetStream.Publish.Unauthorized", "NetStream.Publish.Denied"]
)
def test_a_key_that_is_refused(code: str) -> None:
    server = publishing()
    server.says("onStatus", 0, None, {"level": "error", "code": code}, stream=1)
    assert (server.client.state, server.client.failure) == (State.FAILED, "cle_refusee")
    assert server.client.failure_detail == code


def test_an_error_instead_of_a_stream() -> None:
    server = connected()
    server.says("_result", 1, None, None)
    server.says("_error", 4, None, {"level": "error", "code": "NetConnection.Call.Failed"})
    assert (server.client.state, server.client.failure) == (State.FAILED, "diffusion_refusee")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0, 0.0, 1e300])
def test_a_stream_that_has_no_sensible_number_is_not_taken(number: float) -> None:
    server = connected()
    server.says("_result", 1, None, None)
    server.says("_result", 4, None, number)
    assert server.client.state is State.CREATING


def test_the_server_ends_the_publication() -> None:
    server = live()
    server.says("onStatus", 0, None, {"level": "status", "code": "NetStream.Unpublish.Success"}, stream=1)
    assert (server.client.state, server.client.failure) == (State.FAILED, "arret_du_serveur")


def test_pings_are_answered() -> None:
    server = live()
    server.controls(rtmp_chunks.USER_CONTROL, b"\x00\x06\x00\x01\x02\x03")
    assert server.heard() == [Message(rtmp_chunks.USER_CONTROL, b"\x00\x07\x00\x01\x02\x03")]


def test_the_window_is_acknowledged() -> None:
    server = live()
    server.controls(rtmp_chunks.WINDOW_SIZE, (3000).to_bytes(4, "big"))
    (first,) = server.heard()
    assert first.kind == rtmp_chunks.ACKNOWLEDGEMENT
    server.controls(rtmp_chunks.USER_CONTROL, b"\x00\x00" + bytes(100))
    assert server.heard() == []
    for _ in range(28):
        server.controls(rtmp_chunks.USER_CONTROL, b"\x00\x00" + bytes(100))
    (second,) = server.heard()
    assert int.from_bytes(second.payload, "big") - int.from_bytes(first.payload, "big") >= 3000


def test_bandwidth_is_answered_with_a_window() -> None:
    server = live()
    server.controls(rtmp_chunks.PEER_BANDWIDTH, (2_500_000).to_bytes(4, "big") + b"\x02")
    assert [m.kind for m in server.heard()] == [rtmp_chunks.WINDOW_SIZE]


def test_commands_in_amf3_clothes() -> None:
    server = connected()
    payload = b"\0" + amf.encode("_result", 1, None, None)
    server.client.receive(write(Message(rtmp_chunks.COMMAND_AMF3, payload), 3, 128))
    assert server.client.state is State.CREATING


@pytest.mark.parametrize(
    ("address", "key", "expected"),
    [
        ("rtmp://h/live", "k", Target(False, "h", 1935, "live", "k")),
        ("rtmps://h/app/inst/", "k?x=1", Target(True, "h", 443, "app/inst", "k?x=1")),
        ("rtmp://[::1]:1936/live/k", None, Target(False, "::1", 1936, "live", "k")),
    ],
)
def test_addresses(address: str, key: str | None, expected: Target) -> None:
    assert target(address, key) == expected


@pytest.mark.parametrize(
    "address", ["http://h/live", "rtmp:///live", "rtmp://h", "rtmp://h:port/live", "rtmp://h/secret"]
)
def test_addresses_that_are_none_never_show_a_secret(address: str) -> None:
    with pytest.raises(rtmp_protocol.BadAddress) as refused:
        target(address, None)
    assert "secret" not in str(refused.value)


def test_a_target_never_shows_its_key() -> None:
    assert "abcd-1234" not in repr(TO)
    assert "abcd-1234" not in TO.url

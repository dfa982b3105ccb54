"""Conversations with cameras that speak raw VISCA (TCP 5678, UDP 1259): no header, answers matched by order and socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_drivers import visca_commands as visca
from camera_drivers.visca import Session
from camera_drivers.visca_events import Ending, Options, Outcome
from camera_drivers.visca_wire import (
    ReplyKind,
    Splitter,
    decode_packet,
    encode_packet,
    parse_reply,
)
from tests.dialogues.visca import Talk

pytestmark = pytest.mark.dialogue

RECALL = "81 01 04 3f 02 03 ff"


def raw(**options: bool) -> Talk:
    return Talk(Options(header=False, **options))


def test_no_reset_and_no_header() -> None:
    raw().ask("recall", visca.preset("recall", 3)).sends(RECALL)


def test_answers_come_in_any_pieces() -> None:
    talk = raw().ask("recall", visca.preset("recall", 3)).sends(RECALL)
    talk.camera("90").camera("41").camera("ff 90 51").open("recall").camera("ff").ended("recall", Ending.DONE)


def test_completions_are_matched_by_socket() -> None:
    talk = raw().ask("a", visca.preset("recall", 3)).sends(RECALL).camera("90 41 ff")
    talk.ask("b", visca.zoom_to(0)).sends("81 01 04 47 00 00 00 00 ff").camera("90 42 ff")
    talk.camera("90 52 ff").ended("b", Ending.DONE).open("a").camera("90 51 ff").ended("a", Ending.DONE)


def test_ptzoptics_puts_two_commands_in_one_socket_and_the_oldest_ends_first() -> None:
    talk = raw().ask("a", visca.preset("recall", 3)).sends(RECALL).camera("90 41 ff")
    talk.ask("b", visca.zoom_to(0)).sends("81 01 04 47 00 00 00 00 ff").camera("90 41 ff")
    talk.camera("90 51 ff").ended("a", Ending.DONE).open("b").camera("90 51 ff").ended("b", Ending.DONE)


def test_cisco_completes_without_acknowledging() -> None:
    raw().ask("zoom", visca.zoom_to(0)).sends("81 01 04 47 00 00 00 00 ff").camera("90 50 ff").ended(
        "zoom", Ending.DONE
    )


def test_an_error_whose_socket_means_nothing_goes_to_the_unanswered_command() -> None:
    talk = (
        raw(meaningless_error_socket=True)
        .ask("a", visca.preset("recall", 3))
        .sends(RECALL)
        .camera("90 41 ff")
    )
    talk.ask("b", visca.zoom_to(0)).sends("81 01 04 47 00 00 00 00 ff").camera("90 61 41 ff")
    talk.ended("b", Ending.REFUSED, error=0x41).open("a")


def test_network_change_is_ignored_in_the_middle_of_everything() -> None:
    talk = raw().ask("a", visca.preset("recall", 3)).sends(RECALL)
    talk.camera("a0 38 ff 90 41 ff b0 38 ff 90 51 ff").ended("a", Ending.DONE)


def test_a_new_connection_forgets_what_was_under_way() -> None:
    talk = raw()
    talk.ask("a", visca.preset("recall", 3)).ask("b", visca.VERSION).sends(RECALL).camera("90")
    talk.session.reconnected(talk.now)
    talk._collect().ended("a", Ending.LOST).ended("b", Ending.LOST).sends()
    talk.ask("c", visca.VERSION).sends("81 09 00 02 ff").camera("90 50 00 01 05 1c 01 02 02 ff")
    talk.ended("c", Ending.DONE, data="00 01 05 1c 01 02 02")


@given(st.lists(st.binary(max_size=40), max_size=20), st.booleans())
def test_any_bytes_in_any_pieces_never_raise_and_end_a_message_once(
    pieces: list[bytes], header: bool
) -> None:
    session = Session(Options(header=header))
    tickets = [session.submit(visca.VERSION, 0.0), session.submit(visca.preset("recall", 1), 0.0)]
    now = 0.0
    endings: list[int] = []
    for piece in pieces:
        now += 0.01
        session.receive(piece, now)
        endings += [e.ticket for e in session.events() if isinstance(e, Outcome)]
    for _ in range(40):
        deadline = session.deadline()
        if deadline is None:
            break
        session.tick(deadline)
        endings += [e.ticket for e in session.events() if isinstance(e, Outcome)]
    assert sorted(endings) == tickets
    assert session.deadline() is None


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_the_splitter_does_not_care_how_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    whole, pieces = Splitter(), Splitter()
    expected = whole.feed(data)
    bounds = [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
    got = [m for a, b in zip(bounds, bounds[1:], strict=False) for m in pieces.feed(data[a:b])]
    assert got == expected
    assert all(m[-1] == 0xFF and len(m) <= 66 for m in got)


@given(st.binary(max_size=40))
def test_datagrams_are_decoded_or_refused_and_come_back_the_same(data: bytes) -> None:
    packet = decode_packet(data)
    if packet is not None:
        assert data.startswith(encode_packet(packet))


@given(st.binary(max_size=20))
def test_every_answer_is_classified(data: bytes) -> None:
    reply = parse_reply(data)
    assert reply.kind in ReplyKind
    assert 0 <= reply.error <= 255


@given(st.integers(-0x8000, 0x7FFF), st.integers(-0x8000, 0x7FFF))
def test_positions_come_back_from_their_nibbles(pan: int, tilt: int) -> None:
    payload = visca.absolute(pan, tilt, 1).payload
    assert visca.from_nibbles(payload[6:10], signed=True) == pan
    assert visca.from_nibbles(payload[10:14], signed=True) == tilt


def test_a_late_answer_is_not_taken_for_that_of_the_next_question() -> None:
    """A question repeated too soon is answered twice; of the pan that comes again no zoom is made, which would be the longest."""
    position, zoom = "90 50 0f 0d 0b 04 0f 0f 06 0c ff", "90 50 02 05 00 08 ff"
    ask_position, ask_zoom = "81 09 06 12 ff", "81 09 04 47 ff"
    talk = raw().ask("position", visca.PAN_TILT_POSITION).sends(ask_position).wait().sends(ask_position)
    talk.camera(position).ended("position", Ending.DONE, data=position[6:-3])
    talk.ask("zoom", visca.ZOOM_POSITION).sends(ask_zoom)
    talk.camera(position).open("zoom").camera(zoom).ended("zoom", Ending.DONE, data=zoom[6:-3])
    talk.ask("position", visca.PAN_TILT_POSITION).sends(ask_position)
    talk.camera(zoom).open("position").camera(position).ended("position", Ending.DONE, data=position[6:-3])

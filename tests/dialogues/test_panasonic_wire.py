"""Panasonic on the wire: texts and bytes of the interface specifications, and a frame captured from a real camera."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_drivers import panasonic_wire as wire
from camera_drivers.base import CameraRefused, Position, Speeds
from hardware_mocks.panasonic_camera import notification

pytestmark = pytest.mark.dialogue

# An AW-UE80 tells that lens positions are on: its address, port and clock come before the size.
CAPTURED = bytes.fromhex(
    "c0a80b2930be1a070e16030a000100800000000000010010010000000d0a6c5043310d0a" + "00" * 24
)


def commands(requests: list[wire.Request]) -> list[str]:
    return [request.command for request in requests]


def test_paths() -> None:
    assert wire.PLACE.path == "/cgi-bin/aw_ptz?cmd=%23APC&res=1"
    assert wire.tally(True, False)[0].path == "/cgi-bin/aw_cam?cmd=TLR:1&res=1"


def test_the_middle_is_8000_and_the_ends_are_the_maker_s() -> None:
    assert commands(wire.go_to(Position(0, 0, 1), 1.0)) == ["#APS800080001D2", "#AXZ555"]
    assert wire.PAN.steps(-175) == pytest.approx(0x2D09, abs=3) and wire.PAN.steps(175) == pytest.approx(
        0xD2F5, abs=3
    )
    assert wire.TILT.steps(90) == pytest.approx(0x5556, abs=3), "up is a smaller count"
    assert commands(wire.go_to(Position(0, 0, 30, 0x800), 0.0)) == ["#APS80008000002", "#AXZFFF", "#AXF800"]


def test_speeds_go_from_01_to_99_around_50() -> None:
    assert commands(wire.drive(Speeds(-1, 1, 0))) == ["#PTS0199", "#Z50"]
    assert commands(wire.drive(Speeds(0.5, 0, -1))) == ["#PTS7450", "#Z01"]
    assert commands(wire.stop()) == ["#PTS5050", "#Z50"] and all(r.urgent for r in wire.stop())


def test_memories_are_counted_from_0_on_the_wire() -> None:
    assert wire.preset("R", 1).command == "#R00" and wire.preset("M", 100).command == "#M99"
    with pytest.raises(CameraRefused):
        wire.preset("R", 101)


@pytest.mark.parametrize(
    ("answer", "later"),
    [("eR1:XYZ", False), ("eR2:PTS5050", True), ("ER2:TLR:1", True), ("eR3:APC", False), ("ER3", False)],
)
def test_errors_say_why_and_whether_to_try_again(answer: str, later: bool) -> None:
    with pytest.raises(CameraRefused) as refusal:
        wire.checked(answer)
    assert refusal.value.retry_later is later


def test_answers() -> None:
    assert wire.checked("aPC80008000") == "aPC80008000"
    assert wire.place("aPC80008000") == (0, 0)
    assert wire.zoom("gz555") == pytest.approx(1) and wire.zoom("gzFFF") == pytest.approx(30)
    assert wire.place("p1") is None and wire.zoom("---") is None


def test_a_frame_captured_from_a_camera() -> None:
    assert wire.Notifications().feed(CAPTURED) == ["lPC1"]


@given(
    st.lists(st.from_regex(r"[A-Za-z0-9:]{1,40}", fullmatch=True), max_size=6),
    st.lists(st.integers(1, 40), min_size=1, max_size=40),
)
def test_pieces_are_the_network_s_business(texts: list[str], cuts: list[int]) -> None:
    stream = b"".join(notification(text) for text in texts)
    cutter, found, at = wire.Notifications(), [], 0
    for n in range(10_000):
        if at >= len(stream):
            break
        size = cuts[n % len(cuts)]
        found += cutter.feed(stream[at : at + size])
        at += size
    assert found == texts and not cutter.broken


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_bounded_and_raise_nothing(pieces: list[bytes]) -> None:
    cutter = wire.Notifications()
    for piece in pieces:
        cutter.feed(piece)
        assert len(cutter._pending) < wire.HEAD + wire.MAX_SIZE + wire.TAIL + 300


def test_out_of_step_is_told() -> None:
    cutter = wire.Notifications()
    assert cutter.feed(b"\x00" * 22 + b"\xff\xff" + b"\x00" * 60) == [] and cutter.broken

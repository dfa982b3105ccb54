"""What a room sends, put back in order whatever the network does to it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.rooms.rtp import HOLE_S, Counter, PeerClock, PictureBuffer, SoundBuffer, StreamClock, Unit, is_key

pytestmark = pytest.mark.unit
KEY = b"\x00\x00\x00\x01\x67\x42\x00\x00\x00\x01\x65"
DELTA = b"\x00\x00\x00\x01\x41"
FIRST = 65_500  # the sequence number turns in the middle

Packet = tuple[int, int, bool, bytes]


def stream(pictures: int, gop: int = 10, parts: int = 3) -> tuple[list[Packet], list[Unit]]:
    """Packets of some pictures, and the units they make."""
    packets: list[Packet] = []
    units: list[Unit] = []
    number, stamp = FIRST, (1 << 32) - 9000
    for n in range(pictures):
        key = n % gop == 0
        pieces = [(KEY if key else DELTA) + bytes([n % 251]), *(bytes([n % 251, p]) for p in range(1, parts))]
        for p, piece in enumerate(pieces):
            packets.append((number % 65536, stamp % (1 << 32), p == parts - 1, piece))
            number += 1
        units.append(Unit(stamp, b"".join(pieces), key))
        stamp += 3600
    return packets, units


def test_a_clean_stream_gives_each_picture_with_its_last_packet() -> None:
    packets, units = stream(40)
    buffer = PictureBuffer()
    given_out = [buffer.add(*packet, now=n / 100) for n, packet in enumerate(packets)]
    assert [unit for out in given_out for unit in out] == units
    assert all(bool(out) == packet[2] for out, packet in zip(given_out, packets, strict=True))
    assert buffer.missing(9.0) == [] and not buffer.wants_key


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(2, 12))
def test_any_reordering_within_reach_gives_the_same_pictures(rng: random.Random, reach: int) -> None:
    packets, units = stream(30)
    head, rest = packets[:1], packets[1:]
    order = sorted(range(len(rest)), key=lambda n: n + rng.uniform(0, reach))
    buffer = PictureBuffer()
    out: list[Unit] = []
    for n, packet in enumerate([*head, *(rest[k] for k in order), *(rest[k] for k in order[:5])]):
        out += buffer.add(*packet, now=n / 1000)
    assert out == units


def test_what_is_missing_is_asked_for_again_and_again_then_a_keyframe() -> None:
    packets, units = stream(12, gop=100)
    buffer = PictureBuffer()
    gone = 7
    for n, packet in enumerate(packets[:12]):
        if n != gone:
            buffer.add(*packet, now=1.0)
    wanted = [packets[gone][0]]
    assert buffer.missing(1.0) == [], "it may only be late"
    assert buffer.missing(1.02) == wanted and buffer.missing(1.04) == []
    assert buffer.missing(1.09) == wanted
    assert (buffer.missing(1.0 + HOLE_S + 0.01), buffer.wants_key, buffer.lost) == ([], True, 1)
    out = [unit for packet in packets[12:] for unit in buffer.add(*packet, now=2.0)]
    assert out == [], "nothing can be decoded before a keyframe"
    number, stamp = FIRST + len(packets), units[-1].stamp + 3600
    key = buffer.add(number % 65536, stamp % (1 << 32), True, KEY, 2.1)
    assert ([unit.key for unit in key], buffer.wants_key) == ([True], False)


def test_what_was_asked_for_in_time_fills_the_hole() -> None:
    packets, units = stream(10)
    buffer = PictureBuffer()
    out: list[Unit] = []
    for n, packet in enumerate(packets):
        if n != 8:
            out += buffer.add(*packet, now=1 + n / 1000)
    out += buffer.add(*packets[8], now=1.2)
    assert out == units and buffer.lost == 0


def test_padding_between_pictures_is_passed_over() -> None:
    buffer = PictureBuffer()
    assert buffer.add(10, 900, True, KEY, 0.0)
    assert buffer.add(11, 900, False, b"", 0.0) == []
    assert buffer.add(12, 900, False, b"", 0.0) == []
    assert [unit.stamp for unit in buffer.add(13, 4500, True, DELTA, 0.0)] == [4500]


def test_a_stream_joined_in_the_middle_of_a_picture_waits_for_a_keyframe() -> None:
    packets, units = stream(21)
    buffer = PictureBuffer()
    out = [unit for packet in packets[4:] for unit in buffer.add(*packet, now=0.0)]
    assert out == units[10:]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 65535), st.integers(0, (1 << 32) - 1), st.booleans(), st.binary(max_size=6))
    )
)
def test_garbage_never_raises_nor_grows(packets: list[Packet]) -> None:
    buffer, sound = PictureBuffer(), SoundBuffer()
    for n, packet in enumerate(packets):
        buffer.add(*packet, now=n / 50)
        buffer.missing(n / 50)
        sound.add(packet[0], packet[1], packet[3])
    assert len(buffer._packets) <= 1024 and len(sound._packets) <= 64


def test_sound_lost_costs_only_itself() -> None:
    buffer = SoundBuffer()
    out = [
        u.stamp for n in range(100) if n != 40 for u in buffer.add((65530 + n) % 65536, n * 960, bytes([n]))
    ]
    assert out == [n * 960 for n in range(100) if n != 40]
    assert buffer.lost == 1


def test_sound_that_was_late_is_put_back() -> None:
    buffer = SoundBuffer()
    order = [0, 1, 3, 2, 4, 6, 7, 5]
    assert [u.stamp for n in order for u in buffer.add(n, n * 960, b"x")] == [n * 960 for n in range(8)]


def test_a_pause_of_the_sound_does_not_block_it() -> None:
    buffer = SoundBuffer()
    buffer.add(0, 0, b"x")
    out = [u.stamp for n in range(500, 506) for u in buffer.add(n, n * 960, b"x")]
    assert out == [n * 960 for n in range(500, 506)]


def test_keyframes_are_told_by_their_units() -> None:
    assert is_key(KEY) and not is_key(DELTA) and not is_key(b"") and not is_key(b"\x00\x00\x01")


@settings(deadline=None)
@given(st.lists(st.integers(-30_000, 30_000), max_size=50), st.integers(0, 1 << 40))
def test_a_counter_that_turns_is_followed(steps: list[int], start: int) -> None:
    counter, value = Counter(16), start
    first = counter.unwrap(start % 65536)
    best = start
    for step in steps:
        value = best + step
        assert counter.unwrap(value % 65536) - first == value - start
        best = max(best, value)


def test_reports_put_picture_and_sound_of_a_peer_together() -> None:
    peer = PeerClock()
    video, sound = StreamClock(90_000, peer), StreamClock(48_000, peer)
    # Captured together; the sound reaches us 80 ms later.
    assert video.at_us(5_000, 1_000_000) == 1_000_000
    assert sound.at_us(77_000, 1_080_000) == 1_080_000
    ntp = 10_000 << 32
    video.report(ntp, 5_000, 1_050_000)
    sound.report(ntp, 77_000, 1_130_000)
    assert video.at_us(5_000 + 9_000, 0) - sound.at_us(77_000 + 4_800, 0) == 0


def test_a_report_of_a_stream_that_was_never_heard_says_nothing() -> None:
    clock = StreamClock(48_000, PeerClock())
    clock.report(1 << 32, 4, 5)
    assert clock.at_us(960, 20_000) == 20_000

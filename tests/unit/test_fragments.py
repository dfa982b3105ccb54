"""Pieces: cut at keyframes, nothing lost, picture and sound exact to the sample."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.boxes import PICTURES, SOUNDS, Run, Sample, fragment
from regie.media.fragments import LONGEST_FREEZE, Cutter, Piece
from regie.media.frames import EncodedPicture, EncodedSound

pytestmark = pytest.mark.unit

TICK = 1920
UNIT = b"\0\0\0\1\x41picture"


def picture(n: int, key: bool) -> EncodedPicture:
    return EncodedPicture(UNIT + bytes((n % 250 + 1,)), MediaTime(n * TICK), TICK, key, "720p")


def sound(n: int) -> EncodedSound:
    return EncodedSound(b"sound", MediaTime(n * 1024 - 1024))


def stream(seconds: int, extra_keys: frozenset[int], lateness: int) -> list[EncodedPicture | EncodedSound]:
    """Pictures with a key a second and some more; sound that comes ``lateness`` samples after its time."""
    packets: list[tuple[int, EncodedPicture | EncodedSound]] = []
    for n in range(seconds * 25):
        packets.append((n * TICK, picture(n, n % 25 == 0 or n in extra_keys)))
    for n in range(seconds * SAMPLE_RATE // 1024):
        packets.append((n * 1024 - 1024 + lateness, sound(n)))
    return [packet for _, packet in sorted(packets, key=lambda pair: pair[0])]


def cut(packets: list[EncodedPicture | EncodedSound], slot: int = 2 * SAMPLE_RATE) -> list[Piece]:
    cutter = Cutter(slot, 0)
    pieces = []
    for packet in packets:
        pieces.append(cutter.picture(packet) if isinstance(packet, EncodedPicture) else cutter.sound(packet))
    return [piece for piece in (*pieces, cutter.lost()) if piece is not None]


def starts(run: Run) -> list[int]:
    return [run.start + sum(s.duration for s in run.samples[:n]) for n in range(len(run.samples))]


@given(st.integers(3, 9), st.frozensets(st.integers(1, 200), max_size=9), st.integers(0, SAMPLE_RATE // 3))
def test_nothing_is_lost_and_pieces_follow_each_other(
    seconds: int, extra: frozenset[int], lateness: int
) -> None:
    packets = stream(seconds, extra, lateness)
    pieces = cut(packets)
    pictures = [p for p in packets if isinstance(p, EncodedPicture)]
    assert [p for piece in pieces for p in piece.pictures] == pictures
    kept = [s.at for piece in pieces for s in piece.sounds]
    assert kept == list(range(0, kept[-1] + 1, 1024))
    assert kept[-1] >= pieces[-1].start
    assert all(piece.pictures[0].key and piece.start == piece.pictures[0].at for piece in pieces)
    assert all(a.end == b.start for a, b in zip(pieces, pieces[1:], strict=False))
    assert [piece.start for piece in pieces] == list(range(0, seconds * SAMPLE_RATE, 2 * SAMPLE_RATE))


@given(st.frozensets(st.integers(1, 200), max_size=9), st.integers(0, SAMPLE_RATE // 3))
def test_runs_say_where_each_sample_is(extra: frozenset[int], lateness: int) -> None:
    origin = 0
    for piece in cut(stream(8, extra, lateness)):
        pictures, sounds = piece.runs(origin)
        assert starts(pictures) == [p.at for p in piece.pictures]
        assert starts(sounds) == [s.at for s in piece.sounds]


def test_without_sound_pieces_are_cut_all_the_same() -> None:
    pieces = cut([p for p in stream(7, frozenset(), 0) if isinstance(p, EncodedPicture)])
    assert [(p.start, p.end) for p in pieces] == [
        (s * SAMPLE_RATE, min(s + 2, 7) * SAMPLE_RATE) for s in (0, 2, 4, 6)
    ]
    assert all(not piece.sounds for piece in pieces)


def test_a_short_loss_of_pictures_is_held_and_a_long_one_is_a_hole() -> None:
    packets = stream(10, frozenset(), 0)
    short = [p for p in packets if isinstance(p, EncodedSound) or not 90 <= p.at // TICK < 100]
    assert all(a.end == b.start for a, b in zip(cut(short), cut(short)[1:], strict=False))
    long = [p for p in packets if isinstance(p, EncodedSound) or not 60 <= p.at // TICK < 150]
    before, after = cut(long)[1:3]
    assert before.end == 60 * TICK
    assert after.start == 150 * TICK
    assert after.start - before.end > LONGEST_FREEZE
    assert all(s.at < before.end for s in before.sounds)
    assert after.sounds[0].at >= after.start


def test_after_a_loss_nothing_goes_before_a_keyframe() -> None:
    cutter = Cutter(SAMPLE_RATE, 0)
    cutter.picture(picture(0, True))
    cutter.picture(picture(1, False))
    piece = cutter.lost()
    assert piece is not None
    assert piece.end == 2 * TICK
    assert cutter.picture(picture(5, False)) is None
    assert cutter.lost() is None


def test_time_that_goes_back_is_left_out() -> None:
    cutter = Cutter(SAMPLE_RATE, 0)
    for n in (0, 1, 2, 1, 0, 3):
        cutter.picture(picture(n, n == 0))
    piece = cutter.lost()
    assert piece is not None
    assert [p.at // TICK for p in piece.pictures] == [0, 1, 2, 3]


def test_sound_alone_is_cut_on_the_same_grid() -> None:
    cutter = Cutter(2 * SAMPLE_RATE, 0, pictures=False)
    pieces = [p for n in range(400) if (p := cutter.sound(sound(n))) is not None]
    assert all(0 <= piece.start - k * 2 * SAMPLE_RATE < 1024 for k, piece in enumerate(pieces))
    assert all(a.end == b.start for a, b in zip(pieces, pieces[1:], strict=False))


def test_offsets_of_a_fragment_lead_to_its_samples() -> None:
    pictures = Run(PICTURES, 5, [Sample(b"AAAA", 1920), Sample(b"BB", 1920, key=False)])
    sounds = Run(SOUNDS, 7, [Sample(b"CCC", 1024)])
    data = fragment(3, [pictures, sounds])
    offsets, place = [], 0
    while (place := data.find(b"trun", place + 1)) > 0:
        offsets.append(struct.unpack_from(">I", data, place + 12)[0])
    assert [data[o : o + n] for o, n in zip(offsets, (6, 3), strict=True)] == [b"AAAABB", b"CCC"]
    assert data.endswith(b"mdatAAAABBCCC")


def test_a_fragment_without_sound_has_one_track() -> None:
    data = fragment(1, [Run(PICTURES, 0, [Sample(b"A", 1920)]), Run(SOUNDS, 0, [])])
    assert data.count(b"traf") == 1

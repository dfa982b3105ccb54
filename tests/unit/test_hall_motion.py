"""The hall's state on virtual time: heads with inertia, a seeded debate, planned troubles."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardware_mocks.faults import Fault, Planned, Troubles
from hardware_mocks.framings import WIDE_FIELD, framings, public_area
from hardware_mocks.geometry import PUBLIC, SEATS, VIEWPOINTS
from hardware_mocks.people import council
from hardware_mocks.script import Script
from hardware_mocks.turret import lens, magnification
from hardware_mocks.visca_head import STEPS_PER_DEGREE, Axis, Head
from hardware_mocks.voices import Voices, opening

pytestmark = pytest.mark.unit


def travel(axis: Axis, target: float, top: float) -> tuple[float, float]:
    """Seconds to arrive, and the furthest it went beyond."""
    axis.go(target, top)
    start, seconds, beyond = axis.position, 0.0, 0.0
    while axis.moving:
        axis.advance(0.02)
        seconds += 0.02
        way = math.copysign(1, target - start)
        beyond = max(beyond, way * (axis.position - target))
        assert seconds < 60, "never arrives"
    return seconds, beyond


def test_the_stored_framings_are_within_reach_and_none_shows_the_public() -> None:
    stored = framings()
    areas = {view.id: public_area(view) for view in VIEWPOINTS}
    assert [bool(areas[f"cam{n}"]) for n in (1, 2, 3, 4)] == [False, False, True, True]
    for framing in stored:
        half = math.degrees(math.atan(math.tan(math.radians(WIDE_FIELD / 2)) / framing.zoom))
        assert abs(framing.pan) + half < 95 and framing.tilt >= -28 and 1 <= framing.zoom <= 20
        for pan, _ in areas[framing.camera]:
            assert not framing.pan - half < pan < framing.pan + half, framing
    assert {framing.seats for framing in stored if len(framing.seats) == 1} == {(seat.id,) for seat in SEATS}


@given(st.floats(-160, 160), st.floats(0.1, 1.0))
@example(36.736328125, 0.1)
def test_a_head_arrives_exactly_and_hardly_passes_its_target(degrees: float, speed: float) -> None:
    axis = Axis()
    _, beyond = travel(axis, degrees * STEPS_PER_DEGREE, 5171.0 * speed)
    assert axis.position == degrees * STEPS_PER_DEGREE
    assert beyond < 1.5 * STEPS_PER_DEGREE


def test_sixty_degrees_take_about_a_second() -> None:
    seconds, _ = travel(Axis(), 60 * STEPS_PER_DEGREE, 5171.0)
    assert 0.7 < seconds < 1.4


def test_a_released_joystick_does_not_stop_a_mass_at_once() -> None:
    axis = Axis()
    axis.drive(5171.0)
    for _ in range(50):
        axis.advance(0.02)
    before = axis.position
    axis.drive(0.0)
    while axis.moving:
        axis.advance(0.02)
    assert 0 < axis.position - before < 30 * STEPS_PER_DEGREE


def test_a_head_at_rest_costs_nothing_and_says_nothing() -> None:
    told: list[float] = []
    head = Head(on_move=lambda pan, tilt, zoom: told.append(pan))
    head.advance(1.0)
    assert told == []
    head.pan.go(512.0, 5171.0)
    while head.moving:
        head.advance(0.02)
    assert told[-1] == pytest.approx(10.0)


@given(st.floats(1.0, 20.0))
def test_the_lens_goes_both_ways(ratio: float) -> None:
    assert magnification(lens(ratio)) == pytest.approx(ratio, rel=1e-6)


def test_a_seed_makes_one_debate_and_nobody_answers_himself() -> None:
    people = council(7)
    first, second = Script(people, 3), Script(people, 3)
    turns = [first.next() for _ in range(200)]
    assert turns == [second.next() for _ in range(200)]
    speakers = [t.seat for t in turns if t.seat != 1]
    assert all(a != b for a, b in zip(speakers, speakers[1:], strict=False))
    assert len(set(speakers)) > 25
    assert any(t.gap < 0 for t in turns), "somebody cuts in now and then"


def test_thirty_three_different_people_sit_on_thirty_three_places() -> None:
    people = council(7)
    assert len({p.name for p in people}) == len(people) == len({(s.x, s.y) for s in SEATS}) == 33
    assert [p.id for p in people] == [s.id for s in SEATS]


def test_no_opening_framing_shows_the_public() -> None:
    for view in VIEWPOINTS:
        pan, tilt, zoom = view.rest
        half = 31.0 / zoom
        for x, y in PUBLIC:
            there_pan, there_tilt, _ = view.angles((x, y, 1.2))
            assert abs(there_pan - pan) > half or abs(there_tilt - tilt) > half * 9 / 16, view.id


def test_voices_without_a_synthesiser_are_distinct_and_move_mouths() -> None:
    voices = Voices(1, synthesiser=False)
    people = council(7)
    one, other = voices.say(people[0], "Bonjour à tous"), voices.say(people[1], "Bonjour à tous")
    assert len(one) > 24_000 and len(other) > 24_000
    assert one[:24_000].tolist() != other[:24_000].tolist()
    assert opening(one[:1920]) > 0.2
    assert opening(one[:0]) == 0.0


@pytest.mark.parametrize("text", ["cam1", "cam1:explode", "cam1:drop=x", ":freeze"])
def test_a_trouble_that_makes_no_sense_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="expected CAMERA:FAULT"):
        Planned.parse(text)


def test_troubles_begin_end_and_are_drawn_from_their_seed() -> None:
    planned = Planned.parse("cam2:drop=0.5@20s+5s")
    assert (planned.fault, planned.value) == (Fault.DROP, 0.5)
    assert [planned.active(t) for t in (19.9, 20.0, 24.9, 25.0)] == [False, True, True, False]
    one, same = Troubles(4, [planned]), Troubles(4, [planned])
    kept = [one.spoil(b"x", 21.0) for _ in range(200)]
    assert kept == [same.spoil(b"x", 21.0) for _ in range(200)]
    assert 60 < kept.count(None) < 140
    assert one.spoil(b"x", 26.0) == b"x"


def test_garbage_is_as_long_as_what_it_replaces_and_a_stop_is_silence() -> None:
    troubles = Troubles(1)
    troubles.set(Fault.GARBAGE, 0.0, 2.0)
    spoiled = troubles.spoil(bytes(188), 1.0)
    assert spoiled is not None and len(spoiled) == 188 and spoiled != bytes(188)
    troubles.set(Fault.STOP, 0.0, 2.0)
    assert troubles.spoil(bytes(188), 1.0) is None
    troubles.clear()
    assert troubles.spoil(bytes(188), 1.0) == bytes(188)

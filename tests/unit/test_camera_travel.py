"""A camera's moves are foreseen within 15 % after a few of them. The truth comes from a motor simulated apart."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_drivers.base import Position
from camera_drivers.travel import Motor, Travel, duration
from hardware_mocks.visca_head import Axis

pytestmark = pytest.mark.unit


def simulated(distance: float, speed: float, acceleration: float) -> float:
    """Seconds that the simulator's motor takes, by small steps."""
    axis = Axis(position=0.0, low=-1e9, high=1e9, acceleration=acceleration)
    axis.go(distance, speed)
    seconds = 0.0
    while axis.moving:
        axis.advance(0.002)
        seconds += 0.002
        assert seconds < 300
    return seconds


@given(st.floats(1e-3, 0.5), st.floats(0.01, 3), st.floats(0.01, 400), st.floats(0.01, 400))
def test_further_takes_longer_and_there_is_no_step(
    slowness: float, ramp: float, one: float, other: float
) -> None:
    near, far = sorted((one, other))
    assert duration(near, slowness, ramp) <= duration(far, slowness, ramp) + 1e-9
    edge = ramp / slowness
    assert duration(edge * 0.999999, slowness, ramp) == pytest.approx(
        duration(edge, slowness, ramp), rel=1e-4
    )


@pytest.mark.parametrize("seed", range(20))
def test_after_five_moves_the_next_are_foreseen_within_15_percent(seed: int) -> None:
    chance = random.Random(seed)
    speed, acceleration = chance.uniform(20, 150), chance.uniform(80, 400)
    steps = 51.2
    motor = Motor(speed * chance.uniform(0.5, 2.0), 200.0)

    def took(distance: float) -> float:
        return simulated(distance * steps, speed * steps, acceleration * steps)

    for _ in range(5):
        distance = chance.uniform(3, 120)
        # As polls at 5 Hz tell it, between the last « moving » and the first « arrived ».
        motor.learn(distance, took(distance) + chance.uniform(-0.03, 0.03))
    for _ in range(6):
        distance = chance.uniform(3, 120)
        assert motor.predict(distance) == pytest.approx(took(distance), rel=0.15, abs=0.06)


def test_one_hindered_move_spoils_nothing() -> None:
    motor = Motor(100, 200)
    for distance in (20, 60, 40, 90, 30):
        motor.learn(distance, duration(distance, 0.01, 0.4))
    motor.learn(60, 3 * duration(60, 0.01, 0.4))
    assert motor.predict(60) == pytest.approx(duration(60, 0.01, 0.4), rel=0.1)


@given(st.lists(st.tuples(st.floats(0.1, 300), st.floats(0.06, 60)), max_size=12))
def test_no_sequence_of_moves_breaks_the_model(moves: list[tuple[float, float]]) -> None:
    motor = Motor(100, 200)
    for distance, seconds in moves:
        motor.learn(distance, seconds)
    assert 0 < motor.predict(10) < motor.predict(100) < float("inf")


def test_a_move_is_as_long_as_its_slowest_motor() -> None:
    travel = Travel((50.0, 100.0), (50.0, 90.0))
    start = Position(0, 0, 1)
    pan, both = Position(90, 0, 1), Position(90, 20, 2)
    assert travel.predict(start, both, 2) == travel.predict(start, pan, 2)
    assert travel.predict(start, pan, 1) > travel.predict(start, pan, 2)
    assert travel.predict(start, start, 2) == 0
    assert travel.predict(start, Position(0, 0, 20), 2) > 1.5


def test_what_one_speed_taught_serves_the_next() -> None:
    travel = Travel(tuple(float(n) for n in range(10, 101, 10)), (50.0,) * 10)
    start, target = Position(0, 0, 1), Position(100, 0, 1)
    before = Travel((60.0,), (50.0,)).predict(start, target, 1)
    for _ in range(4):
        travel.learn(start, target, 5, 4.5)
    assert travel.predict(start, target, 5) == pytest.approx(4.5, rel=0.1)
    assert travel.predict(start, target, 6) > 1.4 * before


def test_a_move_that_two_motors_share_teaches_nothing() -> None:
    travel = Travel((100.0,), (100.0,))
    start, target = Position(0, 0, 1), Position(30, 30, 1)
    before = travel.predict(start, target, 1)
    travel.learn(start, target, 1, 30.0)
    assert travel.predict(start, target, 1) == before


def test_braking_grows_with_the_speed() -> None:
    travel = Travel((10.0, 100.0), (10.0, 100.0))
    slow, fast = travel.braking(1), travel.braking(2)
    assert slow[0] < fast[0] == pytest.approx(100**2 / 200 / 2)

"""Steps, angles, magnification, field of view."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_drivers.base import Position
from camera_drivers.geometry import Axis, Lens, Mark, Zoom, angles, calibrate, direction, ray, separation

pytestmark = pytest.mark.unit

PAN = Axis(51.2, -170.0, 170.0)
ZOOM = Zoom(((0x0000, 1.0), (0x0DC1, 2.0), (0x2015, 4.0), (0x342D, 10.0), (0x4000, 20.0)))


@pytest.mark.parametrize(("degrees", "steps"), [(170, 0x2200), (-170, -0x2200), (0, 0), (90, 0x1200)])
def test_the_maker_s_own_pairs(degrees: float, steps: int) -> None:
    assert PAN.steps(degrees) == steps
    assert PAN.degrees(steps) == degrees


@given(st.floats(-170, 170), st.floats(1, 600), st.booleans(), st.floats(-40000, 40000))
def test_an_angle_comes_back_to_half_a_step(
    degrees: float, scale: float, mirrored: bool, zero: float
) -> None:
    axis = Axis(-scale if mirrored else scale, -170, 170, zero)
    assert axis.degrees(axis.steps(degrees)) == pytest.approx(degrees, abs=0.5001 / scale)


def test_beyond_the_reach_the_end_is_kept() -> None:
    assert PAN.steps(200) == PAN.steps(170)
    assert PAN.reaches(170) and not PAN.reaches(171)


def test_a_hung_camera_has_its_reach_mirrored() -> None:
    tilt = Axis(51.2, -20.0, 90.0).upside_down()
    assert (tilt.low, tilt.high) == (-90.0, 20.0)
    assert tilt.steps(-90) == -0x1200


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(0.5, 600), st.floats(-9000, 9000))
def test_two_points_give_the_axis_back(one: float, other: float, scale: float, zero: float) -> None:
    if abs(one - other) < 0.1:
        return
    axis = Axis.through((zero + scale * one, one), (zero + scale * other, other), -170, 170)
    assert axis.per_degree == pytest.approx(scale, rel=1e-6)
    assert axis.zero == pytest.approx(zero, abs=scale * 1e-3)


def test_one_point_twice_is_no_calibration() -> None:
    with pytest.raises(ValueError, match="different"):
        Axis.through((10, 1), (10, 1), -170, 170)


@given(st.integers(0, 0x4000))
def test_a_lens_position_comes_back(position: int) -> None:
    assert abs(ZOOM.position(ZOOM.magnification(position)) - position) <= 1


@given(st.integers(0, 0x3FFF), st.integers(1, 0x4000))
def test_the_further_the_lens_the_larger(position: int, more: int) -> None:
    assert ZOOM.magnification(min(0x4000, position + more)) > ZOOM.magnification(position)


def test_rows_of_the_table_are_exact_and_digital_zoom_is_thought_optical() -> None:
    assert [ZOOM.magnification(p) for p in (0, 0x0DC1, 0x4000, 0x5556)] == pytest.approx([1, 2, 20, 20])
    assert (ZOOM.position(0.5), ZOOM.position(99)) == (0, 0x4000)


@pytest.mark.parametrize(
    "table", [((0, 1.0),), ((0, 2.0), (5, 1.0)), ((5, 1.0), (5, 2.0)), ((0, 0.0), (1, 1.0))]
)
def test_a_table_that_does_not_rise_is_refused(table: tuple[tuple[int, float], ...]) -> None:
    with pytest.raises(ValueError, match="rises"):
        Zoom(table)


@given(st.floats(20, 110), st.floats(1, 30))
def test_the_field_narrows_with_the_magnification(wide: float, magnification: float) -> None:
    lens = Lens(wide)
    across, up = lens.field(magnification)
    assert across <= wide + 1e-9 and 0 < up < across
    assert lens.magnification(across) == pytest.approx(magnification)


@given(st.floats(-175, 175), st.floats(-89, 89))
def test_angles_and_vectors(pan: float, tilt: float) -> None:
    assert angles(direction(pan, tilt)) == pytest.approx((pan, tilt), abs=1e-6)
    assert angles(ray(pan, tilt, 0, 0)) == pytest.approx((pan, tilt), abs=1e-6)


def test_the_edge_of_the_picture_is_half_the_field_away() -> None:
    lens = Lens(70.0)
    across, up = lens.tangents(1.0)
    assert angles(ray(10, 0, across, 0))[0] == pytest.approx(45)
    assert angles(ray(10, 5, 0, up))[1] == pytest.approx(5 + lens.field(1.0)[1] / 2)


@given(st.floats(-60, 60), st.floats(-60, 60), st.floats(1e-7, 1.0))
def test_separation_is_the_angle_turned(pan: float, tilt: float, turned: float) -> None:
    apart = separation(direction(pan, tilt), direction(pan, tilt + turned))
    assert math.degrees(apart) == pytest.approx(turned, rel=1e-4)


@given(
    st.floats(30, 100),
    st.floats(1, 20),
    st.floats(-100, 100),
    st.floats(-30, 30),
    st.floats(0.3, 0.95),
    st.floats(0.3, 0.95),
)
def test_two_sights_of_one_thing_give_the_lens_back(
    wide: float, zoom: float, bearing: float, tilt: float, left: float, right: float
) -> None:
    """Independent of the calibration: the sights are found by turning until the thing is where it should be."""
    across, _ = Lens(wide).tangents(zoom)

    def sight(x: float) -> Mark:
        low, high = bearing - 89.0, bearing + 89.0
        for _ in range(80):
            pan = (low + high) / 2
            seen = angles(ray(pan, tilt, x * across, 0))[0]
            too_far_right = (seen - bearing + 180) % 360 > 180
            low, high = (low, pan) if too_far_right else (pan, high)
        return Mark(Position(pan, tilt, zoom), x)

    lens = calibrate(sight(-left), sight(right))
    assert lens.measured and lens.wide == pytest.approx(wide, rel=0.02)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (Mark(Position(0, 0, 2), 0.5), Mark(Position(5, 0, 2), 0.4), "left"),
        (Mark(Position(0, 0, 2), 0.5), Mark(Position(5, 0, 3), -0.4), "same zoom"),
        (Mark(Position(0, 0, 2), -0.5), Mark(Position(5, 0, 2), 0.5), "no field"),
    ],
)
def test_sights_that_say_nothing_are_refused(first: Mark, second: Mark, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        calibrate(first, second)

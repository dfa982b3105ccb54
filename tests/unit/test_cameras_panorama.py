"""A panorama: where the camera stops, and whether a thing is where its angles say."""

import math

import numpy as np
import pytest

from camera_drivers.base import Capabilities
from camera_drivers.geometry import Lens, ray
from regie.cameras.mosaic import PER_DEGREE, compose
from regie.cameras.panorama import stops
from regie.cameras.scan import Scan, View

pytestmark = pytest.mark.unit

LENS = Lens(62.0)


def test_stops_cover_what_is_asked_within_the_reach_back_and_forth() -> None:
    can = Capabilities(pan=(-100.0, 100.0), tilt=(-20.0, 90.0))
    found = stops(LENS, can, None, None)
    pans = sorted({stop.pan for stop in found})
    assert (pans[0], pans[-1]) == (-100.0, 100.0), "no further than the motor"
    assert all(b - a <= 62 * 0.76 for a, b in zip(pans, pans[1:], strict=False))
    assert min(stop.tilt for stop in found) == -20.0
    for one, other in zip(found, found[1:], strict=False):
        assert one.pan == other.pan or one.tilt == other.tilt, "one motor at a time"
    assert [(s.pan, s.tilt) for s in stops(LENS, can, (10, 10), (0, 0))] == [(10, 0)]


def test_a_thing_is_where_its_angles_say() -> None:
    """A white spot of the room, seen through a rectilinear lens from three framings, is one spot of the panorama."""
    across, up = LENS.tangents(1.0)
    spot = (33.0, -8.0)
    there = ray(*spot, 0.0, 0.0)
    pictures, views = {}, []
    for n, (pan, tilt) in enumerate(((10.0, -15.0), (40.0, -15.0), (40.0, 5.0))):
        p, t = math.radians(pan), math.radians(tilt)
        forward = (math.sin(p) * math.cos(t), math.cos(p) * math.cos(t), math.sin(t))
        right = (math.cos(p), -math.sin(p), 0.0)
        above = (-math.sin(p) * math.sin(t), -math.cos(p) * math.sin(t), math.cos(t))
        depth, x, y = (
            sum(a * b for a, b in zip(there, axis, strict=True)) for axis in (forward, right, above)
        )
        picture = np.zeros((180, 320, 3), np.uint8)
        column = round((x / depth / across + 1) * 319 / 2)
        row = round((1 - y / depth / up) * 179 / 2)
        picture[row - 2 : row + 3, column - 2 : column + 3] = 255
        pictures[f"{n}.jpg"] = picture
        views.append(View(f"{n}.jpg", pan, tilt, across, up))
    whole = compose(Scan((-20.0, 70.0), (-35.0, 25.0), tuple(views)), pictures)
    assert whole.shape == (60 * PER_DEGREE, 90 * PER_DEGREE, 3)
    rows, columns = np.nonzero(whole[:, :, 0] > 120)
    assert abs(-20.0 + columns.mean() / PER_DEGREE - spot[0]) < 0.3
    assert abs(25.0 - rows.mean() / PER_DEGREE - spot[1]) < 0.3
    assert columns.max() - columns.min() < 2.5 * PER_DEGREE, "one spot, not three"

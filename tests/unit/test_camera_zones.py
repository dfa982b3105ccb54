"""Nothing said allowed ever shows a point of a zone: checked by looking at the points of the picture, one by one.

The check shares nothing with the module: it turns vectors by matrices, and tells the inside of a zone by counting crossings in
pan and tilt.
"""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera_drivers.base import Position
from camera_drivers.geometry import Lens
from camera_drivers.zones import Limits, Zone, Zones

pytestmark = pytest.mark.unit

Points = NDArray[np.float64]
WIDE, ASPECT, ERROR = 70.0, 16 / 9, 0.2
PUBLIC = Zone("public", ((-30, -25), (35, -25), (30, -12), (-28, -10)))
AGENTS = Zone("agents", ((60, -30), (75, -28), (70, -20)))
BALCONY = Zone("balcony", ((-120, 30), (-60, 30), (-60, 70), (-90, 45), (-120, 70)))
HALL = (PUBLIC, AGENTS, BALCONY)


def _picture() -> Points:
    """Points of a picture, −1 to 1: its outline closely, its inside on a grid."""
    fine, coarse = np.linspace(-1, 1, 25), np.linspace(-1, 1, 9)
    outline = [(s * a, b) for a in (1.0,) for s in (-1, 1) for b in fine] + [
        (b, s) for s in (-1, 1) for b in fine
    ]
    inside = [(x, y) for x in coarse for y in coarse]
    return np.array(outline + inside)


PICTURE = _picture()


def shown(pan: float, tilt: float, zoom: float) -> Points:
    """Pan and tilt of the points of the picture."""
    half = np.tan(np.radians(WIDE / 2)) / zoom
    rays = np.column_stack([PICTURE[:, 0] * half, np.ones(len(PICTURE)), PICTURE[:, 1] * half / ASPECT])
    p, t = np.radians(pan), np.radians(tilt)
    nod = np.array([[1, 0, 0], [0, np.cos(t), -np.sin(t)], [0, np.sin(t), np.cos(t)]])
    turn = np.array([[np.cos(p), np.sin(p), 0], [-np.sin(p), np.cos(p), 0], [0, 0, 1]])
    rays = rays @ (turn @ nod).T
    up = np.degrees(np.arctan2(rays[:, 2], np.hypot(rays[:, 0], rays[:, 1])))
    return np.column_stack([np.degrees(np.arctan2(rays[:, 0], rays[:, 1])), up])


def any_inside(points: Points, zone: Zone) -> bool:
    """Even–odd rule in the plane of pan and tilt."""
    x, y = points[:, 0], points[:, 1]
    inside = np.zeros(len(points), bool)
    corners = zone.corners
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y0 == y1:
            continue
        straddles = (y0 > y) != (y1 > y)
        inside ^= straddles & (x < x0 + (x1 - x0) * (y - y0) / (y1 - y0))
    return bool(inside.any())


def shows(framing: Position, zones: tuple[Zone, ...] = HALL) -> bool:
    points = shown(framing.pan, framing.tilt, framing.zoom)
    return any(any_inside(points, zone) for zone in zones)


def hall() -> Zones:
    return Zones(HALL, Lens(WIDE), ERROR)


def anywhere(chance: random.Random) -> Position:
    return Position(
        chance.uniform(-170, 170), chance.uniform(-40, 90), chance.choice((1.0, 1.3, 2.0, 4.0, 9.0, 20.0))
    )


def test_the_check_itself_sees_what_is_there() -> None:
    assert shows(Position(0, -18, 10)) and shows(Position(70, -26, 20)) and shows(Position(0, 0, 1))
    assert not shows(Position(0, 20, 3)) and not shows(Position(170, 0, 1))


@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_framings_none_said_allowed_shows_a_zone(part: int) -> None:
    chance, zones = random.Random(part), hall()
    allowed = 0
    for _ in range(2500):
        framing = anywhere(chance)
        if not zones.allowed(framing):
            continue
        allowed += 1
        missed = Position(
            framing.pan + chance.uniform(-ERROR, ERROR),
            framing.tilt + chance.uniform(-ERROR, ERROR),
            framing.zoom,
        )
        assert not shows(framing) and not shows(missed)
    assert allowed > 1200, "a check that refuses everything proves nothing"


@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_moves_none_said_clear_shows_a_zone_on_its_way(part: int) -> None:
    """Each motor goes at its own pace: the way is any path of the box."""
    chance, zones = random.Random(100 + part), hall()
    clear = 0
    for n in range(2500):
        start = anywhere(chance)
        reach = 170 if n % 8 == 0 else 25
        target = Position(
            start.pan + chance.uniform(-reach, reach),
            min(90.0, max(-40.0, start.tilt + chance.uniform(-reach, reach) / 2)),
            chance.choice((start.zoom, 1.0, 6.0)),
        )
        if zones.crosses(start, target):
            continue
        clear += 1
        for pan, tilt, zoom in zip(
            *(sorted(chance.random() for _ in range(3)) for _ in range(3)), strict=True
        ):
            on_the_way = Position(
                start.pan + pan * (target.pan - start.pan),
                start.tilt + tilt * (target.tilt - start.tilt),
                start.zoom * (target.zoom / start.zoom) ** zoom,
            )
            assert not shows(on_the_way)
    assert clear > 800


@given(
    st.floats(-60, 60), st.floats(-40, 40), st.floats(2, 25), st.integers(3, 9), st.floats(-90, 90), st.floats(-60, 80),
    st.floats(1, 20), st.integers(0, 999),
)  # fmt: skip
def test_zones_of_any_shape(
    pan: float, tilt: float, size: float, count: int, look: float, nod: float, zoom: float, seed: int
) -> None:
    chance = random.Random(seed)
    turns = sorted(chance.uniform(0, 2 * np.pi) for _ in range(count))
    radii = [size * chance.uniform(0.4, 1) for _ in turns]
    corners = tuple(
        (float(pan + r * np.cos(a)), float(tilt + r * np.sin(a))) for a, r in zip(turns, radii, strict=True)
    )
    zone = Zone("any", corners)
    framing = Position(look, nod, zoom)
    if Zones([zone], Lens(WIDE), ERROR).allowed(framing):
        assert not shows(framing, (zone,))


@given(st.floats(-170, 170), st.floats(-40, 90), st.floats(1, 20))
def test_far_from_any_zone_nothing_is_refused(pan: float, tilt: float, zoom: float) -> None:
    """Not too strict either: a zone further than the corners of the picture and three margins is no reason to refuse."""
    zones = hall()
    across, up = Lens(WIDE).tangents(zoom)
    corner = np.degrees(np.arctan(np.hypot(across, up)))
    if nearest_outline(pan, tilt) > corner + 3 * zones.margin(zoom) and not shows(Position(pan, tilt, 20.0)):
        assert zones.allowed(Position(pan, tilt, zoom))


def nearest_outline(pan: float, tilt: float) -> float:
    """Degrees from a direction to the nearest point of the outline of a zone."""
    shares = np.linspace(0, 1, 60)[:, None]
    rows = [
        np.array(a) + shares * (np.array(b) - np.array(a))
        for zone in HALL
        for a, b in zip(zone.corners, (*zone.corners[1:], zone.corners[0]), strict=True)
    ]
    points = np.radians(np.concatenate(rows))
    p, t = np.radians(pan), np.radians(tilt)
    cosine = np.sin(t) * np.sin(points[:, 1]) + np.cos(t) * np.cos(points[:, 1]) * np.cos(points[:, 0] - p)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).min())


def test_a_picture_wholly_inside_a_zone_is_refused() -> None:
    assert hall().seen(Position(0, -18, 20)) == ["public"]


def test_the_margin_is_kept() -> None:
    zones = Zones([Zone("box", ((20, -2), (30, -2), (30, 2), (20, 2)))], Lens(WIDE), ERROR)
    field = Lens(WIDE).field(10.0)[0]
    assert zones.margin(10.0) == pytest.approx(1.5 * ERROR + 0.05 * field, abs=0.03)
    edge = 20 - field / 2 - zones.margin(10.0)
    assert zones.allowed(Position(edge - 0.1, 0, 10.0))
    assert not zones.allowed(Position(edge + 0.1, 0, 10.0))


@pytest.mark.parametrize("look", [(0, 20), (100, 45), (-170, 80), (40, 5)])
def test_a_zone_as_large_as_a_half_room_is_seen_from_inside(look: tuple[float, float]) -> None:
    above = Zone("above", ((-180, 0), (180, 0), (180, 90), (-180, 90)))
    zones = Zones([above], Lens(WIDE), ERROR)
    assert zones.seen(Position(*look, 20.0)) == ["above"]
    assert zones.allowed(Position(look[0], -20, 5.0))


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_the_edge_is_as_far_as_one_may_go(seed: int) -> None:
    chance, zones = random.Random(seed), hall()
    start = anywhere(chance)
    target = Position(
        start.pan + chance.uniform(-25, 25), min(90.0, start.tilt + chance.uniform(-15, 15)), start.zoom
    )
    edge = zones.edge(start, target)
    if edge is None:
        assert not zones.allowed(start)
        return
    assert not zones.crosses(start, edge)
    assert edge == target or zones.crosses(start, Position(*(_further(start, edge, target)), start.zoom))


def _further(start: Position, edge: Position, target: Position) -> tuple[float, float]:
    """One twentieth of a degree past the edge, towards the target."""
    length = max(abs(target.pan - start.pan), abs(target.tilt - start.tilt))
    share = 0.05 / length
    return edge.pan + share * (target.pan - start.pan), edge.tilt + share * (target.tilt - start.tilt)


@pytest.mark.parametrize(
    "framing", [Position(0, -18, 10), Position(36, -16, 8), Position(64, -20, 5), Position(-90, 50, 3)]
)
def test_the_nearest_allowed_framing_is_allowed_and_near(framing: Position) -> None:
    zones = hall()
    found = zones.nearest(framing, Limits((-170, 170), (-40, 90)))
    assert found is not None and zones.allowed(found) and found.zoom == framing.zoom
    best = min(
        (pan**2 + tilt**2) ** 0.5
        for pan in np.arange(-40, 40.5, 1.0)
        for tilt in np.arange(-30, 40.5, 1.0)
        if zones.allowed(Position(framing.pan + pan, framing.tilt + tilt, framing.zoom))
    )
    assert np.hypot(found.pan - framing.pan, found.tilt - framing.tilt) <= best * 1.1 + 0.5


def test_nothing_near_is_told() -> None:
    everywhere = Zone("everything", ((-180, -90), (180, -90), (180, 90), (-180, 90)))
    assert Zones([everywhere], Lens(WIDE)).nearest(Position(0, 0, 1), Limits((-9, 9), (-9, 9))) is None


def test_a_drive_is_stopped_while_it_can_still_brake() -> None:
    zones = Zones([AGENTS], Lens(WIDE), ERROR)
    framing = Position(30, -25, 6)
    assert zones.may_drive(framing, (100.0, 0.0), 0.0, 0.1)
    assert not zones.may_drive(framing, (100.0, 0.0), 0.0, 0.4)
    assert zones.may_drive(framing, (-100.0, 0.0), 0.0, 0.4)
    assert not zones.may_drive(Position(50, -25, 12), (0.0, 0.0), 1.5, 1.0), "zooming out shows it too"


def test_limits_keep_the_zones_out_and_the_framings_in() -> None:
    zones = Zones([PUBLIC, AGENTS], Lens(WIDE), ERROR)
    seats = [Position(-60, 0, 8), Position(0, 5, 8), Position(90, 10, 8)]
    limits = zones.limits((-170, 170), (-30, 90), seats, 8.0)
    assert limits.uncovered == ()
    assert all(
        limits.pan[0] <= s.pan <= limits.pan[1] and limits.tilt[0] <= s.tilt <= limits.tilt[1] for s in seats
    )
    for pan in np.arange(limits.pan[0], limits.pan[1], 3.0):
        for tilt in (limits.tilt[0], limits.tilt[0] + 2):
            assert not shows(Position(float(pan), float(tilt), 8.0), (PUBLIC, AGENTS))


def test_a_zone_among_the_seats_is_said_to_be_left_to_the_check_alone() -> None:
    seats = [Position(p, t, 8) for p, t in ((-60, -18), (60, -18), (0, 10), (0, -28))]
    limits = Zones([PUBLIC], Lens(WIDE)).limits((-170, 170), (-30, 90), seats, 8.0)
    assert limits == Limits((-170, 170), (-30, 90), ("public",))


def test_two_points_make_no_zone() -> None:
    with pytest.raises(ValueError, match="three"):
        Zone("line", ((0, 0), (1, 1)))

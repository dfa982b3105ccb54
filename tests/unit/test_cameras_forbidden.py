"""Who objects to being filmed: where a camera sees him, and what of each framing is veiled or forbidden because of him.

As in :mod:`tests.unit.test_camera_zones`, points of the picture are looked at one by one, with no geometry of the module's.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_drivers.base import CameraState, Position, Report
from camera_drivers.geometry import Lens
from camera_drivers.zones import Zone, Zones
from regie.cameras.clearance import Track, clear
from regie.cameras.forbidden import STEADY_DEG, Forbidden, outlines
from regie.domain.presets import Preset
from tests.unit.test_camera_zones import ERROR, PICTURE, WIDE, any_inside, shown

pytestmark = pytest.mark.unit

LENS = Lens(WIDE)
CLERK = Preset(id="greffe", camera="cam1", name="Greffe", pan=12.0, tilt=-9.0, zoom=8.0, places=("greffe",))
OUTLINES = outlines((CLERK,), {"greffe": "Greffe"}, LENS)
ROOM = Position(0.0, -8.0, 1.0)


def forbidden(*zones: Zone) -> Forbidden:
    drawn = Zones(zones, LENS, ERROR) if zones else None
    return Forbidden(drawn, Zones(OUTLINES, LENS, ERROR))


def at(preset: Preset, **other: float) -> Position:
    place = {"pan": preset.pan, "tilt": preset.tilt, "zoom": preset.zoom} | other
    return Position(place["pan"], place["tilt"], place["zoom"])


def test_only_close_presets_of_those_who_object_tell_where_they_sit() -> None:
    others = (
        CLERK,
        Preset(id="a", camera="cam1", name="Deux", pan=0, tilt=0, zoom=4, places=("greffe", "p1")),
        Preset(id="b", camera="cam1", name="Salle", pan=0, tilt=0, zoom=1, places=("greffe",), room=True),
        Preset(id="c", camera="cam1", name="NDI", pan=0, tilt=0, zoom=1, places=("greffe",), by_memory=True),
        Preset(id="d", camera="cam1", name="Maire", pan=0, tilt=0, zoom=8, places=("p1",)),
    )
    assert outlines(others, {"greffe": "Greffe"}, LENS) == OUTLINES
    (zone,) = OUTLINES
    assert zone.name == "Greffe"
    middle = np.mean(zone.corners, axis=0)
    assert middle == pytest.approx((12.0, -9.0), abs=0.1)


def test_a_wide_shot_is_veiled_a_close_one_forbidden_one_beside_him_is_neither() -> None:
    seen = forbidden()
    assert not seen.seen(ROOM)
    (veil,) = seen.veils(ROOM)
    assert veil.left < 500 + 1000 * 12 / WIDE < veil.right and veil.top < 520 < veil.bottom
    assert seen.seen(at(CLERK)) == ["Greffe"] and seen.seen(at(CLERK, pan=14.0)) == ["Greffe"]
    aside = at(CLERK, pan=25.0)
    assert not seen.seen(aside) and not seen.veils(aside)


@settings(max_examples=300, deadline=None)
@given(st.floats(-60, 80), st.floats(-40, 20), st.floats(1.0, 12.0))
def test_every_point_of_him_in_a_picture_is_under_a_veil_or_keeps_it_off(
    pan: float, tilt: float, zoom: float
) -> None:
    framing, seen = Position(pan, tilt, zoom), forbidden()
    if seen.seen(framing):
        return
    points = shown(pan, tilt, zoom)
    across, down = 500 * (1 + PICTURE[:, 0]), 500 * (1 - PICTURE[:, 1])
    bare = np.ones(len(points), bool)
    for veil in seen.veils(framing):
        assert 0 <= veil.left < veil.right <= 1000 and 0 <= veil.top < veil.bottom <= 1000
        bare &= ~((across >= veil.left) & (across <= veil.right) & (down >= veil.top) & (down <= veil.bottom))
    assert not any_inside(points[bare], OUTLINES[0])


def test_a_camera_that_turns_with_him_in_view_is_not_clear_one_that_trembles_is() -> None:
    seen = forbidden()
    still = Report(CameraState.ARRIVED, 0.0, position=ROOM)
    assert clear(seen, still, Track(ROOM, 0.0, ROOM, 1.0))
    trembled = Position(ROOM.pan + STEADY_DEG / 4, ROOM.tilt, ROOM.zoom)
    assert clear(seen, Report(CameraState.ARRIVED, 0.0, position=trembled), Track(ROOM, 0.0, trembled, 0.1))
    turned = Position(ROOM.pan + 1.0, ROOM.tilt, ROOM.zoom)
    assert not clear(seen, Report(CameraState.ALTERED, 0.0, position=turned), Track(ROOM, 0.0, turned, 0.1))
    off = Position(ROOM.pan, ROOM.tilt, 1.3)
    aside = Position(-60.0, -8.0, 8.0)
    assert not clear(seen, Report(CameraState.ALTERED, 0.0, position=aside), Track(off, 0.0, aside, 0.1)), (
        "pictures of the time before are still on their way"
    )
    going = Report(CameraState.MOVING, 0.0, position=ROOM, target=Position(-40.0, -8.0, 4.0))
    assert not clear(seen, going, Track(None, 0.0, ROOM, 1.0))
    far = Position(-60.0, -8.0, 8.0)
    away = Report(CameraState.MOVING, 0.0, position=far, target=Position(-50.0, -8.0, 8.0))
    assert clear(seen, away, Track(None, 0.0, far, 1.0)), "he is nowhere on its way"
    for state in (CameraState.LOST, CameraState.UNKNOWN):
        assert not clear(seen, Report(state, 0.0, position=ROOM), Track())
    assert not clear(seen, Report(CameraState.ARRIVED, 0.0), Track()), "nobody knows where it looks"
    assert clear(Forbidden(), Report(CameraState.UNKNOWN, 0.0), Track())


def test_zones_that_were_drawn_are_never_veiled() -> None:
    bench = Zone("Public", ((-34.0, -20.0), (-20.0, -20.0), (-20.0, 0.0), (-34.0, 0.0)))
    seen = forbidden(bench)
    assert seen.seen(ROOM) == ["Public"] and seen.names == ("Public", "Greffe")
    assert seen.crosses(ROOM, ROOM) and not forbidden().crosses(ROOM, ROOM)
    assert forbidden().may_drive(Position(-40.0, -8.0, 8.0), (5.0, 0.0), 0.0, 0.6)
    assert not forbidden().may_drive(ROOM, (5.0, 0.0), 0.0, 0.6)

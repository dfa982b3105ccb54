"""The camera that gives a seat: free, alone on it, already there, near."""

import pytest

from camera_drivers.base import CameraState
from regie.cameras.choosing import preset_for
from regie.cameras.news import CameraStatus, Framing, PresetView
from regie.domain.presets import Preset, Scope
from regie.errors import Refusal

pytestmark = pytest.mark.unit


def view(name: str, camera: str, *places: str, pan: float = 0.0, usable: bool = True) -> PresetView:
    preset = Preset(id=name, camera=camera, name=name, pan=pan, tilt=0.0, zoom=4.0, places=places)
    return PresetView(preset=preset, scope=Scope.PLACE, usable=usable)


def camera(
    source: str, pan: float = 0.0, state: CameraState = CameraState.READY, **more: object
) -> CameraStatus:
    return CameraStatus(source=source, name=source, state=state, framing=Framing(pan, 0.0, 1.0), **more)  # type: ignore[arg-type]


PRESETS = [
    view("far", "a", "p1", pan=60),
    view("near", "b", "p1", pan=5),
    view("group", "c", "p1", "p2"),
    view("public", "d", "p1", usable=False),
]


def chosen(*cameras: CameraStatus, air: frozenset[str] = frozenset(), place: str = "p1") -> str:
    return preset_for(place, PRESETS, cameras, air).id


def test_the_nearest_alone_on_the_seat_unless_one_is_there() -> None:
    every = [camera("a"), camera("b"), camera("c"), camera("d")]
    assert chosen(*every) == "near"
    assert chosen(camera("a", preset="far"), *every[1:]) == "far"
    assert chosen(camera("a"), camera("b", preview=True), camera("c")) == "far"
    assert chosen(*every, air=frozenset({"a", "b"})) == "group"


@pytest.mark.parametrize(
    "taken",
    [camera("b", state=CameraState.LOST), camera("b", state=CameraState.UNKNOWN), camera("b", driven=True)],
)
def test_one_that_is_lost_or_held_is_left_alone(taken: CameraStatus) -> None:
    assert chosen(camera("a"), taken) == "far"
    with pytest.raises(Refusal) as refusal:
        chosen(taken)
    assert refusal.value.stable_code == "aucune_camera_libre"


def test_a_seat_that_nothing_shows_on_air_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        chosen(camera("d"), place="p9")
    assert refusal.value.stable_code == "place_sans_plan"

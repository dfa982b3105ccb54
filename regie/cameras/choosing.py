"""Which camera shows a seat when any may: a free one, already there if possible. Pure, over what is known now."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from camera_drivers.base import CameraState
from regie.cameras.news import CameraStatus, PresetView
from regie.domain.model import SourceId
from regie.domain.presets import PlaceId, Preset
from regie.errors import Refusal

READY = frozenset({CameraState.READY, CameraState.ARRIVED, CameraState.ALTERED, CameraState.MOVING})


def free(camera: CameraStatus, air: AbstractSet[SourceId]) -> bool:
    """May it be turned without anybody losing a picture or a hand on it?"""
    return camera.state in READY and camera.source not in air and not camera.driven and camera.scan is None


def preset_for(
    place: PlaceId, presets: Iterable[PresetView], cameras: Sequence[CameraStatus], air: AbstractSet[SourceId]
) -> Preset:
    """The preset to recall: of a free camera, alone on the seat, where the camera is already, not the one that is prepared, the
    nearest. Raises Refusal ``place_sans_plan``, ``aucune_camera_libre``."""
    shows = [view.preset for view in presets if view.usable and place in view.preset.places]
    if not shows:
        raise Refusal("no preset for the programme shows this seat", code="place_sans_plan", place=place)
    known: Mapping[SourceId, CameraStatus] = {one.source: one for one in cameras if free(one, air)}
    choices = [preset for preset in shows if preset.camera in known]
    if not choices:
        raise Refusal("every camera that shows this seat is taken", code="aucune_camera_libre", place=place)
    return min(choices, key=lambda preset: _cost(preset, known[preset.camera]))


def _cost(preset: Preset, camera: CameraStatus) -> tuple[bool, bool, bool, float]:
    there = camera.preset == preset.id
    here = camera.framing
    way = 0.0 if here is None else max(abs(preset.pan - here.pan), abs(preset.tilt - here.tilt))
    return len(preset.places) > 1, not there, camera.preview, way

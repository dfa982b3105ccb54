"""What may be asked of the cameras: one type an intention. See :meth:`regie.cameras.fleet.Fleet.carry_out`."""

from typing import Annotated

import msgspec

from camera_drivers.base import FocusMode, Position
from camera_drivers.geometry import Mark, calibrate
from camera_drivers.zones import Zone
from regie.domain.model import SourceId
from regie.domain.presets import Name, PlaceId
from regie.errors import Refusal

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Signed = Annotated[float, msgspec.Meta(ge=-1, le=1)]
Angle = Annotated[float, msgspec.Meta(ge=-360, le=360)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=60)]
MAX_ZONES, MAX_PLACES = 64, 64


class _Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """Base of the commands: a frozen value with a tag on the wire."""


class Recall(_Command, frozen=True, tag="recall"):
    """Turn the camera of a preset to it, at a share of its speed, or so that the move lasts ``seconds``."""

    preset: str
    speed: Share = 1.0
    seconds: Seconds | None = None


class RecallPlace(_Command, frozen=True, tag="recall_place"):
    """Turn a free camera to a seat, whichever it is, and prepare it (``prepare``): nothing on air moves, no hand is crossed."""

    place: PlaceId
    speed: Share = 1.0
    prepare: bool = True


class RecallTogether(_Command, frozen=True, tag="recall_together"):
    """Several presets, a camera each, so that all arrive together; ``seconds``: when, as soon as possible if None."""

    presets: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=16)]
    seconds: Seconds | None = None


class GoTo(_Command, frozen=True, tag="go_to"):
    """Turn a camera to angles (degrees) and a magnification; what is left out does not change."""

    camera: SourceId
    pan: Angle | None = None
    tilt: Angle | None = None
    zoom: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    speed: Share = 1.0


class Stop(_Command, frozen=True, tag="stop"):
    """Stop a camera, confirmed by it. Never refused by the lock."""

    camera: SourceId


class AllowMove(_Command, frozen=True, tag="allow_move"):
    """« Mouvement à l'antenne »: the camera may be moved while it is on air, for ten seconds after its last move."""

    camera: SourceId
    on: bool = True


class StorePreset(_Command, frozen=True, tag="store_preset"):
    """Store where a camera looks now. ``preset``: the one to replace, whose name and places are kept where none is given here.

    ``focus``: keep the focus too, instead of leaving it automatic. Refused with ``on_air`` when the framing shows a zone.
    """

    camera: SourceId
    preset: str | None = None
    name: Name | None = None
    places: Annotated[tuple[PlaceId, ...], msgspec.Meta(max_length=MAX_PLACES)] | None = None
    room: bool | None = None
    on_air: bool = True
    focus: bool = False


class EditPreset(_Command, frozen=True, tag="edit_preset"):
    """Change what is said of a preset, not its framing; ``rank``: its new place in the list, from 0."""

    preset: str
    name: Name | None = None
    places: Annotated[tuple[PlaceId, ...], msgspec.Meta(max_length=MAX_PLACES)] | None = None
    room: bool | None = None
    on_air: bool | None = None
    rank: Annotated[int, msgspec.Meta(ge=0)] | None = None


class DeletePreset(_Command, frozen=True, tag="delete_preset"):
    """Forget a preset."""

    preset: str


class MirrorPreset(_Command, frozen=True, tag="mirror_preset"):
    """Store a preset in the camera's own memory too, under a number from 1. The camera must be at the preset."""

    preset: str
    memory: Annotated[int, msgspec.Meta(ge=1, le=255)]


class RecallMemory(_Command, frozen=True, tag="recall_memory"):
    """Turn a camera to one of its own memories, numbered from 1: where that is, only the camera knows. ``speed``: a share of its
    own, where it can be said."""

    camera: SourceId
    memory: Annotated[int, msgspec.Meta(ge=1, le=255)]
    speed: Share = 1.0


class StoreMemory(_Command, frozen=True, tag="store_memory"):
    """Keep where a camera looks now in its own memory, numbered from 1."""

    camera: SourceId
    memory: Annotated[int, msgspec.Meta(ge=1, le=255)]


class SetZones(_Command, frozen=True, tag="set_zones"):
    """All the areas that a camera must never show, in degrees of its own axis; replaces those it had."""

    camera: SourceId
    zones: Annotated[tuple[Zone, ...], msgspec.Meta(max_length=MAX_ZONES)]


class SetLens(_Command, frozen=True, tag="set_lens"):
    """The camera's horizontal field at its widest, measured on the spot; None goes back to its model's."""

    camera: SourceId
    field: Annotated[float, msgspec.Meta(gt=1, lt=150)] | None


class ScanPanorama(_Command, frozen=True, tag="scan"):
    """Have a camera scan its panorama, off air; ``pan``, ``tilt``: between which angles its centre looks (−120 to 120, −30 to 20,
    within its reach). Goes on by itself; STOP gives it up."""

    camera: SourceId
    pan: tuple[Angle, Angle] | None = None
    tilt: tuple[Angle, Angle] | None = None


class Sight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A thing that does not move, seen at (x, y) of the picture (−1 to 1, right and up) from a framing."""

    pan: Angle
    tilt: Angle
    zoom: Annotated[float, msgspec.Meta(gt=0, le=100)]
    x: Signed
    y: Signed = 0.0


class Calibrate(_Command, frozen=True, tag="calibrate"):
    """Measure a camera's field on the spot: the same thing seen at the left, then at the right of the picture, at one zoom."""

    camera: SourceId
    first: Sight
    second: Sight

    def field(self) -> float:
        """The horizontal field at the widest, degrees, that both sights tell. Raises Refusal ``mesure_impossible``."""
        first, second = (
            Mark(Position(one.pan, one.tilt, one.zoom), one.x, one.y) for one in (self.first, self.second)
        )
        try:
            return round(calibrate(first, second).wide, 3)
        except ValueError as error:
            raise Refusal(str(error), code="mesure_impossible", camera=self.camera) from error


class HoldImage(_Command, frozen=True, tag="hold_image"):
    """Hold exposure and white balance as they are now (and the focus), or give them back to the camera's automatics."""

    camera: SourceId
    on: bool = True
    focus: bool = False


class Focus(_Command, frozen=True, tag="focus"):
    """How a camera focuses, its exposure and white balance left alone."""

    camera: SourceId
    mode: FocusMode


class CopyImage(_Command, frozen=True, tag="copy_image"):
    """Give a camera the exposure and white balance of another of the same model, both held."""

    source: SourceId
    target: SourceId


class FreezeRecalls(_Command, frozen=True, tag="freeze_recalls"):
    """Have a camera show a still picture while it recalls one of its own memories."""

    camera: SourceId
    on: bool = True


CameraCommand = (
    Recall
    | RecallPlace
    | RecallTogether
    | RecallMemory
    | StoreMemory
    | GoTo
    | Stop
    | AllowMove
    | StorePreset
    | EditPreset
    | DeletePreset
    | MirrorPreset
    | SetZones
    | SetLens
    | ScanPanorama
    | Calibrate
    | HoldImage
    | Focus
    | CopyImage
    | FreezeRecalls
)

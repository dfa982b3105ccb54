"""The cameras as pages and the director see them: newest values, on the board, and the book of presets as it may be used now."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from camera_drivers.base import CameraState
from camera_drivers.zones import Zone
from regie.domain.model import SourceId
from regie.domain.presets import Preset, Scope


class Framing(msgspec.Struct, frozen=True):
    """Where a camera looks: degrees of its own axis, magnification."""

    pan: float
    tilt: float
    zoom: float


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the console may offer for a camera. ``absolute``: it goes to presets of ours; ``memories``: presets in the camera
    itself; speeds in degrees a second."""

    absolute: bool = True

    memories: int = 0
    tally: bool = False
    limits: bool = False
    image: bool = False
    freeze: bool = False
    pan: tuple[float, float] = (0.0, 0.0)
    tilt: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0
    pan_speed: float = 0.0
    tilt_speed: float = 0.0


class Progress(msgspec.Struct, frozen=True):
    """A scan under way: pictures taken, and how many there will be."""

    done: int
    total: int


class Panorama(msgspec.Struct, frozen=True, kw_only=True):
    """A panorama that was taken: its image is linear in angles between these, left to right and bottom to top."""

    camera: SourceId
    pan: tuple[float, float]
    tilt: tuple[float, float]
    taken_utc_ms: int


class CameraStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A camera now.

    ``state`` comes from its answers only, since ``since_utc_ms``; ``detail``: what it adds (English, for the technician's log).
    ``preset``: the preset where it *is*. ``locked``: it may not be moved, being on air; ``move_until_utc_ms``: it may all the same
    until then. ``zones``: exclusion zones that it shows; ``excluded``: kept off the programme because of them; ``veiled``: shown
    with a veil over who objects to being filmed. ``field``: the horizontal field at this zoom, degrees. ``driven``: somebody holds
    its joystick. ``scan``: a panorama under way; ``scan_failure``: stable code of why the last one stopped short.
    """

    source: SourceId
    name: str
    state: CameraState
    since_utc_ms: int = 0
    detail: str = ""
    model: str = ""
    framing: Framing | None = None
    target: Framing | None = None
    eta_s: float | None = None
    field: float | None = None
    field_measured: bool = False
    preset: str | None = None
    on_air: bool = False
    preview: bool = False
    locked: bool = False
    move_until_utc_ms: int | None = None
    driven: bool = False
    zones: tuple[str, ...] = ()
    excluded: bool = False
    veiled: bool = False
    scan: Progress | None = None
    scan_failure: str = ""
    can: Abilities = Abilities()


class CamerasStatus(msgspec.Struct, frozen=True, kw_only=True):
    """All the cameras; ``book``: version of the book of presets, to be fetched again when it changes."""

    cameras: tuple[CameraStatus, ...] = ()
    book: int = 0


class PresetView(msgspec.Struct, frozen=True, kw_only=True):
    """A preset, and what may be done with it now. ``usable``: meant for the programme, and shows no zone; ``zones``: those that it
    shows; ``thumbnail``: version of its picture, None when it has none."""

    preset: Preset
    scope: Scope
    usable: bool
    zones: tuple[str, ...] = ()
    thumbnail: int | None = None


class BookView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole book: presets in the technician's order, zones and measured fields by camera; ``seats``: where each camera sees
    those who object to being filmed, from the presets of their places."""

    version: int
    presets: tuple[PresetView, ...]
    zones: Mapping[SourceId, tuple[Zone, ...]]
    fields: Mapping[SourceId, float]
    seats: Mapping[SourceId, tuple[Zone, ...]] = {}


class CameraDesk(Protocol):
    """The cameras, as the director and other parts of control reach them. Errors are refusals with a stable code."""

    def status(self) -> CamerasStatus:
        """All the cameras now."""

    def presets(self) -> tuple[PresetView, ...]:
        """The presets, in the technician's order."""

    async def recall(self, preset: str, speed: float = 1.0, seconds: float | None = None) -> None:
        """Turn a camera to a preset; returns once the camera accepted. Raises Refusal."""

    def usable_on_air(self, camera: SourceId) -> bool:
        """May it go on air as it is: at rest, its place known, and no zone in view?"""

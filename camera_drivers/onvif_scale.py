"""From the numbers of an ONVIF camera to degrees and magnification, and back. Pure.

ONVIF's generic spaces go from −1 to 1 (pan, tilt) and from 0 to 1 (zoom) and say nothing of the angles at their ends: those are
configured. The spherical space is in degrees. Source: ONVIF PTZ Service Specification, « Absolute position spaces ».
"""

import math
from dataclasses import dataclass
from typing import Self

from camera_drivers.base import CameraRefused, Position

SPHERICAL = "SphericalPositionSpaceDegrees"
Range = tuple[float, float]
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a camera can look: degrees at the ends of its pan and tilt, magnification at the tele end."""

    pan: Range = (-170.0, 170.0)
    tilt: Range = (-30.0, 90.0)
    zoom: float = 20.0


@dataclass(frozen=True, slots=True)
class Scale:
    """``pan``, ``tilt``, ``zoom``: the camera's own numbers at the ends of its ``reach``. ``degrees``: pan and tilt are angles."""

    reach: Reach = Reach()
    pan: Range = (-1.0, 1.0)
    tilt: Range = (-1.0, 1.0)
    zoom: Range = (0.0, 1.0)
    degrees: bool = False

    @classmethod
    def told(
        cls, reach: Reach, pan: Range | None, tilt: Range | None, zoom: Range | None, space: str
    ) -> Self:
        """By what a camera says of its spaces; ``space``: URI of the one in which it tells pan and tilt. Ends that are missing or
        equal are taken as the generic ones."""
        usual = cls()
        degrees = space.endswith(SPHERICAL)
        own = Reach(pan or reach.pan, tilt or reach.tilt, reach.zoom) if degrees else reach
        return cls(own, _real(pan, usual.pan), _real(tilt, usual.tilt), _real(zoom, usual.zoom), degrees)

    def position(self, pan: float, tilt: float, zoom: float) -> Position:
        """Where it looks."""
        if not self.degrees:
            pan, tilt = _across(pan, self.pan, self.reach.pan), _across(tilt, self.tilt, self.reach.tilt)
        share = _across(zoom, self.zoom, (0.0, 1.0))
        # Between its ends a lens is taken as logarithmic: a field thought wider than it is errs on the safe side for zones.
        return Position(pan, tilt, math.exp(share * math.log(self.reach.zoom)))

    def numbers(self, target: Position) -> tuple[float, float, float]:
        """What to ask for. Raises CameraRefused out of its reach."""
        reach = self.reach
        for value, (low, high) in (
            (target.pan, reach.pan),
            (target.tilt, reach.tilt),
            (target.zoom, (1.0, reach.zoom)),
        ):
            if not low - ROUNDING <= value <= high + ROUNDING:
                raise CameraRefused("out of its reach")
        share = math.log(max(1.0, target.zoom)) / math.log(reach.zoom)
        zoom = _across(share, (0.0, 1.0), self.zoom)
        if self.degrees:
            return target.pan, target.tilt, zoom
        return _across(target.pan, reach.pan, self.pan), _across(target.tilt, reach.tilt, self.tilt), zoom


def _real(told: Range | None, usual: Range) -> Range:
    return usual if told is None or told[0] == told[1] else told


def _across(value: float, source: Range, target: Range) -> float:
    return target[0] + (value - source[0]) / (source[1] - source[0]) * (target[1] - target[0])

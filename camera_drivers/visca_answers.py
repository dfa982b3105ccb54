"""What a VISCA camera's answers say, in angles and magnification. Pure.

Source of the bits: Sony EVI-D70 manual p. 51 (pan/tilt status code list) and BRC-X400 list (lens block), the same on all heirs.
"""

from dataclasses import dataclass

from camera_drivers.quirks import Model
from camera_drivers.visca_commands import from_nibbles

MOVEMENT = 0x0C00
OPERATING, FAILED = 0x0400, 0x0C00
DEFECTS = 0x0330
"""Position not detected or mechanism defective, of the tilt (two bits) and of the pan (two bits)."""
ZOOM_RUNS, RECALL_RUNS = 0x01, 0x04


@dataclass(frozen=True, slots=True)
class PanTiltStatus:
    """What the head says of its last movement."""

    moving: bool
    failed: bool
    defective: bool


@dataclass(frozen=True, slots=True)
class LensStatus:
    """Zoom as a magnification, focus in steps; ``busy``: a zoom or the recall of a memory is being carried out."""

    zoom: float
    focus: int
    busy: bool


def pan_tilt_status(data: bytes) -> PanTiltStatus:
    """From the two bytes of Pan-tiltStatusInq."""
    bits = int.from_bytes(data[:2])
    movement = bits & MOVEMENT
    return PanTiltStatus(movement == OPERATING, movement == FAILED, bool(bits & DEFECTS))


def pan_tilt(data: bytes, model: Model) -> tuple[float, float] | None:
    """Degrees, from Pan-tiltPosInq; None when its length makes no sense for the model."""
    digits = model.pan_digits
    if len(data) != digits + model.tilt_digits:
        if len(data) != 8:
            return None
        digits = 4
    pan, tilt = from_nibbles(data[:digits], signed=True), from_nibbles(data[digits:], signed=True)
    return model.pan.degrees(pan), model.tilt.degrees(tilt)


def lens_block(data: bytes, model: Model) -> LensStatus:
    """From the thirteen bytes of the lens block. A focus that runs does not count: automatic focus always does."""
    zoom = model.zoom.magnification(from_nibbles(data[0:4], signed=False))
    busy = bool(data[12] & (ZOOM_RUNS | RECALL_RUNS))
    return LensStatus(zoom, from_nibbles(data[6:10], signed=False), busy)


def zoom(data: bytes, model: Model) -> float:
    """Magnification, from CAM_ZoomPosInq."""
    return model.zoom.magnification(from_nibbles(data[:4], signed=False))

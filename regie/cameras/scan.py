"""What a scan leaves for its panorama; apart, so that control does not load the libraries that put it together."""

import msgspec


class View(msgspec.Struct, frozen=True):
    """One picture of a scan: its file, where the camera looked (degrees), tangents of half its fields."""

    file: str
    pan: float
    tilt: float
    across: float
    up: float


class Scan(msgspec.Struct, frozen=True):
    """The pictures, and the angles between which the panorama lies."""

    pan: tuple[float, float]
    tilt: tuple[float, float]
    views: tuple[View, ...]

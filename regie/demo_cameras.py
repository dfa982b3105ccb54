"""The cameras of the demonstration: how each is driven, and the book that a technician would have made the day of the fitting."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from camera_drivers.zones import Zone
from regie.cameras.book import BOOK, Book, BookFile
from regie.domain.presets import Preset

PUBLIC = "Public"


class HallHead(msgspec.Struct, frozen=True):
    """How a camera of the hall is driven. ``field``: degrees across at its widest."""

    protocol: str
    host: str
    port: int
    family: str | None = None
    field: float | None = None


class HallFraming(msgspec.Struct, frozen=True):
    """A framing of the hall: the seats that it shows, none for the whole."""

    camera: str
    name: str
    pan: float
    tilt: float
    zoom: float
    seats: tuple[int, ...] = ()


class HallGroup(msgspec.Struct, frozen=True):
    """Seats that one wider shot shows."""

    id: str
    name: str
    seats: tuple[int, ...]


def camera_table(source: str, head: HallHead) -> dict[str, Any]:
    """A ``[[camera]]`` of the configuration."""
    table: dict[str, Any] = {
        "source": source,
        "protocole": head.protocol,
        "adresse": head.host,
        "port": head.port,
    }
    if head.family is not None:
        table["modele"] = head.family
    if head.field is not None:
        table["champ_deg"] = head.field
    return table


def write_book(
    folder: Path, framings: tuple[HallFraming, ...], areas: dict[str, tuple[tuple[float, float], ...]]
) -> None:
    """The hall's book under ``folder``, unless there is one already: what the technician stored stays. Raises OSError."""
    file = folder / "cameras"
    if not (file / BOOK).exists():
        zones: dict[str, tuple[Zone, ...]] = {
            camera: (Zone(PUBLIC, area),) for camera, area in areas.items() if area
        }
        BookFile(file).save(Book(version=1, presets=tuple(_presets(framings)), zones=zones))


def _presets(framings: tuple[HallFraming, ...]) -> Iterator[Preset]:
    for n, one in enumerate(framings, 1):
        yield Preset(
            id=f"demo-{n:03d}",
            camera=one.camera,
            name=one.name,
            pan=one.pan,
            tilt=one.tilt,
            zoom=one.zoom,
            places=tuple(f"p{seat}" for seat in one.seats),
            room=not one.seats,
        )

"""Framings of the simulated chamber, as a technician would have stored them the day it was fitted out: each seat by the cameras
that see its face, each row, the whole; and the area of each camera's picture where the public sits."""

import math
from dataclasses import dataclass

from hardware_mocks.brush import PAN_REACH
from hardware_mocks.geometry import PUBLIC, SEATS, VIEWPOINTS, Point, Seat, Viewpoint

WIDE_FIELD = 62.0
"""Degrees across at the widest, as :mod:`hardware_mocks.turret` shows."""
FACE_Z = 1.28
CLOSE_M = 1.7
"""Width of the chamber in a close shot."""
TURNED = math.radians(68)
"""Further from ahead than that a face is seen from the side."""
LOWEST = {"cam1": -19.0}
"""Degrees: how low a head looks; −28 for the others."""
MOST_CAMERAS = 2
CLEAR_DEG = 2.0
"""Left between a close shot and the public."""

GROUPS = {
    "tribune": ("Tribune", (1, 2, 3, 4, 5)),
    "gauche-1": ("Gauche, premier rang", (6, 7, 8, 9)),
    "fond-1": ("Fond, premier rang", (10, 11, 12, 13)),
    "droite-1": ("Droite, premier rang", (14, 15, 16, 17)),
    "gauche-2": ("Gauche, second rang", (18, 19, 20, 21, 22)),
    "fond-2": ("Fond, second rang", (23, 24, 25, 26, 27, 28)),
    "droite-2": ("Droite, second rang", (29, 30, 31, 32, 33)),
}


@dataclass(frozen=True, slots=True)
class Framing:
    """A stored framing: who it shows (seats, none for the whole), and where its camera looks for that."""

    camera: str
    name: str
    seats: tuple[int, ...]
    pan: float
    tilt: float
    zoom: float


def framings() -> list[Framing]:
    """All of them: the whole first, then rows, then seats; the best camera of each first."""
    whole = [
        Framing(view.id, "Ensemble" if n == 0 else f"Ensemble, {view.name.lower()}", (), *view.rest)
        for n, view in enumerate(VIEWPOINTS)
        if view.id != "cam2"
    ]
    rows = [row for name, seats in GROUPS.values() for row in _row(name, seats)]
    seats = [framing for seat in SEATS for framing in _close(seat)]
    return [*whole, *rows, *seats]


def public_area(view: Viewpoint) -> list[tuple[float, float]]:
    """Corners, in pan and tilt, of a box that holds the public's benches and those who sit there; nothing when they are out of the
    plate."""
    xs, ys = [x for x, _ in PUBLIC], [y for _, y in PUBLIC]
    corners = [
        view.angles((x, y, z))
        for x in (min(xs) - 0.8, max(xs) + 0.8)
        for y in (min(ys) - 0.4, max(ys) + 0.5)
        for z in (0.0, 1.6)
    ]
    pans, tilts = [c[0] for c in corners], [c[1] for c in corners]
    if max(pans) - min(pans) > 180 or min(abs(pan) for pan in pans) > PAN_REACH:
        return []
    left, right, low, high = min(pans), max(pans), min(tilts), max(tilts)
    return [(left, low), (right, low), (right, high), (left, high)]


def _turn(view: Viewpoint, seat: Seat) -> float:
    bearing = math.atan2(view.at[1] - seat.y, view.at[0] - seat.x)
    return abs((bearing - seat.facing + math.pi) % (2 * math.pi) - math.pi)


def _face(seat: Seat) -> Point:
    return seat.x, seat.y, FACE_Z


def _sees(view: Viewpoint, seat: Seat) -> bool:
    pan, tilt, distance = view.angles(_face(seat))
    return (
        distance > 1.6
        and _turn(view, seat) < TURNED
        and abs(pan) < 75
        and tilt >= LOWEST.get(view.id, -28.0)
        and not _near_public(view, pan, math.degrees(CLOSE_M / distance) / 2)
    )


def _near_public(view: Viewpoint, pan: float, half: float) -> bool:
    pans = [corner[0] for corner in public_area(view)]
    return bool(pans) and min(pans) - CLEAR_DEG < pan + half and pan - half < max(pans) + CLEAR_DEG


def _close(seat: Seat) -> list[Framing]:
    able = sorted((view for view in VIEWPOINTS if _sees(view, seat)), key=lambda view: _turn(view, seat))
    found: list[Framing] = []
    for view in able[:MOST_CAMERAS]:
        pan, tilt, distance = view.angles(_face(seat))
        zoom = math.tan(math.radians(WIDE_FIELD / 2)) * 2 * distance / CLOSE_M
        name = f"Place {seat.id}" if not found else f"Place {seat.id}, {view.name.lower()}"
        found.append(Framing(view.id, name, (seat.id,), round(pan, 2), round(tilt, 2), round(zoom, 2)))
    return found


def _row(name: str, ids: tuple[int, ...]) -> list[Framing]:
    seats = [seat for seat in SEATS if seat.id in ids]
    able = [view for view in VIEWPOINTS if all(_sees(view, seat) for seat in seats)]
    if not able:
        return []
    view = min(able, key=lambda view: sum(_turn(view, seat) for seat in seats))
    angles = [view.angles(_face(seat)) for seat in seats]
    margin = max(math.degrees(0.6 / distance) for _, _, distance in angles)
    pans, tilts = [a[0] for a in angles], [a[1] for a in angles]
    across = max(max(pans) - min(pans) + 2 * margin, (max(tilts) - min(tilts) + 2 * margin) * 16 / 9)
    pan, tilt = (max(pans) + min(pans)) / 2, (max(tilts) + min(tilts)) / 2
    zoom = max(1.0, math.tan(math.radians(WIDE_FIELD / 2)) / math.tan(math.radians(across / 2)))
    return [Framing(view.id, name, ids, round(pan, 2), round(tilt, 2), round(zoom, 2))]

"""Exclusion zones: what a camera must never show, in angles of the room. Pure.

A zone is a polygon in pan and tilt. A framing is allowed when the whole picture, grown by a margin (one and a half times the
pointing error, plus 5 % of the horizontal field), has no point in common with any zone. Zones are compared with the picture in
the picture's own plane, where its edges are straight, so wide fields and high tilts are exact.

Moves are judged by everything that they may show: each motor goes monotonously from its start to its end, at a pace that
nobody promises, so a move sweeps the *box* of all positions between, at its widest field.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from camera_drivers.base import Position
from camera_drivers.geometry import Lens, Vector, direction, separation
from camera_drivers.projection import Box, box, overlap, project

FIELD_SHARE = 0.05
ERROR_FACTOR = 1.5
GRAIN, GRAIN_ERROR = 3.0, 0.02
"""Degrees between two points of a zone's outline, and more than what is lost by joining them straight."""
RESOLUTION = 0.25
"""Degrees: a swept box is cut no finer; what is still undecided counts as crossing."""
CELL = 40.0
"""Degrees: larger zones are cut into pieces, so that what is seen of each has its edge at infinity far from the picture."""
GRAZING = math.radians(85.0)
EDGE = 0.02
"""Degrees within which the edge of a zone is found."""
BISECTIONS = 9
RINGS = tuple(0.5 * n for n in range(1, 121))
SPOKES = tuple(2 * math.pi * n / 24 for n in range(24))
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """An area never to be shown. ``corners``: (pan, tilt) in degrees, in order, without crossing itself."""

    name: str
    corners: Corners

    def __post_init__(self) -> None:
        if len(self.corners) < 3:
            raise ValueError("a zone has three corners at least")


@dataclass(frozen=True, slots=True)
class Limits:
    """Mechanical limits to set as a backstop; ``uncovered``: zones that no limit can keep out without losing a framing that
    must be kept."""

    pan: tuple[float, float]
    tilt: tuple[float, float]
    uncovered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shape:
    """A piece of a zone ready to be compared: its outline as directions, and the cone that holds it."""

    name: str
    outline: tuple[Vector, ...]
    centre: Vector
    radius: float


class Zones:
    """The zones of one camera, through its lens. ``pointing_error``: degrees by which it may miss its position."""

    def __init__(self, zones: Iterable[Zone], lens: Lens, pointing_error: float = 0.2) -> None:
        self.lens = lens
        self.pointing_error = pointing_error
        self.zones = tuple(zones)
        self._shapes = tuple(
            _shape(zone.name, piece) for zone in self.zones for piece in _pieces(zone.corners)
        )

    def margin(self, zoom: float) -> float:
        """Degrees by which the picture is grown."""
        return ERROR_FACTOR * self.pointing_error + FIELD_SHARE * self.lens.field(zoom)[0] + GRAIN_ERROR

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(dict.fromkeys(zone.name for zone in self.zones))

    def seen(self, framing: Position, slack: float = 0.0) -> list[str]:
        """Names of the zones in the picture or its margin; ``slack``: more margin, in degrees."""
        margin = math.radians(self.margin(framing.zoom) + slack)
        half = self._grown(framing.zoom, margin)
        return list(
            dict.fromkeys(
                shape.name
                for shape in self._near(framing, margin)
                if half is None or overlap(project(shape.outline, framing), *half)
            )
        )

    def boxes(self, framing: Position) -> list[Box]:
        """Where the zones in the picture or its margin lie, this margin included."""
        margin = math.radians(self.margin(framing.zoom))
        half = self._grown(framing.zoom, margin)
        tangents = self.lens.tangents(framing.zoom)
        near = ((shape, project(shape.outline, framing)) for shape in self._near(framing, margin))
        return [
            box(shape.name, outline, *tangents, margin)
            for shape, outline in near
            if half is None or overlap(outline, *half)
        ]

    def allowed(self, framing: Position) -> bool:
        """May this framing go on air?"""
        return not self.seen(framing)

    def crosses(self, start: Position, target: Position) -> bool:
        """May a move show a zone, however its motors pace themselves?"""
        box = (min(start.pan, target.pan), max(start.pan, target.pan))
        rows = (min(start.tilt, target.tilt), max(start.tilt, target.tilt))
        return self._box_crosses(box, rows, min(start.zoom, target.zoom))

    def may_drive(
        self, framing: Position, velocity: tuple[float, float], zooming_out: float, ahead: float
    ) -> bool:
        """May a drive go on? ``velocity``: pan and tilt in degrees a second, ``zooming_out``: share of the magnification lost
        a second, ``ahead``: seconds until a stop sent now is obeyed and the motors are at rest."""
        there = Position(
            framing.pan + velocity[0] * ahead,
            framing.tilt + velocity[1] * ahead,
            max(1.0, framing.zoom * math.exp(-max(0.0, zooming_out) * ahead)),
        )
        return not self.crosses(framing, there)

    def edge(self, start: Position, target: Position) -> Position | None:
        """The furthest framing on the straight way to ``target`` that can be reached from ``start`` without showing a zone;
        None when ``start`` itself shows one."""
        if not self.allowed(start):
            return None
        if not self.crosses(start, target):
            return target
        near, far = 0.0, 1.0
        span = max(abs(target.pan - start.pan), abs(target.tilt - start.tilt), 1.0)
        while (far - near) * span > EDGE:
            middle = (near + far) / 2
            blocked = self.crosses(start, _along(start, target, middle))
            near, far = (near, middle) if blocked else (middle, far)
        return _along(start, target, near)

    def nearest(self, wanted: Position, reach: Limits | None = None) -> Position | None:
        """The allowed framing nearest to the one wanted, at the same zoom; None when there is none within 60 degrees."""
        if self.allowed(wanted):
            return wanted
        for ring in RINGS:
            found = [
                candidate
                for angle in SPOKES
                if _within(candidate := _aside(wanted, ring, angle), reach) and self.allowed(candidate)
            ]
            if found:
                closest = (self._refine(wanted, candidate) for candidate in found)
                return min(closest, key=lambda c: math.hypot(c.pan - wanted.pan, c.tilt - wanted.tilt))
        return None

    def limits(
        self, pan: tuple[float, float], tilt: tuple[float, float], keep: Sequence[Position], zoom: float
    ) -> Limits:
        """Mechanical limits that keep the zones out at a zoom, without losing any framing to ``keep``.

        Each zone is cut off by the side that loses least; take the tightest zoom in use, so that the backstop never forbids
        what the check allows. This may take a second: not for an event loop.
        """
        limits = Limits(pan, tilt)
        left_out = []
        for zone in self.zones:
            cuts = self._cuts(limits, zone, zoom)
            good = [cut for cut in cuts if all(_within(framing, cut) for framing in keep)]
            if good:
                limits = max(good, key=_area)
            else:
                left_out.append(zone.name)
        return replace(limits, uncovered=tuple(left_out))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _near(self, framing: Position, margin: float) -> list[_Shape]:
        """Zones whose cone meets the picture's, grown by ``margin`` radians; all the others are out of sight for certain."""
        looking = direction(framing.pan, framing.tilt)
        reach = math.atan(math.hypot(*self.lens.tangents(framing.zoom))) + margin
        return [s for s in self._shapes if separation(looking, s.centre) <= s.radius + reach]

    def _grown(self, zoom: float, margin: float) -> tuple[float, float] | None:
        """Half the picture, as tangents, grown to hold every direction within ``margin`` radians of it; None when that is
        too much for one plane, and anything must be supposed in it."""
        across, up = self.lens.tangents(zoom)
        lean = _lean(across, up, margin)
        if lean >= GRAZING:
            return None
        grown = math.atan(math.tan(margin) / math.cos(lean))
        if math.atan(max(across, up)) + grown >= GRAZING:
            return None
        return math.tan(math.atan(across) + grown), math.tan(math.atan(up) + grown)

    def _box_crosses(self, pan: tuple[float, float], tilt: tuple[float, float], zoom: float) -> bool:
        """Branch and bound: a box whose middle, with the slack of the whole box, shows nothing is clear."""
        boxes = [(pan, tilt)]
        base = math.radians(self.margin(zoom))
        exact = self._grown(zoom, base)
        while boxes:
            (left, right), (low, high) = boxes.pop()
            middle = Position((left + right) / 2, (low + high) / 2, zoom)
            slack = math.radians((right - left) / 2 + (high - low) / 2)
            loose = self._grown(zoom, base + slack)
            undecided = False
            for shape in self._near(middle, base + slack):
                outline = project(shape.outline, middle)
                if exact is None or overlap(outline, *exact):
                    return True
                undecided = undecided or loose is None or overlap(outline, *loose)
            if not undecided:
                continue
            if slack <= math.radians(RESOLUTION):
                return True
            if right - left >= high - low:
                boxes += [((left, middle.pan), (low, high)), ((middle.pan, right), (low, high))]
            else:
                boxes += [((left, right), (low, middle.tilt)), ((left, right), (middle.tilt, high))]
        return False

    def _refine(self, wanted: Position, allowed: Position) -> Position:
        near, far = 0.0, 1.0
        while (far - near) * math.hypot(allowed.pan - wanted.pan, allowed.tilt - wanted.tilt) > EDGE:
            middle = (near + far) / 2
            near, far = (near, middle) if self.allowed(_along(wanted, allowed, middle)) else (middle, far)
        return _along(wanted, allowed, far)

    def _cuts(self, limits: Limits, zone: Zone, zoom: float) -> list[Limits]:
        """The ways to keep one zone out of a rectangle of framings by moving one side, as far as they exist."""
        alone = Zones([zone], self.lens, self.pointing_error)

        def hides(cut: Limits) -> bool:
            return not alone._box_crosses(cut.pan, cut.tilt, zoom)

        if hides(limits):
            return [limits]
        (left, right), (low, high) = limits.pan, limits.tilt
        sides: tuple[Callable[[float], Limits], ...] = (
            lambda share: replace(limits, pan=(left, left + share * (right - left))),
            lambda share: replace(limits, pan=(right - share * (right - left), right)),
            lambda share: replace(limits, tilt=(low, low + share * (high - low))),
            lambda share: replace(limits, tilt=(high - share * (high - low), high)),
        )
        return [_widest(side, hides) for side in sides if hides(side(0.0))]


def _widest(side: Callable[[float], Limits], hides: Callable[[Limits], bool]) -> Limits:
    near, far = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (near + far) / 2
        near, far = (middle, far) if hides(side(middle)) else (near, middle)
    return side(near)


def _lean(across: float, up: float, margin: float) -> float:
    """How far, at most, a direction within ``margin`` of the picture and beyond one of its sides is from that side's middle.

    Turning a side outwards by ``d`` moves its ends by less than ``d``, all the less as they are far from its middle: this
    bound tells how much more each side must turn for the grown rectangle to hold *every* direction within the margin.
    """
    end = math.atan(max(across, up))
    back = math.asin(min(1.0, math.sin(min(margin, math.pi / 2)) / math.cos(end)))
    return min(end + back, 2 * math.atan(math.hypot(across, up))) + margin


def _pieces(corners: Corners) -> list[Corners]:
    """A polygon cut along lines of equal pan or tilt until each piece is small."""
    spans = [(min(c[axis] for c in corners), max(c[axis] for c in corners)) for axis in (0, 1)]
    axis = 0 if spans[0][1] - spans[0][0] >= spans[1][1] - spans[1][0] else 1
    low, high = spans[axis]
    if high - low <= CELL:
        return [corners]
    middle = (low + high) / 2
    halves = (_clip(corners, axis, middle, side) for side in (-1, 1))
    return [piece for half in halves if len(half) > 2 for piece in _pieces(half)]


def _clip(corners: Corners, axis: int, line: float, side: int) -> Corners:
    """What of a polygon is on one side of a line."""
    kept: list[tuple[float, float]] = []
    before = corners[-1]
    for here in corners:
        was, is_ = side * (before[axis] - line), side * (here[axis] - line)
        if (was < 0) != (is_ < 0):
            share = was / (was - is_)
            across = 1 - axis
            met = before[across] + share * (here[across] - before[across])
            kept.append((line, met) if axis == 0 else (met, line))
        if is_ >= 0:
            kept.append(here)
        before = here
    return tuple(kept)


def _shape(name: str, corners: Corners) -> _Shape:
    outline: list[Vector] = []
    for (pan, tilt), (to_pan, to_tilt) in zip(corners, (*corners[1:], corners[0]), strict=True):
        count = max(1, math.ceil(max(abs(to_pan - pan), abs(to_tilt - tilt)) / GRAIN))
        for n in range(count):
            share = n / count
            outline.append(direction(pan + share * (to_pan - pan), tilt + share * (to_tilt - tilt)))
    pans = [pan for pan, _ in corners]
    tilts = [tilt for _, tilt in corners]
    centre = direction((min(pans) + max(pans)) / 2, (min(tilts) + max(tilts)) / 2)
    # No point of a rectangle of angles is further from its middle than half its sides added.
    radius = math.radians((max(pans) - min(pans)) / 2 + (max(tilts) - min(tilts)) / 2)
    return _Shape(name, tuple(outline), centre, radius)


def _along(start: Position, target: Position, share: float) -> Position:
    return Position(
        start.pan + share * (target.pan - start.pan),
        start.tilt + share * (target.tilt - start.tilt),
        start.zoom * (target.zoom / start.zoom) ** share,
        target.focus,
    )


def _aside(wanted: Position, radius: float, angle: float) -> Position:
    return replace(
        wanted, pan=wanted.pan + radius * math.cos(angle), tilt=wanted.tilt + radius * math.sin(angle)
    )


def _within(framing: Position, limits: Limits | None) -> bool:
    if limits is None:
        return abs(framing.tilt) <= 90.0
    (left, right), (low, high) = limits.pan, limits.tilt
    return left <= framing.pan <= right and low <= framing.tilt <= high


def _area(limits: Limits) -> float:
    return (limits.pan[1] - limits.pan[0]) * (limits.tilt[1] - limits.tilt[0])

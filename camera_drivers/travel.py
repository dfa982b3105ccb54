"""How long a camera takes to move, learnt from its own moves. Pure.

One motor at one speed: it speeds up, cruises, brakes. A long move of ``d`` takes ``d·p + k`` with ``p`` = 1/speed and ``k`` =
speed/acceleration; one too short to reach its speed takes ``2·√(d·p·k)``. Both meet at ``d = k/p``. The maker's figures give
the first ``p``; a few moves correct both. The lens is a third motor, whose distance is the logarithm of the magnification.
"""

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from camera_drivers.base import Position

MEMORY = 12
"""Moves remembered per motor and speed."""
SPEED_WEIGHT, ACCELERATION_WEIGHT = 0.005, 0.03
"""How much the first guesses count beside one observed move."""
STEPS = 12
LARGEST_STEP = 0.7
STARTS = (0.0, 0.7, -0.7)
USUAL_ERROR = 0.05
"""In logarithm, about 5 %."""
DOMINANT = 0.8
"""A move teaches about a motor when the others should have needed less than this share of its time."""
SHORTEST = 0.05
"""Seconds; below, a duration says nothing but the polls' cadence."""


def duration(distance: float, slowness: float, ramp: float) -> float:
    """Seconds for a distance; ``slowness`` 1/speed, ``ramp`` speed/acceleration."""
    if distance <= 0:
        return 0.0
    if distance * slowness >= ramp:
        return distance * slowness + ramp
    return 2 * math.sqrt(distance * slowness * ramp)


@dataclass(slots=True)
class Motor:
    """One motor at one speed. ``speed`` in units a second, ``acceleration`` in units a second²: first guesses."""

    speed: float
    acceleration: float
    moves: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=MEMORY))
    _fit: tuple[float, float] | None = None

    @property
    def guess(self) -> tuple[float, float]:
        """Slowness and ramp by the maker's figures."""
        return 1.0 / self.speed, self.speed / self.acceleration

    @property
    def fit(self) -> tuple[float, float]:
        """Slowness and ramp that explain the moves seen."""
        if self._fit is None:
            self._fit = _fit(self.guess, list(self.moves))
        return self._fit

    def predict(self, distance: float) -> float:
        """Seconds for a distance."""
        return duration(distance, *self.fit)

    def learn(self, distance: float, seconds: float) -> None:
        """It took so long."""
        if distance > 0 and seconds > SHORTEST:
            self.moves.append((distance, seconds))
            self._fit = None


def _fit(guess: tuple[float, float], moves: list[tuple[float, float]]) -> tuple[float, float]:
    """The parameters that explain the moves best. A guess much too fast or too slow hides the one from the other (a motor that
    never seems to reach its speed tells only of p·k), so that several are tried."""
    if not moves:
        return guess
    start = (math.log(guess[0]), math.log(guess[1]))
    tried = (_descend((start[0] + shift, start[1] - shift), start, moves) for shift in STARTS)
    best = min(tried, key=lambda found: _misfit(found, moves))
    return math.exp(best[0]), math.exp(best[1])


def _misfit(found: tuple[float, float], moves: list[tuple[float, float]]) -> float:
    p, k = math.exp(found[0]), math.exp(found[1])
    return sum(abs(math.log(seconds / duration(distance, p, k))) for distance, seconds in moves)


def _descend(
    start: tuple[float, float], guess: tuple[float, float], moves: list[tuple[float, float]]
) -> tuple[float, float]:
    """Least squares on the logarithms of the durations, by damped Gauss–Newton on those of the parameters.

    The guess counts as a weak observation, so that moves of one length only cannot send a parameter away; a move out of all
    proportion (hindered, or seen late) counts little.
    """
    a, b = start
    for _ in range(STEPS):
        p, k = math.exp(a), math.exp(b)
        predicted = [duration(distance, p, k) for distance, _ in moves]
        errors = [math.log(seconds / t) for (_, seconds), t in zip(moves, predicted, strict=True)]
        usual = max(USUAL_ERROR, 2 * statistics.median(abs(error) for error in errors))
        # In these terms the logarithm of the acceleration is −(a + b).
        drift = ACCELERATION_WEIGHT * (guess[0] + guess[1] - a - b)
        haa, hab, hbb = SPEED_WEIGHT + ACCELERATION_WEIGHT, ACCELERATION_WEIGHT, ACCELERATION_WEIGHT
        ga, gb = SPEED_WEIGHT * (guess[0] - a) + drift, drift
        for (distance, _), foreseen, error in zip(moves, predicted, errors, strict=True):
            # Share of the duration that grows with each parameter: half and half for a move that never reaches its speed.
            da = distance * p / foreseen if distance * p >= k else 0.5
            db = 1.0 - da
            weight = usual / max(abs(error), usual)
            haa, hab, hbb = haa + weight * da * da, hab + weight * da * db, hbb + weight * db * db
            ga, gb = ga + weight * da * error, gb + weight * db * error
        determinant = haa * hbb - hab * hab
        a += max(-LARGEST_STEP, min(LARGEST_STEP, (hbb * ga - hab * gb) / determinant))
        b += max(-LARGEST_STEP, min(LARGEST_STEP, (haa * gb - hab * ga) / determinant))
    return a, b


PAN_TILT_ACCELERATION = 200.0
"""Degrees a second²: a first guess, makers publish none."""
ZOOM_SPEED, ZOOM_ACCELERATION = 1.2, 6.0
"""Natural logarithms of magnification a second: ×20 in about two and a half seconds."""


Moves = Sequence[tuple[int, int, float, float]]
"""Moves to be kept: motor (0 pan, 1 tilt, 2 lens), speed code, distance, seconds."""


class Travel:
    """The moves of one camera. Speeds are the camera's speed codes, from 1."""

    def __init__(
        self, pan_speeds: tuple[float, ...], tilt_speeds: tuple[float, ...], moves: Moves = ()
    ) -> None:
        """``moves``: those of former runs."""
        self._speeds = (pan_speeds, tilt_speeds)
        self._motors: dict[tuple[int, int], Motor] = {}
        self._zoom = Motor(ZOOM_SPEED, ZOOM_ACCELERATION)
        for axis, code, distance, seconds in moves:
            self._motor(min(2, max(0, axis)), code).learn(distance, seconds)

    def moves(self) -> Moves:
        """What it knows, to be given to the next run."""
        turns = [
            (axis, code, *move) for (axis, code), motor in self._motors.items() for move in tuple(motor.moves)
        ]
        return [*turns, *((2, 1, *move) for move in tuple(self._zoom.moves))]

    def predict(self, start: Position, target: Position, code: int) -> float:
        """Seconds that a move takes, its settling not counted."""
        return max(self._times(start, target, code))

    def learn(self, start: Position, target: Position, code: int, seconds: float) -> None:
        """A move took so long. It teaches about the motor that it was waiting for, when that is clear."""
        times = self._times(start, target, code)
        slowest = max(range(3), key=times.__getitem__)
        others = max(t for n, t in enumerate(times) if n != slowest)
        if times[slowest] > 0 and others <= DOMINANT * times[slowest]:
            self._motor(slowest, code).learn(_distances(start, target)[slowest], seconds)

    def braking(self, code: int) -> tuple[float, float]:
        """Degrees that pan and tilt still cover after a stop at a speed."""
        covered = []
        for axis in (0, 1):
            slowness, ramp = self._motor(axis, code).fit
            covered.append(ramp / slowness / 2)
        return covered[0], covered[1]

    def _times(self, start: Position, target: Position, code: int) -> list[float]:
        distances = _distances(start, target)
        return [self._motor(axis, code).predict(distances[axis]) for axis in range(3)]

    def _motor(self, axis: int, code: int) -> Motor:
        if axis == 2:
            return self._zoom
        speeds = self._speeds[axis]
        index = min(len(speeds), max(1, code))
        motor = self._motors.get((axis, index))
        if motor is None:
            motor = Motor(speeds[index - 1] * self._correction(axis, index), PAN_TILT_ACCELERATION)
            self._motors[axis, index] = motor
        return motor

    def _correction(self, axis: int, index: int) -> float:
        """What the nearest speed already learnt says of the maker's figures."""
        known = [(abs(n - index), m) for (a, n), m in self._motors.items() if a == axis and m.moves]
        if not known:
            return 1.0
        _, nearest = min(known, key=lambda pair: pair[0])
        return nearest.guess[0] / nearest.fit[0]


def _distances(start: Position, target: Position) -> tuple[float, float, float]:
    return (
        abs(target.pan - start.pan),
        abs(target.tilt - start.tilt),
        abs(math.log(target.zoom / start.zoom)),
    )

"""State of a simulated turret: three motors with inertia, a lens, a lamp, memories. Steps as a BRC-X400 counts them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

STEPS_PER_DEGREE = 51.2
ZOOM_TELE = 0x4000
STEP_S = 0.004


@dataclass
class Axis:
    """One motor: position in steps, speed limited, acceleration limited."""

    position: float = 0.0
    velocity: float = 0.0
    low: float = -8704.0
    high: float = 8704.0
    acceleration: float = 15_000.0
    target: float | None = None
    wanted: float = 0.0
    top: float = 5171.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds <= 0:
            return
        if self.target is not None:
            left = self.target - self.position
            # The speed from which it can still brake in time, and that does not go beyond in one step: it would hunt for ever.
            brake = (2 * self.acceleration * abs(left)) ** 0.5
            speed = min(self.top, brake, abs(left) / seconds)
            self.wanted = max(-1, min(1, left)) * speed if abs(left) >= 1 else 0.0
        change = self.acceleration * seconds
        self.velocity += max(-change, min(change, self.wanted - self.velocity))
        self.position += self.velocity * seconds
        if (
            self.target is not None
            and abs(self.target - self.position) < 2
            and abs(self.velocity) < change * 2
        ):
            self.position, self.velocity, self.target, self.wanted = self.target, 0.0, None, 0.0
        if not self.low <= self.position <= self.high:
            self.position = max(self.low, min(self.high, self.position))
            self.velocity = 0.0

    @property
    def moving(self) -> bool:
        """Is it moving, or about to?"""
        return self.target is not None or bool(self.wanted) or abs(self.velocity) > 1e-6

    def go(self, target: float, top: float) -> None:
        """To a position, at most at this speed."""
        self.target, self.top = max(self.low, min(self.high, target)), top

    def drive(self, velocity: float) -> None:
        """At a speed."""
        self.target, self.wanted = None, velocity


@dataclass
class Head:
    """Where the camera looks. ``on_move`` is told pan and tilt in degrees and the zoom position at each change."""

    pan: Axis = field(default_factory=Axis)
    tilt: Axis = field(default_factory=lambda: Axis(low=-1024.0, high=4608.0, top=4659.0))
    zoom: Axis = field(
        default_factory=lambda: Axis(low=0.0, high=ZOOM_TELE, top=6000.0, acceleration=40_000.0)
    )
    focus: int = 0x1000
    power: bool = True
    menu: bool = False
    red: bool = False
    focus_auto: bool = True
    presets: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    last_preset: int = 0x7F
    recalling: bool = False
    on_move: Callable[[float, float, int], None] = lambda pan, tilt, zoom: None

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if not self.moving:
            self.recalling = False
            return
        # By short steps: with long ones a motor hunts around its target.
        steps = max(1, math.ceil(seconds / STEP_S))
        for axis in (self.pan, self.tilt, self.zoom):
            for _ in range(steps):
                axis.advance(seconds / steps)
        self.on_move(
            self.pan.position / STEPS_PER_DEGREE,
            self.tilt.position / STEPS_PER_DEGREE,
            round(self.zoom.position),
        )

    @property
    def moving(self) -> bool:
        """Does any motor turn?"""
        return self.pan.moving or self.tilt.moving or self.zoom.moving

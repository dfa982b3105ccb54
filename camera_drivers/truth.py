"""What is known of a camera, from what it answers and never from what it was sent. Pure: time is an argument, in seconds.

The states and what changes them:

=========  ===============================================================================================================
unknown    first answer at rest → ready; or, after a loss: arrived, ready or altered, according to where it is found
ready      we set off → moving; it moves and we did not ask → altered
moving     at rest for the settle time, at the target → arrived; elsewhere → altered; after a drive that we stopped → ready
arrived    like ready
altered    somebody else moved it, or stopped it on its way; until we set off again
lost       until it answers again → unknown
=========  ===============================================================================================================
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from camera_drivers.base import CameraState, Position, Report

MOVING_POLL = 0.2
IDLE_POLL = 1.0
START_GRACE = 1.0
"""A camera that acknowledged a move may take so long before it says that it moves."""
LATE_FACTOR, LATE_SECONDS = 2.0, 2.0
"""A move that lasts longer than that is not ours any more."""
ROUNDING = 1e-3
"""Seconds; a poll that comes a hair before the settle time is over counts."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is still the same place: degrees, and a share of the magnification."""

    degrees: float = 0.15
    zoom: float = 0.02

    def same(self, a: Position, b: Position) -> bool:
        """Are these the same framing? Focus does not count: automatic focus moves it."""
        return (
            abs(a.pan - b.pan) <= self.degrees
            and abs(a.tilt - b.tilt) <= self.degrees
            and abs(math.log(a.zoom / b.zoom)) <= self.zoom
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """One round of answers. ``moving``: pan and tilt, None from a camera that does not say; ``busy``: the lens moves or a
    memory is being recalled; ``failed``: the camera gave its last move up."""

    position: Position
    moving: bool | None = None
    busy: bool = False
    failed: bool = False


class Kind(Enum):
    """What we set off to do."""

    GO_TO = "go_to"
    RECALL = "recall"
    DRIVE = "drive"


@dataclass(slots=True)
class _Aim:
    kind: Kind
    since: float
    target: Position | None = None
    lasts: float | None = None
    began: bool = False
    released: bool = False


class Truth:
    """The state of one camera."""

    def __init__(self, tolerance: Tolerance | None = None, settle: float = 0.2) -> None:
        self.tolerance = tolerance or Tolerance()
        self.settle = settle
        self._state = CameraState.UNKNOWN
        self._since = 0.0
        self._detail = ""
        self._aim: _Aim | None = None
        self._last: Sighting | None = None
        self._rest: Position | None = None
        """Where it was left, to be compared with."""
        self._target: Position | None = None
        self._found_as = CameraState.READY
        self._still_since: float | None = None
        self._asked_at = 0.0
        self.listener: Callable[[], None] = lambda: None
        """Called at each thing newly known."""

    # -- what we do, once the camera accepted it --------------------------------------------------------------------

    def set_off(
        self, now: float, kind: Kind, target: Position | None = None, lasts: float | None = None
    ) -> None:
        """The camera acknowledged a movement of ours; ``lasts``: seconds that it should take."""
        self._aim = _Aim(kind, now, target, lasts)
        self._target, self._rest, self._still_since = target, None, None
        self._become(CameraState.MOVING, now)
        self.listener()

    def released(self, now: float) -> None:
        """Our stop was confirmed: it comes to rest where it will."""
        if self._aim is None:
            if self._state in (CameraState.READY, CameraState.ARRIVED):
                return
            self.set_off(now, Kind.DRIVE)
        assert self._aim is not None
        self._aim.kind, self._aim.released, self._aim.target = Kind.DRIVE, True, None
        self._aim.since, self._target, self._still_since = now, None, None

    def refused(self, now: float, reason: str) -> None:
        """The camera gave up a movement that it had accepted."""
        if self._aim is not None and self._state is CameraState.MOVING:
            self._aim.released, self._aim.kind, self._aim.target = True, Kind.DRIVE, None
            self._target = None
            self._detail = reason

    # -- what it answers --------------------------------------------------------------------------------------------

    def seen(self, now: float, sighting: Sighting) -> None:
        """One round of answers came."""
        if self._state is CameraState.LOST:
            self.back(now)
        still = self._note(now, sighting)
        rested = still is not None and now - still >= self.settle - ROUNDING
        match self._state:
            case CameraState.UNKNOWN:
                if still is not None:
                    self._found(now, sighting.position)
            case CameraState.MOVING:
                self._on_its_way(now, sighting, rested)
            case CameraState.READY | CameraState.ARRIVED:
                if self._elsewhere(sighting):
                    self._become(CameraState.ALTERED, now, "moved by another controller")
                    self._aim = None
            case CameraState.ALTERED:
                if rested:
                    self._rest = sighting.position
            case _:
                raise AssertionError(self._state)
        self.listener()

    def lost(self, now: float) -> None:
        """It answers no more."""
        if self._state in (CameraState.READY, CameraState.ARRIVED, CameraState.ALTERED):
            self._found_as = self._state
        elif self._state is CameraState.MOVING:
            # Nobody knows how far it got: found elsewhere than at its target does not mean that somebody moved it.
            self._rest = None
        self._aim, self._last, self._still_since = None, None, None
        self._become(CameraState.LOST, now)
        self.listener()

    def back(self, now: float) -> None:
        """It answers, for the first time or again; where it is remains to be seen."""
        if self._state is CameraState.LOST:
            self._become(CameraState.UNKNOWN, now)

    def asleep(self, now: float, detail: str) -> None:
        """It answers, and cannot be used (stand-by); its position means nothing."""
        if self._state not in (CameraState.UNKNOWN, CameraState.LOST) or self._detail != detail:
            self._rest = self._target = self._aim = None
            self._become(CameraState.UNKNOWN, now, detail)
            self.listener()

    # -- what is known ----------------------------------------------------------------------------------------------

    def report(self, now: float, model: str = "") -> Report:
        """What is known now."""
        position = self._last.position if self._last is not None else None
        shown = self._target if self._state in (CameraState.MOVING, CameraState.ARRIVED) else None
        return Report(self._state, self._since, position, shown, self._eta(now), model, self._detail)

    @property
    def state(self) -> CameraState:
        """The state alone."""
        return self._state

    @property
    def resting(self) -> Position | None:
        """Where it stood still for the settle time at its last answer; None when it did not."""
        if self._last is None or self._still_since is None:
            return None
        settled = self._asked_at - self._still_since >= self.settle - ROUNDING
        return self._last.position if settled else None

    @property
    def driving(self) -> bool:
        """It moves at a speed that we gave, and was not stopped."""
        return self._aim is not None and self._aim.kind is Kind.DRIVE and not self._aim.released

    def next_poll(self, now: float, every: float | None = None) -> float:
        """Seconds until the next question: 5 Hz while something moves, else 1 Hz; never later than ``every`` (on air), and sooner
        when only the settle time is awaited."""
        usual = MOVING_POLL
        if self._state is CameraState.MOVING and self._still_since is not None:
            usual = min(MOVING_POLL, max(0.01, self._still_since + self.settle - now))
        elif self._state not in (CameraState.MOVING, CameraState.UNKNOWN) and self._still_since is not None:
            usual = IDLE_POLL
        return usual if every is None else min(usual, every)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _note(self, now: float, sighting: Sighting) -> float | None:
        """Since when it is still; None while it moves."""
        before, self._last = self._last, sighting
        asked_before, self._asked_at = self._asked_at, now
        shifted = before is not None and not self.tolerance.same(before.position, sighting.position)
        moves = sighting.busy or (shifted if sighting.moving is None else sighting.moving)
        if moves:
            self._still_since = None
        elif self._still_since is None or shifted:
            # Two equal positions tell of the time between them; a status tells of its own instant only.
            self._still_since = asked_before if sighting.moving is None and before is not None else now
        return self._still_since

    def _on_its_way(self, now: float, sighting: Sighting, rested: bool) -> None:
        aim = self._aim
        assert aim is not None
        if self._still_since is None:
            aim.began = True
            if aim.lasts is not None and now - aim.since > LATE_FACTOR * aim.lasts + LATE_SECONDS:
                self._become(CameraState.ALTERED, now, "still moving long after it should have arrived")
                self._aim = None
            return
        if not rested:
            return
        started = aim.began or now - aim.since >= START_GRACE
        match aim.kind:
            case Kind.GO_TO:
                assert aim.target is not None
                if self.tolerance.same(aim.target, sighting.position):
                    self._rests(CameraState.ARRIVED, now, sighting.position)
                elif started:
                    self._missed(now, sighting)
            case Kind.RECALL if started:
                # Where a memory looks is not always known: then the camera's own word that it failed is all there is.
                there = (
                    not sighting.failed
                    if aim.target is None
                    else self.tolerance.same(aim.target, sighting.position)
                )
                if there:
                    self._target = aim.target or sighting.position
                    self._rests(CameraState.ARRIVED, now, sighting.position)
                else:
                    self._missed(now, sighting)
            case Kind.DRIVE:
                if aim.released:
                    self._rests(CameraState.READY, now, sighting.position, self._detail)

    def _missed(self, now: float, sighting: Sighting) -> None:
        """It rests, and not where we sent it."""
        why = "gave its move up" if sighting.failed else "stopped elsewhere than asked"
        self._rests(CameraState.ALTERED, now, sighting.position, why)

    def _found(self, now: float, position: Position) -> None:
        """First answer at rest, after the start or a loss."""
        if self._rest is None:
            there = self._target is not None and self.tolerance.same(self._target, position)
            self._rests(CameraState.ARRIVED if there else CameraState.READY, now, position)
        elif self.tolerance.same(self._rest, position):
            self._rests(self._found_as, now, position)
        else:
            self._rests(CameraState.ALTERED, now, position, "found elsewhere than it was left")

    def _elsewhere(self, sighting: Sighting) -> bool:
        return sighting.moving is True or (
            self._rest is not None and not self.tolerance.same(self._rest, sighting.position)
        )

    def _rests(self, state: CameraState, now: float, position: Position, detail: str = "") -> None:
        self._rest, self._aim = position, None
        if state is not CameraState.ARRIVED:
            self._target = None
        self._become(state, now, detail)

    def _become(self, state: CameraState, now: float, detail: str = "") -> None:
        self._detail = detail
        if state is not self._state or state is CameraState.MOVING:
            self._state, self._since = state, now

    def _eta(self, now: float) -> float | None:
        if self._state is not CameraState.MOVING or self._aim is None or self._aim.lasts is None:
            return None
        return max(0.0, self._aim.since + self._aim.lasts - now)

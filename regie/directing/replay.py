"""A debate again, in virtual time: the director, or another, cuts; cameras turn as fast as theirs; what was on air is kept.

The loop is closed: cameras go where *this* run sends them, whatever was done on the evening of a recorded session. What a person
did that evening is left out, so that settings are compared on the debate alone.
"""

import heapq
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from regie.directing.recording import Head, Line, Motion
from regie.domain.director import Chamber, Framing, Settings, Size, begin, step
from regie.domain.director import events as told
from regie.domain.director.moves import Move, Recall, Take
from regie.domain.model import Shot, SourceId

TICK_MS = 100
TAKE_MS = 80
"""From the command to the picture on programme: two frames."""
_OF_THE_EVENING = (
    told.CameraSaid,
    told.OnAir,
    told.SourcesLive,
    told.ModeAsked,
    told.Acted,
    told.Kept,
    told.SeatChosen,
    told.Tick,
)


@dataclass(frozen=True, slots=True)
class Aired:
    """What was on programme from ``start`` on: the seats it was about, and whether they were few (not the whole council)."""

    start: int
    shot: Shot
    seats: frozenset[str]
    wide: bool


@dataclass
class Run:
    """What a run gave. ``moves_seen``: instants at which a camera on programme began to move.

    ``granted``: microphones opened after a request, that a camera can film; ``awaited``: those whose shot was there already.
    """

    aired: list[Aired] = field(default_factory=list)
    moves_seen: list[int] = field(default_factory=list)
    free: dict[int, frozenset[SourceId]] = field(default_factory=dict)
    ends: int = 0
    granted: int = 0
    awaited: int = 0


class Cutter(Protocol):
    """Whoever cuts: told things, asks for moves."""

    def tell(self, event: told.Told, now: int) -> Iterable[Move]:
        """One event."""

    def meters(self, levels: dict[str, float], now: int) -> Iterable[Move]:
        """Meters of the microphones, dBFS."""


class Directed:
    """The director, with settings."""

    def __init__(self, chamber: Chamber, settings: Settings) -> None:
        self.chamber, self.settings = chamber, settings
        self.state = begin(0)

    def tell(self, event: told.Told, now: int) -> Iterable[Move]:
        """One event."""
        done = step(self.chamber, self.settings, self.state, event, now)
        self.state = done.state
        return done.moves

    def meters(self, levels: dict[str, float], now: int) -> Iterable[Move]:
        """It does not look at meters."""
        return ()


@dataclass
class _Turret:
    """A simulated camera: where it is, what it goes to, when it arrives."""

    motion: Motion
    draw: random.Random
    at: tuple[float, float, float] = (0.0, 0.0, 1.0)
    framing: str | None = None
    arrives: int | None = None
    order: int = 0

    def go(self, to: Framing, now: int) -> int:
        """Begin to move; how long it takes, ms."""
        pan, tilt, zoom = self.at
        motion = self.motion
        zooms = max(to.zoom, zoom) / max(0.1, min(to.zoom, zoom))
        seconds = max(
            abs(to.pan - pan) / motion.pan_s,
            abs(to.tilt - tilt) / motion.tilt_s,
            (zooms - 1) / motion.zoom_s / 2,
        )
        takes = motion.start_ms + round(
            1000 * seconds * self.draw.uniform(1 - motion.spread, 1 + motion.spread)
        )
        self.at, self.framing, self.arrives = (to.pan, to.tilt, to.zoom), to.id, now + takes
        self.order += 1
        return takes


class Replay:
    """One run of a cutter through a debate."""

    def __init__(self, head: Head, cutter: Cutter) -> None:
        self._chamber = head.chamber
        self._cutter = cutter
        draw = random.Random(head.seed)
        turning = {f.source for f in head.chamber.framings if f.preset is not None}
        self._turrets = {
            source: _Turret(head.motion.get(source, Motion()), random.Random(draw.random()))
            for source in sorted(turning)
        }
        self._due: list[tuple[int, int, told.Told]] = []
        self._rank = 0
        self._air: Shot | None = None
        self._asking: set[str] = set()
        self.run = Run()
        self._start(head)

    def _start(self, head: Head) -> None:
        """Every camera at its first framing; the whole council, if any camera shows it, on air."""
        self._tell(told.SourcesLive(sources=frozenset(head.sources)), 0)
        for source, turret in self._turrets.items():
            first = next(f for f in head.chamber.framings if f.source == source)
            turret.at, turret.framing = (first.pan, first.tilt, first.zoom), first.id
            self._tell(told.CameraSaid(source=source, state=told.CameraIs.ARRIVED, framing=first.id), 0)
        opening = next(iter(head.chamber.wides), None) or head.chamber.framings[0]
        self._show(Shot((opening.source,)), 0)

    def through(self, lines: Iterable[Line]) -> Run:
        """Play the whole debate."""
        now = 0
        for line in lines:
            if line.told is None or isinstance(line.told, _OF_THE_EVENING):
                continue
            while now + TICK_MS < line.t:
                now += TICK_MS
                self._until(now)
                self._tell(told.Tick(), now)
            now = max(now, line.t)
            self._until(now)
            if isinstance(line.told, told.ButtonSaid):
                self._granted(line.told)
            self._tell(line.told, now)
            if line.levels is not None:
                self._carry_out(self._cutter.meters(line.levels, now), now)
        self.run.ends = now
        return self.run

    def _until(self, now: int) -> None:
        while self._due and self._due[0][0] <= now:
            at, _, event = heapq.heappop(self._due)
            if isinstance(event, told.OnAir):
                self._show(event.shot, at)
            elif isinstance(event, told.CameraSaid):
                turret = self._turrets[event.source]
                if turret.arrives == at and turret.framing == event.framing:
                    turret.arrives = None
                    self._tell(event, at)

    def _granted(self, said: told.ButtonSaid) -> None:
        """Was a camera waiting for whoever had asked, as his microphone opens?"""
        known = self._chamber.microphone_of.get(said.microphone)
        if said.button in (told.Button.REQUEST, told.Button.NEXT):
            self._asking.add(said.microphone)
            return
        asked = said.microphone in self._asking
        self._asking.discard(said.microphone)
        if not said.button.open or not asked or known is None or known.seat is None:
            return
        framings = self._chamber.of_seat[known.seat]
        if framings:
            there = {turret.framing for turret in self._turrets.values() if turret.arrives is None}
            self.run.granted += 1
            self.run.awaited += any(f.preset is None or f.id in there for f in framings)

    def _tell(self, event: told.Told, now: int) -> None:
        self._carry_out(self._cutter.tell(event, now), now)

    def _later(self, at: int, event: told.Told) -> None:
        self._rank += 1
        heapq.heappush(self._due, (at, self._rank, event))

    def _carry_out(self, moves: Iterable[Move], now: int) -> None:
        for move in moves:
            match move:
                case Take(shot=shot):
                    self._later(now + TAKE_MS, told.OnAir(shot=shot))
                case Recall(source=source, framing=framing):
                    self._send(source, framing, now)
                case _:
                    pass  # names are not scored

    def _send(self, source: SourceId, framing: str, now: int) -> None:
        takes = self._turrets[source].go(self._chamber.framing_of[framing], now)
        if self._air is not None and source in self._air.sources:
            self.run.moves_seen.append(now)
        self._later(now + takes, told.CameraSaid(source=source, state=told.CameraIs.ARRIVED, framing=framing))
        self._tell(
            told.CameraSaid(source=source, state=told.CameraIs.MOVING, framing=framing, eta_ms=takes), now
        )

    def _show(self, shot: Shot, now: int) -> None:
        moving = [s for s in shot.sources if s in self._turrets and self._turrets[s].arrives is not None]
        self.run.moves_seen += [now] * len(moving)
        self._air = shot
        seats: set[str] = set()
        wide = True
        for source in shot.sources:
            framing = self._chamber.framing_of.get(self._framing_at(source) or "")
            if framing is not None and framing.size is not Size.WIDE:
                seats |= set(framing.seats)
                wide = False
            tiles = {seat.id for seat in self._chamber.seats if seat.tile == source}
            seats |= tiles
            wide = wide and not tiles
        self.run.aired.append(Aired(now, shot, frozenset(seats), wide))
        self._tell(told.OnAir(shot=shot), now)

    def _framing_at(self, source: SourceId) -> str | None:
        turret = self._turrets.get(source)
        if turret is not None:
            return turret.framing
        return next((f.id for f in self._chamber.framings if f.source == source), None)

"""The two buses, preview and programme, as a pure machine: commands and ticks in, the next frozen state out.

A shot never goes on air before its sources are caught up. CUT and the hot cut therefore leave a :class:`Pending` that lands at
the first tick where its shot is ready (the very next one when it was prepared), and a transition stays at nothing until its
target is ready, once; from then on it goes to its end whatever becomes of its sources. Times are integer samples.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, replace

from regie.domain.model import Shot, SourceId
from regie.domain.timeline import MediaTime
from regie.errors import Refusal

WHOLE = 1000
"""A completed transition, in thousandths."""
NEW_GESTURE = 20
"""After a transition ended by hand, the bar must rise by this much for a new one: a hand brings it back without trembling so."""

Ready = Callable[[Shot], bool]


@dataclass(frozen=True, slots=True)
class Pending:
    """A shot that goes on air as soon as it is ready; ``swap`` sends the old programme to preview (CUT, not a hot cut)."""

    shot: Shot
    swap: bool


@dataclass(frozen=True, slots=True)
class Transition:
    """A fade under way to ``target``.

    ``permille`` is where the bar stands; the picture follows it once ``armed``. With a ``duration`` (samples from ``origin`` to
    the end) it advances by itself from ``start``; without one it is held by hand.
    """

    target: Shot
    permille: int
    armed: bool = False
    duration: int | None = None
    origin: int = 0
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Buses:
    """What is on air, what is prepared, and what is on its way from one to the other.

    ``parked``: the lowest position of a bar that completed a transition by hand and was not seen back at 0 yet; None otherwise.
    """

    programme: Shot
    preview: Shot
    transition: Transition | None = None
    pending: Pending | None = None
    parked: int | None = None

    @property
    def mix(self) -> int:
        """Thousandths of the transition's target in the picture; 0 while the target is not ready."""
        return self.transition.permille if self.transition and self.transition.armed else 0

    @property
    def permille(self) -> int:
        """Where the T-bar stands."""
        return self.transition.permille if self.transition else 0

    @property
    def awaited(self) -> Shot | None:
        """The shot that is asked for on air and not ready yet."""
        if self.pending:
            return self.pending.shot
        if self.transition and not self.transition.armed:
            return self.transition.target
        return None

    def needed(self) -> frozenset[SourceId]:
        """The sources that must be decoded in full: those of programme, preview, and what is on its way."""
        shots = [self.programme, self.preview]
        if self.transition:
            shots.append(self.transition.target)
        if self.pending:
            shots.append(self.pending.shot)
        return frozenset(source for shot in shots for source in shot.sources)


def check_shot(shot: Shot, known: Container[SourceId]) -> None:
    """Raise Refusal ``plan_invalide`` (wrong number of sources) or ``source_inconnue``."""
    if not 1 <= len(shot.sources) <= shot.layout.seats:
        raise Refusal(
            f"layout {shot.layout.value} shows 1 to {shot.layout.seats} sources, {len(shot.sources)} given",
            code="plan_invalide",
            layout=shot.layout.value,
            sources=len(shot.sources),
        )
    for source in shot.sources:
        if source not in known:
            raise Refusal(f"no source {source!r}", code="source_inconnue", source=source)


def set_preview(buses: Buses, shot: Shot) -> Buses:
    """Prepare a shot. What is already on its way to the programme keeps its own target."""
    return replace(buses, preview=shot)


def cut(buses: Buses, expected: Shot | None = None) -> Buses:
    """Preview to programme, buses swapped, at the first tick it is ready. Raises Refusal ``preparation_changee``."""
    _as_seen(buses, expected)
    return replace(buses, pending=Pending(buses.preview, swap=True))


def take(buses: Buses, shot: Shot) -> Buses:
    """A shot straight to programme at the first tick it is ready; preview untouched."""
    return replace(buses, pending=Pending(shot, swap=False))


def auto(buses: Buses, duration: int, expected: Shot | None = None) -> Buses:
    """Fade to preview in ``duration`` samples, from where the bar stands. Repeated, it changes nothing.

    Raises Refusal ``preparation_changee``, or ``transition_invalide`` for a negative duration.
    """
    _as_seen(buses, expected)
    if duration < 0:
        raise Refusal("a fade cannot last less than nothing", code="transition_invalide", duration=duration)
    if duration == 0:
        return cut(buses)
    under_way = buses.transition
    if under_way is None:
        begun = Transition(buses.preview, 0, duration=duration)
        return replace(buses, transition=begun, pending=None)
    if under_way.duration is not None:
        return buses
    left = max(1, duration * (WHOLE - under_way.permille) // WHOLE)
    handed_over = replace(under_way, duration=left, origin=under_way.permille, start=None)
    return replace(buses, transition=handed_over, pending=None)


def set_transition(buses: Buses, permille: int) -> Buses:
    """The T-bar by hand. 0 gives the programme back; 1000 completes. Raises Refusal ``transition_invalide`` outside 0-1000.

    A bar brought back after it completed still sends positions: they are not a new transition, until it rises again.
    """
    if not 0 <= permille <= WHOLE:
        raise Refusal(f"T-bar at {permille}, outside 0-1000", code="transition_invalide", permille=permille)
    if permille == 0:
        return replace(buses, transition=None, parked=None)
    if buses.parked is not None and permille < buses.parked + NEW_GESTURE:
        return replace(buses, parked=min(buses.parked, permille))
    if buses.transition is None:
        begun = Transition(buses.preview, permille)
        return replace(buses, transition=begun, pending=None, parked=None)
    held = replace(buses.transition, permille=permille, duration=None, start=None)
    return replace(buses, transition=held, pending=None, parked=None)


def step(buses: Buses, t: MediaTime, tick: int, ready: Ready) -> Buses:
    """The state of the picture due at ``t``; ``tick`` is the time since the one before."""
    if buses.pending and ready(buses.pending.shot):
        return _land(buses, buses.pending.shot, swap=buses.pending.swap)
    if buses.transition is None:
        return buses
    moved = _advance(buses.transition, t, tick, ready)
    if moved.armed and moved.permille >= WHOLE:
        landed = _land(buses, moved.target, swap=True)
        return replace(landed, parked=WHOLE if moved.duration is None else None, pending=buses.pending)
    return replace(buses, transition=moved)


def _advance(moving: Transition, t: MediaTime, tick: int, ready: Ready) -> Transition:
    if not moving.armed:
        if not ready(moving.target):
            return moving
        moving = replace(moving, armed=True)
    if moving.duration is None:
        return moving
    if moving.start is None:
        # The operator's gesture shows from this very picture on: it counts as one tick after the start.
        moving = replace(moving, start=t - tick)
    assert moving.start is not None and moving.duration is not None
    gone = (WHOLE - moving.origin) * (t - moving.start) // moving.duration
    return replace(moving, permille=min(WHOLE, moving.origin + gone))


def _land(buses: Buses, shot: Shot, *, swap: bool) -> Buses:
    """``shot`` is on air. Swapped buses take the old programme as preview, unless another shot was prepared meanwhile."""
    swapped = swap and buses.preview == shot
    return Buses(programme=shot, preview=buses.programme if swapped else buses.preview)


def _as_seen(buses: Buses, expected: Shot | None) -> None:
    if expected is not None and expected != buses.preview:
        raise Refusal("the preview is no longer the one that was seen", code="preparation_changee")

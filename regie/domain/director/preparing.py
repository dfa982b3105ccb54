"""Which free camera goes where, off air: the shot that is wanted first, then whoever speaks next."""

from collections.abc import Iterator
from dataclasses import replace

from regie.domain.director.chamber import Framing, Size
from regie.domain.director.events import CameraIs
from regie.domain.director.framing import Eye
from regie.domain.director.moves import Recall
from regie.domain.director.state import CameraNow, State
from regie.domain.director.wanting import GROUP, SEAT
from regie.domain.model import SourceId

SOON_MS = 5000
AGAIN_MS = 3000
"""A camera that was asked to go somewhere and says nothing of it is asked again after this long."""
START_MS = 300
"""From the command to the first movement, and braking."""
PAN_DEGREES_S, TILT_DEGREES_S, ZOOM_OCTAVES_S = 80.0, 60.0, 1.0


def prepare(eye: Eye, on_air: frozenset[SourceId]) -> tuple[State, tuple[Recall, ...]]:
    """The state, and the cameras to send. Cameras on air are left alone, whatever they could give."""
    state, moves = eye.state, []
    given: set[SourceId] = set(on_air)
    for choices in _needs(eye):
        framing = _assign(eye, choices, given)
        if framing is None:
            continue
        given.add(framing.source)
        if _asked(state, framing, eye.now):
            continue
        due = eye.now + round(1000 * _cost(eye, framing)) + START_MS
        going = CameraNow(CameraIs.MOVING, framing.id, eye.now, due)
        state = replace(state, cameras={**state.cameras, framing.source: going})
        eye = replace(eye, state=state)
        moves.append(Recall(framing.source, framing.id))
    return state, tuple(moves)


def _needs(eye: Eye) -> Iterator[tuple[Framing, ...]]:
    """What to have ready, most urgent first, each as the framings of which one is enough.

    The seat that is wanted, then the whole council (it covers every move), then who may speak next.
    """
    state, chamber = eye.state, eye.chamber
    shown = state.air.seats if state.air is not None and eye.holds(state.air) else ()
    # Those who answer each other are seen together already: the one who speaks, and who has asked, matter more.
    settled = state.want.what == GROUP and state.air is not None and eye.gives(state.air)
    seats = list(state.want.seats[:2]) if state.want.what in (SEAT, GROUP) and not settled else []
    for seat in seats:
        if seat not in shown:
            yield chamber.of_seat.get(seat, ())
    yield chamber.wides
    alternate, late = _other_shots(eye), _late(eye)
    for seat in dict.fromkeys(_next(eye)):
        if seat == chamber.president and late:
            yield alternate
        if seat not in shown and seat not in seats:
            yield chamber.of_seat.get(seat, ())
    yield alternate


def _other_shots(eye: Eye) -> tuple[Framing, ...]:
    """Shots of whoever has the floor, other than the one that was used last."""
    holder = eye.state.floor.holder or ""
    last = eye.state.last_framing.get(holder)
    return tuple(f for f in eye.chamber.of_seat.get(holder, ()) if f.id != last and f.size is Size.CLOSE)


def _late(eye: Eye) -> bool:
    """Will a long speech soon want another shot?"""
    seen = eye.state.on_seat
    return eye.state.cutaway is not None or (
        seen is not None and eye.now - seen[1] >= eye.settings.monologue_ms - SOON_MS
    )


def _next(eye: Eye) -> Iterator[str]:
    """Who may be next on air."""
    state = eye.state
    floor = (state.floor.holder, state.floor.rival)
    yield from (seat for seat in floor if seat is not None)
    # What the detector doubts is mostly a neighbour heard from afar: no camera turns for it.
    yield from (talk.seat for talk in state.talks if talk.word)
    yield from _opened(eye)
    # In a council the floor comes back to the president after nearly every speech, and he gives it: while he does, and he is on
    # air, there is time for a camera to reach whoever asked.
    if eye.chamber.president is not None:
        yield eye.chamber.president
    yield from state.requests[:2]


def _opened(eye: Eye) -> list[str]:
    """Seats whose microphone is open and that have not spoken yet, the last opened first: one of them is about to."""
    found = [
        (ear.pressed, known.seat)
        for mic, ear in eye.state.ears.items()
        if ear.button is not None
        and ear.button.open
        and (known := eye.chamber.microphone_of.get(mic)) is not None
        and known.seat is not None
        and mic not in eye.state.deaf
        and ear.last < ear.pressed
    ]
    return [seat for _, seat in sorted(found, reverse=True)]


def _assign(eye: Eye, choices: tuple[Framing, ...], given: set[SourceId]) -> Framing | None:
    """The framing to prepare, and so the camera; None when no free camera has one.

    A camera that is there already, or on its way, wins; then the one that has least to go. The last camera that holds the whole
    council is sent nowhere else.
    """
    guard = eye.guard()
    free = [
        f
        for f in choices
        if f.source not in given and eye.reachable(f) and (f.source != guard or f.size is Size.WIDE)
    ]
    last = set(eye.state.last_framing.values())
    best = min(
        free,
        key=lambda f: (
            *(f.size is not free[0].size, not eye.bound(f), eye.spared(f)),
            *(_cost(eye, f), f.id in last, f.id),
        ),
        default=None,
    )
    return best if best is not None and best.preset is not None else None


def _cost(eye: Eye, framing: Framing) -> float:
    """Seconds of travel, roughly, from where its camera is; what remains of it when it is on its way there."""
    camera = eye.state.cameras.get(framing.source)
    going = camera is not None and camera.state is CameraIs.MOVING and camera.framing == framing.id
    if camera is not None and going and camera.due is not None:
        return max(0, camera.due - eye.now) / 1000
    here = eye.chamber.framing_of.get(camera.framing or "") if camera is not None else None
    if here is None:
        return 5.0
    zoom = abs(here.zoom / framing.zoom if here.zoom > framing.zoom else framing.zoom / here.zoom) - 1
    return max(
        abs(here.pan - framing.pan) / PAN_DEGREES_S,
        abs(here.tilt - framing.tilt) / TILT_DEGREES_S,
        zoom / (2 * ZOOM_OCTAVES_S),
    )


def _asked(state: State, framing: Framing, now: int) -> bool:
    camera = state.cameras.get(framing.source)
    if camera is None or camera.framing != framing.id:
        return False
    if camera.state is CameraIs.ARRIVED:
        return True
    return camera.state is CameraIs.MOVING and now - camera.since < AGAIN_MS

"""All of the director in order: take in what is told, see who has the floor, choose, prepare, name."""

from dataclasses import dataclass, replace
from typing import assert_never

from regie.domain.director import events as told
from regie.domain.director.chamber import Chamber, Framing, Size
from regie.domain.director.events import CameraIs
from regie.domain.director.floor import follow
from regie.domain.director.framing import Eye, Option
from regie.domain.director.hearing import (
    closed_seats,
    fade,
    forget_buttons,
    hear,
    listen_to_buttons,
    press,
    presume,
    requests,
    talks,
)
from regie.domain.director.moves import Move, Take
from regie.domain.director.preparing import prepare
from regie.domain.director.settings import Settings
from regie.domain.director.state import Aired, CameraNow, Kind, Mode, State
from regie.domain.director.titling import name
from regie.domain.director.wanting import COVER, CUTAWAY, SEAT, want
from regie.domain.model import Layout, Shot, SourceId

JUST_NOW_MS = 150
"""Whoever was heard within this is speaking."""
BREATH_MS, SPEECH_MS = 400, 1000
"""Whoever has had the floor for a second takes breath: he is speaking still if he was heard within this, or within
``pause_ms`` while nobody is on air alone, who would have to give way to him."""
TAKING_MS = 1500
"""A shot that was asked for and is not on programme after this long is asked for again."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What one step gives."""

    state: State
    moves: tuple[Move, ...]


def begin(now: int) -> State:
    """A director that knows nothing yet."""
    return State(now)


def step(chamber: Chamber, settings: Settings, state: State, event: told.Told, now: int) -> Stepped:
    """One event at ``now``, which never goes back (an earlier instant is taken as the last one)."""
    now = max(now, state.now)
    state = _take_in(chamber, settings, state, event, now)
    state = fade(settings, presume(listen_to_buttons(state, now), now), now)
    talking = talks(chamber, settings, state.ears, state.deaf)
    state = replace(
        state,
        talks=talking,
        floor=follow(
            state.floor, talking, now, settings, chamber.president, closed_seats(chamber, state.ears)
        ),
        requests=requests(chamber, state.ears, state.requests, state.queue),
        now=now,
    )
    if state.until is not None and now >= state.until:
        state = replace(state, mode=Mode.AUTO, until=None, chosen=None)
    state = want(state, settings, now)
    # Cameras first: one that is on its way may be worth waiting for.
    state, sent = _prepare(Eye(chamber, settings, state, now))
    state = replace(state, want=_covered(Eye(chamber, settings, state, now)))
    state, taken = _direct(Eye(chamber, settings, state, now))
    state, named = name(chamber, settings, state, now)
    return Stepped(state, (*sent, *taken, *named))


# -- taking in ----------------------------------------------------------------------------------------------------------


def _take_in(chamber: Chamber, settings: Settings, state: State, event: told.Told, now: int) -> State:
    match event:
        case told.ButtonSaid(microphone=mic, button=button):
            return press(state, mic, button, now) if mic in chamber.microphone_of else state
        case told.ButtonsLost():
            return forget_buttons(state)
        case told.Voices():
            return hear(chamber, settings, state, event, now)
        case told.CameraSaid():
            return _camera(state, event, now)
        case told.SourcesLive(sources=sources):
            left = {source: at for source, at in state.left.items() if source not in sources}
            return replace(state, live=sources, left=left | dict.fromkeys(state.live - sources, now))
        case told.OnAir(shot=shot):
            return _on_air(chamber, state, shot, now)
        case told.DiscretionIs(discretion=discretion, called=called):
            state = replace(state, discretion=discretion, called=called)
            if discretion.blind and state.until is not None:  # the law does not wait for a countdown
                state = replace(state, mode=Mode.AUTO, until=None, chosen=None)
            # Whoever is called is named, even if he spoke a moment ago.
            return state if called is None else replace(state, unnamed=called)
        case told.AbsentAre(seats=seats):
            return replace(state, absent=seats)
        case told.ExcludedAre(seats=seats, microphones=microphones):
            return replace(state, excluded=seats, deaf=microphones)
        case told.ForbiddenAre(framings=framings):
            return replace(state, forbidden=framings)
        case told.DocumentIs(source=source):
            return replace(state, document=source)
        case told.QueueIs(seats=seats):
            return replace(state, queue=seats)
        case told.ModeAsked(mode=mode):
            return _mode(state, mode)
        case told.Acted():
            # A mode that was kept stays kept.
            held = state.mode is not Mode.AUTO and state.until is None
            until = None if held else now + settings.resume_ms
            return replace(state, mode=Mode.MANUAL, until=until, chosen=None)
        case told.Kept():
            return replace(state, until=None)
        case told.SeatChosen(seat=seat):
            if seat not in chamber.seat_of:
                return state
            return replace(state, mode=Mode.SEMI, chosen=seat, until=now + settings.resume_ms)
        case told.Tick():
            return state
        case _:
            assert_never(event)


def _mode(state: State, wanted: str) -> State:
    if wanted not in tuple(Mode):
        return state
    mode = Mode(wanted)
    chosen = state.chosen if mode is Mode.SEMI else None
    return replace(state, mode=mode, until=None, chosen=chosen)


def _camera(state: State, said: told.CameraSaid, now: int) -> State:
    before = state.cameras.get(said.source)
    same = before is not None and (before.state, before.framing) == (said.state, said.framing)
    due = now + said.eta_ms if said.eta_ms is not None else None
    since = before.since if before is not None and same else now
    camera = CameraNow(said.state, said.framing, since, due)
    return replace(state, cameras={**state.cameras, said.source: camera})


def _on_air(chamber: Chamber, state: State, shot: Shot, now: int) -> State:
    """What the engine shows. A shot of ours keeps what is known of it; another's is recognised as well as can be."""
    if state.air is not None and state.air.shot == shot:
        return state
    if state.awaited is not None and state.awaited.shot == shot:
        return replace(state, air=replace(state.awaited, since=now), awaited=None)
    known = [
        framing for source in shot.sources if (framing := _recognised(chamber, state, source)) is not None
    ]
    seats = [seat for framing in known if framing.size is not Size.WIDE for seat in framing.seats]
    seats += [seat.id for seat in chamber.seats if seat.tile in shot.sources]
    aired = Aired(shot, now, tuple(framing.id for framing in known), tuple(dict.fromkeys(seats)))
    return replace(state, air=aired, awaited=None, on_seat=None)


def _recognised(chamber: Chamber, state: State, source: SourceId) -> Framing | None:
    """What a source shows, if it is known."""
    camera = state.cameras.get(source)
    here = camera.framing if camera is not None and camera.state is CameraIs.ARRIVED else None
    return next(
        (f for f in chamber.framings if f.source == source and f.preset is None or f.id == here), None
    )


# -- choosing -----------------------------------------------------------------------------------------------------------


def _direct(eye: Eye) -> tuple[State, tuple[Take, ...]]:
    state, now = eye.state, eye.now
    if state.awaited is not None and now - state.awaited.since < TAKING_MS:
        return state, ()
    state = replace(_seen(state), waiting=_waits(eye))
    air = state.air
    choice = _choice(eye) if air is not None else None
    if choice is None or air is None:
        return state, ()
    last = dict(state.last_framing)
    if len(choice.seats) == 1 and choice.framings:
        last[choice.seats[0]] = choice.framings[0]
    if state.want.what == CUTAWAY and state.cutaway is None:
        state = replace(state, cutaway=(state.want.seats[0], now + eye.settings.cutaway_ms))
    aired = Aired(choice.shot, now, choice.framings, choice.seats)
    if choice.shot == air.shot:  # the same picture, now known for what it is: nothing to ask for
        return replace(state, air=replace(aired, since=air.since), last_framing=last), ()
    fled = now if _improper(eye, air) or not eye.holds(air) else state.fled
    state = replace(state, awaited=aired, last_framing=last, waiting=None, fled=fled)
    return state, (Take(choice.shot, choice.framings, choice.seats),)


def _choice(eye: Eye) -> Option | None:
    """The shot to take now; None to stay."""
    air, wanted = eye.state.air, eye.state.want
    assert air is not None
    if eye.state.mode is Mode.MANUAL:  # a person decides, but nobody may show a seat in a secret ballot
        secret = eye.state.discretion is told.Discretion.SECRET_BALLOT
        return eye.curtain() if secret and eye.shows_seats(air.shot) else None
    improper = _improper(eye, air)
    urgent = improper or not eye.holds(air)
    if not urgent and (eye.gives(air) or eye.now - air.since < eye.settings.least_shot_ms):
        return None
    if not urgent and wanted.code == "parle" and _silent(eye, air):
        return None  # he may be done: one does not cut to a face that has stopped talking
    options = eye.options()
    if options:
        return options[0]
    if wanted.what == SEAT and (
        urgent or (_slow(eye, wanted.seats[0]) and not _shown(eye, air, wanted.seats[0]))
    ):
        return next(eye.covering(wanted.seats[0]), None) or (eye.curtain() if improper else None)
    if urgent:
        return next(eye.whole(), None) or (eye.curtain() if improper else None)
    return None


def _silent(eye: Eye, air: Aired) -> bool:
    """Has whoever has the floor stopped, for all one knows? While another speaks, what is heard of him may be that other."""
    floor = eye.state.floor
    confirmed = [talk.seat for talk in eye.state.talks if talk.confirmed]
    if confirmed and floor.holder not in confirmed:
        return True
    if floor.last - floor.since < SPEECH_MS:
        return eye.now - floor.last > JUST_NOW_MS
    return eye.now - floor.last > (BREATH_MS if air.seats else eye.settings.pause_ms)


def _covered(eye: Eye) -> Kind:
    """What is wanted; something to wait on when somebody begins to speak in a silence and no camera will be near him soon.

    The wait begins with his first word, long before it is sure that he takes the floor: what covers it must last as long as any
    shot, and would else keep him off the picture when his camera has been there for a while.
    """
    state, air = eye.state, eye.state.air
    quiet = eye.now - state.floor.last >= eye.settings.pause_ms
    if air is None or not quiet or state.want.code not in ("parle", "silence_court"):
        return state.want
    holder = state.floor.holder
    begins = next((t.seat for t in state.talks if t.word and t.seat not in state.hidden | {holder}), None)
    if begins is None or eye.chamber.seat_of[begins].tile is not None:
        return state.want
    if air.seats and _shown(eye, air, begins):
        return state.want
    return Kind(COVER, "commence", (begins,)) if _slow(eye, begins) else state.want


def _shown(eye: Eye, air: Aired, seat: str) -> bool:
    """Is the seat somewhere in the picture?"""
    framings = (eye.chamber.framing_of.get(framing) for framing in air.framings)
    return any(eye.chamber.shows(framing, seat) for framing in framings if framing is not None)


def _improper(eye: Eye, air: Aired) -> bool:
    """Does the shot on air show what the séance forbids now?"""
    state = eye.state
    if state.discretion.blind:
        return not eye.gives(air)
    if state.discretion is told.Discretion.VOTE:
        return bool(air.seats)
    return any(seat in state.hidden for seat in air.seats)


def _slow(eye: Eye, seat: str) -> bool:
    """No camera will be ready for that seat soon, so that something good must cover the wait."""
    waits = [
        wait
        for framing in eye.own(seat)
        if framing.source not in _on_programme(eye) and (wait := eye.wait_ms(framing)) is not None
    ]
    return min(waits, default=10**9) > eye.settings.patience_ms


def _waits(eye: Eye) -> SourceId | None:
    """The camera that the wanted shot waits for."""
    wanted = eye.state.want
    if wanted.what != SEAT or eye.state.air is None or eye.gives(eye.state.air):
        return None
    coming = [
        (wait, framing.source)
        for framing in eye.own(wanted.seats[0])
        if (wait := eye.wait_ms(framing)) is not None and framing.source not in _on_programme(eye)
    ]
    return min(coming)[1] if coming else None


def _seen(state: State) -> State:
    """Since when the speaker alone has been on air, for the cutaway, which begins only once and ends by itself."""
    air, holder = state.air, state.floor.holder
    if state.cutaway is not None and (state.now >= state.cutaway[1] or state.cutaway[0] != holder):
        state = replace(state, cutaway=None)
    if air is None or holder is None or air.seats != (holder,) or air.shot.layout is Layout.DOCUMENT:
        return replace(state, on_seat=None)
    if state.on_seat is None or state.on_seat[0] != holder:
        return replace(state, on_seat=(holder, air.since))
    return state


def _on_programme(eye: Eye) -> frozenset[SourceId]:
    shots = [aired.shot for aired in (eye.state.air, eye.state.awaited) if aired is not None]
    return frozenset(source for shot in shots for source in shot.sources)


def _prepare(eye: Eye) -> tuple[State, tuple[Move, ...]]:
    state = eye.state
    if state.mode is Mode.MANUAL or state.air is None or state.discretion.blind:
        return state, ()
    return prepare(eye, _on_programme(eye))

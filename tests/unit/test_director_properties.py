"""Whatever happens in the chamber, in whatever order, the director breaks none of its rules."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.domain.director import Settings, Size, begin, explain, step
from regie.domain.director import events as told
from regie.domain.director.moves import Move, Recall, ShowTitle, Take
from regie.domain.director.state import Mode, State
from regie.domain.model import Shot
from tests.unit.director_rig import CHAMBER

pytestmark = pytest.mark.unit

SEATS = tuple(seat.id for seat in CHAMBER.seats)
MICS = tuple(mic.id for mic in CHAMBER.microphones)
FRAMINGS = tuple(framing.id for framing in CHAMBER.framings)
CAMERAS = ("cam1", "cam2", "cam3", "cam4")
SOURCES = (*CAMERAS, "salle-b", "expose")
SETTINGS = Settings()


@dataclass
class World:
    """What is true, kept apart from what the director believes."""

    at: dict[str, tuple[str | None, told.CameraIs, int]] = field(default_factory=dict)
    live: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    discretion: told.Discretion = told.Discretion.NONE
    air: Shot | None = None
    air_since: int = 0

    def hear(self, event: told.Told, now: int) -> None:
        """What an event changes in the world."""
        match event:
            case told.CameraSaid(source=source, state=state, framing=framing):
                before = self.at.get(source)
                same = before is not None and before[:2] == (framing, state)
                self.at[source] = (framing, state, before[2] if same and before else now)
            case told.SourcesLive(sources=sources):
                self.live = sources
            case told.ExcludedAre(seats=seats):
                self.hidden = seats
            case told.AbsentAre(seats=seats):
                self.absent = seats
            case told.ForbiddenAre(framings=framings):
                self.forbidden = framings
            case told.DiscretionIs(discretion=discretion):
                self.discretion = discretion
            case told.OnAir(shot=shot):
                if shot != self.air:
                    self.air, self.air_since = shot, now
            case _:
                pass


CAMERA_EVENTS = st.one_of(
    st.sampled_from(FRAMINGS).map(
        lambda f: told.CameraSaid(source=f.split("-")[0], state=told.CameraIs.ARRIVED, framing=f)
    ),
    st.sampled_from(FRAMINGS).map(
        lambda f: told.CameraSaid(source=f.split("-")[0], state=told.CameraIs.MOVING, framing=f, eta_ms=700)
    ),
    st.builds(
        told.CameraSaid,
        source=st.sampled_from(CAMERAS),
        state=st.sampled_from((told.CameraIs.LOST, told.CameraIs.ELSEWHERE)),
    ),
)
SHOTS = st.one_of(
    st.sampled_from(SOURCES).map(lambda source: Shot((source,))), st.just(Shot(("slate.suspension",)))
)
SEAT_SETS = st.frozensets(st.sampled_from(SEATS), max_size=2)
EVENTS: st.SearchStrategy[told.Told] = st.one_of(
    st.builds(told.ButtonSaid, microphone=st.sampled_from(MICS), button=st.sampled_from(tuple(told.Button))),
    st.builds(
        told.Voices,
        voices=st.dictionaries(st.sampled_from(MICS), st.sampled_from((0.4, 0.7, 0.95)), max_size=3),
    ),
    CAMERA_EVENTS,
    st.builds(told.SourcesLive, sources=st.frozensets(st.sampled_from(SOURCES))),
    st.just(told.SourcesLive(sources=frozenset(SOURCES))),
    st.builds(told.OnAir, shot=SHOTS),
    st.builds(told.DiscretionIs, discretion=st.sampled_from(tuple(told.Discretion))),
    st.just(told.DiscretionIs(discretion=told.Discretion.NONE)),
    st.builds(told.AbsentAre, seats=SEAT_SETS),
    st.builds(
        told.ExcludedAre, seats=SEAT_SETS, microphones=st.frozensets(st.sampled_from(MICS), max_size=1)
    ),
    st.builds(told.ForbiddenAre, framings=st.frozensets(st.sampled_from(FRAMINGS), max_size=3)),
    st.builds(told.DocumentIs, source=st.sampled_from(("expose", None))),
    st.builds(told.ModeAsked, mode=st.sampled_from(("auto", "semi", "manuel", "n'importe quoi"))),
    st.builds(told.SeatChosen, seat=st.sampled_from((*SEATS, "inconnue"))),
    st.sampled_from((told.Acted(), told.Kept(), told.ButtonsLost())),
)
# How long each event's consequences last: a voice that goes on for a second is what makes a speaker.
SCENES = st.lists(st.tuples(EVENTS, st.sampled_from((0, 100, 400, 1200, 4000))), max_size=30)

OPENING: tuple[told.Told, ...] = (
    told.SourcesLive(sources=frozenset(SOURCES)),
    *(
        told.CameraSaid(source=f.split("-")[0], state=told.CameraIs.ARRIVED, framing=f)
        for f in ("cam1-large", "cam2-p1", "cam3-p2", "cam4-groupe")
    ),
    told.OnAir(shot=Shot(("cam1",))),
)


@settings(max_examples=150, deadline=None)
@given(SCENES)
def test_no_rule_is_broken_whatever_happens(scenes: list[tuple[told.Told, int]]) -> None:
    world, state, now = World(), begin(0), 0
    for event in OPENING:
        state = _tell(world, state, event, now)
    voices: told.Told = told.Tick()
    for event, lasts in scenes:
        if isinstance(event, told.Voices):
            voices = event
        state = _tell(world, state, event, now)
        for _ in range(0, lasts, 200):
            now += 200
            state = _tell(world, state, voices, now)
            _arrivals(world, now)
    assert state.now == now


def _arrivals(world: World, now: int) -> None:
    """Cameras reach where they were sent within a second; the director hears of it with the next round."""
    for source, (framing, state, since) in tuple(world.at.items()):
        if state is told.CameraIs.MOVING and framing and now - since >= 1000:
            world.at[source] = (framing, told.CameraIs.ARRIVED, now)


def _tell(world: World, state: State, event: told.Told, now: int) -> State:
    for source, (framing, known, _) in tuple(world.at.items()):
        believed = state.cameras.get(source)
        if believed is not None and known is told.CameraIs.ARRIVED and believed.state is told.CameraIs.MOVING:
            if believed.framing == framing:
                state = _step(world, state, told.CameraSaid(source=source, state=known, framing=framing), now)
    return _step(world, state, event, now)


def _step(world: World, state: State, event: told.Told, now: int) -> State:
    world.hear(event, now)
    done = step(CHAMBER, SETTINGS, state, event, now)
    assert explain(CHAMBER, done.state)
    for move in done.moves:
        _check(world, done.state, move, now)
    state = done.state
    for move in done.moves:
        if isinstance(move, Recall):
            world.at[move.source] = (move.framing, told.CameraIs.MOVING, now)
        if isinstance(move, Take):
            state = _step(world, state, told.OnAir(shot=move.shot), now)
    return state


def _check(world: World, state: State, move: Move, now: int) -> None:
    match move:
        case Recall(source=source, framing=framing):
            assert state.mode is not Mode.MANUAL
            assert world.air is None or source not in world.air.sources
            assert CHAMBER.framing_of[framing].source == source and not CHAMBER.framing_of[framing].public
            assert world.at[source][1] is not told.CameraIs.LOST
        case Take(shot=shot):
            # In a secret ballot a face is taken off air, whoever put it there.
            secret = world.discretion is told.Discretion.SECRET_BALLOT
            assert state.mode is not Mode.MANUAL or (secret and shot == Shot(("slate.scrutin",)))
            _check_take(world, state, move, now)
        case ShowTitle(seat=seat):
            assert state.mode is not Mode.MANUAL
            assert state.air is not None and state.air.seats == (seat,)
        case _:
            pass


def _check_take(world: World, state: State, take: Take, now: int) -> None:
    framings = [CHAMBER.framing_of[framing] for framing in take.framings]
    pictures = [source for source in take.shot.sources if not source.startswith("slate.")]
    assert set(pictures) <= world.live
    assert {framing.source for framing in framings} <= set(take.shot.sources)
    for framing in framings:
        where, known, since = world.at[framing.source]
        assert (where, known) == (framing.id, told.CameraIs.ARRIVED)
        assert now - since >= SETTINGS.settle_ms
        assert not framing.public and framing.id not in world.forbidden
        if framing.size in (Size.CLOSE, Size.PAIR):
            assert not set(framing.seats) & (world.hidden | world.absent)
    # A camera in the shot without a framing that is known would be a picture of nobody knows what.
    assert {s for s in pictures if s in CAMERAS} == {framing.source for framing in framings}
    assert not set(take.seats) & (world.hidden | world.absent)
    if world.discretion.blind:
        assert not pictures
    if world.discretion is told.Discretion.VOTE:
        assert all(framing.size in (Size.WIDE, Size.GROUP) for framing in framings) and not take.seats
    if now - world.air_since < SETTINGS.least_shot_ms and world.air is not None:
        assert _unfit(world, state), "a shot under the minimum"


def _unfit(world: World, state: State) -> bool:
    """Is what is on air to be left at once: a source gone, a camera that moved, something that must not be seen?"""
    assert world.air is not None
    pictures = [source for source in world.air.sources if not source.startswith("slate.")]
    if not set(pictures) <= world.live or world.discretion is not told.Discretion.NONE:
        return True
    known = state.air.framings if state.air is not None else ()
    seats = state.air.seats if state.air is not None else ()
    framings = [CHAMBER.framing_of[framing] for framing in known]
    moved = any(world.at[f.source][:2] != (f.id, told.CameraIs.ARRIVED) for f in framings)
    barred = any(f.id in world.forbidden or f.public for f in framings)
    hidden = world.hidden | world.absent
    return (
        moved
        or barred
        or bool(set(seats) & hidden)
        or any(set(f.seats) & hidden for f in framings if f.size in (Size.CLOSE, Size.PAIR))
    )


@given(SCENES)
@settings(max_examples=80, deadline=None)
def test_no_seat_is_on_air_in_a_secret_ballot_whatever_the_mode(
    scenes: list[tuple[told.Told, int]],
) -> None:
    world, state, now = World(), begin(0), 0
    ballot = told.DiscretionIs(discretion=told.Discretion.SECRET_BALLOT)
    for event, lasts in (*((one, 0) for one in OPENING), *scenes):
        now += lasts
        waiting: list[told.Told] = [ballot if isinstance(event, told.DiscretionIs) else event]
        while waiting:
            world.hear(waiting[0], now)
            done = step(CHAMBER, SETTINGS, state, waiting.pop(0), now)
            state = done.state
            waiting += [told.OnAir(shot=move.shot) for move in done.moves if isinstance(move, Take)]
        if world.discretion.blind and world.air is not None:
            wide = world.at["cam1"][:2] == ("cam1-large", told.CameraIs.ARRIVED)
            faces = {"cam2", "cam3", "cam4", "salle-b"} | (set() if wide else {"cam1"})
            assert not faces & set(world.air.sources)


@given(SCENES)
@settings(max_examples=30, deadline=None)
def test_the_same_events_give_the_same_film(scenes: list[tuple[told.Told, int]]) -> None:
    def film() -> list[Move]:
        state, now = begin(0), 0
        moves: list[Move] = []
        for event, lasts in scenes:
            now += lasts
            done = step(CHAMBER, SETTINGS, state, event, now)
            state = done.state
            moves += done.moves
        return moves

    assert film() == film()

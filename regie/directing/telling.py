"""What the director is told of a camera, and what consoles are told of the director. Pure."""

from collections.abc import Iterator

from camera_drivers.base import CameraState
from config.schema import Config
from regie.cameras.news import CameraStatus
from regie.directing.news import CutNews, DirectorNews, LearningNews, SeatNews
from regie.domain.director import Chamber
from regie.domain.director import events as told
from regie.domain.director.state import State

_STATES = {
    CameraState.ARRIVED: told.CameraIs.ARRIVED,
    CameraState.READY: told.CameraIs.ARRIVED,
    CameraState.MOVING: told.CameraIs.MOVING,
    CameraState.ALTERED: told.CameraIs.ELSEWHERE,
}


def camera_said(head: CameraStatus, sent: str, fresh: bool) -> told.CameraSaid | None:
    """What a camera's state means to the director. ``sent``: the framing it was last sent to, ``fresh``: a moment ago, so that news
    of it elsewhere were on their way before: None, they say nothing."""
    known = _STATES.get(head.state, told.CameraIs.LOST)
    framing, eta_ms = head.preset, None
    if known is told.CameraIs.MOVING:
        framing = framing or sent or None
        eta_ms = round(head.eta_s * 1000) if head.eta_s is not None else None
    elif known is not told.CameraIs.LOST:
        if sent and framing != sent and fresh:
            return None
        known = told.CameraIs.ARRIVED if framing is not None else told.CameraIs.ELSEWHERE
    return told.CameraSaid(source=head.source, state=known, framing=framing, eta_ms=eta_ms)


def news_of(
    config: Config,
    chamber: Chamber,
    state: State,
    *,
    active: bool,
    why: str,
    back_ms: int | None,
    back_of_ms: int,
    excluded_microphones: frozenset[str],
    cuts: tuple[CutNews, ...],
    conference: str,
    learning: LearningNews | None,
) -> DirectorNews:
    """The director as a console shows it."""
    talking = [talk for talk in state.talks if talk.seat != state.floor.holder]
    return DirectorNews(
        active=active,
        mode=state.mode.value,
        back_ms=back_ms,
        back_of_ms=back_of_ms,
        why=why,
        waiting=state.waiting,
        holder=state.floor.holder,
        candidate=max(talking, key=lambda talk: talk.heard).seat if talking else None,
        requests=state.requests,
        seats=tuple(_seats(config, chamber, state)),
        excluded_microphones=tuple(sorted(excluded_microphones)),
        cuts=cuts,
        conference=conference,
        document=state.document,
        learning=learning,
    )


def _seats(config: Config, chamber: Chamber, state: State) -> Iterator[SeatNews]:
    people = {person.id: person for person in config.elu}
    talking = {talk.seat for talk in state.talks if talk.confirmed}
    shown = state.air.seats if state.air is not None else ()
    buttons: dict[str, str] = {}
    for mic, ear in state.ears.items():
        known = chamber.microphone_of.get(mic)
        if known is not None and known.seat is not None and ear.button is not None:
            buttons[known.seat] = ear.button.value
    for place in config.place:
        if place.id not in chamber.seat_of:
            continue
        yield SeatNews(
            id=place.id,
            name=place.nom,
            person=chamber.seat_of[place.id].name,
            group=people[place.elu].groupe if place.elu in people else "",
            president=chamber.seat_of[place.id].president,
            button=buttons.get(place.id),
            speaking=place.id in talking,
            on_air=place.id in shown,
            excluded=place.id in state.excluded or place.refus_image,
            absent=place.id in state.absent,
            cameras=tuple(dict.fromkeys(f.source for f in chamber.of_seat.get(place.id, ()))),
        )

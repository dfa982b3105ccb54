"""From the floor to what should be seen: nobody, the whole council, one seat, several, or something else for a moment."""

from dataclasses import replace

from regie.domain.director.events import Discretion
from regie.domain.director.floor import lively
from regie.domain.director.settings import Settings
from regie.domain.director.state import NEVER, Kind, Mode, State

NOBODY, WIDE, SEAT, GROUP, CUTAWAY, KEEP = "personne", "large", "place", "ensemble", "coupe", "keep"
COVER = "attente"
"""A good shot to wait on while a camera goes to whoever begins to speak."""


def want(state: State, settings: Settings, now: int) -> State:
    """The state with what should be seen at ``now``."""
    state = _group(state, settings, now)
    return replace(state, want=_want(state, settings, now))


def _group(state: State, settings: Settings, now: int) -> State:
    """Exchanges begin, go on or end: several seats for a while at least, until one of them has spoken alone for a moment, or
    somebody else takes the floor."""
    seats = lively(state.floor, settings)
    calm = not state.floor.exchanges or now - state.floor.exchanges[-1][0] >= settings.calm_ms
    if state.group is None:
        return replace(state, group=(seats, now)) if seats and not calm else state
    if not seats and state.floor.holder is not None and state.floor.holder not in state.group[0]:
        return replace(state, group=None)
    if calm and now - state.group[1] >= settings.exchange_shot_ms:
        return replace(state, group=None)
    return replace(state, group=(seats or state.group[0], state.group[1]))


def _want(state: State, settings: Settings, now: int) -> Kind:
    floor = state.floor
    if state.discretion.blind:
        return Kind(NOBODY, state.discretion.value)
    if state.discretion is Discretion.VOTE:
        return Kind(WIDE, "vote")
    if state.discretion is Discretion.ROLL_CALL:
        called = state.called
        return (
            Kind(WIDE, "vote") if called is None or called in state.hidden else Kind(SEAT, "appel", (called,))
        )
    if state.mode is Mode.SEMI and state.chosen is not None:
        return Kind(SEAT, "choisie", (state.chosen,))
    if floor.holder in state.excluded:
        return Kind(WIDE, "exclue")
    if floor.holder in state.absent:
        return Kind(WIDE, "hors_champ")
    if state.group is not None:
        return Kind(GROUP, "echange", state.group[0])
    if floor.holder is not None:
        if floor.over_since is not None and now - floor.over_since >= settings.overlap_ms and floor.rival:
            return Kind(GROUP, "en_meme_temps", (floor.holder, floor.rival))
        if _long(state, settings, now):
            return Kind(CUTAWAY, "longue", (floor.holder,))
        return Kind(SEAT, "parle", (floor.holder,))
    if floor.last > NEVER and now - floor.last < settings.silence_ms:
        return Kind(KEEP, "silence_court")
    return Kind(WIDE, "silence")


def _long(state: State, settings: Settings, now: int) -> bool:
    """Has the speaker been on air for so long that the eye needs something else, or is it having it? A document is something
    else already, and is being read."""
    if state.on_screen is not None:
        return False
    if state.cutaway is not None and state.cutaway[0] == state.floor.holder:
        return now < state.cutaway[1]
    seen = state.on_seat
    return seen is not None and seen[0] == state.floor.holder and now - seen[1] >= settings.monologue_ms

"""The lower third: it comes by itself with whoever speaks, goes by itself, and comes again after a silence."""

from dataclasses import replace

from regie.domain.director.chamber import Chamber
from regie.domain.director.moves import HideTitle, Move, ShowTitle
from regie.domain.director.settings import Settings
from regie.domain.director.state import NEVER, Mode, State


def name(chamber: Chamber, settings: Settings, state: State, now: int) -> tuple[State, tuple[Move, ...]]:
    """Show or hide a name at ``now``, given what is on air and who has the floor.

    When a person took over, nothing more is shown; what the director had shown still goes when it is no longer true.
    """
    state = _follow(settings, state, now)
    seats = state.air.seats if state.air is not None else ()
    if state.title is not None:
        seat, shown = state.title
        over = now - shown >= settings.title_ms or seats != (seat,)
        return replace(state, title=None if over else state.title), (HideTitle(),) if over else ()
    due = state.unnamed
    if state.mode is Mode.MANUAL or due is None or seats != (due,) or not chamber.seat_of[due].name:
        return state, ()
    return replace(state, title=(due, now), unnamed=None), (ShowTitle(due),)


def _follow(settings: Settings, state: State, now: int) -> State:
    """Whoever gets the floor after a silence of his is to be named; who speaks on, or again soon, is known already."""
    holder = state.floor.holder
    if holder is None or state.called is not None:
        return state
    last = state.named.get(holder, NEVER)
    unnamed = state.unnamed if state.unnamed == holder else None
    if now - last >= settings.title_again_ms:
        unnamed = holder
    if now - last < 1000 and unnamed == state.unnamed:
        return state
    return replace(state, named={**state.named, holder: now}, unnamed=unnamed)

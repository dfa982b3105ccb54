"""The huis clos as the antenna obeys it: shut in one act, reopened by two.

Shut by the technician's key or by the council's decision. The public may be given the antenna again only once the president has
said that the séance is public: by reopening it in the register, or by saying just that. A suspension changes nothing of it: a
council that sat behind shut doors is still there when the séance is resumed.
"""

from collections.abc import Iterable
from functools import reduce

from regie.domain.event import Event
from regie.domain.masks import DoorsShut, MadePublic
from regie.domain.register.events import ClosedDoorsDecided, DoorsReopened
from regie.domain.timeline import to_ms

Closed = tuple[int, int | None]
"""A time of which the public received nothing (UTC ms), None while the doors are shut."""


def after(shut: bool, event: Event) -> bool:
    """Are the doors shut, after this event?"""
    match event:
        case DoorsShut():
            return True
        case ClosedDoorsDecided():
            return shut or event.adopted
        case MadePublic() | DoorsReopened():
            return False
        case _:
            return shut


def tells(event: Event) -> bool:
    """Does this event say that the doors are shut, or that they are open?"""
    return after(False, event) or not after(True, event)


def fold(events: Iterable[Event]) -> bool:
    """Are the doors shut, at the end of a register?"""
    return reduce(after, events, False)


def closed(told: tuple[Closed, ...], event: Event) -> tuple[Closed, ...]:
    """The times behind shut doors, after this event. A cut takes back what was still held in the delay: its time begins there."""
    was = bool(told) and told[-1][1] is None
    shut = after(was, event)
    if was:
        since = min(told[-1][0], _since(event)) if shut else told[-1][0]
        return (*told[:-1], (since, None if shut else max(since, event.at_utc_ms)))
    return (*told, (_since(event), None)) if shut else told


def _since(event: Event) -> int:
    held = event.public_start - event.start if isinstance(event, DoorsShut) else 0
    return event.at_utc_ms - to_ms(held)

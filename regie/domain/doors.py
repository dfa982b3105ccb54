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

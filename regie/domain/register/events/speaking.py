"""The floor: who asks for it, who has it, how long."""

from typing import ClassVar

from regie.domain.register.events.base import Act
from regie.domain.register.roster import Person


class FloorAsked(Act, frozen=True, kw_only=True):
    """Somebody asks for the floor; a point of order goes before the others."""

    KIND: ClassVar[str] = "floor_asked"
    person: Person
    point_of_order: bool = False


class FloorWaived(Act, frozen=True, kw_only=True):
    """Somebody gives up waiting for the floor."""

    KIND: ClassVar[str] = "floor_waived"
    person: Person


class QueueReordered(Act, frozen=True, kw_only=True):
    """The president changed the order of those who wait."""

    KIND: ClassVar[str] = "queue_reordered"
    order: tuple[Person, ...]


class FloorGiven(Act, frozen=True, kw_only=True):
    """The president gave the floor on an item; whoever spoke speaks no more."""

    KIND: ClassVar[str] = "floor_given"
    person: Person
    item: str = ""


class FloorTaken(Act, frozen=True, kw_only=True):
    """The present speaker is done, or was stopped."""

    KIND: ClassVar[str] = "floor_taken"
    person: Person


class TimeAllowed(Act, frozen=True, kw_only=True):
    """How long a speaker, and the debate on an item, may last; 0: no limit."""

    KIND: ClassVar[str] = "time_allowed"
    turn_ms: int
    item_ms: int


class TimeExtended(Act, frozen=True, kw_only=True):
    """The present speaker has more time."""

    KIND: ClassVar[str] = "time_extended"
    by_ms: int

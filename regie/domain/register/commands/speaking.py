"""The floor."""

from regie.domain.register.commands.base import RegisterCommand
from regie.domain.register.roster import Person


class AskFloor(RegisterCommand, frozen=True, kw_only=True, tag="ask_floor"):
    """A member who is there asks for the floor; a point of order goes before the others."""

    person: Person
    point_of_order: bool = False


class WaiveFloor(RegisterCommand, frozen=True, kw_only=True, tag="waive_floor"):
    """A member gives up waiting."""

    person: Person


class ReorderQueue(RegisterCommand, frozen=True, kw_only=True, tag="reorder_queue"):
    """Everybody who waits, in the new order."""

    order: tuple[Person, ...]


class GiveFloor(RegisterCommand, frozen=True, kw_only=True, tag="give_floor"):
    """The president gives the floor to a member who is there."""

    person: Person


class TakeFloor(RegisterCommand, frozen=True, kw_only=True, tag="take_floor"):
    """The president takes the floor back, or the speaker is done."""


class AllowTime(RegisterCommand, frozen=True, kw_only=True, tag="allow_time"):
    """How long a speaker, and the debate on an item, may last (ms); 0: no limit."""

    turn_ms: int = 0
    item_ms: int = 0


class ExtendTime(RegisterCommand, frozen=True, kw_only=True, tag="extend_time"):
    """Give the present speaker more time (ms)."""

    by_ms: int

"""Mistakes of the hand taken back."""

from typing import ClassVar

from regie.domain.register.events.base import Act, Counted
from regie.domain.register.roster import Person
from regie.domain.register.votes import Mode


class RecusalLifted(Counted, frozen=True, kw_only=True):
    """A member takes part in an item again."""

    KIND: ClassVar[str] = "recusal_lifted"
    item: str
    seat: Person
    reason: str


class RequestWithdrawn(Act, frozen=True, kw_only=True):
    """Somebody asks for a special ballot no more; ``requesters`` are those who still do, ``granted`` whether they are enough."""

    KIND: ClassVar[str] = "request_withdrawn"
    item: str
    mode: Mode
    person: Person
    requesters: tuple[Person, ...]
    present: int
    needed: int
    granted: bool


class ItemRestored(Act, frozen=True, kw_only=True):
    """An item that had been dealt with is on the agenda again; ``called``: back on the table, its quorum as it was frozen."""

    KIND: ClassVar[str] = "item_restored"
    item: str
    reason: str
    called: bool

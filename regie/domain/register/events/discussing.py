"""Items, recusals, closed doors."""

from typing import ClassVar

from regie.domain.register.agenda import RecusalKind
from regie.domain.register.events.base import Act, Counted
from regie.domain.register.quorum import Snapshot
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person
from regie.domain.register.votes import Ballot, Tally, Voice


class Recused(Counted, frozen=True, kw_only=True):
    """A member takes no part in an item."""

    KIND: ClassVar[str] = "member_recused"
    item: str
    seat: Person
    kind: RecusalKind


class ItemCalled(Act, frozen=True, kw_only=True):
    """An item is put to discussion; its quorum is frozen (QU4)."""

    KIND: ClassVar[str] = "item_called"
    item: str
    president: Person
    quorum: Snapshot


class DebateOpened(Act, frozen=True, kw_only=True):
    """The debate on an item begins."""

    KIND: ClassVar[str] = "debate_opened"
    item: str


class ItemSetAside(Act, frozen=True, kw_only=True):
    """An item was left for later in the séance."""

    KIND: ClassVar[str] = "item_set_aside"
    item: str


class ItemPostponed(Act, frozen=True, kw_only=True):
    """An item goes to another séance, by a rule or by choice; ``single_place``: that one cannot be remote (TC10)."""

    KIND: ClassVar[str] = "item_postponed"
    item: str
    rule: str = ""
    single_place: bool = False


class ItemWithdrawn(Act, frozen=True, kw_only=True):
    """An item was taken off."""

    KIND: ClassVar[str] = "item_withdrawn"
    item: str


class ItemNoted(Act, frozen=True, kw_only=True):
    """The council took note, without a vote."""

    KIND: ClassVar[str] = "item_noted"
    item: str


class ClosedDoorsAsked(Act, frozen=True, kw_only=True):
    """Closed doors were asked for; ``requesters`` are all those who did so far (HC2, HC3)."""

    KIND: ClassVar[str] = "closed_doors_asked"
    requesters: tuple[Person, ...]
    by_head: bool
    needed: int
    admissible: bool
    reason: str


class ClosedDoorsDecided(Act, frozen=True, kw_only=True):
    """The council decided on closed doors (HC2)."""

    KIND: ClassVar[str] = "closed_doors_decided"
    voices: tuple[Voice, ...]
    ballots: tuple[Ballot, ...]
    tally: Tally
    needed: int
    adopted: bool
    quorum: Snapshot


class PublicOut(Act, frozen=True, kw_only=True):
    """A room's agent confirmed that the public is out (HC4)."""

    KIND: ClassVar[str] = "public_out"
    room: RoomId


class DoorsReopened(Act, frozen=True, kw_only=True):
    """Closed doors are over."""

    KIND: ClassVar[str] = "doors_reopened"

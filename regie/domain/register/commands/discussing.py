"""Items, recusals, closed doors."""

from regie.domain.register.agenda import RecusalKind
from regie.domain.register.commands.base import OnTheTable, RegisterCommand
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person
from regie.domain.register.votes import Ballot, Tally


class Recuse(RegisterCommand, frozen=True, kw_only=True, tag="recuse"):
    """A member takes no part in an item; without ``kind``, that which the declared interests call for."""

    item: str
    seat: Person
    kind: RecusalKind | None = None


class CallItem(RegisterCommand, frozen=True, kw_only=True, tag="call_item"):
    """Put an item to discussion, or several together when nobody objects."""

    items: tuple[str, ...]
    nobody_objects: bool = False


class OpenDebate(OnTheTable, frozen=True, kw_only=True, tag="open_debate"):
    """Debate what is on the table."""


class SetAside(RegisterCommand, frozen=True, kw_only=True, tag="set_aside"):
    """Leave an item for later in the same séance: it will be called again, with its quorum."""

    item: str


class PostponeItem(RegisterCommand, frozen=True, kw_only=True, tag="postpone_item"):
    """Put an item off to another séance."""

    item: str


class WithdrawItem(RegisterCommand, frozen=True, kw_only=True, tag="withdraw_item"):
    """Take an item off."""

    item: str


class NoteItem(RegisterCommand, frozen=True, kw_only=True, tag="note_item"):
    """Take note of an item, without a vote."""

    item: str


class AskClosedDoors(RegisterCommand, frozen=True, kw_only=True, tag="ask_closed_doors"):
    """Members, or the head of the body, ask for closed doors; they join those who asked before."""

    requesters: tuple[Person, ...] = ()
    by_head: bool = False
    reason: str = ""


class DecideClosedDoors(RegisterCommand, frozen=True, kw_only=True, tag="decide_closed_doors"):
    """The vote on closed doors, without debate; named ballots are needed in several places."""

    tally: Tally | None = None
    ballots: tuple[Ballot, ...] = ()


class ConfirmPublicOut(RegisterCommand, frozen=True, kw_only=True, tag="confirm_public_out"):
    """A room's agent confirms that the public is out."""

    room: RoomId


class ReopenDoors(RegisterCommand, frozen=True, kw_only=True, tag="reopen_doors"):
    """Closed doors are over."""

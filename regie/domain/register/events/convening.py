"""The convocation and what precedes the séance."""

from typing import ClassVar

from regie.domain.register.agenda import AgendaItem
from regie.domain.register.convocation import Convocation, Posting, Proof
from regie.domain.register.events.base import Act, Counted
from regie.domain.register.regimes import Body, RegimeId
from regie.domain.register.remote import HouseRules, RoomSpec
from regie.domain.register.roster import Person, Roster


class Convened(Act, frozen=True, kw_only=True):
    """The council is convened: everything is frozen, its regime with it.

    ``corrects``: what was entered since the convocation before it stays; registers of before that mention began anew.
    """

    KIND: ClassVar[str] = "convened"
    body: Body
    regime: RegimeId
    legal_basis: str
    convocation: Convocation
    agenda: tuple[AgendaItem, ...]
    roster: Roster
    rooms: tuple[RoomSpec, ...]
    house: HouseRules
    corrects: bool = False


class ConvocationProved(Act, frozen=True, kw_only=True):
    """Members were reached (CV6), places were posted (CV9)."""

    KIND: ClassVar[str] = "convocation_proved"
    proofs: tuple[Proof, ...]
    postings: tuple[Posting, ...]


class ItemAdded(Act, frozen=True, kw_only=True):
    """A question came after the deadline: it may be spoken of, not voted (CV7)."""

    KIND: ClassVar[str] = "item_added"
    item: AgendaItem


class AgendaReordered(Act, frozen=True, kw_only=True):
    """The president changed the order of what remains."""

    KIND: ClassVar[str] = "agenda_reordered"
    order: tuple[str, ...]


class MandateEnded(Counted, frozen=True, kw_only=True):
    """A seat is vacant from now on: N falls (QU2)."""

    KIND: ClassVar[str] = "mandate_ended"
    councillor: Person

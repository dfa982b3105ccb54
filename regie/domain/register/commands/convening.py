"""Before the séance."""

from regie.domain.register.agenda import AgendaItem
from regie.domain.register.commands.base import RegisterCommand
from regie.domain.register.convocation import Convocation, Posting, Proof
from regie.domain.register.regimes import Body, RegimeId
from regie.domain.register.remote import HouseRules, RoomSpec
from regie.domain.register.roster import Person, Roster


class Convene(RegisterCommand, frozen=True, kw_only=True, tag="convene"):
    """Convene the council, or correct a convocation before the opening. ``regime`` only for a crisis regime."""

    body: Body
    convocation: Convocation
    agenda: tuple[AgendaItem, ...]
    roster: Roster
    rooms: tuple[RoomSpec, ...]
    house: HouseRules = HouseRules()
    regime: RegimeId | None = None
    legal_basis: str = ""


class ProveConvocation(RegisterCommand, frozen=True, kw_only=True, tag="prove_convocation"):
    """Keep proofs of sending and of posting."""

    proofs: tuple[Proof, ...] = ()
    postings: tuple[Posting, ...] = ()


class AddItem(RegisterCommand, frozen=True, kw_only=True, tag="add_item"):
    """Add a question after the deadline: information only."""

    item: AgendaItem


class ReorderAgenda(RegisterCommand, frozen=True, kw_only=True, tag="reorder_agenda"):
    """Every item's id, in the new order."""

    order: tuple[str, ...]


class EndMandate(RegisterCommand, frozen=True, kw_only=True, tag="end_mandate"):
    """A final resignation or a death."""

    councillor: Person

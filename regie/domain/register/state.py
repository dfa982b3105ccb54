"""The register's state: one frozen value, made by folding events, from which everything else is computed."""

from enum import StrEnum

import msgspec

from regie.domain.register.agenda import AgendaItem
from regie.domain.register.breaks import Break
from regie.domain.register.convocation import Convocation, Posting, Proof, waives_quorum
from regie.domain.register.floor import Floor
from regie.domain.register.items import OPEN_STATES, Item
from regie.domain.register.presence import Stay
from regie.domain.register.proxies import Proxy
from regie.domain.register.quorum import Snapshot
from regie.domain.register.regimes import REGIMES, Body, Regime, RegimeId
from regie.domain.register.remote import HouseRules, Room, RoomId, RoomSpec, Stream
from regie.domain.register.roster import Person, Roster
from regie.errors import Refusal


class Phase(StrEnum):
    """Where the séance stands."""

    CONVENED = "convoquee"
    OPEN = "ouverte"
    SUSPENDED = "suspendue"
    CLOSED = "levee"


class ClosedDoors(msgspec.Struct, frozen=True, kw_only=True):
    """Closed doors: who asks, whether they hold."""

    requesters: tuple[Person, ...] = ()
    by_head: bool = False
    admissible: bool = False
    hold: bool = False


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A séance of the council, from its convocation on. Times in UTC milliseconds.

    ``current``: items the council is on, one, or several voted together (VO14). ``vacated``: seats lost since the convocation.
    ``sitting_since_ms``: since when it sits without a suspension.
    ``called_substitutes``: titulars who gave notice. ``adjourn_only``: the president is one who may only close (TL10).
    """

    body: Body
    regime_id: RegimeId
    convocation: Convocation
    roster: Roster
    specs: tuple[RoomSpec, ...]
    house: HouseRules
    items: tuple[Item, ...]
    rooms: tuple[Room, ...]
    president: Person
    phase: Phase = Phase.CONVENED
    proofs: tuple[Proof, ...] = ()
    postings: tuple[Posting, ...] = ()
    vacated: tuple[Person, ...] = ()
    called_substitutes: tuple[Person, ...] = ()
    stays: tuple[Stay, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    secretaries: tuple[Person, ...] = ()
    current: tuple[str, ...] = ()
    doors: ClosedDoors = ClosedDoors()
    stream: Stream = Stream()
    floor: Floor = Floor()
    breaks: tuple[Break, ...] = ()
    adjourn_only: bool = False
    deliberations: int = 0
    opened_ms: int | None = None
    sitting_since_ms: int | None = None
    closed_ms: int | None = None
    last_ms: int = 0
    opening: Snapshot | None = None
    resumptions: tuple[Snapshot, ...] = ()

    @property
    def regime(self) -> Regime:
        """The law it sits under, frozen at the convocation."""
        return REGIMES[self.regime_id]

    @property
    def several_places(self) -> bool:
        """Is it held in several rooms?"""
        return self.convocation.several_places

    @property
    def second_call(self) -> bool:
        """May it deliberate without quorum on what it takes over (QU7)?"""
        return waives_quorum(self.body, self.convocation)

    @property
    def is_open(self) -> bool:
        """Opened and not closed."""
        return self.phase in (Phase.OPEN, Phase.SUSPENDED)

    @property
    def members(self) -> tuple[Person, ...]:
        """Seats in office, in the order of the table: N is their number (QU2)."""
        titulars = self.roster.titulars(self.convocation.day)
        return tuple(seat for seat in titulars if seat not in self.vacated)

    def item(self, name: str) -> Item:
        """The item of that id. Raises Refusal."""
        found = next((item for item in self.items if item.id == name), None)
        if found is None:
            raise Refusal("no such item on the agenda", code="point_inconnu", point=name)
        return found

    def room(self, name: RoomId) -> Room:
        """The room of that id. Raises Refusal."""
        found = next((room for room in self.rooms if room.id == name), None)
        if found is None:
            raise Refusal("no such room", code="salle_inconnue", salle=name)
        return found

    def expect_known(self, person: Person) -> None:
        """Raises Refusal when the person is not of this council, or no more."""
        seat = self.roster.seat_of(person)
        if not seat or seat not in self.members:
            raise Refusal("no such councillor in office", code="elu_inconnu")

    def expect_phase(self, *phases: Phase) -> None:
        """Raises Refusal ``seance_<phase>`` in any other phase."""
        if self.phase not in phases:
            raise Refusal(f"the session is {self.phase.value}", code=f"seance_{self.phase.value}")

    @property
    def on_the_table(self) -> tuple[Item, ...]:
        """The items that the council is on and has not finished with."""
        return tuple(item for item in self.items if item.id in self.current and item.state in OPEN_STATES)

    @property
    def vote_pending(self) -> bool:
        """Is a vote open, or closed and not proclaimed?"""
        return any(item.vote is not None and item.vote.proclaimed_ms is None for item in self.on_the_table)


def blank_item(agenda: AgendaItem) -> Item:
    """An item as it stands before the séance."""
    return Item(agenda=agenda)

"""What becomes of an item: its state machine, in one table, and what was recorded of it."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from regie.domain.register.agenda import AgendaItem, RecusalKind
from regie.domain.register.quorum import Snapshot
from regie.domain.register.roster import Person
from regie.domain.register.rounds import Candidate, Election, Round
from regie.domain.register.votes import Ballot, Mode, Outcome, Tally, Voice
from regie.errors import Refusal


class ItemState(StrEnum):
    """Where an item stands."""

    LISTED = "inscrit"
    CALLED = "appele"
    DEBATE = "debat"
    VOTE_OPEN = "vote_ouvert"
    VOTE_CLOSED = "vote_clos"
    ADOPTED = "adopte"
    REJECTED = "rejete"
    POSTPONED = "reporte"
    WITHDRAWN = "retire"
    NOTED = "dont_acte"


class Move(StrEnum):
    """What may be done to an item."""

    CALL = "appeler"
    DEBATE = "debattre"
    OPEN_VOTE = "ouvrir_le_vote"
    CAST = "voter"
    CLOSE_VOTE = "clore_le_vote"
    CORRECT = "corriger"
    ANNUL = "annuler_le_vote"
    PROCLAIM = "proclamer"
    VOTE_AGAIN = "revoter"
    ASK = "demander_un_scrutin"
    ELECT = "designer"
    SET_ASIDE = "laisser_en_attente"
    POSTPONE = "reporter"
    WITHDRAW = "retirer"
    NOTE = "donner_acte"


_ON_THE_TABLE = (ItemState.CALLED, ItemState.DEBATE)

FROM: Mapping[Move, tuple[ItemState, ...]] = {
    Move.CALL: (ItemState.LISTED,),
    Move.DEBATE: (ItemState.CALLED,),
    Move.OPEN_VOTE: _ON_THE_TABLE,
    Move.CAST: (ItemState.VOTE_OPEN,),
    Move.CLOSE_VOTE: (ItemState.VOTE_OPEN,),
    Move.CORRECT: (ItemState.VOTE_CLOSED,),
    Move.ANNUL: (ItemState.VOTE_OPEN, ItemState.VOTE_CLOSED),
    Move.PROCLAIM: (ItemState.VOTE_CLOSED,),
    Move.VOTE_AGAIN: (ItemState.ADOPTED, ItemState.REJECTED),
    Move.ASK: _ON_THE_TABLE,
    Move.ELECT: _ON_THE_TABLE,
    Move.SET_ASIDE: _ON_THE_TABLE,
    Move.POSTPONE: (ItemState.LISTED, *_ON_THE_TABLE),
    Move.WITHDRAW: (ItemState.LISTED, *_ON_THE_TABLE),
    Move.NOTE: _ON_THE_TABLE,
}
"""From which states each move is possible."""

OPEN_STATES = frozenset({ItemState.CALLED, ItemState.DEBATE, ItemState.VOTE_OPEN, ItemState.VOTE_CLOSED})
"""The council is on it."""


class Recusal(msgspec.Struct, frozen=True):
    """A member out of an item, and which kind of déport."""

    seat: Person
    kind: RecusalKind


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a special ballot, as it stood after ``requesters`` joined; both fates are for the minutes."""

    mode: Mode
    requesters: tuple[Person, ...]
    present: int
    needed: int
    granted: bool


class Waiver(msgspec.Struct, frozen=True):
    """The vote on giving up the secret of an appointment (VO11): every voice has to be for it."""

    tally: Tally
    granted: bool


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """A vote on an item. ``number`` counts the votes of the item; ``voices`` are those of the opening, then of the close.

    ``absent``: present at the call and gone, deemed to abstain (QU5). ``annulled``: the rule that voided it. ``ballots`` stay
    empty in a secret vote: only counts are kept (P14).
    """

    number: int
    mode: Mode
    president: Person
    opened_ms: int
    snapshot: Snapshot
    voices: tuple[Voice, ...]
    reason: str = ""
    ballots: tuple[Ballot, ...] = ()
    tally: Tally | None = None
    outcome: Outcome | None = None
    absent: tuple[Person, ...] = ()
    closed_ms: int | None = None
    proclaimed_ms: int | None = None
    annulled: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the agenda during the séance. ``number``: that of its deliberation, once proclaimed (PV7). ``checks``: rooms that
    read the voices of its closed vote, and whether these are as they were said."""

    agenda: AgendaItem
    state: ItemState = ItemState.LISTED
    called: Snapshot | None = None
    called_ms: int | None = None
    recusals: tuple[Recusal, ...] = ()
    requests: tuple[Request, ...] = ()
    waiver: Waiver | None = None
    votes: tuple[Vote, ...] = ()
    checks: tuple[tuple[str, bool], ...] = ()
    candidates: tuple[Candidate, ...] = ()
    candidates_ms: int | None = None
    rounds: tuple[tuple[Round, Election], ...] = ()
    appointed: str = ""
    appointed_ms: int | None = None
    number: int | None = None
    cause: str = ""

    @property
    def id(self) -> str:
        """Its id on the agenda."""
        return self.agenda.id

    @property
    def recused(self) -> dict[Person, RecusalKind]:
        """Seats out of it, and how."""
        return {one.seat: one.kind for one in self.recusals}

    @property
    def vote(self) -> Vote | None:
        """Its last vote, unless it was annulled."""
        return self.votes[-1] if self.votes and not self.votes[-1].annulled else None

    @property
    def ballot_granted(self) -> Mode | None:
        """The special ballot that was obtained; the secret prevails (VO5)."""
        granted = {one.mode for one in self.requests if one.granted}
        return next((mode for mode in (Mode.SECRET, Mode.PUBLIC) if mode in granted), None)

    def requesters(self, mode: Mode) -> tuple[Person, ...]:
        """Those who asked for that ballot so far."""
        return next((one.requesters for one in reversed(self.requests) if one.mode is mode), ())

    def expect(self, move: Move) -> None:
        """Raises Refusal ``point_<état>`` when the move is not possible in this state."""
        if self.state not in FROM[move]:
            raise Refusal(
                f"an item {self.state.value} does not allow: {move.value}",
                code=f"point_{self.state.value}",
                point=self.id,
            )

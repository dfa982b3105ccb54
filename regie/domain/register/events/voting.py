"""Votes and appointments. No event of a secret ballot holds a choice beside a name."""

from typing import ClassVar

from regie.domain.register.events.base import Act
from regie.domain.register.items import Vote, Waiver
from regie.domain.register.quorum import Snapshot
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person
from regie.domain.register.rounds import Candidate, Election, Round
from regie.domain.register.votes import Ballot, Mode, Outcome, Tally, Voice


class BallotRequested(Act, frozen=True, kw_only=True):
    """Members asked for a special ballot; ``requesters`` are all those who did so far."""

    KIND: ClassVar[str] = "ballot_requested"
    item: str
    mode: Mode
    requesters: tuple[Person, ...]
    present: int
    needed: int
    granted: bool


class SecrecyWaived(Act, frozen=True, kw_only=True):
    """The council was asked to give up the secret of an appointment (VO11)."""

    KIND: ClassVar[str] = "secrecy_waived"
    item: str
    waiver: Waiver


class CandidatesCalled(Act, frozen=True, kw_only=True):
    """Candidates were called for, and these came (VO13)."""

    KIND: ClassVar[str] = "candidates_called"
    item: str
    candidates: tuple[Candidate, ...]


class RoundHeld(Act, frozen=True, kw_only=True):
    """A round of an election: counts only (VO12)."""

    KIND: ClassVar[str] = "round_held"
    item: str
    round: Round
    election: Election
    quorum: Snapshot
    voices: tuple[Voice, ...]


class Appointed(Act, frozen=True, kw_only=True):
    """The president proclaimed an appointment; ``unopposed`` when there was one candidate only (VO13)."""

    KIND: ClassVar[str] = "appointed"
    item: str
    candidate: str
    number: int
    unopposed: bool = False


class VoteOpened(Act, frozen=True, kw_only=True):
    """A vote opens: mode, president, voices, all frozen."""

    KIND: ClassVar[str] = "vote_opened"
    item: str
    vote: Vote


class BallotsCast(Act, frozen=True, kw_only=True):
    """Names and senses, in a vote that is not secret."""

    KIND: ClassVar[str] = "ballots_cast"
    item: str
    ballots: tuple[Ballot, ...]


class VoteClosed(Act, frozen=True, kw_only=True):
    """A vote is closed: voices of that moment, counts, and what they will decide once proclaimed."""

    KIND: ClassVar[str] = "vote_closed"
    item: str
    voices: tuple[Voice, ...]
    ballots: tuple[Ballot, ...]
    tally: Tally
    outcome: Outcome
    absent: tuple[Person, ...]
    corrects: bool = False
    reason: str = ""


class VoteChecked(Act, frozen=True, kw_only=True):
    """A room's receipt of its members' voices in a named vote: as they were said, or not (VO18)."""

    KIND: ClassVar[str] = "vote_checked"
    item: str
    number: int
    room: RoomId
    agrees: bool


class VoterAssisted(Act, frozen=True, kw_only=True):
    """A member was helped to vote, not being able to alone (AC3): that, and nothing of what was chosen."""

    KIND: ClassVar[str] = "voter_assisted"
    item: str
    person: Person


class VoteAnnulled(Act, frozen=True, kw_only=True):
    """A vote is void, by a rule; its names stay here."""

    KIND: ClassVar[str] = "vote_annulled"
    item: str
    rule: str
    reason: str = ""


class Proclaimed(Act, frozen=True, kw_only=True):
    """The president proclaimed the result: it stands (VO17). ``number``: of the deliberation."""

    KIND: ClassVar[str] = "result_proclaimed"
    item: str
    adopted: bool
    number: int

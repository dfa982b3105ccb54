"""Votes and appointments."""

from regie.domain.register.commands.base import OnTheTable, RegisterCommand
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person
from regie.domain.register.rounds import Candidate, Round
from regie.domain.register.votes import Ballot, Choice, Mode, Tally


class RequestBallot(RegisterCommand, frozen=True, kw_only=True, tag="request_ballot"):
    """Members ask for a public or a secret ballot on an item; they join those who asked before."""

    item: str
    mode: Mode
    requesters: tuple[Person, ...]


class WaiveSecrecy(RegisterCommand, frozen=True, kw_only=True, tag="waive_secrecy"):
    """The vote on giving up the secret of an appointment; named ballots are needed in several places."""

    item: str
    tally: Tally | None = None
    ballots: tuple[Ballot, ...] = ()


class CallCandidates(RegisterCommand, frozen=True, kw_only=True, tag="call_candidates"):
    """Candidates after the call for them; again before a further round."""

    item: str
    candidates: tuple[Candidate, ...]


class HoldRound(RegisterCommand, frozen=True, kw_only=True, tag="hold_round"):
    """The count of a round of an election."""

    item: str
    round: Round


class ProclaimAppointment(RegisterCommand, frozen=True, kw_only=True, tag="proclaim_appointment"):
    """The president proclaims who is appointed."""

    item: str


class OpenVote(OnTheTable, frozen=True, kw_only=True, tag="open_vote"):
    """Put what is on the table to the vote; ``mode`` None: as the law and the requests have it.

    ``reason`` is needed to vote again on what was already proclaimed.
    """

    mode: Mode | None = None
    reason: str = ""


class CastBallots(OnTheTable, frozen=True, kw_only=True, tag="cast_ballots"):
    """Names and senses, some or all; a holder's two voices are two ballots."""

    ballots: tuple[Ballot, ...]


class Count(OnTheTable, frozen=True, kw_only=True):
    """What closes a vote.

    ``tally`` alone, or ``ballots`` by name: in an ordinary vote the voices that are not named are for (« unanimité sauf »).
    ``president``: the session president's own vote, when only counts are given; needed in a tie, forbidden in a secret ballot.
    """

    tally: Tally | None = None
    ballots: tuple[Ballot, ...] = ()
    president: Choice | None = None


class CloseVote(Count, frozen=True, kw_only=True, tag="close_vote"):
    """Close the vote with its count."""


class CorrectVote(Count, frozen=True, kw_only=True, tag="correct_vote"):
    """Correct a count before its proclamation."""

    reason: str


class AnnulVote(OnTheTable, frozen=True, kw_only=True, tag="annul_vote"):
    """The president voids a vote that is not proclaimed."""

    reason: str


class CheckVote(OnTheTable, frozen=True, kw_only=True, tag="check_vote"):
    """A room has read what was noted of its members' voices, once the vote is closed (VO18): as they were said, or not."""

    room: RoomId
    agrees: bool


class NoteAssistance(RegisterCommand, frozen=True, kw_only=True, tag="note_assistance"):
    """A member is helped to vote, not being able to alone (AC3)."""

    item: str
    person: Person


class Proclaim(OnTheTable, frozen=True, kw_only=True, tag="proclaim"):
    """The president proclaims the result."""

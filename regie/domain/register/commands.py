"""Commands of the legal register: one type an intention. Who may give which is checked outside; ``who`` and ``place`` only go on
record: the account that acts, and the room it acts from."""

import msgspec

from regie.domain.register.agenda import AgendaItem, RecusalKind
from regie.domain.register.convocation import Convocation, Posting, Proof
from regie.domain.register.presence import Cause
from regie.domain.register.proxies import Writing
from regie.domain.register.regimes import Body, RegimeId
from regie.domain.register.remote import HouseRules, RoomId, RoomSpec
from regie.domain.register.roster import Person, Roster
from regie.domain.register.rounds import Candidate, Round
from regie.domain.register.votes import Ballot, Choice, Mode, Tally


class RegisterCommand(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"
):
    """Base: a frozen value with a tag on the wire."""

    who: str = ""
    place: RoomId = ""


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


class NoticeSubstitute(RegisterCommand, frozen=True, kw_only=True, tag="notice_substitute"):
    """A titular says that the substitute will sit."""

    titular: Person


class OpenRoom(RegisterCommand, frozen=True, kw_only=True, tag="open_room"):
    """Open a room; its agent is there."""

    room: RoomId


class AttestRoom(RegisterCommand, frozen=True, kw_only=True, tag="attest_room"):
    """The agent's word on the two-way test of a room."""

    room: RoomId
    passed: bool


class AdmitPublic(RegisterCommand, frozen=True, kw_only=True, tag="admit_public"):
    """A room's doors are open to the public, or not."""

    room: RoomId
    admitted: bool = True


class SetAgent(RegisterCommand, frozen=True, kw_only=True, tag="set_agent"):
    """A room's agent is there, or left."""

    room: RoomId
    there: bool


class ReportStream(RegisterCommand, frozen=True, kw_only=True, tag="report_stream"):
    """The live broadcast runs, or not."""

    up: bool


class Arrive(RegisterCommand, frozen=True, kw_only=True, tag="arrive"):
    """A councillor or a substitute comes into a room."""

    person: Person
    room: RoomId


class Leave(RegisterCommand, frozen=True, kw_only=True, tag="leave"):
    """A councillor or a substitute leaves."""

    person: Person
    cause: Cause = Cause.FREE


class UndoPresence(RegisterCommand, frozen=True, kw_only=True, tag="undo_presence"):
    """Take back the last arrival or departure of somebody, within ten seconds."""

    person: Person


class CorrectStay(RegisterCommand, frozen=True, kw_only=True, tag="correct_stay"):
    """Correct the times of the ``rank``-th stay; what was frozen into acts does not change."""

    rank: int
    since_ms: int
    until_ms: int | None
    reason: str


class LodgeProxy(RegisterCommand, frozen=True, kw_only=True, tag="lodge_proxy"):
    """Receive a proxy under a new id."""

    proxy: str
    writing: Writing


class AuthenticateProxy(RegisterCommand, frozen=True, kw_only=True, tag="authenticate_proxy"):
    """Its author is now certain."""

    proxy: str


class ContestProxy(RegisterCommand, frozen=True, kw_only=True, tag="contest_proxy"):
    """It is contested, or no more."""

    proxy: str
    contested: bool = True


class RevokeProxy(RegisterCommand, frozen=True, kw_only=True, tag="revoke_proxy"):
    """The giver takes it back."""

    proxy: str


class OpenSitting(RegisterCommand, frozen=True, kw_only=True, tag="open_sitting"):
    """The president opens the séance."""

    president: Person


class SuspendSitting(RegisterCommand, frozen=True, kw_only=True, tag="suspend_sitting"):
    """The president suspends the séance."""


class ResumeSitting(RegisterCommand, frozen=True, kw_only=True, tag="resume_sitting"):
    """The president resumes the séance; the quorum is checked."""


class DeclareNoQuorum(RegisterCommand, frozen=True, kw_only=True, tag="declare_no_quorum"):
    """The president notes that the quorum is missing and ends the séance, to call it again."""


class CloseSitting(RegisterCommand, frozen=True, kw_only=True, tag="close_sitting"):
    """The president closes the séance; what remains is postponed."""


class PassPresidency(RegisterCommand, frozen=True, kw_only=True, tag="pass_presidency"):
    """Somebody else presides."""

    president: Person


class AppointSecretaries(RegisterCommand, frozen=True, kw_only=True, tag="appoint_secretaries"):
    """The council names its secretaries."""

    secretaries: tuple[Person, ...]


class Recuse(RegisterCommand, frozen=True, kw_only=True, tag="recuse"):
    """A member takes no part in an item; without ``kind``, that which the declared interests call for."""

    item: str
    seat: Person
    kind: RecusalKind | None = None


class CallItem(RegisterCommand, frozen=True, kw_only=True, tag="call_item"):
    """Put an item to discussion, or several together when nobody objects."""

    items: tuple[str, ...]
    nobody_objects: bool = False


class OpenDebate(RegisterCommand, frozen=True, kw_only=True, tag="open_debate"):
    """Debate what is on the table."""


class PostponeItem(RegisterCommand, frozen=True, kw_only=True, tag="postpone_item"):
    """Put an item off to another séance."""

    item: str


class WithdrawItem(RegisterCommand, frozen=True, kw_only=True, tag="withdraw_item"):
    """Take an item off."""

    item: str


class NoteItem(RegisterCommand, frozen=True, kw_only=True, tag="note_item"):
    """Take note of an item, without a vote."""

    item: str


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


class OpenVote(RegisterCommand, frozen=True, kw_only=True, tag="open_vote"):
    """Put what is on the table to the vote; ``mode`` None: as the law and the requests have it.

    ``reason`` is needed to vote again on what was already proclaimed.
    """

    mode: Mode | None = None
    reason: str = ""


class CastBallots(RegisterCommand, frozen=True, kw_only=True, tag="cast_ballots"):
    """Names and senses, some or all; a holder's two voices are two ballots."""

    ballots: tuple[Ballot, ...]


class Count(RegisterCommand, frozen=True, kw_only=True):
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


class AnnulVote(RegisterCommand, frozen=True, kw_only=True, tag="annul_vote"):
    """The president voids a vote that is not proclaimed."""

    reason: str


class Proclaim(RegisterCommand, frozen=True, kw_only=True, tag="proclaim"):
    """The president proclaims the result."""


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


class ReportLinkLost(RegisterCommand, frozen=True, kw_only=True, tag="report_link_lost"):
    """A room has been cut off since ``since_ms`` (UTC)."""

    room: RoomId
    since_ms: int


class ReportLinkBack(RegisterCommand, frozen=True, kw_only=True, tag="report_link_back"):
    """A room's link works again."""

    room: RoomId


class CallRoomRoll(RegisterCommand, frozen=True, kw_only=True, tag="call_room_roll"):
    """Who answered the roll call of a room that came back."""

    room: RoomId
    present: tuple[Person, ...]


class UseAudio(RegisterCommand, frozen=True, kw_only=True, tag="use_audio"):
    """Go on with sound only in a room."""

    room: RoomId
    reason: str


class ResumeWithoutRoom(RegisterCommand, frozen=True, kw_only=True, tag="resume_without_room"):
    """The president resumes without a room that does not come back."""

    room: RoomId
    reason: str


class ReportFrozen(RegisterCommand, frozen=True, kw_only=True, tag="report_frozen"):
    """The agent declares that somebody's picture has been frozen for ``lasted_ms``."""

    person: Person
    lasted_ms: int


AnyCommand = (
    Convene
    | ProveConvocation
    | AddItem
    | ReorderAgenda
    | EndMandate
    | NoticeSubstitute
    | OpenRoom
    | AttestRoom
    | AdmitPublic
    | SetAgent
    | ReportStream
    | Arrive
    | Leave
    | UndoPresence
    | CorrectStay
    | LodgeProxy
    | AuthenticateProxy
    | ContestProxy
    | RevokeProxy
    | OpenSitting
    | SuspendSitting
    | ResumeSitting
    | DeclareNoQuorum
    | CloseSitting
    | PassPresidency
    | AppointSecretaries
    | Recuse
    | CallItem
    | OpenDebate
    | PostponeItem
    | WithdrawItem
    | NoteItem
    | RequestBallot
    | WaiveSecrecy
    | CallCandidates
    | HoldRound
    | ProclaimAppointment
    | OpenVote
    | CastBallots
    | CloseVote
    | CorrectVote
    | AnnulVote
    | Proclaim
    | AskClosedDoors
    | DecideClosedDoors
    | ConfirmPublicOut
    | ReopenDoors
    | ReportLinkLost
    | ReportLinkBack
    | CallRoomRoll
    | UseAudio
    | ResumeWithoutRoom
    | ReportFrozen
)

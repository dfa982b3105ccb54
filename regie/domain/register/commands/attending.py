"""Entries, exits, substitutes, proxies."""

from regie.domain.register.commands.base import RegisterCommand
from regie.domain.register.presence import Cause
from regie.domain.register.proxies import Writing
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person


class NoticeSubstitute(RegisterCommand, frozen=True, kw_only=True, tag="notice_substitute"):
    """A titular says that the substitute will sit."""

    titular: Person


class Arrive(RegisterCommand, frozen=True, kw_only=True, tag="arrive"):
    """A councillor or a substitute comes into a room; ``when_ms`` (UTC) if it happened before it is entered."""

    person: Person
    room: RoomId
    when_ms: int | None = None


class Leave(RegisterCommand, frozen=True, kw_only=True, tag="leave"):
    """A councillor or a substitute leaves; ``when_ms`` (UTC) if it happened before it is entered."""

    person: Person
    cause: Cause = Cause.FREE
    when_ms: int | None = None


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
    """Receive a proxy under a new id; ``when_ms`` (UTC) if it was handed over before it is entered."""

    proxy: str
    writing: Writing
    when_ms: int | None = None


class AuthenticateProxy(RegisterCommand, frozen=True, kw_only=True, tag="authenticate_proxy"):
    """Its author is now certain."""

    proxy: str


class ContestProxy(RegisterCommand, frozen=True, kw_only=True, tag="contest_proxy"):
    """It is contested, or no more."""

    proxy: str
    contested: bool = True


class RevokeProxy(RegisterCommand, frozen=True, kw_only=True, tag="revoke_proxy"):
    """The giver takes it back; or it was never given (``mistaken``): it was entered by mistake."""

    proxy: str
    mistaken: bool = False

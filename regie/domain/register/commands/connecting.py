"""Rooms, links, the broadcast."""

from regie.domain.register.commands.base import RegisterCommand
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person


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

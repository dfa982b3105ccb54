"""Rooms, links, the broadcast."""

from typing import ClassVar

from regie.domain.register.events.base import Act, Counted
from regie.domain.register.remote import RoomId
from regie.domain.register.roster import Person


class RoomOpened(Act, frozen=True, kw_only=True):
    """A room is open, with its agent in it."""

    KIND: ClassVar[str] = "room_opened"
    room: RoomId


class RoomTested(Act, frozen=True, kw_only=True):
    """The two-way test of a room, attested by its agent (TC7)."""

    KIND: ClassVar[str] = "room_tested"
    room: RoomId
    passed: bool


class PublicAdmitted(Act, frozen=True, kw_only=True):
    """A room's doors are open to the public, or not (TC2)."""

    KIND: ClassVar[str] = "public_admitted"
    room: RoomId
    admitted: bool


class AgentChanged(Act, frozen=True, kw_only=True):
    """A room's agent is there, or left (TC4)."""

    KIND: ClassVar[str] = "agent_changed"
    room: RoomId
    there: bool


class StreamChanged(Act, frozen=True, kw_only=True):
    """The live broadcast runs, or not (TC2, TL9)."""

    KIND: ClassVar[str] = "stream_changed"
    up: bool


class LinkLost(Counted, frozen=True, kw_only=True):
    """A room is cut off since ``since_ms`` (TL1)."""

    KIND: ClassVar[str] = "link_lost"
    room: RoomId
    since_ms: int


class LinkBack(Counted, frozen=True, kw_only=True):
    """A room's link works again; ``call_needed``: its members have to be called first (TL5)."""

    KIND: ClassVar[str] = "link_back"
    room: RoomId
    call_needed: bool


class RoomRollCalled(Counted, frozen=True, kw_only=True):
    """A room's members were called after its return (TL5)."""

    KIND: ClassVar[str] = "room_roll_called"
    room: RoomId
    present: tuple[Person, ...]


class AudioFallback(Counted, frozen=True, kw_only=True):
    """A room goes on with sound only (TC3)."""

    KIND: ClassVar[str] = "audio_fallback"
    room: RoomId
    reason: str


class RoomLeftOut(Counted, frozen=True, kw_only=True):
    """The president goes on without a room (TL6)."""

    KIND: ClassVar[str] = "room_left_out"
    room: RoomId
    reason: str

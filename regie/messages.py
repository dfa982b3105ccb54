"""What our processes say to each other. One closed union; MessagePack on the wire (see :mod:`regie.link`).

Control and rtc connect to the engine; control also connects to rtc for signalling. A message that asks carries an ``id`` that its
answer repeats.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from regie.board import EngineStatus, Levels
from regie.domain.commands import EngineCommand


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="m"):
    """Base of the messages."""


class Call(_Message, frozen=True, tag="call"):
    """Control asks the engine to carry out a command."""

    id: int
    command: EngineCommand


class Answer(_Message, frozen=True, tag="answer"):
    """The end of a call or of an offer: done when ``code`` is empty, else a stable refusal code with its English sentence."""

    id: int
    code: str = ""
    detail: str = ""
    sdp: str = ""


class Subscribe(_Message, frozen=True, tag="subscribe"):
    """What a client wants pushed: any of ``status``, ``thumbnails``, ``programme`` (before the delay), ``antenne`` (after); or the
    sound alone of a mix: ``casque`` (headphones), ``salle`` (loudspeakers), ``n-1.<input>`` (the return of a remote input
    while it is heard; else its return is the programme's sound, which comes after it for the same instant).
    """

    streams: tuple[str, ...]


class StatusNews(_Message, frozen=True, tag="status"):
    """The engine's state; at each change, at most ten times a second, at least once a second."""

    status: EngineStatus


class LevelsNews(_Message, frozen=True, tag="levels"):
    """Meters, ten times a second."""

    levels: Levels


class ThumbnailNews(_Message, frozen=True, tag="thumb"):
    """A small JPEG of a source, or of the buses (``bus.preview``, ``bus.programme``)."""

    source: str
    at: int
    jpeg: bytes


class PictureNews(_Message, frozen=True, tag="picture"):
    """One encoded picture of a stream (``programme`` or ``antenne``), Annex B."""

    stream: str
    tier: str
    at: int
    key: bool
    data: bytes


class SoundNews(_Message, frozen=True, tag="sound"):
    """A block of a stream's sound: interleaved stereo s16le at 48 kHz."""

    stream: str
    at: int
    data: bytes


class Way(StrEnum):
    """Which way a remote room's connection carries picture and sound."""

    BOTH = "both"
    IN = "in"
    OUT = "out"


class Offer(_Message, frozen=True, tag="offer"):
    """Control brings a browser's WebRTC offer to rtc; the answer carries the SDP.

    ``stream`` is what it wants to see; ``room`` names the remote room that it is for, and ``way`` whether it sends what the room
    shows, receives what the room sees, or both; ``document``: only the picture of what the room shares. ``client`` is the address
    the request came from, which stands in for the names that browsers put in place of their own addresses.
    ``screen``: it shows a room's public what the room sees.
    """

    id: int
    session: str
    stream: str
    sdp: str
    tier: str = ""
    client: str = ""
    room: str = ""
    document: bool = False
    way: Way = Way.BOTH
    screen: bool = False


class RoomMedia(_Message, frozen=True, tag="room_media"):
    """What a room sent: an access unit (H.264, Annex B), a frame of VP8, or an Opus packet (48 kHz, 20 ms).

    ``at_us``: its capture, in microseconds on rtc's clock; picture and sound of a room are on the same one. ``codec``: of
    its pictures, by FFmpeg's name, the same in all that a connection sends.
    """

    source: str
    picture: bool
    at_us: int
    key: bool
    data: bytes
    codec: Literal["h264", "vp8"] = "h264"


class RoomGone(_Message, frozen=True, tag="room_gone"):
    """A room's connection ended."""

    source: str


class RoomNews(_Message, frozen=True, tag="room_news"):
    """How a room's link goes: once a second, and at its end (``state`` closed). ``tier`` None: sound only. Ages of what it sent."""

    session: str
    source: str
    state: str
    tier: str | None = ""
    kbps: int = 0
    lost: int = 0
    loss_permille: int = 0
    picture_age_ms: int | None = None
    sound_age_ms: int | None = None
    connected_ms: int = 0


class Hangup(_Message, frozen=True, tag="hangup"):
    """A browser left; or, with ``room`` alone, a remote room must neither be seen nor see any more.

    ``screens``: every screen of a room's public is hung up, whoever remembers it.
    """

    session: str = ""
    room: str = ""
    screens: bool = False


Message = (
    Call
    | Answer
    | Subscribe
    | StatusNews
    | LevelsNews
    | ThumbnailNews
    | PictureNews
    | SoundNews
    | Offer
    | Hangup
    | RoomMedia
    | RoomGone
    | RoomNews
)

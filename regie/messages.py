"""What our processes say to each other. One closed union; MessagePack on the wire (see :mod:`regie.link`).

Control and rtc connect to the engine; control also connects to rtc for signalling. A message that asks carries an ``id`` that its
answer repeats.
"""

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
    """What a client wants pushed: any of ``status``, ``thumbnails``, ``programme`` (before the delay), ``antenne`` (after)."""

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


class Offer(_Message, frozen=True, tag="offer"):
    """Control brings a browser's WebRTC offer to rtc; the answer carries the SDP.

    ``stream`` is what it wants to see; ``client`` is the address the request came from, which stands in for the names that
    browsers put in place of their own addresses.
    """

    id: int
    session: str
    stream: str
    sdp: str
    tier: str = ""
    client: str = ""


class Hangup(_Message, frozen=True, tag="hangup"):
    """The browser left."""

    session: str


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
)

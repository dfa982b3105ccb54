"""RTMP messages to chunks and back (Adobe, *RTMP 1.0*, 2012, sections 5.3 and 5.4). Pure.

Outgoing messages always have a whole header (type 0): twelve bytes a picture buy freedom from state. Incoming ones may use all.
"""

from dataclasses import dataclass, field

from regie.errors import RegieError

SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW_SIZE, PEER_BANDWIDTH = 1, 2, 3, 4, 5, 6
SOUND, PICTURE, DATA, COMMAND_AMF3, COMMAND = 8, 9, 18, 17, 20

CONTROL_CHUNKS, COMMAND_CHUNKS, SOUND_CHUNKS, DATA_CHUNKS, PICTURE_CHUNKS = 2, 3, 4, 5, 6
"""Chunk streams that we use for each kind of message."""

_EXTENDED = 0xFFFFFF
_FIRST_SIZE = 128
_LARGEST_MESSAGE = 1 << 20
_LARGEST_CHUNK = 0xFFFFFF
_MOST_STREAMS = 64
_HEADER_SIZES = (11, 7, 3, 0)


class BadChunk(RegieError):
    """The server sends something that is not RTMP, or more than a publisher should ever get."""

    code = "rtmp_invalide"


@dataclass(frozen=True, slots=True)
class Message:
    """One RTMP message; ``timestamp`` in milliseconds, wraps at 32 bits."""

    kind: int
    payload: bytes
    timestamp: int = 0
    stream: int = 0


def write(message: Message, chunks: int, size: int) -> bytes:
    """A message as chunks of at most ``size`` bytes on the chunk stream ``chunks`` (2 to 63)."""
    timestamp = message.timestamp & 0xFFFFFFFF
    extended = timestamp.to_bytes(4, "big") if timestamp >= _EXTENDED else b""
    payload = message.payload
    parts = [
        bytes((chunks,)),
        min(timestamp, _EXTENDED).to_bytes(3, "big"),
        len(payload).to_bytes(3, "big"),
        bytes((message.kind,)),
        message.stream.to_bytes(4, "little"),
        extended,
        payload[:size],
    ]
    # The extended time is repeated in each following chunk (5.3.1.3), as servers in use expect.
    following = bytes((0xC0 | chunks,)) + extended
    for place in range(size, len(payload), size):
        parts += (following, payload[place : place + size])
    return b"".join(parts)


@dataclass(slots=True)
class _Stream:
    """What a chunk stream remembers from one header to the next."""

    timestamp: int = 0
    delta: int = 0
    extended: bool = False
    length: int = 0
    kind: int = 0
    stream: int = 0
    partial: bytearray = field(default_factory=bytearray)
    under_way: bool = False


class ChunkReader:
    """Gathers chunks, however the bytes are split, into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._streams: dict[int, _Stream] = {}
        self._size = _FIRST_SIZE

    def receive(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises BadChunk; the reader is of no use afterwards."""
        self._buffer += data
        messages = []
        place = 0
        while (step := self._chunk(place)) is not None:
            place, message = step
            if message is not None and not self._own(message):
                messages.append(message)
        del self._buffer[:place]
        return messages

    def _own(self, message: Message) -> bool:
        """Messages about chunks themselves end here."""
        number = int.from_bytes(message.payload[:4], "big")
        if message.kind == SET_CHUNK_SIZE:
            if not 1 <= number <= 0x7FFFFFFF:
                raise BadChunk("a chunk size of nothing")
            self._size = min(number, _LARGEST_CHUNK)
        elif message.kind == ABORT:
            if stream := self._streams.get(number):
                stream.partial.clear()
                stream.under_way = False
        else:
            return False
        return True

    def _chunk(self, place: int) -> tuple[int, Message | None] | None:
        """The chunk at ``place``: where it ends and the message it completes; None when it is not all there."""
        head = self._basic_header(place)
        if head is None:
            return None
        form, number, place = head
        stream = self._streams.get(number)
        if stream is None:
            if form != 0:
                raise BadChunk("a chunk refers to a header that never came")
            if len(self._streams) >= _MOST_STREAMS:
                raise BadChunk("too many chunk streams")
            stream = _Stream()
        if stream.under_way and form != 3:
            raise BadChunk("a message begins inside another of its chunk stream")
        header = bytes(self._buffer[place : place + _HEADER_SIZES[form]])
        place += len(header)
        if len(header) < _HEADER_SIZES[form]:
            return None
        field_time = int.from_bytes(header[:3], "big") if header else 0
        extended = field_time == _EXTENDED if header else stream.extended
        if extended:
            if len(self._buffer) < place + 4:
                return None
            field_time = int.from_bytes(self._buffer[place : place + 4], "big")
            place += 4
        length = int.from_bytes(header[3:6], "big") if form < 2 else stream.length
        if length > _LARGEST_MESSAGE:
            raise BadChunk("a message too long for a publisher", length=length)
        size = min(self._size, length - len(stream.partial))
        if len(self._buffer) < place + size:
            return None
        self._streams[number] = stream
        self._note(stream, form, header, field_time, extended)
        stream.partial += self._buffer[place : place + size]
        return place + size, self._complete(stream)

    def _basic_header(self, place: int) -> tuple[int, int, int] | None:
        head = bytes(self._buffer[place : place + 3])
        if not head:
            return None
        form, number = head[0] >> 6, head[0] & 0x3F
        if number >= 2:
            return form, number, place + 1
        if len(head) < 2 + number:
            return None
        return (
            (form, 64 + head[1], place + 2)
            if number == 0
            else (form, 64 + head[1] + (head[2] << 8), place + 3)
        )

    def _note(self, stream: _Stream, form: int, header: bytes, time: int, extended: bool) -> None:
        """Take a header in; a continuation (type 3 inside a message) changes nothing."""
        if form < 2:
            stream.length = int.from_bytes(header[3:6], "big")
            stream.kind = header[6]
        if form == 0:
            stream.stream = int.from_bytes(header[7:11], "little")
            stream.timestamp, stream.delta = time, 0
        elif form < 3:
            stream.delta = time
        if form < 3:
            stream.extended = extended
        if not stream.under_way:
            if form:
                stream.timestamp = (stream.timestamp + stream.delta) & 0xFFFFFFFF
            stream.under_way = True

    def _complete(self, stream: _Stream) -> Message | None:
        if len(stream.partial) < stream.length:
            return None
        message = Message(stream.kind, bytes(stream.partial), stream.timestamp, stream.stream)
        stream.partial.clear()
        stream.under_way = False
        return message

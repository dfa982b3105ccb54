"""VISCA on the wire, without I/O: framing, headers, classification of answers.

Three framings exist. *Sony VISCA over IP* (UDP 52381) puts an eight-byte header before each message: payload type, length,
sequence number, big-endian. *Raw* VISCA over TCP (5678) or UDP (1259) sends the serial bytes alone, ended by ``FF``.
Sources: Sony BRC-X400 command list, pages 10 and 13; PTZOptics 12x-SDI manual, page 54.
"""

import struct
from dataclasses import dataclass
from enum import Enum, IntEnum

TERMINATOR = 0xFF
MAX_PAYLOAD = 16
MAX_PENDING = 64
_HEADER = struct.Struct(">HHI")


class PayloadType(IntEnum):
    """First two bytes of a Sony header."""

    COMMAND = 0x0100
    INQUIRY = 0x0110
    REPLY = 0x0111
    DEVICE_SETTING = 0x0120
    CONTROL = 0x0200
    CONTROL_REPLY = 0x0201


RESET = b"\x01"
SEQUENCE_ERROR = b"\x0f\x01"
MESSAGE_ERROR = b"\x0f\x02"


class ReplyKind(Enum):
    """What an answer of the camera means."""

    ACK = "ack"
    COMPLETION = "completion"
    ANSWER = "answer"
    ERROR = "error"
    NETWORK_CHANGE = "network_change"
    UNKNOWN = "unknown"


class ErrorCode(IntEnum):
    """Second byte of an error answer."""

    LENGTH = 0x01
    SYNTAX = 0x02
    BUFFER_FULL = 0x03
    CANCELLED = 0x04
    NO_SOCKET = 0x05
    NOT_EXECUTABLE = 0x41


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its kind, the socket nibble, the data between the two first bytes and ``FF`` (for an error, its code)."""

    kind: ReplyKind
    socket: int = 0
    data: bytes = b""

    @property
    def error(self) -> int:
        """The error code, 0 when this is none."""
        return self.data[0] if self.kind is ReplyKind.ERROR and self.data else 0


@dataclass(frozen=True, slots=True)
class Packet:
    """A Sony message: type, sequence number, payload."""

    type: int
    sequence: int
    payload: bytes


def encode_packet(packet: Packet) -> bytes:
    """Header and payload. Raises ValueError for a payload that VISCA over IP cannot carry."""
    if not 1 <= len(packet.payload) <= MAX_PAYLOAD:
        raise ValueError(f"a VISCA payload has 1 to {MAX_PAYLOAD} bytes, not {len(packet.payload)}")
    return _HEADER.pack(packet.type, len(packet.payload), packet.sequence & 0xFFFFFFFF) + packet.payload


def decode_packet(data: bytes) -> Packet | None:
    """A datagram; None when it is none of ours. Bytes after the announced length are ignored, as some cameras pad."""
    if len(data) <= _HEADER.size:
        return None
    kind, length, sequence = _HEADER.unpack_from(data)
    payload = data[_HEADER.size : _HEADER.size + length]
    if not payload or len(payload) != length or length > MAX_PAYLOAD:
        return None
    return Packet(kind, sequence, payload)


def parse_reply(payload: bytes) -> Reply:
    """Classify one answer, ``FF`` included. Never raises: what makes no sense is UNKNOWN.

    The address nibble is not checked: over IP it is locked, and bridges send others. ``z0 38 FF`` is a network change, sent by
    AVer and some Sony cameras at their start.
    """
    if len(payload) < 3 or payload[-1] != TERMINATOR or payload[0] < 0x90:
        return Reply(ReplyKind.UNKNOWN)
    head, socket, data = payload[1] & 0xF0, payload[1] & 0x0F, payload[2:-1]
    if payload[1] == 0x38 and not data:
        return Reply(ReplyKind.NETWORK_CHANGE)
    if head == 0x40 and not data:
        return Reply(ReplyKind.ACK, socket)
    if head == 0x50:
        return Reply(ReplyKind.ANSWER if data else ReplyKind.COMPLETION, socket, data)
    if head == 0x60 and len(data) == 1:
        return Reply(ReplyKind.ERROR, socket, data)
    return Reply(ReplyKind.UNKNOWN)


class Splitter:
    """Cuts a stream of raw VISCA into messages, whatever the pieces it arrives in.

    Noise is bounded: bytes without a terminator are thrown away past :data:`MAX_PENDING`, and counted.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self.discarded = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Messages that are complete now, ``FF`` included."""
        messages: list[bytes] = []
        for byte in data:
            self._pending.append(byte)
            if byte == TERMINATOR:
                messages.append(bytes(self._pending))
                self._pending.clear()
            elif len(self._pending) > MAX_PENDING:
                self.discarded += len(self._pending)
                self._pending.clear()
        return messages

    def reset(self) -> None:
        """The stream starts again."""
        self._pending.clear()

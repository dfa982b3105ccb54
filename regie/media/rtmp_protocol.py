"""An RTMP publisher without its socket: bytes in, bytes and state out (Adobe, *RTMP 1.0*, 2012; *Enhanced* parts not used).

``RtmpClient`` goes HANDSHAKE → CONNECTING → CREATING → PUBLISHING → LIVE, or FAILED with a stable code. The server's faults never
raise out of :meth:`RtmpClient.receive`. The simple handshake is used: publishing servers accept it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from regie.errors import RegieError
from regie.media import amf, rtmp_chunks
from regie.media.rtmp_chunks import BadChunk, ChunkReader, Message

CHUNK_SIZE = 60_000
"""Most pictures go in one chunk; servers accept it (FFmpeg publishes with the same)."""
WINDOW = 2_500_000
"""Bytes between acknowledgements that we ask for; we judge progress by the socket, not by them."""
_VERSION = b"\x03"
_SIGNATURE = 1536
_PING_REQUEST, _PING_RESPONSE = 6, 7
_AGENT = "FMLE/3.0 (compatible; regie)"
_CONNECT, _RELEASE, _FCPUBLISH, _CREATE, _PUBLISH = 1, 2, 3, 4, 5
_PORTS = {"rtmp": 1935, "rtmps": 443}

KEY_REFUSED = "cle_refusee"
APP_REFUSED = "application_refusee"
STREAM_REFUSED = "diffusion_refusee"
STOPPED_BY_SERVER = "arret_du_serveur"


class BadAddress(RegieError):
    """An address that no RTMP server can have."""

    code = "adresse_invalide"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to publish. ``stream`` is the key: never printed."""

    tls: bool
    host: str
    port: int
    app: str
    stream: str = field(repr=False)

    @property
    def url(self) -> str:
        """The application's address (``tcUrl``), without the key."""
        scheme = "rtmps" if self.tls else "rtmp"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}/{self.app}"


def target(address: str, key: str | None) -> Target:
    """An address and a key, or an address that ends with its key. Raises BadAddress (without quoting either)."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise BadAddress("the address is not a URL") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadAddress("the address is not rtmp://host/… nor rtmps://host/…")
    path = parts.path.strip("/") + (f"?{parts.query}" if parts.query else "")
    if key is None:
        path, _, key = path.rpartition("/")
    if not path or not key:
        raise BadAddress("the address lacks its application or its key")
    return Target(parts.scheme == "rtmps", parts.hostname, port or _PORTS[parts.scheme], path, key)


class State(StrEnum):
    """Where a publication stands."""

    HANDSHAKE = "handshake"
    CONNECTING = "connecting"
    CREATING = "creating"
    PUBLISHING = "publishing"
    LIVE = "live"
    FAILED = "failed"
    CLOSED = "closed"


class RtmpClient:
    """One publication on one connection. Call :meth:`data_to_send` after every other call and send what it gives."""

    def __init__(self, to: Target, nonce: bytes | None = None) -> None:
        self._target = to
        self._reader = ChunkReader()
        self._handshake = bytearray()
        self._signature = bytes(8) + (nonce or secrets.token_bytes(_SIGNATURE - 8))
        self._out: list[bytes] = [_VERSION, self._signature]
        self._chunk_size = 128
        self._received = self._acknowledged = 0
        self._window = 0
        self._stream = 0
        self.state = State.HANDSHAKE
        self.failure = ""
        """Stable code once the state is FAILED."""
        self.failure_detail = ""
        """The server's own code (``NetStream.Publish.BadName``…), for the log."""

    def data_to_send(self) -> bytes:
        """Everything to send since the last call."""
        data, self._out = b"".join(self._out), []
        return data

    def receive(self, data: bytes) -> None:
        """Take bytes from the server; look at :attr:`state` afterwards."""
        if self.state in (State.FAILED, State.CLOSED):
            return
        self._received += len(data)
        try:
            if self.state is State.HANDSHAKE:
                data = self._shake(data)
            for message in self._reader.receive(data) if data else ():
                self._handle(message)
        except (BadChunk, amf.BadAmf) as error:
            self._fail(error.stable_code, error.message)
            return
        if self._window and self._received - self._acknowledged >= self._window:
            self._acknowledged = self._received
            self._control(rtmp_chunks.ACKNOWLEDGEMENT, self._received & 0xFFFFFFFF)

    def send(self, kind: int, payload: bytes, timestamp: int) -> None:
        """Send a picture, a sound or metadata (``rtmp_chunks.PICTURE``, ``SOUND``, ``DATA``). Only when LIVE."""
        if self.state is not State.LIVE:
            raise AssertionError("media before the server accepted the publication")
        self._out.append(framed(kind, payload, timestamp, self._stream))

    @property
    def stream(self) -> int:
        """The message stream that the server gave; most give 1, so that framed messages can be shared."""
        return self._stream

    def send_framed(self, data: bytes) -> None:
        """Send what :func:`framed` made for our message stream. Only when LIVE."""
        if self.state is not State.LIVE:
            raise AssertionError("media before the server accepted the publication")
        self._out.append(data)

    def close(self) -> None:
        """Say goodbye."""
        if self.state is State.LIVE:
            self._command("FCUnpublish", 6, None, self._target.stream)
            self._command("deleteStream", 7, None, self._stream)
        if self.state is not State.FAILED:
            self.state = State.CLOSED

    def _shake(self, data: bytes) -> bytes:
        """S0, S1, S2 (5.2): any S2 is accepted, as servers with the digest variant answer what they like."""
        self._handshake += data
        if self._handshake and self._handshake[:1] != _VERSION:
            raise BadChunk("the server does not speak RTMP 3")
        if len(self._handshake) < 1 + 2 * _SIGNATURE:
            return b""
        self._out.append(bytes(self._handshake[1 : 1 + _SIGNATURE]))
        rest = bytes(self._handshake[1 + 2 * _SIGNATURE :])
        self._handshake.clear()
        self.state = State.CONNECTING
        about: dict[str, amf.Value] = {"app": self._target.app, "type": "nonprivate", "flashVer": _AGENT}
        self._command("connect", _CONNECT, about | {"tcUrl": self._target.url})
        return rest

    def _handle(self, message: Message) -> None:
        number = int.from_bytes(message.payload[:4], "big")
        match message.kind:
            case rtmp_chunks.WINDOW_SIZE:
                self._window = number
            case rtmp_chunks.PEER_BANDWIDTH:
                self._control(rtmp_chunks.WINDOW_SIZE, WINDOW)
            case rtmp_chunks.USER_CONTROL if int.from_bytes(message.payload[:2], "big") == _PING_REQUEST:
                answer = _PING_RESPONSE.to_bytes(2, "big") + message.payload[2:6]
                self._write(Message(rtmp_chunks.USER_CONTROL, answer), rtmp_chunks.CONTROL_CHUNKS)
            case rtmp_chunks.COMMAND:
                self._answer(amf.decode(message.payload))
            case rtmp_chunks.COMMAND_AMF3:
                self._answer(amf.decode(message.payload[1:]))
            case _:
                pass

    def _answer(self, values: list[amf.Value]) -> None:
        match values:
            case ["_result", 1.0, *_] if self.state is State.CONNECTING:
                self._create()
            case ["_result", 4.0, _, float(stream), *_] if (
                self.state is State.CREATING and 0 < stream < 1 << 32
            ):
                self._stream = int(stream)
                self.state = State.PUBLISHING
                self._command("publish", _PUBLISH, None, self._target.stream, "live", stream=self._stream)
            case ["_error", float(transaction), *rest] if transaction not in (_RELEASE, _FCPUBLISH):
                self._refused(_code(rest))
            case ["onStatus", _, _, Mapping() as status, *_]:
                self._status(str(status.get("level", "")), str(status.get("code", "")))
            case ["close", *_]:
                self._fail(STOPPED_BY_SERVER, "close")
            case _:
                pass

    def _create(self) -> None:
        self.state = State.CREATING
        self._control(rtmp_chunks.SET_CHUNK_SIZE, CHUNK_SIZE)
        self._chunk_size = CHUNK_SIZE
        self._control(rtmp_chunks.WINDOW_SIZE, WINDOW)
        self._command("releaseStream", _RELEASE, None, self._target.stream)
        self._command("FCPublish", _FCPUBLISH, None, self._target.stream)
        self._command("createStream", _CREATE, None)

    def _status(self, level: str, code: str) -> None:
        if code == "NetStream.Publish.Start" and self.state is State.PUBLISHING:
            self.state = State.LIVE
        elif level == "error" or code.endswith(
            (".BadName", ".Denied", ".Unauthorized", ".Rejected", ".Failed")
        ):
            self._refused(code)
        elif code == "NetStream.Unpublish.Success" and self.state is State.LIVE:
            self._fail(STOPPED_BY_SERVER, code)

    def _refused(self, code: str) -> None:
        if self.state is State.CONNECTING:
            self._fail(APP_REFUSED, code)
        elif self.state is State.PUBLISHING or code.startswith("NetStream.Publish."):
            self._fail(KEY_REFUSED, code)
        else:
            self._fail(STREAM_REFUSED, code)

    def _fail(self, code: str, detail: str) -> None:
        self.state = State.FAILED
        self.failure = code
        self.failure_detail = "".join(c for c in detail[:60] if c.isalnum() or c in ". ")

    def _command(self, name: str, transaction: int, *values: amf.Value, stream: int = 0) -> None:
        payload = amf.encode(name, transaction, *values)
        self._write(Message(rtmp_chunks.COMMAND, payload, stream=stream), rtmp_chunks.COMMAND_CHUNKS)

    def _control(self, kind: int, number: int) -> None:
        self._write(Message(kind, number.to_bytes(4, "big")), rtmp_chunks.CONTROL_CHUNKS)

    def _write(self, message: Message, chunks: int) -> None:
        self._out.append(rtmp_chunks.write(message, chunks, self._chunk_size))


_CHUNKS = {
    rtmp_chunks.PICTURE: rtmp_chunks.PICTURE_CHUNKS,
    rtmp_chunks.SOUND: rtmp_chunks.SOUND_CHUNKS,
    rtmp_chunks.DATA: rtmp_chunks.DATA_CHUNKS,
}


def framed(kind: int, payload: bytes, timestamp: int, stream: int) -> bytes:
    """A media message in chunks of :data:`CHUNK_SIZE`, as any LIVE client with this message stream may send it."""
    return rtmp_chunks.write(Message(kind, payload, timestamp, stream), _CHUNKS[kind], CHUNK_SIZE)


def _code(values: list[amf.Value]) -> str:
    for value in values:
        if isinstance(value, Mapping):
            return str(value.get("code", ""))
    return ""

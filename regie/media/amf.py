"""AMF0, the values of RTMP commands (Adobe, *Action Message Format AMF 0*, 2007). Pure."""

import struct
from collections.abc import Mapping

from regie.errors import RegieError

Value = float | bool | str | None | Mapping[str, "Value"] | list["Value"]

_NUMBER = struct.Struct(">d")
_DEEPEST = 16
_END = b"\0\0\x09"


class BadAmf(RegieError):
    """Bytes that are not AMF0."""

    code = "amf_invalide"


class Array(dict[str, Value]):
    """An object that goes out as an ECMA array, as ``onMetaData`` wants it."""


def encode(*values: Value) -> bytes:
    """Values one after the other."""
    return b"".join(map(_encode, values))


def _encode(value: Value) -> bytes:
    match value:
        case bool():
            return b"\x01\x01" if value else b"\x01\x00"
        case int() | float():
            return b"\0" + _NUMBER.pack(value)
        case str():
            data = value.encode()
            if len(data) > 0xFFFF:
                return b"\x0c" + len(data).to_bytes(4, "big") + data
            return b"\x02" + len(data).to_bytes(2, "big") + data
        case None:
            return b"\x05"
        case Array():
            return b"\x08" + len(value).to_bytes(4, "big") + _members(value)
        case Mapping():
            return b"\x03" + _members(value)
        case _:
            return b"\x0a" + len(value).to_bytes(4, "big") + b"".join(map(_encode, value))


def _members(value: Mapping[str, Value]) -> bytes:
    parts = []
    for name, member in value.items():
        data = name.encode()
        parts.append(len(data).to_bytes(2, "big") + data + _encode(member))
    return b"".join((*parts, _END))


def decode(data: bytes) -> list[Value]:
    """All the values of a message. Raises BadAmf."""
    reader = _Reader(data)
    values = []
    while reader.left:
        values.append(reader.value())
    return values


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._place

    def value(self, depth: int = 0) -> Value:
        if depth > _DEEPEST:
            raise BadAmf("values inside values without end")
        kind = self._take(1)[0]
        match kind:
            case 0:
                return float(_NUMBER.unpack(self._take(8))[0])
            case 1:
                return self._take(1) != b"\0"
            case 2:
                return self._text(2)
            case 3:
                return self._members(depth)
            case 5 | 6:
                return None
            case 8:
                self._take(4)
                return Array(self._members(depth))
            case 10:
                count = self._count(4)
                if count > self.left:
                    raise BadAmf("an array longer than its message")
                return [self.value(depth + 1) for _ in range(count)]
            case 11:
                moment = float(_NUMBER.unpack(self._take(8))[0])
                self._take(2)
                return moment
            case 12 | 15:
                return self._text(4)
            case _:
                raise BadAmf("an unknown kind of value", kind=kind)

    def _members(self, depth: int) -> dict[str, Value]:
        members: dict[str, Value] = {}
        while self._data[self._place : self._place + 3] != _END:
            name = self._text(2)
            members[name] = self.value(depth + 1)
        self._place += 3
        return members

    def _text(self, size: int) -> str:
        return self._take(self._count(size)).decode("utf-8", "replace")

    def _count(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, size: int) -> bytes:
        taken = self._data[self._place : self._place + size]
        if len(taken) < size:
            raise BadAmf("a value cut short")
        self._place += size
        return taken

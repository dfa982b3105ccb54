"""Desks, contacts and automata of any make. No I/O.

JSON (a WebSocket of ours): ``{"micro": "12", "etat": "ouvert"}``, or a list of such. OSC (UDP): ``/micro/12 1``,
``/micro/12 "demande"``, ``/micro "12" 1``.

OSC 1.0: an address and a type string, each ended by NUL and padded to four bytes, then arguments, big-endian; bundles are read.
A number above zero opens, zero closes; a word is one of :class:`ButtonWord` or its English.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any

from audio.conference.events import ButtonWord, ConferenceEvent, MicrophoneIs

PORT = 8000
PREFIXES = ("/micro", "/mic", "/ch", "/regie/micro")
_WORDS = {word.value: word for word in ButtonWord} | {
    "off": ButtonWord.OFF,
    "on": ButtonWord.ON,
    "request": ButtonWord.REQUEST,
    "next": ButtonWord.NEXT,
    "priority": ButtonWord.PRIORITY,
    "priorité": ButtonWord.PRIORITY,
    "fermé": ButtonWord.OFF,
}
_DEEPEST = 4
_NAMES = ("micro", "mic", "microphone", "channel", "canal", "id")
_STATES = ("etat", "état", "state", "status", "open", "ouvert", "on")


class JsonParser:
    """Messages in, events out. ``ignored`` counts what was not understood."""

    def __init__(self) -> None:
        self.ignored = 0

    def feed(self, message: str | bytes) -> tuple[ConferenceEvent, ...]:
        """One message: a microphone, or a list of them."""
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            self.ignored += 1
            return ()
        events = []
        for one in value if isinstance(value, list) else [value]:
            event = _microphone(one) if isinstance(one, dict) else None
            self.ignored += event is None
            if event is not None:
                events.append(event)
        return tuple(events)


def _microphone(said: dict[str, Any]) -> MicrophoneIs | None:
    fields = {key.strip().lower(): value for key, value in said.items()}
    name = next((fields[key] for key in _NAMES if key in fields), None)
    state = next((fields[key] for key in _STATES if key in fields), None)
    if isinstance(name, bool) or not isinstance(name, int | str) or not str(name).strip():
        return None
    word = _word(state)
    return MicrophoneIs(str(name).strip()[:64], word) if word is not None else None


def _word(value: object) -> ButtonWord | None:
    """A word of ours or its English; a flag or a number: above zero opens."""
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower())
    if isinstance(value, bool | int | float):
        return ButtonWord.ON if value > 0 else ButtonWord.OFF
    return None


class OscParser:
    """Datagrams in, events out. ``ignored`` counts what was not understood."""

    def __init__(self) -> None:
        self.ignored = 0

    def feed(self, datagram: bytes) -> tuple[ConferenceEvent, ...]:
        """One datagram."""
        try:
            return tuple(self._packet(datagram, 0))
        except (ValueError, struct.error, UnicodeDecodeError, IndexError):
            self.ignored += 1
            return ()

    def _packet(self, data: bytes, depth: int) -> Iterator[ConferenceEvent]:
        if data.startswith(b"#bundle\0"):
            if depth >= _DEEPEST:
                raise ValueError("bundles in bundles")
            at = 16
            while at + 4 <= len(data):
                (size,) = struct.unpack_from(">i", data, at)
                if size <= 0 or at + 4 + size > len(data):
                    raise ValueError("a bundle cut short")
                yield from self._packet(data[at + 4 : at + 4 + size], depth + 1)
                at += 4 + size
            return
        address, at = _string(data, 0)
        types, at = _string(data, at) if at < len(data) else (",", at)
        if not address.startswith("/") or not types.startswith(","):
            raise ValueError("not OSC")
        arguments = list(_arguments(data, types[1:], at))
        event = _event(address, arguments)
        if event is None:
            self.ignored += 1
        else:
            yield event


def _string(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode("utf-8"), (end // 4 + 1) * 4


def _arguments(data: bytes, types: str, at: int) -> Iterator[float | str]:
    for kind in types:
        if kind in "if":
            (value,) = struct.unpack_from(f">{kind}", data, at)
            yield value
            at += 4
        elif kind == "s":
            text, at = _string(data, at)
            yield text
        elif kind in "TF":
            yield float(kind == "T")
        else:
            raise ValueError("an argument of a kind that is not read")


def _event(address: str, arguments: list[float | str]) -> ConferenceEvent | None:
    head, _, name = address.rpartition("/")
    if head not in PREFIXES:
        if address not in PREFIXES or len(arguments) < 2:
            return None
        name = str(int(first)) if isinstance(first := arguments[0], float | int) else first
        arguments = arguments[1:]
    word = _word(arguments[0] if arguments else 1.0)
    return MicrophoneIs(name, word) if word is not None and name else None

"""Televic's CoCon API (room server, and Plixus Core): JSON over HTTP, port 8890, its news by long polling. No I/O.

``/CoCon/Connect`` gives the ``id`` of a connection, ``/CoCon/Microphone/GetState`` how things stand,
``/CoCon/Notification/id=…`` answers when something changes and is asked again at once (within a minute, or the id is forgotten).
``{"MicrophoneState": {"Speakers": [1, 5], "Requests": [7]}}`` names the seats whose microphone is open, and those that ask. Real
servers answer with a JSON string that holds the JSON, and the manual prints semicolons for commas: both are read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from audio.conference.events import ButtonWord, ConferenceEvent, MicrophoneIs

PORT = 8890
CONNECT = "/CoCon/Connect"
STATE = "/CoCon/Microphone/GetState"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_DEEPEST = 4


def notification(connection: str) -> str:
    """The path that answers when there is news."""
    return f"/CoCon/Notification/id={connection}"


class CoconParser:
    """Answers in, events out, only when a microphone's state changes. ``ignored`` counts what was not understood.

    ``connection`` is the id that the server gave; empty when it refused.
    """

    def __init__(self) -> None:
        self.ignored = 0
        self.connection = ""
        self._told: dict[str, ButtonWord] = {}

    def feed(self, answer: str | bytes) -> tuple[ConferenceEvent, ...]:
        """The body of one answer; nothing for a poll that ended without news."""
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        if not text.strip():
            return ()
        value = _loads(text)
        if not isinstance(value, dict):
            self.ignored += 1
            return ()
        if "Connect" in value:
            named = str(value.get("id", ""))
            self.connection = named if value["Connect"] is True and _ID.fullmatch(named) else ""
            return ()
        return tuple(self._walk(value, 0))

    def _walk(self, value: dict[str, Any], depth: int) -> Iterator[ConferenceEvent]:
        """Other news of the server are left out."""
        state = value.get("MicrophoneState")
        if isinstance(state, dict):
            yield from self._state(state)
        elif depth < _DEEPEST:
            for one in value.values():
                if isinstance(one, dict):
                    yield from self._walk(one, depth + 1)

    def _state(self, state: dict[str, Any]) -> Iterator[ConferenceEvent]:
        now: dict[str, ButtonWord] = {}
        for key, word in (("Requests", ButtonWord.REQUEST), ("Speakers", ButtonWord.ON)):
            listed = state.get(key)
            for one in listed if isinstance(listed, list) else ():
                number = one.get("SeatNr") if isinstance(one, dict) else one
                if isinstance(number, int | str) and not isinstance(number, bool) and str(number).strip():
                    now[str(number).strip()] = word
        for name in [name for name in self._told if name not in now]:
            del self._told[name]
            yield MicrophoneIs(name, ButtonWord.OFF)
        for name, word in now.items():
            if self._told.get(name) is not word:
                self._told[name] = word
                yield MicrophoneIs(name, word)


def _loads(text: str) -> object:
    """The value, out of the string in which it may come; None for what is not JSON."""
    value: object = None
    for attempt in (text, text.replace(";", ",")):
        try:
            value = json.loads(attempt)
            if isinstance(value, str):
                value = json.loads(value.replace(";", ","))
        except (ValueError, RecursionError):
            continue
        return value
    return None

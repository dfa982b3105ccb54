"""Bosch DICENTIS: JSON over a WebSocket of the conference server. No I/O.

The vendor's schema is in the help that its installer brings (``ConferenceProtocol.chm``) and is not public: this reads the usual
shapes, and was never tried on a real server. After ``login``, the server sends the discussion and its changes; a seat is found
under any of the usual names (``seatId``, ``seatName``, ``participantId``…), its state as a word (``speaking``, ``request``,
``first in line``…) or as a flag (``micOn``). Whole lists (``speakers``, ``waitingList``) replace what was known.
"""

import json
from collections.abc import Iterator
from typing import Any

from audio.conference.events import AllClosed, ButtonWord, ConferenceEvent, MicrophoneIs

PORT = 31416
PATH = "/Dicentis/API"
SUBPROTOCOL = "DICENTIS_1_0"
_NAMES = ("seatid", "seat", "seatname", "deviceid", "participantid", "id")
_STATES = ("state", "microphonestate", "micstate", "status", "speechstate")
_WORDS = {
    "on": ButtonWord.ON,
    "active": ButtonWord.ON,
    "speaking": ButtonWord.ON,
    "microphoneon": ButtonWord.ON,
    "off": ButtonWord.OFF,
    "idle": ButtonWord.OFF,
    "inactive": ButtonWord.OFF,
    "muted": ButtonWord.OFF,
    "none": ButtonWord.OFF,
    "request": ButtonWord.REQUEST,
    "requesting": ButtonWord.REQUEST,
    "requesttospeak": ButtonWord.REQUEST,
    "waiting": ButtonWord.REQUEST,
    "firstinline": ButtonWord.NEXT,
    "next": ButtonWord.NEXT,
    "priority": ButtonWord.PRIORITY,
    "chairpersonpriority": ButtonWord.PRIORITY,
}
_DEEPEST = 8


def log_in(user: str, password: str) -> str:
    """What a client says first."""
    return json.dumps({"operation": "login", "parameters": {"user": user, "password": password}})


def ask_discussion() -> str:
    """Then: how the discussion stands, and each change of it."""
    return json.dumps({"operation": "subscribe", "parameters": {"topic": "discussion"}})


class DicentisParser:
    """Messages in, events out, only when a microphone's state changes. ``ignored`` counts what was not understood."""

    def __init__(self) -> None:
        self.ignored = 0
        self.logged_in: bool | None = None
        self._told: dict[str, ButtonWord] = {}

    def feed(self, message: str | bytes) -> tuple[ConferenceEvent, ...]:
        """One message."""
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            self.ignored += 1
            return ()
        if not isinstance(value, dict):
            self.ignored += 1
            return ()
        fields = _fields(value)
        if _plain(fields.get("operation")) in ("login", "loginresponse", "loginresult"):
            self.logged_in = not fields.get("error") and fields.get("success", True) is not False
            return ()
        if _plain(fields.get("event")) in ("discussionstopped", "meetingclosed", "meetingdeactivated"):
            self._told.clear()
            return (AllClosed(),)
        return tuple(self._walk(value, 0))

    def _walk(self, value: Any, depth: int) -> Iterator[ConferenceEvent]:
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for one in value:
                yield from self._walk(one, depth + 1)
        elif isinstance(value, dict):
            fields = _fields(value)
            lists = [
                (key, fields[key]) for key in ("speakers", "waitinglist") if isinstance(fields.get(key), list)
            ]
            if lists:
                yield from self._lists(dict(lists))
                return
            word, name = _word(fields), _name(fields)
            if word is not None and name:
                yield from self._tell(name, word)
                return
            for one in value.values():
                yield from self._walk(one, depth + 1)

    def _lists(self, lists: dict[str, list[Any]]) -> Iterator[ConferenceEvent]:
        """Whole lists: who is in neither of those that came is closed."""
        now: dict[str, ButtonWord] = {}
        for rank, one in enumerate(lists.get("waitinglist", [])):
            name = _name(_fields(one)) if isinstance(one, dict) else str(one)
            now[name] = ButtonWord.NEXT if rank == 0 else ButtonWord.REQUEST
        for one in lists.get("speakers", []):
            fields = _fields(one) if isinstance(one, dict) else {"id": one}
            word = _word(fields)
            now[_name(fields)] = ButtonWord.PRIORITY if word is ButtonWord.PRIORITY else ButtonWord.ON
        now.pop("", None)
        listed = {ButtonWord.ON, ButtonWord.PRIORITY} if "speakers" in lists else set()
        listed |= {ButtonWord.REQUEST, ButtonWord.NEXT} if "waitinglist" in lists else set()
        for name, before in tuple(self._told.items()):
            if name not in now and before in listed:
                yield from self._tell(name, ButtonWord.OFF)
        for name, word in now.items():
            yield from self._tell(name, word)

    def _tell(self, name: str, word: ButtonWord) -> Iterator[ConferenceEvent]:
        if self._told.get(name) is not word:
            self._told[name] = word
            yield MicrophoneIs(name, word)


def _fields(value: dict[Any, Any]) -> dict[str, Any]:
    """Names without case, spaces or underscores."""
    return {_plain(key): one for key, one in value.items()}


def _plain(word: object) -> str:
    text = word if isinstance(word, str) else ""
    return text.replace(" ", "").replace("_", "").replace("-", "").lower()


def _word(fields: dict[str, Any]) -> ButtonWord | None:
    for key in ("micon", "microphoneon", "isspeaking"):
        if isinstance(fields.get(key), bool):
            return ButtonWord.ON if fields[key] else ButtonWord.OFF
    for key in _STATES:
        word = _plain(fields.get(key))
        if word in _WORDS:
            return _WORDS[word]
    return None


def _name(fields: dict[str, Any]) -> str:
    for key in _NAMES:
        value = fields.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)
    return ""

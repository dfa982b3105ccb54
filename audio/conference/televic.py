"""Televic's camera protocols: JSON in UDP datagrams that the system sends us. No I/O.

Confidea G3, Plixus, Confero: ``{"UID": 7, "status": 2}`` with 0 off, 1 on, 2 request, 3 priority. D-Cerno:
``{"serial":"101008D2","status":2,"totalMicOn":1,"totalMicReq":0}`` with 0 off, 1 on, 2 request, 4 next, 8 priority; serial
``00000000`` when the mode changes. Manuals print typographic quotes and a comma for a colon: both are read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from audio.conference.events import AllClosed, ButtonWord, ConferenceEvent, MicrophoneIs

PORT = 8000
MODE_CHANGED = "00000000"
_CONFIDEA = {0: ButtonWord.OFF, 1: ButtonWord.ON, 2: ButtonWord.REQUEST, 3: ButtonWord.PRIORITY}
_CERNO = {
    0: ButtonWord.OFF,
    1: ButtonWord.ON,
    2: ButtonWord.REQUEST,
    4: ButtonWord.NEXT,
    8: ButtonWord.PRIORITY,
}
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": '"', "‘": '"'})
_COMMA_FOR_COLON = re.compile(r'("\w+")\s*,\s*(-?\d)')
_OBJECT = re.compile(r"\{[^{}]*\}")


class TelevicParser:
    """Datagrams in, events out. ``ignored`` counts what was not understood."""

    def __init__(self) -> None:
        self.ignored = 0

    def feed(self, datagram: bytes) -> tuple[ConferenceEvent, ...]:
        """One datagram, which may hold several objects."""
        text = datagram.decode("utf-8", "replace").translate(_QUOTES)
        found = _OBJECT.findall(text)
        self.ignored += not found
        return tuple(event for one in found for event in self._event(one))

    def _event(self, text: str) -> Iterator[ConferenceEvent]:
        value = _loads(text) or _loads(_COMMA_FOR_COLON.sub(r"\1:\2", text))
        if value is None:
            self.ignored += 1
            return
        fields = {str(key).strip().lower(): field for key, field in value.items()}
        status, serial = _number(fields.get("status")), fields.get("serial")
        if serial is not None:
            if str(serial).strip("0") == "" and serial != "":
                yield AllClosed()
                return
            word, name = _CERNO.get(status), str(serial).upper()
        else:
            uid = _number(fields.get("uid"))
            word, name = _CONFIDEA.get(status), str(uid) if uid >= 0 else ""
        if word is None or not name:
            self.ignored += 1
            return
        yield MicrophoneIs(name, word)


def _loads(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _number(value: object) -> int:
    """An integer, written as one or in quotes; −1 for anything else."""
    if isinstance(value, bool):
        return -1
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value[:12])
    return -1

"""Shure's command strings over TCP 2202: ``< REP 1 AUDIO_MUTE OFF >``. No I/O.

Read: ``AUDIO_MUTE`` (an unmuted channel is open), ``AUTOMIX_GATE_OUT_EXT_SIG`` and ``AUTOMIX_GATE_STATUS`` (``ON`` while the gate
lets it through), ``MUTE_BUTTON_STATUS`` of desk bases, ``REQUEST_TO_SPEAK`` and ``MIC_STATUS`` of their conference units. A channel
whose gate is told is open when its gate is; else when it is not muted. Asked once connected: ``< GET 0 ALL >``.
"""

import re
from collections.abc import Iterator

from audio.conference.events import ButtonWord, ConferenceEvent, MicrophoneIs

PORT = 2202
ASK_ALL = b"< GET 0 ALL >"
LONGEST = 512
"""A sentence is shorter; more without an end is not one."""
_SENTENCE = re.compile(rb"<\s*([^<>]*?)\s*>")
_GATES = ("AUTOMIX_GATE_OUT_EXT_SIG", "AUTOMIX_GATE_STATUS", "AUTOMIX_GATE")
_MIC = {
    "ON": ButtonWord.ON,
    "ACTIVE": ButtonWord.ON,
    "OFF": ButtonWord.OFF,
    "INACTIVE": ButtonWord.OFF,
    "REQUEST": ButtonWord.REQUEST,
    "REQUESTING": ButtonWord.REQUEST,
    "NEXT": ButtonWord.NEXT,
    "PRIORITY": ButtonWord.PRIORITY,
}


class ShureParser:
    """Bytes in, in any pieces; events out, only when a microphone's state changes. ``ignored`` counts what was not understood."""

    def __init__(self) -> None:
        self.ignored = 0
        self._pending = b""
        self._muted: dict[str, bool] = {}
        self._gate: dict[str, bool] = {}
        self._told: dict[str, ButtonWord] = {}

    def feed(self, data: bytes) -> tuple[ConferenceEvent, ...]:
        """What arrived."""
        self._pending += data
        events: list[ConferenceEvent] = []
        end = 0
        for found in _SENTENCE.finditer(self._pending):
            end = found.end()
            events += self._sentence(found.group(1).decode("ascii", "replace"))
        self._pending = self._pending[end:]
        if len(self._pending) > LONGEST:
            self.ignored += 1
            start = self._pending.rfind(b"<")
            self._pending = self._pending[start:][:LONGEST] if start >= 0 else b""
            if len(self._pending) >= LONGEST:
                self._pending = b""
        return tuple(events)

    def _sentence(self, text: str) -> Iterator[ConferenceEvent]:
        words = text.upper().split()
        if len(words) < 4 or words[0] != "REP" or not words[1].isdigit() or int(words[1]) == 0:
            # Names, firmware, replies about the whole device: not ours.
            self.ignored += not words or words[0] not in ("REP", "SAMPLE")
            return
        channel, name, value = str(int(words[1])), words[2], words[3]
        if name in ("MIC_STATUS", "MUTE_BUTTON_STATUS", "REQUEST_TO_SPEAK"):
            word = _MIC.get(value)
            if name == "REQUEST_TO_SPEAK" and word is not None:
                word = ButtonWord.REQUEST if word is ButtonWord.ON else ButtonWord.OFF
            if word is not None:
                yield from self._tell(channel, word)
        elif name == "AUDIO_MUTE" and value in ("ON", "OFF"):
            self._muted[channel] = value == "ON"
            yield from self._tell(channel, self._state(channel))
        elif name in _GATES and value in ("ON", "OFF"):
            self._gate[channel] = value == "ON"
            yield from self._tell(channel, self._state(channel))

    def _state(self, channel: str) -> ButtonWord:
        closed = self._muted.get(channel, False) or not self._gate.get(channel, True)
        return ButtonWord.OFF if closed else ButtonWord.ON

    def _tell(self, channel: str, word: ButtonWord) -> Iterator[ConferenceEvent]:
        if self._told.get(channel) is not word:
            self._told[channel] = word
            yield MicrophoneIs(channel, word)

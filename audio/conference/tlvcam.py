"""Televic's TLVCAM1 and TLVCAM2, which Plixus and CoCon speak to camera systems (and Sennheiser's SDC 8200, TLVCAM1). No I/O.

TLVCAM1: ``%``, a letter, numbers of four digits, a checksum, CR. ``%P0001…`` the president's microphone opens, ``%p0001…`` closes;
``%M``, ``%m`` a delegate's; ``%S00020004…`` all that are open now (0000: none); ``%V0000…``, ``%R…`` and ``%1r00…`` all are closed.
The checksum is the sum of the bytes after ``%``, four upper-case hexadecimal digits. Over TCP each frame wants an ACK, and comes up
to three times without one; manuals print a reset whose sum is wrong, so that one is believed as it is. TLVCAM2: ``$10003`` opens,
``$20003`` closes, ``&30000`` closes all, each ended by CR LF, without acknowledgement.
"""

import re
from collections.abc import Iterator

from audio.conference.events import AllClosed, ButtonWord, ConferenceEvent, MicrophoneIs

PORT = 5003
"""Where a Plixus engine, or CoCon's room server, waits for camera systems."""
UDP_PORT = 10001
ACK = b"\x06"
LONGEST = 4096
"""A synchronisation with a thousand open microphones is shorter; more without an end is no frame."""
_FRAME = re.compile(rb"([%$&][^%$&\r\n]*)[\r\n]")
_OPENS = re.compile(r"[PM](\d{4})")
_CLOSES = re.compile(r"[pm](\d{4})")
_SYNC = re.compile(r"S((?:\d{4})+)")
_RESETS = ("V0000", "R", "1r00")
_UNSIGNED_RESET = re.compile(r"%(R|1r00|V0000)[0-9A-Fa-f]{4}")
_SHORT = re.compile(r"\$([12])(\d{4})")


class TlvcamParser:
    """Bytes in, in any pieces; events out. ``ignored`` counts what was not understood; :meth:`acks` is what to answer over TCP."""

    def __init__(self) -> None:
        self.ignored = 0
        self._pending = b""
        self._acks = 0
        self._open: set[str] = set()

    def feed(self, data: bytes) -> tuple[ConferenceEvent, ...]:
        """What arrived."""
        self._pending += data
        events: list[ConferenceEvent] = []
        end = 0
        for found in _FRAME.finditer(self._pending):
            end = found.end()
            events += self._frame(found.group(1).decode("ascii", "replace"))
        self._pending = self._pending[end:]
        if len(self._pending) > LONGEST:
            self.ignored += 1
            self._pending = b""
        return tuple(events)

    def acks(self) -> bytes:
        """One ACK for each frame that wants one, and came since the last call."""
        found, self._acks = ACK * self._acks, 0
        return found

    def _frame(self, frame: str) -> Iterator[ConferenceEvent]:
        if not frame.startswith("%"):
            yield from self._second(frame)
            return
        body, said = frame[1:-4], frame[-4:]
        signed = len(frame) > 5 and said.upper() == f"{sum(body.encode('ascii', 'replace')) & 0xFFFF:04X}"
        if not signed and not _UNSIGNED_RESET.fullmatch(frame):
            self.ignored += 1
            return
        self._acks += 1
        if opened := _OPENS.fullmatch(body):
            yield from self._tell(opened[1], ButtonWord.ON)
        elif closed := _CLOSES.fullmatch(body):
            yield from self._tell(closed[1], ButtonWord.OFF)
        elif sync := _SYNC.fullmatch(body):
            yield from self._whole(sync[1])
        elif body in _RESETS:
            yield from self._close_all()
        elif body != "1R00" and body != "1R":  # the first microphone opens: its own frame says which
            self.ignored += 1

    def _second(self, frame: str) -> Iterator[ConferenceEvent]:
        if found := _SHORT.fullmatch(frame):
            yield from self._tell(found[2], ButtonWord.ON if found[1] == "1" else ButtonWord.OFF)
        elif frame == "&30000":
            yield from self._close_all()
        else:
            self.ignored += 1

    def _tell(self, number: str, word: ButtonWord) -> Iterator[ConferenceEvent]:
        name = str(int(number))
        (self._open.add if word is ButtonWord.ON else self._open.discard)(name)
        yield MicrophoneIs(name, word)

    def _close_all(self) -> Iterator[ConferenceEvent]:
        self._open.clear()
        yield AllClosed()

    def _whole(self, numbers: str) -> Iterator[ConferenceEvent]:
        """All that are open: what differs from what was told is told, a frame may have been lost."""
        now = {str(int(numbers[n : n + 4])) for n in range(0, len(numbers), 4)} - {"0"}
        for name in sorted(self._open - now):
            yield from self._tell(name, ButtonWord.OFF)
        for name in sorted(now - self._open):
            yield from self._tell(name, ButtonWord.ON)

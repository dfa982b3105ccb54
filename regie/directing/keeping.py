"""What the director was told, kept with the séance for replay (:mod:`regie.directing.recording`), and its files besides.

Written by a thread behind a bounded queue: a slow disk loses lines, counted, never time. One file a start of control:
``<séance>/realisation/<UTC ms>.jsonl``.
"""

import contextlib
import logging
import os
import queue
import threading
from pathlib import Path

import msgspec

from regie.directing.choices import Choices
from regie.directing.recording import Head, Line
from regie.domain.director import Chamber
from regie.domain.director import events as told
from regie.domain.speaking import SpeakingTime

log = logging.getLogger(__name__)

FOLDER, TIMES, SEATS, CHOICES = "realisation", "temps-de-parole.json", "micros.json", "automatique.json"
QUEUE = 4096
FLUSH_S = 2.0


class Keeper:
    """Lines of one séance at a time, to its folder."""

    def __init__(self) -> None:
        self._lines: queue.Queue[tuple[Path, bytes] | None] = queue.Queue(QUEUE)
        self._file: Path | None = None
        self._last: bytes = b""
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="realisation", daemon=True)
        self._thread.start()

    def begin(self, folder: Path, utc_ms: int, chamber: Chamber, sources: tuple[str, ...]) -> None:
        """Lines go to a new file of this séance from now on, described by its first line."""
        self._file = folder / FOLDER / f"{utc_ms}.jsonl"
        self._put(msgspec.json.encode(Head(chamber=chamber, sources=sources)))

    def end(self) -> None:
        """No séance: nothing is kept."""
        self._file = None

    def keep(self, event: told.Told, now: int) -> None:
        """One event. Ticks say nothing; voices are rounded, and the same ones are told once."""
        if self._file is None or isinstance(event, told.Tick):
            return
        if isinstance(event, told.Voices):
            event = told.Voices(voices={mic: round(p, 1) for mic, p in event.voices.items() if p >= 0.05})
            same = msgspec.json.encode(event)
            if same == self._last and not event.voices:
                return
            self._last = same
        self._put(msgspec.json.encode(Line(t=now, told=event)))

    def _put(self, line: bytes) -> None:
        if self._file is None:
            return
        try:
            self._lines.put_nowait((self._file, line))
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Everything to disk, then no more."""
        self._lines.put(None)
        self._thread.join(5)

    def _run(self) -> None:
        waiting: list[tuple[Path, bytes]] = []
        while True:
            over = False
            with contextlib.suppress(queue.Empty):
                item = self._lines.get(timeout=FLUSH_S)
                over = item is None
                if item is not None:
                    waiting.append(item)
                    while len(waiting) < QUEUE and (item := self._lines.get_nowait()) is not None:
                        waiting.append(item)
                    over = item is None
            self._write(waiting)
            waiting.clear()
            if over:
                return

    def _write(self, lines: list[tuple[Path, bytes]]) -> None:
        for file in dict.fromkeys(path for path, _ in lines):
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("ab") as out:
                    out.write(b"".join(line + b"\n" for path, line in lines if path == file))
            except OSError as error:
                self.dropped += len(lines)
                log.warning("the director's events are not kept", extra={"errno": error.errno or 0})


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_suffix(".partiel")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(data)
    os.replace(partial, path)


def load_times(folder: Path) -> SpeakingTime:
    """What was counted before a restart; nothing when there is none."""
    try:
        kept = msgspec.json.decode((folder / TIMES).read_bytes(), type=SpeakingTime)
    except (OSError, msgspec.MsgspecError):
        return SpeakingTime()
    return SpeakingTime(spoken=kept.spoken)


def save_times(folder: Path, times: SpeakingTime) -> None:
    """Replace what was counted. Raises OSError."""
    _replace(folder / TIMES, msgspec.json.encode(SpeakingTime(spoken=times.spoken)))


def load_seats(folder: Path) -> dict[str, str]:
    """The seat map that was learnt: seat by microphone."""
    try:
        return msgspec.json.decode((folder / SEATS).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}


def save_seats(folder: Path, seats: dict[str, str]) -> None:
    """Keep the seat map. Raises OSError."""
    _replace(folder / SEATS, msgspec.json.encode(seats))


def load_choices(folder: Path) -> Choices | None:
    """What persons had decided when control last ran."""
    try:
        return msgspec.json.decode((folder / CHOICES).read_bytes(), type=Choices)
    except (OSError, msgspec.MsgspecError):
        return None


def save_choices(folder: Path, choices: Choices) -> None:
    """Keep them. Raises OSError."""
    _replace(folder / CHOICES, msgspec.json.encode(choices))

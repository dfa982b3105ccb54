"""Who read the register, and when (P9): one JSON line a reading, in a file of its own beside the séances.

A page that stays open is one reading, noted when it begins. The account is named, what was read is not repeated. What is older than
the house rules keep technical logs is forgotten, at the first reading of a day.
"""

import logging
import os
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from regie.clock import Clock
from regie.documents.retention import months_later

log = logging.getLogger(__name__)

FILE_NAME = "lectures.jsonl"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody read something. ``utc_s`` UTC seconds; ``what``: « registre », « journal », « suivi »."""

    utc_s: int
    account: str
    what: str
    seance: str


class Reads:
    """The file of readings of one data directory."""

    def __init__(self, directory: Path, clock: Clock, months: int) -> None:
        """``months``: how long a reading is kept."""
        self._path = directory / FILE_NAME
        self._clock = clock
        self._months = months
        self._cleaned: date | None = None

    def note(self, account: str, what: str, seance: str) -> None:
        """Keep a reading; a disk that refuses is logged, and refuses nobody."""
        reading = Reading(
            utc_s=self._clock.utc_ns() // 1_000_000_000, account=account, what=what, seance=seance
        )
        try:
            self._forget(_day(reading))
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(msgspec.json.encode(reading) + b"\n")
        except OSError as error:
            log.error("a reading of the register cannot be kept", extra={"reason": type(error).__name__})

    def _forget(self, today: date) -> None:
        """Once a day: rewrite the file without what is too old, a line that cannot be read kept as it is. Raises OSError."""
        if self._cleaned == today:
            return
        self._cleaned = today
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return
        kept = [line for line in lines if not self._is_old(line, today)]
        if len(kept) == len(lines):
            return
        new = self._path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(kept)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)

    def _is_old(self, line: bytes, today: date) -> bool:
        try:
            reading = msgspec.json.decode(line, type=Reading)
        except msgspec.MsgspecError:
            return False
        return months_later(_day(reading), self._months) <= today


def _day(reading: Reading) -> date:
    return datetime.fromtimestamp(reading.utc_s, UTC).date()

"""Who read the register, and when (P9): one JSON line a reading, in a file of its own beside the séances.

A page that stays open is one reading, noted when it begins. The account is named, what was read is not repeated.
"""

import logging
import os
from pathlib import Path

import msgspec

from regie.clock import Clock

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

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._path = directory / FILE_NAME
        self._clock = clock

    def note(self, account: str, what: str, seance: str) -> None:
        """Keep a reading; a disk that refuses is logged, and refuses nobody."""
        reading = Reading(
            utc_s=self._clock.utc_ns() // 1_000_000_000, account=account, what=what, seance=seance
        )
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(msgspec.json.encode(reading) + b"\n")
        except OSError as error:
            log.error("a reading of the register cannot be kept", extra={"reason": type(error).__name__})

"""From conditions to alarms: each known since when, told once when it begins and once when it ends. Pure but for the log."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from regie.board import Alarm

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """Something wrong now: stable code, the source or output it is about, whether it touches what citizens get."""

    code: str
    subject: str = ""
    severe: bool = True


class Alarms:
    """The alarms that stand. ``settle_ms``: how long a condition must last before it is one, by code."""

    def __init__(self, settle_ms: dict[str, int] | None = None) -> None:
        self._settle_ms = settle_ms or {}
        self._since: dict[tuple[str, str], int] = {}
        self._told: set[tuple[str, str]] = set()
        self._standing: tuple[Alarm, ...] = ()

    @property
    def standing(self) -> tuple[Alarm, ...]:
        """The alarms as of the last update."""
        return self._standing

    def update(self, conditions: Iterable[Condition], now_ms: int) -> tuple[Alarm, ...]:
        """What is wrong at this instant (monotonic), in whole; returns the alarms that stand and for how long."""
        present = {(c.code, c.subject): c for c in conditions}
        self._since = {key: self._since.get(key, now_ms) for key in present}
        standing = {
            key: condition
            for key, condition in present.items()
            if now_ms - self._since[key] >= self._settle_ms.get(condition.code, 0)
        }
        for code, subject in standing.keys() - self._told:
            log.warning("alarm %s begins", code, extra={"subject": subject})
        for code, subject in self._told - standing.keys():
            log.info("alarm %s is over", code, extra={"subject": subject})
        self._told = set(standing)
        self._standing = tuple(
            Alarm(code=c.code, subject=c.subject, since_ms=now_ms - self._since[key], severe=c.severe)
            for key, c in sorted(standing.items())
        )
        return self._standing

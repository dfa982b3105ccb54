"""The changes of the delay beside a séance's files: ``<séance>/decalages.jsonl``, one :class:`Shift` a line. No media library."""

import logging
from pathlib import Path

from regie.domain.pacing import Course
from regie.domain.shifts import Shift
from regie.domain.timeline import Epoch, to_ms
from regie.media import jsonlines

log = logging.getLogger(__name__)

FILE = "decalages.jsonl"
_STEP_MS = 100
"""While sound and picture are stretched the delay changes at every picture: that much is worth a line."""


class ShiftLog:
    """Writes the changes of the delay of one séance during one run of the engine; looked at every second."""

    def __init__(self, directory: Path, epoch: Epoch, held: int, head: int) -> None:
        """``epoch``: that of the files, made while ``held`` samples were held. ``head``: public time now."""
        self._file = directory / FILE
        self._epoch = epoch
        self._held = held
        self._head = head
        left = shifts(directory)
        self._late_ms = left[-1].late_ms if left else 0
        if self._late_ms:
            # A run that began with another delay dates its own files: nothing is late any more.
            self._write(Shift(epoch.utc_ns_of(head) // 1_000_000, 0))

    def note(self, course: Course) -> None:
        """Write what changed since the last time. A disk that refuses is logged: dates are then those of before."""
        points = [point for point in course.points if point[0] > self._head]
        for rank, (head, read) in enumerate(points):
            late_ms = to_ms(head - read - self._held)
            last = rank == len(points) - 1
            if late_ms != self._late_ms and (last or abs(late_ms - self._late_ms) >= _STEP_MS):
                self._write(Shift(self._epoch.utc_ns_of(head) // 1_000_000, late_ms))
            self._head = head

    def _write(self, shift: Shift) -> None:
        try:
            jsonlines.append(self._file, shift)
        except OSError as error:
            log.error("a change of the delay cannot be written", extra={"reason": type(error).__name__})
            return
        self._late_ms = shift.late_ms


def shifts(directory: Path) -> tuple[Shift, ...]:
    """The changes of the delay of a séance, in order; none when it never changed."""
    try:
        found = jsonlines.read(directory / FILE, Shift)
    except OSError:
        return ()
    return tuple(sorted(found, key=lambda shift: shift.date_ms))

"""The hour of an act and the dates of the files, whatever the delay did meanwhile."""

from pathlib import Path

import pytest

from regie.domain.commands import DelayBy
from regie.domain.pacing import Course, Pace
from regie.domain.shifts import Shift, acted, dated
from regie.domain.timeline import SAMPLE_RATE, Epoch, to_ms
from regie.media.shifting import FILE, ShiftLog, shifts

pytestmark = pytest.mark.unit

TICK = 1920
DELAY_S = 6
NOON = 1_795_348_800_000
EPOCH = Epoch("r", (NOON - DELAY_S * 1000) * 1_000_000)
"""That of the files: public time 0 is six seconds before noon, which is when the run began."""


def played(folder: Path, changes: list[tuple[int, int, DelayBy]], seconds: int = 60) -> Course:
    """A run whose delay is changed at some seconds, its course noted every second."""
    pace, course = Pace(TICK, DELAY_S * SAMPLE_RATE), Course(DELAY_S * SAMPLE_RATE)
    log, waiting = ShiftLog(folder, EPOCH, DELAY_S * SAMPLE_RATE, 0), list(changes)
    noted = 0
    while pace.head < seconds * SAMPLE_RATE:
        if waiting and pace.head >= waiting[0][0] * SAMPLE_RATE:
            _, to, by = waiting.pop(0)
            pace.ask(to, by, pace.head)
        pace.leap()
        course.note(pace.step())
        if pace.head // SAMPLE_RATE > noted:
            noted = pace.head // SAMPLE_RATE
            log.note(course)
    return course


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [(10, 16, DelayBy.SLATE)],
        [(10, 9, DelayBy.STRETCH)],
        [(8, 3, DelayBy.STRETCH), (50, 7, DelayBy.SLATE)],
        [(10, 0, DelayBy.EXIT), (30, 6, DelayBy.SLATE)],
    ],
)
def test_an_act_is_found_in_the_files_and_the_files_say_its_hour(
    tmp_path: Path, changes: list[tuple[int, int, DelayBy]]
) -> None:
    course = played(tmp_path, changes)
    found = shifts(tmp_path)
    assert bool(found) == bool(changes)
    for t in range(0, 40 * SAMPLE_RATE, SAMPLE_RATE // 3):
        date_ms = dated(NOON + to_ms(t), found)
        u = course.public_of(t)
        left = course.programme_of(u) == t
        if left:
            assert abs(date_ms - EPOCH.utc_ns_of(u) // 1_000_000) <= 110, t / SAMPLE_RATE
            assert abs(acted(date_ms, found) - NOON - to_ms(t)) <= 220, t / SAMPLE_RATE


def test_what_is_built_behind_a_slate_and_what_never_left() -> None:
    built = [Shift(100_000, 10_000)]
    assert dated(89_999, built) == 89_999 and dated(90_000, built) == 100_000
    assert acted(95_000, built) == 90_000, "a slate shows what comes next"
    dropped = [Shift(100_000, -6_000)]
    assert dated(103_000, dropped) == 100_000 and dated(107_000, dropped) == 101_000
    assert dated(5, []) == acted(5, []) == 5


def test_the_next_run_dates_its_own_files_and_a_cut_line_is_passed_over(tmp_path: Path) -> None:
    played(tmp_path, [(10, 16, DelayBy.SLATE)])
    with (tmp_path / FILE).open("ab") as lines:
        lines.write(b'{"date_ms": 17')
    assert [one.late_ms for one in shifts(tmp_path)] == [10_000]
    ShiftLog(tmp_path, Epoch("r2", (NOON + 100_000) * 1_000_000), 16 * SAMPLE_RATE, 0)
    assert [one.late_ms for one in shifts(tmp_path)] == [10_000, 0]
    assert dated(NOON + 100_001, shifts(tmp_path)) == NOON + 100_001

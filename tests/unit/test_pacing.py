"""How the delay changes: the public timeline never stops, the programme never goes back, and seconds end as seconds."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.domain.commands import DelayBy
from regie.domain.pacing import Course, Pace, Step
from regie.domain.timeline import SAMPLE_RATE
from regie.errors import Refusal

pytestmark = pytest.mark.unit

TICK = 1920
SECOND = SAMPLE_RATE
ACTS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from(list(DelayBy))), min_size=1, max_size=6
)


def _run(pace: Pace, steps: int) -> list[Step]:
    taken = []
    for _ in range(steps):
        pace.leap()
        taken.append(pace.step())
    return taken


def test_built_behind_a_slate_from_a_second_to_the_same_second() -> None:
    pace = Pace(TICK, 2 * SECOND)
    _run(pace, 60)
    before = pace.read
    pace.ask(7, DelayBy.SLATE, pace.head)
    steps = _run(pace, 400)
    held = [s for s in steps if s.shows is None]
    assert sum(s.lasts for s in held) == 5 * SECOND and pace.held == 7 * SECOND and pace.by is None
    shown = [s.shows for s in steps if s.shows is not None]
    assert shown == list(range(before, before + len(shown) * TICK, TICK)), "nothing of the programme is lost"
    resumed = next(
        s.shows for s, n in zip(steps[1:], steps, strict=False) if n.shows is None and s.shows is not None
    )
    assert resumed % SECOND == 0


@pytest.mark.parametrize(("start", "end"), [(0, 3), (10, 0), (10, 6)])
def test_stretched_without_losing_nor_repeating_a_picture(start: int, end: int) -> None:
    pace = Pace(TICK, start * SECOND, stretch_percent=8)
    pace.ask(end, DelayBy.STRETCH, 0)
    eta = pace.remaining()
    steps = _run(pace, 12 * 25 * 12)
    assert pace.held == end * SECOND and pace.by is None
    assert [s.shows for s in steps] == list(range(-start * SECOND, -start * SECOND + len(steps) * TICK, TICK))
    assert all(TICK * 92 // 100 <= s.lasts <= TICK * 108 // 100 for s in steps)
    changing = sum(s.lasts for s in steps if s.lasts != TICK)
    assert abs(changing - eta) < eta * 0.1


def test_wait_and_exit_lets_out_what_was_said_before_and_nothing_of_what_came_after() -> None:
    pace = Pace(TICK, 10 * SECOND)
    _run(pace, 500)
    live = pace.head + 700
    pace.ask(0, DelayBy.EXIT, live)
    steps = _run(pace, 600)
    shown = [s.shows for s in steps if s.shows is not None]
    at = next(n for n, (a, b) in enumerate(pairwise(shown)) if b - a != TICK)
    assert live - TICK <= shown[at] < live + SECOND, "all that was said before"
    assert shown[at + 1] % SECOND == 0 and shown[at + 1] - shown[at] > 9 * SECOND and pace.held == 0


def test_a_way_that_leads_elsewhere_is_refused() -> None:
    pace = Pace(TICK, 5 * SECOND)
    for seconds, by, code in (
        (3, DelayBy.SLATE, "retard_sens"),
        (8, DelayBy.EXIT, "retard_sens"),
        (61, DelayBy.SLATE, "retard_hors_limites"),
    ):
        with pytest.raises(Refusal) as refused:
            pace.ask(seconds, by, 0)
        assert refused.value.stable_code == code
    assert pace.by is None and pace.target == 5 * SECOND


@settings(max_examples=60, deadline=None)
@given(ACTS, st.integers(0, 6))
def test_whatever_is_asked_and_when_time_goes_on_and_settles(
    acts: list[tuple[int, int, DelayBy]], start: int
) -> None:
    pace, course = Pace(TICK, start * SECOND), Course(start * SECOND)
    head, read = 0, -start * SECOND
    steps: list[Step] = []
    for wait, seconds, by in acts:
        steps += _run(pace, wait)
        try:
            pace.ask(seconds, by, pace.head)
        except Refusal:
            continue
    steps += _run(pace, 13 * 25 * 13)
    for step in steps:
        assert step.head == head and 0 < step.lasts
        course.note(step)
        if step.shows is not None:
            assert step.shows == read or (step.shows > read and step.shows % SECOND == 0)
            read = step.shows + TICK
        head += step.lasts
        assert 0 <= head - read, "nothing leaves before it is made"
    assert pace.by is None and pace.held == pace.target and pace.target % SECOND == 0
    for step in steps[-2000:]:
        if step.shows is not None:
            assert abs(course.public_of(step.shows) - step.head) <= TICK * 8 // 100 + 1
            assert abs(course.programme_of(step.head) - step.shows) <= TICK * 8 // 100 + 1

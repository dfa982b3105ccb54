"""The span algebra: what leaves uncovered is outside every span."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain.redaction import Redactions, clip, union
from regie.domain.timeline import MediaTime, Span

pytestmark = pytest.mark.unit

TIMES = st.integers(-50, 200).map(MediaTime)
SPANS = st.builds(Span, TIMES, st.none() | TIMES)
ACTS = st.lists(st.tuples(st.sampled_from(["open", "close"]), st.sampled_from("abc"), TIMES), max_size=12)


def _truth(spans: list[Span], t: int) -> bool:
    return any(s.start <= t and (s.end is None or t < s.end) for s in spans)


@given(st.lists(SPANS, max_size=8))
def test_union_covers_the_same_instants_with_disjoint_ordered_spans(spans: list[Span]) -> None:
    joined = union(spans)
    for t in range(-60, 220):
        assert any(s.covers(t) for s in joined) == _truth(spans, t)
    for before, after in zip(joined, joined[1:], strict=False):
        assert before.end is not None and before.end < after.start


@given(st.lists(SPANS, max_size=8), st.integers(-50, 200), st.integers(0, 60))
def test_within_is_exactly_the_hidden_part_of_a_block(spans: list[Span], start: int, length: int) -> None:
    redactions = Redactions()
    for n, span in enumerate(spans):
        redactions = redactions.add(str(n), span)
    end = start + length
    hidden = {t for s in redactions.within(start, end) for t in range(s.start, s.end or 0)}
    assert hidden == {t for t in range(start, end) if _truth(spans, t)}
    assert redactions.touches(start, end) == bool(hidden)


@given(ACTS)
def test_a_mask_that_nobody_closed_covers_all_that_follows(acts: list[tuple[str, str, MediaTime]]) -> None:
    redactions, opened = Redactions(), set[str]()
    for act, key, t in acts:
        if act == "open":
            redactions = redactions.open(key, t)
            opened.add(key)
        else:
            redactions = redactions.close(key, t)
            opened.discard(key)
        assert {key for key in "abc" if redactions.is_open(key)} == opened
    assert redactions.covers(10**12) == bool(opened)


@given(ACTS, TIMES)
def test_forgetting_the_past_changes_nothing_to_come(
    acts: list[tuple[str, str, MediaTime]], now: MediaTime
) -> None:
    redactions = Redactions()
    for act, key, t in acts:
        redactions = redactions.open(key, t) if act == "open" else redactions.close(key, t)
    kept = redactions.forget_before(now)
    assert all(kept.covers(t) == redactions.covers(t) for t in range(now, 300))


def test_reopening_keeps_the_earlier_start() -> None:
    redactions = Redactions().open("a", MediaTime(100)).open("a", MediaTime(200))
    assert redactions.covers(150)
    assert not redactions.open("a", MediaTime(50)).covers(49)


def test_two_reasons_are_closed_one_by_one() -> None:
    redactions = Redactions().open("a", MediaTime(0)).open("b", MediaTime(0)).close("a", MediaTime(10))
    assert redactions.covers(20)
    assert not redactions.close("b", MediaTime(15)).covers(20)


def test_a_mask_never_ends_before_it_starts() -> None:
    assert Redactions().open("a", MediaTime(100)).close("a", MediaTime(50)).spans() == ()


def test_clip_keeps_the_edges() -> None:
    assert clip([Span(MediaTime(0)), Span(MediaTime(90), MediaTime(95))], 40, 92) == (
        Span(MediaTime(40), MediaTime(92)),
        Span(MediaTime(90), MediaTime(92)),
    )

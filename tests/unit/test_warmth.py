"""Decode only what is seen, and keep warm what the machine can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.board import Decoding
from regie.media.warmth import COOL_ABOVE, WARM_BELOW, Warmth, Wishes

pytestmark = pytest.mark.unit

SOURCES = ("a", "b", "c", "d")


def _warm(decided: dict[str, Decoding]) -> set[str]:
    return {s for s, d in decided.items() if d is Decoding.FULL}


def test_alone_nobody_but_the_buses_is_warm() -> None:
    warmth = Warmth(SOURCES)
    decided = warmth.decide(Wishes({"a"}, {"d"}, watched=False, load=0.1))
    assert _warm(decided) == {"a", "d"}
    assert decided["b"] is Decoding.NONE


def test_who_is_looked_at_is_decoded_by_keyframes_at_least() -> None:
    decided = Warmth(SOURCES).decide(Wishes({"a"}, set(), watched=True, load=0.99))
    assert decided == {"a": Decoding.FULL} | dict.fromkeys("bcd", Decoding.KEYFRAMES)


def test_with_headroom_one_more_is_warmed_at_each_decision() -> None:
    warmth = Warmth(SOURCES)
    wishes = Wishes({"a"}, set(), watched=True, load=WARM_BELOW - 0.1)
    assert [_warm(warmth.decide(wishes)) for _ in range(4)] == [
        {"a", "b"},
        {"a", "b", "c"},
        {"a", "b", "c", "d"},
        {"a", "b", "c", "d"},
    ]


def test_a_busy_machine_cools_the_last_warmed_first_and_never_what_is_needed() -> None:
    warmth = Warmth(SOURCES)
    for _ in range(3):
        warmth.decide(Wishes({"a"}, set(), watched=True, load=0.1))
    busy = Wishes({"a"}, set(), watched=True, load=COOL_ABOVE + 0.1)
    assert [_warm(warmth.decide(busy)) for _ in range(4)] == [{"a", "b", "c"}, {"a", "b"}, {"a"}, {"a"}]


def test_between_the_limits_nothing_changes() -> None:
    warmth = Warmth(SOURCES)
    warmth.decide(Wishes({"a"}, set(), watched=True, load=0.1))
    between = Wishes({"a"}, set(), watched=True, load=(WARM_BELOW + COOL_ABOVE) / 2)
    assert {frozenset(_warm(warmth.decide(between))) for _ in range(5)} == {frozenset({"a", "b"})}


@given(
    st.lists(
        st.builds(
            Wishes,
            needed=st.frozensets(st.sampled_from(SOURCES)),
            always=st.frozensets(st.sampled_from(SOURCES), max_size=1),
            watched=st.booleans(),
            load=st.floats(0, 1),
        ),
        max_size=20,
    )
)
def test_what_is_needed_is_always_warm_and_steps_are_of_one(history: list[Wishes]) -> None:
    warmth, extra_before = Warmth(SOURCES), set[str]()
    for wishes in history:
        warm = _warm(warmth.decide(wishes))
        must = set(wishes.needed) | set(wishes.always)
        assert must <= warm
        extra = warm - must
        assert len(extra - extra_before) <= 1
        assert wishes.watched or not extra
        extra_before = extra

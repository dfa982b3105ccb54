"""The buses: cuts wait for their sources, fades keep time, the T-bar obeys the hand, nothing is lost in between."""

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.domain.model import Layout, Shot
from regie.domain.timeline import MediaTime
from regie.errors import Refusal
from regie.media import bus
from regie.media.bus import Buses

pytestmark = pytest.mark.unit

TICK = 1920
A, B, C = (Shot((name,)) for name in "abc")
START = Buses(A, B)


def always(shot: Shot) -> bool:
    return True


def never(shot: Shot) -> bool:
    return False


def run(buses: Buses, ticks: int, first: int = 1, ready: bus.Ready = always) -> list[Buses]:
    """The states of so many ticks, the first at tick ``first``."""
    states = []
    for n in range(first, first + ticks):
        buses = bus.step(buses, MediaTime(n * TICK), TICK, ready)
        states.append(buses)
    return states


# -- cut and hot cut ----------------------------------------------------------------------------------------------------


def test_a_cut_lands_on_the_very_next_tick_and_swaps() -> None:
    asked = bus.cut(START)
    assert (asked.programme, asked.awaited) == (A, B)
    landed = run(asked, 1)[0]
    assert landed == Buses(B, A)


def test_a_cut_of_a_shot_not_ready_keeps_the_picture_until_it_is() -> None:
    waiting = run(bus.cut(START), 5, ready=never)[-1]
    assert (waiting.programme, waiting.awaited) == (A, B)
    assert run(waiting, 1, first=6)[0] == Buses(B, A)


def test_a_hot_cut_leaves_the_preview() -> None:
    assert run(bus.take(START, C), 1)[0] == Buses(C, B)


def test_the_last_hot_cut_asked_for_wins() -> None:
    asked = bus.take(bus.take(START, C), B)
    assert run(asked, 3)[-1].programme == B


def test_a_preview_chosen_while_a_cut_waits_is_not_swept_away() -> None:
    asked = bus.set_preview(bus.cut(START), C)
    assert run(asked, 1)[0] == Buses(B, C)


def test_a_cut_on_another_preview_than_the_one_seen_is_refused() -> None:
    with pytest.raises(Refusal) as cut:
        bus.cut(START, expected=C)
    with pytest.raises(Refusal) as auto:
        bus.auto(START, 100, expected=C)
    assert cut.value.stable_code == auto.value.stable_code == "preparation_changee"
    assert bus.cut(START, expected=B).pending is not None


def test_a_repeated_cut_that_says_what_it_saw_does_not_cut_back() -> None:
    landed = run(bus.cut(START, expected=B), 1)[0]
    with pytest.raises(Refusal):
        bus.cut(landed, expected=B)


# -- auto ---------------------------------------------------------------------------------------------------------------


def test_a_fade_of_ten_ticks_shows_nine_mixes_then_swaps() -> None:
    states = run(bus.auto(START, 10 * TICK), 11)
    assert [s.mix for s in states] == [100, 200, 300, 400, 500, 600, 700, 800, 900, 0, 0]
    assert all(s.programme == A for s in states[:9])
    assert states[9] == Buses(B, A)


def test_a_fade_keeps_its_time_when_ticks_are_late() -> None:
    fading = run(bus.auto(START, 10 * TICK), 3)[-1]
    late = bus.step(fading, MediaTime(8 * TICK), TICK, always)
    assert late.mix == 800
    assert bus.step(late, MediaTime(15 * TICK), TICK, always) == Buses(B, A)


def test_auto_repeated_changes_nothing() -> None:
    fading = run(bus.auto(START, 10 * TICK), 3)[-1]
    assert bus.auto(fading, 500 * TICK) == fading


def test_a_fade_of_no_time_is_a_cut() -> None:
    assert run(bus.auto(START, 0), 1)[0] == Buses(B, A)
    with pytest.raises(Refusal) as refused:
        bus.auto(START, -1)
    assert refused.value.stable_code == "transition_invalide"


def test_a_fade_waits_at_nothing_for_its_target_then_lasts_as_asked() -> None:
    waiting = run(bus.auto(START, 10 * TICK), 20, ready=never)[-1]
    assert (waiting.mix, waiting.awaited) == (0, B)
    states = run(waiting, 10, first=21)
    assert [s.mix for s in states] == [100, 200, 300, 400, 500, 600, 700, 800, 900, 0]


def test_a_fade_whose_target_is_lost_on_the_way_goes_to_its_end() -> None:
    half = run(bus.auto(START, 10 * TICK), 5)[-1]
    assert run(half, 5, first=6, ready=never)[-1] == Buses(B, A)


def test_a_fade_keeps_its_target_when_another_shot_is_prepared() -> None:
    half = run(bus.auto(START, 10 * TICK), 5)[-1]
    assert run(bus.set_preview(half, C), 5, first=6)[-1] == Buses(B, C)


def test_a_hot_cut_ends_a_fade() -> None:
    half = run(bus.auto(START, 10 * TICK), 5)[-1]
    assert run(bus.take(half, C), 1, first=6)[0] == Buses(C, B)


# -- the T-bar ----------------------------------------------------------------------------------------------------------


def bar(buses: Buses, *positions: int, first: int = 1) -> list[Buses]:
    """The state after each position, a tick apart."""
    states = []
    for n, position in enumerate(positions, first):
        buses = bus.step(bus.set_transition(buses, position), MediaTime(n * TICK), TICK, always)
        states.append(buses)
    return states


def test_the_bar_by_hand_and_back_gives_the_programme_back() -> None:
    states = bar(START, 100, 500, 900, 400, 50, 0)
    assert [s.mix for s in states] == [100, 500, 900, 400, 50, 0]
    assert states[-1] == START


def test_the_bar_by_hand_stays_where_it_is_held() -> None:
    assert {s.mix for s in run(bar(START, 300)[-1], 50, first=2)} == {300}


def test_the_bar_at_its_end_swaps() -> None:
    landed = bar(START, 400, 1000)[-1]
    assert (landed.programme, landed.preview, landed.mix, landed.permille) == (B, A, 0, 0)


def test_a_bar_brought_back_after_its_end_starts_nothing_until_it_rises() -> None:
    back = bar(START, 900, 1000, 1000, 980, 700, 705, 480, 490, 200, 15)
    assert all((s.programme, s.transition) == (B, None) for s in back[1:])
    again = bar(back[-1], 30, 60, 300, first=20)
    assert [s.mix for s in again] == [0, 60, 300]


def test_a_bar_seen_back_at_nothing_is_free() -> None:
    assert bar(START, 1000, 0, 10)[-1].mix == 10


def test_the_bar_takes_over_a_fade_and_auto_finishes_what_the_bar_began() -> None:
    held = bar(run(bus.auto(START, 10 * TICK), 3)[-1], 250, 250, first=4)[-1]
    assert held.mix == 250
    states = run(bus.auto(held, 20 * TICK), 15, first=6)
    assert states[0].mix == 300
    assert [s.mix for s in states] == sorted({s.mix for s in states[:-1]}) + [0]
    assert states[-1] == Buses(B, A) and states[-2].programme == A


def test_the_bar_waits_for_its_target() -> None:
    waiting = bus.step(bus.set_transition(START, 600), MediaTime(TICK), TICK, never)
    assert (waiting.mix, waiting.permille, waiting.awaited) == (0, 600, B)
    assert run(waiting, 1, first=2)[0].mix == 600


@pytest.mark.parametrize("position", [-1, 1001])
def test_a_bar_outside_its_way_is_refused(position: int) -> None:
    with pytest.raises(Refusal) as refused:
        bus.set_transition(START, position)
    assert refused.value.stable_code == "transition_invalide"


# -- shots --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shot", "code"),
    [
        (Shot(()), "plan_invalide"),
        (Shot(("a", "b")), "plan_invalide"),
        (Shot(("a", "b", "c"), Layout.PIP), "plan_invalide"),
        (Shot(("a", "b", "c", "a", "b"), Layout.FOUR), "plan_invalide"),
        (Shot(("z",)), "source_inconnue"),
        (Shot(("a", "z"), Layout.TWO), "source_inconnue"),
    ],
)
def test_a_shot_that_cannot_be_shown_is_refused(shot: Shot, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        bus.check_shot(shot, {"a", "b", "c"})
    assert refused.value.stable_code == code


def test_a_layout_may_have_empty_seats() -> None:
    bus.check_shot(Shot(("a",), Layout.FOUR), {"a"})


def test_all_that_is_shown_prepared_or_on_its_way_is_needed() -> None:
    assert START.needed() == {"a", "b"}
    assert bus.take(START, C).needed() == {"a", "b", "c"}
    fading = bus.set_preview(bus.auto(START, TICK), C)
    assert fading.needed() == {"a", "b", "c"}


# -- properties ---------------------------------------------------------------------------------------------------------

SHOTS = st.sampled_from([A, B, C, Shot(("a", "b"), Layout.TWO)])
ACTS = st.one_of(
    st.tuples(st.just("preview"), SHOTS),
    st.tuples(st.just("take"), SHOTS),
    st.tuples(st.just("cut"), st.none()),
    st.tuples(st.just("auto"), st.integers(0, 40 * TICK)),
    st.tuples(st.just("bar"), st.integers(0, 1000)),
    st.tuples(st.just("wait"), st.integers(1, 30)),
)


def act(buses: Buses, name: str, value: object) -> Buses:
    match name, value:
        case "preview", Shot() as shot:
            return bus.set_preview(buses, shot)
        case "take", Shot() as shot:
            return bus.take(buses, shot)
        case "auto", int(duration):
            return bus.auto(buses, duration)
        case "bar", int(position):
            return bus.set_transition(buses, position)
        case "cut", _:
            return bus.cut(buses)
    return buses


def _among(alive: set[str], shot: Shot) -> bool:
    return set(shot.sources) <= alive


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(ACTS, st.sets(st.sampled_from("abc"))), max_size=40))
def test_whatever_is_asked_the_programme_changes_only_to_what_was_ready(
    story: list[tuple[tuple[str, object], set[str]]],
) -> None:
    buses, n = START, 0
    for (name, value), alive in story:
        buses = act(buses, name, value)
        for _ in range(value if name == "wait" and isinstance(value, int) else 1):
            n += 1
            before = buses
            buses = bus.step(buses, MediaTime(n * TICK), TICK, partial(_among, alive))
            assert 0 <= buses.mix < 1000
            if buses.programme != before.programme:
                landed = [before.pending.shot] if before.pending else []
                if before.transition:
                    landed.append(before.transition.target)
                assert buses.programme in landed
                assert set(buses.programme.sources) <= alive or (
                    before.transition and before.transition.armed
                )
            was_armed = before.transition is not None and before.transition.armed
            if buses.transition and buses.transition.armed and not was_armed:
                assert set(buses.transition.target.sources) <= alive


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTS, max_size=20), st.integers(1, 50))
def test_when_all_is_ready_and_the_hands_are_off_everything_asked_ends_in_time(
    story: list[tuple[str, object]], duration: int
) -> None:
    buses = START
    for name, value in story:
        buses = act(buses, name, value)
    asked = buses.pending.shot if buses.pending else None
    landed = run(replace(buses, transition=None), 1)[-1]
    assert landed.pending is None
    assert asked is None or landed.programme == asked
    fading = bus.auto(landed, duration * TICK)
    states = run(fading, duration + 1, first=2)
    assert states[-1].transition is None and states[-1].programme == landed.preview
    mixes = [s.mix for s in states[: duration - 1]]
    assert mixes == sorted(mixes) and all(mixes)

"""Rings between threads: bounded, counted, never waiting for a reader."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.board import Latest
from regie.media.handoff import Ring

pytestmark = pytest.mark.unit


@given(st.integers(1, 8), st.lists(st.integers(), max_size=60))
def test_a_plain_ring_keeps_the_newest_and_counts_the_rest(size: int, items: list[int]) -> None:
    ring: Ring[int] = Ring(size)
    for item in items:
        assert ring.put(item)
    kept = [ring.get(0) for _ in range(len(ring))]
    assert kept == items[-size:]
    assert ring.dropped == max(0, len(items) - size)


@given(st.integers(1, 8), st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80))
def test_after_a_loss_a_reader_of_pictures_starts_again_on_a_keyframe(
    size: int, steps: list[tuple[bool, bool]]
) -> None:
    """Steps are (is a keyframe, the reader takes one afterwards)."""
    ring: Ring[tuple[int, bool]] = Ring(size, resume=lambda item: item[1])
    ring.put((-1, True))
    taken: list[tuple[int, bool]] = []
    for n, (key, read) in enumerate(steps):
        ring.put((n, key))
        if read and (item := ring.get(0)) is not None:
            taken.append(item)
    while (item := ring.get(0)) is not None:
        taken.append(item)
    for before, after in zip(taken, taken[1:], strict=False):
        assert after[0] == before[0] + 1 or after[1], "a hole that does not end on a keyframe"
    assert len(taken) + ring.dropped == len(steps) + 1


def test_what_waits_for_a_reader_that_is_late_may_be_thrown_away() -> None:
    ring: Ring[int] = Ring(10, resume=lambda item: item % 10 == 0)
    for item in (0, 1, 2):
        ring.put(item)
    ring.drop(beyond=3)
    assert len(ring) == 3, "it follows"
    ring.drop(beyond=2)
    assert len(ring) == 0 and ring.dropped == 3
    assert [ring.put(item) for item in (3, 10, 11)] == [False, True, True]
    plain: Ring[int] = Ring(2)
    plain.put(1)
    plain.drop()
    assert plain.put(2) and plain.get(0) == 2


def test_a_closed_ring_gives_what_it_holds_then_nothing() -> None:
    ring: Ring[int] = Ring(3)
    ring.put(1)
    ring.close()
    assert not ring.put(2)
    assert ring.get(0) == 1
    assert ring.get(10) is None


def test_a_waiting_reader_is_woken() -> None:
    ring: Ring[int] = Ring(3)
    got: list[int | None] = []
    reader = threading.Thread(target=lambda: got.append(ring.get(10)))
    reader.start()
    ring.put(7)
    reader.join(5)
    assert got == [7]


def test_the_latest_value_tells_its_version_and_its_listeners() -> None:
    told: list[int] = []
    slot = Latest(0)
    stop = slot.listen(lambda: told.append(slot.get()))
    slot.put(5)
    assert slot.read() == (1, 5)
    stop()
    slot.put(6)
    assert told == [5]
    assert slot.read() == (2, 6)


def test_an_item_that_wakes_nobody_is_taken_with_the_next_that_does() -> None:
    ring: Ring[int] = Ring(4)
    taken: list[int | None] = []
    reader = threading.Thread(target=lambda: taken.extend((ring.get(30), ring.get(0))))
    reader.start()
    ring.put(1, wake=False)
    ring.put(2)
    reader.join(10)
    assert taken == [1, 2]

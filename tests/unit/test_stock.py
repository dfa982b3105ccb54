"""The memory of a source's pictures follows what waits, and no picture changes under its reader."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.media.colour import blank, planes_of
from regie.media.stock import SPARE, WINDOW, Stock

pytestmark = pytest.mark.unit


def picture(value: int) -> av.VideoFrame:
    frame = blank(32, 18)
    for plane in planes_of(frame):
        plane[:] = value
    return frame


def test_memory_comes_down_again_after_a_burst() -> None:
    stock = Stock(32, 18)
    burst = [stock.take() for _ in range(40)]
    assert len(stock) == 40
    waiting = burst[:5]
    burst.clear()
    for _ in range(2 * WINDOW):
        waiting = [*waiting[1:], stock.take()]
    assert len(stock) <= 5 + 1 + SPARE


def test_steady_use_takes_no_new_memory() -> None:
    stock = Stock(32, 18)
    waiting = [stock.take() for _ in range(8)]
    seen = set()
    for _ in range(3 * WINDOW):
        waiting = [*waiting[1:], stock.take()]
        seen.add(waiting[-1].planes[0].buffer_ptr)
    assert len(seen) <= 9


def test_a_view_on_a_plane_holds_its_picture() -> None:
    stock = Stock(32, 18)
    view = planes_of(stock.copy(picture(7)))[0]
    for _ in range(3):
        stock.copy(picture(9))
    assert (view == 7).all()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 255)), min_size=1, max_size=60))
def test_what_is_held_never_changes(steps: list[tuple[int, int]]) -> None:
    stock = Stock(32, 18)
    held: list[tuple[av.VideoFrame, int]] = []
    for keep, value in steps:
        held = (
            [*held[-keep:], (stock.copy(picture(value)), value)]
            if keep
            else [(stock.copy(picture(value)), value)]
        )
        assert all((np.asarray(plane) == v).all() for frame, v in held for plane in planes_of(frame))
        assert len({frame.planes[0].buffer_ptr for frame, _ in held}) == len(held)

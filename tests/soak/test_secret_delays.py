"""Every kind of press during every change of the delay, and many random ones: on virtual time, with real packets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_delay_changes import (
    ANY_CHANGES,
    CHANGES,
    PRESSES,
    SECOND,
    Changes,
    caught_in_time,
    masked_while_the_delay_moves,
)

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("press", PRESSES)
def test_every_press_during_every_change(press: str, change: str) -> None:
    masked_while_the_delay_moves(press, change)


@pytest.mark.timeout(600)
@settings(max_examples=100, deadline=None)
@given(ANY_CHANGES, st.integers(0, 3 * SECOND), st.integers(0, 2 * SECOND))
def test_however_the_delay_moves(changes: Changes, wait: int, hold: int) -> None:
    caught_in_time(changes, wait, hold)

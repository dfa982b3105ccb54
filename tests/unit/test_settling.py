"""A merge of what was typed late is waited out, not for ever, and not once somebody acted now."""

import pytest

from regie.settling import AT_MOST_S, SETTLES_S, Settling
from tests import virtual_loop
from tests.virtual_loop import VirtualLoop

pytestmark = pytest.mark.unit


def test_who_follows_waits_until_nothing_late_comes_any_more() -> None:
    async def main(loop: VirtualLoop) -> None:
        settling = Settling()
        await settling.over()
        assert loop.time() == 0
        settling.heard_late()
        for at_s in (1.0, 2.5):
            loop.call_at(at_s, settling.heard_late)
        await settling.over()
        assert loop.time() == 2.5 + SETTLES_S

    virtual_loop.run(main)


def test_a_merge_without_end_holds_nobody_for_ever() -> None:
    async def main(loop: VirtualLoop) -> None:
        settling = Settling()
        settling.heard_late()
        for at_s in range(1, 60):
            loop.call_at(at_s, settling.heard_late)
        for turn in (1, 2, 3):
            await settling.over()
            assert loop.time() == turn * AT_MOST_S

    virtual_loop.run(main)


def test_what_is_done_now_ends_the_wait() -> None:
    async def main(loop: VirtualLoop) -> None:
        settling = Settling()
        settling.heard_late()
        loop.call_at(0.5, settling.end)
        await settling.over()
        assert loop.time() == 0.5

    virtual_loop.run(main)

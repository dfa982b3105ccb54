"""The camera on air is lost: another shot stands in, and gives way when it is back for good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain.model import Layout, Shot
from regie.domain.timeline import MediaTime
from regie.media.rescue import NONE, RETURN, Rescue, Seen, step

pytestmark = pytest.mark.unit
TICK = 1920
ORDER = ("wide", "cam2", "cam3")
ON_AIR = Shot(("cam2",))


class Hall:
    """Sources whose state a test sets; nobody is decoded in full but who was asked to."""

    def __init__(self) -> None:
        self.live = dict.fromkeys(ORDER, True)
        self.ready = {"wide": False, "cam2": True, "cam3": False}
        self.rescue = NONE
        self.t = 0

    def look(self, source: str) -> Seen:
        return Seen(self.live[source], self.live[source] and self.ready[source])

    def tick(self, programme: Shot = ON_AIR, count: int = 1) -> Rescue:
        for _ in range(count):
            self.t += TICK
            self.rescue = step(self.rescue, programme, self.look, ORDER, MediaTime(self.t))
            if self.rescue.warm is not None:
                self.ready[self.rescue.warm] = True
        return self.rescue


def test_nothing_stands_in_while_all_is_well() -> None:
    hall = Hall()
    assert hall.tick(count=100) == NONE
    assert NONE.shot(ON_AIR) == ON_AIR


def test_the_best_other_source_is_warmed_at_once_and_shown_when_it_is_decoded() -> None:
    hall = Hall()
    hall.live["cam2"] = False
    first = hall.tick()
    assert first.warm == "wide" and first.shot(ON_AIR) == ON_AIR, "not decoded yet: the last picture stays"
    assert hall.tick().shot(ON_AIR) == Shot(("wide",))


def test_it_gives_way_when_the_camera_is_back_for_good_and_not_before() -> None:
    hall = Hall()
    hall.live["cam2"] = False
    hall.tick(count=10)
    hall.live["cam2"] = True
    hall.tick(count=RETURN // TICK - 1)
    hall.live["cam2"] = False
    assert hall.tick().shot(ON_AIR) == Shot(("wide",)), "it went again: the count begins anew"
    hall.live["cam2"] = True
    assert hall.tick(count=RETURN // TICK).shot(ON_AIR) == Shot(("wide",))
    assert hall.tick(count=2) == NONE


def test_a_stand_in_that_is_lost_in_its_turn_is_replaced() -> None:
    hall = Hall()
    hall.live["cam2"] = False
    hall.tick(count=3)
    hall.live["wide"] = False
    hall.tick()
    assert hall.tick().shot(ON_AIR) == Shot(("cam3",))
    hall.live["cam3"] = False
    assert hall.tick(count=5).shot(ON_AIR) == ON_AIR, "nobody is left: the slate's turn"


def test_the_operator_who_takes_another_shot_ends_it() -> None:
    hall = Hall()
    hall.live["cam2"] = False
    hall.tick(count=5)
    assert hall.tick(Shot(("cam3",))) == NONE


@pytest.mark.parametrize("shot", [Shot(("cam2", "cam3"), Layout.TWO), Shot(("slate.avant",))])
def test_layouts_and_slates_are_left_alone(shot: Shot) -> None:
    hall = Hall()
    hall.live["cam2"] = False
    assert hall.tick(shot, 5) == NONE


@given(st.lists(st.tuples(st.sampled_from(ORDER), st.booleans()), max_size=60))
def test_what_is_shown_is_the_programme_or_a_live_source(changes: list[tuple[str, bool]]) -> None:
    hall = Hall()
    for source, live in changes:
        hall.live[source] = live
        shown = hall.tick().shot(ON_AIR)
        assert shown == ON_AIR or (hall.look(shown.sources[0]).ready and not (hall.rescue == NONE))

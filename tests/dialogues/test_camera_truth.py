"""A camera's state told by its polls: dialogues on virtual time, then any sequence of events."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_drivers.base import CameraState, Position
from camera_drivers.truth import IDLE_POLL, MOVING_POLL, Kind, Sighting, Truth

pytestmark = pytest.mark.dialogue

HOME = Position(0.0, 0.0, 1.0)
SEAT = Position(30.0, -5.0, 4.0)


class Watched:
    """A truth and its clock; each answer comes 0.2 s after the one before."""

    def __init__(self) -> None:
        self.truth = Truth()
        self.now = 10.0

    def polls(
        self, *positions: Position, moving: bool | None = None, busy: bool = False, failed: bool = False
    ) -> "Watched":
        for position in positions:
            self.now += 0.2
            self.truth.seen(self.now, Sighting(position, moving, busy, failed))
        return self

    def sets_off(self, kind: Kind, target: Position | None = None, lasts: float | None = None) -> "Watched":
        self.now += 0.01
        self.truth.set_off(self.now, kind, target, lasts)
        return self

    def releases(self) -> "Watched":
        self.truth.released(self.now)
        return self

    def waits(self, seconds: float) -> "Watched":
        self.now += seconds
        return self

    def loses(self) -> "Watched":
        self.truth.lost(self.now)
        return self

    def is_(self, state: CameraState, detail: str = "") -> "Watched":
        report = self.truth.report(self.now)
        assert report.state is state
        assert detail in report.detail
        return self


def between(share: float) -> Position:
    return Position(30.0 * share, -5.0 * share, 1 + 3 * share)


def ready() -> Watched:
    return Watched().is_(CameraState.UNKNOWN).polls(HOME, moving=False).is_(CameraState.READY)


def arrived() -> Watched:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(between(0.5), moving=True)
    return watched.polls(SEAT, SEAT, moving=False).is_(CameraState.ARRIVED)


def test_a_move_arrives_once_it_is_there_still_and_settled() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).is_(CameraState.MOVING)
    watched.polls(between(0.3), between(0.8), moving=True).is_(CameraState.MOVING)
    watched.polls(SEAT, moving=True).is_(CameraState.MOVING)
    watched.polls(SEAT, moving=False).is_(CameraState.MOVING).polls(SEAT, moving=False)
    watched.is_(CameraState.ARRIVED)
    assert watched.truth.report(watched.now).target == SEAT


def test_there_with_the_lens_still_at_work_is_not_arrived() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0)
    watched.polls(*[SEAT] * 6, moving=False, busy=True).is_(CameraState.MOVING)


def test_a_camera_without_status_arrives_by_its_positions() -> None:
    watched = Watched().polls(HOME, HOME).is_(CameraState.READY).sets_off(Kind.GO_TO, SEAT, 1.0)
    watched.polls(HOME, HOME, between(0.2), between(0.7), SEAT).is_(CameraState.MOVING)
    watched.polls(SEAT).is_(CameraState.ARRIVED)


def test_a_slow_starter_is_given_its_time() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(HOME, HOME, HOME, moving=False)
    watched.is_(CameraState.MOVING).polls(between(0.5), moving=True).polls(SEAT, SEAT, moving=False)
    watched.is_(CameraState.ARRIVED)


def test_a_move_that_never_starts_is_told() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(*[HOME] * 6, moving=False)
    watched.is_(CameraState.ALTERED, "stopped elsewhere")


def test_stopped_on_its_way_by_somebody_else() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(between(0.4), moving=True)
    watched.polls(between(0.5), between(0.5), moving=False).is_(CameraState.ALTERED, "stopped elsewhere")


def test_carried_away_by_somebody_else_on_its_way() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0)
    watched.polls(*(Position(-3.0 * n, 0, 1) for n in range(22)), moving=True)
    watched.is_(CameraState.ALTERED, "long after")


def test_turned_by_somebody_else_while_it_was_ours() -> None:
    arrived().polls(Position(31.0, -5, 4), moving=True).is_(CameraState.ALTERED, "another controller")


def test_turned_between_two_polls_only_its_place_tells() -> None:
    arrived().waits(0.8).polls(HOME, moving=False).is_(CameraState.ALTERED)


def test_zoomed_by_somebody_else() -> None:
    arrived().polls(Position(30.0, -5.0, 4.4), moving=False).is_(CameraState.ALTERED)


def test_altered_lasts_until_we_set_off_again() -> None:
    watched = arrived().polls(HOME, SEAT, SEAT, SEAT, moving=False).is_(CameraState.ALTERED)
    watched.sets_off(Kind.GO_TO, SEAT, 0.2).polls(SEAT, SEAT, moving=False).is_(CameraState.ARRIVED)


def test_automatic_focus_alters_nothing() -> None:
    arrived().polls(Position(30.0, -5.0, 4.0, focus=1234), moving=False, busy=True).is_(CameraState.ARRIVED)


def test_a_drive_that_we_stop_ends_ready_where_it_is() -> None:
    watched = ready().sets_off(Kind.DRIVE).polls(between(0.1), between(0.2), moving=True)
    watched.is_(CameraState.MOVING).releases().polls(between(0.25), moving=True).is_(CameraState.MOVING)
    watched.polls(between(0.26), between(0.26), moving=False).is_(CameraState.READY)
    watched.polls(between(0.26), moving=False).is_(CameraState.READY)


def test_a_drive_held_at_its_end_is_still_a_drive() -> None:
    watched = ready().sets_off(Kind.DRIVE).polls(*[between(0.5)] * 8, moving=False)
    watched.is_(CameraState.MOVING)
    assert watched.truth.driving


def test_a_stop_when_nothing_moves_changes_nothing() -> None:
    arrived().releases().polls(SEAT, moving=False).is_(CameraState.ARRIVED)


def test_a_stop_ends_a_move_where_it_is() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(between(0.4), moving=True).releases()
    watched.polls(between(0.5), between(0.5), moving=False).is_(CameraState.READY)
    assert watched.truth.report(watched.now).target is None


def test_a_memory_is_recalled_when_the_camera_says_so() -> None:
    watched = ready().sets_off(Kind.RECALL).polls(between(0.4), SEAT, moving=True, busy=True)
    watched.polls(SEAT, moving=False, busy=True).is_(CameraState.MOVING)
    watched.polls(SEAT, SEAT, moving=False).is_(CameraState.ARRIVED)
    assert watched.truth.report(watched.now).target == SEAT


def test_a_memory_whose_place_is_known_is_recalled_there_or_not_at_all() -> None:
    watched = ready().sets_off(Kind.RECALL, SEAT).polls(between(0.4), SEAT, moving=True, busy=True)
    watched.polls(SEAT, SEAT, moving=False).is_(CameraState.ARRIVED)
    watched = ready().sets_off(Kind.RECALL, SEAT).polls(*[HOME] * 6, moving=False)
    watched.is_(CameraState.ALTERED, "stopped elsewhere")
    assert watched.truth.report(watched.now).target is None
    watched = ready().sets_off(Kind.RECALL, SEAT).polls(between(0.4), moving=True, busy=True)
    watched.polls(between(0.5), between(0.5), moving=False).is_(CameraState.ALTERED, "stopped elsewhere")


def test_where_it_rests_is_known_of_a_camera_that_stands_still_only() -> None:
    watched = ready().polls(HOME, moving=False)
    assert watched.truth.resting == HOME
    assert watched.sets_off(Kind.GO_TO, SEAT).truth.resting is None
    assert watched.polls(between(0.4), moving=True).truth.resting is None
    assert watched.polls(SEAT, moving=False).truth.resting is None, "it may only have slowed down"
    assert watched.polls(SEAT, moving=False).truth.resting == SEAT
    assert watched.loses().truth.resting is None


def test_a_recall_that_the_camera_says_it_gave_up_is_not_arrived() -> None:
    for known in (SEAT, None):
        watched = ready().sets_off(Kind.RECALL, known).polls(*[HOME] * 6, moving=False, failed=True)
        watched.is_(CameraState.ALTERED, "gave its move up")


def test_refused_after_it_was_accepted() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(between(0.2), moving=True)
    watched.truth.refused(watched.now, "cancelled")
    watched.polls(between(0.3), between(0.3), moving=False).is_(CameraState.READY, "cancelled")


def test_lost_and_found_where_it_was() -> None:
    watched = arrived().loses().is_(CameraState.LOST)
    assert watched.truth.report(watched.now).position is None
    watched.waits(30).polls(SEAT, moving=False).is_(CameraState.ARRIVED)


def test_lost_and_found_elsewhere() -> None:
    arrived().loses().waits(30).polls(HOME, moving=False).is_(CameraState.ALTERED, "found elsewhere")


def test_lost_on_its_way_and_found_there() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(between(0.4), moving=True).loses().waits(5)
    watched.polls(SEAT, moving=False).is_(CameraState.ARRIVED)


def test_lost_on_its_way_and_found_halfway_is_ready_not_altered() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 1.0).polls(between(0.4), moving=True).loses().waits(5)
    watched.polls(between(0.6), moving=True).is_(CameraState.UNKNOWN)
    watched.polls(between(0.7), moving=False).is_(CameraState.READY)


def test_stand_by_is_not_a_place() -> None:
    watched = arrived()
    watched.truth.asleep(watched.now, "stand-by")
    watched.is_(CameraState.UNKNOWN, "stand-by").polls(HOME, moving=False).is_(CameraState.READY)


def test_polls_are_fast_while_it_moves_or_is_on_air_and_slow_at_rest() -> None:
    watched = arrived()
    assert watched.truth.next_poll(watched.now) == IDLE_POLL
    assert watched.truth.next_poll(watched.now, every=0.1) == 0.1
    watched.sets_off(Kind.GO_TO, HOME, 2.0).polls(between(0.5), moving=True)
    assert watched.truth.next_poll(watched.now) == MOVING_POLL
    watched.polls(HOME, moving=False)
    assert watched.truth.next_poll(watched.now + 0.15) == pytest.approx(0.05)


def test_the_time_left_is_counted_down() -> None:
    watched = ready().sets_off(Kind.GO_TO, SEAT, 2.0).waits(0.5)
    assert watched.truth.report(watched.now).eta == pytest.approx(1.5)
    assert watched.waits(5).truth.report(watched.now).eta == 0


@given(st.integers(0, 2**32 - 1), st.lists(st.sampled_from("pppphgdrxl"), max_size=60), st.booleans())
def test_whatever_happens_arrived_means_there_still_and_asked_for(
    seed: int, script: list[str], says: bool
) -> None:
    """p: poll, h: by hand, g: go to, d: drive, r: release, x: refused, l: lost. The camera is a point that moves."""
    chance, truth, now = random.Random(seed), Truth(), 0.0
    place, goal, asked, shown = HOME, HOME, None, 0
    for event in script:
        now += 0.2
        if event == "h":
            goal = chance.choice((HOME, SEAT, between(0.5)))
        elif event == "g":
            goal = asked = chance.choice((HOME, SEAT, between(0.5)))
            truth.set_off(now, Kind.GO_TO, goal, 0.5)
        elif event == "d":
            goal, asked = between(chance.random()), None
            truth.set_off(now, Kind.DRIVE)
        elif event == "r":
            truth.released(now)
        elif event == "x":
            truth.refused(now, "cancelled")
        elif event == "l":
            truth.lost(now)
        moves = place != goal
        place = goal if chance.random() < 0.5 else place
        if event == "p":
            truth.seen(now, Sighting(place, moves if says else None))
            shown += 1
        report = truth.report(now)
        if report.state is CameraState.ARRIVED:
            assert asked is not None and report.position is not None
            assert truth.tolerance.same(report.position, asked)
            assert report.target == asked
        if report.state in (CameraState.READY, CameraState.ALTERED):
            assert shown, "nothing is known before an answer"
        if event == "l":
            assert report.state is CameraState.LOST and report.position is None
        assert 0 < truth.next_poll(now) <= IDLE_POLL

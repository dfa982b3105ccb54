"""The register of masks: what it tells, how it is stored, and that nothing of the content is in it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain import events, masks
from regie.domain.event import Event
from regie.domain.events import SeancePaused
from regie.domain.masks import (
    MaskClosed,
    MaskContinued,
    MaskExplained,
    MaskKind,
    MaskOpened,
    RemovalAsked,
    RemovalDone,
    Stretch,
)

pytestmark = pytest.mark.unit

OPENED = MaskOpened(
    at_utc_ms=1000, mask="m1", hides=MaskKind.BOTH, run="r1", start=48_000, public_start=528_000, item="7"
)


def test_a_mask_is_told_from_its_opening_to_its_end() -> None:
    closed = MaskClosed(at_utc_ms=5000, mask="m1", run="r1", end=240_000, public_end=720_000)
    book = masks.fold([(OPENED, "tech"), (SeancePaused(at_utc_ms=2000), "president"), (closed, "president")])
    (line,) = book.values()
    assert (line.who, line.item, line.opened_ms, line.closed_ms) == ("tech", "7", 1000, 5000)
    assert line.stretches == (Stretch("r1", 48_000, 528_000, 240_000, 720_000),)
    assert not line.is_open


def test_a_mask_goes_on_in_the_next_run_and_ends_there() -> None:
    goes_on = MaskContinued(at_utc_ms=3000, mask="m1", run="r2", start=0, public_start=480_000)
    closed = MaskClosed(at_utc_ms=5000, mask="m1", run="r2", end=96_000, public_end=576_000)
    book = masks.fold([(OPENED, "a"), (goes_on, "configuration")])
    assert book["m1"].is_open
    line = masks.apply(book, closed, "b")["m1"]
    assert line.stretches == (Stretch("r1", 48_000, 528_000), Stretch("r2", 0, 480_000, 96_000, 576_000))


def test_a_reason_may_be_given_later() -> None:
    why = MaskExplained(at_utc_ms=9000, mask="m1", item="7", reason="situation d'un agent")
    line = masks.fold([(OPENED, "a"), (why, "b")])["m1"]
    assert line.reason == "situation d'un agent" and line.who == "a"


@pytest.mark.parametrize(
    "event",
    [
        OPENED,
        MaskClosed(at_utc_ms=1, mask="m", run="r", end=2, public_end=3),
        MaskContinued(at_utc_ms=1, mask="m", run="r", start=2, public_start=3),
        MaskExplained(at_utc_ms=1, mask="m", reason="r"),
        RemovalAsked(at_utc_ms=1, removal="ab", start_ms=1, end_ms=2, hides=MaskKind.BOTH, reason="r"),
        RemovalDone(at_utc_ms=3, removal="ab", hidden_ms=2),
    ],
)
def test_what_is_stored_is_read_again(event: Event) -> None:
    assert events.decode(event.KIND, event.VERSION, events.encode(event)) == event


def test_there_is_no_room_for_the_content() -> None:
    told = {name for kind in masks.MASK_EVENTS for name in kind.__struct_fields__}
    times = {"start", "end", "public_start", "public_end", "gone", "at_utc_ms"}
    times |= {"start_ms", "end_ms", "hidden_ms"}
    assert told == {"mask", "removal", "hides", "run", "item", "reason", "frozen"} | times


@given(st.lists(st.sampled_from("abc"), max_size=12))
def test_masks_stay_in_the_order_of_their_opening(names: list[str]) -> None:
    told = [
        MaskOpened(at_utc_ms=n, mask=name, hides=MaskKind.SOUND, run="r", start=n, public_start=n)
        for n, name in enumerate(dict.fromkeys(names))
    ]
    lines = list(masks.fold((event, "a") for event in told).values())
    assert all(a.opened_ms < b.opened_ms for a, b in pairwise(lines))

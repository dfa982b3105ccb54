"""Integer time: exact conversions, spans, epochs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain.timeline import (
    FRAME_RATES,
    SAMPLE_RATE,
    Epoch,
    MediaTime,
    Span,
    frame_samples,
    from_ms,
    to_ms,
)

pytestmark = pytest.mark.unit
instants = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize("fps", FRAME_RATES)
def test_a_second_is_a_whole_number_of_pictures(fps: int) -> None:
    assert frame_samples(fps) * fps == SAMPLE_RATE


@pytest.mark.parametrize("fps", [24, 29, 0, -25, 60000])
def test_other_rates_are_refused(fps: int) -> None:
    with pytest.raises(ValueError, match=str(fps)):
        frame_samples(fps)


@given(st.integers(0, 10**10))
def test_milliseconds_come_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


@given(instants, st.integers(1, 10**9), instants)
def test_a_closed_span_holds_its_start_and_not_its_end(start: int, length: int, t: int) -> None:
    span = Span(MediaTime(start), MediaTime(start + length))
    assert span.covers(start) and not span.covers(start + length)
    assert span.covers(t) == (start <= t < start + length)
    assert span.touches(t, t + 1) == span.covers(t)


@given(instants, instants)
def test_an_open_span_covers_all_that_follows(start: int, t: int) -> None:
    assert Span(MediaTime(start)).covers(t) == (t >= start)


@given(st.integers(0, 4 * 3600 * SAMPLE_RATE))
def test_an_epoch_places_samples_in_the_world_within_a_nanosecond(t: int) -> None:
    epoch = Epoch("r", 1_700_000_000_000_000_000)
    assert abs((epoch.utc_ns_of(t) - epoch.utc_ns) * SAMPLE_RATE - t * 10**9) < SAMPLE_RATE

"""The delay line: out = in + N in lock-step, nothing hidden leaves, the stream never stops, splices decode without a warning."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regie
from regie.domain.masks import MaskKind
from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, MediaTime, Span
from regie.media.frames import Live, SoundBlock
from regie.media.pcm import RAMP
from regie.media.slate_gops import SlateGop
from tests.unit.delay_rig import (
    FORMAT,
    MAIN,
    SLATE_LUMA,
    SMALL,
    SPECS,
    TICK,
    Rig,
    decode,
    noise,
    programme,
    slate,
)

pytestmark = pytest.mark.unit

SECOND = SAMPLE_RATE
SECONDS = 6


def _t(seconds: float) -> MediaTime:
    return MediaTime(int(seconds * SECOND))


@pytest.mark.parametrize("delay_s", [0, 1, 3])
def test_out_is_in_plus_n_for_pictures_and_sound(delay_s: int) -> None:
    rig = Rig(delay_s)
    packets = programme(SECONDS)
    rig.run(packets, until=(SECONDS + delay_s) * SECOND)
    for spec in SPECS:
        sent = [(p.at + rig.delay, p.data) for p in packets if p.tier == spec.tier]
        left = [(p.at, p.data) for p in rig.kept.of(spec.tier) if p.at >= rig.delay]
        assert left[: len(sent) - 1] == sent[: len(left)][: len(sent) - 1]
        assert len(left) >= len(sent) - 1
    heard = rig.kept.samples()
    n = heard.shape[1] - rig.delay
    assert np.array_equal(heard[:, rig.delay :], noise(0, n))
    assert rig.line.lost == 0 and rig.line.sound_lost == 0


def test_nothing_leaves_before_its_time() -> None:
    rig = Rig(2)
    rig.feed(programme(SECONDS))
    for now in range(0, 3 * SECOND, TICK):
        rig.line.advance(now)
        assert all(p.at <= now for p in rig.kept.pictures)
        assert rig.line.head <= now + TICK - rig.delay


def test_before_the_first_picture_comes_out_the_public_has_the_slate() -> None:
    rig = Rig(2, antenna=False)
    rig.run(programme(SECONDS), until=2 * SECOND)
    main = rig.kept.of(MAIN.tier)
    assert [p.at for p in main] == list(range(0, 2 * SECOND, TICK))
    assert [p.data for p in main] == list(slate(SlateName.BEFORE, MAIN.tier).units) * 2
    assert not rig.kept.samples().any()


def test_pictures_and_sound_of_an_instant_leave_together() -> None:
    rig = Rig(1)
    rig.run(programme(SECONDS), until=4 * SECOND)
    assert len(rig.kept.order) % 3 == 0
    for n in range(0, len(rig.kept.order), 3):
        at = n // 3 * TICK
        assert rig.kept.order[n : n + 3] == [(MAIN.tier, at), (SMALL.tier, at), ("sound", at)]


@pytest.mark.parametrize("tier", [spec.tier for spec in SPECS])
@pytest.mark.parametrize("span", [(2.0, 3.0), (1.48, 3.32), (2.96, 3.0), (0.0, 2.04)])
def test_nothing_of_a_covered_span_leaves(span: tuple[float, float], tier: str) -> None:
    rig = Rig(1)
    rig.gate.hide("m", _t(span[0]), MaskKind.PICTURE)
    rig.gate.show("m", _t(span[1]))
    packets = [p for p in programme(SECONDS) if p.tier == tier]
    rig.run(programme(SECONDS), until=(SECONDS + 1) * SECOND)
    left = rig.kept.of(tier)
    gone = {p.data for p in left}
    covered = [p for p in packets if p.at + TICK > _t(span[0]) and p.at < _t(span[1])]
    assert covered and not any(p.data in gone for p in covered)
    assert [p.at for p in left] == list(range(0, len(left) * TICK, TICK))
    lumas = decode(left)
    assert len(lumas) == len(left)
    back_at = -(-_t(span[1]) // SECOND) * SECOND
    for picture, luma in zip(left, lumas, strict=True):
        t = picture.at - rig.delay
        if t < 0:
            continue
        hidden = t + TICK > _t(span[0]) and t < back_at
        expected = SLATE_LUMA[SlateName.MASKED] if hidden else 100 + 5 * (t // SECOND)
        assert abs(luma - expected) < 4, (t / SECOND, luma, expected)


def test_a_slate_begins_with_its_own_keyframe_and_the_seconds_stay_where_they_were() -> None:
    rig = Rig(1)
    rig.gate.hide("m", _t(1.48), MaskKind.PICTURE)
    rig.run(programme(SECONDS), until=5 * SECOND)
    keys = [p.at - rig.delay for p in rig.kept.of(MAIN.tier) if p.key]
    assert keys == [_t(s) for s in (-1, 0, 1, 1.48, 2, 3)]


def test_a_slate_of_which_only_the_start_is_ready_begins_again_with_a_keyframe() -> None:
    class Short:
        def gop(self, name: SlateName, tier: str) -> SlateGop:
            whole = slate(name, tier)
            return SlateGop(whole.name, whole.units[:10], whole.parameter_sets)

    rig = Rig(1, slates=Short())
    rig.gate.hide("m", _t(1.4), MaskKind.PICTURE)
    rig.run(programme(SECONDS), until=4 * SECOND)
    keys = [p.at - rig.delay for p in rig.kept.of(MAIN.tier) if p.key and p.at >= rig.delay + _t(1)]
    assert keys[:6] == [_t(s) for s in (1, 1.4, 1.8, 2, 2.4, 2.8)]
    assert len(decode(rig.kept.of(MAIN.tier))) == len(rig.kept.of(MAIN.tier))


def test_the_programme_comes_back_at_a_keyframe_that_was_asked_for() -> None:
    rig = Rig(1)
    rig.gate.hide("m", _t(1.0), MaskKind.PICTURE)
    rig.gate.show("m", _t(2.2))
    rig.run(programme(SECONDS, extra_keys=(60,)), until=5 * SECOND)
    lumas = decode(rig.kept.of(MAIN.tier))
    back = next(n for n in range(75, len(lumas)) if lumas[n] > 90)
    assert back * TICK - rig.delay == 60 * TICK


def test_antenna_off_acts_on_what_leaves_now_and_on_waits_for_what_is_live() -> None:
    rig = Rig(2)
    packets = programme(SECONDS + 6)
    rig.run(packets, until=_t(4))
    off_at = rig.line.head + rig.delay
    rig.gate.antenna_off(SlateName.PAUSE, MediaTime(rig.line.head + RAMP))
    rig.run([p for p in packets if p.at >= _t(4) - 960], until=_t(6), start=_t(4))
    rig.gate.antenna_on(_t(6))
    rig.run([p for p in packets if p.at >= _t(6) - 960], until=_t(10), start=_t(6))
    lumas = decode(rig.kept.of(MAIN.tier))
    shown = [lumas[u // TICK] for u in range(off_at, _t(8), TICK)]
    assert all(abs(luma - SLATE_LUMA[SlateName.PAUSE]) < 4 for luma in shown)
    assert lumas[_t(8) // TICK] > 90
    heard = rig.kept.samples()
    assert not heard[:, off_at + RAMP : _t(8) - RAMP].any()
    assert np.array_equal(heard[:, _t(8) + RAMP : _t(9)], noise(_t(6), SECOND)[:, RAMP:])


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2 * SECOND),
    st.integers(1, SECOND),
    st.integers(0, 2 * SECOND),
    st.integers(1, SECOND),
    st.booleans(),
)
def test_no_sample_of_the_source_is_left_inside_a_covered_span(
    a: int, la: int, b: int, lb: int, both: bool
) -> None:
    rig = Rig(1)
    rig.gate.hide("a", MediaTime(a), MaskKind.SOUND)
    rig.gate.show("a", MediaTime(a + la))
    spans = [Span(MediaTime(a), MediaTime(a + la))]
    if both:
        rig.gate.hide("b", MediaTime(b), MaskKind.SOUND)
        rig.gate.show("b", MediaTime(b + lb))
        spans.append(Span(MediaTime(b), MediaTime(b + lb)))
    for at in range(0, 4 * SECOND, TICK):
        rig.line.sound(_block(at))
    rig.line.advance(_t(4.5))
    heard = rig.kept.samples()[:, rig.delay :]
    times = np.arange(heard.shape[1])
    inside = np.zeros(times.size, bool)
    near = np.zeros(times.size, bool)
    for span in spans:
        assert span.end is not None
        inside |= (times >= span.start) & (times < span.end)
        near |= (times >= span.start - RAMP) & (times < span.end + RAMP)
    # The source has a constant part of opposite sign left and right; the tone is the same on both sides.
    assert np.array_equal(heard[0, inside], heard[1, inside])
    assert np.abs(heard[:, inside]).max() <= 10 ** (-18 / 20) + 1e-6
    assert np.array_equal(heard[:, ~near], noise(0, times.size)[:, ~near])


def test_microphones_apart_are_silent_wherever_the_public_hears_nothing_of_them() -> None:
    """A bip, the antenna cut at once for a huis clos, the antenna given again: on every track not one sample of what was said."""
    rig = Rig(1)
    left: list[SoundBlock] = []
    rig.line.tracks = lambda block: left.append(block.value)
    rig.gate.hide("bip", MediaTime(SECOND), MaskKind.SOUND)
    rig.gate.show("bip", MediaTime(2 * SECOND))
    rig.gate.antenna_off(SlateName.CLOSED_DOORS, MediaTime(3 * SECOND))
    rig.gate.antenna_on(MediaTime(4 * SECOND))
    for at in range(0, 5 * SECOND, TICK):
        rig.line.sound(_block(at))
        rig.line.apart(Live(SoundBlock(np.full((3, TICK), 0.5, np.float32), MediaTime(at))))
    for now in (3.0, 5.9):
        rig.line.advance(_t(now))
    assert left[0].at == rig.delay and left[0].samples.shape == (3, TICK)
    heard = np.concatenate([block.samples for block in left], axis=1)
    for hidden in (1, 3):
        assert not heard[:, hidden * SECOND : (hidden + 1) * SECOND].any()
    for said in (0, 2):
        assert np.all(heard[:, said * SECOND + RAMP : (said + 1) * SECOND - RAMP] == 0.5)


def test_microphones_that_nobody_takes_do_not_pile_up() -> None:
    rig = Rig(1)
    for at in range(0, 60 * SECOND, TICK):
        rig.line.apart(Live(SoundBlock(np.zeros((3, TICK), np.float32), MediaTime(at))))
    assert len(rig.line._apart) * TICK <= rig.delay + 10 * SECOND


def _block(at: int) -> Live[SoundBlock]:
    return Live(SoundBlock(noise(at, TICK), MediaTime(at)))


@pytest.mark.parametrize("delay_s", [0, 1])
def test_what_a_slate_replaces_is_not_counted_as_lost(delay_s: int) -> None:
    rig = Rig(delay_s, antenna=False)
    rig.run(programme(3), until=_t(3 + delay_s))
    assert len(rig.kept.of(MAIN.tier)) >= 3 * FORMAT.fps - 1
    assert rig.line.lost == 0 and rig.line.sound_lost == 0


@pytest.mark.parametrize("delay_s", [0, 2])
def test_when_the_mixer_is_silent_the_public_stream_goes_on_and_comes_back(delay_s: int) -> None:
    rig = Rig(delay_s)
    packets = [p for p in programme(8) if not _t(2.2) <= p.at < _t(4.2)]
    rig.run(packets, until=_t(8 + delay_s))
    left = rig.kept.of(MAIN.tier)
    lumas = dict(zip([p.at - rig.delay for p in left], decode(left), strict=True))
    gaps = np.diff([p.at for p in left])
    assert gaps.max() <= SECOND // 2
    for t in range(_t(2.8), _t(4.2), TICK):
        if t in lumas:
            assert abs(lumas[MediaTime(t)] - SLATE_LUMA[SlateName.FAULT]) < 4
    assert lumas[MediaTime(_t(4.8))] < 90, "a P picture without its reference must not leave"
    assert lumas[_t(5)] > 90
    heard = rig.kept.samples()
    assert not heard[:, _t(2.2) + rig.delay : _t(4.2) + rig.delay].any()
    assert heard.shape[1] == rig.line.head + rig.delay


def test_a_picture_skipped_by_the_mixer_is_not_replaced() -> None:
    rig = Rig(1)
    packets = [p for p in programme(SECONDS) if p.at not in (_t(2.08), _t(2.12))]
    # The encoder never saw them either: take a stream whose references are whole.
    rig.run(packets, until=_t(4))
    times = [p.at - rig.delay for p in rig.kept.of(MAIN.tier)]
    assert _t(2.08) not in times and _t(2.04) in times and _t(2.16) in times
    assert rig.line.passing


def test_a_flood_is_bounded_and_drops_whole_gops() -> None:
    rig = Rig(1)
    room = (rig.delay + 5 * SECOND) // TICK
    rig.feed(programme(9))
    assert rig.line.lost == 2 * (9 * FORMAT.fps - room)
    for now in range(0, _t(9), TICK):
        rig.line.advance(now)
    decode(rig.kept.of(MAIN.tier))


def test_after_a_long_sleep_the_line_jumps_to_now() -> None:
    rig = Rig(1)
    rig.run(programme(2), until=_t(2))
    before = len(rig.kept.pictures)
    rig.line.advance(_t(100))
    assert rig.line.jumps == 1
    assert len(rig.kept.pictures) - before <= 4
    assert rig.kept.pictures[-1].at == _t(100)
    rig.line.advance(_t(101))
    assert abs(rig.kept.units[-1].at - _t(101)) < 3 * 1024


def test_an_odd_delay_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number"):
        Rig.__init__(Rig.__new__(Rig), 0.5)  # type: ignore[arg-type]


def test_only_the_delay_line_makes_what_may_leave() -> None:
    root = Path(inspect.getfile(regie)).parent
    makers = [
        path.name
        for path in root.rglob("*.py")
        # The cameras have a « clear » of their own.
        if path.name != "frames.py"
        and "regie.media.frames" in path.read_text()
        and ("clear(" in (text := path.read_text()) or "Cleared(" in text)
        and any(word in text for word in ("import clear", " clear,\n", "Cleared("))
    ]
    assert makers == ["delay.py"]

"""Slates stand in for the programme: same parameter sets, one GOP of one second, fresh clock."""

import threading

import pytest

from regie.domain.model import SlateName
from regie.domain.timeline import MediaTime
from regie.media.encoder import H264Encoder, TierSpec
from regie.media.frames import EncodedPicture, Picture
from regie.media.slate_gops import MINUTE_NS, SPARE_S, ParameterSetsDiffer, SlateGops, encode_gop
from tests.unit.delay_rig import MAIN, SMALL, SPECS, decode, flat

pytestmark = pytest.mark.unit


class Clock:
    def __init__(self) -> None:
        self.utc = 100 * MINUTE_NS

    def monotonic_ns(self) -> int:
        return self.utc

    def utc_ns(self) -> int:
        return self.utc


class Easel:
    """Draws greys that tell the slate and the minute."""

    def __init__(self) -> None:
        self.drawn: list[tuple[SlateName, int]] = []
        self.changed = threading.Condition()

    def __call__(self, name: SlateName, utc_ns: int) -> Picture:
        with self.changed:
            self.drawn.append((name, utc_ns // MINUTE_NS))
            self.changed.notify_all()
        return flat(60 + 5 * list(SlateName).index(name))

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.drawn) >= count, 10)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.tier)
def test_a_gop_of_one_second_with_the_parameter_sets_of_the_programme(spec: TierSpec) -> None:
    gop = encode_gop(spec, SlateName.PAUSE, flat(90))
    programme = H264Encoder(spec)
    assert gop.parameter_sets == programme.parameter_sets
    programme.close()
    assert len(gop.units) == spec.fps
    assert programme.parameter_sets in gop.units[0]
    pictures = [
        EncodedPicture(unit, MediaTime(n * 1920), 1920, n == 0, spec.tier) for n, unit in enumerate(gop.units)
    ]
    assert all(abs(luma - 90) < 3 for luma in decode(pictures))


def test_a_difference_is_found_at_the_start() -> None:
    gops = SlateGops(SPECS, Easel(), Clock())
    gops.prepare(SlateName.BEFORE)
    other = H264Encoder(TierSpec("180p", 320, 180, 25, 300_000, preset="medium"))
    good = {spec.tier: gops.gop(SlateName.BEFORE, spec.tier).parameter_sets for spec in SPECS}
    gops.check(good)
    with pytest.raises(ParameterSetsDiffer):
        gops.check({**good, MAIN.tier: other.parameter_sets})
    other.close()


def test_a_slate_that_is_not_made_yet_is_another_slate_and_never_nothing() -> None:
    gops = SlateGops(SPECS, Easel(), Clock())
    gops.prepare(SlateName.FAULT)
    assert gops.gop(SlateName.END, SMALL.tier).name is SlateName.FAULT


def test_all_are_made_again_each_minute_the_one_in_use_first() -> None:
    easel, clock = Easel(), Clock()
    gops = SlateGops(SPECS, easel, clock)
    gops.prepare(SlateName.BEFORE)
    gops.start()
    slates = len(SlateName)
    easel.wait_for(slates)
    assert {name for name, _ in easel.drawn} == set(SlateName)
    clock.utc += MINUTE_NS
    gops.gop(SlateName.PAUSE, MAIN.tier)
    easel.wait_for(2 * slates)
    gops.stop()
    assert easel.drawn[slates] == (SlateName.PAUSE, 101)
    assert set(easel.drawn[slates:]) == {(name, 101) for name in SlateName}


def test_a_slate_bears_the_right_minute_from_its_first_picture_and_becomes_whole() -> None:
    easel, clock = Easel(), Clock()
    gops = SlateGops(SPECS, easel, clock)
    gops.prepare(SlateName.BEFORE)
    gops.start()
    easel.wait_for(len(SlateName))
    # A long programme: nobody asks for a slate, and two hours later one is needed at once.
    clock.utc += 120 * MINUTE_NS
    gops._wake.set()
    easel.wait_for(2 * len(SlateName))
    # The next drawing would be that of the whole slate: the last spare one is encoded by then.
    entered = gops.gop(SlateName.CLOSED_DOORS, MAIN.tier)
    assert (SlateName.CLOSED_DOORS, 220) in easel.drawn
    assert 0 < len(entered.units) <= MAIN.fps
    easel.wait_for(2 * len(SlateName) + 1)
    gops.stop()
    assert easel.drawn[-1] == (SlateName.CLOSED_DOORS, 220)
    assert len(gops.gop(SlateName.CLOSED_DOORS, MAIN.tier).units) == MAIN.fps
    assert len(gops.gop(SlateName.END, MAIN.tier).units) == round(SPARE_S * MAIN.fps)


def test_a_slate_that_cannot_be_drawn_keeps_the_old_one() -> None:
    easel, clock = Easel(), Clock()
    gops = SlateGops(SPECS, easel, clock)
    for name in SlateName:
        gops.prepare(name)
    old = gops.gop(SlateName.END, MAIN.tier)

    def broken(name: SlateName, utc_ns: int) -> Picture:
        easel(name, utc_ns)
        raise ValueError("no font")

    gops._draw = broken
    gops.start()
    clock.utc += MINUTE_NS
    gops.gop(SlateName.FAULT, MAIN.tier)
    easel.wait_for(len(SlateName) + 1)
    gops.stop()
    assert gops.gop(SlateName.END, MAIN.tier) is old

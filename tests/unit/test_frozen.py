"""The last picture before a mask, held in its place: one that the public may have, never one of the span; else the slate."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.domain.commands import CloseMask, OpenMask
from regie.domain.masks import MaskKind
from regie.domain.model import SlateName
from regie.domain.removal import Removal, copies
from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.encoder import H264Encoder, Shrinker, planes
from regie.media.frames import EncodedPicture, Picture
from tests.unit.delay_rig import MAIN, SLATE_LUMA, SMALL, SPECS, TICK, Rig, decode, flat, programme
from tests.unit.test_delay_changes import Booth

pytestmark = pytest.mark.unit

SECOND = SAMPLE_RATE
SECONDS = 8
SECRET = (4 * SECOND, 5 * SECOND)
BRIGHT = 220


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig(2, frozen=True)
    yield rig
    rig.close()


def _hide(rig: Rig, mask: str, start: float, *, frozen: bool = True) -> None:
    rig.gate.hide(mask, _t(start), MaskKind.PICTURE, frozen=frozen)
    if frozen:
        rig.hold(_t(start))


def _go_on(rig: Rig, packets: Sequence[EncodedPicture], start: int, until: int) -> None:
    """What :meth:`Rig.run` had not fed when it came to ``start``."""
    rig.run([p for p in packets if p.at + 960 > start - TICK // 4], until, start)


def _t(seconds: float) -> MediaTime:
    return MediaTime(round(seconds * SECOND))


def _lumas(rig: Rig, tier: str = MAIN.tier) -> dict[int, float]:
    """Mean luma of what left, by the instant of the programme; fails on any warning of the decoder."""
    left = rig.kept.of(tier)
    lumas = decode(left)
    assert [p.at for p in left] == list(range(0, len(left) * TICK, TICK)), "no hole"
    return {p.at - rig.delay: luma for p, luma in zip(left, lumas, strict=True)}


def _of_second(n: int) -> float:
    return 100 + 5 * n


@pytest.mark.parametrize("tier", [spec.tier for spec in SPECS])
def test_the_last_picture_before_the_span_stands_until_the_programme_is_back(rig: Rig, tier: str) -> None:
    packets = programme(SECONDS)
    rig.run(packets, until=_t(3.5))
    _hide(rig, "m", 3.0)
    rig.gate.show("m", _t(5.3))
    _go_on(rig, packets, _t(3.5), _t(9.5))
    seen = _lumas(rig, tier)
    for at, luma in seen.items():
        if at >= 0:
            expected = _of_second(2) if _t(3) <= at < _t(6) else _of_second(at // SECOND)
            assert abs(luma - expected) < 3, (at / SECOND, luma, expected)
    assert max(seen) > _t(7)
    secret = {p.data for p in packets if p.tier == tier and p.at + TICK > _t(3) and p.at < _t(5.3)}
    assert secret.isdisjoint(p.data for p in rig.kept.of(tier))
    assert not rig.line.passing or max(seen) > _t(6)


def test_what_leads_to_a_picture_begins_with_a_key_and_ends_before_the_span(rig: Rig) -> None:
    rig.feed(programme(SECONDS))
    for now in range(0, _t(5), TICK):
        rig.line.advance(now)
    for t in (_t(1.0), _t(2.5), _t(2.501), _t(6.0)):
        units = rig.line.gop_before(t)
        assert units[0].key and units[-1].at + TICK <= t < units[-1].at + 2 * TICK
        assert [u.at for u in units] == list(range(units[0].at, units[-1].at + TICK, TICK))
        assert {u.tier for u in units} == {MAIN.tier}
    assert rig.line.gop_before(0) == () and rig.line.gop_before(_t(20)) == (), "none nearby"


def test_a_picture_that_a_later_mask_hides_too_stands_no_more(rig: Rig) -> None:
    packets = programme(SECONDS)
    rig.run(packets, until=_t(3.5))
    _hide(rig, "m", 3.0)
    _go_on(rig, packets, _t(3.5), _t(6))
    # « The paper could be read before that »: the span that is marked now ends before the first one.
    rig.gate.hide("late", _t(2.8), MaskKind.PICTURE, frozen=True)
    rig.gate.show("late", _t(2.97))
    _go_on(rig, packets, _t(6), _t(9.5))
    seen = _lumas(rig)
    assert abs(seen[_t(3.96)] - _of_second(2)) < 3
    after = [luma for at, luma in seen.items() if _t(4) <= at < _t(7)]
    assert after and all(abs(luma - SLATE_LUMA[SlateName.MASKED]) < 4 for luma in after)


def test_one_mask_that_wants_the_slate_is_enough(rig: Rig) -> None:
    packets = programme(SECONDS)
    rig.run(packets, until=_t(3.5))
    _hide(rig, "m", 3.0)
    _hide(rig, "slate", 4.0, frozen=False)
    rig.gate.show("slate", _t(5.0))
    _go_on(rig, packets, _t(3.5), _t(9.5))
    seen = _lumas(rig)
    expected = {3.52: _of_second(2), 4.52: SLATE_LUMA[SlateName.MASKED], 5.52: _of_second(2)}
    assert {at: abs(seen[_t(at)] - luma) < 4 for at, luma in expected.items()} == dict.fromkeys(
        expected, True
    )


def test_what_the_antenna_did_not_give_is_not_held(rig: Rig) -> None:
    packets = programme(SECONDS)
    rig.gate.antenna_off(SlateName.BEFORE, _t(0))
    rig.gate.antenna_on(_t(3.0))
    rig.run(packets, until=_t(3.5))
    _hide(rig, "m", 3.0)
    _go_on(rig, packets, _t(3.5), _t(6.5))
    assert abs(_lumas(rig)[_t(3.52)] - SLATE_LUMA[SlateName.MASKED]) < 4


def test_a_removal_lets_go_of_what_is_held_and_of_what_is_being_made(rig: Rig) -> None:
    packets = programme(SECONDS)
    rig.run(packets, until=_t(3.5))
    _hide(rig, "m", 3.0)
    _go_on(rig, packets, _t(3.5), _t(6))
    rig.frozen.revoke()
    _go_on(rig, packets, _t(6), _t(7))
    seen = _lumas(rig)
    assert abs(seen[_t(3.96)] - _of_second(2)) < 3
    assert abs(seen[_t(4.52)] - SLATE_LUMA[SlateName.MASKED]) < 4
    rig.frozen.want(rig.line.gop_before(_t(2.0)))
    rig.frozen.revoke()
    rig.close()
    assert rig.frozen.before(_t(2.0)) is None


@cache
def _marked() -> tuple[EncodedPicture, ...]:
    """A programme that is bright while the secret is shown, and only then."""
    encoders = [H264Encoder(spec) for spec in SPECS]
    small = av.VideoFrame(SMALL.width, SMALL.height, "yuv420p")
    out = []
    for n in range(SECONDS * MAIN.fps):
        at = n * TICK
        picture = flat(BRIGHT if SECRET[0] <= at < SECRET[1] else 100, at)
        Shrinker().shrink(planes(picture.frame), planes(small))
        for encoder, sized in zip(encoders, (picture, Picture(small, picture.at)), strict=True):
            unit = encoder.encode(sized, n % MAIN.fps == 0)
            assert unit is not None
            out.append(unit)
    for encoder in encoders:
        encoder.close()
    return tuple(out)


_MASKS = st.lists(
    st.tuples(st.integers(SECOND, 7 * SECOND), st.integers(0, 3000), st.integers(0, 2 * SECOND)),
    max_size=3,
)


@settings(max_examples=12, deadline=None)
@given(_MASKS, st.lists(st.booleans(), min_size=4, max_size=4), st.integers(0, SECOND))
def test_whatever_is_masked_besides_no_held_picture_is_of_the_secret(
    others: list[tuple[int, int, int]], frozen: list[bool], late: int
) -> None:
    booth = Booth(3, frozen=True, secret=(-2, -1))

    def press(name: str, back_ms: int, hold: bool) -> Callable[[Booth], object]:
        def pressed(booth: Booth) -> None:
            booth.masking.frozen = hold
            booth.masking.open(OpenMask(mask=name, look_back_ms=back_ms, heard_ms=0))

        return pressed

    def release(name: str) -> Callable[[Booth], object]:
        return lambda booth: booth.masking.close(CloseMask(mask=name))

    pressed = SECRET[0] + SECOND // 2 + late
    for name, (at, back_ms, held), hold in zip("abc", others, frozen, strict=False):
        booth.at(at, press(name, back_ms, hold)).at(at + held, release(name))
    booth.at(pressed, press("secret", (late + SECOND) // 48, frozen[3]))
    booth.at(max(pressed, SECRET[1]) + 100, release("secret"))
    try:
        booth.run(_marked(), (SECONDS + 2) * SECOND)
    finally:
        booth.rig.close()
    for tier in (spec.tier for spec in SPECS):
        lumas = decode(booth.rig.kept.of(tier))
        assert lumas and max(lumas) < BRIGHT - 60


def test_a_picture_taken_out_is_taken_out_wherever_it_was_held() -> None:
    removal = Removal(id="aa", start_ms=10_000, end_ms=12_000, reason="un agent", who="DPO")
    standing = [(12_100, 15_000), (15_020, 18_000), (30_000, 31_000), (5000, 9000)]
    (copy,) = copies(removal, standing)
    assert (copy.start_ms, copy.end_ms, copy.hides) == (12_100, 18_000, MaskKind.PICTURE)
    assert copy.id != removal.id and (copy.who, copy.reason) == ("DPO", "un agent")
    assert copies(removal, [(14_500, 16_000)]) == (), "held from after the passage"
    assert copies(removal, [(10_500, 11_000)]) == (), "inside the passage already"
    assert copies(Removal(id="aa", start_ms=10_000, end_ms=12_000, hides=MaskKind.SOUND), standing) == ()

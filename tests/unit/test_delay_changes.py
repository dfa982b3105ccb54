"""Masks while the delay is built, stretched and drained: nothing of what is hidden leaves, nothing else is lost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regie.clock import MediaClock
from regie.domain.commands import CloseMask, DelayBy, OpenMask
from regie.domain.masks import MaskKind
from regie.domain.model import SlateName
from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms
from regie.errors import Refusal
from regie.media.frames import EncodedPicture, Live, Sound, SoundBlock
from regie.media.masking import Masking
from regie.media.pcm import RAMP
from tests.unit.delay_rig import MAIN, SLATE_LUMA, SPECS, TICK, Rig, decode, programme

pytestmark = pytest.mark.unit

SECOND = SAMPLE_RATE
GUARD_MS = 100
SECRET = (5 * SECOND + 7000, 6 * SECOND + 20_000)
"""What must not leave: heard as opposite signs left and right, while all the rest is the same on both sides."""


class VirtualClock:
    """Time that is told."""

    def __init__(self) -> None:
        self.now = 0

    def monotonic_ns(self) -> int:
        return self.now * 1_000_000_000 // SAMPLE_RATE + 1

    def utc_ns(self) -> int:
        return self.monotonic_ns()


def _sound(at: int, secret: tuple[int, int]) -> Sound:
    times = at + np.arange(TICK)
    said = 0.2 * np.sin(times * 0.05) + 0.1 * np.sin(times * 0.011)
    mark = np.where((times >= secret[0]) & (times < secret[1]), 0.5, 0.0)
    return np.stack([said + mark, said - mark]).astype(np.float32)


@dataclass
class Booth:
    """The line on virtual time, an operator's acts at their instants, and what the public got."""

    delay_s: int
    frozen: bool = field(default=False, kw_only=True)
    secret: tuple[int, int] = SECRET
    acts: list[tuple[int, Callable[["Booth"], object]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.rig = Rig(self.delay_s, frozen=self.frozen)
        self.masking = Masking(
            self.rig.gate,
            self.rig.line,
            MediaClock(self.clock),
            self.clock,
            GUARD_MS,
            lambda: None,
            frozen=self.frozen,
            hold=self.rig.hold,
        )

    def at(self, t: int, act: Callable[["Booth"], object]) -> "Booth":
        self.acts.append((t, act))
        return self

    def run(self, packets: tuple[EncodedPicture, ...], until: int) -> None:
        waiting, acts = list(packets), sorted(self.acts, key=lambda a: a[0])
        for now in range(0, until, TICK // 4):
            self.clock.now = now
            while waiting and waiting[0].at + 960 <= now:
                packet = waiting.pop(0)
                self.rig.line.picture(Live(packet))
                if packet.tier == MAIN.tier:
                    self.rig.line.sound(Live(SoundBlock(_sound(packet.at, self.secret), packet.at)))
            while acts and acts[0][0] <= now:
                try:
                    acts.pop(0)[1](self)
                except Refusal as refusal:
                    self.refused.append(refusal.stable_code)
            self.rig.line.advance(now)

    def leaked(self) -> int:
        """Samples of the secret that left."""
        heard = self.rig.kept.samples()
        return int((np.abs(heard[0] - heard[1]) > 1e-4).sum())

    def seen(self, tier: str) -> set[bytes]:
        return {picture.data for picture in self.rig.kept.of(tier)}


def _press(mask: str = "m", **how: Any) -> Callable[[Booth], object]:
    return lambda booth: booth.masking.open(OpenMask(mask=mask, **how))


def _release(mask: str = "m") -> Callable[[Booth], None]:
    return lambda booth: booth.masking.close(CloseMask(mask=mask))


def _delay(seconds: int, by: DelayBy) -> Callable[[Booth], None]:
    return lambda booth: booth.rig.line.change(seconds, by, booth.clock.now)


def _check(booth: Booth, packets: tuple[EncodedPicture, ...], until: int) -> None:
    """Nothing of the secret left; everything outside the masks and their guards did, once and in order."""
    assert booth.leaked() == 0
    start, end = booth.secret
    for tier in (spec.tier for spec in SPECS):
        mine = [p for p in packets if p.tier == tier]
        seen = booth.seen(tier)
        assert not any(p.data in seen for p in mine if p.at + TICK > start and p.at < end)
        masks = [(m.start, m.end or until) for m in booth.masking.masks if m.hides.hides_picture]
        for picture in mine:
            back = [-(-b // SECOND) * SECOND for _, b in masks]
            hidden = any(
                picture.at + TICK > a and picture.at < b for (a, _), b in zip(masks, back, strict=True)
            )
            if not hidden and picture.at < booth.rig.line.head:
                assert picture.data in seen, picture.at / SECOND
        left = booth.rig.kept.of(tier)
        assert len(decode(left)) == len(left)
    heads = [p.at for p in booth.rig.kept.of(MAIN.tier)]
    gaps = np.diff(heads)
    assert gaps.min() > 0 and gaps.max() <= TICK * 108 // 100 + 1, "a picture for every instant: no hole"


SECONDS = 9
PRESSES: dict[str, tuple[int, dict[str, Any]]] = {
    "late": (SECRET[1] + SECOND, {}),
    "early": (SECRET[0] - 2000, {}),
    "the last ten": (SECRET[1] + 2000, {"closes": True, "look_back_ms": 10_000}),
    "at a GOP's edge": (6 * SECOND, {}),
}
CHANGES: dict[str, list[tuple[float, int, DelayBy]]] = {
    "steady": [],
    "built": [(3.5, 6, DelayBy.SLATE)],
    "rebuilt": [(2.0, 6, DelayBy.STRETCH)],
    "drained": [(4.0, 2, DelayBy.STRETCH)],
    "built twice": [(2.0, 5, DelayBy.STRETCH), (5.2, 7, DelayBy.SLATE)],
}


def masked_while_the_delay_moves(press: str, change: str) -> None:
    """One press during one change: nothing of the secret leaves, all the rest does. All of them: ``tests/soak``."""
    packets = programme(SECONDS)
    at, how = PRESSES[press]
    booth = Booth(4).at(at, _press(**how)).at(max(at, SECRET[1]) + 3000, _release())
    for when, seconds, by in CHANGES[change]:
        booth.at(int(when * SECOND), _delay(seconds, by))
    until = (SECONDS + 3) * SECOND
    booth.run(packets, until)
    assert booth.refused == []
    _check(booth, packets, until)


@pytest.mark.parametrize(
    ("press", "change"),
    [
        ("late", "built"),
        ("early", "rebuilt"),
        ("the last ten", "drained"),
        ("at a GOP's edge", "built twice"),
    ],
)
def test_nothing_of_a_masked_passage_leaves_whatever_the_delay_does(press: str, change: str) -> None:
    masked_while_the_delay_moves(press, change)


def test_pressed_twice_and_overlapping_the_last_release_shows() -> None:
    packets = programme(SECONDS)
    booth = Booth(4).at(SECRET[0] + 5000, _press("a", hides=MaskKind.SOUND)).at(SECRET[0] + 9000, _press("b"))
    booth.at(SECRET[0] + 9000, _press("a")).at(SECRET[0] + 12_000, _release("a"))
    booth.at(SECRET[1] + 100, _release("b")).at(SECRET[1] + 200, _release("b"))
    until = (SECONDS + 3) * SECOND
    booth.run(packets, until)
    _check(booth, packets, until)
    assert not any(m.is_open for m in booth.masking.masks)


def test_what_had_left_when_the_key_was_pressed_is_told_and_the_rest_never_leaves() -> None:
    packets = programme(SECONDS)
    pressed = SECRET[1] + SECOND
    booth = Booth(1).at(pressed, _press(look_back_ms=3000)).at(pressed + SECOND, _release())
    booth.run(packets, (SECONDS + 1) * SECOND)
    (mask,) = booth.masking.masks
    assert mask.gone > 0 and mask.start + mask.gone <= pressed
    heard = booth.rig.kept.samples()
    marked = np.flatnonzero(np.abs(heard[0] - heard[1]) > 1e-4)
    assert marked.max() < mask.start + mask.gone + SECOND, "all that is heard of it had left before"


def test_wait_and_exit_keeps_what_was_said_after_it_from_the_public() -> None:
    packets = programme(SECONDS)
    booth = Booth(3, secret=(5 * SECOND + 1000, 7 * SECOND)).at(4 * SECOND + 500, _delay(0, DelayBy.EXIT))
    booth.run(packets, (SECONDS + 1) * SECOND)
    heard = booth.rig.kept.samples()
    assert booth.rig.line.held == 0
    left = {p.data: p.at for p in booth.rig.kept.of(MAIN.tier)}
    mine = [p for p in packets if p.tier == MAIN.tier]
    assert all(p.data in left for p in mine if p.at < 5 * SECOND)
    assert not any(p.data in left for p in mine if 5 * SECOND <= p.at < 8 * SECOND)
    assert all(left[p.data] == p.at for p in mine if 8 * SECOND <= p.at < 9 * SECOND - TICK)
    assert (np.abs(heard[0] - heard[1]) > 1e-4).sum() == 0
    assert np.abs(np.diff(heard[0, : 8 * SECOND + TICK])).max() < 0.1, "it falls and rises in ramps"


def test_while_it_is_built_behind_a_slate_the_public_has_that_slate_and_silence() -> None:
    packets = programme(SECONDS)
    booth = Booth(1, secret=(-2, -1)).at(2 * SECOND + 500, _delay(3, DelayBy.SLATE))
    booth.run(packets, SECONDS * SECOND)
    main = booth.rig.kept.of(MAIN.tier)
    lumas = dict(zip([p.at for p in main], decode(main), strict=True))
    slates = [at for at, luma in lumas.items() if abs(luma - SLATE_LUMA[SlateName.DELAY]) < 4]
    assert len(slates) == 2 * 25
    heard = booth.rig.kept.samples()
    assert not heard[:, slates[0] : slates[-1] + TICK].any()
    mine = [p.data for p in packets if p.tier == MAIN.tier]
    left = [p.data for p in main if p.data in set(mine)]
    assert left == mine[: len(left)], "every picture left, in order"
    assert np.abs(np.diff(heard[0])).max() < 0.1


def test_a_mask_hides_to_the_sample_and_no_further_than_its_guard() -> None:
    packets = programme(SECONDS)
    booth = Booth(4).at(252_000, _press(look_back_ms=100, heard_ms=0)).at(SECRET[1], _release())
    booth.run(packets, (SECONDS + 3) * SECOND)
    (mask,) = booth.masking.masks
    assert mask.start == 252_000 - from_ms(200) and mask.end is not None
    heard = booth.rig.kept.samples()
    expected = np.concatenate([_sound(t, SECRET) for t in range(0, 8 * SECOND, TICK)], axis=1)
    for a, b in ((0, mask.start - RAMP), (mask.end + RAMP, 8 * SECOND)):
        assert np.array_equal(heard[:, a + 4 * SECOND : b + 4 * SECOND], expected[:, a:b])


def test_open_masks_hide_all_of_the_next_run_until_they_are_closed() -> None:
    packets = programme(SECONDS)
    first = Booth(2).at(SECRET[0], _press(held=True))
    first.run(packets, SECRET[1])
    second = Booth(2)
    second.masking = Masking(
        second.rig.gate,
        second.rig.line,
        MediaClock(second.clock),
        second.clock,
        GUARD_MS,
        lambda: None,
        first.masking.masks,
    )
    assert second.masking.abandoned == ("m",), "nobody holds its key any more: a person is told"
    second.run(packets, 4 * SECOND)
    assert not any(p.data in second.seen(MAIN.tier) for p in packets)
    assert np.array_equal(*second.rig.kept.samples())


def test_a_page_that_falls_silent_leaves_the_mask_and_raises_an_alarm() -> None:
    booth = Booth(2)
    booth.masking.open(OpenMask(mask="m", held=True))
    for second in (1, 2):
        booth.clock.now = second * SECOND
        booth.masking.keep("m")
        booth.masking.tend()
    assert not booth.masking.abandoned
    booth.clock.now = 6 * SECOND
    booth.masking.tend()
    assert booth.masking.abandoned == ("m",) and booth.masking.masks[0].is_open
    booth.masking.keep("m")
    assert not booth.masking.abandoned


def test_the_picture_is_asked_for_as_soon_as_it_may_be_seen() -> None:
    asked: list[int] = []
    booth = Booth(2)
    booth.masking = Masking(
        booth.rig.gate,
        booth.rig.line,
        MediaClock(booth.clock),
        booth.clock,
        GUARD_MS,
        lambda: asked.append(booth.clock.now),
    )
    booth.masking.open(OpenMask(mask="m"))
    booth.clock.now = SECOND
    booth.masking.close(CloseMask(mask="m"))
    booth.masking.tend()
    assert asked == []
    booth.clock.now = SECOND + from_ms(GUARD_MS)
    booth.masking.tend()
    booth.masking.tend()
    assert asked == [booth.clock.now]


Changes = list[tuple[int, int, DelayBy]]
ANY_CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10 * SECOND), st.integers(0, 8), st.sampled_from([DelayBy.SLATE, DelayBy.STRETCH])
    ),
    max_size=3,
)


def caught_in_time(changes: Changes, wait: int, hold: int) -> None:
    """A secret, a press ``wait`` after it began, held ``hold``, and the delay moved at any instants."""
    packets = programme(SECONDS)
    pressed = SECRET[0] + wait
    booth = Booth(5).at(pressed, _press(look_back_ms=4000)).at(max(pressed + hold, SECRET[1] + 1), _release())
    for when, seconds, by in changes:
        booth.at(when, _delay(seconds, by))
    until = (SECONDS + 3) * SECOND
    booth.run(packets, until)
    (mask,) = booth.masking.masks
    if mask.start + mask.gone <= SECRET[0] and mask.start <= SECRET[0]:
        _check(booth, packets, until)
    assert MediaTime(mask.start) < pressed


@settings(max_examples=4, deadline=None)
@given(ANY_CHANGES, st.integers(0, 3 * SECOND), st.integers(0, 2 * SECOND))
def test_however_the_delay_moves_a_secret_caught_in_time_never_leaves(
    changes: Changes, wait: int, hold: int
) -> None:
    caught_in_time(changes, wait, hold)


def test_what_was_proposed_is_hidden_from_its_instant_to_the_press() -> None:
    booth = Booth(10)
    booth.clock.now = 20 * SECOND
    utc_ms = booth.clock.utc_ns() // 1_000_000
    for name, since_ms in (("p", utc_ms - 6000), ("to come", utc_ms + 5000), ("lost", utc_ms - 900_000)):
        booth.masking.open(OpenMask(mask=name, closes=True, since_ms=since_ms))
    ends = [mask.end for mask in booth.masking.masks]
    assert ends == [20 * SECOND + from_ms(GUARD_MS)] * 3
    starts = [round((mask.start + from_ms(GUARD_MS)) / SECOND, 2) for mask in booth.masking.masks]
    assert starts == [14.0, 20.0, -40.0], "no further back than the longest delay"


def test_a_command_that_comes_late_hides_from_the_press() -> None:
    booth = Booth(4)
    booth.clock.now = 10 * SECOND
    for name, at in (("late", 9 * SECOND), ("wrong", 0), ("ahead", 99 * SECOND)):
        booth.masking.open(OpenMask(mask=name, look_back_ms=1000, heard_ms=0, at=at))
    starts = [mask.start + from_ms(1000 + GUARD_MS) for mask in booth.masking.masks]
    assert starts == [9 * SECOND, 5 * SECOND, 10 * SECOND]

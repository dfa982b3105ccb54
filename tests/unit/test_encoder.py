"""One access unit a picture, at once; IDRs on the seconds and on request; cheap renditions; nothing blocks the mixer."""

import threading

import av
import numpy as np
import pytest
from av.video.frame import PictureType

from regie.domain.timeline import SAMPLE_RATE, MediaTime
from regie.media.encoder import QUEUE, H264Encoder, KeyPlan, Shrinker, TierEncoder, TierSpec, planes
from regie.media.frames import EncodedPicture, Live, Picture
from regie.media.h264 import parameter_sets, units
from tests.unit.delay_rig import MAIN, SMALL, TICK, decode, flat

pytestmark = pytest.mark.unit


def test_one_unit_a_picture_without_delay_and_keys_start_with_their_parameter_sets() -> None:
    encoder = H264Encoder(MAIN)
    out = [encoder.encode(flat(90, n * TICK), key=n % 25 == 0) for n in range(60)]
    encoder.close()
    got = [unit for unit in out if unit is not None]
    assert [u.at for u in got] == [n * TICK for n in range(60)]
    assert [u.at for u in got if u.key] == [0, 25 * TICK, 50 * TICK]
    for unit in got:
        kinds = [nal[0] & 31 for nal in units(unit.data)]
        assert (kinds[:2] == [7, 8] and 5 in kinds) if unit.key else kinds == [1]
    sets = parameter_sets(got[0].data)
    assert sets is not None and sets.codec.startswith("avc1.42c0"), (
        "constrained baseline, as browsers take it"
    )


def test_the_cameras_own_keyframes_are_not_obeyed() -> None:
    encoder = H264Encoder(MAIN)
    for n in range(25):
        picture = flat(90, n * TICK)
        picture.frame.pict_type = PictureType.I if n == 7 else PictureType.P
        unit = encoder.encode(picture, key=n == 0)
        assert unit is not None and unit.key == (n == 0)
    encoder.close()


def test_keys_are_due_on_whole_seconds_even_after_skipped_pictures() -> None:
    plan = KeyPlan()
    ticks = [n for n in range(100) if n not in (24, 25, 26, 50)]
    assert [n for n in ticks if plan.due(MediaTime(n * TICK))] == [0, 27, 51, 75]


def test_keys_on_request_come_at_most_once_a_second() -> None:
    plan = KeyPlan()
    keys = []
    for n in range(100):
        plan.ask()
        if plan.due(MediaTime(n * TICK)):
            keys.append(n)
    extra = [k for k in keys if k % 25]
    assert extra and all(b - a >= 25 for a, b in zip(extra, extra[1:], strict=False))


@pytest.mark.parametrize("factor", [2, 3])
def test_shrinking_averages_whole_pictures(factor: int) -> None:
    large = av.VideoFrame(160 * factor, 90 * factor, "yuv420p")
    small = av.VideoFrame(160, 90, "yuv420p")
    for plane in planes(large):
        height, width = plane.shape
        plane[:] = np.linspace(20, 220, width, dtype=np.uint8)[None, :].repeat(height, 0)
    Shrinker().shrink(planes(large), planes(small))
    for big, little in zip(planes(large), planes(small), strict=True):
        exact = big.reshape(little.shape[0], factor, little.shape[1], factor).mean((1, 3))
        assert np.abs(little - exact).max() <= 4


class Gate:
    """A sink that can be made to wait, to fill the ring behind it."""

    def __init__(self) -> None:
        self.got: list[EncodedPicture] = []
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def __call__(self, packet: Live[EncodedPicture]) -> None:
        self.got.append(packet.value)
        self.entered.set()
        assert self.open.wait(10)


def test_a_slow_encoder_drops_and_counts_and_what_it_makes_still_decodes() -> None:
    gate = Gate()
    encoder = TierEncoder(SMALL, [gate])
    encoder.start()
    gate.open.clear()
    encoder.put(flat(90, 0))
    assert gate.entered.wait(10)
    for n in range(1, 3 * QUEUE):
        encoder.put(flat(90, n * TICK))
    assert encoder.dropped == 3 * QUEUE - 1 - QUEUE
    assert encoder.queued == QUEUE
    gate.open.set()
    encoder.stop()
    assert len(gate.got) == QUEUE + 1
    assert len(decode(gate.got)) == QUEUE + 1
    assert not encoder.failed and encoder.mean_ms > 0


def test_a_picture_of_another_size_is_scaled_and_one_of_the_right_size_is_not_copied() -> None:
    gate = Gate()
    encoder = TierEncoder(TierSpec("90p", 160, 90, 25, 100_000), [gate])
    encoder.start()
    encoder.put(flat(77, 0))
    encoder.put(flat(77, TICK, 160, 90))
    encoder.stop()
    assert all(abs(luma - 77) < 4 for luma in decode(gate.got))


def test_a_picture_that_cannot_be_encoded_is_noticed() -> None:
    encoder = TierEncoder(MAIN, [])
    encoder.start()
    wrong = av.VideoFrame(320, 180, "rgb24")
    encoder._encoder.encode = lambda *_: (_ for _ in ()).throw(ValueError("no"))  # type: ignore[method-assign]
    encoder.put(Picture(wrong, MediaTime(0)))
    encoder.stop()
    assert encoder.failed


def test_asking_for_a_key_makes_one_in_mid_second() -> None:
    gate = Gate()
    encoder = TierEncoder(SMALL, [gate])
    for n in range(10):
        encoder.put(flat(90, n * TICK))
    encoder.ask_key()
    encoder.start()
    encoder.stop()
    # The first picture of a second serves the request that came before it.
    assert [u.key for u in gate.got] == [True] + [False] * 9
    assert SAMPLE_RATE % TICK == 0

"""Sound slower and faster at the same pitch, and never far from its picture."""

import numpy as np
import pytest

from regie.domain.timeline import SAMPLE_RATE
from regie.media.frames import Sound
from regie.media.stretch import MOST, Stretcher

pytestmark = pytest.mark.unit

TICK = 1920


def voice(t: int, n: int) -> Sound:
    """A vowel at 120 Hz, by its instants."""
    times = (t + np.arange(n)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * 120 * k * times) / k for k in range(1, 6)) * 0.2
    return np.stack([wave, wave]).astype(np.float32)


def pitch(samples: Sound) -> float:
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(samples.shape[1])))
    return float(np.argmax(spectrum) * SAMPLE_RATE / samples.shape[1])


@pytest.mark.parametrize("lasts", [TICK + 154, TICK - 154])
def test_the_pitch_stays_and_the_seams_do_not_click(lasts: int) -> None:
    stretcher = Stretcher(voice)
    out = np.concatenate([stretcher.block(n * TICK, TICK, lasts) for n in range(100)], axis=1)
    assert out.shape == (2, 100 * lasts)
    assert abs(pitch(out) - 120) < 1
    assert np.abs(np.diff(out[0])).max() < 1.5 * np.abs(np.diff(voice(0, SAMPLE_RATE)[0])).max()
    last = stretcher.rest(100 * TICK, TICK)
    assert np.array_equal(last[:, 480:], voice(100 * TICK, TICK)[:, 480:]), (
        "then it is exactly where it belongs"
    )
    assert not stretcher.active


@pytest.mark.parametrize("lasts", [TICK + 154, TICK - 154])
def test_a_beep_is_heard_with_its_picture(lasts: int) -> None:
    def beep(t: int, n: int) -> Sound:
        times = t + np.arange(n)
        return np.tile(((times >= 96_000) & (times < 97_000)).astype(np.float32), (2, 1))

    stretcher = Stretcher(beep)
    out = np.concatenate([stretcher.block(n * TICK, TICK, lasts) for n in range(100)], axis=1)
    heard = int(np.argmax(out[0] > 0.5))
    due = 50 * lasts
    assert abs(heard - due) <= MOST + 240, "ten milliseconds, and the run that is being copied"


def test_without_a_change_nothing_is_touched() -> None:
    stretcher = Stretcher(voice)
    assert np.array_equal(stretcher.rest(5000, TICK), voice(5000, TICK))

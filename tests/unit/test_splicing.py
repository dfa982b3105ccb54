"""A passage taken out of what is already encoded: nothing of it is left, nothing else is touched."""

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.domain.timeline import SAMPLE_RATE, MediaTime, Span
from regie.media.boxes import PICTURES, SOUNDS, Run, Sample
from regie.media.frames import Sound
from regie.media.gate import HiddenSound
from regie.media.pcm import RAMP, TONE_LEVEL
from regie.media.sound_encoder import FRAME, AacEncoder
from regie.media.splicing import (
    CONTEXT,
    UNIT_REACH,
    SoundFormat,
    decode,
    hidden_pictures,
    hide_pictures,
    hide_sound,
    touched_units,
)

pytestmark = pytest.mark.unit

BURST = Span(MediaTime(150_000), MediaTime(200_000))
"""Where the secret word is: noise that nothing else resembles, over the murmur of the hall."""
AAC_LC = b"\x11\x90"


@cache
def secret() -> Sound:
    assert BURST.end is not None
    noise = np.random.default_rng(5).uniform(-0.5, 0.5, BURST.end - BURST.start)
    return np.stack((noise, noise)).astype(np.float32)


@cache
def hall(bitrate: int, seconds: int = 8, burst: bool = True) -> tuple[Sample, ...]:
    t = np.arange(seconds * SAMPLE_RATE)
    murmur = 0.1 * np.sin(2 * np.pi * 300 * t / SAMPLE_RATE)
    pcm = np.stack((murmur, murmur)).astype(np.float32)
    if burst:
        pcm[:, BURST.start : BURST.end] += secret()
    coder = AacEncoder(bitrate)
    units = [Sample(u.data, FRAME) for u in coder.encode(pcm) if u.at >= 0]
    coder.close()
    return tuple(units)


def likeness(heard: Sound) -> float:
    """The largest correlation of the secret with what is heard, at any lag: 1 when it is there, about 0.02 by chance."""
    best, length = 0.0, 4096
    for start in range(0, secret().shape[1] - length, length):
        word = secret()[0, start : start + length]
        size = 1 << (heard.shape[1] + length).bit_length()
        product = np.fft.irfft(np.fft.rfft(heard[0], size) * np.conj(np.fft.rfft(word, size)), size)
        energy = np.cumsum(np.concatenate(([0.0], heard[0].astype(np.float64) ** 2)))
        local = np.sqrt(np.maximum(energy[length:] - energy[:-length], 1e-3))
        best = max(best, float(np.max(np.abs(product[: local.size]) / local / np.linalg.norm(word))))
    return best


def masked(bitrate: int, hidden: HiddenSound, start: int = 0, stop: int | None = None) -> Run:
    units = hall(bitrate)[start:stop]
    after = hall(bitrate)[stop:] if stop is not None else ()
    return hide_sound(
        Run(SOUNDS, start * FRAME, units), hidden, SoundFormat(AAC_LC, bitrate), hall(bitrate)[:start], after
    )


@pytest.mark.parametrize("bitrate", [128_000, 48_000])
def test_nothing_is_left_of_the_sound_and_the_rest_keeps_its_bytes(bitrate: int) -> None:
    run = masked(bitrate, HiddenSound((), (BURST,)))
    assert BURST.end is not None
    before, after = hall(bitrate), run.samples
    changed = [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert changed[0] * FRAME > BURST.start - 150 * 48
    assert changed[-1] * FRAME < BURST.end + 150 * 48
    assert likeness(decode([s.data for s in before], AAC_LC)) > 0.4
    heard = decode([s.data for s in after], AAC_LC)
    assert likeness(heard) < 0.1
    # What is heard is what would have been had nobody spoken, up to the ramps of the tone.
    quiet = decode([s.data for s in hall(bitrate, burst=False)], AAC_LC)
    edges = [*range(FRAME, BURST.start - RAMP), *range(BURST.end + RAMP, heard.shape[1] - FRAME)]
    assert np.abs(heard - quiet)[0, edges].max() < 0.02
    inside = heard[0, BURST.start + 2 * RAMP : BURST.end - 2 * RAMP]
    assert abs(float(np.sqrt(np.mean(inside**2))) - TONE_LEVEL / np.sqrt(2)) < 0.01


def test_silence_instead_of_a_tone_is_silent_in_the_middle() -> None:
    heard = decode([s.data for s in masked(128_000, HiddenSound((BURST,), ())).samples], AAC_LC)
    assert float(np.abs(heard[0, BURST.start + RAMP + 64 : 200_000 - RAMP - 64]).max()) < 0.003
    assert likeness(heard) < 0.1


def test_a_passage_cut_between_two_files_joins_without_a_click() -> None:
    """Each file is spliced alone, with only some units of its neighbours: the joint is as smooth as in one piece."""
    joint = 175_000 // FRAME
    hidden = HiddenSound((), (BURST,))
    parts = [*masked(128_000, hidden, 0, joint).samples, *masked(128_000, hidden, joint).samples]
    heard = decode([s.data for s in parts], AAC_LC)[0, joint * FRAME - 2048 : joint * FRAME + 4096]
    t = np.arange(heard.size)
    tone = np.stack([np.sin(2 * np.pi * 1000 * t / SAMPLE_RATE), np.cos(2 * np.pi * 1000 * t / SAMPLE_RATE)])
    rest = heard - np.linalg.lstsq(tone.T, heard, rcond=None)[0] @ tone
    assert float(np.abs(rest).max()) < 0.02


def test_the_end_of_what_exists_leaks_nothing() -> None:
    """The passage goes on past the last unit, as at the live edge; nothing is known of what follows."""
    run = masked(128_000, HiddenSound((), (Span(BURST.start),)), stop=180_000 // FRAME)
    assert likeness(decode([s.data for s in run.samples], AAC_LC)) < 0.1


def test_sound_out_of_reach_is_the_very_same() -> None:
    run = Run(SOUNDS, 0, hall(128_000))
    far = Span(MediaTime(9 * SAMPLE_RATE), MediaTime(10 * SAMPLE_RATE))
    assert hide_sound(run, HiddenSound((), (far,)), SoundFormat(AAC_LC, 128_000)) is run


spans = st.builds(
    lambda start, length: Span(MediaTime(start), MediaTime(start + length)),
    st.integers(-5000, 60_000),
    st.integers(0, 30_000),
)


@given(st.lists(spans, max_size=4), st.sampled_from((1, 5, 25)), st.integers(0, 10_000))
def test_pictures_of_any_spans(hidden: list[Span], gop: int, start: int) -> None:
    """What a span touches is replaced; what is left can be decoded; keyframes stay where they were."""
    run = Run(PICTURES, start, [Sample(bytes([n]), 1920, n % gop == 0) for n in range(25)])
    slate = [b"S%d" % n for n in range(10)]
    out = hide_pictures(run, hidden, lambda: slate)
    assert [s.duration for s in out.samples] == [s.duration for s in run.samples]
    for n, (old, new) in enumerate(zip(run.samples, out.samples, strict=True)):
        at = start + n * 1920
        touched = any(span.touches(at, at + 1920) for span in hidden)
        assert not (touched and new.data == old.data)
        assert new.key or not old.key
        if new.data == old.data and not new.key:
            assert out.samples[n - 1].data == run.samples[n - 1].data
        if new.data != old.data and not new.key:
            previous = out.samples[n - 1].data
            assert slate.index(new.data) == slate.index(previous) + 1
        if not hidden or not any(hidden_pictures(run, hidden)):
            assert out is run


@given(st.lists(spans, max_size=3), st.integers(0, 3 * FRAME))
def test_units_of_any_spans(hidden: list[Span], start: int) -> None:
    """A unit that is kept carries no sample of a span, nor of its ramps."""
    touched = touched_units(60, start, HiddenSound((), tuple(hidden)))
    for n, span in itertools.product(range(60), hidden):
        at = start + n * FRAME
        if span.touches(at - RAMP, at + UNIT_REACH + RAMP):
            assert n in touched
    assert len(touched) <= 60 and CONTEXT > UNIT_REACH // FRAME

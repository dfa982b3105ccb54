"""Any sound becomes stereo float at 48 kHz; what is harmful in it goes no further."""

import io
from fractions import Fraction
from typing import cast

import av
import numpy as np
import pytest

from regie.media.frames import Sound
from regie.media.hearing import LOUDEST, SoundDecoder, bounded, channels_of, to_stereo

pytestmark = pytest.mark.unit


def heard(
    data: io.BytesIO, chosen: tuple[int, ...] = (), apart: tuple[int, ...] = ()
) -> tuple[Sound, list[int], SoundDecoder]:
    """What the decoder makes of a file: the samples joined, where the blocks begin, the decoder."""
    data.seek(0)
    with av.open(data, "r") as source:
        stream = source.streams.audio[0]
        decoder = SoundDecoder(stream.codec_context, chosen, apart)
        blocks: list[tuple[int, Sound]] = []
        base = stream.time_base or Fraction(1)
        for packet in source.demux(stream):
            if packet.size and packet.pts is not None:
                packet.pts = packet.pts * 48_000 * base.numerator // base.denominator
                packet.time_base = Fraction(1, 48_000)
                blocks += decoder.feed(packet)
    return np.concatenate([b for _, b in blocks], axis=1), [at for at, _ in blocks], decoder


def wav(channels: int, rate: int = 48_000, seconds: float = 0.5, codec: str = "pcm_s16le") -> io.BytesIO:
    """A file where channel n (from 0) holds the constant (n + 1) / 1000."""
    data = io.BytesIO()
    layout = {1: "mono", 2: "stereo", 6: "5.1"}.get(channels, f"{channels} channels")
    with av.open(data, "w", format="wav") as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        count = int(rate * seconds)
        line = np.repeat(np.arange(1, channels + 1, dtype=np.float32)[:, None] / 1000, count, axis=1)
        samples = np.round(line.T.reshape(1, -1) * 32768).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, "s16", layout)
        frame.sample_rate = rate
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return data


def test_one_channel_goes_to_both_sides_at_its_level() -> None:
    sound, starts, _ = heard(wav(1))
    assert sound.shape == (2, 24_000)
    assert np.allclose(sound, 0.001, atol=2e-5)
    assert starts[0] == 0


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_microphones_have_each_their_row(rate: int) -> None:
    """Six channels are no cinema when they are microphones; a channel that does not exist is silent."""
    sound, _, _ = heard(wav(6, rate), apart=(2, 5, 9))
    assert sound.shape[0] == 3 and sound.shape[1] == pytest.approx(24_000, abs=100)
    middle = sound[:, 2000:20_000]
    for row, expected in zip(middle, (0.002, 0.005, 0.0), strict=True):
        assert np.allclose(row, expected, atol=4e-5)


def test_two_channels_stay_apart() -> None:
    sound, _, _ = heard(wav(2))
    assert np.allclose(sound[0], 0.001, atol=2e-5) and np.allclose(sound[1], 0.002, atol=2e-5)


def test_many_microphones_are_summed() -> None:
    sound, _, _ = heard(wav(34))
    assert sound.shape[1] == 24_000
    assert np.allclose(sound, sum(range(1, 35)) / 1000, atol=34 * 2e-5)


def test_chosen_channels_are_summed() -> None:
    sound, _, _ = heard(wav(34), chosen=(2, 5, 34, 99))
    assert np.allclose(sound, 0.041, atol=1e-4)


def test_a_cinema_layout_is_mixed_down() -> None:
    sound, _, _ = heard(wav(6))
    assert sound.shape == (2, 24_000)
    assert 0.0 < sound.mean() < 0.021


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 96_000])
def test_other_rates_are_converted(rate: int) -> None:
    sound, starts, _ = heard(wav(1, rate))
    assert abs(sound.shape[1] - 24_000) <= 128
    assert np.allclose(sound[:, 1000:20_000], 0.001, atol=1e-4)
    assert all(b > a for a, b in zip(starts, starts[1:], strict=False))


@pytest.mark.parametrize("form", ["u8", "u8p", "s16", "s16p", "s32", "s32p", "flt", "fltp", "dbl", "dblp"])
def test_sample_formats(form: str) -> None:
    dtype = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}[
        form.removesuffix("p")
    ]
    values = {"u8": 192, "s16": 16384, "s32": 1 << 30, "flt": 0.5, "dbl": 0.5}[form.removesuffix("p")]
    shape = (2, 100) if form.endswith("p") else (1, 200)
    frame = av.AudioFrame.from_ndarray(np.full(shape, values, dtype), form, "stereo")
    assert np.allclose(channels_of(frame), 0.5) and channels_of(frame).shape == (2, 100)


def test_what_is_not_a_number_is_silence() -> None:
    line = np.array([[np.nan, np.inf, -np.inf, 1e9, -1e9, 0.25]] * 2, np.float32)
    assert bounded(line)[0].tolist() == [0.0, 0.0, 0.0, LOUDEST, -LOUDEST, 0.25]


def test_no_channel_chosen_that_exists_is_silence() -> None:
    assert not to_stereo(np.ones((2, 10), np.float32), (7,)).any()


def test_garbage_is_counted() -> None:
    decoder = SoundDecoder(av.CodecContext.create("aac", "r"))
    for n in range(20):
        packet = av.Packet(bytes([n * 7 % 256]) * 100)
        packet.pts = n
        packet.time_base = Fraction(1, 48_000)
        assert decoder.feed(cast("av.Packet[av.AudioStream]", packet)) == []
    assert decoder.errors > 0


def test_a_change_of_form_in_mid_stream() -> None:
    decoder = SoundDecoder(av.CodecContext.create("pcm_s16le", "r"))
    out: list[Sound] = []
    for rate, layout, channels in ((48_000, "stereo", 2), (44_100, "mono", 1), (48_000, "mono", 1)):
        frame = av.AudioFrame.from_ndarray(np.full((1, 1000 * channels), 3277, np.int16), "s16", layout)
        frame.sample_rate = rate
        frame.pts = 0
        frame.time_base = Fraction(1, rate)
        out += [block for _, block in decoder._convert(frame)]
    assert len(out) >= 2
    assert all(block.shape[0] == 2 for block in out)
    assert np.allclose(out[0], 0.1, atol=1e-3) and np.allclose(out[-1], 0.1, atol=1e-3)

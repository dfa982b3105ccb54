"""Takes a passage out of pictures and sound that are already encoded, without touching the rest.

Pictures of the passage become a slate with the same parameter sets; those that follow keep the slate up to the next keyframe,
without which they cannot be decoded. Sound is decoded around the passage only, replaced by a tone or silence as the delay line
would have done, and only the AAC units that carried a sample of it, or of its ramps, are encoded again: a unit carries 2048
samples, half of them shared with its neighbour. What is not touched keeps its bytes.

Times are those of the file (samples), spans too. Pure but for the AAC coders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import av
import numpy as np

from regie.domain.timeline import SAMPLE_RATE, MediaTime, Span
from regie.media.boxes import Run, Sample
from regie.media.frames import Sound
from regie.media.gate import HiddenSound
from regie.media.pcm import RAMP, TONE_HZ, conceal
from regie.media.sound_encoder import FRAME, AacEncoder

UNIT_REACH = 2 * FRAME
"""Samples that one AAC unit carries something of, from its stamp on."""
CONTEXT = 16
"""Units that must be known on each side: those that may be encoded again besides the touched ones, and those that prepare them."""
_SEARCH = 5
"""Units beyond the touched ones among which a joint without alias is looked for."""
_SILENT = 64_000
"""Bit rate at which silence is encoded: it takes a few bytes at any."""
_DEEP = 2
"""Units between a steady one and the edge of its span."""
_CYCLE = 3
"""Units after which a tone of 1 kHz is back at the same place of its period; each unit moves it by 16 samples."""
_PERIOD = SAMPLE_RATE // TONE_HZ
_LONG, _START, _STOP = 0, 1, 3
"""Window sequences of ISO/IEC 14496-3, table 4.44."""
_PRIMING = 4
"""Units of the coder's output that are thrown away: its state is then that of a running encoder."""
_LOOK_AHEAD = 3 * FRAME
"""Samples past its own that the coder wants before it gives a unit."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What decoding and encoding again needs: AudioSpecificConfig and bits a second."""

    configuration: bytes
    bitrate: int


Slate = Callable[[], Sequence[bytes]]
"""Length-prefixed access units of a slate, the first an IDR; a GOP of about a second."""


def hide_pictures(run: Run, spans: Sequence[Span], slate: Slate) -> Run:
    """The same pictures, those of the passage replaced. Times, durations and places of keyframes do not change, but for a keyframe
    where the slate begins."""
    hidden = hidden_pictures(run, spans)
    if not any(hidden):
        return run
    units = slate()
    samples: list[Sample] = []
    next_unit = 0
    for sample, gone in zip(run.samples, hidden, strict=True):
        if not gone:
            samples.append(sample)
            next_unit = 0
            continue
        if sample.key or next_unit >= len(units):
            next_unit = 0
        samples.append(Sample(units[next_unit], sample.duration, next_unit == 0))
        next_unit += 1
    return replace(run, samples=samples)


def freeze_pictures(run: Run, spans: Sequence[Span]) -> Run:
    """The same pictures without those of the passage, each held by the one before it: smaller than any slate.

    A run that begins inside the passage has nothing to hold, and is given back as it is.
    """
    hidden = hidden_pictures(run, spans)
    if not any(hidden) or hidden[0]:
        return run
    samples: list[Sample] = []
    for sample, gone in zip(run.samples, hidden, strict=True):
        if gone:
            samples[-1] = replace(samples[-1], duration=samples[-1].duration + sample.duration)
        else:
            samples.append(sample)
    return replace(run, samples=samples)


def hidden_pictures(run: Run, spans: Sequence[Span]) -> list[bool]:
    """Which pictures go: those that any span touches, and those whose chain of references is broken thereby."""
    hidden: list[bool] = []
    start = run.start
    for n, sample in enumerate(run.samples):
        touched = any(span.touches(start, start + sample.duration) for span in spans)
        orphan = not sample.key and n > 0 and hidden[-1]
        hidden.append(touched or orphan)
        start += sample.duration
    return hidden


def hide_sound(
    run: Run,
    hidden: HiddenSound,
    form: SoundFormat,
    before: Sequence[Sample] = (),
    after: Sequence[Sample] = (),
) -> Run:
    """The same sound without a sample of the hidden spans.

    ``before`` and ``after``: the units next to it, :data:`CONTEXT` of them where they exist. What is not known after it is silence.
    Without a bit rate, what would be encoded again is silent: it is then as small as sound can be, and loses a tenth of a second on
    each side.
    """
    lead, follow = tuple(before[-CONTEXT:]), tuple(after[:CONTEXT])
    units = (*lead, *run.samples, *follow)
    origin = run.start - len(lead) * FRAME
    again = units_to_encode(units, origin, hidden)
    mine = range(max(again.start, len(lead)), min(again.stop, len(lead) + len(run.samples)))
    if not mine:
        return run
    samples = list(run.samples)
    if not form.bitrate:
        silent = _cycle(_SILENT, False)[0]
        for n in mine:
            samples[n - len(lead)] = replace(samples[n - len(lead)], data=silent)
        return replace(run, samples=samples)
    steady = {n: unit for n in mine if (unit := _steady(origin + n * FRAME, hidden, form.bitrate))}
    edges = [n for n in mine if n not in steady]
    fresh: dict[int, bytes] = {}
    if edges:
        low, high = max(0, edges[0] - _SEARCH), min(len(units), edges[-1] + 1 + _SEARCH)
        pcm = decode([unit.data for unit in units[low:high]], form.configuration)
        again_encoded = encode(conceal(pcm, MediaTime(origin + low * FRAME), hidden), form.bitrate)
        fresh = {n: again_encoded[n - low + _PRIMING] for n in edges}
    for n in mine:
        place = n - len(lead)
        samples[place] = replace(samples[place], data=steady.get(n) or fresh[n])
    return replace(run, samples=samples)


def _steady(at: int, hidden: HiddenSound, bitrate: int) -> bytes | None:
    """The unit of an instant that lies deep in a hidden span: all such units are alike, made once. None near an edge."""
    first, end = at - _DEEP * FRAME, at + UNIT_REACH + _DEEP * FRAME
    if any(_within(span, first, end) for span in hidden.silence):
        return _cycle(bitrate, False)[0]
    near = any(span.touches(first, end) for span in hidden.silence)
    if not near and any(_within(span, first, end) for span in hidden.tone):
        phase = at % _PERIOD
        return _cycle(bitrate, True)[phase // 16] if phase % 16 == 0 else None
    return None


def _within(span: Span, start: int, end: int) -> bool:
    return span.start <= start and (span.end is None or end <= span.end)


@cache
def _cycle(bitrate: int, tone: bool) -> tuple[bytes, ...]:
    """Units of a tone (or of silence) that has lasted, one for each place in the period that a unit may begin at."""
    whole = (Span(MediaTime(-SAMPLE_RATE), None),)
    hidden = HiddenSound((), whole) if tone else HiddenSound(whole, ())
    pcm = conceal(np.zeros((2, 8 * _CYCLE * FRAME), np.float32), MediaTime(0), hidden)
    return tuple(encode(pcm, bitrate)[4 * _CYCLE + _PRIMING : 5 * _CYCLE + _PRIMING])


def units_to_encode(units: Sequence[Sample], origin: int, hidden: HiddenSound) -> range:
    """From the first to the last unit to encode again, of units that follow each other from ``origin`` on.

    Those that carry something of the hidden spans or of their ramps, one more on each side, and as many as it takes to join the
    rest where both sides have the same window: elsewhere the aliases of the transform would not cancel, which is heard as a click.
    """
    touched = touched_units(len(units), origin, hidden)
    if not touched:
        return range(0)
    starts = range(touched.start - 1, touched.start - 1 - _SEARCH, -1)
    ends = range(touched.stop + 1, touched.stop + 1 + _SEARCH)
    start = next((n for n in starts if n < 1 or _window(units[n - 1]) in (_LONG, _STOP)), starts[0])
    end = next((n for n in ends if n >= len(units) or _window(units[n]) in (_LONG, _START)), ends[0])
    return range(max(0, start), min(len(units), end))


def touched_units(count: int, origin: int, hidden: HiddenSound) -> range:
    """Which units carry something of the hidden spans or of their ramps: from the first to the last, as one range."""
    touched = [
        n
        for n in range(count)
        for span in (*hidden.silence, *hidden.tone)
        if span.touches(origin + n * FRAME - RAMP, origin + n * FRAME + UNIT_REACH + RAMP)
    ]
    return range(min(touched), max(touched) + 1) if touched else range(0)


def _window(unit: Sample) -> int | None:
    """The window sequence of a unit's (first) channel; None when the unit does not begin with a channel."""
    bits = unit.data[:3]
    if len(bits) < 3 or bits[0] >> 5 > 1:
        return None
    common = bits[0] >> 5 == 1 and bits[0] & 1
    info = bits[1] if common else bits[2]
    return info >> 5 & 3


def decode(units: Sequence[bytes], configuration: bytes) -> Sound:
    """PCM (2, n) of units that follow each other; the first lacks the one before it and is heard half faded in."""
    codec = av.CodecContext.create("aac", "r")
    codec.extradata = configuration
    blocks = []
    for unit in units:
        blocks += [
            frame.to_ndarray().astype(np.float32, copy=False) for frame in codec.decode(av.Packet(unit))
        ]
    pcm: Sound = np.concatenate(blocks, axis=1) if blocks else np.zeros((2, 0), np.float32)
    return pcm


def encode(samples: Sound, bitrate: int) -> list[bytes]:
    """Units of a stretch of PCM by a coder that was already running: the one that holds sample 0 on is number ``_PRIMING``."""
    coder = AacEncoder(bitrate)
    try:
        lead = np.zeros((2, (_PRIMING - 1) * FRAME), np.float32)
        tail = np.zeros((2, _LOOK_AHEAD), np.float32)
        # The coder's very first unit is one of priming, stamped a unit before its first sample.
        return [unit.data for unit in coder.encode(np.concatenate((lead, samples, tail), axis=1))]
    finally:
        coder.close()

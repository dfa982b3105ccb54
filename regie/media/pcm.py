"""The sound while it waits: PCM on the programme's timeline, and the replacing of what must not leave. Pure arrays."""

import numpy as np

from regie.domain.timeline import SAMPLE_RATE, Span
from regie.media.frames import Sound
from regie.media.gate import HiddenSound

RAMP = 5 * SAMPLE_RATE // 1000
"""Samples of a ramp: 5 ms, always outside the hidden span."""
TONE_HZ = 1000
TONE_LEVEL = 10 ** (-18 / 20)


BEHIND = SAMPLE_RATE // 10
"""Samples already read that may still be peeked at: what a stretched sound looks back to."""


class PcmDelay:
    """A ring of stereo samples addressed by media time. What was never written is silence, and so is what was read long ago.

    Reads go forward only. Writes behind the reader or further ahead than the ring holds are refused and counted in ``lost``.
    """

    def __init__(self, capacity: int, start: int = 0) -> None:
        self._ring = np.zeros((2, capacity), np.float32)
        self._read_to = start
        self.written_to = start
        self.lost = 0

    def write(self, at: int, samples: Sound) -> None:
        """Put samples (2, n) in their place."""
        capacity = self._ring.shape[1]
        end = at + samples.shape[1]
        keep_from, keep_to = max(at, self._read_to), min(end, self._read_to - BEHIND + capacity)
        self.lost += (end - at) - max(0, keep_to - keep_from)
        if keep_to <= keep_from:
            return
        kept = samples[:, keep_from - at : keep_to - at]
        first = min(kept.shape[1], capacity - keep_from % capacity)
        self._ring[:, keep_from % capacity :][:, :first] = kept[:, :first]
        self._ring[:, : kept.shape[1] - first] = kept[:, first:]
        self.written_to = max(self.written_to, keep_to)

    def peek(self, t: int, n: int) -> Sound:
        """``n`` samples from ``t`` on, a copy: not further back than :data:`BEHIND`; silence where nothing was written."""
        capacity = self._ring.shape[1]
        out: Sound = self._ring.take(np.arange(t, t + n) % capacity, axis=1)
        past = max(0, min(n, self._read_to - BEHIND - t))
        beyond = max(0, min(n, t + n - (self._read_to - BEHIND + capacity)))
        out[:, :past] = 0.0
        out[:, n - beyond :] = 0.0
        return out

    def read(self, n: int) -> Sound:
        """The next ``n`` samples, a copy."""
        out = self.peek(self._read_to, n)
        self._forget(self._read_to - BEHIND, n)
        self._read_to += n
        return out

    def skip_to(self, t: int) -> None:
        """Go on at ``t``, ahead; what lies before it is gone."""
        capacity = self._ring.shape[1]
        gone = t - self._read_to
        self._forget(self._read_to - BEHIND, min(capacity, gone + BEHIND))
        self._read_to = t
        self.written_to = max(self.written_to, t)

    def grow(self, capacity: int) -> None:
        """Hold more than before; what waits stays."""
        old = self._ring.shape[1]
        if capacity <= old:
            return
        start = self._read_to - BEHIND
        kept = self._ring.take(np.arange(start, start + old) % old, axis=1)
        self._ring = np.zeros((2, capacity), np.float32)
        self._ring[:, np.arange(start, start + old) % capacity] = kept

    def _forget(self, t: int, n: int) -> None:
        self._ring[:, np.arange(t, t + n) % self._ring.shape[1]] = 0.0


def conceal(samples: Sound, at: int, hidden: HiddenSound) -> Sound:
    """``samples`` (2, n) that start at ``at``, with nothing of the source inside the hidden spans.

    The source falls and rises in 5 ms ramps *outside* each span; inside there is silence, or a 1 kHz tone at −18 dBFS.
    """
    if not hidden.silence and not hidden.tone:
        return samples
    times = at + np.arange(samples.shape[1])
    gain = np.ones(samples.shape[1], np.float32)
    for span in (*hidden.silence, *hidden.tone):
        np.minimum(gain, _outside(times, span), out=gain)
    out: Sound = samples * gain
    tone = np.zeros(samples.shape[1], np.float32)
    for span in hidden.tone:
        np.maximum(tone, _inside(times, span), out=tone)
    for span in hidden.silence:
        np.minimum(tone, _outside(times, span), out=tone)
    if tone.any():
        # The phase is reduced before it becomes a float, so that it is exact after hours.
        phase = (times % SAMPLE_RATE) * (2 * np.pi * TONE_HZ / SAMPLE_RATE)
        out = out + (TONE_LEVEL * tone * np.sin(phase)).astype(np.float32)
    return out


def faded_in(samples: Sound) -> Sound:
    """The same sound rising over its first 5 ms."""
    out = samples.copy()
    out[:, :RAMP] *= np.linspace(0.0, 1.0, RAMP, dtype=np.float32)
    return out


def faded_out(samples: Sound) -> Sound:
    """The same sound falling over its last 5 ms."""
    out = samples.copy()
    out[:, -RAMP:] *= np.linspace(1.0, 0.0, RAMP, dtype=np.float32)
    return out


def _outside(times: np.ndarray, span: Span) -> Sound:
    """1 far from the span, 0 inside, linear over the ramps."""
    before = np.clip((span.start - times) / RAMP, 0.0, 1.0)
    after = np.zeros_like(before) if span.end is None else np.clip((times + 1 - span.end) / RAMP, 0.0, 1.0)
    return np.maximum(before, after).astype(np.float32)


def _inside(times: np.ndarray, span: Span) -> Sound:
    """0 outside the span, 1 deep inside, linear over ramps that lie within it."""
    rise = np.clip((times - span.start) / RAMP, 0.0, 1.0)
    fall = np.ones_like(rise) if span.end is None else np.clip((span.end - 1 - times) / RAMP, 0.0, 1.0)
    return np.minimum(rise, fall).astype(np.float32)

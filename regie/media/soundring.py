"""The sound of a source, indexed by time: written by its demultiplexing thread, read by the mixer's.

:class:`SoundRing` holds the last seconds; :class:`SoundFeeder` puts blocks into it so that it stays continuous: a source whose
sound is a little early or late is stretched by one sample in a thousand until it is in place, a hole is left silent with faded
edges, and what comes twice is dropped.
"""

import threading

import numpy as np

from regie.domain.timeline import SAMPLE_RATE, MediaTime, from_ms
from regie.media.frames import Sound

RING_SECONDS = 4
"""The longest delay asked of a source (2 s) plus its frame-sync, with room for what arrives early."""
FADE = 128
_CONTINUE = int(from_ms(40))
"""A block nearer than this to the end of the last one continues it."""
_TOO_FAR = int(from_ms(5))
_NEAR_ENOUGH = int(from_ms(1))
_FORGET = SAMPLE_RATE
_ONE_SAMPLE_EVERY = 960
_SETTLE = 2 * SAMPLE_RATE
"""A connection's first seconds: its clock is still being found, and sound is put where its stamps say at once rather than brought
there by stretching, which takes forty seconds for a picture's length."""
_HALF_TAPS = 8

_IN = np.linspace(0.0, 1.0, FADE, endpoint=False, dtype=np.float32)
_OUT = _IN[::-1]


class SoundRing:
    """Float32 at 48 kHz between two instants: stereo, or a lane a microphone. Thread-safe; nobody waits but for a copy."""

    def __init__(self, lanes: int = 2, seconds: int = RING_SECONDS) -> None:
        self._size = seconds * SAMPLE_RATE
        self._samples = np.zeros((lanes, self._size), np.float32)
        self._start = 0
        self._end: int | None = None
        self._lock = threading.Lock()

    @property
    def end(self) -> MediaTime | None:
        """Just after the last sample; None while empty."""
        return None if self._end is None else MediaTime(self._end)

    @property
    def nothing(self) -> Sound:
        """No samples (lanes, 0)."""
        return self._silence(0)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._end = None

    def write(self, at: int, samples: Sound) -> None:
        """Put samples (lanes, n) at an instant; a hole before them is silent, its edges faded; earlier ones are overwritten."""
        count = samples.shape[1]
        if count == 0 or count > self._size:
            return
        with self._lock:
            if self._end is None or at > self._end + self._size or at <= self._start:
                self._start = self._end = at
                samples = _faded_in(samples)
            elif at > self._end:
                self._fade_out(self._end)
                self._put(self._end, self._silence(at - self._end))
                samples = _faded_in(samples)
            elif at < self._end:
                self._fade_out(at)
                samples = _faded_in(samples)
            self._put(at, samples)
            self._end = at + count
            self._start = max(self._start, self._end - self._size)

    def read(self, t: int, count: int) -> Sound | None:
        """A copy of the samples (lanes, count) from an instant, zeros where there are none; None when there are none at all."""
        with self._lock:
            if self._end is None:
                return None
            start, end = max(t, self._start), min(t + count, self._end)
            if start >= end:
                return None
            out = self._silence(count)
            self._get(start, out[:, start - t : end - t])
        if end < t + count:
            edge = min(FADE, end - start)
            out[:, end - t - edge : end - t] *= _OUT[-edge:]
        return out

    def _silence(self, count: int) -> Sound:
        return np.zeros((len(self._samples), count), np.float32)

    def _put(self, at: int, samples: Sound) -> None:
        first = at % self._size
        head = min(samples.shape[1], self._size - first)
        self._samples[:, first : first + head] = samples[:, :head]
        self._samples[:, : samples.shape[1] - head] = samples[:, head:]

    def _get(self, at: int, out: Sound) -> None:
        first = at % self._size
        head = min(out.shape[1], self._size - first)
        out[:, :head] = self._samples[:, first : first + head]
        out[:, head:] = self._samples[:, : out.shape[1] - head]

    def _fade_out(self, end: int) -> None:
        """Fade what precedes an instant, where it is not too late."""
        edge = min(FADE, end - self._start)
        if edge <= 0:
            return
        last = self._silence(edge)
        self._get(end - edge, last)
        self._put(end - edge, last * _OUT[-edge:])


def _faded_in(samples: Sound) -> Sound:
    edge = min(FADE, samples.shape[1])
    out = samples.copy()
    out[:, :edge] *= _IN[:edge]
    return out


class SoundFeeder:
    """Keeps the sound of one connection continuous in its ring. One thread's."""

    def __init__(self, ring: SoundRing) -> None:
        self._ring = ring
        self._position: int | None = None
        self._waiting: Sound = ring.nothing
        self._correcting = False
        self._credit = 0
        self._heard = 0
        self.jumps = 0
        self.dropped = 0

    def restart(self) -> None:
        """What comes next has nothing to do with what came (a file that loops): it is put exactly where it belongs."""
        self._position = None

    def push(self, at: int, samples: Sound) -> None:
        """A block (lanes, n) whose first sample belongs at an instant, as its stamps say."""
        count = samples.shape[1]
        if count == 0:
            return
        error = 0 if self._position is None else at - self._position - self._waiting.shape[1]
        settling = self._heard < _SETTLE and _TOO_FAR < abs(error) <= _CONTINUE
        self._heard += count
        if self._position is None or settling or error > _CONTINUE or error < -_FORGET:
            self.jumps += abs(error) > _CONTINUE
            self._begin(at, samples)
            return
        if error < -_CONTINUE:
            self.dropped += 1
            return
        self._continue(samples, self._correction(error, count))

    def _begin(self, at: int, samples: Sound) -> None:
        self._position = at
        self._waiting = samples[:, :0]
        self._correcting = False
        self._continue(samples, 0)

    def _correction(self, error: int, count: int) -> int:
        """+1, 0 or -1: by how many samples to stretch this block."""
        if abs(error) >= _TOO_FAR:
            self._correcting = True
        elif abs(error) <= _NEAR_ENOUGH:
            self._correcting = False
        self._credit = min(self._credit + count, _ONE_SAMPLE_EVERY)
        if not self._correcting or self._credit < _ONE_SAMPLE_EVERY or count < 4 * _HALF_TAPS:
            return 0
        self._credit = 0
        return 1 if error > 0 else -1

    def _continue(self, samples: Sound, stretch: int) -> None:
        """Write all but the last samples, which the next stretching may need on its left."""
        assert self._position is not None
        line = np.concatenate((self._waiting, samples), axis=1) if self._waiting.shape[1] else samples
        ready = line.shape[1] - _HALF_TAPS
        if ready <= 0:
            self._waiting = line
            return
        out = line[:, :ready] if stretch == 0 else stretched(line, ready, ready + stretch)
        self._ring.write(self._position, out)
        self._position += out.shape[1]
        self._waiting = line[:, ready:].copy()


def stretched(line: Sound, length: int, wanted: int) -> Sound:
    """The first ``length`` samples of a line as ``wanted`` samples, by windowed-sinc interpolation (16 taps, Hann)."""
    at = np.arange(wanted, dtype=np.float64) * (length / wanted)
    first = np.floor(at).astype(np.int64)
    taps = np.arange(1 - _HALF_TAPS, _HALF_TAPS + 1)
    distance = at[:, None] - (first[:, None] + taps)
    weights = np.sinc(distance) * (0.5 + 0.5 * np.cos(np.pi * distance / _HALF_TAPS))
    weights /= weights.sum(axis=1, keepdims=True)
    picked = line[:, np.clip(first[:, None] + taps, 0, line.shape[1] - 1)]
    return np.asarray(np.einsum("cnt,nt->cn", picked, weights), np.float32)

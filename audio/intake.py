"""What the inputs say, gathered into one array of lanes: a microphone is one lane, a stereo source two.

Feeds answer for an instant and never wait. A feed that begins fades in, one that stops lets its last sample fall to zero, a changed
delay is crossfaded: no join clicks. A feed of which nothing is heard may be left alone: what is not asked for need not be decoded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.dsp import SAMPLE_RATE, SANE, Block

Feed = Callable[[int, int], Block | None]
"""Sound of a device: (first sample's time, how many) to a block (its channels, n), None when it has none."""

MS = SAMPLE_RATE // 1000
EDGE = 240
"""Samples of a join (5 ms)."""
FADE_IN = np.linspace(1.0 / EDGE, 1.0, EDGE, dtype=np.float32)
FADE_OUT = 1.0 - FADE_IN


@dataclass(frozen=True, slots=True)
class Plug:
    """Where one input comes from: rows of a feed, one (a microphone) or two (left and right)."""

    feed: str
    rows: tuple[int, ...]


class Intake:
    """Reads all inputs for one thread. ``owner``: the input of each lane."""

    def __init__(self, plugs: Sequence[Plug], feeds: Mapping[str, Feed]) -> None:
        self._feeds = feeds
        self._names = list(dict.fromkeys(plug.feed for plug in plugs))
        lanes = [(n, plug.feed) for n, plug in enumerate(plugs) for _ in plug.rows]
        self.owner = np.array([n for n, _ in lanes], np.intp)
        self._feed_of = np.array([self._names.index(feed) for _, feed in lanes], np.intp)
        self._rows = np.array([row for plug in plugs for row in plug.rows], np.intp)
        self._present = np.zeros(len(self.owner), bool)
        self._last = np.zeros(len(self.owner), np.float32)
        self._delays: NDArray[np.int64] | None = None

    def read(self, t: int, n: int, delays_ms: NDArray[np.int64], resting: NDArray[np.bool_]) -> Block:
        """The lanes (lanes, n) from ``t``; ``delays_ms``: that of each input (negative: taken earlier); ``resting``: inputs whose
        feed is not asked, and silent."""
        asleep = resting[self.owner]
        delays = delays_ms[self.owner] * MS
        before = delays if self._delays is None else self._delays
        self._delays = delays
        out, present = self._fetch(t, n, delays, asleep)
        moved = np.flatnonzero(before != delays)
        if moved.size:
            old, was = self._fetch(t, n, before, asleep)
            both = moved[present[moved] & was[moved]]
            out[both, :EDGE] = out[both, :EDGE] * FADE_IN + old[both, :EDGE] * FADE_OUT
        self._join(out, present)
        return out

    def _fetch(
        self, t: int, n: int, delays: NDArray[np.int64], asleep: NDArray[np.bool_]
    ) -> tuple[Block, NDArray[np.bool_]]:
        out = np.zeros((len(self.owner), n), np.float32)
        present = np.zeros(len(self.owner), bool)
        for index, name in enumerate(self._names):
            mine = np.flatnonzero((self._feed_of == index) & ~asleep)
            for delay in np.unique(delays[mine]):
                lanes = mine[delays[mine] == delay]
                block = self._feeds[name](t - int(delay), n)
                if block is None or block.ndim != 2 or block.shape[1] != n:
                    continue
                lanes = lanes[self._rows[lanes] < block.shape[0]]
                out[lanes] = block[self._rows[lanes]]
                present[lanes] = True
        peak = float(np.abs(out).max(initial=0.0))
        if not peak <= SANE:  # True for NaN as well
            out = np.clip(np.nan_to_num(out, nan=0.0, posinf=0.0, neginf=0.0), -SANE, SANE)
        return out, present

    def _join(self, out: Block, present: NDArray[np.bool_]) -> None:
        begun = np.flatnonzero(present & ~self._present)
        out[begun, :EDGE] *= FADE_IN
        stopped = np.flatnonzero(self._present & ~present)
        out[stopped, :EDGE] = self._last[stopped, None] * FADE_OUT
        self._present = present
        self._last = np.where(present, out[:, -1], np.float32(0))

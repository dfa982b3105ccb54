"""Memory of our own for the pictures of one source.

FFmpeg's decoders draw on a pool that never shrinks: what was needed at once one day (a machine that fell behind, then caught up)
stays taken for the evening. So a decoder gets its pictures back at once, and they wait as copies, in memory that follows what is
waiting. Used again and again: fresh memory costs eight times the copy, a page fault for each 4 kB.
"""

import sys

import av
import numpy as np

from regie.media.colour import blank, planes_of

WINDOW = 250
"""Pictures after which the stock comes down to the most that were in use at once since: ten seconds of a camera."""
SPARE = 2


class Stock:
    """Pictures of one size, each lent until its last holder lets go of it. One thread takes; any thread may let go."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._frames: list[av.VideoFrame] = [blank(width, height)]
        self._alone = self._holders(0)
        self._most = 0
        self._taken = 0

    def __len__(self) -> int:
        """Pictures that it holds, lent or not."""
        return len(self._frames)

    def take(self) -> av.VideoFrame:
        """A picture nobody looks at, its content undefined."""
        free = [n for n in range(len(self._frames)) if self._holders(n) <= self._alone]
        self._most = max(self._most, len(self._frames) - len(free) + 1)
        self._taken += 1
        if self._taken >= WINDOW:
            self._reduce(free)
        if free:
            return self._frames[free[0]]
        self._frames.append(blank(self._width, self._height))
        return self._frames[-1]

    def copy(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A copy of a yuv420p picture of that size, tagged BT.709."""
        own = self.take()
        for into, plane in zip(planes_of(own), planes_of(frame), strict=True):
            np.copyto(into, plane)
        return own

    def _reduce(self, free: list[int]) -> None:
        beyond = max(0, len(self._frames) - self._most - SPARE)
        for n in reversed(free[1:][-beyond:] if beyond else ()):
            del self._frames[n]
        self._most = self._taken = 0

    def _holders(self, n: int) -> int:
        """CPython's count of references: a queue, a thumbnail or a view on a plane each hold one."""
        return sys.getrefcount(self._frames[n])

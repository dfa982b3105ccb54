"""A viewer of an RTMP server, as a player would be: FFmpeg's own client on one connection, each picture looked at as it comes."""

import threading
import time
from dataclasses import dataclass

import av
import numpy as np

from hardware_mocks import marks
from tests.system.peers import wait_for

OPEN_S, READ_S = 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Glance:
    """A picture: when it was shown (monotonic), the hall's mark on it, how much there is to see (deviation of its luma)."""

    at: float
    mark: marks.Mark | None
    contrast: float

    @property
    def is_slate(self) -> bool:
        """Something is drawn, and it is not the hall."""
        return self.mark is None and self.contrast > 5


class RtmpViewer:
    """Watches until it is closed; ``ended`` says why it stopped by itself, empty as long as it is connected."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._over = threading.Event()
        self.seen: list[Glance] = []
        self.ended = ""
        self._thread = threading.Thread(target=self._watch, name="viewer", daemon=True)
        self._thread.start()
        wait_for(lambda: bool(self.seen or self.ended), OPEN_S + 5, "the viewer sees something")

    def _watch(self) -> None:
        try:
            with av.open(self._address, options={"rtmp_live": "live"}, timeout=(OPEN_S, READ_S)) as stream:
                for frame in stream.decode(video=0):
                    luma = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
                    small = luma[::8, ::8]
                    self.seen.append(Glance(time.monotonic(), marks.read(luma), float(np.std(small))))
                    if self._over.is_set():
                        return
            self.ended = "the server closed the stream"
        except (av.FFmpegError, OSError) as error:
            self.ended = str(error)

    def since(self, instant: float) -> list[Glance]:
        """What was shown after that."""
        return [one for one in tuple(self.seen) if one.at > instant]

    def close(self) -> None:
        """Stop watching; at the next picture."""
        self._over.set()
        self._thread.join(READ_S)

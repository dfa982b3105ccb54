"""Interlaced pictures to whole ones: a camera in 1080i would show combs on everything that moves.

The filter (FFmpeg's bwdif) looks at the picture after: one comes out when the next goes in. 1.5 ms for 1920×1080 on one thread.
"""

import av
import av.error
from av.filter import Graph

from regie.domain.timeline import SAMPLE_RATE

_EVERYTHING_READ = (av.error.BlockingIOError, av.error.EOFError)


class Deinterlacer:
    """The pictures of one source, in order; progressive ones pass untouched. Not thread-safe.

    From the first interlaced picture on, all pass by the filter: some streams have both kinds.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._form: tuple[str, int, int] | None = None

    def __call__(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        """The pictures that are ready. Raises av.error.FFmpegError for formats that the filter does not take."""
        if frame.pts is None or (self._graph is None and not frame.interlaced_frame):
            return [frame]
        form = (frame.format.name, frame.width, frame.height)
        if self._graph is None or form != self._form:
            self._graph, self._form = _filter(frame), form
        self._graph.push(frame)
        return self._pulled(self._graph)

    def _pulled(self, graph: Graph) -> list[av.VideoFrame]:
        out: list[av.VideoFrame] = []
        while True:
            try:
                frame = graph.pull()
            except _EVERYTHING_READ:
                return out
            assert isinstance(frame, av.VideoFrame)
            # The filter counts in fields.
            if frame.pts is not None and frame.time_base is not None:
                frame.pts = round(frame.pts * frame.time_base * SAMPLE_RATE)
            out.append(frame)

    def restart(self) -> None:
        """What comes next does not follow what came."""
        self._graph = None


def _filter(frame: av.VideoFrame) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    weave = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(weave)
    weave.link_to(sink)
    graph.configure()
    return graph

"""Thread ``dec:<id>``: turns the video packets of one connection into pictures that wait for their tick."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

import av
import av.error

from regie.board import Decoding
from regie.domain.timeline import MediaTime
from regie.media.catchup import VideoDecoder
from regie.media.conform import Conform
from regie.media.deinterlace import Deinterlacer
from regie.media.frames import Picture, ProgrammeFormat
from regie.media.framesync import FrameSync
from regie.media.handoff import Ring

_POLL = 0.05

VideoPacket: TypeAlias = "av.Packet[av.VideoStream]"


class PictureLane:
    """Decodes in full, keyframes only, or not at all, as is wanted; the change is made in its own thread."""

    def __init__(
        self,
        name: str,
        context: av.VideoCodecContext,
        into: FrameSync,
        wanted: ProgrammeFormat,
        due: Callable[[], int],
        waiting: int,
    ) -> None:
        """``due()``: time, on the source's timeline, of the picture that the programme shows now; ``waiting``: packets that may
        wait, then all go, until a keyframe."""
        self._context = context
        self._decoder = VideoDecoder(context)
        self._conform = Conform(wanted)
        self._deinterlacer = Deinterlacer()
        self._into = into
        self._tick = wanted.tick
        self._due = due
        self._ring: Ring[VideoPacket] = Ring(waiting, resume=lambda packet: packet.is_keyframe)
        self._wanted = Decoding.KEYFRAMES
        self._caught_up = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"dec:{name}", daemon=True)
        self._unconverted = 0
        self.shown = 0
        self.size = (0, 0)

    def start(self, decoding: Decoding) -> None:
        """Begin, with what is wanted now."""
        self._wanted = decoding
        self._thread.start()

    def stop(self) -> None:
        """End: at once but for the picture being decoded. Safe to call twice."""
        self._stop.set()
        self._ring.close()
        if self._thread.is_alive():
            self._thread.join(5)

    @property
    def alive(self) -> bool:
        """False once its thread has died, which only a bug explains: the connection is then made anew."""
        return self._thread.is_alive()

    def want(self, decoding: Decoding) -> None:
        """How much to decode from now on."""
        self._wanted = decoding

    def put(self, packet: VideoPacket) -> None:
        """A packet whose stamps are in media time. Never waits."""
        self._ring.put(packet)

    @property
    def decoding(self) -> Decoding:
        """What it does now; CATCHING_UP until FULL is true."""
        if self._wanted is Decoding.FULL:
            return Decoding.FULL if self.caught_up else Decoding.CATCHING_UP
        return self._wanted

    @property
    def caught_up(self) -> bool:
        """Every picture that came is decoded, from a keyframe on."""
        return self._caught_up and self._wanted is Decoding.FULL

    @property
    def errors(self) -> int:
        """Packets and pictures that could not be decoded or converted."""
        return self._decoder.errors + self._unconverted

    @property
    def lost(self) -> int:
        """Packets dropped because decoding could not keep pace."""
        return self._ring.dropped

    def _run(self) -> None:
        decoder = self._decoder
        while not self._stop.is_set():
            wanted = self._wanted
            if wanted is not decoder.mode:
                self._caught_up = False
                self._switch(wanted)
            packet = self._ring.get(_POLL)
            if packet is not None:
                for frame in decoder.feed(packet):
                    self._show(frame)
            self._caught_up = decoder.in_step and (self._caught_up or len(self._ring) == 0)

    def _switch(self, wanted: Decoding) -> None:
        """Pictures of the replay that are no longer due are decoded, not converted; the last of them is, lest there be none."""
        late: av.VideoFrame | None = None
        self._deinterlacer.restart()
        for frame in self._decoder.switch(wanted):
            if self._stop.is_set():
                return
            if frame.pts is not None and frame.pts < self._due() - self._tick:
                late = frame
            else:
                late = None
                self._show(frame)
        if late is not None:
            self._show(late)

    def _show(self, frame: av.VideoFrame) -> None:
        """Whole pictures as they are ready; keyframes on their own are shown as they are, small on the multiview."""
        self.size = (frame.width, frame.height)
        try:
            whole = self._deinterlacer(frame) if self._decoder.mode is Decoding.FULL else [frame]
            for each in whole:
                self._put(self._conform(each, self._context.sample_aspect_ratio), each.pts)
        except (av.error.FFmpegError, ValueError):
            self._unconverted += 1

    def _put(self, picture: av.VideoFrame, at: int | None) -> None:
        if at is None:
            at = (self._into.newest or 0) + self._tick
        self._into.put(Picture(picture, MediaTime(at)), self._due())
        self.shown += 1

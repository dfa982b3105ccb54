"""A video decoder that can be left half asleep and woken exactly.

A source that nobody sees is decoded at its keyframes only, or not at all; the packets of the current group of pictures are kept.
To show it, the decoder is flushed and the group replayed: bit exact (leaving keyframe-only decoding without the replay gives
wrong pictures that nothing flags). No thread, no clock here: :mod:`regie.media.pictures` drives it.
"""

from __future__ import annotations

from collections.abc import Iterator

import av
import av.error

from regie.board import Decoding

MAX_GOP_PACKETS = 1500
MAX_GOP_BYTES = 32 * 1024 * 1024
"""A longer group of pictures is not kept: such a source waits for its next keyframe."""
MAX_ERRORS_IN_A_ROW = 25
KEY_INTERVAL = 48_000 * 2 // 5
"""Where every picture is a keyframe (MJPEG), keyframe-only decoding shows this many samples apart at least."""


class VideoDecoder:
    """Packets in (their stamps in media time), decoded pictures out. One thread's.

    ``context`` must not be shared; it is set to one thread: parallelism comes from the sources.
    """

    def __init__(self, context: av.VideoCodecContext) -> None:
        context.thread_type = "SLICE"
        context.thread_count = 1
        self._context = context
        self._mode = Decoding.KEYFRAMES
        self._gop: list[av.Packet[av.VideoStream]] = []
        self._gop_bytes = 0
        self._complete = False
        self._in_step = False
        self._errors_in_a_row = 0
        self._last_key: int | None = None
        self.errors = 0
        context.skip_frame = "NONKEY"

    @property
    def mode(self) -> Decoding:
        """NONE, KEYFRAMES or FULL."""
        return self._mode

    @property
    def in_step(self) -> bool:
        """Decodes in full, from a keyframe on, with nothing missing."""
        return self._mode is Decoding.FULL and self._in_step

    def feed(self, packet: av.Packet[av.VideoStream]) -> list[av.VideoFrame]:
        """What a packet yields in the current mode. Never raises for bad data: it is counted."""
        self._keep(packet)
        if self._mode is Decoding.FULL:
            if packet.is_keyframe:
                self._in_step = True
            return self._decode(packet) if self._in_step else []
        if self._mode is Decoding.KEYFRAMES and packet.is_keyframe:
            return self._decode_key(packet)
        return []

    def switch(self, mode: Decoding) -> Iterator[av.VideoFrame]:
        """Change the mode; towards FULL, replays the group of pictures, one decoded picture at a time (may be abandoned)."""
        if mode is self._mode:
            return
        self._mode = mode
        self._in_step = False
        self._errors_in_a_row = 0
        self._context.flush_buffers()
        self._context.skip_frame = "DEFAULT" if mode is Decoding.FULL else "NONKEY"
        if mode is Decoding.KEYFRAMES:
            self._last_key = None
            if self._gop and self._complete:
                yield from self._decode_key(self._gop[0])
        elif mode is Decoding.FULL and self._gop and self._complete:
            self._in_step = True
            for packet in tuple(self._gop):
                yield from self._decode(packet)

    def _keep(self, packet: av.Packet[av.VideoStream]) -> None:
        if packet.is_keyframe:
            self._gop = []
            self._gop_bytes = 0
            self._complete = True
        if not self._complete:
            return
        self._gop.append(packet)
        self._gop_bytes += packet.size
        if len(self._gop) > MAX_GOP_PACKETS or self._gop_bytes > MAX_GOP_BYTES:
            self._gop = []
            self._complete = False

    def _decode(self, packet: av.Packet[av.VideoStream] | None) -> list[av.VideoFrame]:
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError:
            self.errors += 1
            self._errors_in_a_row += 1
            if self._errors_in_a_row >= MAX_ERRORS_IN_A_ROW:
                self._errors_in_a_row = 0
                self._in_step = False
                self._context.flush_buffers()
            return []
        if frames:
            self._errors_in_a_row = 0
        return frames

    def _decode_key(self, packet: av.Packet[av.VideoStream]) -> list[av.VideoFrame]:
        """A keyframe on its own; drained, for a decoder that expects reordering would hold it back until the next one."""
        at = packet.pts or 0
        if self._last_key is not None and 0 <= at - self._last_key < KEY_INTERVAL:
            return []
        self._last_key = at
        frames = self._decode(packet)
        if not frames:
            frames = self._decode(None)
            self._context.flush_buffers()
        return frames

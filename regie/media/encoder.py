"""One encode a rendition: x264, closed GOPs of one second, no B-frames, parameter sets before each IDR.

IDRs fall on whole seconds of media time whatever was skipped before, so that all renditions may be cut and swapped at the same
instants; further ones come on request. Each rendition has its thread behind a bounded ring: the mixer never waits for it.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
from av.codec.context import Flags, ThreadType
from av.video.frame import PictureType

from regie.domain.timeline import SAMPLE_RATE, MediaTime, frame_samples
from regie.media.frames import EncodedPicture, Live, Picture, Plane
from regie.media.h264 import units
from regie.media.handoff import Ring

log = logging.getLogger(__name__)

QUEUE = 12
"""Pictures that may wait for an encoder: half a second, beyond which the newest matter more."""
SECOND = SAMPLE_RATE
_SEI = 6
_START_CODE = b"\0\0\0\1"

PictureSink = Callable[[Live[EncodedPicture]], None]


@dataclass(frozen=True, slots=True)
class TierSpec:
    """How one rendition is encoded: size, pictures a second, bits a second, x264 preset, slices."""

    tier: str
    width: int
    height: int
    fps: int
    bitrate: int
    preset: str = "veryfast"
    threads: int = 1


def planes(frame: av.VideoFrame) -> list[Plane]:
    """The three planes of a yuv420p frame, without copy nor padding."""
    return [
        np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, : p.width]  # type: ignore[call-overload]
        for p in frame.planes
    ]


class Shrinker:
    """Scales planes down. By more than two it goes through the half, whose exact average is many times cheaper than an exact third.

    It keeps its working planes: fresh memory for each picture would cost more than the scaling. Not thread-safe.
    """

    def __init__(self) -> None:
        self._halves: dict[tuple[int, ...], Plane] = {}

    def shrink(self, source: Sequence[Plane], target: Sequence[Plane]) -> None:
        """Fill ``target`` from ``source``, plane by plane."""
        for large, small in zip(source, target, strict=True):
            height, width = small.shape
            wide = self._half(large) if 2 * large.shape[1] > 5 * width else large
            exact = wide.shape[1] % width == 0 and wide.shape[0] % height == 0
            cv2.resize(
                wide, (width, height), dst=small, interpolation=cv2.INTER_AREA if exact else cv2.INTER_LINEAR
            )

    def _half(self, large: Plane) -> Plane:
        shape = (large.shape[0] // 2, large.shape[1] // 2)
        half = self._halves.get(shape)
        if half is None:
            half = self._halves[shape] = np.empty(shape, np.uint8)
        cv2.resize(large, shape[::-1], dst=half, interpolation=cv2.INTER_AREA)
        return half


class H264Encoder:
    """One x264 instance: pictures in, access units out, one for one and at once. Not thread-safe.

    Two encoders of the same spec have the same parameter sets, byte for byte: a slate of one may stand in for a GOP of the other.
    """

    def __init__(self, spec: TierSpec) -> None:
        self.spec = spec
        self._tick = frame_samples(spec.fps)
        self._container = av.open(os.devnull, "w", format="null")
        stream = self._container.add_stream("libx264", rate=spec.fps, options=_options(spec))
        stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, "yuv420p"
        stream.bit_rate = spec.bitrate
        context = stream.codec_context
        context.time_base = Fraction(1, spec.fps)
        context.thread_type = ThreadType.SLICE
        context.thread_count = spec.threads
        context.flags |= int(Flags.global_header)
        self._container.start_encoding()
        self._stream = stream
        self._shelf = av.open(os.devnull, "w", format="null")
        self.template: av.VideoStream = self._shelf.add_stream_from_template(stream)

    @property
    def parameter_sets(self) -> bytes:
        """SPS and PPS, Annex B."""
        return self._stream.codec_context.extradata or b""

    def encode(self, picture: Picture, key: bool = False) -> EncodedPicture | None:
        """Encode a picture of the tier's size; ``key`` asks for an IDR. None if x264 kept it back (it does not in this mode)."""
        frame = picture.frame
        frame.pts = picture.at // self._tick
        frame.time_base = Fraction(1, self.spec.fps)
        # A camera's own I and P would be obeyed by x264 and break our GOPs.
        frame.pict_type = PictureType.I if key else PictureType.NONE
        packets = self._stream.encode(frame)
        if not packets:
            return None
        packet = packets[0]
        at = MediaTime((packet.pts or 0) * self._tick)
        data = bytes(packet)
        if packet.is_keyframe:
            data = _without_remarks(data)
        return EncodedPicture(data, at, self._tick, packet.is_keyframe, self.spec.tier)

    def close(self) -> None:
        """Free x264."""
        self._container.close()
        self._shelf.close()


def _without_remarks(data: bytes) -> bytes:
    """Without the SEI in which x264 signs its first picture: a keyframe starts with its parameter sets."""
    kept = [unit for unit in units(data) if unit[0] & 31 != _SEI]
    return b"".join(_START_CODE + unit for unit in kept)


def _options(spec: TierSpec) -> dict[str, str]:
    params = {
        "keyint": spec.fps,
        "min-keyint": spec.fps,
        "scenecut": 0,
        "bframes": 0,
        "repeat-headers": 1,
        "colorprim": "bt709",
        "transfer": "bt709",
        "colormatrix": "bt709",
        "range": "tv",
    }
    return {
        "preset": spec.preset,
        "tune": "zerolatency",
        "profile": "baseline",
        "maxrate": str(spec.bitrate),
        "bufsize": str(spec.bitrate),
        "x264-params": ":".join(f"{name}={value}" for name, value in params.items()),
    }


class KeyPlan:
    """When to make an IDR: at each whole second, and on request but not twice within a second."""

    def __init__(self) -> None:
        self._last_second: int | None = None
        self._last_extra = -SECOND
        self._asked = threading.Event()

    def ask(self) -> None:
        """From any thread: somebody needs a keyframe."""
        self._asked.set()

    def due(self, at: MediaTime) -> bool:
        """Must the picture of this instant be an IDR? Called once a picture, in order."""
        second = at // SECOND
        if second != self._last_second:
            self._last_second = second
            self._asked.clear()
            return True
        if self._asked.is_set() and at - self._last_extra >= SECOND:
            self._asked.clear()
            self._last_extra = at
            return True
        return False


class TierEncoder:
    """A rendition's encoder in its thread ``enc:<tier>``. :meth:`put` never waits; ``dropped`` counts what did not fit."""

    def __init__(self, spec: TierSpec, sinks: Sequence[PictureSink]) -> None:
        self.spec = spec
        self._sinks = tuple(sinks)
        self._ring: Ring[Picture] = Ring(QUEUE)
        self._encoder = H264Encoder(spec)
        self._keys = KeyPlan()
        self._times: deque[float] = deque(maxlen=2 * spec.fps)
        self._own = av.VideoFrame(spec.width, spec.height, "yuv420p")
        self._shrinker = Shrinker()
        self._thread = threading.Thread(target=self._run, name=f"enc:{spec.tier}", daemon=True)
        self.failed = False

    @property
    def template(self) -> av.VideoStream:
        """What a muxer copies its stream from."""
        return self._encoder.template

    @property
    def parameter_sets(self) -> bytes:
        """SPS and PPS, Annex B."""
        return self._encoder.parameter_sets

    @property
    def queued(self) -> int:
        """Pictures that wait."""
        return len(self._ring)

    @property
    def dropped(self) -> int:
        """Pictures that were never encoded."""
        return self._ring.dropped

    @property
    def mean_ms(self) -> float:
        """Mean time of an encode over the last two seconds, milliseconds."""
        times = tuple(self._times)
        return 1000 * sum(times) / len(times) if times else 0.0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, picture: Picture) -> None:
        """Hand a picture of the programme on; its planes must stay untouched while it may wait here."""
        self._ring.put(picture)

    def ask_key(self) -> None:
        """An IDR soon, please."""
        self._keys.ask()

    def stop(self) -> None:
        """Finish what waits, then end."""
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join(2.0)
        self._encoder.close()

    def _run(self) -> None:
        try:
            while not (self._ring.closed and len(self._ring) == 0):
                picture = self._ring.get(1.0)
                if picture is not None:
                    self._one(picture)
        except (av.error.FFmpegError, cv2.error, ValueError) as error:
            self.failed = True
            log.error("encoder of %s failed: %s", self.spec.tier, type(error).__name__)

    def _one(self, picture: Picture) -> None:
        began = time.perf_counter()
        encoded = self._encoder.encode(self._sized(picture), self._keys.due(picture.at))
        self._times.append(time.perf_counter() - began)
        if encoded is not None:
            live = Live(encoded)
            for sink in self._sinks:
                sink(live)

    def _sized(self, picture: Picture) -> Picture:
        frame = picture.frame
        if (frame.width, frame.height) == (self.spec.width, self.spec.height):
            return picture
        self._shrinker.shrink(planes(frame), planes(self._own))
        return Picture(self._own, picture.at)

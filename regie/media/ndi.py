"""NDI in: one connection, read like any other. What NDI's library decoded becomes packets of raw picture and sound.

So that frame-sync, clocks, catching up, states and reconnection are those of every source. An NDI picture is whole by itself: such
a source is always ready, and goes on air at the very tick.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.container import InputContainer
from av.stream import Stream

from camera_drivers.base import CameraError
from camera_drivers.ndi_library import library, locate, parse
from config.inputs import SourceConfig
from regie.clock import SystemClock
from regie.domain.timeline import SAMPLE_RATE
from regie.errors import DeviceError

TICKS = Fraction(1, 10_000_000)
"""NDI stamps its pictures and its sound in hundreds of nanoseconds."""
WAITING_PICTURES = 8
"""A raw picture weighs 2 to 4 MB: few may wait for their conversion."""
_WAIT_MS = 100
_FOR_SOUND_S = 1.0
_CLOCK = SystemClock()


class NdiReading:
    """One connection to an NDI source, by one thread. Never reused. ``paced`` and the streams as in
    :class:`~regie.media.reading.Reading`."""

    waiting = WAITING_PICTURES

    def __init__(self, config: SourceConfig, stop: threading.Event) -> None:
        self._config = config
        self._stop = stop
        self._ndi: Any = None
        self._receiver: Any = None
        self._containers: list[InputContainer] = []
        self._form: tuple[int, int, str] | None = None
        self._sound_form: tuple[int, int] | None = None
        self.video: av.VideoStream | None = None
        self.sound: av.AudioStream | None = None
        self.paced = False
        self.bad = 0

    def open(self) -> None:
        """Find the source, connect, wait for its first picture. Raises DeviceError with the reason's code."""
        try:
            self._ndi = library()
            wanted = parse(self._config.adresse or "")
            source = locate(wanted, self._config.delai_s, self._stop.is_set)
        except CameraError as error:
            raise DeviceError(str(error), code=error.code) from None
        except ValueError as error:
            raise DeviceError(str(error), code="adresse_invalide") from None
        asked = self._ndi.RecvCreateV3()
        asked.color_format = self._ndi.RECV_COLOR_FORMAT_UYVY_BGRA
        # Interlaced pictures come whole.
        asked.allow_video_fields = False
        asked.ndi_recv_name = "régie"
        self._receiver = self._ndi.recv_create_v3(asked)
        if self._receiver is None:
            raise DeviceError("NDI cannot receive", code="ndi_absente")
        self._ndi.recv_connect(self._receiver, source)
        self._await_first()

    def _await_first(self) -> None:
        """A picture, and as long as a second for the sound that should go with it."""
        began = _CLOCK.monotonic_ns()
        while not self._stop.is_set():
            waited_s = (_CLOCK.monotonic_ns() - began) / 1e9
            if self.video is None and waited_s > self._config.delai_s:
                raise DeviceError("the NDI source sends no picture", code="delai_depasse")
            if self.video is not None and (
                not self._config.son or self.sound is not None or waited_s > _FOR_SOUND_S
            ):
                break
            self._capture()
        if self.video is None:
            raise DeviceError("stopped", code="arret")
        if self._config.son and self.sound is None:
            # Its microphone may be opened later: sound of the usual form is expected.
            self._hear(SAMPLE_RATE, 2)

    def packets(self) -> Iterator[av.Packet[Stream] | None]:
        """Pictures and sound as they come. Ends when stopped; raises DeviceError when the source is lost or changes form."""
        while not self._stop.is_set():
            packet = self._capture()
            if packet is not None:
                yield packet
            elif self._ndi.recv_get_no_connections(self._receiver) == 0:
                # The only sign that a source is gone.
                raise DeviceError("the NDI source left", code="fin_du_flux")

    def shows(self, packet: av.Packet[Stream]) -> bool:
        """Is the packet a picture?"""
        return packet.stream is self.video

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        if self._receiver is not None:
            self._ndi.recv_destroy(self._receiver)
            self._receiver = None
        for container in self._containers:
            container.close()
        self._containers.clear()

    def _capture(self) -> av.Packet[Stream] | None:
        """The next picture or block of sound; None when it was something else, or nothing."""
        ndi = self._ndi
        kind, picture, sound, metadata = ndi.recv_capture_v3(self._receiver, _WAIT_MS)
        # What the library hands out is a copy; its own must be given back, whatever becomes of it.
        if kind == ndi.FRAME_TYPE_VIDEO:
            ndi.recv_free_video_v2(self._receiver, picture)
            return self._picture(picture)
        if kind == ndi.FRAME_TYPE_AUDIO:
            ndi.recv_free_audio_v3(self._receiver, sound)
            return self._block(sound) if self._config.son else None
        if kind == ndi.FRAME_TYPE_METADATA:
            ndi.recv_free_metadata(self._receiver, metadata)
        elif kind == ndi.FRAME_TYPE_ERROR:
            self.bad += 1
        return None

    def _picture(self, picture: Any) -> av.Packet[Stream] | None:
        ndi = self._ndi
        names = {
            ndi.FOURCC_VIDEO_TYPE_UYVY: "uyvy422",
            ndi.FOURCC_VIDEO_TYPE_BGRA: "bgra",
            ndi.FOURCC_VIDEO_TYPE_BGRX: "bgr0",
        }
        name = names.get(picture.FourCC)
        if name is None or picture.frame_rate_N <= 0 or picture.frame_rate_D <= 0:
            self.bad += 1
            return None
        form = (picture.xres, picture.yres, name)
        rate = Fraction(picture.frame_rate_N, picture.frame_rate_D)
        if self.video is None:
            options = {
                "video_size": f"{picture.xres}x{picture.yres}",
                "pixel_format": name,
                "framerate": str(rate),
            }
            self.video = self._stream("rawvideo", options, picture.data.nbytes).streams.video[0]
            self._form = form
        elif form != self._form:
            raise DeviceError("the NDI source changed its format", code="fin_du_flux")
        packet: av.Packet[Stream] = av.Packet(_view(picture.data))
        packet.stream = self.video
        packet.is_keyframe = True
        return self._stamped(packet, picture.timestamp, int(1 / rate / TICKS))

    def _block(self, sound: Any) -> av.Packet[Stream] | None:
        form = (sound.sample_rate, sound.no_channels)
        if min(*form, sound.no_samples) <= 0:
            self.bad += 1
            return None
        if self.sound is None:
            self._hear(*form)
        elif form != self._sound_form:
            raise DeviceError("the NDI source changed its sound", code="fin_du_flux")
        packet: av.Packet[Stream] = av.Packet(_view(sound.data[:, : sound.no_samples].T))
        assert self.sound is not None
        packet.stream = self.sound
        length = int(Fraction(sound.no_samples, sound.sample_rate) / TICKS)
        return self._stamped(packet, sound.timestamp, length)

    def _hear(self, rate: int, channels: int) -> None:
        layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}C")
        options = {"sample_rate": str(rate), "ch_layout": layout}
        self.sound = self._stream("f32le", options, 1024 * 4 * channels).streams.audio[0]
        self._sound_form = (rate, channels)

    def _stamped(self, packet: av.Packet[Stream], at: int, length: int) -> av.Packet[Stream]:
        packet.time_base = TICKS
        packet.duration = length
        if at != self._ndi.RECV_TIMESTAMP_UNDEFINED:
            packet.pts = packet.dts = at
        return packet

    def _stream(self, form: str, options: dict[str, str], size: int) -> InputContainer:
        """A stream of raw data, for its decoder: FFmpeg makes one from what it is told and a first, empty, picture."""
        container = av.open(io.BytesIO(bytes(size)), "r", format=form, options=options)
        self._containers.append(container)
        stream = container.streams[0]
        stream.time_base = TICKS
        return container


def _view(data: Any) -> bytes:
    """The bytes of an array, for PyAV to copy: its stubs do not know that any buffer will do."""
    return cast("bytes", np.ascontiguousarray(data).data)

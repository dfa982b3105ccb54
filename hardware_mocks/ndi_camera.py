"""An NDI camera: picture and sound sent by NDI's own library, turned by the metadata that comes back on the connection, as the NDI
SDK describes them (« PTZ control », « tally »). By hand: ``python -m hardware_mocks.ndi_camera --help``.

Needs the package ``ndi-python`` and Debian's libavahi-client3. Several senders on one machine must live in one process to be all
found without mDNS: port 5960, which tells who is there, is shared.
"""

import argparse
import contextlib
import threading
import time
import xml.etree.ElementTree as Xml
from typing import Any

import numpy as np

from hardware_mocks.chamber import paint
from hardware_mocks.geometry import VIEWPOINTS
from hardware_mocks.people import council
from hardware_mocks.turret import Scene, Turret
from hardware_mocks.visca_head import STEPS_PER_DEGREE

RATE = 48_000
TONE = 440.0
CAPABILITIES = '<ndi_capabilities ntk_ptz="true" web_control="http://127.0.0.1/" />'
PRODUCT = '<ndi_product long_name="Simulated camera" short_name="Simul" manufacturer="Hall" model_name="SIM-NDI" version="1" />'


class NdiCamera:
    """The camera. ``number`` is the one that its marks say. ``received``: commands, as they came."""

    def __init__(
        self,
        name: str = "Simulée",
        number: int = 1,
        *,
        size: tuple[int, int] = (640, 360),
        fps: int = 25,
        turns: bool = True,
        channels: int = 2,
    ) -> None:
        import NDIlib

        self._ndi: Any = NDIlib
        if not self._ndi.initialize():
            raise RuntimeError("NDI does not run on this processor")
        self.name = name
        self.turret = Turret(number, paint(VIEWPOINTS[number - 1], council(7), number - 1), size)
        self.fps = fps
        self.turns = turns
        self.channels = channels
        self.muted = False
        self.received: list[str] = []
        self.red = self.green = False
        self.pictures = 0
        self._sender: Any = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # -- use cases --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Switch on. Raises RuntimeError when the library makes no sender."""
        asked = self._ndi.SendCreate()
        asked.ndi_name = self.name
        asked.clock_video = asked.clock_audio = False
        self._sender = self._ndi.send_create(asked)
        if self._sender is None:
            raise RuntimeError("NDI makes no sender")
        for text in (PRODUCT, CAPABILITIES) if self.turns else (PRODUCT,):
            self._ndi.send_add_connection_metadata(self._sender, self._metadata(text))
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name=f"ndi:{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Pull the plug."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(3)
            self._thread = None
        if self._sender is not None:
            self._ndi.send_destroy(self._sender)
            self._sender = None

    @property
    def full_name(self) -> str:
        """As NDI announces it."""
        return str(self._ndi.send_get_source_name(self._sender).ndi_name)

    @property
    def watchers(self) -> int:
        """Receivers connected."""
        return int(self._ndi.send_get_no_connections(self._sender, 0))

    # -- its thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        began, number = time.monotonic(), 0
        while not self._stop.is_set():
            wait = began + number / self.fps - time.monotonic()
            if wait > 0 and self._stop.wait(wait):
                return
            self._obey()
            self.turret.advance(1 / self.fps)
            self._send_picture(number)
            if not self.muted:
                self._send_sound(number)
            number += 1
            self.pictures = number

    def _send_picture(self, number: int) -> None:
        y, u, v = self.turret.picture(Scene({}, 20, 30, 0), number * 1000 // self.fps, number % self.fps)
        packed = np.empty((*y.shape, 2), np.uint8)
        packed[:, :, 1] = y
        # 4:2:0 to 4:2:2: each line of colour twice.
        packed[:, 0::2, 0] = np.repeat(u, 2, axis=0)
        packed[:, 1::2, 0] = np.repeat(v, 2, axis=0)
        frame = self._ndi.VideoFrameV2()
        frame.data = packed
        frame.FourCC = self._ndi.FOURCC_VIDEO_TYPE_UYVY
        frame.frame_rate_N, frame.frame_rate_D = self.fps, 1
        self._ndi.send_send_video_v2(self._sender, frame)

    def _send_sound(self, number: int) -> None:
        """A tone of 440 Hz at −20 dBFS."""
        count = RATE // self.fps
        at = np.arange(number * count, (number + 1) * count)
        block = self._ndi.AudioFrameV3()
        block.sample_rate, block.no_channels, block.no_samples = RATE, self.channels, count
        block.data = np.tile(
            (0.1 * np.sin(2 * np.pi * TONE * at / RATE)).astype(np.float32), (self.channels, 1)
        )
        block.channel_stride_in_bytes = count * 4
        self._ndi.send_send_audio_v3(self._sender, block)

    def _obey(self) -> None:
        """Everything that came since the last picture."""
        tally = self._ndi.Tally()
        if self._ndi.send_get_tally(self._sender, tally, 0):
            self.red, self.green = tally.on_program, tally.on_preview
        while True:
            frame = self._metadata("")
            if self._ndi.send_capture(self._sender, frame, 0) != self._ndi.FRAME_TYPE_METADATA:
                return
            text = str(frame.data)
            self._ndi.send_free_metadata(self._sender, frame)
            with contextlib.suppress(Xml.ParseError, ValueError, TypeError):
                self._carry_out(Xml.fromstring(text), text)

    def _carry_out(self, said: Xml.Element, text: str) -> None:
        if not said.tag.startswith("ntk_ptz_"):
            return
        self.received.append(text)
        head = self.turret.head

        def value(key: str) -> float:
            return float(said.get(key, ""))

        match said.tag.removeprefix("ntk_ptz_"):
            case "pan_tilt_speed":
                # Positive pans to the left.
                head.pan.drive(-value("pan_speed") * 4600)
                head.tilt.drive(value("tilt_speed") * 4600)
            case "zoom_speed":
                head.zoom.drive(value("zoom_speed") * 8000)
            case "pan_tilt":
                head.pan.go(value("pan") * 170 * STEPS_PER_DEGREE, 5000)
                head.tilt.go(value("tilt") * 90 * STEPS_PER_DEGREE, 4600)
            case "store_preset":
                head.presets[int(value("index"))] = (
                    *(head.pan.position, head.tilt.position),
                    head.zoom.position,
                )
            case "recall_preset":
                self._recall(int(value("index")), float(said.get("speed", "1")))

    def _recall(self, index: int, speed: float) -> None:
        head = self.turret.head
        stored = head.presets.get(index)
        if stored is not None:
            head.pan.go(stored[0], 5000 * speed)
            head.tilt.go(stored[1], 4600 * speed)
            head.zoom.go(stored[2], 8000 * speed)

    def _metadata(self, text: str) -> Any:
        frame = self._ndi.MetadataFrame()
        frame.data = text
        return frame


def main() -> None:
    """Start cameras by hand."""
    parser = argparse.ArgumentParser(prog="python -m hardware_mocks.ndi_camera")
    parser.add_argument("--cameras", type=int, default=1, choices=range(1, 5))
    parser.add_argument("--size", default="1280x720")
    options = parser.parse_args()
    width, height = (int(n) for n in options.size.split("x"))
    cameras = [NdiCamera(f"Caméra {n}", n, size=(width, height)) for n in range(1, options.cameras + 1)]
    for camera in cameras:
        camera.start()
        print(camera.full_name, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    for camera in cameras:
        camera.stop()


if __name__ == "__main__":
    main()

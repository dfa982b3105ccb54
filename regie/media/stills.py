"""Sources that do not move: a still picture from a file, colour bars. They cost one drawing."""

import logging
import threading
from collections.abc import Callable

import av
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from config.inputs import SourceConfig
from regie.board import Decoding, SourceState, SourceStatus
from regie.domain.model import SourceId
from regie.domain.timeline import MediaTime
from regie.errors import DeviceError
from regie.media.colour import BLACK, blank, fill, frame_of, planes_of, yuv_of
from regie.media.frames import Picture, ProgrammeFormat, Sound

log = logging.getLogger(__name__)

MAX_PIXELS = 64_000_000
RETRY = 5.0
_STOPPING = 1.0
_STEP = 191
"""75 % of the full signal, which is what bars are made of."""


class StillSource:
    """One picture for ever. ``draw`` makes it, in thread ``src:<id>``; while it fails it is tried again every five seconds."""

    def __init__(self, config: SourceConfig, draw: Callable[[], av.VideoFrame]) -> None:
        self._config = config
        self._draw = draw
        self._frame: av.VideoFrame | None = None
        self._reason = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"src:{config.id}", daemon=True)

    @property
    def id(self) -> SourceId:
        """Its name in shots and commands."""
        return self._config.id

    def picture_at(self, t: MediaTime) -> Picture | None:
        """The picture, as if it had just been taken."""
        return None if self._frame is None else Picture(self._frame, t)

    def sound_at(self, t: MediaTime, samples: int) -> Sound | None:
        """None: it is silent."""
        return None

    def want(self, decoding: Decoding) -> None:
        """Nothing to decide: it is always there."""

    def is_ready(self) -> bool:
        """Is it drawn?"""
        return self._frame is not None

    def status(self) -> SourceStatus:
        """For the board."""
        state = SourceState.CONNECTING
        if self._frame is not None:
            state = SourceState.LIVE
        elif self._reason:
            state = SourceState.DOWN
        return SourceStatus(
            id=self.id,
            name=self._config.nom,
            kind=self._config.genre.value,
            state=state,
            decoding=Decoding.FULL,
            reason=self._reason,
            width=self._frame.width if self._frame is not None else 0,
            height=self._frame.height if self._frame is not None else 0,
        )

    def start(self) -> None:
        """Draw, in a thread: a large photograph takes a third of a second."""
        self._thread.start()

    def stop(self) -> None:
        """End. Safe to call twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOPPING)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._frame = self._draw()
                self._reason = ""
                return
            except DeviceError as error:
                if error.stable_code != self._reason:
                    self._reason = error.stable_code
                    log.warning(
                        "source %s is down", self.id, extra={"source": self.id, "reason": self._reason}
                    )
            self._stop.wait(RETRY)


def still_source(config: SourceConfig, wanted: ProgrammeFormat) -> StillSource:
    """A picture from a file (PNG, JPEG, WebP…), letterboxed."""
    return StillSource(config, lambda: load_still(config.adresse or "", wanted))


def bars(config: SourceConfig, wanted: ProgrammeFormat) -> StillSource:
    """Colour bars."""
    return StillSource(config, lambda: draw_bars(wanted))


def load_still(path: str, wanted: ProgrammeFormat) -> av.VideoFrame:
    """A picture file at the programme's size, upright, on black. Raises DeviceError."""
    try:
        with Image.open(path) as found:
            if found.width * found.height > MAX_PIXELS:
                raise DeviceError("the picture is too large", code="image_trop_grande")
            upright = ImageOps.exif_transpose(found).convert("RGBA")
    except (FileNotFoundError, IsADirectoryError):
        raise DeviceError("the picture file does not exist", code="introuvable") from None
    except PermissionError:
        raise DeviceError("the picture file may not be read", code="acces_refuse") from None
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise DeviceError("the file is not a picture", code="format_inconnu") from None
    scale = min(wanted.width / upright.width, wanted.height / upright.height)
    size = (max(1, round(upright.width * scale)), max(1, round(upright.height * scale)))
    fitted = upright.resize(size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (wanted.width, wanted.height), (0, 0, 0, 255))
    canvas.alpha_composite(fitted, ((wanted.width - size[0]) // 2, (wanted.height - size[1]) // 2))
    return frame_of(canvas.convert("RGB"))


def draw_bars(wanted: ProgrammeFormat) -> av.VideoFrame:
    """75 % bars (white, yellow, cyan, green, magenta, red, blue, black) above a grey ramp."""
    frame = blank(wanted.width, wanted.height)
    planes = planes_of(frame)
    fill(planes, (BLACK, 128, 128))
    for n in range(8):
        # White is all three primaries; each bar to the right loses one, counting down in binary: green is the slowest.
        code = 7 - n
        rgb = (_STEP if code & 2 else 0, _STEP if code & 4 else 0, _STEP if code & 1 else 0)
        for plane, value in zip(planes, yuv_of(rgb), strict=True):
            width = plane.shape[1]
            plane[: plane.shape[0] * 3 // 4, width * n // 8 : width * (n + 1) // 8] = value
    y = planes[0]
    y[y.shape[0] * 3 // 4 :] = np.linspace(16, 235, y.shape[1]).astype(np.uint8)
    return frame

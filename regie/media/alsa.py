"""A sound card that plays, through the system's libasound: FFmpeg's own output tells neither how much waits in the card, by which
two clocks are kept together, nor lets its buffer be chosen. Names and numbers: ``pcm.h`` of alsa-lib 1.2.
"""

import ctypes
import functools

import numpy as np
from numpy.typing import NDArray

from regie.domain.timeline import SAMPLE_RATE
from regie.errors import DeviceError

LIBRARY = "libasound.so.2"
_PLAYBACK, _NONBLOCK = 0, 1
_S16_LE, _INTERLEAVED = 2, 3
_AGAIN = -11
_RAN_DRY = (-32, -86)
_BUFFER_US = 400_000
_WAIT_MS = 200
_REASONS = {
    -2: "carte_absente",
    -6: "carte_absente",
    -19: "carte_absente",
    -16: "carte_prise",
    -22: "carte_refuse",
}

Frames = NDArray[np.int16]


_Handler = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)
_silent = _Handler(lambda *_: None)
"""Takes libasound's messages; kept for the life of the process, as libasound keeps its address."""


@functools.cache
def libasound() -> ctypes.CDLL | None:
    """The system's libasound; None where it is not installed."""
    try:
        found = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    found.snd_pcm_writei.restype = ctypes.c_long
    found.snd_pcm_writei.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)
    # A card that is away is expected, and tried again: libasound would write why on our log each time.
    found.snd_lib_error_set_handler(_silent)
    return found


class Player:
    """A card that plays frames at 48 kHz. One thread's. Raises DeviceError from every method but :meth:`close`.

    ``carte_absente``, ``carte_perdue``, ``carte_prise`` (by another program), ``carte_refuse`` (our rate, its number of channels),
    ``alsa_absente``.
    """

    def __init__(self, name: str, channels: int) -> None:
        lib = libasound()
        if lib is None:
            raise DeviceError("libasound is not installed", code="alsa_absente")
        self._lib = lib
        self._channels = channels
        self._pcm = ctypes.c_void_p()
        self._check(lib.snd_pcm_open(ctypes.byref(self._pcm), name.encode(), _PLAYBACK, _NONBLOCK))
        try:
            self._check(
                lib.snd_pcm_set_params(self._pcm, _S16_LE, _INTERLEAVED, channels, SAMPLE_RATE, 1, _BUFFER_US)
            )
        except DeviceError:
            self.close()
            raise

    def _check(self, result: int) -> int:
        if result < 0:
            raise DeviceError("the sound card fails", code=_REASONS.get(result, "carte_perdue"))
        return result

    def waiting(self) -> int | None:
        """How many frames are still to be heard; None when it ran dry, or was never started."""
        delay = ctypes.c_long()
        result = self._lib.snd_pcm_delay(self._pcm, ctypes.byref(delay))
        if result == -19:
            self._check(result)
        return None if result < 0 or delay.value <= 0 else delay.value

    def begin(self, silence: int) -> None:
        """Start, or start again, on so many frames of silence."""
        self._check(self._lib.snd_pcm_drop(self._pcm))
        self._check(self._lib.snd_pcm_prepare(self._pcm))
        self.write(np.zeros((silence, self._channels), np.int16))
        self._lib.snd_pcm_start(self._pcm)  # a card that started by itself says that it runs already

    def write(self, frames: Frames) -> None:
        """Add frames (n, channels); waits when the card is full.

        What comes when it has just run dry is lost: :meth:`waiting` says so next.
        """
        data = np.ascontiguousarray(frames, "<i2")
        done = 0
        while done < len(data):
            rest = data[done:]
            written = self._lib.snd_pcm_writei(self._pcm, rest.ctypes.data, len(rest))
            if written == _AGAIN:
                if self._lib.snd_pcm_wait(self._pcm, _WAIT_MS) == 0:
                    raise DeviceError("the sound card takes nothing any more", code="carte_perdue")
                continue
            if written in _RAN_DRY:
                return
            done += self._check(int(written))

    def close(self) -> None:
        """Stop at once."""
        if self._pcm:
            self._lib.snd_pcm_close(self._pcm)
            self._pcm = ctypes.c_void_p()

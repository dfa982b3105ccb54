"""Tells who speaks: the detectors of :mod:`audio.vad` in a thread of their own, fed by the mixer, read by the board."""

import logging
import threading

from audio.micbus import Heard
from audio.vad import VoiceDetectors
from regie.media.handoff import Ring

log = logging.getLogger(__name__)

QUEUE = 12
"""Ticks that may wait; when the machine is late the oldest go: what was said half a second ago tells nothing any more."""


class Voices:
    """``probabilities`` is the newest answer. A thread that died leaves it empty: directors then have the buttons only."""

    def __init__(self) -> None:
        self._ring: Ring[Heard] = Ring(QUEUE)
        self._thread = threading.Thread(target=self._run, name="voices", daemon=True)
        self.probabilities: dict[str, float] = {}

    @property
    def dropped(self) -> int:
        """Ticks that were not listened to."""
        return self._ring.dropped

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def hear(self, heard: Heard) -> None:
        """What the microphones that may be speaking say, in the mixer's thread."""
        self._ring.put(heard)

    def stop(self) -> None:
        """End."""
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        try:
            detectors = VoiceDetectors()
            while not self._ring.closed:
                heard = self._ring.get(1.0)
                if heard is not None:
                    self.probabilities = detectors.feed(heard)
        except Exception:  # noqa: BLE001 - without it the programme goes on; a wrong answer would not be seen
            log.exception("who speaks is not known any more")
            self.probabilities = {}

"""Mixes that are played in the building: the hall's loudspeakers, an amplifier, a Dante channel, by a sound card.

Each output has its thread (``sortie:<id>``) and its bounded ring; a card that is away, taken or unplugged is tried again for ever
and holds nothing back. Its clock is not ours: what waits in it is kept at :data:`WAITING` by stretching a block by one sample when
it drifts, and begins again on that much silence when it ran dry.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from config.outputs import SoundOutputConfig
from regie.board import SoundOutputStatus
from regie.domain.timeline import SAMPLE_RATE
from regie.errors import DeviceError
from regie.media.alsa import Frames, Player
from regie.media.frames import Sound, SoundBlock
from regie.media.handoff import Ring
from regie.media.soundring import stretched

log = logging.getLogger(__name__)

WAITING = SAMPLE_RATE * 80 // 1000
"""What waits in the card: two ticks, which a busy machine may be late."""
_TOO_MUCH = SAMPLE_RATE * 200 // 1000
"""More than that came at once after a stall: it is dropped, the hall is not left behind."""
_FAR, _NEAR = SAMPLE_RATE * 5 // 1000, SAMPLE_RATE // 1000
_SMOOTHING = 0.02
RING = 25
RETRY_S = (1.0, 2.0, 5.0, 10.0)
_FADE = 240


class Card(Protocol):
    """What plays."""

    def waiting(self) -> int | None:
        """Frames still to be heard; None when it ran dry."""

    def begin(self, silence: int) -> None:
        """Start again on silence."""

    def write(self, frames: Frames) -> None:
        """Add frames (n, channels)."""

    def close(self) -> None:
        """Stop."""


class SoundOutput:
    """One mix on one card. :meth:`put` from any thread."""

    def __init__(self, config: SoundOutputConfig, make: Callable[[str, int], Card] = Player) -> None:
        self._config = config
        self._make = make
        self._ring: Ring[SoundBlock] = Ring(RING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sortie:{config.id}", daemon=True)
        self._reason = "connexion"
        self._level = float(WAITING)
        self._correcting = self._fade_in = False
        self._restarts = 0

    @property
    def mix(self) -> str:
        """The mix that it plays."""
        return self._config.melange

    def start(self) -> None:
        """Look for the card."""
        self._thread.start()

    def put(self, block: SoundBlock) -> None:
        """A block of its mix; never waits."""
        self._ring.put(block)

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    def status(self) -> SoundOutputStatus:
        """How it is."""
        return SoundOutputStatus(
            id=self._config.id,
            name=self._config.nom,
            mix=self._config.melange,
            playing=not self._reason,
            reason=self._reason,
            waiting_ms=0 if self._reason else round(1000 * self._level / SAMPLE_RATE),
            restarts=self._restarts,
        )

    def _run(self) -> None:
        tries = 0
        while not self._stop.is_set():
            try:
                played = self._turn()
            except Exception:  # noqa: BLE001 - a thread that dies would leave the hall silent and say that it plays
                log.exception("sound output", extra={"output": self._config.id})
                self._tell("erreur_interne")
                played = False
            tries = 0 if played else tries + 1
            self._stop.wait(RETRY_S[min(max(tries - 1, 0), len(RETRY_S) - 1)])

    def _turn(self) -> bool:
        """Take the card and play until it fails, or the end; False when there was none."""
        try:
            card = self._make(self._config.card, self._config.voies)
        except DeviceError as error:
            self._tell(error.stable_code)
            return False
        try:
            self._play(card)
        except DeviceError as error:
            self._tell(error.stable_code)
        finally:
            card.close()
        return True

    def _play(self, card: Card) -> None:
        """Until it fails, or the end."""
        while self._ring.get(0.0) is not None:
            pass  # what waited for the card is over
        card.begin(WAITING)
        self._level, self._correcting, self._fade_in = float(WAITING), False, True
        self._tell("")
        while not self._stop.is_set():
            block = self._ring.get(0.5)
            if block is not None:
                self._one(card, block.samples)

    def _one(self, card: Card, samples: Sound) -> None:
        waiting = card.waiting()
        if waiting is None:
            self._restarts += 1
            card.begin(WAITING)
            self._level, self._fade_in = float(WAITING), True
        elif waiting > WAITING + _TOO_MUCH:
            self._restarts += 1
            self._fade_in = True
            return
        else:
            self._level += _SMOOTHING * (waiting - self._level)
        samples = self._kept_together(samples)
        if self._fade_in:
            samples = samples.copy()
            samples[:, :_FADE] *= np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
            self._fade_in = False
        card.write(self._placed(samples))

    def _kept_together(self, samples: Sound) -> Sound:
        """A sample more or less while the card's clock and ours have drifted apart."""
        error = self._level - WAITING
        if abs(error) >= _FAR:
            self._correcting = True
        elif abs(error) <= _NEAR:
            self._correcting = False
        if not self._correcting:
            return samples
        count = samples.shape[1]
        return stretched(samples, count, count - 1 if error > 0 else count + 1)

    def _placed(self, samples: Sound) -> Frames:
        """On the card's channels: left and right on two of them, or both on one."""
        channels = self._config.canaux
        said = samples if len(channels) == 2 else samples.mean(axis=0, keepdims=True)
        frames = np.zeros((samples.shape[1], self._config.voies), np.int16)
        frames[:, [n - 1 for n in channels]] = np.round(np.clip(said, -1.0, 1.0) * 32767).T
        return frames

    def _tell(self, reason: str) -> None:
        if reason != self._reason:
            log.log(
                logging.WARNING if reason else logging.INFO,
                "sound output: %s", reason or "plays", extra={"output": self._config.id},
            )  # fmt: skip
        self._reason = reason


class SoundOutputs:
    """All of them."""

    def __init__(
        self, configs: Sequence[SoundOutputConfig], make: Callable[[str, int], Card] = Player
    ) -> None:
        self._outputs = tuple(SoundOutput(one, make) for one in configs)
        self.mixes = tuple(dict.fromkeys(one.mix for one in self._outputs))

    def start(self) -> None:
        """Look for the cards."""
        for one in self._outputs:
            one.start()

    def take(self, name: str, block: SoundBlock) -> None:
        """A block of a mix; never waits."""
        for one in self._outputs:
            if one.mix == name:
                one.put(block)

    def statuses(self) -> tuple[SoundOutputStatus, ...]:
        """Each as it is."""
        return tuple(one.status() for one in self._outputs)

    def stop(self) -> None:
        """End."""
        for one in self._outputs:
            one.stop()

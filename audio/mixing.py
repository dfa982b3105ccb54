"""The plain mixer: named inputs, each with gain, mute and delay, summed and limited into the programme's sound.

All open inputs are heard whatever picture is on air. Time is an argument: the caller asks for the block at ``t`` and each input
is asked for its own sound around that instant, so nothing is buffered here but the limiter's look-ahead.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from audio.dsp import RAMP, SAMPLE_RATE, Block, Gain, Limiter, Meter, gain_of, sane, silence

Feed = Callable[[int, int], Block | None]
"""Sound of an input: (first sample's time, how many) to a block, None when it has none."""

MS = SAMPLE_RATE // 1000
FADE_IN = np.linspace(1.0 / RAMP, 1.0, RAMP, dtype=np.float32)
FADE_OUT = FADE_IN[::-1] - np.float32(1.0 / RAMP)


@dataclass(frozen=True, slots=True)
class Setting:
    """How one input is mixed: gain in dB, mute, and delay in ms (negative takes it earlier, as far as its source has it)."""

    gain_db: float = 0.0
    muted: bool = False
    delay_ms: int = 0


class _Input:
    """One input: its fader, and what keeps its joins from clicking."""

    def __init__(self, feed: Feed, setting: Setting) -> None:
        self.setting = setting
        self.meter = Meter()
        self._feed = feed
        self._gain = Gain(gain_of(setting.gain_db))
        self._mute = Gain(0.0 if setting.muted else 1.0)
        self._delay = setting.delay_ms * MS
        self._last: Block | None = None  # its last sample, while it has sound

    def follow(self) -> None:
        """Take over what the setting says now. Called by the thread that mixes."""
        self._gain.set(gain_of(self.setting.gain_db))
        self._mute.set(0.0 if self.setting.muted else 1.0)

    def block(self, t: int, n: int) -> Block | None:
        """Its contribution to the n samples from t; None when it is exact silence."""
        self.follow()
        heard = self._joined(self._read(t, n), n)
        if heard is None:
            self._gain.curve(n)
            self._mute.curve(n)
            self.meter.feed(silence(n))
            return None
        fader = self._gain.apply(heard)
        self.meter.feed(fader)
        if self._mute.closed:
            return None
        return self._mute.apply(fader)

    def _read(self, t: int, n: int) -> Block | None:
        """The raw sound; a change of delay is crossfaded over :data:`RAMP` samples."""
        asked = self.setting.delay_ms * MS
        new = self._fetch(t - asked, n)
        if asked == self._delay:
            return new
        old = self._fetch(t - self._delay, n)
        self._delay = asked
        if old is None or new is None:
            return new
        mixed, edge = new.copy(), min(RAMP, n)
        mixed[:, :edge] = new[:, :edge] * FADE_IN[:edge] + old[:, :edge] * (1 - FADE_IN[:edge])
        return mixed

    def _fetch(self, t: int, n: int) -> Block | None:
        block = self._feed(t, n)
        if block is None or block.shape != (2, n):
            return None
        return sane(block)

    def _joined(self, block: Block | None, n: int) -> Block | None:
        """Sound that begins fades in; sound that stops lets its last sample fall to zero instead of dropping it."""
        edge = min(RAMP, n)
        if block is None:
            last, self._last = self._last, None
            if last is None or not last.any():
                return None
            tail = silence(n)
            tail[:, :edge] = last * FADE_OUT[-edge:]
            return tail
        if self._last is None:
            block = block.copy()
            block[:, :edge] *= FADE_IN[:edge]
        self._last = block[:, -1:].copy()
        return block


class SoundMixer:
    """Sums its inputs into the programme's sound. Settings may be changed from any thread; :meth:`block` is for one thread.

    ``feeds``: input id to its sound. Inputs with no setting start open at 0 dB.
    """

    def __init__(self, feeds: Mapping[str, Feed], settings: Mapping[str, Setting] | None = None) -> None:
        given = settings or {}
        self._inputs = {name: _Input(feed, given.get(name, Setting())) for name, feed in feeds.items()}
        self._limiter = Limiter()
        self._meter = Meter()

    @property
    def ahead(self) -> int:
        """Samples beyond the block's end that inputs are asked for, to make up for the limiter's look-ahead."""
        return self._limiter.delay

    def __contains__(self, name: object) -> bool:
        return name in self._inputs

    def set(
        self,
        name: str,
        *,
        gain_db: float | None = None,
        muted: bool | None = None,
        delay_ms: int | None = None,
    ) -> Setting:
        """Change what is given of one input's setting; heard from the next block on. KeyError for an unknown input."""
        held = self._inputs[name]
        setting = held.setting
        held.setting = replace(
            setting,
            gain_db=setting.gain_db if gain_db is None else gain_db,
            muted=setting.muted if muted is None else muted,
            delay_ms=setting.delay_ms if delay_ms is None else delay_ms,
        )
        return held.setting

    def settings(self) -> dict[str, Setting]:
        """The setting of every input."""
        return {name: held.setting for name, held in self._inputs.items()}

    def block(self, t: int, n: int) -> Block:
        """The programme's sound from ``t``, ``n`` samples; ask for consecutive blocks."""
        total = _total(n, (held.block(t + self.ahead, n) for held in self._inputs.values()))
        out = self._limiter.process(total)
        self._meter.feed(out)
        return out

    def input_levels(self) -> dict[str, tuple[float, float]]:
        """Peak and RMS of each input, after its gain and before its mute (a closed microphone still shows that it works)."""
        return {name: held.meter.peak_rms for name, held in self._inputs.items()}

    def programme_levels(self) -> tuple[float, float]:
        """Peak of left and of right, as they go out."""
        return self._meter.left_right


def _total(n: int, blocks: Iterable[Block | None]) -> Block:
    total = silence(n)
    for block in blocks:
        if block is not None:
            total += block
    return total

"""What is wrong with a microphone: clipping, hum, nothing although declared open, a voice where no microphone is declared open.

Fed with every block, judged once a second; a fault is known within five seconds and over within five.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from audio.dsp import SAMPLE_RATE, Block

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


class FaultKind(StrEnum):
    """What may be wrong."""

    CLIPPED = "micro_sature"
    HUM = "micro_ronfle"
    SILENT = "micro_muet"
    ELSEWHERE = "micro_canal"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault and the input that has it."""

    kind: FaultKind
    name: str


_FULL_SCALE = 0.99
"""Three samples there in a row make a clip: one alone is a peak."""
_CLIPS = 3
"""Blocks with a clip, within three seconds."""
_HUM_HERTZ = np.array([50.0, 100.0, 150.0])
_PHASES = 2 * np.pi / SAMPLE_RATE * np.arange(2 * SAMPLE_RATE)[:, None] * _HUM_HERTZ
"""Two seconds, of which a block is a part wherever it begins within the first: whole hertz come back each second."""
_COSINES, _SINES = np.cos(_PHASES).astype(np.float32), np.sin(_PHASES).astype(np.float32)
_HUM_POWER = 10**-5.2
_HUM_SHARE = 0.4
_NOTHING = 1e-4
"""Peak (−80 dBFS) under which a microphone is not there: an open one hears the room at least."""
_VOICE = 10**-4.2
_SECONDS = {FaultKind.CLIPPED: 1, FaultKind.HUM: 3, FaultKind.SILENT: 3, FaultKind.ELSEWHERE: 3}
"""Judgements in a row that make a fault."""


class Faults:
    """Watches all inputs, for one thread; ``found`` may be read from any.

    ``declared``: who is said to be open; None when nobody says.
    """

    def __init__(self, names: Sequence[str], microphones: Flags) -> None:
        self._names = tuple(names)
        self._microphones = microphones
        count = len(self._names)
        self.declared: frozenset[str] | None = None
        self.found: tuple[Fault, ...] = ()
        self._lasted = {kind: np.zeros(count, np.int64) for kind in FaultKind}
        self._clips = np.zeros((3, count), np.int64)
        self._restart()

    def _restart(self) -> None:
        count = len(self._names)
        self._samples = 0
        self._hum = np.zeros((count, len(_HUM_HERTZ)), np.complex128)
        self._power: Values = np.zeros(count)
        self._peak: Values = np.zeros(count)
        self._voice = np.ones(count, bool)

    def feed(
        self, t: int, lines: Block, peaks: Values, envelope: Values, active: Flags, opened: Flags
    ) -> None:
        """One block: ``lines`` is the first lane of each input as it came (inputs, n), from ``t``; powers of its envelope."""
        n = lines.shape[1]
        self._clips[0] += self._clipped(lines, peaks)
        phase = slice(t % SAMPLE_RATE, t % SAMPLE_RATE + n)
        self._hum += lines @ _COSINES[phase] - 1j * (lines @ _SINES[phase])
        self._power += np.einsum("ls,ls->l", lines, lines)
        np.maximum(self._peak, peaks, out=self._peak)
        self._voice &= active & (envelope > _VOICE)
        self._samples += n
        if self._samples >= SAMPLE_RATE:
            self._judge(opened)

    def _clipped(self, lines: Block, peaks: Values) -> Flags:
        clipped = np.zeros(len(self._names), bool)
        for n in np.flatnonzero(peaks >= _FULL_SCALE):
            full = np.abs(lines[n]) >= _FULL_SCALE
            clipped[n] = bool(np.any(full[:-2] & full[1:-1] & full[2:]))
        return clipped

    def _judge(self, opened: Flags) -> None:
        power = self._power / self._samples
        hum = 2 * np.square(np.abs(self._hum) / self._samples).sum(axis=1)
        present = {
            FaultKind.CLIPPED: self._clips.sum(axis=0) >= _CLIPS,
            FaultKind.HUM: self._microphones & (hum > np.maximum(_HUM_POWER, _HUM_SHARE * power)),
            **self._against_declared(opened),
        }
        found = []
        for kind, flags in present.items():
            self._lasted[kind] = np.where(flags, self._lasted[kind] + 1, 0)
            held = np.flatnonzero(self._lasted[kind] >= _SECONDS[kind])
            found += [Fault(kind, self._names[int(n)]) for n in held]
        self.found = tuple(found)
        self._clips = np.roll(self._clips, 1, axis=0)
        self._clips[0] = 0
        self._restart()

    def _against_declared(self, opened: Flags) -> dict[FaultKind, Flags]:
        """Where what is heard contradicts what the conference system says is open."""
        nobody = np.zeros(len(self._names), bool)
        declared = self.declared
        if declared is None:
            return {FaultKind.SILENT: nobody, FaultKind.ELSEWHERE: nobody}
        said = np.array([name in declared for name in self._names], bool) & self._microphones
        silent = said & opened & (self._peak < _NOTHING)
        elsewhere = self._microphones & ~said & self._voice
        # Neighbours hear a voice too: it is on the wrong channel only when nothing comes from the right one.
        wrong = elsewhere if said.any() and not (said & (self._peak >= _NOTHING)).any() else nobody
        return {FaultKind.SILENT: silent, FaultKind.ELSEWHERE: wrong}

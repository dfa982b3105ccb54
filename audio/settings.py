"""How each input is mixed, as the operator sets it, and the names of the mixes that are made."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from audio.dsp import gain_of

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

PROGRAMME, RECORDING, ROOM, HEADPHONES = "programme", "enregistrement", "salle", "casque"
"""The mixes: what is broadcast, what goes with the recording of separate tracks, what the hall's loudspeakers get, what the
technician listens to."""
BUSES = (PROGRAMME, RECORDING, ROOM)
"""Those an input may be sent to."""


NO_GATE = -100.0
"""A threshold under which nothing is: a gate that never closes."""


def return_of(name: str) -> str:
    """The mix of a remote input: everything but itself (N-1)."""
    return f"n-1.{name}"


@dataclass(frozen=True, slots=True)
class Setting:
    """How one input is mixed.

    ``gain_db``; ``muted``; ``delay_ms`` (negative takes it earlier, as far as its source has it); ``pan`` from −1 (left) to 1;
    ``high_pass_hz`` (0: off); ``gate_db``: level under which it is closed (:data:`NO_GATE`: never); ``solo``: in the technician's
    headphones; ``closed``: heard by nobody whatever ``muted`` says, by who may not take part (the operator's own setting is kept);
    ``automix``: takes part in the gain sharing; ``levelled``: brought slowly to the programme's loudness; ``sends``: where it goes.
    """

    gain_db: float = 0.0
    muted: bool = False
    closed: bool = False
    delay_ms: int = 0
    pan: float = 0.0
    high_pass_hz: int = 0
    gate_db: float = NO_GATE
    solo: bool = False
    automix: bool = False
    levelled: bool = False
    sends: frozenset[str] = frozenset(BUSES)

    @property
    def shut(self) -> bool:
        """Is it heard by nobody but who listens to it alone?"""
        return self.muted or self.closed

    def opens(self, before: "Setting") -> bool:
        """Is it heard where it was not ``before``?"""
        return not self.shut and (before.shut or bool(self.sends - before.sends))

    def kept_shut(self) -> "Setting":
        """The same, heard by nobody and sent nowhere."""
        return replace(self, closed=True, sends=frozenset())


@dataclass(frozen=True, slots=True)
class Strip:
    """One input: its name, the rows of a feed it takes (one: a microphone; two: left and right), and how it begins.

    ``remote``: somebody far away who must hear everything but himself. ``rests``: its feed is not asked while nobody hears it, so
    that what it brings need not be decoded; its meter then shows nothing.
    """

    name: str
    feed: str
    rows: tuple[int, ...]
    setting: Setting = field(default_factory=Setting)
    remote: bool = False
    rests: bool = False

    @property
    def is_microphone(self) -> bool:
        """One lane."""
        return len(self.rows) == 1


@dataclass(frozen=True, slots=True)
class Dials:
    """The settings of all inputs as arrays, one value an input. Thresholds are powers, 0 when there is no gate."""

    delays_ms: NDArray[np.int64]
    user: Values
    open: Values
    automix: Flags
    levelled: Flags
    thresholds: Values
    filtered: Flags
    solo: Flags

    @classmethod
    def of(cls, settings: Iterable[Setting]) -> "Dials":
        """Gathered, in order."""
        values = tuple(settings)
        gates = [0.0 if one.gate_db <= NO_GATE else 10 ** (one.gate_db / 10) for one in values]
        return cls(
            np.array([one.delay_ms for one in values], np.int64),
            np.array([gain_of(one.gain_db) for one in values], np.float64),
            np.array([0.0 if one.shut else 1.0 for one in values], np.float64),
            np.array([one.automix for one in values], bool),
            np.array([one.levelled for one in values], bool),
            np.array(gates, np.float64),
            np.array([one.high_pass_hz > 0 for one in values], bool),
            np.array([one.solo for one in values], bool),
        )

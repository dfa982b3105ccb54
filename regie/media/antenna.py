"""Who decides what citizens get, and what they get: the antenna's state, kept across crashes, never given by a machine."""

from dataclasses import dataclass

from regie.board import AntennaStatus
from regie.domain.model import SlateName
from regie.media.engine_state import EngineState


@dataclass(frozen=True, slots=True)
class Antenna:
    """On: the programme. Off: ``slate``.

    ``since``: monotonic milliseconds. ``recovering``: it was on when the engine died; the fault slate stays until a person acts.
    """

    on: bool = False
    slate: SlateName = SlateName.BEFORE
    recovering: bool = False
    since: int = 0

    @classmethod
    def after(cls, left: EngineState, now_ms: int) -> "Antenna":
        """The state in which a run begins, from what the last one left: always off."""
        recovering = left.antenna_on or left.recovering
        return cls(False, SlateName.FAULT if recovering else left.slate, recovering, now_ms)

    def given(self, now_ms: int) -> "Antenna":
        """A person gives the antenna."""
        return self if self.on else Antenna(True, self.slate, False, now_ms)

    def cut(self, slate: SlateName | None, now_ms: int) -> "Antenna":
        """A person cuts it, or changes the slate. Without one, the slate of before, or that of a suspension after the programme."""
        chosen = slate or (SlateName.PAUSE if self.on else self.slate)
        # The key of the huis clos pressed once more may be another huis clos, since the president's word ended the first.
        again = slate is SlateName.CLOSED_DOORS
        if not self.on and chosen is self.slate and not self.recovering and not again:
            return self
        return Antenna(False, chosen, False, now_ms)

    def status(self, now_ms: int) -> AntennaStatus:
        """For the board."""
        return AntennaStatus(
            on=self.on, slate=self.slate, recovering=self.recovering, since_ms=now_ms - self.since
        )

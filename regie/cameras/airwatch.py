"""What is on air and what is prepared, as the engine says and as was just asked of it.

Between a cut and the engine's next word nothing may slip: whatever an operator or the director sends towards the programme counts
as on air from the moment it is sent.
"""

import asyncio
from typing import Protocol

from regie.board import EngineStatus, Latest
from regie.domain.commands import Auto, Cut, EngineCommand, SetExcluded, SetTransition, TakeShot
from regie.domain.model import Shot, SourceId
from regie.errors import Refusal

CLAIM_S = 0.6
"""How long a command counts before the engine's own word does: it speaks ten times a second."""


class Caller(Protocol):
    """Whatever carries commands to the engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


def on_air(status: EngineStatus) -> frozenset[SourceId]:
    """Sources in the programme's picture, or about to be."""
    shots = [status.programme, *([status.pending] if status.pending is not None else [])]
    if status.transition_permille:
        shots.append(status.preview)
    shown = {source for shot in shots for source in shot.sources}
    return frozenset(shown | ({status.stand_in} if status.stand_in is not None else set()))


class AirWatch:
    """The engine as operators and the director reach it; remembers what they put on air."""

    def __init__(self, engine: Caller, status: Latest[EngineStatus | None]) -> None:
        self._engine = engine
        self._status = status
        self._known: EngineStatus | None = None
        self._claims: dict[SourceId, float] = {}

    async def call(self, command: EngineCommand) -> None:
        """Carry out a command. Raises Refusal, LinkLost."""
        shot = self._aimed(command)
        before = dict(self._claims)
        if shot is not None:
            until = asyncio.get_running_loop().time() + CLAIM_S
            self._claims |= dict.fromkeys(shot.sources, until)
        try:
            await self._engine.call(command)
        except Refusal:
            self._claims = before
            raise

    def on_air(self) -> frozenset[SourceId] | None:
        """Sources on air; None as long as the engine said nothing. While it is away, what it last said holds."""
        status = self._status.get() or self._known
        self._known = status
        if status is None:
            return None
        now = asyncio.get_running_loop().time()
        self._claims = {source: until for source, until in self._claims.items() if until > now}
        return on_air(status) | self._claims.keys()

    def preview(self) -> frozenset[SourceId]:
        """Sources prepared and not on air."""
        air = self.on_air()
        return (
            frozenset()
            if air is None or self._known is None
            else frozenset(self._known.preview.sources) - air
        )

    def hidden(self) -> SetExcluded | None:
        """What the engine last said that it does not show; None as long as it said nothing."""
        status = self._status.get() or self._known
        return None if status is None else SetExcluded(sources=status.excluded, veils=status.veils)

    def _aimed(self, command: EngineCommand) -> Shot | None:
        status = self._status.get()
        match command:
            case TakeShot(shot=shot):
                return shot
            case Cut(expected=expected) | Auto(expected=expected):
                return expected or (status.preview if status is not None else None)
            case SetTransition(permille=permille) if permille:
                return status.preview if status is not None else None
            case _:
                return None

"""A person's hands: what an operator asks of the engine goes where it always went, and the director stands back."""

from collections.abc import Callable
from typing import Protocol

from regie.domain.commands import Auto, Cut, EngineCommand, SetPreview, SetTransition, TakeShot


class Caller(Protocol):
    """The engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


class HandsOnEngine:
    """The engine as operators reach it."""

    def __init__(self, engine: Caller, acted: Callable[[], None]) -> None:
        self._engine, self._acted = engine, acted

    async def call(self, command: EngineCommand) -> None:
        """Carry it out; what touches the picture is an act. Raises Refusal, LinkLost."""
        if isinstance(command, SetPreview | Cut | Auto | SetTransition | TakeShot):
            self._acted()
        await self._engine.call(command)

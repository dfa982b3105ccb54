"""A person's hands: what an operator asks of the engine goes where it always went, and the director stands back."""

import logging
from collections.abc import Callable
from typing import Protocol

from regie.domain.commands import Auto, Cut, EngineCommand, SetPreview, SetTitle, SetTransition, TakeShot
from regie.errors import Refusal

log = logging.getLogger(__name__)


class Caller(Protocol):
    """The engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


class HandsOnEngine:
    """The engine as operators reach it. ``unnamed``: who objected to being filmed is not named on the picture either."""

    def __init__(
        self, engine: Caller, acted: Callable[[], None], unnamed: frozenset[str] = frozenset()
    ) -> None:
        self._engine, self._acted, self._unnamed = engine, acted, unnamed

    async def call(self, command: EngineCommand) -> None:
        """Carry it out; what touches the picture is an act. Raises Refusal, LinkLost."""
        if isinstance(command, SetPreview | Cut | Auto | SetTransition | TakeShot):
            self._acted()
        if (
            isinstance(command, SetTitle)
            and command.title is not None
            and command.title.name in self._unnamed
        ):
            log.info("a title was refused: its person objects to being filmed")
            raise Refusal("that person objects to being filmed", code="place_refus_image")
        await self._engine.call(command)

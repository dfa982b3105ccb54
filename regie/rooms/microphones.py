"""The rooms' microphones at the régie: open while the floor is with the room, said again after the engine restarted."""

import logging
from collections.abc import Iterable
from typing import Protocol

from regie.domain.commands import EngineCommand, SetInput
from regie.domain.model import SourceId
from regie.errors import LinkLost, Refusal
from regie.rooms.gathering import Room
from regie.rooms.protocol import Phase

log = logging.getLogger(__name__)


class Engine(Protocol):
    """The engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


class Microphones:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._set: dict[SourceId, bool] = {}

    def say_again(self, room: SourceId) -> None:
        """Whatever was said of this room's, it is to be said again."""
        self._set.pop(room, None)

    def engine_away(self) -> None:
        """A new engine knows nothing of what was said."""
        self._set.clear()

    async def keep(self, rooms: Iterable[Room]) -> None:
        """Say what is not said yet."""
        for room in rooms:
            wanted = room.floor and room.phase is Phase.ADMITTED
            if self._set.get(room.id) is wanted:
                continue
            try:
                await self._engine.call(SetInput(source=room.id, muted=not wanted))
                self._set[room.id] = wanted
            except (Refusal, LinkLost) as error:
                log.warning("a room's microphone is not set", extra={"code": error.stable_code})

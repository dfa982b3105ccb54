"""Tells the engine what it must not show, until it took it: all of it, each time it changes or the engine does."""

import asyncio
import logging
from collections.abc import Collection, Mapping

from regie.board import EngineStatus, Latest
from regie.cameras.airwatch import Caller
from regie.domain.commands import SetExcluded
from regie.domain.model import SourceId, Veil
from regie.errors import LinkLost, Refusal

log = logging.getLogger(__name__)

RETRY_S = 0.1
PATIENCE_S = 1.0


class Exclusion:
    """What is wanted, and the task that makes it so."""

    def __init__(self, engine: Caller, status: Latest[EngineStatus | None]) -> None:
        self._engine = engine
        self._status = status
        self._wanted = SetExcluded(sources=())
        self._told: SetExcluded | None = None
        self._due = asyncio.Event()
        self._taken = asyncio.Event()

    def want(self, sources: Collection[SourceId], veils: Mapping[SourceId, tuple[Veil, ...]]) -> None:
        """These must not be shown, and those under veils; returns at once, the engine is told without delay."""
        wanted = SetExcluded(
            sources=tuple(sorted(sources)), veils={one: drawn for one, drawn in veils.items() if drawn}
        )
        if wanted != self._wanted or self._told is None:
            self._wanted = wanted
            self._due.set()

    def check(self) -> None:
        """The engine spoke: is it in step? A fresh one may not be."""
        status = self._status.get()
        if status is None:
            self._told = None
        elif SetExcluded(sources=status.excluded, veils=status.veils) != self._wanted and (
            self._told == self._wanted or self._told is None
        ):
            self._due.set()

    async def applied(self) -> bool:
        """Wait until the engine hides what is wanted. False when it does not answer; an engine that is away shows nothing."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self._told != self._wanted:
                    if self._status.get() is None:
                        return True
                    self._taken.clear()
                    await self._taken.wait()
        except TimeoutError:
            return self._status.get() is None
        return True

    async def run(self) -> None:
        """Tell the engine, for ever."""
        failing = False
        while True:
            await self._due.wait()
            self._due.clear()
            wanted = self._wanted
            try:
                await self._engine.call(wanted)
            except (Refusal, LinkLost) as error:
                self._told = None
                if not failing:
                    log.warning("the engine was not told what to hide", extra={"code": error.stable_code})
                failing = True
                if self._status.get() is not None:
                    await asyncio.sleep(RETRY_S)
                    self._due.set()
                # An engine that is away is told when it speaks again: see `check`.
                continue
            if failing:
                log.info("the engine was told what to hide")
            failing = False
            self._told = wanted
            self._taken.set()
            if wanted != self._wanted:
                self._due.set()

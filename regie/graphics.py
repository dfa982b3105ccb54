"""What the register puts on the picture: the item that is called, the result once proclaimed, who is present; and a huis clos' cut.

A graphic stays for some seconds and goes by itself. It never takes the place of a title that a person put there, and nothing is
shown of a vote before its proclamation, nor behind closed doors.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from regie.board import EngineStatus, Latest
from regie.core import Core
from regie.domain.commands import EngineCommand, SetTitle
from regie.domain.event import Event
from regie.domain.model import Title
from regie.domain.register import events as ev
from regie.domain.register.chapters import Chapter, Result, chapters
from regie.domain.register.state import Register
from regie.errors import LinkLost, Refusal

log = logging.getLogger(__name__)

SHOWN_S = 8.0
RETRY_S = 1.0


class Engine(Protocol):
    """The engine as the register reaches it."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


class Doors(Protocol):
    """Who cuts the public antenna for a huis clos, and keeps it cut."""

    async def shut_doors(self, who: str) -> None:
        """Raises Refusal, LinkLost."""

    async def make_public(self, who: str) -> None:
        """Raises Refusal, LinkLost."""


def graphic_of(event: Event, register: Register) -> Title | None:
    """The graphic that an event calls for; None for most. ``register``: as it stands after it."""
    if register.doors.hold:
        return None
    match event:
        case ev.Opened(quorum=quorum):
            proxies = f"{len(quorum.represented)} pouvoirs" if quorum.represented else ""
            here = f"{len(quorum.present)} présents sur {quorum.in_office}"
            return Title(name="Séance ouverte", function=here, group=proxies)
        case ev.ItemCalled(item=name):
            chapter = _chapter(register, name)
            return Title(name=f"Point {chapter.number}", function=chapter.title) if chapter else None
        case ev.Proclaimed(item=name) | ev.Appointed(item=name):
            chapter = _chapter(register, name)
            if chapter is None or chapter.result is None:
                return None
            return Title(
                name=_verdict(chapter.result),
                function=_counts(chapter.result),
                group=f"Point {chapter.number}",
            )
        case _:
            return None


def _chapter(register: Register, item: str) -> Chapter | None:
    return next((one for one in chapters(register) if one.item == item), None)


def _verdict(result: Result) -> str:
    if result.appointed:
        return result.appointed
    return "Adopté" if result.adopted else "Non adopté"


def _counts(result: Result) -> str:
    if result.appointed:
        return "désignation proclamée"
    others = (
        (result.against, "contre"),
        (result.abstentions, "abstention" if result.abstentions == 1 else "abstentions"),
        (result.refusals, "sans prendre part"),
        (result.blanks, "blanc" if result.blanks == 1 else "blancs"),
        (result.nulls, "nul" if result.nulls == 1 else "nuls"),
    )
    return ", ".join([f"{result.for_} pour", *(f"{count} {word}" for count, word in others if count)])


class Graphics:
    """Follows the register by cursor, from now on, and tells the engine."""

    def __init__(
        self, core: Core, engine: Engine, doors: Doors, status: Latest[EngineStatus | None], titles: bool
    ) -> None:
        """``titles``: whether graphics are put by themselves; the cut of a huis clos always is."""
        self._core = core
        self._engine = engine
        self._doors = doors
        self._status = status
        self._titles = titles
        self._shown: Title | None = None
        self._taking_off: asyncio.TimerHandle | None = None
        self._tasks = asyncio.TaskGroup()

    async def run(self) -> None:
        """Follow each register in turn, until cancelled."""
        changed = asyncio.Event()
        stop = self._core.listen(changed.set)
        try:
            async with self._tasks:
                cursor = self._core.cursor
                while True:
                    changed.clear()
                    async for entry in self._core.follow(cursor):
                        await self._heard(entry.event, entry.author)
                    cursor = 0  # another séance: its register is told from its first entry
                    await changed.wait()
        finally:
            stop()

    async def _heard(self, event: Event, author: str) -> None:
        match event:
            case ev.ClosedDoorsDecided(adopted=True):
                await self._insist(self._doors.shut_doors, author)
            case ev.DoorsReopened():
                await self._quietly(self._doors.make_public(author))
            case _:
                register = self._core.register()
                title = graphic_of(event, register) if register is not None and self._titles else None
                if title is not None:
                    await self._show(title)

    async def _insist(self, cut: Callable[[str], Awaitable[None]], author: str) -> None:
        """The cut of a huis clos is asked until the engine obeys."""
        while True:
            try:
                await cut(author)
            except (Refusal, LinkLost) as error:
                log.warning("the huis clos is not cut yet", extra={"code": error.stable_code})
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _show(self, title: Title) -> None:
        status = self._status.get()
        if status is None or (status.title is not None and status.title != self._shown):
            return  # the engine is away, or a person's title is on
        if await self._quietly(self._engine.call(SetTitle(title=title))):
            self._shown = title
            if self._taking_off is not None:
                self._taking_off.cancel()
            loop = asyncio.get_running_loop()
            self._taking_off = loop.call_later(SHOWN_S, self._take_off)

    def _take_off(self) -> None:
        self._taking_off = None
        status = self._status.get()
        if status is not None and status.title is not None and status.title == self._shown:
            self._tasks.create_task(self._quietly(self._engine.call(SetTitle())))
        self._shown = None

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> bool:
        """A graphic that cannot be put is a line of the technical log, nothing more."""
        try:
            await work
        except (Refusal, LinkLost) as error:
            log.info("graphics: not now", extra={"code": error.stable_code})
            return False
        return True

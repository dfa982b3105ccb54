"""What the register puts on the picture: the item that is called, the result once proclaimed, who is present; and a huis clos' cut.

A graphic stays for some seconds and goes by itself. It never takes the place of another title: it waits for that one to go, and is
dropped when it has waited so long that it is no longer news. Nothing is shown of a vote before its proclamation, nor behind closed
doors. A count of those present follows whoever comes or leaves while it is on.
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
from regie.domain.register import assembly
from regie.domain.register import events as ev
from regie.domain.register.chapters import Chapter, Result, chapters
from regie.domain.register.state import Phase, Register
from regie.errors import LinkLost, Refusal

log = logging.getLogger(__name__)

SHOWN_S = 8.0
WAITS_S = 45.0
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
        case ev.Opened():
            return presence(register, OPENED)
        case ev.Resumed():
            return presence(register, RESUMED)
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


OPENED, RESUMED = "Séance ouverte", "Séance reprise"


def presence(register: Register, occasion: str) -> Title:
    """How many are there, whether it is the quorum, and how many are represented, now."""
    quorum = assembly.snapshot(register)
    here, carried = len(quorum.present), len(quorum.represented)
    count = f"{here} présent{'s' if here > 1 else ''} sur {quorum.in_office}"
    return Title(
        name=occasion,
        function=f"Quorum atteint : {count}" if quorum.enough else count,
        group=f"{carried} pouvoir{'s' if carried > 1 else ''}" if carried else "",
    )


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
        self._waiting: tuple[Title, float] | None = None
        self._taking_off: asyncio.TimerHandle | None = None
        self._tasks = asyncio.TaskGroup()

    async def run(self) -> None:
        """Follow each register in turn, until cancelled."""
        changed = asyncio.Event()
        stop = self._core.listen(changed.set)
        loop = asyncio.get_running_loop()

        def look() -> None:
            loop.call_soon_threadsafe(self._look)

        stop_looking = self._status.listen(look)
        try:
            async with self._tasks:
                cursor = self._core.cursor
                while True:
                    changed.clear()
                    async for entry in self._core.follow(cursor):
                        late_ms = entry.times.written_utc_ms - entry.event.at_utc_ms
                        await self._heard(entry.event, entry.author, late_ms > WAITS_S * 1000)
                    cursor = 0  # another séance: its register is told from its first entry
                    self._waiting = None
                    await changed.wait()
        finally:
            stop()
            stop_looking()
            if self._taking_off is not None:
                self._taking_off.cancel()

    async def _heard(self, event: Event, author: str, late: bool) -> None:
        """``late``: it happened so long ago that it is no longer news. Doors are obeyed whenever they are told."""
        match event:
            case ev.ClosedDoorsDecided(adopted=True):
                self._waiting = None
                await self._insist(self._doors.shut_doors, author)
            case ev.DoorsReopened():
                await self._quietly(self._doors.make_public(author))
            case _:
                register = self._core.register()
                titled = register is not None and self._titles and not late
                title = graphic_of(event, register) if register is not None and titled else None
                if title is not None:
                    await self._show(title)
                elif register is not None and register.phase is Phase.OPEN and isinstance(event, ev.Counted):
                    await self._count_again(register)

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

    async def _count_again(self, register: Register) -> None:
        """Who comes or leaves is counted while the count is on, or waits to be."""
        if self._waiting is not None and self._waiting[0].name in (OPENED, RESUMED):
            self._waiting = (presence(register, self._waiting[0].name), self._waiting[1])
        status, shown = self._status.get(), self._shown
        if shown is None or shown.name not in (OPENED, RESUMED) or status is None or status.title != shown:
            return
        now = presence(register, shown.name)
        if shown != now:
            counted = await self._quietly(self._engine.call(SetTitle(title=now)))
            if counted and self._shown in (shown, None):
                self._shown = now
                if self._taking_off is None:
                    self._take_off()  # its time came while it was counted

    def _look(self) -> None:
        """The title that was on went: what waited takes its place, unless it is old."""
        if self._waiting is None or not self._free():
            return
        title, until = self._waiting
        self._waiting = None
        if asyncio.get_running_loop().time() < until:
            self._tasks.create_task(self._show(title))

    def _free(self) -> bool:
        """Is the engine there, and no title of somebody else's on?"""
        status = self._status.get()
        return status is not None and (status.title is None or status.title == self._shown)

    async def _show(self, title: Title) -> None:
        if not self._free():
            self._waiting = (title, asyncio.get_running_loop().time() + WAITS_S)
            return
        self._waiting = None
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

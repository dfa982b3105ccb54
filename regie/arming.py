"""What the agenda asks of confidentiality before an item opens: a longer delay, fewer shots, no public antenna at a huis clos.

An item is flagged in the register, as the secretary's list has it, or in the configuration (``[[point]]``). The delay begins to
grow as soon as a flagged item is the next one, so slowly that nobody notices; if it is called before enough is held, the rest is
built behind a slate.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from config.schema import Config
from regie.board import EngineStatus, Latest
from regie.core import Core
from regie.domain.commands import (
    Auto,
    Cut,
    DelayBy,
    EngineCommand,
    SetDelay,
    SetPreview,
    TakeShot,
)
from regie.domain.register import commands as law
from regie.domain.register.items import Item, ItemState
from regie.domain.register.state import Register
from regie.errors import LinkLost, Refusal
from regie.secrecy import Engine
from regie.settling import Settling

log = logging.getLogger(__name__)

RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Flags:
    """What an item calls for."""

    nominal: bool = False
    sensitive: bool = False
    closed_doors: bool = False

    @property
    def any(self) -> bool:
        """Does it call for anything?"""
        return self.nominal or self.sensitive or self.closed_doors


def flags_of(config: Config, register: Register | None) -> dict[str, Flags]:
    """The flagged items by id: those of the register, then what ``[[point]]`` adds to them."""
    found = {item.id: _own(item) for item in register.items} if register is not None else {}
    ids = tuple(found)
    for point in config.point:
        name = _named(point.numero, ids)
        told = found.get(name, Flags())
        found[name] = Flags(
            told.nominal or point.nominatif,
            told.sensitive or point.sensible,
            told.closed_doors or point.huis_clos,
        )
    return {name: flags for name, flags in found.items() if flags.any}


def personal(config: Config, register: Register | None) -> frozenset[str]:
    """Ids of the items in which persons are spoken of."""
    return frozenset(
        name for name, flags in flags_of(config, register).items() if flags.nominal or flags.sensitive
    )


def _own(item: Item) -> Flags:
    return Flags(item.agenda.nominal, item.agenda.sensitive, item.agenda.closed_doors)


def _named(number: int, ids: Sequence[str]) -> str:
    """The item that a ``[[point]]`` means: the one that bears its number (``p3``, ``p03``), wherever the order of the agenda was
    changed to; where ids tell no number, the one of that rank."""
    plain = f"p{number}"
    for name in (plain, f"p{number:02d}"):
        if name in ids:
            return name
    return ids[number - 1] if number <= len(ids) else plain


@dataclass(frozen=True, slots=True)
class Armed:
    """Where the agenda stands: the flagged item that is discussed, the flagged one that comes next; empty when none is."""

    now: str = ""
    soon: str = ""


class Arming:
    """Arms the delay with the agenda, and says what may not be done meanwhile. Lives on control's loop."""

    def __init__(
        self, config: Config, engine: Engine, status: Latest[EngineStatus | None], core: Core
    ) -> None:
        self._config = config
        self._engine = engine
        self._status = status
        self._core = core
        self._changed = asyncio.Event()
        self._armed = Armed()
        self._settling = Settling()
        self._on_table = ""

    @property
    def armed(self) -> Armed:
        """What is armed now."""
        return self._look()

    def flags(self) -> dict[str, Flags]:
        """The flagged items by id."""
        return flags_of(self._config, self._core.register())

    def expect_callable(self, command: law.AnyCommand) -> None:
        """Refuse to open an item at closed doors while citizens receive the programme."""
        status = self._status.get()
        if not isinstance(command, law.CallItem) or status is None or not status.antenna.on:
            return
        flags = self.flags()
        if any(flags.get(item, Flags()).closed_doors for item in command.items):
            raise Refusal("citizens receive the programme", code="antenne_en_direct")

    def expect_allowed(self, command: EngineCommand) -> None:
        """Refuse a shot of a source that may not be shown while a flagged item is discussed."""
        allowed = self._config.confidentialite.sources_sensibles
        if not allowed or not self._look().now:
            return
        status = self._status.get()
        match command:
            case SetPreview(shot=shot) | TakeShot(shot=shot):
                sources = shot.sources
            case Cut() | Auto() if status is not None:
                sources = status.preview.sources
            case _:
                return
        if not all(source in allowed or source.startswith("slate.") for source in sources):
            raise Refusal("this item restricts the shots", code="plan_restreint")

    async def run(self) -> None:
        """Follow the agenda until cancelled."""
        stop = self._core.listen(self._heard)
        self._changed.set()
        try:
            while True:
                await self._changed.wait()
                # An item that was called and done with without the network calls for no delay now.
                await self._settling.over()
                self._changed.clear()
                try:
                    await self._follow()
                except (Refusal, LinkLost) as error:
                    log.warning("the delay does not follow the agenda", extra={"code": error.stable_code})
                    await asyncio.sleep(RETRY_S)
                    self._changed.set()
        finally:
            stop()

    def _heard(self) -> None:
        before, now = self._on_table, self._look().now
        self._on_table = now
        if self._core.late:
            self._settling.heard_late()
        elif now != before:
            self._settling.end()  # called now, by somebody who is heard now: nothing may wait
        self._changed.set()

    async def _follow(self) -> None:
        armed, before = self._look(), self._armed
        if armed == before:
            return
        status = self._status.get()
        if status is None:
            raise LinkLost("the engine is away", code="moteur_absent")
        wanted_s = self._config.confidentialite.retard_sensible_s
        target_s, held_ms = status.delay.target_ms // 1000, status.delay.held_ms
        if armed.now and held_ms < wanted_s * 1000:
            await self._engine.call(SetDelay(seconds=wanted_s, by=DelayBy.SLATE))
        elif armed.soon and target_s < wanted_s:
            await self._engine.call(SetDelay(seconds=wanted_s, by=DelayBy.STRETCH))
        elif not armed.now and not armed.soon and (before.now or before.soon) and target_s == wanted_s:
            await self._engine.call(SetDelay(seconds=self._config.programme.retard_s, by=DelayBy.STRETCH))
        self._armed = armed

    def _look(self) -> Armed:
        register = self._core.register()
        if register is None:
            return Armed()
        flags = self.flags()
        now = next((item.id for item in register.on_the_table if item.id in flags), "")
        following = next((item.id for item in register.items if item.state is ItemState.LISTED), "")
        return Armed(now, following if following in flags else "")

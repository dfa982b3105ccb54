"""The register of masks and the huis clos, as control keeps them.

To hide never waits for anything here: the engine hides, and what it did is written after, even if control was away meanwhile. To
show waits for the register: a mask is closed, and the antenna may be given back after a huis clos, only once that is on disk.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from regie.board import EngineStatus, Latest, MaskStatus
from regie.clock import Clock
from regie.core import Core, MediaTimes
from regie.domain import doors, masks
from regie.domain.commands import CloseMask, EngineCommand, OpenMask, SetAntenna
from regie.domain.events import SeancePrepared
from regie.domain.masks import (
    DoorsShut,
    MadePublic,
    MaskBook,
    MaskClosed,
    MaskContinued,
    MaskExplained,
    MaskLine,
    MaskOpened,
)
from regie.domain.model import SlateName
from regie.domain.timeline import from_ms, to_ms
from regie.errors import LinkLost, Refusal, RegieError
from regie.journal import Entry

log = logging.getLogger(__name__)

RETRY_S = 1.0
NEWS_S, NEWS_TURNS = 0.05, 60
"""What the engine answered for is in its news within a tenth of a second; on a busy machine it may take longer."""
MAX_ITEM = 64
DOORS_MS = 1000
"""How long the person whose key shut the doors may take to be known here: the key reaches the engine by a way of its own."""
SLOP_MS = 2000
"""The engine's news are a moment old, and its clock is not this one."""
MACHINE = "régie"
"""The author of what no person did: a mask that goes on in the engine's next run."""
KEY = "touche"
"""The author of a huis clos that the engine was told of while control was away: the engine does not know whose key it was."""


class _Shut(NamedTuple):
    """A huis clos that the register does not have yet: when (UTC ms), and who."""

    at_ms: int
    who: str

    @property
    def command(self) -> str:
        """Under which it is written once."""
        return f"huis-clos-{self.at_ms}"


class Engine(Protocol):
    """Whatever carries commands to the engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


class Secrecy:
    """Follows the current register and the engine, and keeps them in step. Lives on control's loop."""

    def __init__(
        self,
        engine: Engine,
        status: Latest[EngineStatus | None],
        core: Core,
        clock: Clock,
        media_now: Callable[[], MediaTimes | None],
        guard_ms: int,
    ) -> None:
        """``guard_ms``: what the engine adds after a mask's end."""
        self._engine = engine
        self._status = status
        self._core = core
        self._clock = clock
        self._media_now = media_now
        self._guard = from_ms(guard_ms)
        self._book: MaskBook = {}
        self._shut = False
        self._closed: tuple[doors.Closed, ...] = ()
        self._unwritten: _Shut | None = None
        self._word_ms: int | None = None  # when the register last told of the doors, shut or open
        self._since_ms = 0
        self._read = 0
        self._epochs: dict[str, int] = {}
        self._pressed: dict[str, OpenMask] = {}  # answered by the engine, not yet seen in what it tells
        self._changed = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def book(self) -> Sequence[MaskLine]:
        """The masks of the current séance, in the order they were opened."""
        return tuple(self._book.values())

    @property
    def shut(self) -> bool:
        """Does a huis clos hold? Then the antenna cannot be given."""
        return self._shut or self._unwritten is not None or self._untold_ms() is not None

    @property
    def closed(self) -> Sequence[doors.Closed]:
        """The times that the current séance spent behind shut doors, what is not written yet included."""
        since_ms = self._unwritten.at_ms if self._unwritten is not None else self._untold_ms()
        return self._closed if since_ms is None else (*self._closed, (since_ms, None))

    def live(self) -> int | None:
        """Programme time now; None while the engine is away."""
        now = self._media_now()
        return None if now is None else now.live

    def item(self) -> str:
        """The item under discussion; empty when there is none. It changes by control alone, so it waits for a late mask."""
        register = self._core.register()
        return register.on_the_table[-1].id[:MAX_ITEM] if register and register.on_the_table else ""

    def utc_ms(self, run: str, t: int) -> int | None:
        """UTC milliseconds of an instant of a run; None for a run that this register knows nothing of."""
        epoch_ms = self._epochs.get(run)
        return None if epoch_ms is None else epoch_ms + to_ms(t)

    def expect_public(self, command: EngineCommand) -> None:
        """Refuse to give the antenna while a huis clos holds, or while it is not known yet whether one does."""
        if not isinstance(command, SetAntenna) or not command.on:
            return
        status = self._status.get()
        behind = self._read < self._core.cursor
        if self.shut or (behind and status is not None and status.antenna.slate is SlateName.CLOSED_DOORS):
            raise Refusal("a huis clos holds", code="huis_clos_en_cours")

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told when the book or the doors changed; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def hide(self, command: OpenMask) -> None:
        """Open a mask; the engine answers before anything of it is on a disk. Raises Refusal, LinkLost.

        Should it die between its answer and its next news, its next run is asked again.
        """
        # Known from here on: a key let go while the machine is slow finds the mask it opened.
        self._pressed[command.mask] = command
        try:
            await self._engine.call(command)
        except RegieError:
            self._pressed.pop(command.mask, None)
            raise

    async def release(self, command: CloseMask, who: str) -> None:
        """Close a mask: written, then shown. Raises Refusal, LinkLost; it stays hidden then."""
        now = self._media_now()
        if now is None:
            raise LinkLost("the engine is away", code="moteur_absent")
        known = await self._known(command.mask)
        end = max(now.live, known.start)
        if self._core.view() is not None:
            # It may be so fresh that its opening is not written yet.
            await self._write(known, now.run)
            await self._core.note((self._closing(known.id, end, now),), who, f"{known.id}-ferme")
        await self._engine.call(CloseMask(mask=command.mask, end=end, by=who))
        self._pressed.pop(command.mask, None)

    async def _known(self, mask: str) -> MaskStatus:
        """A mask as the engine tells it; one that was just pressed on a busy machine is waited for a little."""
        for _ in range(NEWS_TURNS):
            status = self._status.get()
            for told in status.masks if status is not None else ():
                if told.id == mask:
                    return told
            if mask not in self._pressed:
                break
            await asyncio.sleep(NEWS_S)
        raise Refusal("no such mask is open", code="masque_inconnu")

    async def shut_doors(self, who: str) -> None:
        """The huis clos: everything that leaves is cut, in one act of the engine; then it is written. Raises Refusal, LinkLost."""
        await self._engine.call(SetAntenna(on=False, slate=SlateName.CLOSED_DOORS))
        self._unwritten = _Shut(self._now_ms(), who)
        await self._write_doors(self._unwritten)

    async def make_public(self, who: str) -> None:
        """The president says that the séance is public again: the technician may give the antenna. Raises Refusal, LinkLost."""
        if not self.shut:
            raise Refusal("the séance is public", code="pas_de_huis_clos")
        if self._unwritten is not None:
            await self._write_doors(self._unwritten)
        await self._core.note((MadePublic(at_utc_ms=self._now_ms()),), who, f"public-{self._now_ms()}")
        self._unwritten = None

    async def explain(self, mask: str, reason: str, item: str, who: str) -> None:
        """Give, or correct, a mask's reason and item afterwards. Raises Refusal, LinkLost."""
        if mask not in self._book:
            raise Refusal("no such mask", code="masque_inconnu")
        event = MaskExplained(at_utc_ms=self._now_ms(), mask=mask, reason=reason, item=item)
        await self._core.note((event,), who, f"{mask}-motif-{self._now_ms()}")

    async def run(self) -> None:
        """Read the register and keep the engine in step with it, until cancelled."""
        loop = asyncio.get_running_loop()

        def changed() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        stops = (self._status.listen(changed), self._core.listen(self._changed.set))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(), name="register of masks")
                group.create_task(self._keep(), name="masks in step")
        finally:
            for stop in stops:
                stop()

    async def _follow(self) -> None:
        while True:
            self._book, self._shut, self._read, self._since_ms, self._word_ms = {}, False, 0, 0, None
            self._closed = ()
            async for entry in self._core.follow():
                if isinstance(entry.event, SeancePrepared) and not self._since_ms:
                    self._since_ms = entry.times.written_utc_ms
                self._book = masks.apply(self._book, entry.event, entry.author)
                self._hear_of_doors(entry)
                self._read = entry.n
                times = entry.times
                if times.run is not None and times.live is not None:
                    self._epochs[times.run] = times.written_utc_ms - to_ms(times.live)
                self._changed.set()
                self._tell()
            # Another séance is prepared, or there is none yet.
            await asyncio.sleep(RETRY_S / 10)

    def _hear_of_doors(self, entry: Entry) -> None:
        event = entry.event
        self._shut = doors.after(self._shut, event)
        self._closed = doors.closed(self._closed, event)
        if doors.tells(event):
            self._word_ms = entry.times.written_utc_ms
        written = self._unwritten
        if written is not None and isinstance(event, DoorsShut) and event.at_utc_ms >= written.at_ms:
            self._unwritten = None

    def _untold_ms(self) -> int | None:
        """When the engine was told of a huis clos that the register says nothing of (UTC ms): control was away. None otherwise."""
        status = self._status.get()
        if status is None or status.antenna.on or status.antenna.slate is not SlateName.CLOSED_DOORS:
            return None
        cut_ms = self._now_ms() - status.antenna.since_ms
        if self._word_ms is None:
            return cut_ms if cut_ms >= self._since_ms else None
        # A run begins on the slate that the last one left: that is no new key.
        inherited = status.antenna.since_ms + SLOP_MS >= to_ms(status.now)
        return cut_ms if not inherited and cut_ms > self._word_ms + SLOP_MS else None

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._step()
            except (Refusal, LinkLost) as error:
                log.warning("masks are not in step with the register", extra={"code": error.stable_code})
                await asyncio.sleep(RETRY_S)
                self._changed.set()

    async def _step(self) -> None:
        status = self._status.get()
        if status is None:
            return
        await self._ask_again({mask.id for mask in status.masks})
        if self._core.view() is None or self._read < self._core.cursor:
            return  # the rest of the register, or the engine's return, is a change
        await self._account_for_doors()
        if self.shut and status.antenna.on:
            await self._engine.call(SetAntenna(on=False, slate=SlateName.CLOSED_DOORS))
        for mask in status.masks:
            line = self._book.get(mask.id)
            if line is not None and not line.is_open and mask.is_open:
                await self._engine.call(CloseMask(mask=mask.id))
            elif mask.is_open or mask.opened_ms >= self._since_ms:
                await self._write(mask, status.epoch.run)
        here = {mask.id for mask in status.masks}
        for line in self._book.values():
            if line.is_open and line.id not in here:
                # The engine lost it: what nobody closed still hides.
                await self._engine.call(OpenMask(mask=line.id, hides=line.hides, look_back_ms=0, by=line.who))

    async def _account_for_doors(self) -> None:
        """The register gets the huis clos that it does not have: control was away, or stopped between the cut and the writing."""
        cut_ms = None if self._shut else self._untold_ms()
        if self._unwritten is None and cut_ms is not None:
            self._unwritten = _Shut(cut_ms, KEY)
            asyncio.get_running_loop().call_later(DOORS_MS / 1000, self._changed.set)
            self._tell()
        owed = self._unwritten
        if owed is not None and self._since_ms <= owed.at_ms <= self._now_ms() - DOORS_MS:
            await self._write_doors(owed)

    async def _write_doors(self, shut: _Shut) -> None:
        """Write it, once; not while the engine or the séance is away."""
        now = self._media_now()
        if now is None or self._core.view() is None:
            return
        ago = from_ms(max(0, self._now_ms() - shut.at_ms))
        event = DoorsShut(
            at_utc_ms=shut.at_ms,
            run=now.run,
            start=max(0, now.public - ago),
            public_start=max(0, now.live - ago),
        )
        await self._core.note((event,), shut.who, shut.command)

    async def _ask_again(self, here: set[str]) -> None:
        """What the engine answered for and does not tell of was lost with it. Before any writing: hiding waits for no disk."""
        for mask_id in here & self._pressed.keys():
            del self._pressed[mask_id]
        for mask_id, command in tuple(self._pressed.items()):
            # Asked again under the same id, it changes nothing if the engine has it.
            try:
                await self._engine.call(command)
            except Refusal:
                self._pressed.pop(mask_id, None)
                raise

    async def _write(self, mask: MaskStatus, run: str) -> None:
        """Write what the register does not have of a mask."""
        line = self._book.get(mask.id)
        if line is None:
            opened = MaskOpened(
                at_utc_ms=mask.opened_ms,
                mask=mask.id,
                hides=mask.hides,
                run=run,
                start=mask.start,
                public_start=mask.public_start,
                gone=mask.gone,
                item=mask.item or self.item(),
                reason=mask.reason,
                frozen=mask.frozen,
            )
            await self._core.note((opened,), mask.by or MACHINE, f"{mask.id}-ouvert")
        elif line.is_open and mask.is_open and all(stretch.run != run for stretch in line.stretches):
            more = MaskContinued(
                at_utc_ms=self._now_ms(),
                mask=mask.id,
                run=run,
                start=mask.start,
                public_start=mask.public_start,
            )
            await self._core.note((more,), MACHINE, f"{mask.id}-{run}")
        if mask.end is not None and mask.public_end is not None and (line is None or line.is_open):
            closed = MaskClosed(
                at_utc_ms=mask.closed_ms or self._now_ms(),
                mask=mask.id,
                run=run,
                end=mask.end,
                public_end=mask.public_end,
            )
            await self._core.note((closed,), mask.by or MACHINE, f"{mask.id}-ferme")

    def _closing(self, mask: str, end: int, now: MediaTimes) -> MaskClosed:
        shown = end + self._guard
        return MaskClosed(
            at_utc_ms=self._now_ms(),
            mask=mask,
            run=now.run,
            end=shown,
            public_end=shown + now.live - now.public,
        )

    def _now_ms(self) -> int:
        return self._clock.utc_ns() // 1_000_000

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

"""The single writer: one task that decides, writes, applies, and then tells.

A command waits its turn in a short queue; ``decide`` gives events or a refusal; the journal makes them durable, in its own thread;
only then the state changes and listeners hear of it. At start the state is what the registers on disk say.

The state is the séance's life and, once its council is convened, its legal register (:mod:`regie.domain.sitting`).
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec.structs import replace

from regie.clock import Clock
from regie.domain.commands import PrepareSeance, SeanceCommand
from regie.domain.events import Event, SeancePrepared, UnknownEvent
from regie.domain.model import SeanceState
from regie.domain.register.chapters import Chapter, chapters
from regie.domain.register.commands import AnyCommand, LodgeProxy
from regie.domain.register.events import Flagged
from regie.domain.register.moments import Moment, moments
from regie.domain.register.proxies import Held, in_a_row
from regie.domain.register.state import Register
from regie.domain.seance import Seance
from regie.domain.sitting import OF_THEIR_ENTRY, Sitting, apply, decide, decide_typed, fold
from regie.errors import LinkLost, Refusal
from regie.journal import FILE_NAME, Entry, Journal, JournalError, Times, read

log = logging.getLogger(__name__)
T = TypeVar("T")

QUEUE = 64
STAYS_MS = 12 * 3600 * 1000
"""A séance that ended, or was due and never opened, less than this ago stays the current one at start."""
LATE_MS = 5000
"""An act that is written so long after it happened was typed without the register, or entered with its hour."""
CONFIGURATION = "configuration"
"""The author of what the configuration file prepares."""


class MediaTimes(Protocol):
    """Media time at an instant, as the engine's link knows it."""

    @property
    def run(self) -> str:
        """The engine's run."""

    @property
    def live(self) -> int:
        """What is being made."""

    @property
    def public(self) -> int:
        """What citizens receive."""


@dataclass(frozen=True, slots=True)
class Written:
    """A command is on disk: rank of its last entry in the register, and the rules that were flagged on the way, each once."""

    n: int
    flagged: tuple[str, ...] = ()


@dataclass(slots=True)
class _Asked:
    command: SeanceCommand | AnyCommand | tuple[Event, ...]
    author: str
    id: str
    typed_ms: int | None = None
    after: int = 0
    done: asyncio.Future[Written] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Core:
    """The séance and its register. Made, loaded and used on one event loop."""

    def __init__(self, folder: Path, clock: Clock, media_now: Callable[[], MediaTimes | None]) -> None:
        """``folder`` holds one sub-folder a séance."""
        self._folder = folder
        self._clock = clock
        self._media_now = media_now
        self._queue: asyncio.Queue[_Asked] = asyncio.Queue(QUEUE)
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="registre")
        self._journal: Journal | None = None
        self._sitting = Sitting()
        self._ended: tuple[Seance, ...] = ()
        self._past: dict[str, _Told] = {}
        self._written = 0
        self._late = False
        self._news = asyncio.Condition()
        self._listeners: list[Callable[[], None]] = []

    async def load(self, prepare: PrepareSeance, dated: bool) -> None:
        """Read the registers and go on with the séance that is open, due or just over; with none, prepare one.

        A séance that the configuration prepared follows it when its title changes, or its date when it is ``dated``. A register
        that cannot be read is left alone and logged; one that cannot be written leaves us without séance: commands are refused,
        pictures go on.
        """
        known = await self._on_disk(lambda: _load_all(self._folder))
        self._ended = tuple(one.seance for one in known if one.seance.state is SeanceState.ENDED)
        self._past = {
            one.seance.id: _Told.of(one.register)
            for one in known
            if one.register is not None and one.seance.state is SeanceState.ENDED
        }
        current = self._to_go_on_with(known)
        try:
            if current is not None:
                seance = current.seance
                self._journal = await self._on_disk(partial(self._open, seance.id))
                self._sitting, self._written = Sitting(seance, current.register), self._journal.last
                due_utc = prepare.due_utc if dated else seance.due_utc
                wanted = PrepareSeance(title=prepare.title, due_utc=due_utc)
                if current.follows_configuration and wanted != PrepareSeance(
                    title=seance.title, due_utc=seance.due_utc
                ):
                    await self._carry_out(_Asked(wanted, CONFIGURATION, uuid.uuid4().hex))
            else:
                await self._carry_out(_Asked(prepare, CONFIGURATION, uuid.uuid4().hex))
        except JournalError as error:
            log.critical("the register cannot be used", extra={"code": error.stable_code})
        self._tell()

    def _to_go_on_with(self, known: Sequence["_Known"]) -> "_Known | None":
        """The séance that is open, else the one that was last prepared, else the one that has just ended."""
        recent_ms = self._now_ms() - STAYS_MS
        for one in known:
            if one.seance.is_open:
                return one
        coming = [
            one
            for one in known
            if one.seance.state is SeanceState.COMING and one.seance.due_utc * 1000 > recent_ms
        ]
        if coming:
            return max(coming, key=lambda one: one.prepared_ms)
        return next((one for one in known if (one.seance.ended_ms or 0) > recent_ms), None)

    async def run(self) -> None:
        """Carry out commands, one at a time, until cancelled."""
        while True:
            asked = await self._queue.get()
            try:
                written = await self._carry_out(asked)
            except (Refusal, JournalError) as error:
                if not asked.done.done():
                    asked.done.set_exception(error)
            else:
                if not asked.done.done():
                    asked.done.set_result(written)

    async def submit(
        self,
        command: SeanceCommand | AnyCommand,
        author: str,
        command_id: str = "",
        typed_ms: int | None = None,
        after: int = 0,
    ) -> Written:
        """Decide, write, apply; the same ``command_id`` again does nothing and is answered alike.

        ``typed_ms`` (UTC): when it was typed, for what waited on a tablet without the register; it is dated and judged as of then,
        and not before its tablet's previous entry, the ``after``-th: that one may have been heard late, at the end of a link.

        Raises Refusal with its reason (Unlawful with its rule; ``registre_occupe`` when too much waits), LinkLost when the
        register cannot be written.
        """
        return await self._ask(_Asked(command, author, command_id or uuid.uuid4().hex, typed_ms, after))

    async def note(self, happened: Sequence[Event], author: str, command_id: str) -> Written:
        """Write what has already happened (a mask, a cut: hidden first, written after); the same ``command_id`` again does nothing.

        Raises Refusal, LinkLost as :meth:`submit` does.
        """
        return await self._ask(_Asked(tuple(happened), author, command_id))

    async def note_in(self, seance: str, happened: Sequence[Event], author: str, command_id: str) -> None:
        """As :meth:`note`, in the register of a séance that may be over. Raises Refusal, LinkLost."""
        view = self._sitting.seance
        if view is not None and view.id == seance:
            await self.note(happened, author, command_id)
            return
        times = Times(written_utc_ms=self._now_ms())

        def write() -> None:
            with self._open(seance) as journal:
                journal.append(command_id, author, happened, times)

        try:
            await self._on_disk(write)
        except JournalError as error:
            raise LinkLost(error.message, code=error.stable_code) from error

    async def _ask(self, asked: _Asked) -> Written:
        try:
            self._queue.put_nowait(asked)
        except asyncio.QueueFull:
            raise Refusal("too many commands wait for the register", code="registre_occupe") from None
        try:
            return await asked.done
        except JournalError as error:
            raise LinkLost(error.message, code=error.stable_code) from error

    def view(self) -> Seance | None:
        """The current séance: prepared, open, or last ended."""
        return self._sitting.seance

    def register(self) -> Register | None:
        """The legal register of the current séance; None until its council is convened."""
        return self._sitting.register

    def agenda(self, seance: str) -> tuple[Chapter, ...]:
        """What anybody may know of a séance's items: the current one, or one that ended; empty without a register."""
        register, view = self._sitting.register, self._sitting.seance
        if view is not None and view.id == seance:
            return chapters(register) if register is not None else ()
        return self._past[seance].agenda if seance in self._past else ()

    def moments(self, seance: str) -> tuple[Moment, ...]:
        """Who spoke, votes and suspensions of a séance, the current one or one that ended; empty without a register."""
        register, view = self._sitting.register, self._sitting.seance
        if view is not None and view.id == seance:
            return moments(register) if register is not None else ()
        return self._past[seance].moments if seance in self._past else ()

    @property
    def cursor(self) -> int:
        """The rank of the newest entry of the current register: what :meth:`register` has seen."""
        return self._written

    @property
    def late(self) -> bool:
        """Was the newest entry written well after its act? More of the past may follow at once."""
        return self._late

    def past(self) -> Sequence[Seance]:
        """Séances that ended, newest first."""
        return self._ended

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told, on the loop, when the view changed; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def entries(self, n: int = 0) -> tuple[Entry, ...]:
        """Entries of the current register after the ``n``-th, a thousand at most. Raises LinkLost."""
        journal = self._journal
        if journal is None:
            return ()
        try:
            return await self._on_disk(partial(journal.after, n))
        except JournalError as error:
            raise LinkLost(error.message, code=error.stable_code) from error

    async def follow(self, n: int = 0) -> AsyncIterator[Entry]:
        """Entries of the current register after the ``n``-th, then those to come, until another séance is prepared."""
        journal = self._journal
        while journal is not None and journal is self._journal:
            for entry in await self._on_disk(partial(journal.after, n)):
                yield entry
                n = entry.n
            async with self._news:
                while journal is self._journal and self._written <= n:
                    await self._news.wait()

    async def close(self) -> None:
        """Close the register."""
        journal, self._journal = self._journal, None
        async with self._news:
            self._news.notify_all()
        if journal is not None:
            await self._on_disk(journal.close)
        self._disk.shutdown()

    async def _carry_out(self, asked: _Asked) -> Written:
        known = await self._on_disk(lambda: self._written_by(asked.id))
        if known:
            return _receipt(known)
        new_id = self._new_id(asked.command.due_utc) if isinstance(asked.command, PrepareSeance) else ""
        happened = (
            asked.command
            if isinstance(asked.command, tuple)
            else await self._decided(asked.command, asked.typed_ms, asked.after, new_id)
        )
        if not happened:
            return Written(self._written)
        first, seance = happened[0], self._sitting.seance
        turning = isinstance(first, SeancePrepared) and (seance is None or first.seance != seance.id)
        journal = await self._on_disk(partial(self._open, new_id)) if turning else self._journal
        if journal is None:
            raise JournalError("no register is open")
        try:
            entries = await self._on_disk(
                partial(journal.append, asked.id, asked.author, happened, self._times(turning))
            )
        except JournalError:
            if turning:
                await self._on_disk(journal.close)
            raise
        previous, self._journal = self._journal, journal
        if turning:
            self._sitting = Sitting()
            if previous is not None:
                await self._on_disk(previous.close)
        for entry in entries:
            self._sitting = apply(self._sitting, entry.event)
            self._written = entry.n
        newest = entries[-1]
        self._late = newest.times.written_utc_ms - newest.event.at_utc_ms > LATE_MS
        self._note_ended()
        async with self._news:
            self._news.notify_all()
        self._tell()
        return _receipt(entries)

    async def _decided(
        self, command: SeanceCommand | AnyCommand, typed_ms: int | None, after: int, new_id: str
    ) -> tuple[Event, ...]:
        register, now_ms = self._sitting.register, self._now_ms()
        if isinstance(command, LodgeProxy) and register is not None:
            held = (one.held for one in self._past.values())
            command = replace(command, writing=in_a_row(command.writing, register.convocation.day, held))
        of_its_entry = isinstance(command, SeanceCommand) or isinstance(command, OF_THEIR_ENTRY)
        if typed_ms is None or typed_ms >= now_ms or register is None or of_its_entry:
            return decide(self._sitting, command, now_ms, new_id)
        assert not isinstance(command, SeanceCommand)
        if after:
            typed_ms = max(typed_ms, await self._on_disk(partial(self._instant_of, after)))
        then = await self._on_disk(partial(self._as_of, typed_ms)) if typed_ms < register.last_ms else None
        return decide_typed(self._sitting, then, command, typed_ms)

    def _instant_of(self, n: int) -> int:
        """When the ``n``-th entry of the current register happened (UTC ms); 0 when there is none."""
        entries = self._journal.after(n - 1, 1) if self._journal is not None else ()
        return entries[0].event.at_utc_ms if entries else 0

    def _as_of(self, at_ms: int) -> Sitting:
        """The current sitting as it stood at an instant, by what is known of it now."""
        return fold(entry.event for entry in self._whole() if entry.event.at_utc_ms <= at_ms)

    def _whole(self) -> Iterator[Entry]:
        """Every entry of the current register."""
        n = 0
        while self._journal is not None and (entries := self._journal.after(n)):
            yield from entries
            n = entries[-1].n

    def _note_ended(self) -> None:
        seance = self._sitting.seance
        if (
            seance is not None
            and seance.state is SeanceState.ENDED
            and seance.id not in {s.id for s in self._ended}
        ):
            self._ended = (seance, *self._ended)
            if self._sitting.register is not None:
                self._past[seance.id] = _Told.of(self._sitting.register)

    def _written_by(self, command_id: str) -> tuple[Entry, ...]:
        return self._journal.of(command_id) if self._journal is not None else ()

    def _open(self, seance_id: str) -> Journal:
        return Journal(self._folder / seance_id / FILE_NAME, seance_id, self._now_ms())

    def _new_id(self, due_utc: int) -> str:
        """The séance's public name: its local date, and a rank when that day had another."""
        day = datetime.fromtimestamp(due_utc, UTC).astimezone().date().isoformat()
        names = (day if rank == 1 else f"{day}-{rank}" for rank in range(1, 1000))
        return next(name for name in names if not (self._folder / name).exists())

    def _times(self, turning: bool) -> Times:
        now_ms = self._now_ms()
        seance = self._sitting.seance
        opened = seance.opened_ms if seance is not None and not turning else None
        media = self._media_now()
        return Times(
            written_utc_ms=now_ms,
            seance_ms=None if opened is None else now_ms - opened,
            run=media.run if media else None,
            live=media.live if media else None,
            public=media.public if media else None,
        )

    def _now_ms(self) -> int:
        return self._clock.utc_ns() // 1_000_000

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _receipt(entries: Sequence[Entry]) -> Written:
    """What a command was answered, the first time and each time again."""
    flagged = (entry.event for entry in entries if entry.kind == Flagged.KIND)
    rules = (event.rule for event in flagged if isinstance(event, Flagged))
    return Written(entries[-1].n, tuple(dict.fromkeys(rules)))


@dataclass(frozen=True, slots=True)
class _Told:
    """What is kept at hand of the register of a séance that ended."""

    agenda: tuple[Chapter, ...]
    moments: tuple[Moment, ...]
    held: Held

    @classmethod
    def of(cls, register: Register) -> "_Told":
        return cls(chapters(register), moments(register), Held(register.convocation.day, register.proxies))


@dataclass(frozen=True, slots=True)
class _Known:
    """A séance found on disk: when it was last prepared, whether the configuration file is its author and it is still to come."""

    seance: Seance
    register: Register | None
    prepared_ms: int
    follows_configuration: bool


def _load_all(folder: Path) -> list[_Known]:
    """Every séance on disk, the newest first."""
    found: list[_Known] = []
    for file in folder.glob(f"*/{FILE_NAME}"):
        try:
            entries = list(read(file))
            sitting = fold(entry.event for entry in entries)
        except (JournalError, UnknownEvent, ValueError) as error:
            log.critical(
                "a register cannot be read",
                extra={"seance": file.parent.name, "reason": type(error).__name__},
            )
            continue
        seance = sitting.seance
        if seance is not None:
            of_configuration = seance.state is SeanceState.COMING and entries[-1].author == CONFIGURATION
            prepared = [e.times.written_utc_ms for e in entries if e.kind == SeancePrepared.KIND]
            found.append(_Known(seance, sitting.register, max(prepared), of_configuration))
    return sorted(
        found,
        key=lambda one: (one.seance.opened_ms or one.seance.due_utc * 1000, one.seance.id),
        reverse=True,
    )

"""The remote rooms as they stand: what is true of each, what follows from a change, what time and their links bring.

Runs on control's loop. What is decided is in :mod:`regie.rooms.gathering` (pure); here it meets the engine, the register
(:mod:`regie.rooms.witness`), the rtc process and the pages. What rooms and people ask for is in :mod:`regie.rooms.reception`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from regie.board import EngineStatus, Latest
from regie.clock import Clock
from regie.domain.model import SourceId
from regie.errors import LinkLost, Refusal
from regie.messages import RoomNews, Way
from regie.rooms.access import Kept
from regie.rooms.gathering import (
    Attested,
    Back,
    Effect,
    Gathering,
    Link,
    Lost,
    Open,
    Room,
    to_keep,
)
from regie.rooms.microphones import Engine, Microphones
from regie.rooms.pages import Pages
from regie.rooms.protocol import Order, Phase
from regie.rooms.telling import state_of
from regie.rooms.witness import Core, Witness

log = logging.getLogger(__name__)

STEP_S = 0.25
RECUSED = "déport"
"""Why a room waits while its members take no part in an item."""


class Rtc(Protocol):
    """The rtc process."""

    async def offer_room(
        self, room: SourceId, way: Way, sdp: str, client: str, *, document: bool = False, screen: bool = False
    ) -> tuple[str, str]:
        """Answer an offer of a room, or for it: its session and SDP. Raises Refusal, LinkLost."""

    async def hangup(self, session: str) -> None:
        """End a connection. Raises LinkLost."""

    async def clear_room(self, room: SourceId) -> None:
        """End every connection of a room. Raises LinkLost."""


class House:
    """See the module. ``keep`` writes what the next run must know of the rooms."""

    def __init__(
        self,
        rooms: Gathering,
        documents: Mapping[SourceId, SourceId],
        clock: Clock,
        rtc: Rtc,
        engine: Engine,
        core: Core,
        status: Latest[EngineStatus | None],
        keep: Callable[[tuple[Kept, ...]], Awaitable[None]],
    ) -> None:
        """``documents``: the source that shows what a room shares."""
        self.gathering = rooms
        self.documents = dict(documents)
        self.pages = Pages()
        self.witness = Witness(core)
        self._clock = clock
        self._rtc = rtc
        self._core = core
        self._status = status
        self._keep = keep
        self._unwanted: set[str] = set()
        self._speaker_room: SourceId = ""
        self._withdrawn: frozenset[SourceId] = frozenset()
        self._microphones = Microphones(engine)
        self._wake = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    def room(self, name: SourceId) -> Room:
        """Raises Refusal ``salle_inconnue``."""
        return self.gathering.room(name)

    @property
    def now_ms(self) -> int:
        """UTC."""
        return self._clock.utc_ns() // 1_000_000

    # -- changes ----------------------------------------------------------------------------------------------------

    def set(self, after: Gathering) -> None:
        """What is true from now on."""
        if after is not self.gathering:
            self.gathering = after
            self._wake.set()
            self.tell()

    async def apply(self, outcome: tuple[Gathering, tuple[Effect, ...]]) -> None:
        """The same, with what follows from it."""
        after, effects = outcome
        self.set(after)
        for effect in effects:
            match effect:
                case Open(room=room):
                    self._microphones.say_again(room)
                    self._wake.set()
                case Lost(room=room, since_ms=since_ms):
                    log.warning("a room's link is lost", extra={"room": room})
                    await self.witness.lost(room, since_ms)
                case Back(room=room):
                    log.info("a room's link is back", extra={"room": room})
                    await self.witness.back(room)
                case Attested(room=room, public=public):
                    await self.witness.attested(room, public, self.now_ms)

    async def cut(self, room: SourceId, outcome: tuple[Gathering, tuple[Effect, ...]]) -> None:
        """The same, and the room's connections end."""
        await self.apply(outcome)
        try:
            for source in (room, self.documents.get(room)):
                if source is not None:
                    await self._rtc.clear_room(source)
        except LinkLost:
            log.warning("a room's connections could not be ended", extra={"room": room})

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told, on the loop, when something changed; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def tell(self) -> None:
        """Something changed."""
        for listener in tuple(self._listeners):
            listener()

    # -- links ------------------------------------------------------------------------------------------------------

    def link_news(self, news: RoomNews) -> None:
        """How a connection goes, from the rtc process."""
        room = next((r for r, document in self.documents.items() if document == news.source), news.source)
        if room not in self.gathering.rooms:
            return
        now = self.now_ms
        if news.state == "connected" and self.room(room).phase is not Phase.ADMITTED:
            # Cut while rtc could not be reached, or let in by a régie that lost its memory since.
            self._unwanted.add(news.session)
            self._wake.set()
            return
        link = Link(
            session=news.session,
            connected=news.state == "connected",
            at_ms=now,
            picture_age_ms=news.picture_age_ms,
            sound_age_ms=news.sound_age_ms,
            kbps=news.kbps,
            lost=news.lost,
            loss_permille=news.loss_permille,
            tier=news.tier,
        )
        self.set(self.gathering.link_news(room, link, news.source != room, now))

    def rtc_lost(self) -> None:
        """The rtc process died: every page makes its connection anew."""
        self.pages.tell_all(Order(quoi="recommencer"))

    # -- time and the rest of the régie -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Notice losses, follow the register's floor, tell the pages, until cancelled."""
        loop = asyncio.get_running_loop()
        self._wake.set()

        def wake() -> None:
            loop.call_soon_threadsafe(self._wake.set)

        stops = [self._core.listen(self._wake.set), self._status.listen(wake)]
        try:
            while True:
                try:
                    async with asyncio.timeout(STEP_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                self._wake.clear()
                await self.step()
        finally:
            for stop in stops:
                stop()

    async def step(self) -> None:
        """What is due now."""
        await self.apply(self.gathering.step(self.now_ms, self.witness.house.freeze_after_ms))
        await self.witness.broadcast(self._status.get())
        await self._refuse_unwanted()
        await self._follow_floor()
        await self._follow_recusals()
        if self._status.get() is None:
            self._microphones.engine_away()
        else:
            await self._microphones.keep(self.gathering.rooms.values())
        await self._keep(to_keep(self.gathering))
        for room in self.gathering.rooms.values():
            self._show(room)

    async def _refuse_unwanted(self) -> None:
        """Connections of rooms that are not in, which only an accident leaves."""
        while self._unwanted:
            try:
                await self._rtc.hangup(self._unwanted.pop())
            except LinkLost:
                return  # rtc tells of it again once it is back

    async def _follow_floor(self) -> None:
        """The register gives the floor to somebody: the microphone of his room opens, the one before closes."""
        where = self.witness.speaking_room()
        if where == self._speaker_room:
            return
        before, self._speaker_room = self._speaker_room, where
        for room, act in ((before, self.gathering.take_floor), (where, self.gathering.give_floor)):
            if room in self.gathering.rooms:
                try:
                    await self.apply(act(room))
                except Refusal:
                    log.warning("the floor is with a room that is not there", extra={"room": room})

    async def _follow_recusals(self) -> None:
        """A room of people who withdrew from the item waits until it is over; whoever lets it in meanwhile is obeyed."""
        out = self.witness.withdrawn_rooms()
        before, self._withdrawn = self._withdrawn, out
        for room in tuple(self.gathering.rooms.values()):
            if room.id in out - before and room.phase is Phase.ADMITTED:
                await self.cut(room.id, self.gathering.park(room.id, RECUSED))
            elif room.id not in out and room.phase is Phase.PARKED and room.parked_for == RECUSED:
                await self.apply(self.gathering.call_back(room.id))

    def _show(self, room: Room) -> None:
        if not self.pages.has(room.id):
            return
        state = state_of(
            room,
            self.gathering,
            self._core.register(),
            self._status.get(),
            self._core.view(),
            self.documents.get(room.id),
            self.now_ms,
        )
        self.pages.show(room.id, state)

"""The remote rooms as control keeps them: who is let in, what each is told, what the engine and the register hear of it.

Runs on control's loop. What is decided is in :mod:`regie.rooms.gathering` (pure); here it meets the sockets, the rtc process, the
engine and the register. Keys outlive a restart: rooms come back by themselves.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from regie.board import EngineStatus, Latest
from regie.clock import Clock
from regie.domain.commands import EngineCommand, SetInput
from regie.domain.model import SourceId
from regie.domain.register import assembly
from regie.domain.register import commands as cmd
from regie.domain.register.remote import HouseRules
from regie.domain.register.state import Phase as RegisterPhase
from regie.domain.register.state import Register
from regie.domain.seance import Seance
from regie.errors import LinkLost, Refusal, RegieError
from regie.messages import RoomNews
from regie.rooms import access
from regie.rooms.access import Book, Invitation
from regie.rooms.gathering import (
    Attested,
    Back,
    Effect,
    Gathering,
    Link,
    Lost,
    Open,
    gathering,
    to_keep,
)
from regie.rooms.mailbox import Mailbox
from regie.rooms.protocol import (
    Answered,
    Hand,
    HungUp,
    Measured,
    Microphone,
    Offered,
    Order,
    Phase,
    Ready,
    Said,
    State,
    Tested,
    Word,
    Wrote,
)
from regie.rooms.telling import state_of

log = logging.getLogger(__name__)

STEP_S = 0.25
MAX_WORDS = 200
MODERATOR = "Régie"
AUTHOR = "salles distantes"


class Rtc(Protocol):
    """The rtc process."""

    async def offer_room(self, room: SourceId, document: bool, sdp: str, client: str) -> tuple[str, str]:
        """Answer a room's offer: its session and SDP. Raises Refusal, LinkLost."""

    async def hangup(self, session: str) -> None:
        """End a connection. Raises LinkLost."""


class Engine(Protocol):
    """The engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


class Core(Protocol):
    """The register."""

    async def submit(self, command: cmd.AnyCommand, author: str, command_id: str = "") -> object:
        """Raises Refusal, LinkLost."""

    def view(self) -> Seance | None:
        """The current séance."""

    def register(self) -> Register | None:
        """Its legal register."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of changes."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A word on the moderator's channel. In memory only."""

    room: SourceId
    mine: bool
    text: str
    at_ms: int


class Reception:
    """See the module. ``save`` keeps the book of keys; called from a thread, it may wait for the disk."""

    def __init__(
        self,
        rooms: Mapping[SourceId, str],
        documents: Mapping[SourceId, SourceId],
        clock: Clock,
        rtc: Rtc,
        engine: Engine,
        core: Core,
        status: Latest[EngineStatus | None],
        book: Book,
        save: Callable[[Book], None],
    ) -> None:
        """``rooms``: names by id. ``documents``: the source that shows what a room shares."""
        self.gathering = gathering(rooms, book.rooms)
        self._documents = dict(documents)
        self._clock = clock
        self._rtc = rtc
        self._engine = engine
        self._core = core
        self._status = status
        self._book = book
        self._save = save
        self._saved = book
        self._saving = asyncio.Lock()
        self._mail: dict[SourceId, Mailbox] = {}
        self._told: dict[SourceId, State] = {}
        self._speaker_room: SourceId = ""
        self._opened: dict[SourceId, bool] = {}
        self._wake = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.words: deque[Spoken] = deque(maxlen=MAX_WORDS)

    # -- keys -------------------------------------------------------------------------------------------------------

    async def invite(self, room: SourceId) -> Invitation:
        """A new invitation. Raises Refusal ``salle_inconnue``."""
        self.gathering.room(room)
        book, invitation = access.invite(self._book, room, self._now_ms())
        await self._keep(book)
        return invitation

    async def join(self, secret: str) -> tuple[SourceId, str]:
        """Exchange an invitation for a key: the room and the key. Raises Refusal ``invitation_inconnue``."""
        try:
            book, given, key = access.redeem(self._book, secret.strip(), self._now_ms())
        except Refusal:
            await self._keep(access.guessed_wrong(self._book))
            raise
        await self._keep(book)
        if self.gathering.room(given.room).phase is not Phase.AWAY:
            # Who comes with a new invitation is let in anew, whoever was there before.
            await self._cut(given.room, self.gathering.dismiss(given.room))
        return given.room, key

    def room_of(self, key: str) -> SourceId | None:
        """The room that a key opens, if it is still one of ours."""
        room = access.room_of(self._book, key, self._now_ms())
        return room if room in self.gathering.rooms else None

    async def _keep(self, book: Book) -> None:
        """One writer at a time; each writes the newest. A disk that refuses costs the next run, not this one."""
        self._book = book
        async with self._saving:
            book = self._book
            if book == self._saved:
                return
            try:
                await asyncio.to_thread(self._save, book)
            except OSError as error:
                log.error("the rooms' keys cannot be kept", extra={"reason": type(error).__name__})
            self._saved = book

    # -- a room's page ----------------------------------------------------------------------------------------------

    def enter(self, room: SourceId) -> Mailbox:
        """A page of this room is connected; it takes the place of any other."""
        before = self._mail.get(room)
        if before is not None:
            before.replace()
        mailbox = self._mail[room] = Mailbox()
        self._told.pop(room, None)
        self._set(self.gathering.page_came(room))
        return mailbox

    async def exit(self, room: SourceId, mailbox: Mailbox) -> None:
        """The page is gone; nothing happens when another took its place."""
        if self._mail.get(room) is mailbox:
            del self._mail[room]
            await self._apply(self.gathering.page_left(room))

    async def hear(self, room: SourceId, said: Said, client: str) -> None:
        """What a room's page says. Raises Refusal, LinkLost."""
        now = self._now_ms()
        match said:
            case Tested():
                self._set(self.gathering.tested(room, said, now))
            case Offered():
                await self._answer(room, said, client)
            case HungUp(document=document):
                await self._hang_up(room, document)
            case Hand():
                await self._hand(room, said, now)
            case Microphone(ouvert=on):
                self._set(self.gathering.muted(room, not on))
            case Measured():
                self._set(self.gathering.receives(room, said.images > 0 and said.son_ms > 500, now))
            case Ready():
                await self._apply(self.gathering.confirm(room, said.public, said.affiche, now))
            case Wrote(texte=text):
                self._word(room, text, mine=False)
            case _:
                pass  # greetings and pings are answered at the socket

    async def _answer(self, room: SourceId, offer: Offered, client: str) -> None:
        if self.gathering.room(room).phase is not Phase.ADMITTED:
            raise Refusal("the room is not admitted", code="salle_pas_admise", salle=room)
        source = self._documents.get(room, "") if offer.document else room
        if not source:
            raise Refusal("this room shares no document", code="partage_impossible", salle=room)
        session, sdp = await self._rtc.offer_room(source, offer.document, offer.sdp, client)
        self._set(self.gathering.connected(room, session, offer.document, self._now_ms()))
        mailbox = self._mail.get(room)
        if mailbox is not None:
            mailbox.tell(Answered(id=offer.id, sdp=sdp))

    async def _hang_up(self, room: SourceId, document: bool) -> None:
        one = self.gathering.room(room)
        link = one.document if document else one.link
        if link is not None:
            await self._rtc.hangup(link.session)

    async def _hand(self, room: SourceId, said: Hand, now: int) -> None:
        register = self._core.register()
        person = said.personne or self.gathering.room(room).hand_person
        if person and register is not None:
            if assembly.room_of(register, person) != room:
                raise Refusal("this member is not in this room", code="elu_absent", salle=room)
            command = cmd.AskFloor(person=person, place=room) if said.levee else cmd.WaiveFloor(person=person)
            await self._core.submit(command, AUTHOR)
        self._set(self.gathering.hand(room, said.levee, person, now))

    # -- people of the régie ----------------------------------------------------------------------------------------

    async def admit(self, room: SourceId) -> None:
        """Let a room in. Raises Refusal."""
        await self._apply(self.gathering.admit(room))

    async def park(self, room: SourceId, reason: str) -> None:
        """Put a room aside: its connection ends, its page waits. Raises Refusal."""
        await self._cut(room, self.gathering.park(room, reason))

    async def dismiss(self, room: SourceId) -> None:
        """A room leaves; it needs a new invitation to come back."""
        await self._cut(room, self.gathering.dismiss(room))
        await self._keep(access.forget(self._book, room))
        mailbox = self._mail.pop(room, None)
        if mailbox is not None:
            mailbox.replace()

    async def _cut(self, room: SourceId, outcome: tuple[Gathering, tuple[Effect, ...]]) -> None:
        before = self.gathering.room(room)
        await self._apply(outcome)
        for link in (before.link, before.document):
            if link is not None:
                try:
                    await self._rtc.hangup(link.session)
                except LinkLost:
                    log.warning("a room's connection could not be ended", extra={"room": room})

    async def give_floor(self, room: SourceId) -> None:
        """Open a room's microphone. Raises Refusal."""
        await self._apply(self.gathering.give_floor(room))

    async def take_floor(self, room: SourceId) -> None:
        """Close it."""
        await self._apply(self.gathering.take_floor(room))

    async def stop_sharing(self, room: SourceId) -> None:
        """End a room's document."""
        await self._hang_up(room, True)
        mailbox = self._mail.get(room)
        if mailbox is not None:
            mailbox.tell(Order(quoi="cesser_partage"))

    def write(self, room: SourceId, text: str) -> None:
        """The moderator's word to a room. Raises Refusal."""
        self.gathering.room(room)
        self._word(room, text, mine=True)

    def _word(self, room: SourceId, text: str, *, mine: bool) -> None:
        text = " ".join(text.split())[:500]
        if not text:
            raise Refusal("the message is empty", code="message_vide")
        self.words.append(Spoken(room=room, mine=mine, text=text, at_ms=self._now_ms()))
        mailbox = self._mail.get(room)
        if mailbox is not None:
            mailbox.tell(Word(de=MODERATOR if mine else self.gathering.room(room).name, texte=text))
        self._tell()

    # -- links ------------------------------------------------------------------------------------------------------

    def link_news(self, news: RoomNews) -> None:
        """How a connection goes, from the rtc process."""
        room = next((r for r, document in self._documents.items() if document == news.source), news.source)
        if room not in self.gathering.rooms:
            return
        now = self._now_ms()
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
        self._set(self.gathering.link_news(room, link, news.source != room, now))

    def rtc_lost(self) -> None:
        """The rtc process died: every page makes its connection anew."""
        for mailbox in self._mail.values():
            mailbox.tell(Order(quoi="recommencer"))

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
                await self._step()
        finally:
            for stop in stops:
                stop()

    async def _step(self) -> None:
        register = self._core.register()
        rules = register.house if register is not None else HouseRules()
        await self._apply(self.gathering.step(self._now_ms(), rules.freeze_after_ms))
        await self._report_stream(register)
        await self._follow_floor(register)
        await self._keep_microphones()
        await self._keep(msgspec.structs.replace(self._book, rooms=to_keep(self.gathering)))
        for room in self.gathering.rooms:
            self._publish(room, register)

    async def _report_stream(self, register: Register | None) -> None:
        """Where the law wants the broadcast, tell the register whether it runs (TC2, TL9); before the opening, whether it can."""
        if register is None or not register.several_places or not register.regime.live_required:
            return
        status, seance = self._status.get(), self._core.view()
        up = status is not None and not status.webtv.reason
        if up and seance is not None and register.is_open and status is not None:
            up = status.webtv.seance == seance.id
        if register.stream.up is not up and register.phase is not RegisterPhase.CLOSED:
            try:
                await self._core.submit(cmd.ReportStream(up=up), AUTHOR)
            except RegieError as error:
                log.warning(
                    "the register did not take the broadcast's state", extra={"code": error.stable_code}
                )

    async def _follow_floor(self, register: Register | None) -> None:
        """The register gives the floor to somebody: the microphone of his room opens, the one before closes."""
        turn = register.floor.turn if register is not None and register.is_open else None
        where = assembly.room_of(register, turn.person) if register is not None and turn is not None else ""
        if where == self._speaker_room:
            return
        before, self._speaker_room = self._speaker_room, where
        for room, act in ((before, self.gathering.take_floor), (where, self.gathering.give_floor)):
            if room in self.gathering.rooms:
                try:
                    await self._apply(act(room))
                except Refusal:
                    log.warning("the floor is with a room that is not there", extra={"room": room})

    async def _keep_microphones(self) -> None:
        """What each room's microphone must be at the régie; said again after the engine restarted."""
        status = self._status.get()
        if status is None:
            self._opened.clear()
            return
        for room in self.gathering.rooms.values():
            wanted = room.floor and room.phase is Phase.ADMITTED
            if self._opened.get(room.id) is not wanted:
                try:
                    await self._engine.call(SetInput(source=room.id, muted=not wanted))
                    self._opened[room.id] = wanted
                except (Refusal, LinkLost) as error:
                    log.warning("a room's microphone is not set", extra={"code": error.stable_code})

    def _publish(self, room: SourceId, register: Register | None) -> None:
        mailbox = self._mail.get(room)
        if mailbox is None:
            return
        state = state_of(
            self.gathering.room(room),
            self.gathering,
            register,
            self._status.get(),
            self._core.view(),
            self._documents.get(room),
            self._now_ms(),
        )
        if self._told.get(room) != state:
            self._told[room] = state
            mailbox.tell(state)

    # -- effects ----------------------------------------------------------------------------------------------------

    async def _apply(self, outcome: tuple[Gathering, tuple[Effect, ...]]) -> None:
        after, effects = outcome
        self._set(after)
        for effect in effects:
            match effect:
                case Open(room=room):
                    self._opened.pop(room, None)
                    self._wake.set()
                case Lost(room=room, since_ms=since_ms):
                    log.warning("a room's link is lost", extra={"room": room})
                    await self._record(room, cmd.ReportLinkLost(room=room, since_ms=since_ms, place=room))
                case Back(room=room):
                    log.info("a room's link is back", extra={"room": room})
                    await self._record(room, cmd.ReportLinkBack(room=room, place=room))
                case Attested(room=room, public=public):
                    await self._record(room, cmd.AttestRoom(room=room, passed=True, place=room))
                    await self._record(room, cmd.AdmitPublic(room=room, admitted=public, place=room))

    async def _record(self, room: SourceId, command: cmd.AnyCommand) -> None:
        """Tell the register, if this séance sits in that room; a refusal is said to the operators, not to the room."""
        register = self._core.register()
        if register is None or all(one.id != room or not one.opened for one in register.rooms):
            return
        try:
            await self._core.submit(command, AUTHOR)
        except RegieError as error:
            log.warning(
                "the register did not take a room's event", extra={"code": error.stable_code, "room": room}
            )

    def _set(self, after: Gathering) -> None:
        if after is not self.gathering:
            self.gathering = after
            self._wake.set()
            self._tell()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told, on the loop, when something changed; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _now_ms(self) -> int:
        return self._clock.utc_ns() // 1_000_000

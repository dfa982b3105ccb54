"""The remote rooms as control keeps them: who is let in, what each is told, what the engine hears of it.

Runs on control's loop. What is decided is in :mod:`regie.rooms.gathering` (pure); here it meets the pages, the rtc process and the
engine; the register in :mod:`regie.rooms.witness`. Keys (:mod:`regie.rooms.keyring`) outlive a restart: rooms come back by
themselves.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from regie.board import EngineStatus, Latest
from regie.clock import Clock
from regie.domain.model import SourceId
from regie.errors import LinkLost, Refusal
from regie.messages import RoomNews, Way
from regie.rooms.access import Book, Invitation, Pass, Use
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
from regie.rooms.keyring import Keyring
from regie.rooms.mailbox import Mailbox
from regie.rooms.microphones import Engine, Microphones
from regie.rooms.protocol import (
    Answered,
    Checked,
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
from regie.rooms.witness import Core, Witness

log = logging.getLogger(__name__)

STEP_S = 0.25
MAX_WORDS = 200
MAX_CARRIED = 64
"""Connections of encoders and screens that are remembered for their end."""
MODERATOR = "Régie"
ENOUGH_SOUND_MS = 500
"""Of each second: less is not hearing."""


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


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A word on the moderator's channel. In memory only."""

    room: SourceId
    mine: bool
    text: str
    at_ms: int


class Reception:
    """See the module. ``save`` keeps the ``book`` of keys; called from a thread, it may wait for the disk."""

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
        self._core = core
        self._witness = Witness(core)
        self._status = status
        self._keys = Keyring(book, save, self._now_ms)
        self._carried: dict[str, SourceId] = {}
        self._unwanted: set[str] = set()
        self._mail: dict[SourceId, Mailbox] = {}
        self._told: dict[SourceId, State] = {}
        self._speaker_room: SourceId = ""
        self._microphones = Microphones(engine)
        self._wake = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.words: deque[Spoken] = deque(maxlen=MAX_WORDS)

    # -- keys -------------------------------------------------------------------------------------------------------

    async def invite(self, room: SourceId) -> Invitation:
        """A new invitation. Raises Refusal ``salle_inconnue``."""
        self.gathering.room(room)
        return await self._keys.invite(room)

    async def join(self, secret: str) -> tuple[SourceId, str]:
        """Exchange an invitation for a key: the room and the key. Raises Refusal ``invitation_inconnue``."""
        room, key = await self._keys.redeem(secret)
        if self.gathering.room(room).phase is not Phase.AWAY:
            # Who comes with a new invitation is let in anew, whoever was there before.
            await self._cut(room, self.gathering.dismiss(room))
        return room, key

    async def grant(self, room: SourceId, use: Use) -> str:
        """A key for a screen of this room, or for the encoder that is this room. Raises Refusal ``salle_inconnue``."""
        self.gathering.room(room)
        return await self._keys.grant(room, use)

    def opened_by(self, key: str) -> Pass | None:
        """What a key opens, if it is still one of ours."""
        found = self._keys.opens(key)
        return found if found is not None and found.room in self.gathering.rooms else None

    def room_of(self, key: str) -> SourceId | None:
        """The room whose page a key opens."""
        found = self.opened_by(key)
        return found.room if found is not None and found.use is Use.STATION else None

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
                self._set(self.gathering.receives(room, said.images > 0, said.son_ms > ENOUGH_SOUND_MS, now))
            case Ready():
                await self._apply(self.gathering.confirm(room, said.public, said.affiche, now))
            case Checked(conforme=agrees):
                await self._witness.checked(room, agrees)
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
        way = Way.IN if offer.document else Way.BOTH
        session, sdp = await self._rtc.offer_room(source, way, offer.sdp, client, document=offer.document)
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
        person = said.personne or self.gathering.room(room).hand_person
        await self._witness.ask_floor(room, person, said.levee)
        self._set(self.gathering.hand(room, said.levee, person, now))

    # -- encoders and screens ---------------------------------------------------------------------------------------

    async def carry(
        self, room: SourceId, way: Way, sdp: str, client: str, *, screen: bool = False
    ) -> tuple[str, str]:
        """Answer an encoder that is the room (``IN``), or who only shows what it sees (``OUT``; ``screen``: to its public): session
        and SDP.

        An encoder has no page to wait on: its key, given by the régie, lets it in. Raises Refusal, LinkLost.
        """
        if way is Way.IN:
            await self._apply(self.gathering.encoder_came(room))
        elif self.gathering.room(room).phase is not Phase.ADMITTED:
            raise Refusal("the room is not admitted", code="salle_pas_admise", salle=room)
        session, answer = await self._rtc.offer_room(room, way, sdp, client, screen=screen)
        if way is Way.IN:
            self._set(self.gathering.connected(room, session, False, self._now_ms()))
            await self._give_way(room)
        self._carried[session] = room
        while len(self._carried) > MAX_CARRIED:
            self._carried.pop(next(iter(self._carried)))
        return session, answer

    async def _give_way(self, room: SourceId) -> None:
        """A page would take its place back from the encoder, and the encoder from the page, for ever."""
        mailbox = self._mail.pop(room, None)
        if mailbox is not None:
            mailbox.replace()
            self._set(self.gathering.muted(room, False))
            await self._apply(self.gathering.page_left(room))

    def encodes(self, room: SourceId) -> bool:
        """Is it an encoder that is the room now?"""
        link = self.gathering.room(room).link
        return link is not None and link.session in self._carried

    def confirmed(self, room: SourceId) -> bool:
        """Its agent's word, given on its page or on ``/auxiliaire``, where an encoder has no other place to give it."""
        return self.gathering.room(room).confirmed or self._witness.tested(room)

    async def drop(self, room: SourceId, session: str) -> None:
        """It ends its connection. Raises Refusal ``session_inconnue``, LinkLost."""
        if self._carried.get(session) != room:
            raise Refusal("this room has no such connection", code="session_inconnue", salle=room)
        del self._carried[session]
        await self._rtc.hangup(session)

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
        await self._keys.forget(room)
        mailbox = self._mail.pop(room, None)
        if mailbox is not None:
            mailbox.replace()

    async def _cut(self, room: SourceId, outcome: tuple[Gathering, tuple[Effect, ...]]) -> None:
        await self._apply(outcome)
        try:
            for source in (room, self._documents.get(room)):
                if source is not None:
                    await self._rtc.clear_room(source)
        except LinkLost:
            log.warning("a room's connections could not be ended", extra={"room": room})

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
        if news.state == "connected" and self.gathering.room(room).phase is not Phase.ADMITTED:
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
        await self._apply(self.gathering.step(self._now_ms(), self._witness.house.freeze_after_ms))
        await self._witness.broadcast(self._status.get())
        await self._refuse_unwanted()
        await self._follow_floor()
        if self._status.get() is None:
            self._microphones.engine_away()
        else:
            await self._microphones.keep(self.gathering.rooms.values())
        await self._keys.keep_rooms(to_keep(self.gathering))
        for room in self.gathering.rooms:
            self._publish(room)

    async def _refuse_unwanted(self) -> None:
        """Connections of rooms that are not in, which only an accident leaves."""
        while self._unwanted:
            try:
                await self._rtc.hangup(self._unwanted.pop())
            except LinkLost:
                return  # rtc tells of it again once it is back

    async def _follow_floor(self) -> None:
        """The register gives the floor to somebody: the microphone of his room opens, the one before closes."""
        where = self._witness.speaking_room()
        if where == self._speaker_room:
            return
        before, self._speaker_room = self._speaker_room, where
        for room, act in ((before, self.gathering.take_floor), (where, self.gathering.give_floor)):
            if room in self.gathering.rooms:
                try:
                    await self._apply(act(room))
                except Refusal:
                    log.warning("the floor is with a room that is not there", extra={"room": room})

    def _publish(self, room: SourceId) -> None:
        mailbox = self._mail.get(room)
        if mailbox is None:
            return
        state = state_of(
            self.gathering.room(room),
            self.gathering,
            self._core.register(),
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
                    self._microphones.say_again(room)
                    self._wake.set()
                case Lost(room=room, since_ms=since_ms):
                    log.warning("a room's link is lost", extra={"room": room})
                    await self._witness.lost(room, since_ms)
                case Back(room=room):
                    log.info("a room's link is back", extra={"room": room})
                    await self._witness.back(room)
                case Attested(room=room, public=public):
                    await self._witness.attested(room, public)

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

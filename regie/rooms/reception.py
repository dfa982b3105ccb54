"""The remote rooms as control keeps them: who is let in, what each asks for, what people of the régie do with them.

Runs on control's loop. What is decided is in :mod:`regie.rooms.gathering` (pure), and put into effect by :mod:`regie.rooms.house`.
Keys (:mod:`regie.rooms.keyring`) outlive a restart: rooms come back by themselves.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping

from regie.board import EngineStatus, Latest
from regie.clock import Clock
from regie.domain.model import SourceId
from regie.errors import Refusal
from regie.messages import RoomNews, Way
from regie.rooms.access import Book, Invitation, Pass, Use
from regie.rooms.gathering import Gathering, gathering
from regie.rooms.house import House, Rtc
from regie.rooms.keyring import Keyring
from regie.rooms.mailbox import Mailbox
from regie.rooms.microphones import Engine
from regie.rooms.pages import Spoken
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
    Tested,
    Wrote,
)
from regie.rooms.witness import Core

log = logging.getLogger(__name__)

MAX_CARRIED = 64
"""Connections of encoders and screens that are remembered for their end."""
ENOUGH_SOUND_MS = 500
"""Of each second: less is not hearing."""


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
        self._keys = Keyring(book, save, lambda: self._house.now_ms)
        before = gathering(rooms, book.rooms)
        self._house = House(before, documents, clock, rtc, engine, core, status, self._keys.keep_rooms)
        self._rtc = rtc
        self._carried: dict[str, SourceId] = {}
        self._following: dict[tuple[SourceId, str], str] = {}

    @property
    def gathering(self) -> Gathering:
        """Every room as it stands."""
        return self._house.gathering

    @property
    def words(self) -> deque[Spoken]:
        """The moderator's channel, oldest first."""
        return self._house.pages.words

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told, on the loop, when something changed; the returned function ends it."""
        return self._house.listen(listener)

    def link_news(self, news: RoomNews) -> None:
        """How a connection goes, from the rtc process."""
        if news.state == "closed":
            self._following = {who: one for who, one in self._following.items() if one != news.session}
        self._house.link_news(news)

    def rtc_lost(self) -> None:
        """The rtc process died: every page makes its connection anew."""
        self._following.clear()
        self._house.rtc_lost()

    async def run(self) -> None:
        """Notice losses, follow the register's floor, tell the pages, until cancelled."""
        await self._house.run()

    # -- keys -------------------------------------------------------------------------------------------------------

    async def invite(self, room: SourceId) -> Invitation:
        """A new invitation. Raises Refusal ``salle_inconnue``."""
        self._house.room(room)
        return await self._keys.invite(room)

    async def join(self, secret: str) -> tuple[SourceId, str]:
        """Exchange an invitation for a key: the room and the key. Raises Refusal ``invitation_inconnue``."""
        room, key = await self._keys.redeem(secret)
        if self._house.room(room).phase is not Phase.AWAY:
            # Who comes with a new invitation is let in anew, whoever was there before.
            await self._house.cut(room, self.gathering.dismiss(room))
        return room, key

    async def grant(self, room: SourceId, use: Use) -> str:
        """A key for a screen of this room, or for the encoder that is this room. Raises Refusal ``salle_inconnue``."""
        self._house.room(room)
        return await self._keys.grant(room, use)

    async def invite_person(self, room: SourceId, person: str) -> str:
        """A key for one person who follows a room: sees and hears what it does, takes no part. Raises Refusal ``salle_inconnue``,
        ``participant_sans_nom``, ``participants_complets``."""
        self._house.room(room)
        return await self._keys.invite_person(room, person)

    async def remove_person(self, room: SourceId, person: str) -> None:
        """He follows no more, from now on. Raises Refusal ``salle_inconnue``, LinkLost."""
        self._house.room(room)
        await self._keys.remove_person(room, person)
        session = self._following.pop((room, person), None)
        if session is not None:
            await self._rtc.hangup(session)

    def persons(self, room: SourceId) -> tuple[str, ...]:
        """Who may follow a room."""
        return self._keys.persons(room)

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
        mailbox = self._house.pages.enter(room)
        self._house.set(self.gathering.page_came(room))
        return mailbox

    async def exit(self, room: SourceId, mailbox: Mailbox) -> None:
        """The page is gone; nothing happens when another took its place."""
        if self._house.pages.leave(room, mailbox):
            await self._house.apply(self.gathering.page_left(room))

    async def hear(self, room: SourceId, said: Said, client: str) -> None:
        """What a room's page says. Raises Refusal, LinkLost."""
        now = self._house.now_ms
        match said:
            case Tested():
                self._house.set(self.gathering.tested(room, said, now))
            case Offered():
                await self._answer(room, said, client)
            case HungUp(document=document):
                await self._hang_up(room, document)
            case Hand():
                await self._hand(room, said, now)
            case Microphone(ouvert=on):
                self._house.set(self.gathering.muted(room, not on))
            case Measured():
                self._house.set(
                    self.gathering.receives(room, said.images > 0, said.son_ms > ENOUGH_SOUND_MS, now)
                )
            case Ready():
                await self._house.apply(self.gathering.confirm(room, said.public, said.affiche, now))
            case Checked(conforme=agrees):
                await self._house.witness.checked(room, agrees)
            case Wrote(texte=text):
                self._word(room, text, mine=False)
            case _:
                pass  # greetings and pings are answered at the socket

    async def _answer(self, room: SourceId, offer: Offered, client: str) -> None:
        if self._house.room(room).phase is not Phase.ADMITTED:
            raise Refusal("the room is not admitted", code="salle_pas_admise", salle=room)
        source = self._house.documents.get(room, "") if offer.document else room
        if not source:
            raise Refusal("this room shares no document", code="partage_impossible", salle=room)
        way = Way.IN if offer.document else Way.BOTH
        session, sdp = await self._rtc.offer_room(source, way, offer.sdp, client, document=offer.document)
        self._house.set(self.gathering.connected(room, session, offer.document, self._house.now_ms))
        self._house.pages.tell(room, Answered(id=offer.id, sdp=sdp))

    async def _hang_up(self, room: SourceId, document: bool) -> None:
        one = self._house.room(room)
        link = one.document if document else one.link
        if link is not None:
            await self._rtc.hangup(link.session)

    async def _hand(self, room: SourceId, said: Hand, now: int) -> None:
        person = said.personne or self._house.room(room).hand_person
        await self._house.witness.ask_floor(room, person, said.levee)
        self._house.set(self.gathering.hand(room, said.levee, person, now))

    # -- encoders and screens ---------------------------------------------------------------------------------------

    async def carry(
        self, room: SourceId, way: Way, sdp: str, client: str, *, screen: bool = False, person: str = ""
    ) -> tuple[str, str]:
        """Answer an encoder that is the room (``IN``), or who only shows what it sees (``OUT``; ``screen``: to its public;
        ``person``: to that one, once at a time): session and SDP.

        An encoder has no page to wait on: its key, given by the régie, lets it in. Raises Refusal, LinkLost.
        """
        if (room, person) in self._following:
            raise Refusal("this invitation serves already", code="participant_deja_la")
        if way is Way.IN:
            await self._house.apply(self.gathering.encoder_came(room))
        elif self._house.room(room).phase is not Phase.ADMITTED:
            raise Refusal("the room is not admitted", code="salle_pas_admise", salle=room)
        session, answer = await self._rtc.offer_room(room, way, sdp, client, screen=screen)
        if way is Way.IN:
            self._house.set(self.gathering.connected(room, session, False, self._house.now_ms))
            await self._give_way(room)
        if person:
            self._following[room, person] = session
        self._carried[session] = room
        while len(self._carried) > MAX_CARRIED:
            self._carried.pop(next(iter(self._carried)))
        return session, answer

    async def _give_way(self, room: SourceId) -> None:
        """A page would take its place back from the encoder, and the encoder from the page, for ever."""
        if self._house.pages.dismiss(room):
            self._house.set(self.gathering.muted(room, False))
            await self._house.apply(self.gathering.page_left(room))

    def encodes(self, room: SourceId) -> bool:
        """Is it an encoder that is the room now?"""
        link = self._house.room(room).link
        return link is not None and link.session in self._carried

    def confirmed(self, room: SourceId) -> bool:
        """Its agent's word, given on its page or on ``/auxiliaire``, where an encoder has no other place to give it."""
        return self._house.room(room).confirmed or self._house.witness.tested(room)

    async def drop(self, room: SourceId, session: str) -> None:
        """It ends its connection. Raises Refusal ``session_inconnue``, LinkLost."""
        if self._carried.get(session) != room:
            raise Refusal("this room has no such connection", code="session_inconnue", salle=room)
        del self._carried[session]
        await self._rtc.hangup(session)

    # -- people of the régie ----------------------------------------------------------------------------------------

    async def admit(self, room: SourceId) -> None:
        """Let a room in. Raises Refusal."""
        await self._house.apply(self.gathering.admit(room))

    async def park(self, room: SourceId, reason: str) -> None:
        """Put a room aside: its connection ends, its page waits. Raises Refusal."""
        await self._house.cut(room, self.gathering.park(room, reason))

    async def dismiss(self, room: SourceId) -> None:
        """A room leaves; it needs a new invitation to come back."""
        await self._house.cut(room, self.gathering.dismiss(room))
        await self._keys.forget(room)
        self._house.pages.dismiss(room)

    async def give_floor(self, room: SourceId) -> None:
        """Open a room's microphone. Raises Refusal."""
        await self._house.apply(self.gathering.give_floor(room))

    async def take_floor(self, room: SourceId) -> None:
        """Close it."""
        await self._house.apply(self.gathering.take_floor(room))

    async def stop_sharing(self, room: SourceId) -> None:
        """End a room's document."""
        await self._hang_up(room, True)
        self._house.pages.tell(room, Order(quoi="cesser_partage"))

    def write(self, room: SourceId, text: str) -> None:
        """The moderator's word to a room. Raises Refusal."""
        self._word(room, text, mine=True)

    def _word(self, room: SourceId, text: str, *, mine: bool) -> None:
        self._house.pages.word(room, self._house.room(room).name, text, self._house.now_ms, mine=mine)
        self._house.tell()

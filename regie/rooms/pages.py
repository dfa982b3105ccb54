"""The pages of the rooms that are connected: one a room, what each was told last, and the words exchanged with the moderator."""

from collections import deque

import msgspec

from regie.domain.model import SourceId
from regie.errors import Refusal
from regie.rooms.mailbox import Mailbox
from regie.rooms.protocol import State, Told, Word

MAX_WORDS = 200
MAX_LENGTH = 500
MODERATOR = "Régie"


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A word on the moderator's channel. In memory only."""

    room: SourceId
    mine: bool
    text: str
    at_ms: int


class Pages:
    """See the module."""

    def __init__(self) -> None:
        self._mail: dict[SourceId, Mailbox] = {}
        self._shown: dict[SourceId, State] = {}
        self.words: deque[Spoken] = deque(maxlen=MAX_WORDS)

    def has(self, room: SourceId) -> bool:
        """Is its page connected?"""
        return room in self._mail

    def enter(self, room: SourceId) -> Mailbox:
        """A page of this room is connected; it takes the place of any other."""
        self.dismiss(room)
        mailbox = self._mail[room] = Mailbox()
        self._shown.pop(room, None)
        return mailbox

    def leave(self, room: SourceId, mailbox: Mailbox) -> bool:
        """A page is gone. False when another took its place already."""
        if self._mail.get(room) is not mailbox:
            return False
        del self._mail[room]
        return True

    def dismiss(self, room: SourceId) -> bool:
        """Its page has to go, if it is there."""
        mailbox = self._mail.pop(room, None)
        if mailbox is not None:
            mailbox.replace()
        return mailbox is not None

    def tell(self, room: SourceId, told: Told) -> None:
        """A message, if its page is there."""
        mailbox = self._mail.get(room)
        if mailbox is not None:
            mailbox.tell(told)

    def tell_all(self, told: Told) -> None:
        """A message for every page."""
        for mailbox in self._mail.values():
            mailbox.tell(told)

    def show(self, room: SourceId, state: State) -> None:
        """What it shows from now on; nothing is sent when it is what it shows already."""
        if self._shown.get(room) != state:
            self._shown[room] = state
            self.tell(room, state)

    def word(self, room: SourceId, name: str, text: str, at_ms: int, *, mine: bool) -> None:
        """A word of the room called ``name``, or of the moderator to it (``mine``). Raises Refusal ``message_vide``."""
        text = " ".join(text.split())[:MAX_LENGTH]
        if not text:
            raise Refusal("the message is empty", code="message_vide")
        self.words.append(Spoken(room=room, mine=mine, text=text, at_ms=at_ms))
        self.tell(room, Word(de=MODERATOR if mine else name, texte=text))

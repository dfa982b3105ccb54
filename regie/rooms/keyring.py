"""The keys of the remote rooms, on disk before they are given: who may come back as which room, across restarts."""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from regie.domain.model import SourceId
from regie.errors import Refusal
from regie.rooms import access
from regie.rooms.access import Book, Invitation, Kept, Pass, Use

log = logging.getLogger(__name__)


class Keyring:
    """See the module. ``save`` keeps the book; called from a thread, it may wait for the disk. ``now_ms``: UTC."""

    def __init__(self, book: Book, save: Callable[[Book], None], now_ms: Callable[[], int]) -> None:
        self._book = self._saved = book
        self._save = save
        self._now_ms = now_ms
        self._saving = asyncio.Lock()

    async def invite(self, room: SourceId) -> Invitation:
        """A new invitation; those that the room had and did not use are void."""
        book, invitation = access.invite(self._book, room, self._now_ms())
        await self._keep(book)
        return invitation

    async def redeem(self, secret: str) -> tuple[SourceId, str]:
        """Exchange an invitation for a key: the room and the key. Raises Refusal ``invitation_inconnue``."""
        try:
            book, given, key = access.redeem(self._book, secret.strip(), self._now_ms())
        except Refusal:
            await self._keep(access.guessed_wrong(self._book))
            raise
        await self._keep(book)
        return given.room, key

    async def grant(self, room: SourceId, use: Use) -> str:
        """A key for a screen or an encoder of a room."""
        book, key = access.grant(self._book, room, use, self._now_ms())
        await self._keep(book)
        return key

    async def invite_person(self, room: SourceId, person: str) -> str:
        """A key for one person who follows a room. Raises Refusal ``participant_sans_nom``, ``participants_complets``."""
        book, key = access.invite_person(self._book, room, person, self._now_ms())
        await self._keep(book)
        return key

    async def remove_person(self, room: SourceId, person: str) -> None:
        """He follows no more."""
        await self._keep(access.remove_person(self._book, room, person))

    def persons(self, room: SourceId) -> tuple[str, ...]:
        """Who may follow a room."""
        return access.persons(self._book, room, self._now_ms())

    def opens(self, key: str) -> Pass | None:
        """What a key opens."""
        return access.pass_of(self._book, key, self._now_ms())

    async def forget(self, room: SourceId) -> None:
        """Nobody may come back as this room without a new invitation."""
        await self._keep(access.forget(self._book, room))

    async def keep_rooms(self, rooms: tuple[Kept, ...]) -> None:
        """Where each room stands, for the régie's next run."""
        await self._keep(msgspec.structs.replace(self._book, rooms=rooms))

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

"""What one connection of a room's page is to be told."""

import asyncio
from collections import deque

from regie.rooms.protocol import Order, State, Told

MAX_WAITING = 64


class Mailbox:
    """What one connection of a room's page is to be told: its newest state, and messages that are all owed."""

    def __init__(self) -> None:
        self._ready = asyncio.Event()
        self._state: State | None = None
        self._messages: deque[Told] = deque()
        self.replaced = False
        self.overrun = False

    def tell(self, told: Told) -> None:
        """Add without waiting; a page that takes nothing is to be dismissed (``overrun``)."""
        if isinstance(told, State):
            self._state = told
        elif len(self._messages) >= MAX_WAITING:
            self.overrun = True
        else:
            self._messages.append(told)
        self._ready.set()

    def replace(self) -> None:
        """Another page has taken the room's place."""
        self.replaced = True
        self.tell(Order(quoi="partir"))

    async def take(self) -> tuple[Told, ...]:
        """Wait for something to say."""
        await self._ready.wait()
        self._ready.clear()
        said = tuple(self._messages)
        self._messages.clear()
        state, self._state = self._state, None
        return said if state is None else (*said, state)

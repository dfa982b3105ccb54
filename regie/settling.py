"""What was typed without the network is merged in one go, its past first: nobody acts on that past, only on where it ends."""

import asyncio
import contextlib

SETTLES_S = 2.0
"""A merge is over when nothing late was written for so long: a tablet sends its entries one upon the other."""
AT_MOST_S = 10.0


class Settling:
    """Holds who follows the register while a merge goes on, never longer than ``AT_MOST_S`` at a time. On one event loop."""

    def __init__(self) -> None:
        self._until = 0.0
        self._ended = asyncio.Event()

    def heard_late(self) -> None:
        """Something late was written."""
        self._until = asyncio.get_running_loop().time() + SETTLES_S

    def end(self) -> None:
        """What holds now is known: nobody waits any longer."""
        self._until = 0.0
        self._ended.set()

    async def over(self) -> None:
        """Return once the merge is over; at once when there is none."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + AT_MOST_S
        self._ended.clear()
        while (left := min(self._until, give_up) - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._ended.wait()

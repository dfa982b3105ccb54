"""What the director orders, carried out: shots and names by the engine, in their order; each camera on its own.

Whatever is refused here leaves the picture where it is.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, assert_never

from regie.board import EngineStatus, Latest
from regie.cameras.news import PresetView
from regie.domain.commands import DeclareOpen, EngineCommand, SetClosed, SetPreview, SetTitle, TakeShot
from regie.domain.director.moves import HideTitle, Move, Recall, ShowTitle, Take
from regie.domain.model import SourceId, Title
from regie.errors import LinkLost, Refusal, RegieError

log = logging.getLogger(__name__)

BARRED_MS = 5000
"""A framing that a camera refused is not asked for again before that."""
STALE_MS = 1500
"""News of a camera that were on their way when it was sent are not believed for that long."""
AGAIN_MS = 3000
CLOSE_AGAIN_MS = 1000
"""What the engine does not say to be closed yet is asked again after that."""

Settings = SetPreview | DeclareOpen | SetClosed
ToEngine = Take | ShowTitle | HideTitle | Settings


class Caller(Protocol):
    """The engine."""

    async def call(self, command: EngineCommand) -> None:
        """Raises Refusal, LinkLost."""


class Cameras(Protocol):
    """The cameras, as the director reaches them."""

    def presets(self) -> tuple[PresetView, ...]:
        """The presets."""

    async def recall(self, preset: str, speed: float = 1.0, seconds: float | None = None) -> None:
        """Turn a camera. Raises Refusal."""


class Orders:
    """See the module. Lives on control's loop; :meth:`run` must run for anything to be done."""

    def __init__(
        self,
        engine: Caller,
        cameras: Cameras,
        status: Latest[EngineStatus | None],
        title_of: Callable[[str], Title | None],
        now_ms: Callable[[], int],
        doubt: Callable[[SourceId], None],
    ) -> None:
        """``title_of``: the name of who sits there; ``doubt``: what was last heard of a camera says nothing any more."""
        self._engine, self._cameras, self._status = engine, cameras, status
        self._title_of, self._now, self._doubt = title_of, now_ms, doubt
        self._waiting: asyncio.Queue[Move | Settings] = asyncio.Queue(64)
        self._sent: dict[SourceId, tuple[str, int]] = {}
        self._barred: dict[str, int] = {}
        self._declared: tuple[str, tuple[str, ...] | None] | None = None
        self._closing: tuple[tuple[SourceId, ...], int] = ((), -CLOSE_AGAIN_MS)
        self._title: Title | None = None
        self.lost = 0
        """Orders that found the queue full."""

    # -- what is ordered --------------------------------------------------------------------------------------------

    def put(self, order: Move | Settings) -> bool:
        """Have it done; False when too much waits already. A camera that was just sent there is not hammered."""
        if isinstance(order, Recall):
            before, at = self._sent.get(order.source, ("", -AGAIN_MS))
            if before == order.framing and self._now() - at < AGAIN_MS:
                return True
            self._sent[order.source] = (order.framing, self._now())
            self._doubt(order.source)
        try:
            self._waiting.put_nowait(order)
        except asyncio.QueueFull:
            self.lost += 1
            return False
        return True

    def declare(self, run: str, opened: tuple[str, ...] | None) -> None:
        """The engine compares what it hears with the microphones that are said to be open; a fresh one (``run``) is told again."""
        if (run, opened) != self._declared and self.put(DeclareOpen(microphones=opened)):
            self._declared = (run, opened)

    def close(self, wanted: tuple[SourceId, ...]) -> None:
        """These sound inputs are to be heard by nobody: an engine that says otherwise, being new or not told, is told."""
        status, now = self._status.get(), self._now()
        if status is None or wanted == tuple(sorted(one.source for one in status.inputs if one.closed)):
            return
        asked, at = self._closing
        if (asked != wanted or now - at > CLOSE_AGAIN_MS) and self.put(SetClosed(inputs=wanted)):
            self._closing = (wanted, now)

    def sent(self, source: SourceId) -> tuple[str, bool]:
        """The framing that a camera was last sent to, and whether this was but a moment ago."""
        framing, at = self._sent.get(source, ("", -STALE_MS))
        return framing, self._now() - at < STALE_MS

    def barred(self) -> frozenset[str]:
        """Framings that a camera refused a moment ago."""
        now = self._now()
        self._barred = {framing: until for framing, until in self._barred.items() if until > now}
        return frozenset(self._barred)

    # -- carrying them out ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Carry them out, for ever: cuts do not wait for cameras."""
        async with asyncio.TaskGroup() as recalls:
            while True:
                order = await self._waiting.get()
                if isinstance(order, Recall):
                    recalls.create_task(self._recall(order), name=f"recall {order.source}")
                    continue
                try:
                    await self._to_engine(order)
                except (Refusal, LinkLost) as error:
                    if isinstance(order, DeclareOpen):
                        self._declared = None  # said again at the next look
                    log.warning("the director's order was refused", extra={"code": error.stable_code})

    async def _to_engine(self, order: ToEngine) -> None:
        match order:
            case Take(shot=shot):
                await self._engine.call(TakeShot(shot=shot))
            case SetPreview() | DeclareOpen() | SetClosed():
                await self._engine.call(order)
            case ShowTitle(seat=seat):
                title = self._title_of(seat)
                if title is not None:
                    self._title = title
                    await self._engine.call(SetTitle(title=title))
            case HideTitle():
                status = self._status.get()
                # Somebody may have put another name meanwhile: that one is his.
                if status is not None and status.title is not None and status.title == self._title:
                    await self._engine.call(SetTitle(title=None))
            case _:
                assert_never(order)

    async def _recall(self, order: Recall) -> None:
        try:
            await self._cameras.recall(order.framing)
        except RegieError as error:
            log.info("a camera was not sent", extra={"camera": order.source, "code": error.stable_code})
            self._barred[order.framing] = self._now() + BARRED_MS
            self._sent.pop(order.source, None)
            self._doubt(order.source)

"""The engine and the rtc process as control reaches them: links that come back by themselves, calls that always end."""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from regie.board import EngineStatus, Latest, Levels
from regie.clock import Clock
from regie.domain.commands import EngineCommand
from regie.domain.model import SourceId
from regie.domain.timeline import SAMPLE_RATE
from regie.errors import LinkLost, Refusal
from regie.link import Peer, connect
from regie.messages import (
    Answer,
    Call,
    Hangup,
    LevelsNews,
    Message,
    Offer,
    RoomNews,
    StatusNews,
    Subscribe,
    ThumbnailNews,
    Way,
)

log = logging.getLogger(__name__)

RETRY_S = 0.2
CALL_S = 4.0
OFFER_S = 8.0


class Remote:
    """A process of ours at the other end of a socket. ``name`` is for logs, ``away`` the code of calls that cannot be made."""

    def __init__(self, path: Path, name: str, away: str) -> None:
        self._path = path
        self._name = name
        self._away = away
        self._ids = itertools.count(1)
        self._peer: Peer | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}

    async def run(
        self,
        greeting: Message | None = None,
        on_news: Callable[[Message], None] = lambda message: None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """Stay connected, whatever happens to the other end, until cancelled."""
        while True:
            try:
                peer = await connect(self._path)
            except LinkLost:
                await asyncio.sleep(RETRY_S)
                continue
            log.info("link: connected", extra={"to": self._name})
            self._peer = peer
            try:
                if greeting is not None:
                    peer.send(greeting)
                async for message in peer.messages():
                    if isinstance(message, Answer):
                        self._answered(message)
                    else:
                        on_news(message)
            except LinkLost as error:
                log.error(
                    "link: the other end talks nonsense", extra={"to": self._name, "code": error.stable_code}
                )
            finally:
                self._peer = None
                peer.close()
                self._abandon()
                on_lost()
            log.warning("link: lost", extra={"to": self._name})

    async def ask(self, message: Callable[[int], Message], timeout_s: float) -> Answer:
        """Send what ``message(id)`` makes, wait for the answer. Raises Refusal as the other end says, LinkLost when it is away."""
        peer = self._peer
        if peer is None:
            raise LinkLost(f"{self._name} is away", code=self._away)
        number = next(self._ids)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            if not peer.send(message(number)):
                raise LinkLost(f"{self._name} is away", code=self._away)
            async with asyncio.timeout(timeout_s):
                answer = await future
        except TimeoutError as error:
            raise LinkLost(f"{self._name} does not answer", code=self._away) from error
        finally:
            self._waiting.pop(number, None)
        if answer.code:
            raise Refusal(answer.detail or answer.code, code=answer.code)
        return answer

    def tell(self, message: Message) -> None:
        """Send without waiting for anything. Raises LinkLost when the other end is away."""
        if self._peer is None or not self._peer.send(message):
            raise LinkLost(f"{self._name} is away", code=self._away)

    def _answered(self, answer: Answer) -> None:
        future = self._waiting.get(answer.id)
        if future is not None and not future.done():
            future.set_result(answer)

    def _abandon(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LinkLost(f"{self._name} went away", code=self._away))


class MediaNow(msgspec.Struct, frozen=True):
    """Media time at this instant: the engine's run, what is being made, and what citizens receive."""

    run: str
    live: int
    public: int


class EngineLink:
    """The engine: calls to it, and its newest news on the slots given (the pages' board)."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        status: Latest[EngineStatus | None],
        levels: Latest[Levels],
        thumbnails: Latest[Mapping[SourceId, ThumbnailNews]],
    ) -> None:
        self._remote = Remote(path, "engine", "moteur_absent")
        self._clock = clock
        self.status = status
        self._levels = levels
        self._thumbnails = thumbnails
        self._heard_ns = 0

    async def run(self) -> None:
        """Follow the engine until cancelled."""
        await self._remote.run(Subscribe(streams=("status", "thumbnails")), self._news, self._lost)

    async def call(self, command: EngineCommand) -> None:
        """Have a command carried out. Raises Refusal, LinkLost (``moteur_absent``)."""
        await self._remote.ask(lambda number: Call(id=number, command=command), CALL_S)

    def media_now(self) -> MediaNow | None:
        """Media time now; None while the engine is away."""
        status = self.status.get()
        if status is None:
            return None
        live = status.now + (self._clock.monotonic_ns() - self._heard_ns) * SAMPLE_RATE // 1_000_000_000
        return MediaNow(status.epoch.run, live, live - status.delay.held_ms * (SAMPLE_RATE // 1000))

    def _news(self, message: Message) -> None:
        match message:
            case StatusNews():
                self._heard_ns = self._clock.monotonic_ns()
                self.status.put(message.status)
            case LevelsNews():
                self._levels.put(message.levels)
            case ThumbnailNews():
                self._thumbnails.put({**self._thumbnails.get(), message.source: message})
            case _:
                pass  # pictures and sound are for the rtc process

    def _lost(self) -> None:
        self.status.put(None)
        self._levels.put(Levels())


class RtcLink:
    """The rtc process: signalling of the low-latency monitors."""

    def __init__(self, path: Path) -> None:
        self._remote = Remote(path, "rtc", "moniteur_absent")

    async def run(
        self,
        on_news: Callable[[RoomNews], None] = lambda news: None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """Follow the rtc process until cancelled. ``on_news``: how the links of the remote rooms go."""

        def heard(message: Message) -> None:
            if isinstance(message, RoomNews):
                on_news(message)

        await self._remote.run(None, heard, on_lost)

    async def offer_room(
        self, room: SourceId, way: Way, sdp: str, client: str, *, document: bool = False, screen: bool = False
    ) -> tuple[str, str]:
        """Answer an offer of a remote room, or for it: session id and SDP. Raises Refusal, LinkLost.

        ``screen``: it is for the public of the room; :meth:`hangup_screens` ends it.
        """
        session = secrets.token_urlsafe(12)

        def offer(number: int) -> Message:
            return Offer(
                id=number,
                session=session,
                stream="programme",
                sdp=sdp,
                client=client,
                room=room,
                document=document,
                way=way,
                screen=screen,
            )

        answer = await self._remote.ask(offer, OFFER_S)
        return session, answer.sdp

    async def offer(self, stream: str, sdp: str, client: str = "") -> tuple[str, str]:
        """Answer a browser's offer, sent from address ``client``: session id and SDP. Raises Refusal, LinkLost."""
        session = secrets.token_urlsafe(12)

        def offer(number: int) -> Message:
            return Offer(id=number, session=session, stream=stream, sdp=sdp, client=client)

        answer = await self._remote.ask(offer, OFFER_S)
        return session, answer.sdp

    async def hangup(self, session: str) -> None:
        """The browser left. Raises LinkLost."""
        self._remote.tell(Hangup(session=session))

    async def hangup_screens(self) -> None:
        """End every screen that shows a room's public what the room sees. Raises LinkLost."""
        self._remote.tell(Hangup(screens=True))

    async def clear_room(self, room: SourceId) -> None:
        """End every connection of a room, its screens' included. Raises LinkLost."""
        self._remote.tell(Hangup(room=room))

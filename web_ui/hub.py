"""What the consoles are told, newest only: however slow a client is, it holds one slot a subject and never a queue of old news.

The :class:`Hub` encodes each news once for all; a :class:`Client` is where one connection picks it up. Belongs to the loop, but
for the wake-ups, which may come from any thread.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator

import msgspec

from regie.board import Alarm, EngineStatus, Levels, LoudnessLevels
from regie.cameras.news import CamerasStatus, CameraStatus
from regie.directing.news import DirectorNews
from regie.domain.commands import Watch
from regie.domain.model import SourceId
from regie.errors import Refusal, RegieError
from regie.messages import ThumbnailNews
from web_ui.api import Clients, current_seance
from web_ui.public import SeanceInfo
from web_ui.register_answers import AdviceInfo, RegisterInfo
from web_ui.register_api import current_register
from web_ui.register_view import advice_now
from web_ui.rundown import Rundown, rundown
from web_ui.secrecy_api import SecrecyInfo, secrecy_info
from web_ui.services import Services
from web_ui.texts import Texts

MAX_CLIENTS = 32
MAX_ANSWERS = 64
ANTENNA = "antenne"
"""The only monitor of what has already left."""
# A page renews its wish to see thumbnails every 2 s; the engine's own lease lasts 5 s.
WATCH_LEASE_NS = 5_000_000_000
_WATCH_RENEWAL_NS = 2_000_000_000
_HANG_UP_AGAIN_S = 0.2


class StateNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="etat"):
    """The state, whole. ``alarmes``: those of the pages themselves, beside the engine's."""

    moteur: EngineStatus | None
    seance: SeanceInfo | None
    comptes: Clients
    secret: SecrecyInfo
    conducteur: Rundown
    alarmes: tuple[Alarm, ...] = ()


class RegisterNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="registre"):
    """The legal register, whole, as of its entry ``n``; what happened since a cursor is in the journal."""

    n: int
    registre: RegisterInfo | None


class LevelsNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="niveaux"):
    """The meters: see :class:`regie.board.Levels`."""

    inputs: dict[SourceId, tuple[float, float]]
    programme: tuple[float, float]
    antenna: tuple[float, float]
    voices: dict[SourceId, float]
    automatic: dict[SourceId, tuple[float, float]]
    loudness: LoudnessLevels
    mixes: dict[str, tuple[float, float]]


class CamerasNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="cameras"):
    """The cameras, whole, at each change: see :class:`regie.cameras.news.CamerasStatus`."""

    cameras: tuple[CameraStatus, ...]
    book: int


class DirectorTold(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="realisation"):
    """The director, whole, at each change: see :class:`regie.directing.news.DirectorNews`."""

    realisation: DirectorNews


def _levels_news(levels: Levels) -> bytes:
    return msgspec.json.encode(LevelsNews(**msgspec.structs.asdict(levels)))


def _cameras_news(status: CamerasStatus) -> bytes:
    return msgspec.json.encode(CamerasNews(cameras=status.cameras, book=status.book))


def _director_news(news: DirectorNews) -> bytes:
    return msgspec.json.encode(DirectorTold(realisation=news))


def thumbnail_frame(news: ThumbnailNews) -> bytes:
    """A thumbnail on the wire: one byte for the length of the source's id, the id in UTF-8, the JPEG."""
    name = news.source.encode()
    return bytes((len(name),)) + name + news.jpeg


class Client:
    """The mailbox of one connection: latest state, register and levels, latest thumbnail a source, and the answers it is owed.

    ``follows_register`` and ``wants_levels`` are what its page asked for.
    """

    def __init__(self) -> None:
        self._ready = asyncio.Event()
        self._state: bytes | None = None
        self._levels: bytes | None = None
        self._register: bytes | None = None
        self._cameras: bytes | None = None
        self._director: bytes | None = None
        self._thumbnails: dict[SourceId, ThumbnailNews] = {}
        self._answers: deque[bytes] = deque()
        self.watching_until_ns = 0
        self.follows_register = False
        self.wants_levels = True
        self.near = True
        self.replaced = 0
        self.overrun = False

    def tell_state(self, news: bytes) -> None:
        """The newest state replaces one that was not sent."""
        self.replaced += self._state is not None
        self._state = news
        self._ready.set()

    def tell_register(self, news: bytes) -> None:
        """The newest register replaces one that was not sent."""
        self.replaced += self._register is not None
        self._register = news
        self._ready.set()

    def tell_levels(self, news: bytes) -> None:
        """The newest meters replace those that were not sent."""
        self.replaced += self._levels is not None
        self._levels = news
        self._ready.set()

    def tell_cameras(self, news: bytes) -> None:
        """The newest state of the cameras replaces one that was not sent."""
        self.replaced += self._cameras is not None
        self._cameras = news
        self._ready.set()

    def tell_director(self, news: bytes) -> None:
        """The newest state of the director replaces one that was not sent."""
        self.replaced += self._director is not None
        self._director = news
        self._ready.set()

    def show(self, news: ThumbnailNews) -> None:
        """The newest thumbnail of a source replaces one that was not sent."""
        self.replaced += news.source in self._thumbnails
        self._thumbnails[news.source] = news
        self._ready.set()

    def answer(self, answer: bytes) -> None:
        """Answers are all owed; a client that lets too many pile up is to be dismissed (``overrun``)."""
        if len(self._answers) >= MAX_ANSWERS:
            self.overrun = True
        else:
            self._answers.append(answer)
        self._ready.set()

    async def take(self) -> Iterator[bytes | str]:
        """Wait for something to send, then give it all: texts as str, thumbnails as bytes. Answers come first."""
        await self._ready.wait()
        self._ready.clear()
        news = (self._state, self._register, self._cameras, self._director, self._levels)
        thumbnails = self._thumbnails
        answers = tuple(self._answers)
        self._answers.clear()
        self._state = self._register = self._cameras = self._director = self._levels = None
        self._thumbnails = {}
        texts = (*answers, *(one for one in news if one is not None))
        return iter((*(text.decode() for text in texts), *map(thumbnail_frame, thumbnails.values())))


class Hub:
    """All the clients, and the one task that tells them what changed."""

    def __init__(
        self, services: Services, texts: Texts, alarms: Callable[[], tuple[Alarm, ...]] = tuple
    ) -> None:
        """``alarms``: what is wrong outside of the engine."""
        self._services = services
        self._alarms = alarms
        self._texts = texts
        self._clients: set[Client] = set()
        self._changed = asyncio.Event()
        self._seen_state: object = None
        self._seen_levels = -1
        self._seen_cameras = -1
        self._seen_director = -1
        self._shown: dict[SourceId, ThumbnailNews] = {}
        self._told: tuple[str, int, tuple[AdviceInfo, ...]] | None = None
        self._watched_ns: int | None = None
        self._replaced = 0
        self._hanging_up: dict[str, asyncio.Task[None]] = {}
        self._hid = False

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    @property
    def replaced(self) -> int:
        """News that newer ones replaced before a slow client took them."""
        return self._replaced + sum(client.replaced for client in self._clients)

    @contextlib.contextmanager
    def client(self, *, near: bool = True) -> Iterator[Client | None]:
        """A mailbox for one connection, the state in it already; None when there are too many.

        ``near``: it is in the building. A live picture sent elsewhere has left it, before any delay: none ever is.
        """
        if len(self._clients) >= MAX_CLIENTS:
            yield None
            return
        client = Client()
        client.near = near
        client.tell_state(self._state_news())
        client.tell_cameras(_cameras_news(self._services.board.cameras.get()))
        client.tell_director(_director_news(self._services.board.director.get()))
        self._clients.add(client)
        self._changed.set()
        try:
            yield client
        finally:
            self._clients.discard(client)
            self._replaced += client.replaced
            self._changed.set()

    async def watch(self, client: Client, wanted: bool) -> None:
        """The client's page shows thumbnails, or no longer; the engine is told as seldom as its lease allows."""
        now_ns = self._services.clock.monotonic_ns()
        was_watching = client.watching_until_ns > now_ns
        client.watching_until_ns = now_ns + WATCH_LEASE_NS if wanted else 0
        if not wanted or not client.near:
            return
        if not was_watching:
            for news in self._services.board.thumbnails.get().values():
                client.show(news)
        if self._watched_ns is None or now_ns - self._watched_ns >= _WATCH_RENEWAL_NS:
            self._watched_ns = now_ns
            # The engine is away: pages show it already, and the next renewal asks again.
            with contextlib.suppress(RegieError):
                await self._services.engine.call(Watch())

    def expect_monitor(self, stream: str, *, near: bool) -> None:
        """Refuse what is live to who is not in the building: a key pressed a second too late would find it gone. Raises Refusal."""
        if stream != ANTENNA and not near:
            raise Refusal("what is live does not leave the building", code="moniteur_dehors")

    def follow(self, client: Client, register: bool, levels: bool) -> bool:
        """What the client's page shows: the register, the meters. Does it begin to follow the register?"""
        begins = register and not client.follows_register
        client.follows_register, client.wants_levels = register, levels
        if begins:
            client.tell_register(self._register_news())
        return begins

    async def run(self) -> None:
        """Tell the clients what changes, for ever."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        board = self._services.board
        with contextlib.ExitStack() as stops:
            for subject in (
                board.status,
                board.levels,
                board.thumbnails,
                board.cameras,
                board.director,
                self._services.core,
                self._services.secrecy,
            ):
                stops.callback(subject.listen(wake))
            self._changed.set()  # something may be hidden since before we started
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._publish()

    def _publish(self) -> None:
        rtc, hides = self._services.rtc, self._hiding_anything()
        if hides and not self._hid:
            # Who is before a room's public screen, or follows it, is not of the council: what is hidden is hidden from him too.
            self._hang_up("screens", rtc.hangup_screens, self._hiding_anything)
        self._hid = hides
        if not self._clients:
            return
        self._publish_state()
        self._publish_register()
        board = self._services.board
        version, levels = board.levels.read()
        if version != self._seen_levels:
            self._seen_levels = version
            news = _levels_news(levels)
            for client in self._clients:
                if client.wants_levels:
                    client.tell_levels(news)
        version, cameras = board.cameras.read()
        if version != self._seen_cameras:
            self._seen_cameras = version
            news = _cameras_news(cameras)
            for client in self._clients:
                client.tell_cameras(news)
        version, director = board.director.read()
        if version != self._seen_director:
            self._seen_director = version
            news = _director_news(director)
            for client in self._clients:
                client.tell_director(news)
        self._publish_thumbnails(board.thumbnails.get().values())

    def _publish_state(self) -> None:
        version = self._services.board.status.read()[0]
        seance = current_seance(self._services)
        secret = secrecy_info(self._services)
        told = (version, seance, len(self._clients), secret, self._services.core.cursor, self._alarms())
        if told == self._seen_state:
            return
        self._seen_state = told
        news = self._state_news()
        for client in self._clients:
            client.tell_state(news)

    def _publish_register(self) -> None:
        """When something was written, when the séance is another, when a lost link asks for another step."""
        following = [client for client in self._clients if client.follows_register]
        if not following:
            return
        core, clock = self._services.core, self._services.clock
        view, register = core.view(), core.register()
        advice = advice_now(register, clock.utc_ns() // 1_000_000) if register is not None else ()
        told = (view.id if view is not None else "", core.cursor, advice)
        if told == self._told:
            return
        self._told = told
        news = self._register_news()
        for client in following:
            client.tell_register(news)

    def _register_news(self) -> bytes:
        register = current_register(self._services, self._texts)
        return msgspec.json.encode(RegisterNews(n=self._services.core.cursor, registre=register))

    def _hang_up(self, who: str, ask: Callable[[], Awaitable[None]], still: Callable[[], bool]) -> None:
        before = self._hanging_up.get(who)
        if before is None or before.done():
            self._hanging_up[who] = asyncio.create_task(
                self._asked_until_heard(ask, still), name=f"hang up {who}"
            )

    async def _asked_until_heard(self, ask: Callable[[], Awaitable[None]], still: Callable[[], bool]) -> None:
        """After a restart of control the process of the monitors may be reached a moment later."""
        while still():
            try:
                await ask()
            except RegieError:
                await asyncio.sleep(_HANG_UP_AGAIN_S)
            else:
                return

    def _hiding_anything(self) -> bool:
        """Is picture or sound hidden from the public?"""
        status = self._services.board.status.get()
        return self._services.secrecy.shut or (status is not None and any(m.is_open for m in status.masks))

    def _publish_thumbnails(self, all_news: Iterable[ThumbnailNews]) -> None:
        now_ns = self._services.clock.monotonic_ns()
        watching = [client for client in self._clients if client.near and client.watching_until_ns > now_ns]
        for news in all_news:
            if self._shown.get(news.source) is not news:
                self._shown[news.source] = news
                for client in watching:
                    client.show(news)

    def _state_news(self) -> bytes:
        now_ms = self._services.clock.utc_ns() // 1_000_000
        return msgspec.json.encode(
            StateNews(
                moteur=self._services.board.status.get(),
                seance=current_seance(self._services),
                comptes=Clients(consoles=len(self._clients)),
                secret=secrecy_info(self._services),
                conducteur=rundown(self._services.core.register(), now_ms, self._texts),
                alarmes=self._alarms(),
            )
        )

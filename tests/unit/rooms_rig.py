"""The remote rooms on a clock of the test, with the real law: shared by the tests of what control does with them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

from regie.board import EngineStatus, Latest
from regie.domain.commands import EngineCommand, SetInput
from regie.domain.model import Shot
from regie.domain.register import commands as cmd
from regie.domain.register.state import Register
from regie.domain.seance import Seance
from regie.domain.timeline import Epoch, MediaTime
from regie.errors import LinkLost
from regie.messages import RoomNews, Way
from regie.rooms import protocol as say
from regie.rooms.access import Book
from regie.rooms.mailbox import Mailbox
from regie.rooms.protocol import State, Told
from regie.rooms.reception import Reception
from tests.unit.council import EPCI, Council, convene, convocation, rooms


class Clock:
    def __init__(self) -> None:
        self.ms = 1_773_340_200_000

    def utc_ns(self) -> int:
        return self.ms * 1_000_000

    def monotonic_ns(self) -> int:
        return self.ms * 1_000_000


class Rtc:
    def __init__(self) -> None:
        self.offers: list[tuple[str, bool]] = []
        self.ways: list[Way] = []
        self.hung_up: list[str] = []
        self.cleared: list[str] = []

    async def offer_room(
        self, room: str, way: Way, sdp: str, client: str, *, document: bool = False, screen: bool = False
    ) -> tuple[str, str]:
        self.offers.append((room, document))
        self.ways.append(way)
        return f"session-{len(self.offers)}", "v=0 answer"

    async def hangup(self, session: str) -> None:
        self.hung_up.append(session)

    async def clear_room(self, room: str) -> None:
        self.cleared.append(room)


class Engine:
    def __init__(self) -> None:
        self.microphones: dict[str, bool] = {}
        self.away = False

    async def call(self, command: EngineCommand) -> None:
        if self.away:
            raise LinkLost("away")
        assert isinstance(command, SetInput) and command.muted is not None
        self.microphones[command.source] = not command.muted


class Core:
    """The register's law, without its disk."""

    def __init__(self, council: Council | None) -> None:
        self.council = council
        self.listeners: list[Callable[[], None]] = []

    async def submit(self, command: cmd.AnyCommand, author: str, command_id: str = "") -> object:
        assert self.council is not None
        self.council.do(command)
        for listener in tuple(self.listeners):
            listener()
        return None

    def view(self) -> Seance | None:
        return None

    def register(self) -> Register | None:
        return self.council.register if self.council is not None else None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


def engine_status(*on_air: str) -> EngineStatus:
    shot = Shot(on_air or ("cam1",))
    epoch = Epoch("run", 0)
    return EngineStatus(
        epoch=epoch, now=MediaTime(0), width=1280, height=720, fps=25, programme=shot, preview=shot
    )


class Rig:
    def __init__(self, council: Council | None = None, book: Book | None = None) -> None:
        self.clock, self.rtc, self.engine, self.core = Clock(), Rtc(), Engine(), Core(council)
        self.status: Latest[EngineStatus | None] = Latest(engine_status())
        if council is not None:
            self.clock.ms = council.now
        self.saved = book or Book()
        self.reception = Reception(
            {"sud": "Salle Sud", "est": "Salle Est"},
            {"sud": "sud-doc"},
            self.clock,
            self.rtc,
            self.engine,
            self.core,
            self.status,
            self.saved,
            self._save,
        )

    def _save(self, book: Book) -> None:
        self.saved = book

    def later(self, ms: int) -> None:
        self.clock.ms += ms
        if self.core.council is not None:
            self.core.council.wait(ms // 1000)

    async def step(self) -> None:
        await self.reception._house.step()

    async def admitted(self) -> Mailbox:
        mailbox = self.reception.enter("sud")
        await self.reception.admit("sud")
        await self.reception.hear("sud", say.Offered(id=1, sdp="v=0"), "127.0.0.1")
        self.flow()
        await self.step()
        return mailbox

    def flow(self, age: int = 20, state: str = "connected") -> None:
        """A second of the room's link."""
        session = f"session-{len(self.rtc.offers)}"
        news = RoomNews(session=session, source="sud", state=state, picture_age_ms=age, sound_age_ms=age)
        self.reception.link_news(news)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(bounded())


async def state(mailbox: Mailbox) -> State:
    return next(told for told in reversed(await mailbox.take()) if isinstance(told, State))


async def told(mailbox: Mailbox, kind: type[Told]) -> list[Told]:
    return [one for one in await mailbox.take() if isinstance(one, kind)]


def three_places() -> Council:
    """A community in session in three rooms, e5 speaks from « sud »."""
    call = convocation(several_places=True, says_remote=True, other_sessions=((date(2026, 3, 2), False),))
    council = Council(convene(45, body=EPCI, call=call, rooms=rooms("nord", "sud", "est")))
    for room in ("nord", "sud", "est"):
        council.do(cmd.OpenRoom(room=room))
        council.do(cmd.AttestRoom(room=room, passed=True))
        council.do(cmd.AdmitPublic(room=room))
    council.do(cmd.ReportStream(up=True))
    council.come(*range(1, 20), room="nord")
    council.come(*range(20, 28), room="sud")
    council.come(*range(28, 34), room="est")
    council.do(cmd.OpenSitting(president="e1"))
    return council

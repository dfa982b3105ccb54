"""What the pages need from the rest of the control process: small ports, given at the making of the application.

``regie.app`` builds one :class:`Services` and hands it to :func:`web_ui.app.create_app`; tests give fakes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from camera_drivers.base import Speeds
from config.schema import Config
from regie.arming import Armed
from regie.board import Alarm, EngineStatus, Latest, Levels
from regie.cameras.book import Book
from regie.cameras.commands import CameraCommand
from regie.cameras.news import BookView, CamerasStatus, Panorama
from regie.clock import Clock
from regie.core import Written
from regie.directing.news import DirectorCommand, DirectorNews
from regie.domain.commands import CloseMask, EngineCommand, OpenMask, SeanceCommand
from regie.domain.director.events import Button
from regie.domain.doors import Closed
from regie.domain.masks import MaskLine
from regie.domain.model import SeanceState, SourceId
from regie.domain.register.chapters import Chapter
from regie.domain.register.commands import AnyCommand
from regie.domain.register.moments import Moment
from regie.domain.register.state import Register
from regie.domain.speaking import SpeakingTime
from regie.journal import Entry
from regie.messages import ThumbnailNews
from regie.rooms.reception import Reception
from web_ui.accounts import Accounts
from web_ui.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Board:
    """The engine's news as control keeps it, newest only.

    ``status`` is put at each ``StatusNews`` (at least once a second while the engine lives) and put to None when the link is
    lost. ``thumbnails`` is replaced whole, by a new mapping, at each ``ThumbnailNews``.
    """

    status: Latest[EngineStatus | None] = field(default_factory=lambda: Latest(None))
    levels: Latest[Levels] = field(default_factory=lambda: Latest(Levels()))
    thumbnails: Latest[Mapping[SourceId, ThumbnailNews]] = field(default_factory=lambda: Latest({}))
    director: Latest[DirectorNews] = field(default_factory=lambda: Latest(DirectorNews()))
    cameras: Latest[CamerasStatus] = field(default_factory=lambda: Latest(CamerasStatus()))


class Engine(Protocol):
    """The engine as an operator reaches it."""

    async def call(self, command: EngineCommand) -> None:
        """Carry out a command. Raises Refusal when the engine declines, LinkLost when it is away or mute."""


class SeanceView(Protocol):
    """A séance as it may be told to anybody; instants are UTC seconds, None when not known or not yet."""

    @property
    def id(self) -> str:
        """Its public name, also its directory's."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def state(self) -> SeanceState:
        """Where it stands."""

    @property
    def due_utc(self) -> int | None:
        """When it is due."""

    @property
    def opened_utc(self) -> int | None:
        """When the president opened it."""

    @property
    def ended_utc(self) -> int | None:
        """When the president closed it."""


class Core(Protocol):
    """The single writer of the séance, as the pages reach it."""

    async def submit(
        self,
        command: SeanceCommand | AnyCommand,
        author: str,
        command_id: str = "",
        typed_ms: int | None = None,
        after: int = 0,
    ) -> Written:
        """Decide, write, apply; the same ``command_id`` again does nothing and is answered alike.

        Raises Refusal, or LinkLost when the register cannot be written.
        """

    def view(self) -> SeanceView | None:
        """The current séance: the one that is prepared, open, or last ended."""

    def register(self) -> Register | None:
        """The legal register of the current séance; None until its council is convened. Answers from memory."""

    def agenda(self, seance: str) -> Sequence[Chapter]:
        """What anybody may know of the items of a séance, current or over; empty without a register. Answers from memory."""

    def moments(self, seance: str) -> Sequence[Moment]:
        """Who spoke, votes, suspensions of a séance, current or over. Answers from memory."""

    @property
    def cursor(self) -> int:
        """The rank of the register's newest entry."""

    async def entries(self, n: int = 0) -> Sequence[Entry]:
        """Entries after the ``n``-th, a thousand at most. Raises LinkLost."""

    def past(self) -> Sequence[SeanceView]:
        """Séances that ended, newest first. Answers from memory."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told when the view changed; the returned function ends it."""


class Cameras(Protocol):
    """The cameras as operators reach them. Errors: Refusal, DeviceError."""

    def status(self) -> CamerasStatus:
        """All of them now."""

    def book(self) -> BookView:
        """Presets, zones, fields, as they may be used now."""

    def stored(self) -> Book:
        """The book as it is on disk."""

    def picture(self, preset: str) -> bytes | None:
        """A preset's thumbnail (JPEG); reads the disk."""

    def panorama(self, camera: SourceId) -> Panorama | None:
        """What its last panorama is; reads the disk."""

    def panorama_image(self, camera: SourceId) -> bytes | None:
        """Its image (JPEG); reads the disk."""

    async def carry_out(self, command: CameraCommand) -> None:
        """Do it."""

    def drive(self, owner: object, camera: SourceId, speeds: Speeds) -> None:
        """A word of a console's joystick; 300 ms of silence stop."""

    def let_go(self, owner: object) -> None:
        """A console left."""

    async def replace_book(self, book: Book, pictures: Mapping[str, bytes]) -> None:
        """Take a whole book from elsewhere."""


class Secrecy(Protocol):
    """The register of masks and the huis clos."""

    @property
    def book(self) -> Sequence[MaskLine]:
        """The masks of the current séance."""

    @property
    def shut(self) -> bool:
        """Does a huis clos hold?"""

    @property
    def closed(self) -> Sequence[Closed]:
        """The times that the current séance spent behind shut doors."""

    def live(self) -> int | None:
        """Programme time now; None while the engine is away."""

    def item(self) -> str:
        """The item under discussion; empty when there is none."""

    def utc_ms(self, run: str, t: int) -> int | None:
        """UTC milliseconds of an instant of a run of the engine."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told of each change."""

    async def hide(self, command: OpenMask) -> None:
        """Open a mask: the engine first, the register after. Raises Refusal, LinkLost."""

    async def release(self, command: CloseMask, who: str) -> None:
        """Close a mask: written, then shown. Raises Refusal, LinkLost."""

    async def shut_doors(self, who: str) -> None:
        """Cut everything that leaves, then write it. Raises Refusal, LinkLost."""

    async def make_public(self, who: str) -> None:
        """The séance is public again. Raises Refusal, LinkLost."""

    async def explain(self, mask: str, reason: str, item: str, who: str) -> None:
        """Why. Raises Refusal, LinkLost."""


class Arming(Protocol):
    """What the agenda asks of confidentiality."""

    @property
    def armed(self) -> Armed:
        """Flagged items, now and next."""

    def expect_callable(self, command: AnyCommand) -> None:
        """Raises Refusal for an item that may not be opened now."""


class Paperwork(Protocol):
    """What makes the documents of séances."""

    @property
    def busy(self) -> str:
        """The séance whose documents are being made, or nothing."""

    async def make(self, seance: str) -> None:
        """Make them now. Raises DocumentError."""


class Direction(Protocol):
    """The automatic director."""

    def carry_out(self, command: DirectorCommand) -> None:
        """What a console asks. Raises Refusal."""

    def button(self, microphone: str, button: Button) -> None:
        """A microphone's button, from a desk or a contact that speaks to our API."""

    def conference_is(self, state: str) -> None:
        """The conference system is reached (``lie``), or is not any more (``perdu``)."""

    @property
    def times(self) -> SpeakingTime:
        """Who spoke how long in this séance, by item."""


class Rtc(Protocol):
    """Signalling of the low-latency monitor."""

    async def offer(self, stream: str, sdp: str, client: str) -> tuple[str, str]:
        """Answer an offer for ``programme`` or ``antenne``, made from address ``client``: session id and SDP.

        Raises Refusal, LinkLost."""

    async def hangup(self, session: str) -> None:
        """The browser left; an unknown session is no error. Raises LinkLost."""

    async def hangup_screens(self) -> None:
        """End every screen of a room's public. Raises LinkLost."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the application of the pages is made from."""

    config: Config
    clock: Clock
    board: Board
    engine: Engine
    core: Core
    secrecy: Secrecy
    arming: Arming
    rtc: Rtc
    paperwork: Paperwork
    cameras: Cameras
    direction: Direction
    accounts: Accounts
    sessions: Sessions
    rooms: Reception | None = None
    """None where no remote room is configured."""
    alarms: Callable[[], tuple[Alarm, ...]] = tuple
    """What is wrong outside of the engine."""

    @property
    def seances_dir(self) -> Path:
        """Where séances are kept: ``<seances_dir>/<id>/{hls,enregistrement}``."""
        return self.config.serveur.dossier / "seances"
